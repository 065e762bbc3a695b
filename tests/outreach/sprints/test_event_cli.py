"""check before an event, capacity, report, new and sync, as organisers call them, with a frozen clock."""

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine

from outreach.cli import main
from outreach.paths import Project
from outreach.sprints.board import board_data
from outreach.sprints.github_facts import Command, IssueFacts, Pull, TimelinePage
from outreach.sprints.loading import load_sprints
from outreach.sprints.snapshot import Snapshot, load_snapshot, save_snapshot
from tests.outreach.sprints import fake_github as fakes
from tests.outreach.sprints.test_bad_data import make_project

HERE = Path(__file__).parent
REPO = "example/array-tools"
REWRITE = os.environ.get("OUTREACH_REWRITE_GOLDEN") == "1"
TOKEN = "ghp_thisIsASecretThatNobodyMaySee"
BEFORE = datetime(2030, 3, 31, 8, 0, tzinfo=UTC)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    made = make_project(tmp_path, HERE / "good")
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_API_URL"):
        monkeypatch.delenv(name, raising=False)
    return made


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["outreach", "sprint", *arguments])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 1
        said = capsys.readouterr()
        return code, said.out, said.err

    return call


@pytest.fixture
def github(monkeypatch: pytest.MonkeyPatch) -> Iterator[fakes.FakeGitHub]:
    with fakes.fake_github() as fake:
        monkeypatch.setenv("GITHUB_API_URL", fake.url)
        fake.issue(REPO, 12, labels=["documentation"])
        fake.issue(REPO, 7, state="closed", closed_at="2030-01-02T00:00:00Z")
        yield fake


def seen(number: int, **changes: Any) -> IssueFacts:
    base = IssueFacts(REPO, number, "issue", f"{REPO}#{number}", state="open")
    return replace(base, **changes)


def keep(project: Project, *facts: IssueFacts, as_of: str = "2030-03-31T07:00:00Z") -> None:
    save_snapshot(project, "spring-2030", Snapshot(as_of, {each.name: each for each in facts}))


def drop_the_settled_issue(project: Project) -> None:
    """Leave the first issue only, which is open and was tried the day before."""
    path = project.sprint_issues / "spring-2030" / "issues.yaml"
    path.write_text(path.read_text().split("  - repo: example/array-tools\n    number: 7")[0])


@time_machine.travel(BEFORE, tick=False)
def test_check_wants_a_snapshot_before_the_event(project: Project, run: Run) -> None:
    code, _, said = run("check")
    assert code == 1
    assert (
        "sprint_issues/spring-2030/issues.yaml:1:1: expected a snapshot of what GitHub says, found none; "
        "run `outreach sprint sync spring-2030`" in said
    )


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "closed": ({"state": "closed"}, "state: expected an issue that is free, found it closed;"),
    "assigned": ({"assignees": ("dora",)}, "state: expected an issue that is free, found it taken by dora;"),
    "claimed": (
        {"timeline": (TimelinePage(None, 1, (Command("2030-03-31T07:30:00Z", "ada", "claim"),), (), ()),)},
        "found it taken by ada;",
    ),
    "PR open": (
        {
            "timeline": (
                TimelinePage(None, 1, (), (Pull(REPO, 90, "carol", "open", "2030-03-30T00:00:00Z"),), ()),
            )
        },
        "found it in work by carol (https://github.com/example/array-tools/pull/90);",
    ),
    "gone": ({"found": "gone", "now_at": None}, "found it gone: deleted, hidden or never there;"),
    "moved": (
        {"now_at": "example/docs#5"},
        "repo: expected where the issue is today, found it moved to example/docs#5; write that",
    ),
    "pull request": (
        {"found": "pull request"},
        "number: expected an issue, found a pull request at this number;",
    ),
}


@pytest.mark.parametrize("case", CASES)
@time_machine.travel(BEFORE, tick=False)
def test_check_stops_before_the_event_on_an_issue_that_is(case: str, project: Project, run: Run) -> None:
    drop_the_settled_issue(project)
    changes, message = CASES[case]
    keep(project, seen(12, **changes))
    code, _, said = run("check", "spring-2030")
    assert code == 1
    assert "sprint_issues/spring-2030/issues.yaml:" in said
    assert message in said
    assert len([line for line in said.splitlines() if ".yaml:" in line]) == 1


