"""asv's files, read strictly: four states stay apart, and a broken file says where it is broken."""

import json
import math

import pytest

from outreach.benches.current import current_runs
from outreach.benches.results import State, read_runs
from outreach.reading import ProblemsError

ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
RESULT, PARAMS, VERSION, STARTED, LOW, HIGH, REPEAT = 0, 1, 2, 3, 5, 6, 10


def only_run(results):
    (run,) = read_runs(results.write())
    return run


def slab(run, layout="raw", reader="zarr-default"):
    return run.find(SLAB, layout=layout, reader=reader)


def problem(results):
    with pytest.raises(ProblemsError) as caught:
        read_runs(results.write() if results.results is not None else results.project)
    (found,) = caught.value.problems
    return str(found)


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


def test_results_of_another_version_of_the_benchmark_are_missing(results):
    results.results[SLAB][VERSION] = "0"
    assert slab(only_run(results)).state is State.MISSING


def test_a_layout_added_to_the_suite_later_is_missing_not_shifted(results):
    results.benchmarks[SLAB]["params"] = [
        ["'zip'", "'raw'", "'blosc-lz4'"],
        results.benchmarks[SLAB]["params"][1],
    ]
    run = only_run(results)
    assert slab(run, layout="zip").state is State.MISSING
    assert slab(run).value == 0.004


def test_no_results_are_no_runs(project):
    assert read_runs(project) == []


def test_broken_json_is_located(results):
    results.write()
    results.path.write_text('{"version": 2,\n "results": nope}', "utf-8")
    with pytest.raises(
        ProblemsError, match=r"01234567-existing-py3.13-full.json:2:13: expected JSON, found an error"
    ):
        read_runs(results.project)


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
        with pytest.raises(ProblemsError) as caught:
            read_runs(results.project)
        assert f"{path.name}:1:1: {message}; restore the file" in str(caught.value)


def test_a_folder_in_place_of_results_is_refused(results):
    results.write()
    results.path.unlink()
    results.path.mkdir()
    with pytest.raises(ProblemsError, match="expected a file to read, found an error: "):
        read_runs(results.project)


@pytest.mark.parametrize("name", ["version", "started_at", "stats_repeat"])
@pytest.mark.parametrize("other", ["renamed", "result"], ids=["renamed", "twice"])
def test_columns_are_those_that_are_known(results, name, other):
    results.write()
    content = json.loads(results.path.read_text("utf-8"))
    content["result_columns"] = [other if column == name else column for column in content["result_columns"]]
    results.path.write_text(json.dumps(content), "utf-8")
    missing = "result" if other == "result" else name
    with pytest.raises(ProblemsError, match=f"result_columns: expected the column '{missing}' once, found "):
        read_runs(results.project)


def test_a_run_of_another_version_of_the_suite_is_refused_not_passed_over(results):
    for row in results.results.values():
        row[VERSION] = "0"
    found = problem(results)
    assert f"results.{ROWS}.version: expected benchmark version '1', found '0'" in found
    assert found.endswith("; measure again: uv run outreach bench run, or remove the file")


def test_a_run_of_benchmarks_that_nobody_knows_is_refused_not_passed_over(results):
    results.results = {"rows.Unheard.time_of": results.results[ROWS]}
    found = problem(results)
    assert "results: expected benchmarks that benchmarks.json names, found rows.Unheard.time_of" in found
    assert found.endswith("; measure again: uv run outreach bench run, or remove the file")


def test_benchmarks_without_a_version_are_refused(results):
    del results.benchmarks[SLAB]["version"]
    results.results[SLAB][VERSION] = None
    results.write()
    with pytest.raises(ProblemsError, match=r"time_2000_rows\.version: expected this field, found none"):
        read_runs(results.project)


def test_every_broken_file_is_reported(results, another_machine):
    for broken in (results, another_machine):
        broken.results[SLAB][RESULT] = [1.0]
        broken.write()
    with pytest.raises(ProblemsError) as caught:
        read_runs(results.project)
    assert [found.file.split("/")[2] for found in caught.value.problems] == [
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
    found = problem(results)
    assert f"01234567-existing-py3.13-full.json:1:1: results.{SLAB}.{message}" in found
    assert found.endswith("; restore the file from git, or measure again: uv run outreach bench run")
    assert len(found) < 400


def test_parameters_that_are_no_literals_are_refused(results):
    results.results[SLAB][PARAMS] = [["__import__('os')"], ["x"]]
    assert f"results.{SLAB}.params: expected lists of Python literals" in problem(results)


def test_another_version_of_the_format_is_refused(results):
    results.write()
    content = json.loads(results.path.read_text("utf-8"))
    results.path.write_text(json.dumps({**content, "version": 1}), "utf-8")
    with pytest.raises(ProblemsError, match="version: expected results of asv in version 2, found 1"):
        read_runs(results.project)


def test_results_without_their_environment_are_refused(results):
    results.write()
    results.environment_path.unlink()
    with pytest.raises(ProblemsError, match="benchmarks/environments/linux-x86_64-2cores/01234567-existing"):
        read_runs(results.project)


def test_results_without_the_description_of_the_benchmarks_are_refused(results):
    results.write()
    (results.project.results / "benchmarks.json").unlink()
    with pytest.raises(
        ProblemsError, match=r"benchmarks\.json:1:1: expected this file beside the results, found none"
    ):
        read_runs(results.project)


def test_environment_of_another_commit_is_refused(results):
    results.environment["commit"] = "f" * 40
    assert "commit: expected 'ffff" in problem(results)


def test_unknown_field_of_the_environment_is_refused(results):
    results.environment["hostname"] = "zeus"
    assert "hostname" in problem(results)


def test_orphaned_environment_is_no_run(results):
    results.write()
    results.path.unlink()
    assert read_runs(results.project) == []


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
    (run,) = current_runs(results.write())
    assert run.environment.command == shown
