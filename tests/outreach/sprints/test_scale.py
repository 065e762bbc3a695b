"""Three events of 500 issues each: how long generation and a first sync take."""

import time
from pathlib import Path

import pytest
import yaml

from outreach.github.client import Client, Settings
from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.pages import generate_sprints
from outreach.sprints.sync import read_all
from outreach.writing import Output
from tests.outreach.sprints import fake_github as fakes
from tests.outreach.sprints.test_pages import project_at

ISSUES, EVENTS = 500, 3
GENERATION_SECONDS, SYNC_SECONDS = 5.0, 60.0
A_MINUTE = 900


def big_project(root: Path) -> Project:
    """Return a checkout with so many events and issues; texts are as long as those of real lists."""
    project = project_at(root)
    good = project.sprint_issues / "spring-2030"
    event = (good / "event.yaml").read_text()
    first = yaml.load((good / "issues.yaml").read_text(), yaml.BaseLoader)["issues"][0]
    for index in range(EVENTS):
        folder = project.sprint_issues / f"big-{index}"
        folder.mkdir()
        (folder / "event.yaml").write_text(event.replace("spring-2030", folder.name))
        (folder / "issues.yaml").write_text(_issues(first))
    return project


def _issues(first: dict[str, object]) -> str:
    rows = []
    for number in range(1, ISSUES + 1):
        level = ("starter", "intermediate", "advanced")[number % 3]
        rows.append(
            f"  - repo: example/array-tools\n    number: {number}\n"
            f"    title: Issue {number} says what `load` reads and what it does not\n"
            "    opened: 2029-05-01\n    listed: at the event\n    kind: docs\n    area: user guide\n"
            f"    skills: [writing, python]\n    level: {level}\n    minutes: {15 * (1 + number % 16)}\n"
            "    judged: hosts-2030\n    mentor: null\n"
            f"    summary: {'The guide does not say what load reads. ' * 4}\n"
            "    first_file: {path: docs/guide.md, commit: 0123456789ab}\n    first_command: uv run pytest\n"
            f"    done_when: {first['done_when']}\n    state: open\n    labels: [documentation]\n"
            "    source: {kind: live, date: 2030-03-30}\n    verified_on: 2030-03-30\n    note: null\n"
        )
    return "issues:\n" + "".join(rows)


def test_three_events_of_five_hundred_issues_generate_in_time(tmp_path: Path) -> None:
    project = big_project(tmp_path)
    # It runs in one thread and waits for nothing: its own time is what it takes where nobody else works.
    begun = time.process_time()
    output = Output(tmp_path / "out")
    facts = generate_sprints(project, output, site_url="https://zarr.example/")
    seconds = time.process_time() - begun
    assert facts.issues == EVENTS * ISSUES + 2
    print(f"generated in {seconds:.2f} s")  # noqa: T201 - shown by pytest -rP
    assert seconds < GENERATION_SECONDS


@pytest.mark.parametrize("again", [False, True], ids=["first", "second"])
def test_five_hundred_issues_sync_in_time_and_within_the_limit(again: bool, tmp_path: Path) -> None:
    """At 100 ms for every answer, through the real pace: no sleep is replaced."""
    (sprint,) = load_sprints(big_project(tmp_path), ["big-0"])
    names = [(issue.repo, issue.number) for issue in sprint.issues]
    with fakes.fake_github() as github:
        for repo, number in names:
            github.issue(repo, number).comment("ada", "2030-01-01T00:00:00Z", "/claim")
        previous = None
        if again:
            with Client(Settings(api=github.url, delay=0.0), None) as client:
                previous = read_all(client, names, None, concurrency=4, step=lambda: None)
        github.latency, github.requests = 0.1, []
        begun = time.perf_counter()
        with Client(Settings(api=github.url), None) as client:
            snapshot = read_all(client, names, previous, concurrency=4, step=lambda: None)
        seconds = time.perf_counter() - begun
        assert len(snapshot.issues) == ISSUES
        assert len(github.requests) <= A_MINUTE
        assert github.most_at_once <= 4
    print(f"synced in {seconds:.1f} s, {len(github.requests)} requests")  # noqa: T201
    assert seconds < SYNC_SECONDS