@time_machine.travel(BEFORE, tick=False)
def test_check_passes_when_all_is_free_and_warns_of_what_is_missing(project: Project, run: Run) -> None:
    drop_the_settled_issue(project)
    keep(project, seen(12))
    code, _, said = run("check")
    assert code == 0
    assert "warning: spring-2030: for 30 people (expected) it lacks 8 more starter issues" in said
    code, out, _ = run("check", "--json")
    assert code == 0
    assert json.loads(out)["warnings"][0].startswith("spring-2030: for 30 people")


@pytest.mark.parametrize(
    ("when", "message"),
    [
        (
            datetime(2030, 3, 28, tzinfo=UTC),
            "2030-03-31T07:00:00Z, when this machine's clock",
        ),
        (datetime(2030, 4, 1, 0, tzinfo=UTC), None),
    ],
    ids=["clock is behind", "event is about to begin"],
)
def test_check_knows_a_wrong_clock(when: datetime, message: str | None, project: Project, run: Run) -> None:
    drop_the_settled_issue(project)
    keep(project, seen(12))
    with time_machine.travel(when, tick=False):
        code, _, said = run("check")
    assert code == (1 if message else 0)
    assert (message or "no problem") in said


@pytest.mark.parametrize(
    "when", [datetime(2030, 4, 1, 2, tzinfo=UTC), datetime(2030, 4, 20, tzinfo=UTC)], ids=["during", "after"]
)
def test_once_the_event_has_begun_taken_issues_block_nothing(
    when: datetime, project: Project, run: Run
) -> None:
    claim = TimelinePage(None, 1, (Command("2030-04-01T01:30:00Z", "ada", "claim"),), (), ())
    keep(project, seen(12, timeline=(claim,)), as_of="2030-04-01T01:45:00Z")
    with time_machine.travel(when, tick=False):
        assert run("check")[0] == 0


@time_machine.travel(datetime(2030, 3, 15, tzinfo=UTC), tick=False)
def test_check_wants_a_fresh_snapshot_and_commands_tried_lately(project: Project, run: Run) -> None:
    path = project.sprint_issues / "spring-2030" / "issues.yaml"
    drop_the_settled_issue(project)
    path.write_text(path.read_text().replace("verified_on: 2030-03-30", "verified_on: 2030-01-30"))
    keep(project, seen(12), as_of="2030-03-10T00:00:00Z")
    _, _, said = run("check")
    assert "expected a snapshot of the last 2 days, found one as of 2030-03-10T00:00:00Z" in said
    assert "expected file and command tried in the last 30 days, found 2030-01-30" in said


