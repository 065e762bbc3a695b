"""A small checkout to add entries to."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from outreach.paths import Project
from tests.outreach.gallery.grown import METADATA

ROOT = Path(__file__).parents[3]
BAD = Path(__file__).parent / "bad"


@pytest.fixture
def checkout(tmp_path, monkeypatch) -> Project:
    """A checkout with one good entry, into whose folder the test has changed."""
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "mkdocs.yml").touch()
    (root / "site").mkdir()
    (root / "site" / "browser").symlink_to(ROOT / "site" / "browser")
    shutil.copytree(BAD / "address-twice" / "gallery_data", root / "gallery_data")
    shutil.rmtree(root / "gallery_data" / "zz-tides-again")
    monkeypatch.chdir(root)
    return Project(root)


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "My Picture.JPEG"
    Image.linear_gradient("L").resize((800, 400)).save(path)
    return path


@pytest.fixture
def sample(tmp_path) -> Path:
    folder = tmp_path / "mine" / "ocean.zarr"
    folder.mkdir(parents=True)
    (folder / ".zarray").write_text(METADATA)
    (folder / "0.0").write_bytes(bytes(4))
    (folder.parent / "make.py").write_text('"""Nothing to make."""\n')
    return folder
