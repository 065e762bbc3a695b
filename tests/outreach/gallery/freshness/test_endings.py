"""How a run ends: failures, Ctrl-C, time that is up, damaged records; the last ones stay."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from outreach.console import progress
from outreach.errors import OutreachError
from outreach.gallery.check import load_gallery
from outreach.gallery.freshness import cli, run, snapshot
from outreach.gallery.freshness.asking import Client, Settings
from outreach.gallery.freshness.records import Freshness, Link, Trail
from outreach.gallery.freshness.snapshot import load_freshness, snapshot_path
from outreach.locking import alone
from outreach.paths import Project
from tests.outreach.gallery import fake_web as fakes
from tests.outreach.gallery.freshness.runs import FIRST, SECOND, URLS


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


def test_progress_goes_to_stderr_and_only_to_terminals(freshness: Callable[..., Result]) -> None:
    assert not progress.is_terminal
    done = freshness(FIRST)
    assert "asking links" not in done.stdout + done.stderr
    assert snapshot.FORMAT == 1