def test_sync_keeps_a_snapshot_and_never_shows_the_token(
    project: Project, run: Run, github: fakes.FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", TOKEN)
    code, out, said = run("sync", "spring-2030")
    assert code == 0, said
    assert "spring-2030: 2 issues as of 2030-04-01T12:00:00Z" in said
    snapshot = load_snapshot(project, "spring-2030")
    assert snapshot is not None
    assert snapshot.issues[f"{REPO}#7"].state == "closed"
    assert github.tokens == {f"Bearer {TOKEN}"}
    kept = (project.sprint_issues / "spring-2030" / "snapshot.json").read_text()
    assert TOKEN not in out + said + kept


@pytest.mark.parametrize("fault", ["html", "revoked", "limit", "interrupt"])
def test_on_any_failure_the_last_good_snapshot_stays(
    fault: str, project: Project, run: Run, github: fakes.FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", TOKEN)
    keep(project, seen(12))
    before = (project.sprint_issues / "spring-2030" / "snapshot.json").read_bytes()
    monkeypatch.setattr("outreach.github.client.ATTEMPTS", 1)
    if fault == "revoked":
        github.revoked.add(TOKEN)
    elif fault == "limit":
        github.per_hour = 1
    elif fault == "html":
        github.fail("timeline", fakes.html, 9)
    else:

        def stop(*_: object) -> None:
            raise KeyboardInterrupt

        monkeypatch.setattr("outreach.sprints.sync._with_timeline", stop)
    code, out, said = run("sync", "spring-2030")
    assert code == (130 if fault == "interrupt" else 1)
    assert (project.sprint_issues / "spring-2030" / "snapshot.json").read_bytes() == before
    assert TOKEN not in out + said
    assert "Traceback" not in said


def test_sync_says_that_the_clock_is_wrong(project: Project, run: Run, github: fakes.FakeGitHub) -> None:
    _, _, said = run("sync", "spring-2030")
    assert re.search(r"this machine's clock is \d+ s (behind|ahead of) GitHub's", " ".join(said.split()))


@time_machine.travel(datetime(2030, 4, 1, 12, 0, tzinfo=UTC), tick=False)
def test_claims_prints_an_answer_for_who_came_second(
    project: Project, run: Run, github: fakes.FakeGitHub
) -> None:
    github.repos[REPO][12].comment("ada", "2030-04-01T11:30:00Z", "/claim")
    github.repos[REPO][12].comment("bob", "2030-04-01T11:40:00Z", "/claim")
    run("sync", "spring-2030")
    code, out, _ = run("claims", "spring-2030")
    assert code == 0
    assert "@bob: @ada claimed this first, until 2030-04-01T13:00:00Z." in out
    (told,) = json.loads(run("claims", "spring-2030", "--json")[1])
    assert (told["by"], told["holder"], told["until"]) == ("bob", "ada", "2030-04-01T13:00:00Z")
    assert told["issue"] == f"https://github.com/{REPO}/issues/12"


def test_an_edited_comment_counts_from_its_edit(project: Project, run: Run, github: fakes.FakeGitHub) -> None:
    issue = github.repos[REPO][12]
    issue.comment("late", "2030-04-01T10:00:00Z", "/claim", edited="2030-04-01T11:45:00Z")
    issue.comment("ada", "2030-04-01T11:30:00Z", "/claim")
    issue.comment("robot[bot]", "2030-04-01T11:00:00Z", "/claim", kind="Bot")
    run("sync", "spring-2030")
    (sprint,) = load_sprints(project, ["spring-2030"])
    now = datetime(2030, 4, 1, 12, 0, tzinfo=UTC)
    data: Any = board_data(sprint, load_snapshot(project, "spring-2030"), now)
    (row,) = [row for row in data["issues"] if row["ref"] == "array-tools#12"]
    assert (row["state"], row["by"]) == ("claimed", "ada")
    assert (data["told"][0]["by"], data["told"][0]["holder"]) == ("late", "ada")
    assert data["counts"]["closed"] == 1


def test_report_is_the_golden_one(project: Project, run: Run) -> None:
    pulls = (Pull(REPO, 90, "carol", "merged", "2030-04-01T00:00:00Z"),)
    keep(
        project,
        seen(12, state="closed", timeline=(TimelinePage(None, 1, (), pulls, ()),)),
        seen(7, assignees=("dora",)),
        as_of="2030-04-02T07:00:00Z",
    )
    code, out, _ = run("report", "spring-2030")
    assert code == 0
    golden = HERE / "report.md"
    if REWRITE:
        golden.write_text(out)
    assert out == golden.read_text()
    data = json.loads(run("report", "spring-2030", "--json")[1])
    assert (data["as_of"], data["counts"]["merged"]) == ("2030-04-02T07:00:00Z", 1)
    assert (data["thanks"], data["helped"]) == (["carol", "dora"], ["Ada Example"])
    assert data["issues"][0]["url"] == "https://github.com/example/array-tools/pull/90"


def test_report_without_a_snapshot_says_so(project: Project, run: Run) -> None:
    _, out, _ = run("report", "spring-2030")
    assert "there is no snapshot" in out
    assert "Fixed by another pull request." in out
    assert "Office hours: 8 April 2030, 01:00 to 02:00 UTC, https://example.org/hours." in out


def test_capacity_as_json_has_levels_and_what_is_missing(project: Project, run: Run) -> None:
    code, out, _ = run("capacity", "spring-2030", "--json", "--mentors", "1")
    assert code == 0
    data = json.loads(out)
    # A session within an event of four hours is part of it, not all of it.
    assert data["minutes"] == 240
    assert data["levels"]["starter"] == {"issues": 1, "minutes": 45}
    assert data["crowds"][0]["issues_short"] == {"starter": 8, "intermediate": 5, "advanced": 2}
    assert (data["crowds"][0]["mentors_needed"], data["crowds"][0]["mentors_short"]) == (3, 2)


def test_pydata_global_has_rows_up_to_two_thousand_people_with_four_mentors(
    monkeypatch: pytest.MonkeyPatch, run: Run
) -> None:
    monkeypatch.chdir(HERE.parents[2])
    data = json.loads(run("capacity", "pydata-global-2022", "--json")[1])
    assert data["mentors"] == 4
    assert [crowd["people"] for crowd in data["crowds"]] == [20, 40, 100, 200, 2000]
    assert data["crowds"][0]["idle_after_minutes"] is None
    assert data["crowds"][-1]["mentors_short"] == 196


@pytest.mark.parametrize("command", ["new", "sync", "capacity", "claims", "report"])
def test_help_has_examples(command: str, run: Run) -> None:
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Example" in out
