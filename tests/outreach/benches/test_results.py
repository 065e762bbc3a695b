"""asv's files, read strictly: four states stay apart, and a broken file says where it is broken."""

import json
import math

import pytest

from outreach.benches.current import current_runs
from outreach.benches.results import State, read_results

ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
RESULT, PARAMS, VERSION, STARTED, LOW, HIGH, REPEAT = 0, 1, 2, 3, 5, 6, 10


def only_run(results):
    found = read_results(results.write())
    assert found.problems == ()
    (run,) = found.runs
    return run


def slab(run, layout="raw", reader="zarr-default"):
    return run.find(SLAB, layout=layout, reader=reader)


def problem(results, *, runs=0):
    """Return the one thing that is wrong, and make sure that so many runs are left to show."""
    return problem_in(results.write(), runs=runs)


def problem_in(project, *, runs=0):
    found = read_results(project)
    assert len(found.runs) == runs
    (only,) = found.problems
    return str(only)


def test_parameters_follow_the_product_with_the_last_fastest(results):
    run = only_run(results)
    assert run.find(ROWS, layout="raw", reader="zarr-default", rows_per_call="1").value == 0.256
    assert run.find(ROWS, layout="raw", reader="zarr-default", rows_per_call="256").value == 0.0512
    assert run.find(ROWS, layout="blosc-lz4", reader="zarr-fused", rows_per_call="1").value == 0.256
    assert run.find(ROWS, layout="blosc-lz4", reader="zarr-fused", rows_per_call="256").value == 0.0768


def test_measured_value_has_its_interval_and_samples(results):
    found = slab(only_run(results))
    assert (found.state, found.value, found.samples) == (State.MEASURED, 0.004, 40)
    assert (found.low, found.high) == (pytest.approx(0.0038), pytest.approx(0.0042))


def test_nan_is_skipped_null_is_failed_and_absent_is_missing(results):
    results.results[SLAB][RESULT][:2] = [math.nan, None]
    run = only_run(results)
    assert slab(run).state is State.SKIPPED
    assert slab(run, reader="zarr-fused").state is State.FAILED
    assert slab(run, reader="zarr_partial").state is State.MEASURED
    assert slab(run, layout="zip").state is State.MISSING
    assert run.find("rows.Unheard.time_of", layout="raw").state is State.MISSING


def test_one_null_for_the_whole_result_means_that_all_failed(results):
    results.results[SLAB] = [None, *results.results[SLAB][1:5]]
    run = only_run(results)
    assert {slab(run, reader=reader).state for reader in ("zarr-default", "zarr-fused")} == {State.FAILED}


def test_trailing_columns_may_be_left_out(results):
    results.results[SLAB] = results.results[SLAB][:5]
    found = slab(only_run(results))
    assert (found.value, found.low, found.high, found.samples) == (0.004, None, None, 0)


@pytest.mark.parametrize("end", [math.inf, -math.inf, -0.5, 0, None], ids=str)
def test_a_bound_that_bounds_nothing_is_none(results, end):
    results.results[SLAB][LOW][0] = end
    results.results[SLAB][HIGH][0] = math.inf
    found = slab(only_run(results))
    assert (found.low, found.high) == (None, None)
    assert found.value == 0.004


def test_a_layout_added_to_the_suite_later_is_missing_not_shifted(results):
    results.benchmarks[SLAB]["params"] = [
        ["'zip'", "'raw'", "'blosc-lz4'"],
        results.benchmarks[SLAB]["params"][1],
    ]
    run = only_run(results)
    assert slab(run, layout="zip").state is State.MISSING
    assert slab(run).value == 0.004


def test_no_results_are_no_runs(project):
    assert read_results(project).runs == read_results(project).problems == ()


def test_broken_json_is_located(results):
    results.write()
    results.path.write_text('{"version": 2,\n "results": nope}', "utf-8")
    found = problem_in(results.project)
    assert "01234567-existing-py3.13-full.json:2:13: expected JSON, found an error" in found


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[" * 100_000, "expected JSON, found lists or objects nested too deeply"),
        ("9" * 5_000, "expected numbers in JSON, found one with too many digits"),
        ("[]", "expected a JSON object, found list"),
    ],
    ids=["deep", "long", "list"],
)
def test_json_that_python_cannot_take_is_refused(results, content, message):
    results.write()
    for path in (results.path, results.project.results / "benchmarks.json"):
        path.write_text(content, "utf-8")
        assert f"{path.name}:1:1: {message}; restore the file" in problem_in(results.project)


