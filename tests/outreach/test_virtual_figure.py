"""The picture of one chunk shown as four says what the library does, and is the one on the page."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.virtual_figure import BEGIN, CHUNK, END, PANELS, draw, figure

ROOT = Path(__file__).parents[2]


def test_the_page_shows_the_picture():
    page = (ROOT / "site/pages/library/pretend-n-chunks.md").read_text("utf-8")
    assert f"{BEGIN}\n{figure()}\n{END}" in page


@pytest.mark.parametrize("panel", PANELS, ids=[panel.name for panel in PANELS])
def test_marked_bytes_are_those_of_the_marked_chunk(panel):
    places = np.arange(np.prod(CHUNK)).reshape(CHUNK)
    begin = [at * size for at, size in zip(panel.at, panel.chunk, strict=True)]
    box = tuple(slice(first, first + size) for first, size in zip(begin, panel.chunk, strict=True))
    marked = [place for first, stop in panel.ranges for place in range(first, stop)]
    assert marked == places[box].ravel().tolist()


def test_every_drawing_has_a_name_for_those_who_cannot_see_it():
    found = ET.fromstring(figure()).findall(".//svg")
    assert len(found) == len(PANELS)
    for svg in found:
        assert [svg.find("title").get("id"), svg.find("desc").get("id")] == svg.get("aria-labelledby").split()
    assert "\n\n" not in figure()


def test_drawing_again_changes_nothing_and_needs_its_place(tmp_path):
    for folder in ("gallery_data", "site/pages/library"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "mkdocs.yml").touch()
    page = tmp_path / "site/pages/library/pretend-n-chunks.md"
    page.write_text(f"# Page\n\n{BEGIN}stale\n{END}\nAfter.\n")
    draw(Project(tmp_path))
    once = page.read_text()
    assert figure() in once
    assert "stale" not in once
    draw(Project(tmp_path))
    assert page.read_text() == once
    page.write_text("# Page\n")
    with pytest.raises(OutreachError, match="comments around the picture"):
        draw(Project(tmp_path))
