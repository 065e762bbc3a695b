"""Numbers become words and figures."""

import pytest

from outreach.benches.current import current_runs
from outreach.benches.quantities import Kind, number_text, precise_text, ratio_text, tick_text, value_text
from outreach.benches.results import Measurement, State
from outreach.benches.tables import (
    factor_interval_text,
    headline,
    interval_text,
    lines,
    no_gain,
    statement,
    stored_bytes,
    time_text,
    verdict_text,
)
from outreach.benches.verdict import Comparison, Verdict
from outreach.benches.workloads import MINIBATCH, ROW_BY_ROW, SLAB

ROWS = "rows.RandomRowsWarm.time_256_rows"
OURS_256 = [5, 11]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123, "0.01"),
        (0.098, "0.10"),
        (0.154, "0.15"),
        (1.06, "1.1"),
        (9.4, "9.4"),
        (23.4, "23"),
        (1234.5, "1,234"),
    ],
)
def test_times_have_the_figures_worth_reading(value, text):
    assert number_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1543, "0.154"), (1.063, "1.06"), (23.44, "23.4"), (453.3, "453"), (1234.5, "1,234")],
)
def test_precise_times_have_three_figures(value, text):
    assert precise_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.053, "0.05"), (0.83, "0.8"), (3.44, "3.4"), (21.4, "21"), (423, "420"), (1234, "1,200")],
)
def test_ratios_have_two_figures(value, text):
    assert ratio_text(value) == text


@pytest.mark.parametrize(
    ("comparison", "words", "bounds"),
    [
        (Comparison(Verdict.FASTER, 21.4, 19, 24.2), "21 × faster", "19 to 24"),
        (Comparison(Verdict.SLOWER, 0.5, 0.4, 0.625), "2.0 × slower", "1.6 to 2.5"),
        (Comparison(Verdict.UNCLEAR, 1.1, 0.9, 1.3), "no clear difference", "0.9 to 1.3"),
        (Comparison(Verdict.FASTER, 5, 4, None), "5.0 × faster", ""),
        (Comparison(Verdict.UNKNOWN), "not comparable", ""),
    ],
    ids=["faster", "slower", "unclear", "unbounded", "unknown"],
)
def test_comparison_in_words(comparison, words, bounds):
    assert (verdict_text(comparison), factor_interval_text(comparison)) == (words, bounds)


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (2.5e-6, Kind.TIME, "2.5 µs"),
        (0.00012, Kind.TIME, "120 µs"),
        (0.012, Kind.TIME, "12 ms"),
        (1.5, Kind.TIME, "1.5 s"),
        (400_000_000, Kind.BYTES, "400 MB"),
        (512, Kind.BYTES, "512 B"),
        (64, Kind.COUNT, "64"),
        (123_456, Kind.RATE, "123,456 /s"),
    ],
)
def test_numbers_have_the_unit_that_makes_them_short(value, kind, text):
    assert value_text(value, kind) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (1e-7, Kind.TIME, "0.1 µs"),
        (1e-3, Kind.TIME, "1 ms"),
        (10.0**-1, Kind.TIME, "100 ms"),
        (10.0**0, Kind.TIME, "1 s"),
        (10.0**6, Kind.BYTES, "1 MB"),
        (10.0**2, Kind.BYTES, "100 B"),
        (10.0**3, Kind.COUNT, "1,000"),
    ],
)
def test_ticks_are_round(value, kind, text):
    assert tick_text(value, kind) == text


def test_time_is_per_row_of_the_workload():
    found = Measurement(State.MEASURED, 0.00256, 0.00128, None, 20)
    assert time_text(found, MINIBATCH) == "10 µs"
    assert time_text(found, SLAB) == "1.3 µs"
    assert interval_text(found, MINIBATCH) == "5.00 to unbounded"
    assert time_text(Measurement(State.FAILED), SLAB) == "failed"


def run_of(results):
    return current_runs(results.write())[0]


def test_lines_know_their_best_reader_and_the_ratio_to_it(results):
    raw, lz4 = lines(run_of(results), MINIBATCH)
    assert (raw.layout, raw.best, raw.best_other) == ("raw", "zarr_partial", "zarr-fused")
    assert raw.to_best("zarr-default") == pytest.approx(2000)
    assert lz4.to_best("zarr_partial") == 1


def test_headline_is_made_of_the_data(results):
    assert headline(run_of(results)) == (
        "256 random rows from raw chunks: 2,000 × faster than zarr’s default pipeline",
        pytest.approx(2000),
    )
    assert statement(run_of(results)) == (
        "faster than zarr’s default pipeline, at 256 random rows from raw chunks"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.512, "10 × slower than zarr’s default pipeline"),
        (0.0512, "no clear difference from zarr’s default pipeline"),
        (float("nan"), "zarr_partial skipped"),
        (None, "zarr_partial failed"),
    ],
    ids=["slower", "unclear", "skipped", "failed"],
)
def test_headline_says_so_when_zarr_partial_is_not_faster(results, seconds, text):
    results.results[ROWS][0][5] = seconds
    for column in (5, 6):
        results.results[ROWS][column][5] = seconds and seconds * (0.95 if column == 5 else 1.05)
    assert headline(run_of(results))[0] == f"256 random rows from raw chunks: {text}"
    assert statement(run_of(results)) == headline(run_of(results))[0]


def test_cases_without_gain_are_all_there_worst_first(results):
    cases = [
        (workload.slug, line.workload.slug, line.layout, other, str(found.verdict))
        for workload, line, other, found in no_gain(run_of(results))
    ]
    assert cases == [("consecutive", "slab", "blosc-lz4", "zarr-fused", "no clear difference")]


def test_stored_bytes_come_from_their_own_benchmark(results):
    run = run_of(results)
    assert (stored_bytes(run, "raw"), stored_bytes(run, "zip")) == (400_000_000, None)


def test_a_layout_that_the_suite_leaves_out_has_no_line(results):
    for index in (6, 8, 10):
        for column in (0, 5, 6):
            results.results[ROWS][column][index] = float("nan")
    run = run_of(results)
    assert [line.layout for line in lines(run, ROW_BY_ROW)] == ["raw"]
    assert [line.layout for line in lines(run, MINIBATCH)] == ["raw", "blosc-lz4"]