def test_a_folder_in_place_of_results_is_refused(results):
    results.write()
    results.path.unlink()
    results.path.mkdir()
    assert "expected a file to read, found an error: " in problem_in(results.project)


@pytest.mark.parametrize("name", ["version", "started_at", "stats_repeat"])
@pytest.mark.parametrize("other", ["renamed", "result"], ids=["renamed", "twice"])
def test_columns_are_those_that_are_known(results, name, other):
    results.write()
    content = json.loads(results.path.read_text("utf-8"))
    content["result_columns"] = [other if column == name else column for column in content["result_columns"]]
    results.path.write_text(json.dumps(content), "utf-8")
    missing = "result" if other == "result" else name
    assert f"result_columns: expected the column '{missing}' once, found " in problem_in(results.project)


def test_a_benchmark_of_an_older_version_of_the_suite_is_named_and_left_out(results):
    results.results[SLAB][VERSION] = "0"
    found = problem(results, runs=1)
    assert f"results.{SLAB}.version: expected benchmark version '1', found '0'" in found
    assert found.endswith("; measure again: uv run outreach bench run, or remove the file")


def test_a_run_of_an_older_version_of_the_suite_leaves_nothing_to_show(results):
    for row in results.results.values():
        row[VERSION] = "0"
    found = read_results(results.write())
    assert found.runs == ()
    assert len(found.problems) == len(results.results) + 1
    assert any(
        "results: expected a benchmark to show, found none among" in str(one) for one in found.problems
    )


def test_a_benchmark_that_the_suite_no_longer_has_is_named_and_left_out(results):
    results.add("rows.Gone.time_of", {"layout": ["raw"]}, [1.0])
    del results.benchmarks["rows.Gone.time_of"]
    assert "results.rows.Gone.time_of: expected a benchmark that benchmarks.json names" in problem(
        results, runs=1
    )


def test_one_broken_benchmark_does_not_take_the_others_with_it(results):
    results.results[SLAB][RESULT][0] = "fast"
    assert f"results.{SLAB}.result[0]: expected a number, found 'fast'" in problem(results, runs=1)
    (run,) = read_results(results.project).runs
    assert slab(run).state is State.MISSING
    assert run.find(ROWS, layout="raw", reader="zarr-default", rows_per_call="1").value == 0.256


def test_values_that_only_a_run_has_come_after_those_of_the_suite(results):
    results.benchmarks[SLAB]["params"] = [["'zip'", "'raw'"], results.benchmarks[SLAB]["params"][1]]
    assert only_run(results).values(SLAB, "layout") == ("zip", "raw", "blosc-lz4")


def test_the_order_of_a_full_run_stands_where_a_quick_one_described_the_suite(results):
    results.benchmarks[SLAB]["params"] = [["'blosc-lz4'"], results.benchmarks[SLAB]["params"][1]]
    assert only_run(results).values(SLAB, "layout") == ("raw", "blosc-lz4")


def test_results_of_plain_asv_without_an_environment_are_named(results):
    results.write()
    results.environment_path.unlink()
    found = problem_in(results.project)
    assert "benchmarks/environments/linux-x86_64-2cores/01234567-existing" in found


def test_a_truncated_file_is_located(results):
    results.write()
    results.path.write_text(results.path.read_text("utf-8")[:200], "utf-8")
    assert "01234567-existing-py3.13-full.json:1:" in problem_in(results.project)


def test_nan_in_every_statistic_leaves_numbers_without_intervals(results):
    for column in (LOW, HIGH):
        results.results[SLAB][column] = [math.nan] * 6
    found = slab(only_run(results))
    assert (found.value, found.low, found.high) == (0.004, None, None)


def test_a_start_before_the_commit_was_made_is_a_wrong_clock(results):
    results.committed = 1_800_000_000_000
    assert "started_at: expected a start after the commit of 2027-01-15, found 2026-01-02" in problem(results)


def test_a_day_of_measurement_after_the_last_start_is_a_wrong_clock(results):
    results.environment["measured"] = "2031-05-05"
    assert "measured: expected the day on which a benchmark began, 2026-01-02, found 2031" in problem(results)


def test_the_older_of_two_machines_with_one_name_is_left_out(results):
    results.environment["cpu"] = "Older processor"
    for row in results.results.values():
        row[STARTED] -= 1
    results.write()
    results.stem = "01234567-newer"
    results.environment["cpu"] = "Newer processor"
    for row in results.results.values():
        row[STARTED] += 1
    found = problem(results, runs=1)
    assert "01234567-existing-py3.13-full.json:1:1: cpu: expected the machine of" in found
    assert "(Newer processor, 2 cores), found Older processor, 2 cores; give each machine a folder" in found


