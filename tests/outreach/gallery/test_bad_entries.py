"""Every folder in bad/ is a small checkout with something wrong in it; expected.txt says what is reported.

`REWRITE_GOLDEN=1 uv run pytest tests/outreach/gallery` rewrites the expectations; read the diff then.
"""

import os
from pathlib import Path

import pytest

from outreach.gallery.check import check_gallery
from outreach.paths import Project

BAD = Path(__file__).parent / "bad"
CASES = sorted(path.name for path in BAD.iterdir() if path.is_dir())


def test_the_corpus_is_there():
    assert len(CASES) > 50


@pytest.mark.parametrize("case", CASES)
def test_every_problem_is_reported_as_expected(case):
    problems = check_gallery(Project(BAD / case)).problems
    assert problems, "a bad entry passed the check"
    report = "".join(f"{problem}\n" for problem in problems)
    expected = BAD / case / "expected.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        expected.write_text(report, encoding="utf-8")
    assert report == expected.read_text("utf-8")


@pytest.mark.parametrize("case", CASES)
def test_messages_are_fit_for_a_terminal(case):
    for problem in check_gallery(Project(BAD / case)).problems:
        assert str(problem).isprintable()
        assert "expected" in problem.message
        assert "Traceback" not in problem.message
