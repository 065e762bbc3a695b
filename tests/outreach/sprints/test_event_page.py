"""What an event's pages show of states, and its sheet with the QR code."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import segno

from outreach.sprints.github_facts import Command, IssueFacts, Pull, TimelinePage
from outreach.sprints.pages import generate_sprints
from outreach.sprints.sheet import qr_svg
from outreach.sprints.snapshot import Snapshot, save_snapshot
from outreach.writing import Output
from tests.outreach.sprints.test_pages import Page, body, generate, project_at

REPO = "example/array-tools"


def page_with(
    tmp_path: Path, *pages: TimelinePage, as_of: str = "2030-04-01T02:00:00Z", **changes: Any
) -> dict[str, str]:
    project = project_at(tmp_path)
    facts = IssueFacts(
        REPO, 12, "issue", f"{REPO}#12", "Title", timeline=pages, **{"state": "open", **changes}
    )
    save_snapshot(project, "spring-2030", Snapshot(as_of, {facts.name: facts}))
    return generate(project)


def test_without_a_snapshot_the_page_shows_what_the_list_records(tmp_path: Path) -> None:
    made = generate(project_at(tmp_path))
    first, second = Page(body(made["spring-2030/index.md"])).having("data-bz-item")
    assert (first["data-state"], second["data-state"]) == ("open", "done")
    assert json.loads(made["spring-2030/issues.json"])["as_of"] is None


def test_a_claim_is_shown_with_its_end_as_of_the_snapshot(tmp_path: Path) -> None:
    claim = TimelinePage(None, 1, (Command("2030-04-01T01:00:00Z", "ada", "claim"),), (), ())
    made = page_with(tmp_path, claim)
    page = body(made["spring-2030/index.md"])
    assert Page(page).having("data-bz-item")[0]["data-state"] == "claimed"
    assert '<a href="https://github.com/ada" dir="auto">@ada</a>' in page
    assert '<time datetime="2030-04-01T02:30:00+00:00" data-bz-local>' in page
    data = json.loads(made["spring-2030/issues.json"])
    assert (data["as_of"], data["issues"][0]["standing"]) == ("2030-04-01T02:00:00Z", "claimed")
    assert data["issues"][0]["now"] == {"by": "ada", "until": "2030-04-01T02:30:00Z", "url": None}


def test_who_came_second_is_told_on_the_page_what_is_free_until_the_event_is_over(tmp_path: Path) -> None:
    ada, bob = ("2030-04-01T01:00:00Z", "ada"), ("2030-04-01T01:10:00Z", "bob")
    both = TimelinePage(None, 2, (Command(*ada, "claim"), Command(*bob, "claim")), (), ())
    made = page_with(tmp_path / "during", both)
    page = " ".join(" ".join(Page(body(made["spring-2030/index.md"])).text).split())
    assert "Claims that came second @bob : @ada claimed array-tools#12 first, until 1 April 2030" in page
    assert "No other issue is free; ask a mentor whom to pair with." in page
    (told,) = json.loads(made["spring-2030/issues.json"])["told"]
    assert (told["by"], told["holder"], told["free"]) == ("bob", "ada", None)
    after = page_with(tmp_path / "after", both, as_of="2030-04-02T00:00:00Z")
    assert "Claims that came second" not in after["spring-2030/index.md"]


def test_a_claim_that_had_expired_at_the_snapshot_is_open(tmp_path: Path) -> None:
    claim = TimelinePage(None, 1, (Command("2030-04-01T00:30:00Z", "ada", "claim"),), (), ())
    page = Page(body(page_with(tmp_path, claim)["spring-2030/index.md"]))
    assert page.having("data-bz-item")[0]["data-state"] == "open"


def test_what_came_of_it_thanks_those_whose_work_was_merged(tmp_path: Path) -> None:
    merged = TimelinePage(None, 1, (), (Pull(REPO, 90, "carol", "merged", "2030-04-01T01:30:00Z"),), ())
    page = " ".join(Page(body(page_with(tmp_path, merged, state="closed")["spring-2030/index.md"])).text)
    assert "1 merged" in page
    assert "@carol" in page


def test_what_is_taken_is_not_on_the_sheet(tmp_path: Path) -> None:
    free = body(page_with(tmp_path / "a")["spring-2030/sheet/index.md"])
    taken = body(page_with(tmp_path / "b", assignees=("dora",))["spring-2030/sheet/index.md"])
    assert "array-tools#12" in free
    assert "array-tools#12" not in taken
    assert "it is yours for 90 minutes" in free


@pytest.mark.parametrize(
    ("site_url", "shown"),
    [
        ("https://zarr.example/beautiful/", "https://zarr.example/beautiful/sprints/spring-2030/"),
        ("https://zarr.example", "https://zarr.example/sprints/spring-2030/"),
        ("http://127.0.0.1:8000/", None),
        ("http://localhost/", None),
        (None, None),
    ],
)
def test_the_qr_code_holds_the_public_address_or_there_is_none(
    site_url: str | None, shown: str | None, tmp_path: Path
) -> None:
    project = project_at(tmp_path)
    output = Output(tmp_path / "out")
    generate_sprints(project, output, site_url=site_url)
    sheet = output.files["spring-2030/sheet/index.md"].decode()
    assert ("sprint-qr" in sheet) == (shown is not None)
    assert ("URL:" in output.files["spring-2030/event.ics"].decode()) == (shown is not None)
    if shown:
        assert modules(sheet) == [[bool(cell) for cell in row] for row in segno.make(shown, error="m").matrix]


def test_a_short_address_is_what_is_printed(tmp_path: Path) -> None:
    made = generate(project_at(tmp_path, {"event/short_address": "https://zarr.example/s"}))
    assert "<span>https://zarr.example/s</span>" in made["spring-2030/sheet/index.md"]


def modules(html: str) -> list[list[bool]]:
    """Return the dark cells of the one QR code in `html`, read from its path; its quiet zone is 4 wide."""
    found = re.search(
        r'<svg[^>]*viewBox="0 0 (\d+) \d+"[^>]*>.*?<path[^>]*stroke="#000" d="([^"]+)"', html, re.DOTALL
    )
    assert found
    size = int(found[1]) - 8
    cells = [[False] * size for _ in range(size)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])([-\d. ]+)", found[2]):
        values = [float(number) for number in numbers.split()]
        if command == "M":
            x, y = values
        elif command == "m":
            x, y = x + values[0], y + values[1]
        else:
            for column in range(int(x), int(x + values[0])):
                cells[int(y - 0.5) - 4][column - 4] = True
            x += values[0]
    return cells


def test_the_drawing_of_a_code_is_black_on_white_with_a_quiet_zone() -> None:
    drawing = qr_svg("https://zarr.example/s")
    assert '<path fill="#fff"' in drawing
    assert 'aria-label="QR code of https://zarr.example/s"' in drawing
    assert len(modules(drawing)) in (25, 29)
