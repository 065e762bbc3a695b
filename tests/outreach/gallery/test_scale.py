"""A thousand entries: what generation costs, and what a visitor must download to search them.

Seconds are those of the processors: on a busy machine the clock tells what the neighbours do. Thirty seconds
by the clock are promised; on two quiet processors it takes 24 to 27, which are 35 to 39 of their own.
"""

import gzip
import time

import pytest

from outreach.gallery.check import check_gallery
from outreach.gallery.pages import generate_gallery
from outreach.writing import Output
from tests.outreach.gallery.synthetic import synthetic_gallery

ENTRIES, PICTURES = 1_000, 50
GENERATION_CPU_S, INDEX_KB, CHECK_CPU_S = 50, 300, 10


@pytest.fixture(scope="module")
def timed(tmp_path_factory) -> tuple[Output, float, float]:
    project = synthetic_gallery(tmp_path_factory.mktemp("thousand"), ENTRIES, PICTURES)
    started = time.process_time()
    assert check_gallery(project).problems == ()
    checked = time.process_time()
    output = Output(project.pages / "gallery")
    facts = generate_gallery(project, output)
    assert (facts.entries, len(facts.pictures)) == (ENTRIES, PICTURES)
    return output, checked - started, time.process_time() - checked


def test_a_thousand_entries_are_generated_in_half_a_minute_cards_and_pictures_included(timed):
    _, checking, generating = timed
    assert checking < CHECK_CPU_S
    assert generating < GENERATION_CPU_S


def test_the_index_of_a_thousand_entries_is_a_light_page(timed):
    index = timed[0].files["index.md"]
    assert index.count(b"data-bz-item") == ENTRIES
    assert len(gzip.compress(index, 6)) < INDEX_KB * 1000
