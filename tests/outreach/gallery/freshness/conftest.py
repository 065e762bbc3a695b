"""A checkout with one entry, and a web on this machine that its links lead to."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from outreach.cli import outreach
from outreach.gallery.freshness import cli
from outreach.gallery.freshness.asking import Client, Settings
from outreach.paths import Project
from tests.outreach.gallery import fake_web as fakes
from tests.outreach.gallery.freshness.runs import ENTRY, URLS, store


@pytest.fixture
def web(tmp_path: Path) -> Iterator[fakes.FakeWeb]:
    with fakes.fake_web() as web:
        for url in URLS:
            web.says(url, fakes.status(200))
        store(tmp_path / "store")
        web.serves("store.example", tmp_path / "store")
        yield web


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
