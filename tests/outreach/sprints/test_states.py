"""The transition table of an issue, its claims over time, and what those are told who came second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.paths import Project
from outreach.sprints.github_facts import Command, IssueFacts, Pull, TimelinePage, commands_in
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Issue, Override, Sprint
from outreach.sprints.now import answers, counts, free, standings, startable
from outreach.sprints.snapshot import Snapshot
from outreach.sprints.states import STATES, replay, standing

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
NOW = datetime(2030, 4, 1, 12, 0, tzinfo=UTC)
REPO = "example/array-tools"


def at(minutes: int) -> str:
    """Return the time so many minutes before NOW."""
    return (NOW - timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")


def claim(by: str, minutes: int) -> Command:
    return Command(at(minutes), by, "claim")


def release(by: str, minutes: int) -> Command:
    return Command(at(minutes), by, "release")


def pull(state: str, minutes: int = 30, by: str = "carol") -> Pull:
    return Pull(REPO, 90, by, state, at(minutes))  # type: ignore[arg-type]


def facts(
    *commands: Command, pulls: tuple[Pull, ...] = (), reopened: tuple[str, ...] = (), **changes: object
) -> IssueFacts:
    page = TimelinePage(None, len(commands) + len(pulls), commands, pulls, reopened)
    base = IssueFacts(REPO, 12, "issue", f"{REPO}#12", "Title", "open", timeline=(page,))
    return replace(base, **changes)


HELD = Override("claimed", "ada", None, "They pair at table 3.")
FREED = Override("open", None, at(-30), "Open again until half past.")
OVER = Override("gone", None, at(1), "Not this morning.")

TABLE = [
    ("nothing happened", facts(), None, "open", None),
    ("claimed", facts(claim("ada", 30)), None, "claimed", "ada"),
    ("claim expired", facts(claim("ada", 90)), None, "open", None),
    ("claim about to expire", facts(claim("ada", 89)), None, "claimed", "ada"),
    ("claimed again in time", facts(claim("ada", 100), claim("ada", 50)), None, "claimed", "ada"),
    ("claimed again too late", facts(claim("ada", 200), claim("ada", 50)), None, "claimed", "ada"),
    ("released", facts(claim("ada", 30), release("ada", 10)), None, "open", None),
    ("released by another", facts(claim("ada", 30), release("bob", 10)), None, "claimed", "ada"),
    ("released in other letters", facts(claim("Ada", 30), release("aDA", 10)), None, "open", None),
    ("second claim", facts(claim("ada", 30), claim("bob", 20)), None, "claimed", "ada"),
    ("second, listed first", facts(claim("bob", 20), claim("ada", 30)), None, "claimed", "ada"),
    ("second, after expiry", facts(claim("ada", 120), claim("bob", 20)), None, "claimed", "bob"),
    (
        "second, after release",
        facts(claim("ada", 40), release("ada", 30), claim("bob", 20)),
        None,
        "claimed",
        "bob",
    ),
    ("released, not claimed", facts(release("ada", 10)), None, "open", None),
    ("claim in the future", facts(claim("ada", -10)), None, "open", None),
    ("assigned", facts(assignees=("dora", "eve")), None, "claimed", "dora, eve"),
    ("assigned and claimed", facts(claim("ada", 30), assignees=("dora",)), None, "claimed", "dora"),
    ("pull request open", facts(pulls=(pull("open"),)), None, "PR open", "carol"),
    ("pull request and claim", facts(claim("ada", 30), pulls=(pull("open"),)), None, "PR open", "carol"),
    ("pull request closed", facts(pulls=(pull("closed"),)), None, "open", None),
    ("pull request merged", facts(pulls=(pull("merged"),), state="closed"), None, "merged", "carol"),
    ("merged, issue left open", facts(pulls=(pull("merged"),)), None, "merged", "carol"),
    ("merged, then opened again", facts(pulls=(pull("merged", 30),), reopened=(at(20),)), None, "open", None),
    (
        "opened again, then merged",
        facts(pulls=(pull("merged", 10),), reopened=(at(20),)),
        None,
        "merged",
        "carol",
    ),
    ("closed", facts(state="closed"), None, "closed", None),
    ("closed with a claim", facts(claim("ada", 30), state="closed"), None, "closed", None),
    ("gone", facts(found="gone", now_at=None), None, "gone", None),
    ("a pull request itself", facts(found="pull request", by="carol"), None, "PR open", "carol"),
    (
        "a merged pull request",
        facts(found="pull request", state="merged", by="carol"),
        None,
        "merged",
        "carol",
    ),
    ("override wins over closed", facts(state="closed"), HELD, "claimed", "ada"),
    ("override wins over gone", facts(found="gone"), FREED, "open", None),
    ("override that is over", facts(claim("ada", 30)), OVER, "claimed", "ada"),
]


@pytest.mark.parametrize(
    ("found", "override", "state", "by"),
    [row[1:] for row in TABLE],
    ids=[row[0] for row in TABLE],
)
def test_transition_table(found: IssueFacts, override: Override | None, state: str, by: str | None) -> None:
    each = standing(found, override, 90, NOW)
    assert (each.state, each.by) == (state, by)


def test_every_state_is_in_the_table() -> None:
    assert {row[3] for row in TABLE} == set(STATES)


def test_claims_are_not_read_where_they_are_not_used() -> None:
    assert standing(facts(claim("ada", 30)), None, None, NOW).state == "open"


def test_an_expired_claim_does_not_come_back() -> None:
    found = facts(claim("ada", 120), claim("bob", 100))
    assert standing(found, None, 90, NOW).state == "open"
    assert [refused.by for refused in standing(found, None, 90, NOW).refused] == ["bob"]


@given(
    st.lists(
        st.tuples(st.integers(0, 300), st.sampled_from("abc"), st.sampled_from(["claim", "release"])),
        max_size=20,
    ),
    st.integers(15, 120),
)
def test_at_no_moment_does_anybody_hold_a_claim_that_was_not_made(
    made: list[tuple[int, str, str]], minutes: int
) -> None:
    """Against a replay that knows only the rule: minute by minute, the holder is who claimed a free issue."""
    commands = [Command(at(300 - when), by, what) for when, by, what in made]  # type: ignore[arg-type]
    holder, until = None, -1
    ordered = sorted(range(len(made)), key=lambda index: made[index][0])
    for minute in range(301):
        if minute >= until:
            holder = None
        for index in ordered:
            when, by, what = made[index]
            if when == minute and what == "claim" and holder in (None, by):
                holder, until = by, minute + minutes
            elif when == minute and what == "release" and holder == by:
                holder, until = None, -1
    assert replay(commands, minutes, NOW).holder == holder


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("/claim", ["claim"]),
        ("I would like this.\n\n/claim please", ["claim"]),
        ("  /CLAIM.", ["claim"]),
        ("/release\n/claim", ["release", "claim"]),
        ("say /claim to claim", []),
        ("> /claim", []),
        ("    /claim", []),
        ("```\n/claim\n```", []),
        ("~~~text\n/claim\n```\n~~~\n/release", ["release"]),
        ("/claims", []),
        ("/claim-it", []),
        ("https://example.org/claim", []),
        ("", []),
    ],
)
def test_commands_begin_a_line_outside_of_quotations_and_code(body: str, said: list[str]) -> None:
    assert list(commands_in(body)) == said


@pytest.fixture
def sprint() -> Sprint:
    (found,) = load_sprints(Project(ROOT), ["pydata-global-2022"])
    return replace(found, event=replace(found.event, claim_minutes=90))


def snapshot_of(sprint: Sprint, changes: dict[str, IssueFacts]) -> Snapshot:
    known = {
        issue.name: IssueFacts(
            issue.repo, issue.number, "issue", f"{issue.repo}#{issue.number}", state="open"
        )
        for issue in sprint.issues
    }
    return Snapshot(at(0), known | changes)


def claimed(issue: Issue, *commands: Command) -> IssueFacts:
    return IssueFacts(
        issue.repo,
        issue.number,
        "issue",
        issue.name,
        state="open",
        timeline=(TimelinePage(None, len(commands), commands, (), ()),),
    )


def test_each_of_those_who_came_second_is_told_another_free_issue_like_it(sprint: Sprint) -> None:
    wanted = next(issue for issue in sprint.issues if issue.level == "intermediate" and not issue.settled)
    found = claimed(wanted, claim("ada", 40), claim("bob", 30), claim("cy", 20))
    known = standings(sprint, snapshot_of(sprint, {wanted.name: found}), NOW)
    told = answers(known)
    assert [each.refused.by for each in told] == ["bob", "cy"]
    offered = [each.free for each in told]
    assert len(set(offered)) == 2
    for offer in offered:
        assert offer in free(known)
        assert offer is not None
        assert offer.level == "intermediate"
    assert told[0].text.startswith(
        "@bob: @ada claimed this first, until 2030-04-01T12:50:00Z. Free next, inter"
    )
    assert f"{offered[0].url} (comment /claim there)" in told[0].text  # type: ignore[union-attr]


def test_who_has_found_another_issue_is_told_nothing(sprint: Sprint) -> None:
    first, second = (issue for issue in sprint.issues[:2])
    changes = {
        first.name: claimed(first, claim("ada", 40), claim("bob", 30)),
        second.name: claimed(second, claim("Bob", 20)),
    }
    assert answers(standings(sprint, snapshot_of(sprint, changes), NOW)) == []


def test_who_came_second_is_told_first_that_the_issue_is_free_again(sprint: Sprint) -> None:
    wanted = next(issue for issue in sprint.issues if not issue.settled)
    found = claimed(wanted, claim("ada", 40), claim("bob", 30), release("ada", 10))
    (told,) = answers(standings(sprint, snapshot_of(sprint, {wanted.name: found}), NOW))
    assert told.free == wanted
    assert told.text.endswith("It is free again: comment /claim once more.")


def test_the_organiser_may_open_what_the_list_holds_settled(sprint: Sprint) -> None:
    done = next(issue for issue in sprint.issues if issue.settled)
    opened = replace(done, override=Override("open", None, None, "It came back."))
    changed = replace(sprint, issues=(opened,))
    assert startable(changed, standings(changed, None, NOW)) == [opened]
    assert free(standings(changed, snapshot_of(changed, {}), NOW)) == [opened]
    assert startable(replace(sprint, issues=(done,)), {}) == []


def test_when_nothing_is_free_they_are_told_to_pair(sprint: Sprint) -> None:
    changes = {issue.name: claimed(issue, claim("ada", 40), claim("bob", 30)) for issue in sprint.issues}
    told = answers(standings(sprint, snapshot_of(sprint, changes), NOW))
    assert [each.free for each in told] == [None]
    assert "ask a mentor whom to pair with" in told[0].text


def test_counts_have_every_state_and_every_issue(sprint: Sprint) -> None:
    known = standings(sprint, snapshot_of(sprint, {}), NOW)
    assert list(counts(known)) == list(STATES)
    assert sum(counts(known).values()) == len(sprint.issues)
