"""The committed events: their issues are the ones that were found, and their facts keep their caveats.

EVENT.txt lists repository, number, group and title as the stored copies of the threads have them.
"""

from pathlib import Path

import pytest

from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Sprint

HERE = Path(__file__).parent
PROJECT = Project(HERE.parents[2])
EVENTS = ("pydata-global-2022", "zarr-python-v3-docs-2024", "zarr-summit-2025")


@pytest.fixture(scope="module")
def sprints() -> dict[str, Sprint]:
    return {sprint.event.slug: sprint for sprint in load_sprints(PROJECT)}


def test_at_least_three_events_and_eighty_issues_are_real(sprints: dict[str, Sprint]) -> None:
    assert set(EVENTS) <= set(sprints)
    issues = {(issue.repo.lower(), issue.number) for sprint in sprints.values() for issue in sprint.issues}
    assert len(issues) >= 80


@pytest.mark.parametrize("name", EVENTS)
def test_the_issues_are_the_recorded_ones(name: str, sprints: dict[str, Sprint]) -> None:
    recorded = (HERE / f"{name}.txt").read_text().splitlines()
    listed = sorted(sprints[name].issues, key=lambda issue: (issue.repo.lower(), issue.number))
    assert [f"{issue.repo}#{issue.number}\t{issue.listed}\t{issue.title}" for issue in listed] == recorded


@pytest.mark.parametrize("name", EVENTS)
def test_stored_facts_say_so_with_their_date(name: str, sprints: dict[str, Sprint]) -> None:
    assert {(issue.source_kind, issue.source_date) for issue in sprints[name].issues} == {
        ("archive", "2026-09-22")
    }


@pytest.mark.parametrize("name", EVENTS)
def test_an_issue_opened_after_the_event_is_listed_as_such(name: str, sprints: dict[str, Sprint]) -> None:
    last = sprints[name].event.ends[:10]
    for issue in sprints[name].issues:
        if issue.opened:
            known = len(issue.opened)
            assert (issue.opened > last[:known]) == (issue.listed == "since"), issue.url


@pytest.mark.parametrize("name", EVENTS)
def test_difficulty_names_its_rule(name: str, sprints: dict[str, Sprint]) -> None:
    rules = {rule.id: rule for rule in sprints[name].rules}
    assert {issue.judged for issue in sprints[name].issues} == set(rules)
    assert all("not the projects" in rule.judged_by for rule in rules.values())


@pytest.mark.parametrize("name", EVENTS)
def test_starters_that_are_open_can_be_started(name: str, sprints: dict[str, Sprint]) -> None:
    for issue in sprints[name].issues:
        if issue.level == "starter" and not issue.settled:
            assert issue.first_file is not None, issue.url
            assert issue.first_command is not None or "no code" in issue.skills, issue.url


@pytest.mark.parametrize("name", EVENTS)
def test_every_fact_has_a_source_with_an_address(name: str, sprints: dict[str, Sprint]) -> None:
    event = sprints[name].event
    assert all(source.url for source in event.sources)
    assert all(fact.source or fact.certainty == "unknown" for fact in event.facts)


def test_the_template_is_checked_but_is_no_event(sprints: dict[str, Sprint]) -> None:
    assert "template" not in sprints
    (template,) = load_sprints(PROJECT, ["template"])
    assert template.event.status == "template"
