"""Sync against a local API that speaks GitHub's shapes and faults; the last good snapshot always stays."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from outreach.errors import OutreachError
from outreach.github.client import Client, GitHubError, Settings, token_from_environment
from outreach.paths import Project
from outreach.sprints.snapshot import Snapshot, load_snapshot, only_one, save_snapshot
from outreach.sprints.sync import read_all
from tests.outreach.sprints import fake_github as fakes

REPO = "example/array-tools"
TOKEN = "ghp_thisIsASecretThatNobodyMaySee"


@pytest.fixture
def github() -> Iterator[Any]:
    with fakes.fake_github() as fake:
        yield fake


def read(
    github: Any, names: list[tuple[str, int]], previous: Snapshot | None = None, **changes: Any
) -> tuple[Snapshot, list[float]]:
    slept: list[float] = []
    options = {"delay": 0.0, "timeout": 5.0, **changes}
    token = options.pop("token", None)
    settings = Settings(api=github.url, **options)
    with Client(settings, token, sleep=slept.append) as client:
        return read_all(client, names, previous, concurrency=settings.concurrency, step=lambda: None), slept


def one(github: Any, number: int = 12, previous: Snapshot | None = None, **changes: Any) -> Any:
    return read(github, [(REPO, number)], previous, **changes)[0].issues[f"{REPO}#{number}"]


def test_an_issue_is_read_with_labels_assignees_and_servers_time(github: Any) -> None:
    github.issue(REPO, 12, labels=["documentation", "bug"], assignees=["ada"])
    snapshot, _ = read(github, [(REPO, 12)])
    facts = snapshot.issues[f"{REPO}#12"]
    assert (facts.state, facts.labels, facts.assignees) == ("open", ("bug", "documentation"), ("ada",))
    assert snapshot.as_of == "2030-04-01T12:00:00Z"


def test_the_second_sync_costs_one_list_and_unchanged_timelines(github: Any) -> None:
    for number in range(1, 41):
        github.issue(REPO, number).comment("ada", "2030-01-01T00:00:00Z", "/claim")
    names = [(REPO, number) for number in range(1, 41)]
    first, _ = read(github, names)
    assert len(github.requests) == 1 + 40
    github.requests.clear()
    second, _ = read(github, names, first)
    assert len(github.requests) == 1 + 40
    assert second.issues == first.issues


def test_what_changed_is_seen_and_what_did_not_is_kept(github: Any) -> None:
    for number in (1, 2, 3):
        github.issue(REPO, number)
    names = [(REPO, number) for number in (1, 2, 3)]
    first, _ = read(github, names)
    changed = github.repos[REPO][2]
    changed.labels, changed.updated_at = ["docs"], "2030-04-01T12:30:00Z"
    changed.comment("ada", "2030-04-01T12:30:00Z", "/claim")
    second, _ = read(github, names, first)
    assert second.issues[f"{REPO}#2"].labels == ("docs",)
    assert [command.by for command in second.issues[f"{REPO}#2"].commands] == ["ada"]
    assert second.issues[f"{REPO}#1"] == first.issues[f"{REPO}#1"]


def test_a_repository_with_many_issues_is_not_listed_whole(github: Any) -> None:
    for number in range(1, 1001):
        github.issue(REPO, number)
    read(github, [(REPO, 900), (REPO, 950), (REPO, 1000)])
    # One page of the list, then each issue, then each timeline.
    assert len(github.requests) == 1 + 3 + 3


@pytest.mark.parametrize("again", [False, True], ids=["first sync", "second sync"])
def test_transferred_issues_are_followed(github: Any, again: bool) -> None:
    old = github.issue(REPO, 12)
    github.issue(REPO, 13)
    names = [(REPO, 12), (REPO, 13)]
    previous = read(github, names)[0] if again else None
    old.moved_to = ("example/docs", 5)
    github.issue("example/docs", 5, title="Moved").comment("ada", "2030-01-01T00:00:00Z", "/claim")
    facts = read(github, names, previous)[0].issues[f"{REPO}#12"]
    assert (facts.now_at, facts.moved, facts.title) == ("example/docs#5", True, "Moved")
    assert [command.by for command in facts.commands] == ["ada"]


@pytest.mark.parametrize("again", [False, True], ids=["first sync", "second sync"])
def test_deleted_issues_are_gone(github: Any, again: bool) -> None:
    github.issue(REPO, 12)
    github.issue(REPO, 13)
    names = [(REPO, 12), (REPO, 13)]
    previous = read(github, names)[0] if again else None
    github.repos[REPO][12].deleted = True
    snapshot, _ = read(github, names, previous)
    assert snapshot.issues[f"{REPO}#12"].found == "gone"
    assert snapshot.issues[f"{REPO}#13"].found == "issue"


def test_a_renamed_repository_is_followed(github: Any) -> None:
    github.issue("example/new-name", 12)
    github.renamed[REPO] = "example/new-name"
    facts = one(github)
    assert (facts.now_at, facts.moved, facts.found) == ("example/new-name#12", True, "issue")


def test_a_wrong_repository_name_gives_gone_issues(github: Any) -> None:
    github.issue(REPO, 12)
    snapshot, _ = read(github, [("example/aray-tools", 12), ("example/aray-tools", 13)])
    assert {facts.found for facts in snapshot.issues.values()} == {"gone"}


def test_an_issue_that_became_a_pull_request_is_told_apart(github: Any) -> None:
    github.issue(REPO, 12, is_pull=True, state="closed", merged_at="2030-01-02T00:00:00Z")
    facts = one(github)
    assert (facts.found, facts.state) == ("pull request", "merged")


@pytest.mark.parametrize(
    ("repo", "body", "linked"),
    [
        (REPO, "Fixes #12.", True),
        (REPO, "this closes: #12 and more", True),
        (REPO, f"Resolves https://github.com/{REPO}/issues/12", True),
        ("other/fork", f"fixed {REPO}#12", True),
        ("other/fork", "Fixes #12.", False),
        (REPO, "See #12.", False),
        (REPO, "Fixes #123.", False),
        (REPO, "prefixes #12", False),
    ],
)
def test_pull_requests_are_linked_by_closing_words(github: Any, repo: str, body: str, linked: bool) -> None:
    github.issue(REPO, 12).pull(repo, 90, body)
    assert bool(one(github).pulls) == linked


def test_a_merge_is_seen_though_the_issue_did_not_change(github: Any) -> None:
    source = github.issue(REPO, 12).pull(REPO, 90, "Fixes #12")
    previous, _ = read(github, [(REPO, 12)])
    assert previous.issues[f"{REPO}#12"].pulls[0].state == "open"
    source["state"], source["pull_request"]["merged_at"] = "closed", "2030-01-03T00:00:00Z"
    (pull,) = one(github, previous=previous).pulls
    assert (pull.state, pull.at) == ("merged", "2030-01-03T00:00:00Z")


def test_ten_thousand_comments_are_read_page_by_page(github: Any) -> None:
    issue = github.issue(REPO, 12)
    for number in range(10_000):
        issue.comment("talker", "2030-01-01T00:00:00Z", f"word {number}")
    issue.comment("ada", "2030-01-02T00:00:00Z", "/claim")
    previous, _ = read(github, [(REPO, 12)])
    facts = previous.issues[f"{REPO}#12"]
    assert [command.by for command in facts.commands] == ["ada"]
    assert len(facts.timeline) == 101
    github.requests.clear()
    assert one(github, previous=previous) == facts


def test_a_page_that_was_full_is_followed_by_the_new_one(github: Any) -> None:
    issue = github.issue(REPO, 12)
    for _ in range(100):
        issue.comment("talker", "2030-01-01T00:00:00Z", "words")
    previous, _ = read(github, [(REPO, 12)])
    issue.comment("ada", "2030-01-02T00:00:00Z", "/claim")
    assert [command.by for command in one(github, previous=previous).commands] == ["ada"]


@pytest.mark.parametrize(
    ("fault", "times"),
    [
        ("status500", 1),
        ("status502", 3),
        ("html", 1),
        ("truncated", 1),
        ("cut_json", 2),
        ("slow", 1),
    ],
)
def test_passing_faults_are_tried_again(github: Any, fault: str, times: int) -> None:
    github.issue(REPO, 12).comment("ada", "2030-01-01T00:00:00Z", "/claim")
    known = {
        "status500": fakes.status(500),
        "status502": fakes.status(502),
        "html": fakes.html,
        "truncated": fakes.truncated,
        "cut_json": fakes.cut_json,
        "slow": fakes.slow(0.6),
    }
    github.fail("timeline", known[fault], times)
    snapshot, slept = read(github, [(REPO, 12)], timeout=0.4)
    assert [command.by for command in snapshot.issues[f"{REPO}#12"].commands] == ["ada"]
    assert slept == pytest.approx([2.0**attempt for attempt in range(times)], abs=0.5)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("html", "found text/html in place of JSON 4 times"),
        ("truncated", r"found no whole answer \(RemoteProtocolError\) 4 times"),
        ("cut_json", "found JSON that is cut off 4 times"),
        ("status503", "found status 503 4 times"),
        ("status403", r"found status 403 \(Resource not accessible\)"),
        ("status422", "expected status 200, found 422"),
        ("elsewhere", "expected a redirect within 127.0.0.1, found one to another host"),
        ("object", "expected a list from the API, found another shape"),
        ("strange", "found none of 'created_at'"),
    ],
)
def test_lasting_faults_end_with_a_message(github: Any, fault: str, said: str) -> None:
    github.issue(REPO, 12)
    known = {
        "html": fakes.html,
        "truncated": fakes.truncated,
        "cut_json": fakes.cut_json,
        "status503": fakes.status(503),
        "status403": fakes.status(403, "Resource not accessible"),
        "status422": fakes.status(422, "Validation Failed"),
        "elsewhere": fakes.elsewhere,
        "object": lambda handler: handler.say(200, {"message": "hello"}),
        "strange": lambda handler: handler.say(200, [{"event": "commented", "user": {"login": "a"}}]),
    }
    github.fail("timeline", known[fault], 99)
    with pytest.raises(GitHubError, match=said):
        read(github, [(REPO, 12)])


def test_the_primary_rate_limit_is_waited_for_by_the_servers_clock(github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", fakes.rate_limited(int(github.now.timestamp()) + 90))
    _, slept = read(github, [(REPO, 12)])
    assert 90 <= slept[0] <= 92


def test_a_secondary_rate_limit_names_its_wait_or_takes_a_minute(github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", fakes.status(403, "You have exceeded a secondary rate limit", retry_after="7"))
    github.fail("timeline", fakes.status(429, "You have exceeded a secondary rate limit"))
    _, slept = read(github, [(REPO, 12)])
    assert slept == pytest.approx([7.0, 60.0], abs=0.5)


def test_a_rate_limit_that_lasts_ends_with_the_time_and_a_way_out(github: Any) -> None:
    github.issue(REPO, 12)
    github.fail("", fakes.rate_limited(int(github.now.timestamp()) + 1800), 9)
    with pytest.raises(GitHubError, match=r"for 30 minutes more.*GITHUB_TOKEN"):
        read(github, [(REPO, 12)])


def test_a_revoked_token_is_named_but_never_shown(github: Any) -> None:
    github.issue(REPO, 12)
    github.revoked.add(TOKEN)
    with pytest.raises(GitHubError, match="revoked, expired or mistyped") as caught:
        read(github, [(REPO, 12)], token=TOKEN)
    assert TOKEN not in str(caught.value)
    assert len(github.requests) == 1


def test_the_token_goes_to_the_api_and_not_over_plain_http_elsewhere(github: Any) -> None:
    github.issue(REPO, 12)
    read(github, [(REPO, 12)], token=TOKEN)
    assert github.tokens == {f"Bearer {TOKEN}"}
    with pytest.raises(GitHubError, match="expected https for an API that gets a token"):
        Client(Settings(api="http://api.example.org"), TOKEN)


def test_a_token_with_a_line_break_inside_is_refused_before_any_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "ghp_one\nX-Evil: two")
    with pytest.raises(GitHubError, match="printable ASCII") as caught:
        token_from_environment()
    assert "ghp_one" not in str(caught.value)


def test_no_more_requests_run_at_a_time_than_asked_for(github: Any) -> None:
    for number in range(1, 31):
        github.issue(REPO, number)
    github.latency = 0.01
    read(github, [(REPO, number) for number in range(1, 31)], concurrency=3)
    assert 2 <= github.most_at_once <= 3


def test_no_more_requests_begin_in_a_minute_than_allowed(github: Any) -> None:
    for number in range(1, 31):
        github.issue(REPO, number)
    _, slept = read(github, [(REPO, number) for number in range(1, 31)], concurrency=1, per_minute=20)
    assert sum(wait > 50 for wait in slept) == 11


def test_the_snapshot_survives_the_round_trip_and_is_deterministic(github: Any, tmp_path: Path) -> None:
    issue = github.issue(REPO, 12, labels=["a"])
    issue.comment("ada", "2030-01-01T00:00:00Z", "/claim")
    issue.pull(REPO, 90, "Fixes #12")
    issue.events.append({"event": "reopened", "created_at": "2030-01-01T00:00:00Z"})
    snapshot, _ = read(github, [(REPO, 12)])
    project = Project(tmp_path)
    save_snapshot(project, "spring", snapshot)
    path = tmp_path / "sprint_issues/spring/snapshot.json"
    before = path.read_bytes()
    assert load_snapshot(project, "spring") == snapshot
    save_snapshot(project, "spring", snapshot)
    assert path.read_bytes() == before
    assert before.endswith(b"\n")


@pytest.mark.parametrize(
    "content", [b"", b"[]", b'{"format": 2}', b"<<<<<<< HEAD\n{}", b'{"format": 1, "as_of": "2030"}']
)
def test_a_damaged_snapshot_says_how_to_go_on(content: bytes, tmp_path: Path) -> None:
    folder = tmp_path / "sprint_issues" / "spring"
    folder.mkdir(parents=True)
    (folder / "snapshot.json").write_bytes(content)
    with pytest.raises(OutreachError, match="take the file of the last commit"):
        load_snapshot(Project(tmp_path), "spring")


def test_two_syncs_at_once_the_second_says_so(tmp_path: Path) -> None:
    project = Project(tmp_path)
    with only_one(project, "spring"):
        found: list[str] = []

        def second() -> None:
            try:
                with only_one(project, "spring"):
                    found.append("no complaint")
            except OutreachError as error:
                found.append(str(error))

        thread = threading.Thread(target=second)
        thread.start()
        thread.join()
    assert "found another running" in found[0]
    with only_one(project, "spring"), only_one(project, "autumn"):
        pass


def test_the_servers_clock_is_what_counts(github: Any) -> None:
    github.issue(REPO, 12)
    github.now = datetime.now(UTC) - timedelta(hours=5)
    settings = Settings(api=github.url)
    with Client(settings, None) as client:
        snapshot = read_all(client, [(REPO, 12)], None, concurrency=1, step=lambda: None)
        assert 17_990 < client.counts.skew < 18_010
    assert abs((snapshot.moment - github.now).total_seconds()) < 1


def test_json_holds_nothing_of_people_but_their_accounts(github: Any, tmp_path: Path) -> None:
    github.issue(REPO, 12).comment("ada", "2030-01-01T00:00:00Z", "my phone is 555 0100\n/claim")
    snapshot, _ = read(github, [(REPO, 12)])
    save_snapshot(Project(tmp_path), "spring", snapshot)
    text = (tmp_path / "sprint_issues/spring/snapshot.json").read_text()
    assert "555" not in text
    assert json.loads(text)["issues"][0]["timeline"][0]["commands"] == [
        {"at": "2030-01-01T00:00:00Z", "by": "ada", "what": "claim"}
    ]


def test_ctrl_c_does_not_wait_for_a_rate_limit(github: Any, tmp_path: Path) -> None:
    github.issue(REPO, 12)
    github.fail("timeline", fakes.rate_limited(int(github.now.timestamp()) + 250), 9)
    script = (
        "from outreach.github.client import Client, Settings\n"
        "from outreach.sprints.sync import read_all\n"
        "import functools, signal\n"
        # A shell may have made its background jobs deaf to it.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "tell = functools.partial(print, flush=True)\n"
        f"with Client(Settings(api={github.url!r}), None, tell=tell) as client:\n"
        f"    read_all(client, [({REPO!r}, 12)], None, concurrency=4, step=lambda: None)\n"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(
        [sys.executable, "-c", script],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert "rate limit: waiting" in process.stdout.readline()
        begun = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert time.perf_counter() - begun < 10
    assert "KeyboardInterrupt" in said
