"""A small checkout to add entries to."""

import shutil
from pathlib import Path

import pytest

from outreach.paths import Project

ROOT = Path(__file__).parents[3]
BAD = Path(__file__).parent / "bad"


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Project:
    """A checkout with one good entry, into whose folder the test has changed."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "mkdocs.yml").touch()
    (root / "site").mkdir()
    (root / "site" / "theme").symlink_to(ROOT / "site" / "theme")
    shutil.copytree(BAD / "address-twice" / "gallery_data", root / "gallery_data")
    shutil.rmtree(root / "gallery_data" / "zz-tides-again")
    monkeypatch.chdir(root)
    return Project(root)
