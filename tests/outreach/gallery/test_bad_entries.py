"""Every folder in bad/ is a small checkout with something wrong in it; expected.txt says what is reported.

`REWRITE_GOLDEN=1 uv run pytest tests/outreach/gallery` rewrites the expectations; read the diff then.
"""

import os
import shutil
from pathlib import Path

import pytest

from outreach.gallery.check import check_gallery
from outreach.paths import Project
from outreach.reading import Problem
from tests.outreach.gallery.grown import CASES as GROWN

GOOD = Path(__file__).parent / "bad" / "address-twice" / "gallery_data" / "north-sea-tides"
GROWN_EXPECTED = Path(__file__).parent / "grown_expected"
BAD = Path(__file__).parent / "bad"
CASES = sorted(path.name for path in BAD.iterdir() if path.is_dir())


def test_the_corpus_is_there():
    assert len(CASES) > 100
    assert sorted(GROWN) == sorted(path.stem for path in GROWN_EXPECTED.iterdir())


def grow(case: str, folder: Path) -> Project:
    """Return a small checkout in `folder` whose only entry went wrong as `case` says."""
    entry = folder / "gallery_data" / GOOD.name
    shutil.copytree(GOOD, entry)
    GROWN[case](entry)
    return Project(folder)


def compare(problems: tuple[Problem, ...], expected: Path) -> None:
    assert problems, "a bad entry passed the check"
    report = "".join(f"{problem}\n" for problem in problems)
    if os.environ.get("REWRITE_GOLDEN"):
        expected.parent.mkdir(exist_ok=True)
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text("utf-8")


@pytest.mark.parametrize("case", GROWN)
def test_problems_of_entries_too_odd_to_keep_are_reported_as_expected(case, tmp_path):
    project = grow(case, tmp_path)
    compare(check_gallery(project).problems, GROWN_EXPECTED / f"{case}.txt")


@pytest.mark.parametrize("case", CASES)
def test_every_problem_is_reported_as_expected(case):
    compare(check_gallery(Project(BAD / case)).problems, BAD / case / "expected.txt")


@pytest.mark.parametrize("case", CASES)
def test_messages_are_fit_for_a_terminal(case):
    for problem in check_gallery(Project(BAD / case)).problems:
        assert str(problem).isprintable()
        assert "expected" in problem.message
        assert "Traceback" not in problem.message
