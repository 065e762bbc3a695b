"""Change detection on series whose truth is known."""

import math
import random

import pytest

from outreach.benches.history import Change, history_of, judge, tracks
from outreach.benches.history_page import change_text, history_page
from outreach.benches.quantities import RATE, REQUESTS, TIME
from outreach.benches.results import Measurement, State, read_results
from outreach.benches.workloads import MINIBATCH


def measured(value, spread=0.05, low=None, high=None):
    return Measurement(
        State.MEASURED,
        value,
        value * (1 - spread) if low is None else low,
        value * (1 + spread) if high is None else high,
        20,
    )


def series(*values, spread=0.05):
    return [Measurement(State.SKIPPED) if value is None else measured(value, spread) for value in values]


def changes(found, quantity=TIME):
    return [str(one.change) for one in judge(found, quantity)]


def test_a_step_is_found_where_it_happens_and_only_there():
    found = judge(series(1, 1.02, 0.99, 3, 3.1, 2.9, 3))
    assert [one.is_change for one in found] == [False, False, False, True, False, False, False]
    assert (found[3].change, found[3].is_worse, found[3].size) == (Change.STEP, True, "medium")
    assert found[3].ratio == pytest.approx(1 / 3)


def test_a_step_back_is_a_step_as_well():
    assert changes(series(1, 1, 10, 10, 1, 1)) == [
        "first",
        "no change",
        "step",
        "no change",
        "step",
        "no change",
    ]


def test_a_drift_is_found_when_it_has_gone_far_enough():
    found = judge(series(*(1.12**run for run in range(9)), spread=0.01))
    (place,) = (number for number, one in enumerate(found) if one.is_change)
    assert found[place].change is Change.DRIFT
    # The first run beyond 1.6 times the median of the first three.
    assert place == next(run for run in range(9) if 1.12 ** (run - 1) > TIME.noise)


def test_noise_is_no_change():
    random.seed(0)
    for _ in range(200):
        runs = []
        for _ in range(12):
            samples = sorted(random.gauss(1.0, 0.1) for _ in range(20))
            runs.append(measured((samples[9] + samples[10]) / 2, low=samples[3], high=samples[16]))
        assert set(changes(runs)) == {"first", "no change"}


def test_noise_between_runs_that_the_intervals_do_not_know_is_no_change():
    assert set(changes(series(1, 1.5, 1.1, 0.7, 1.2, spread=0.001))) == {"first", "no change"}


def test_an_outlier_begins_no_level():
    found = judge(series(1, 1, 1, 8, 1, 1))
    assert [str(one.change) for one in found][3:] == ["outlier", "no change", "no change"]
    assert found[3].size == "large"


def test_the_newest_run_alone_is_not_confirmed():
    found = judge(series(1, 1, 1, 0.1))
    assert (found[-1].change, found[-1].is_worse) == (Change.UNCONFIRMED, False)


def test_a_single_point_is_the_first():
    assert changes(series(1)) == ["first"]
    assert changes([]) == []


def test_a_gap_is_told_and_hides_no_step():
    assert changes(series(1, None, 1, 5, None, 5)) == [
        "first",
        "no number",
        "no change",
        "step",
        "no number",
        "no change",
    ]
    assert changes(series(None, 1)) == ["no number", "first"]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 0.0, -1.0], ids=str)
def test_what_is_no_number_is_a_gap(value):
    found = [measured(1), Measurement(State.MEASURED, value, value, value, 20), measured(1)]
    assert changes(found) == ["first", "no number", "no change"]


@pytest.mark.parametrize("end", [math.nan, math.inf, None], ids=str)
def test_an_interval_that_bounds_nothing_makes_no_change(end):
    wide = Measurement(State.MEASURED, 10.0, end, end, 3)
    assert changes([measured(1), measured(1), wide, wide]) == ["first", "no change", "no change", "no change"]


def test_touching_intervals_are_no_change_however_large_the_factor():
    assert changes([measured(1, high=3), *series(3, 3, spread=0.2)]) == ["first", "no change", "no change"]


@pytest.mark.parametrize(("factor", "size"), [(1.7, "small"), (2.5, "medium"), (9, "large")])
def test_changes_have_a_size(factor, size):
    assert judge(series(1, factor, factor))[1].size == size


def test_of_rates_more_is_better():
    found = judge(series(100, 500, 500), RATE)[1]
    assert (found.change, found.is_worse) == (Change.STEP, False)


def test_what_is_counted_changes_at_once():
    found = judge([Measurement(State.MEASURED, value) for value in (64, 64, 66)], REQUESTS)
    assert [str(one.change) for one in found] == ["first", "no change", "step"]
    assert (found[2].size, found[2].is_worse) == ("small", True)


def later(results, commit, factor):
    """Write a run of another commit, an hour younger, in which zarr_partial needs `factor` times as long."""
    results.stem, results.commit = f"{commit[:8]}-existing-py3.13-full", commit
    results.committed += 3_600_000
    results.environment["commit"] = commit
    for row in results.results.values():
        row[3] += 3_600_000
    row = results.results["rows.RandomRowsWarm.time_256_rows"]
    for column in (0, 5, 6):
        for place in (5, 11):
            row[column][place] *= factor
    return results.write()


def test_history_follows_the_commits_of_one_machine_and_scale(results, another_machine):
    another_machine.write()
    results.write()
    later(results, "f" * 40, 1)
    project = later(results, "a" * 40, 1)
    runs = read_results(project).runs
    ours = next(run for run in runs if run.environment.machine == results.machine)
    assert [run.environment.commit[0] for run in history_of(ours, runs)] == ["0", "f", "a"]


def test_the_page_names_what_changed_and_where(results):
    results.write()
    later(results, "f" * 40, 5)
    project = later(results, "a" * 40, 1)
    history = history_of(read_results(project).runs[0], read_results(project).runs)
    (track,) = (
        one for one in tracks(history, MINIBATCH) if (one.group, one.series) == ("raw", "zarr_partial")
    )
    assert [change_text(one, MINIBATCH) for one in track.judged] == [
        "first",
        "step, large: 5.0 × slower",
        "no change",
    ]
    page = history_page(history)
    assert "2 of 6 numbers of zarr_partial changed for good" in page
    assert page.index("step, large: 5.0 × slower") < page.index("commits")
    assert "numbers of other readers changed as well" not in page
