"""The chart: drawn where the numbers say, readable without sight, whole when numbers lack."""

import math
import re
from itertools import pairwise
from xml.etree import ElementTree as ET

import pytest

from outreach.benches.charts import Axis, axis_for, chart
from outreach.benches.current import current_runs
from outreach.benches.workloads import MINIBATCH, SLAB

ROWS = "rows.RandomRowsWarm.time_256_rows"


def drawn(results, workload=MINIBATCH):
    return ET.fromstring(chart(current_runs(results.write())[0], workload, "it"))


def texts(svg, kind):
    return ["".join(found.itertext()) for found in svg.iter("text") if found.get("class") == kind]


def test_axis_holds_whole_decades_and_at_least_two():
    assert axis_for([0.3, 420]) == Axis(-1, 3)
    assert axis_for([2.0, 3.0]) == Axis(0, 2)
    assert axis_for([1.0]) == Axis(0, 2)


def test_places_grow_with_the_logarithm():
    axis = Axis(0, 4)
    places = [axis.percent(value) for value in (1, 10, 100, 1_000, 10_000)]
    steps = [after - before for before, after in pairwise(places)]
    assert steps == pytest.approx([steps[0]] * 4)
    assert 0 < places[0] < places[-1] < 100


def test_every_reader_and_layout_has_its_mark_label_and_bar(results):
    svg = drawn(results)
    assert texts(svg, "layout") == ["raw chunks", "Blosc lz4"]
    assert texts(svg, "name")[:3] == ["zarr default 200 µs", "zarr fused 100 µs", "zarr_partial 0.10 µs"]
    assert len([found for found in svg.iter("rect") if found.get("class") == "mark"]) == 6
    assert texts(svg, "verdict") == ["2,000 × faster", "4.0 × faster"]
    assert texts(svg, "limit") == ["the limit: numpy.memmap 0.05 µs"]


def test_only_zarr_partial_is_marked(results):
    groups = [found for found in drawn(results).iter("g") if found.get("class")]
    assert [found.get("class") for found in groups] == ["peer", "peer", "ours"] * 2


def test_labels_stay_inside_the_drawing_on_a_phone(results):
    width, letter = 350, 7.5
    for label in drawn(results).iter("text"):
        if label.get("class") not in ("name", "limit"):
            continue
        place = float(label.get("x").rstrip("%")) / 100 * width + float(label.get("dx"))
        length = len("".join(label.itertext())) * letter
        start = place - length if label.get("text-anchor") == "end" else place
        assert start >= -8
        assert start + length <= width + 8


def test_reader_without_a_number_is_named_with_its_state(results):
    results.results[ROWS][0][1] = math.nan
    results.results[ROWS][0][3] = None
    svg = drawn(results)
    assert texts(svg, "absent") == ["zarr default skipped"]
    assert texts(svg, "failed") == ["zarr fused failed"]
    assert "nan" not in ET.tostring(svg, "unicode").lower().replace("dominant", "")


def test_unbounded_interval_is_drawn_as_such(results):
    results.results[ROWS][6][1] = math.inf
    bars = [found for found in drawn(results).iter("line") if "unbounded" in (found.get("class") or "")]
    assert [found.get("x2") for found in bars] == ["99.00%"]


def test_chart_reads_without_sight(results):
    svg = drawn(results)
    assert svg.get("role") == "img"
    title, description = svg.find("title"), svg.find("desc")
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}" == "it-title it-desc"
    assert title.text == "256 random rows in one call: time per row, log scale"
    assert "raw chunks: zarr default 200 µs, zarr fused 100 µs, zarr_partial 0.10 µs." in description.text


def test_colours_come_from_the_style_sheet(results):
    text = ET.tostring(drawn(results), "unicode")
    assert not re.search(r"#[0-9a-f]{3,6}\b|style=|fill=", text)


def test_nothing_measured_is_no_chart(results):
    name = "rows.ConsecutiveRowsWarm.time_2000_rows"
    results.results[name] = [[math.nan] * 6, *results.results[name][1:5]]
    assert chart(current_runs(results.write())[0], SLAB, "it") == ""
