"""`outreach sprint sync` as organisers run it: twice at once, beside the projector, from a schedule."""

import io
import json
import os
import subprocess
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from rich.console import Console

from outreach.paths import Project
from outreach.sprints.snapshot import load_snapshot
from tests.outreach.sprints import fake_github as fakes
from tests.outreach.sprints.test_event_cli import REPO, Run, github, project, run

__all__ = ["github", "project", "run"]
ROOT = Path(__file__).parents[3]
EVENT = datetime(2030, 4, 1, 2, 0, tzinfo=UTC)


@pytest.fixture
def slow(github: fakes.FakeGitHub) -> fakes.FakeGitHub:
    github.latency = 0.5
    return github


def test_of_two_syncs_in_two_processes_the_second_says_so(
    project: Project, slow: fakes.FakeGitHub, run: Run
) -> None:
    environment = {**os.environ, "GITHUB_API_URL": slow.url, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", "from outreach.cli import main; main()", "sprint", "sync", "spring-2030"]
    with subprocess.Popen(command, cwd=project.root, env=environment, stderr=subprocess.PIPE) as first:
        while not slow.requests:
            assert first.poll() is None
        code, _, said = run("sync", "spring-2030")
        _, told = first.communicate(timeout=30)
    assert code == 1
    assert "expected to be the only sync of spring-2030, found another running" in " ".join(said.split())
    assert first.returncode == 0, told.decode()
    assert load_snapshot(project, "spring-2030") is not None
    assert run("sync", "spring-2030")[0] == 0


def test_on_a_terminal_a_bar_counts_the_issues(
    project: Project, github: fakes.FakeGitHub, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Console(file=io.StringIO(), force_terminal=True, width=100)
    monkeypatch.setattr("outreach.console.progress", terminal)
    assert run("sync", "spring-2030")[0] == 0
    said = terminal.file.getvalue()  # type: ignore[attr-defined]
    assert "reading spring-2030" in said
    assert "2/2" in said


def board(said: str) -> dict[str, Any]:
    address = said.split("board: ")[1].split()[0]
    with urllib.request.urlopen(f"{address}board.json") as answer:
        found: dict[str, Any] = json.load(answer)
    return found


def test_watch_shows_what_changes_and_stays_when_the_network_goes(
    project: Project,
    run: Run,
    github: fakes.FakeGitHub,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Three rounds: what is there; a claim; no network. The pause between them is where the test looks."""
    seen: list[dict[str, Any]] = []
    said: list[str] = []

    def after(round_: int) -> None:
        said.append(capsys.readouterr().err)
        seen.append(board(said[0]))
        if round_ == 0:
            github.repos[REPO][12].comment("ada", "2030-04-01T11:30:00Z", "/claim")
        elif round_ == 1:
            github.fail("", fakes.html, 99)
        else:
            raise KeyboardInterrupt

    rounds = iter(range(3))
    monkeypatch.setattr("outreach.sprints.sync_cli.time.sleep", lambda _: after(next(rounds)))
    monkeypatch.setattr("outreach.github.client.ATTEMPTS", 1)
    code, _, last = run("sync", "spring-2030", "--watch", "--every", "30")
    assert code == 130
    assert last.strip() == "stopped"
    states = [[row["state"] for row in data["issues"]] for data in seen]
    assert states == [["open", "closed"], ["claimed", "closed"], ["claimed", "closed"]]
    assert seen[1]["counts"]["claimed"] == 1
    assert "not synced: /repos/example/array-tools/issues" in said[2]
    assert seen[2]["as_of"] == seen[1]["as_of"]


@pytest.mark.parametrize(
    ("when", "synced"),
    [
        (datetime(2030, 3, 17, tzinfo=UTC), False),
        (datetime(2030, 3, 19, tzinfo=UTC), True),
        (EVENT, True),
        (datetime(2030, 4, 21, tzinfo=UTC), True),
        (datetime(2030, 4, 23, tzinfo=UTC), False),
    ],
    ids=["15 days before", "13 days before", "now", "20 days after", "22 days after"],
)
def test_due_is_two_weeks_before_to_three_weeks_after(
    when: datetime, synced: bool, project: Project, run: Run, github: fakes.FakeGitHub
) -> None:
    with time_machine.travel(when, tick=False):
        code, _, said = run("sync", "--due")
    assert code == 0
    assert (load_snapshot(project, "spring-2030") is not None) == synced
    assert ("no event is due" in said) == (not synced)


@time_machine.travel(EVENT, tick=False)
def test_a_due_event_that_fails_does_not_keep_the_others_from_it(
    project: Project, run: Run, github: fakes.FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.github.client.ATTEMPTS", 1)
    first = project.sprint_issues / "spring-2030"
    second = project.sprint_issues / "april-2030"
    second.mkdir()
    (second / "event.yaml").write_text(
        (first / "event.yaml").read_text().replace("spring-2030", "april-2030")
    )
    (second / "issues.yaml").write_text(
        (first / "issues.yaml").read_text().replace("number: 12", "number: 13")
    )
    github.fail("issues/13", fakes.html, 99)
    code, _, said = run("sync", "--due")
    assert code == 1
    assert "found none of april-2030; the last ones stay" in " ".join(said.split())
    assert load_snapshot(project, "spring-2030") is not None
    assert load_snapshot(project, "april-2030") is None


@pytest.mark.parametrize("arguments", [(), ("spring-2030", "--due"), ("--due", "--watch")])
def test_a_sync_of_nothing_or_of_two_things_is_a_wrong_command_line(
    arguments: tuple[str, ...], project: Project, run: Run
) -> None:
    code, _, said = run("sync", *arguments)
    assert code == 2
    assert "expected one EVENT, or --due without --watch" in " ".join(said.replace("│", " ").split())
