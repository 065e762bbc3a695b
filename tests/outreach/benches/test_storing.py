"""What asv wrote enters the repository whole, without a trace of the machine, or not at all."""

import getpass
import json
import math
import platform
import sys
from pathlib import Path

import pytest

from outreach.benches.environment import Data, Environment
from outreach.benches.results import State, read_results
from outreach.benches.storing import IncompleteRunError, check_complete, read_measured, stem_of, store

ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
SIZE = "sizes.StoreSize.track_stored_bytes"
MACHINE = "linux-x86_64-2cores"


@pytest.fixture
def asv_folder(results, tmp_path):
    """Write the synthetic results as asv does, with everything that must not be published."""

    def write():
        folder = tmp_path / "asv"
        name = f"existing-py{str(sys.executable).replace('/', '_')}"
        (folder / MACHINE).mkdir(parents=True, exist_ok=True)
        leaky = {
            "commit_hash": "0" * 40,
            "env_name": name,
            "date": 1_700_000_000_000,
            "params": {"machine": platform.node(), "python": sys.executable},
            "python": sys.executable,
            "requirements": {},
            "env_vars": {"HOME": str(Path.home())},
            "result_columns": results_columns(),
            "results": results.results,
            "durations": {f"<setup_cache {__file__}:1>": 2.5},
            "version": 2,
        }
        (folder / MACHINE / f"00000000-{name}.json").write_text(json.dumps(leaky), "utf-8")
        (folder / "benchmarks.json").write_text(json.dumps({**results.benchmarks, "version": 2}), "utf-8")
        return read_measured(folder, MACHINE)

    def results_columns():
        return [
            "result", "params", "version", "started_at", "duration", "stats_ci_99_a", "stats_ci_99_b",
            "stats_q_25", "stats_q_75", "stats_number", "stats_repeat", "samples", "profile",
        ]  # fmt: skip

    return write


def environment(results, **changes):
    fields = {name: value for name, value in results.environment.items() if name != "format"}
    return Environment(**{**fields, "data": Data(**fields["data"]), **changes})


def test_stored_results_are_read_again(results, asv_folder):
    path = store(results.project, environment(results), asv_folder())
    assert path.relative_to(results.project.root).as_posix() == (
        "benchmarks/results/linux-x86_64-2cores/"
        "01234567-existing-py3.13-numcodecs0.17.1-numpy2.5.5-zarr3.4.2-full.json"
    )
    (run,) = read_results(results.project).runs
    assert run.find(SLAB, layout="raw", reader="zarr-default").value == 0.004
    assert run.environment == environment(results)


def test_nothing_of_this_machine_is_stored(results, asv_folder):
    store(results.project, environment(results), asv_folder())
    written = [path.read_text("utf-8") for path in results.project.benchmarks.rglob("*.json")]
    assert len(written) == 4
    for text in written:
        for secret in (sys.executable, str(Path.home()), platform.node(), getpass.getuser(), "setup_cache"):
            assert f'"{secret}' not in text
            assert f"{secret}/" not in text
            assert sys.prefix not in text


def test_one_benchmark_stands_on_one_line(results, asv_folder):
    lines = store(results.project, environment(results), asv_folder()).read_text("utf-8").splitlines()
    assert [line.split('"')[1] for line in lines if line.startswith("  ") and "[[" in line] == sorted(
        results.results
    )


def test_complete_run_names_what_was_skipped(results, asv_folder):
    results.results[SLAB][0][2] = math.nan
    assert check_complete(asv_folder(), None) == [f"{SLAB}('raw', 'zarr_partial')"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda found: found.results.pop(SLAB), f"missing:\n  {SLAB}"),
        (lambda found: found.results[SLAB][0].pop(), rf"missing:\n  {SLAB} \(1 of 6 combinations\)"),
        (
            lambda found: found.results[SLAB][0].__setitem__(1, None),
            rf"failed .*\n  {SLAB}\('raw', 'zarr-fused'\)",
        ),
        (
            lambda found: found.results[SLAB].__setitem__(0, None),
            rf"failed .*\n  {SLAB}\('raw', 'zarr-default'\)",
        ),
        (
            lambda found: [row.__setitem__(0, [math.nan] * len(row[0])) for row in found.results.values()],
            "found none: everything was skipped",
        ),
    ],
    ids=["missing benchmark", "missing combination", "one failed", "all failed", "all skipped"],
)
def test_incomplete_run_is_refused(results, asv_folder, change, message):
    change(results)
    with pytest.raises(IncompleteRunError, match=message):
        check_complete(asv_folder(), None)


def test_benchmarks_left_out_on_purpose_are_not_missed(results, asv_folder):
    del results.results[SLAB]
    del results.results[SIZE]
    assert check_complete(asv_folder(), "RandomRows") == []


def test_empty_folder_is_refused(tmp_path):
    with pytest.raises(IncompleteRunError, match="expected asv to write one file of results, found 0"):
        read_measured(tmp_path, MACHINE)


def test_some_benchmarks_join_the_complete_run_of_the_same_commit(results, asv_folder):
    store(results.project, environment(results), asv_folder())
    results.results = {SLAB: results.results[SLAB]}
    results.results[SLAB][0][0] = 0.008
    later = environment(results, only="Slab", measured="2026-02-02", command="--only Slab", changed=True)
    store(results.project, later, asv_folder())
    (run,) = read_results(results.project).runs
    assert run.find(SLAB, layout="raw", reader="zarr-default").value == 0.008
    assert run.find(ROWS, layout="raw", reader="zarr-default", rows_per_call="1").value == 0.256
    assert (run.environment.only, run.environment.measured, run.environment.changed) == (
        None,
        "2026-01-02",
        True,
    )


def test_some_benchmarks_alone_stay_marked_as_such(results, asv_folder):
    results.results = {SLAB: results.results[SLAB]}
    store(results.project, environment(results, only="Slab"), asv_folder())
    (run,) = read_results(results.project).runs
    assert run.environment.only == "Slab"
    assert run.find(ROWS, layout="raw", reader="zarr-default", rows_per_call="1").state is State.MISSING


def test_a_quick_look_takes_no_layout_away(results, asv_folder):
    store(results.project, environment(results), asv_folder())
    layouts = ["'raw'", "'zip'"]
    results.benchmarks[SLAB]["params"][0] = results.results[SLAB][1][0] = layouts
    store(results.project, environment(results, scale="quick"), asv_folder())
    described = json.loads((results.project.results / "benchmarks.json").read_text("utf-8"))
    assert described[SLAB]["params"][0] == ["'raw'", "'blosc-lz4'", "'zip'"]
    full, quick = read_results(results.project).runs
    assert full.values(SLAB, "layout") == ("raw", "blosc-lz4", "zip")
    assert full.find(SLAB, layout="zip", reader="zarr-default").state is State.MISSING
    assert quick.find(SLAB, layout="raw", reader="zarr-default").state is State.MEASURED


def test_scales_do_not_overwrite_each_other(results):
    assert stem_of(environment(results)) != stem_of(environment(results, scale="quick"))
