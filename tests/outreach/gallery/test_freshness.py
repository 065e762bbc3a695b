"""Runs over entries: records from day to day, the report, the snapshot, the command, the pages."""

import datetime as dt
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zarr
from click.testing import CliRunner, Result

from outreach.cli import outreach
from outreach.console import progress
from outreach.errors import OutreachError
from outreach.gallery.check import check_gallery, load_gallery
from outreach.gallery.freshness import cli, run, snapshot
from outreach.gallery.freshness.asking import Client, Reply, Settings
from outreach.gallery.freshness.records import Freshness, Link, Trail, link_after
from outreach.gallery.freshness.snapshot import load_freshness, save_freshness, snapshot_path
from outreach.gallery.pages import generate_gallery
from outreach.locking import alone
from outreach.paths import Project
from outreach.writing import Output
from tests.outreach.gallery import fake_web as fakes

ENTRY = """\
title: Tides of the North Sea
kind: dataset
domain: ocean
summary: "Water levels, hour by hour, on a grid of the whole North Sea: one array, cut into years."
url: https://page.example/tides
links:
  - label: Documentation
    url: https://docs.example/tides#shape
people: [Ada Example]
found_by:
  - name: Bob Example
    url: https://page.example/list
year: 2020
licence: CC-BY-4.0
doi: 10.1000/example
zarr_format: 2
store: https://store.example/data.zarr
array:
  name: level
  shape: [40, 30]
  chunks: [10, 30]
  shards: null
  dtype: <f4
  codecs: null
  dims: [time, place]
  source: the documentation of the data set
added: 2026-01-01
checked: null
sources:
  - found_in: the documentation
    url: https://docs.example/tides
    commit: null
    date: null
"""
URLS = (
    "https://page.example/tides",
    "https://docs.example/tides",
    "https://page.example/list",
    "https://doi.org/10.1000/example",
)
GROWN = "[50, 30]; found [40, 30]: the array has grown; write the new shape [grew]"
FIRST, SECOND, THIRD = (dt.date(2026, 11, day) for day in (15, 22, 29))


@pytest.fixture
def web(tmp_path: Path) -> Iterator[fakes.FakeWeb]:
    with fakes.fake_web() as web:
        for url in URLS:
            web.says(url, fakes.status(200))
        store(tmp_path / "store")
        web.serves("store.example", tmp_path / "store")
        yield web


