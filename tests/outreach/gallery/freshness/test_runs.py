"""Runs over entries: records from day to day, and the report of the command."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from outreach.errors import OutreachError
from outreach.gallery.check import check_gallery
from outreach.gallery.freshness.asking import Reply
from outreach.gallery.freshness.records import link_after
from outreach.gallery.freshness.snapshot import load_freshness, save_freshness, snapshot_path
from outreach.paths import Project
from tests.outreach.gallery import fake_web as fakes
from tests.outreach.gallery.freshness.runs import ENTRY, FIRST, GROWN, SECOND, THIRD, URLS, states, store


def test_a_run_asks_everything_once_and_writes_the_records(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result]
) -> None:
    done = freshness(FIRST)
    assert done.exit_code == 0
    assert done.stdout == (
        "gallery_data/north-sea-tides/entry.yaml:24:3: array.codecs: expected what the public store says, "
        "[blosc(blocksize=0, clevel=5, cname=lz4, shuffle=1)]; found nothing recorded; write it down "
        "[unrecorded]\n"
        "4 links: 4 fine; 1 store: 1 read\n"
    )
    assert "5 addresses asked" in done.stderr
    assert states(project) == dict.fromkeys(URLS, "fine")
    assert sorted(each.host for each in web.asked) == [
        "docs.example", "doi.org", "page.example", "page.example", "store.example",
    ]  # fmt: skip
    records = json.loads(snapshot_path(project).read_bytes())
    assert {each["checked"] for each in records["links"]} == {"2026-11-15"}
    assert records["stores"][0]["document"] == "level/.zarray"
    assert records["stores"][0]["layout"]["shape"] == [40, 30]


def test_the_records_are_no_stray_file_and_come_out_the_same(
    project: Project, freshness: Callable[..., Result]
) -> None:
    freshness(FIRST)
    path = snapshot_path(project)
    before = path.read_bytes()
    assert before.endswith(b"}\n")
    assert check_gallery(project).problems == ()
    assert freshness(FIRST).exit_code == 0
    assert path.read_bytes() == before
    save_freshness(project, load_freshness(project))
    assert path.read_bytes() == before


def test_a_link_is_broken_after_two_days_and_no_sooner(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result]
) -> None:
    freshness(FIRST)
    web.says(URLS[0], fakes.status(404))
    once = freshness(SECOND).stdout
    assert (
        "entry.yaml:5:1: url: expected an answer, found status 404 on 2026-11-22, for the first time" in once
    )
    assert "[failed]" in once
    assert "broken" not in freshness(SECOND).stdout.replace("makes it broken", "")
    twice = freshness(THIRD).stdout
    assert (
        "gallery_data/north-sea-tides/entry.yaml:5:1: url: expected an answer, found status 404 on 2026-11-29"
        ", failing since 2026-11-22; correct the address, or leave it: the page says so and offers the "
        "archive [broken]\n"
    ) in twice
    assert "4 links: 3 fine, 1 gone" in twice
    trail = load_freshness(project).links[URLS[0]].trail
    assert (trail.first_failed, trail.last_good) == ("2026-11-22", "2026-11-15")
    web.says(URLS[0], fakes.status(200))
    assert "[broken]" not in freshness(THIRD).stdout
    assert load_freshness(project).links[URLS[0]].trail.first_failed is None


@pytest.mark.parametrize(
    ("codes", "broken", "first_failed"),
    [
        ((404, 404), True, "2026-11-15"),
        ((500, 404), True, "2026-11-15"),
        ((404, 403), False, "2026-11-15"),
        ((404, 403, 404), True, "2026-11-15"),
        ((404, 200, 404), False, "2026-11-29"),
        ((403, 403, 403), False, None),
        ((403, 404), False, "2026-11-22"),
        ((429, 404, 503), True, "2026-11-22"),
    ],
)
def test_a_refusal_neither_begins_nor_ends_a_failure(
    codes: tuple[int, ...], broken: bool, first_failed: str | None
) -> None:
    link = None
    for code, day in zip(codes, (FIRST, SECOND, THIRD), strict=False):
        link = link_after(link, URLS[0], Reply(URLS[0], code), day)
    assert link is not None
    assert (link.trail.broken, link.trail.first_failed) == (broken, first_failed)


@pytest.mark.parametrize(
    ("target", "state"),
    [
        ("https://new.example/tides", "moved"),
        ("https://www.page.example/tides/", "fine"),
        ("https://page.example/tides?utm_source=x", "fine"),
    ],
)
def test_a_new_spelling_of_the_same_address_is_no_move(target: str, state: str) -> None:
    link = link_after(None, URLS[0], Reply(target, 200, moved_to=target), FIRST)
    assert link.trail.state == state
    assert link.moved_to == (target if state == "moved" else None)


def test_a_moved_link_says_the_new_address(web: fakes.FakeWeb, freshness: Callable[..., Result]) -> None:
    web.says(URLS[1], fakes.redirect(301, "https://new.example/tides"))
    web.says("https://new.example/tides", fakes.status(200))
    said = freshness(FIRST).stdout
    for place in ("entry.yaml:8:5: links[0].url", "entry.yaml:31:5: sources[0].url"):
        assert (
            f"{place}: expected the address itself, found that it has moved to https://new.example/tides; "
            "write that one [moved]\n"
        ) in said


@pytest.mark.parametrize(
    ("shape", "chunks", "place", "found"),
    [
        ((50, 30), (10, 30), "20:3: array.shape", GROWN),
        ((40, 30), (20, 30), "21:3: array.chunks", "[20, 30]; found [10, 30]; correct the entry [differs]"),
    ],
    ids=["grown", "other chunks"],
)
def test_what_a_store_tells_otherwise_is_reported_at_its_line(
    tmp_path: Path,
    freshness: Callable[..., Result],
    shape: tuple[int, ...],
    chunks: tuple[int, ...],
    place: str,
    found: str,
) -> None:
    store(tmp_path / "store", shape, chunks)
    line = f"gallery_data/north-sea-tides/entry.yaml:{place}: expected what the public store says, {found}"
    assert line in freshness(FIRST).stdout.splitlines()


def test_what_the_last_good_reading_gave_stays_when_the_store_fails(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result]
) -> None:
    freshness(FIRST)
    web.says("https://store.example/data.zarr/level/.zarray", fakes.html)
    said = freshness(SECOND).stdout
    assert "store: expected metadata of the array, found HTML in place of JSON on 2026-11-22" in said
    record = load_freshness(project).stores["north-sea-tides"]
    assert record.layout is not None
    assert (record.layout.shape, record.trail.last_good) == ((40, 30), "2026-11-15")


def test_json_holds_records_and_findings(web: fakes.FakeWeb, freshness: Callable[..., Result]) -> None:
    web.says(URLS[2], fakes.status(500))
    done = freshness(FIRST, "--json")
    found = json.loads(done.stdout)
    assert found["not_asked"] == 0
    assert [link["url"] for link in found["links"]] == sorted(URLS)
    assert [(each["kind"], each["field"]) for each in found["findings"]] == [
        ("failed", "found_by[0].url"),
        ("unrecorded", "array.codecs"),
    ]
    assert found["findings"][0]["line"] == 12


def test_one_entry_may_be_asked_and_the_others_keep_their_records(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result]
) -> None:
    other = project.gallery_data / "baltic-tides"
    shutil.copytree(project.gallery_data / "north-sea-tides", other)
    text = ENTRY.replace("page.example/tides", "page.example/baltic").replace("North Sea", "Baltic")
    (other / "entry.yaml").write_text(text)
    web.says("https://page.example/baltic", fakes.status(200))
    freshness(FIRST)
    web.asked.clear()
    done = freshness(SECOND, "baltic-tides")
    assert done.stdout.endswith("4 links: 4 fine; 1 store: 1 read\n")
    assert URLS[0].removeprefix("https://page.example") not in {each.path for each in web.asked} - {"/tides"}
    records = load_freshness(project)
    assert records.links[URLS[0]].trail.checked == "2026-11-15"
    assert records.links["https://page.example/baltic"].trail.checked == "2026-11-22"
    shutil.rmtree(other)
    freshness(SECOND)
    assert "https://page.example/baltic" not in load_freshness(project).links
    assert set(load_freshness(project).stores) == {"north-sea-tides"}


def test_an_entry_that_is_none_is_refused_with_the_nearest(freshness: Callable[..., Result]) -> None:
    done = freshness(FIRST, "north-see-tides")
    assert isinstance(done.exception, OutreachError)
    assert str(done.exception) == (
        "expected the name of an entry, found 'north-see-tides'; did you mean 'north-sea-tides'?"
    )
    assert freshness(FIRST, "--delay", "0").exit_code == 2
    assert "outreach gallery freshness --json" in freshness(FIRST, "--help").stdout
