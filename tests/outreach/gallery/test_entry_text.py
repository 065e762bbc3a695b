"""The YAML that is written of an entry reads as what it was made of."""

import json

from hypothesis import given
from hypothesis import strategies as st

from outreach.gallery.entry_text import entry_text
from outreach.reading import HIDDEN, parse_yaml

NO_HIDDEN = st.text(st.characters(exclude_categories=["Cs"]), max_size=200).filter(
    lambda text: not HIDDEN.search(text) and not set(text) & set("\r\x85")
)
SCALARS = (
    st.none()
    | st.integers(0, 10**12)
    | NO_HIDDEN
    | st.sampled_from(["no", "null", "1e5", "2026-11-22", "007"])
)


@given(
    title=NO_HIDDEN,
    people=st.lists(NO_HIDDEN, min_size=1),
    shape=st.lists(st.integers(1, 99)),
    rows=st.lists(st.fixed_dictionaries({"label": SCALARS, "url": SCALARS}), min_size=1),
)
def test_the_text_of_an_entry_reads_as_what_it_was_made_of(title, people, shape, rows):
    data = {
        "title": title,
        "people": people,
        "array": {"shape": shape, "note": title},
        "links": rows,
        "year": None,
    }
    assert parse_yaml(entry_text(data).encode(), "entry").data == data


def test_long_text_is_folded_as_one_would_write_it():
    summary = (
        "Twelve gauges along the coast measured the height of the water every minute of a year, as is said."
    )
    text = entry_text({"summary": summary})
    assert "\nsummary: >-\n  Twelve gauges along the coast" in text
    assert max(map(len, text.splitlines())) <= 110
    assert json.dumps(summary) not in text
