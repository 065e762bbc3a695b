"""The first picture and the summary: every layout a mark whose look is its verdict."""

import math
import xml.etree.ElementTree as ET

import pytest

from outreach.benches.current import current_runs
from outreach.benches.overview import gains, summary

ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"


def marks(results):
    svg = ET.fromstring(gains(current_runs(results.write())[0]))
    return [
        (found.get("class").split()[1], float(found.get("x").rstrip("%")), found.find("title").text)
        for found in svg.iter("rect")
    ]


def test_each_layout_has_a_mark_right_of_the_line_where_it_is_faster(results):
    found = marks(results)
    assert [kind for kind, _, _ in found].count("faster") == 5
    assert len(found) == 6
    svg = ET.fromstring(gains(current_runs(results.project)[0]))
    (line,) = (float(one.get("x1").rstrip("%")) for one in svg.iter("line") if one.get("class") == "limit")
    assert all(x > line for kind, x, _ in found if kind == "faster")
    assert all(abs(x - line) < 5 for kind, x, _ in found if kind == "unclear")


def test_a_loss_looks_like_one(results):
    for column in (0, 5, 6):
        results.results[SLAB][column][2] *= 100
    (found,) = (one for one in marks(results) if one[0] == "slower")
    assert "33 × slower, beside zarr fused" in found[2]


def test_the_picture_reads_without_sight(results):
    svg = ET.fromstring(gains(current_runs(results.write())[0]))
    assert svg.get("role") == "img"
    assert "2,000 in a run: " in svg.find("desc").text
    assert "faster in 1" in svg.find("desc").text


def test_nothing_to_compare_is_no_picture(results):
    for row in results.results.values():
        row[0] = [math.nan] * len(row[0])
    results.results["sizes.StoreSize.track_stored_bytes"][0] = [1.0, 1.0]
    assert gains(current_runs(results.write())[0]) == ""


def test_summary_is_the_geometric_mean_over_layouts(results):
    table = summary(current_runs(results.write())[0])
    # 1,000 and 100 times, 2,000 and 4 times as slow as zarr_partial.
    assert math.sqrt(2000 * 4) == pytest.approx(89.4, abs=0.1)
    assert "<b>89&#8239;×</b>" in table


def test_summary_says_over_how_many_layouts(results):
    results.results[ROWS][0][7] = math.nan
    assert "<small>1 of 2</small>" in summary(current_runs(results.write())[0])


def test_a_workload_that_the_run_lacks_is_there_and_says_so(results):
    table = summary(current_runs(results.write())[0])
    assert 'href="cold/#cold"' in table
    assert "not measured" in table