def store(folder: Path, shape: tuple[int, ...] = (40, 30), chunks: tuple[int, ...] = (10, 30)) -> None:
    group = zarr.open_group(folder / "data.zarr", mode="w", zarr_format=2)
    group.create_array("level", shape=shape, chunks=chunks, dtype="<f4")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    root = tmp_path / "checkout"
    folder = root / "gallery_data" / "north-sea-tides"
    folder.mkdir(parents=True)
    (root / "mkdocs.yml").touch()
    (folder / "entry.yaml").write_text(ENTRY)
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def freshness(web: fakes.FakeWeb, project: Project, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run the command on a day, asking the local web."""

    def client(**changes: Any) -> Client:
        settings = Settings(**{**changes, "delay": 0.0, "timeout": 2.0})
        return Client(settings, transport=fakes.ToLoopback(web.port), sleep=lambda _: None)

    monkeypatch.setattr(cli, "open_client", client)

    def command(day: dt.date, *arguments: str) -> Result:
        monkeypatch.setattr(cli, "today", lambda: day)
        return CliRunner().invoke(outreach, ["gallery", "freshness", *arguments])

    return command


def states(project: Project) -> dict[str, str]:
    return {url: link.trail.state for url, link in load_freshness(project).links.items()}


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


def test_where_no_host_answers_the_last_records_stay(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result]
) -> None:
    freshness(FIRST)
    before = snapshot_path(project).read_bytes()
    for url in (*URLS, "https://store.example/data.zarr/level/.zarray"):
        web.says(url, fakes.hang_up)
    done = freshness(SECOND)
    assert "expected at least one of 4 hosts to answer, found none" in str(done.exception)
    assert snapshot_path(project).read_bytes() == before
    assert list(project.gallery_data.glob(".writing-*")) == []


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_run_that_fails_leaves_the_last_records(
    project: Project, freshness: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    freshness(FIRST)
    before = snapshot_path(project).read_bytes()

    def fail(*_: Any) -> None:
        raise error

    if isinstance(error, OSError):
        monkeypatch.setattr(Path, "replace", fail)
    else:
        monkeypatch.setattr(Client, "link", fail)
    assert freshness(SECOND).exit_code != 0
    monkeypatch.undo()
    assert snapshot_path(project).read_bytes() == before
    assert list(project.gallery_data.glob(".writing-*")) == []


def test_ctrl_c_ends_a_run_at_once_and_leaves_the_records(web: fakes.FakeWeb, project: Project) -> None:
    web.says(URLS[0], fakes.status(429, Retry_After="100"))
    script = (
        "import signal, sys\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from outreach.cli import main\n"
        "from outreach.gallery.freshness import cli\n"
        "from outreach.gallery.freshness.asking import Client, Settings\n"
        "from tests.outreach.gallery.fake_web import ToLoopback\n"
        f"cli.open_client = lambda **_: Client(Settings(delay=0.0), transport=ToLoopback({web.port}))\n"
        "sys.argv = ['outreach', 'gallery', 'freshness']\n"
        "main()\n"
    )
    paths = os.pathsep.join([str(Path(__file__).parents[3]), *sys.path])
    with subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=project.root,
        env={**os.environ, "PYTHONPATH": paths},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert web.refused.wait(60)
        begun = time.perf_counter()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert time.perf_counter() - begun < 20
    assert (process.returncode, said.strip()) == (130, "stopped")
    assert not snapshot_path(project).exists()


def test_a_clock_that_goes_back_is_noticed(freshness: Callable[..., Result]) -> None:
    freshness(SECOND)
    assert "expected a day from 2026-11-22 on" in str(freshness(FIRST).exception)


def test_the_second_of_two_runs_says_so(project: Project, freshness: Callable[..., Result]) -> None:
    found: list[Result] = []
    with alone(project, "gallery-freshness", "freshness check"):
        thread = threading.Thread(target=lambda: found.append(freshness(FIRST)))
        thread.start()
        thread.join()
    assert "expected to be the only freshness check, found another running" in str(found[0].exception)
    assert not snapshot_path(project).exists()


def test_hosts_are_asked_side_by_side_within_the_limit(web: fakes.FakeWeb, project: Project) -> None:
    entries = load_gallery(project)
    settings = Settings(delay=0.0, timeout=2.0)
    with Client(settings, transport=fakes.ToLoopback(web.port), sleep=lambda _: None) as client:
        steps: list[None] = []
        outcome = run.check_all(
            client, entries, Freshness(), slugs=None, today=FIRST, concurrency=2,
            step=lambda: steps.append(None),
        )  # fmt: skip
    assert (outcome.asked, outcome.not_asked, len(steps)) == (5, 0, 5)
    assert web.most_hosts_at_once <= 2
    assert set(web.most_at_once.values()) == {1}


def test_what_there_was_no_time_for_keeps_its_record(web: fakes.FakeWeb, project: Project) -> None:
    entries = load_gallery(project)
    old = Freshness(
        {URLS[0]: Link(URLS[0], Trail("fine", "2026-11-15", 200, None, None, "2026-11-15"), None)}
    )
    settings = Settings(delay=0.0, run_time=0.0)
    with Client(settings, transport=fakes.ToLoopback(web.port), sleep=lambda _: None) as client:
        outcome = run.check_all(
            client, entries, old, slugs=None, today=SECOND, concurrency=2, step=lambda: None
        )
    assert (outcome.asked, outcome.not_asked) == (0, 5)
    assert outcome.freshness == old
    assert web.asked == []


def test_a_host_that_drips_does_not_hold_the_run(web: fakes.FakeWeb, project: Project) -> None:
    web.says(URLS[3], fakes.drip)
    entries = load_gallery(project)
    settings = Settings(delay=0.0, timeout=2.0, run_time=1.0, answer_time=0.2)
    begun = time.perf_counter()
    with Client(settings, transport=fakes.ToLoopback(web.port), sleep=lambda _: None) as client:
        outcome = run.check_all(
            client, entries, Freshness(), slugs=None, today=FIRST, concurrency=4, step=lambda: None
        )
    assert time.perf_counter() - begun < 10
    assert (outcome.asked, outcome.not_asked) == (4, 1)
    assert URLS[3] not in outcome.freshness.links


def test_the_command_asks_public_hosts_only() -> None:
    with cli.open_client(delay=0.5, concurrency=1, most_wait=1.0, run_time=60.0) as client:
        reply = client.link("https://127.0.0.1/")
    assert reply is not None
    assert reply.note == "an address that is not public"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"format": 2}',
        b"<<<<<<< HEAD\n{}",
        b'{"format": 1, "links": [{"url": "x", "moved_to": null, "state": "fine"}], "stores": []}',
        b'{"format": 1, "links": [], "stores": [{"slug": "x", "document": null, "layout": {}}]}',
    ],
)
def test_damaged_records_say_how_to_go_on(project: Project, content: bytes) -> None:
    snapshot_path(project).write_bytes(content)
    with pytest.raises(OutreachError, match=r"^gallery_data/freshness\.json: expected what .* last commit"):
        load_freshness(project)


def page(project: Project, folder: Path) -> str:
    output = Output(folder)
    generate_gallery(project, output)
    return output.files["north-sea-tides/index.md"].decode()


def test_a_page_says_what_is_broken_and_offers_the_archive(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result], tmp_path: Path
) -> None:
    assert 'Links last tried: <span class="bz-unrecorded">not recorded</span>.' in page(project, tmp_path)
    freshness(FIRST)
    fine = page(project, tmp_path)
    assert 'Links last tried: <time datetime="2026-11-15">2026-11-15</time>; 4 answer.' in fine
    assert 'read on <time datetime="2026-11-15">2026-11-15</time>: as written here' in fine
    assert "web.archive.org" not in fine
    web.says(URLS[0], fakes.status(410))
    web.says(URLS[1], fakes.hang_up)
    web.says(URLS[2], fakes.status(403))
    store(tmp_path / "store", (50, 30), (20, 30))
    freshness(SECOND)
    once = page(project, tmp_path)
    assert "1 answers, 1 refuses programs, 2 failed when last tried" in once
    assert "web.archive.org" not in once
    assert "grown since to 50 × 30; chunks there: 20 × 30" in once
    freshness(THIRD)
    twice = page(project, tmp_path)
    assert (
        'This link has led nowhere since <time datetime="2026-11-22">2026-11-22</time>; last tried '
        '<time datetime="2026-11-29">2026-11-29</time>: status 410. <a href="https://web.archive.org/web/20261115/'
        'https://page.example/tides" rel="external noopener">'
    ) in twice
    assert "</time>: no whole answer. <a href" in twice
    assert "https://web.archive.org/web/20261115/https://docs.example/tides" in twice
    assert "1 answers, 1 refuses programs, 2 are broken" in twice
    assert page(project, tmp_path) == twice


def test_a_store_that_stays_away_is_said_on_the_page(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result], tmp_path: Path
) -> None:
    address = "https://store.example/data.zarr/level/.zarray"
    web.says(address, fakes.status(500))
    freshness(FIRST)
    assert 'not read on <time datetime="2026-11-15">2026-11-15</time> (status 500)' in page(project, tmp_path)
    freshness(SECOND)
    assert "no metadata there since <time" in page(project, tmp_path)


def test_text_from_servers_stays_text(project: Project, tmp_path: Path) -> None:
    trail = Trail("unreachable", "2026-11-22", None, "<script>alert(1)</script>", "2026-11-15", None)
    save_freshness(project, Freshness({URLS[0]: Link(URLS[0], trail, None)}))
    assert "<script>alert" not in page(project, tmp_path)


def test_progress_goes_to_stderr_and_only_to_terminals(freshness: Callable[..., Result]) -> None:
    assert not progress.is_terminal
    done = freshness(FIRST)
    assert "asking links" not in done.stdout + done.stderr
    assert snapshot.FORMAT == 1