def test_benchmarks_without_a_version_are_refused(results):
    del results.benchmarks[SLAB]["version"]
    results.results[SLAB][VERSION] = None
    assert "time_2000_rows.version: expected this field, found none" in problem(results)


def test_every_broken_file_is_reported(results, another_machine):
    for broken in (results, another_machine):
        broken.results[SLAB][RESULT] = [1.0]
        broken.write()
    problems = read_results(results.project).problems
    assert [found.file.split("/")[2] for found in problems] == [
        "linux-aarch64-4cores",
        "linux-x86_64-2cores",
    ]


@pytest.mark.parametrize(
    ("column", "values", "message"),
    [
        (RESULT, [0.1], "result: expected a list of 6 values, one per combination, found 1 values"),
        (RESULT, "many", "result: expected a list of 6 values, one per combination, found 'many'"),
        (RESULT, [0.1, *["a"] * 5], "result[1]: expected a number, found 'a'"),
        (RESULT, [True] * 6, "result[0]: expected a number, found True"),
        (RESULT, [math.inf] * 6, "result[0]: expected a positive finite number, found inf"),
        (RESULT, [-1.0] * 6, "result[0]: expected a positive finite number, found -1.0"),
        (RESULT, [10**400] * 6, "result[0]: expected a number below 1.8e308, found 1000000"),
        (LOW, [*[0.001] * 5, "low"], "stats_ci_99_a[5]: expected a number, found 'low'"),
        (HIGH, [10**400] * 6, "stats_ci_99_b[0]: expected a number below 1.8e308, found 1000000"),
        (REPEAT, ["x"] * 6, "stats_repeat[0]: expected a number, found 'x'"),
        (REPEAT, [math.nan] * 6, "stats_repeat[0]: expected a finite number from 0 on, found nan"),
        (STARTED, "yesterday", "started_at: expected a number, found 'yesterday'"),
        (STARTED, math.inf, "started_at: expected a finite number from 0 on, found inf"),
        (STARTED, 10**400, "started_at: expected a number below 1.8e308, found 1000000"),
    ],
)
def test_values_that_no_benchmark_has_are_refused(results, column, values, message):
    results.results[SLAB][column] = values
    found = problem(results, runs=1)
    assert f"01234567-existing-py3.13-full.json:1:1: results.{SLAB}.{message}" in found
    assert found.endswith("; restore the file from git, or measure again: uv run outreach bench run")
    assert len(found) < 400


def test_parameters_that_are_no_literals_are_refused(results):
    results.results[SLAB][PARAMS] = [["__import__('os')"], ["x"]]
    assert f"results.{SLAB}.params: expected lists of Python literals" in problem(results, runs=1)


def test_another_version_of_the_format_is_refused(results):
    results.write()
    content = json.loads(results.path.read_text("utf-8"))
    results.path.write_text(json.dumps({**content, "version": 1}), "utf-8")
    assert "version: expected results of asv in version 2, found 1" in problem_in(results.project)


def test_results_without_the_description_of_the_benchmarks_are_refused(results):
    results.write()
    (results.project.results / "benchmarks.json").unlink()
    assert "benchmarks.json:1:1: expected this file beside the results, found none" in problem_in(
        results.project
    )


def test_environment_of_another_commit_is_refused(results):
    results.environment["commit"] = "f" * 40
    assert "commit: expected 'ffff" in problem(results)


def test_unknown_field_of_the_environment_is_refused(results):
    results.environment["hostname"] = "zeus"
    assert "hostname" in problem(results)


def test_orphaned_environment_is_no_run(results):
    results.write()
    results.path.unlink()
    assert read_results(results.project).runs == ()


def test_the_full_scale_comes_before_a_newer_quick_look(results, another_machine):
    results.write()
    another_machine.write()
    assert [run.environment.scale for run in current_runs(results.project)] == ["full", "quick"]


@pytest.mark.parametrize(
    ("newer", "shown"),
    [
        ({}, "newer"),
        ({"only": "Rows"}, "older"),
        ({"scale": "quick"}, "older"),
        ({"measured": "2026-01-01"}, "older"),
    ],
    ids=["newer", "partial", "quick", "older date"],
)
def test_one_run_is_shown_for_each_machine(results, newer, shown):
    results.environment["command"] = "older"
    results.write()
    results.stem = "01234567-newer"
    results.environment |= {"command": "newer", "measured": "2026-01-03", **newer}
    run, *looks = current_runs(results.write())
    assert run.environment.command == shown
    # A quick look stands below what was measured with care.
    assert [look.environment.scale for look in looks] == (["quick"] if newer.get("scale") else [])
