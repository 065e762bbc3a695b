"""`outreach bench`: right exit codes, data on stdout, one message for what the user can put right."""

import json
import sys

import pytest

from outreach import cli


@pytest.fixture
def call(monkeypatch, capsys):
    def run(project, *arguments):
        monkeypatch.chdir(project.root)
        monkeypatch.setattr(sys, "argv", ["outreach", "bench", *arguments])
        monkeypatch.setenv("COLUMNS", "120")
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        return code, *capsys.readouterr()

    return run


def test_show_prints_a_table_for_each_workload(call, results):
    code, out, _ = call(results.write(), "show")
    assert code == 0
    assert "256 random rows from raw chunks: 2,000 × faster than zarr’s default pipeline" in out
    assert "the limit, numpy.memmap: 0.05 µs per row" in out
    rows = [" ".join(line.split()) for line in out.splitlines()]
    assert "raw chunks 200 µs 2,000 × 100 µs 1,000 × 0.10 µs 1.0 × 2,000 × faster" in rows
    assert "Blosc lz4 3.0 µs 1.5 × 2.0 µs 1.0 × 2.1 µs 1.0 × no clear difference" in rows


def test_show_json_is_strict(call, results):
    _, out, _ = call(results.write(), "show", "--json")
    assert len(json.loads(out)["measurements"]) == 22


def test_show_without_results_says_how_to_get_them(call, project):
    code, out, error = call(project, "show")
    assert (code, out) == (1, "")
    assert "expected results in benchmarks/results, found none; measure: uv run outreach bench run" in error


def test_show_without_results_as_json_is_empty_json(call, project):
    code, out, _ = call(project, "show", "--json")
    assert (code, json.loads(out)) == (0, {"environments": [], "measurements": []})


def test_broken_results_end_with_1_and_no_traceback(call, results):
    results.write()
    results.path.write_text("{", "utf-8")
    code, out, error = call(results.project, "show")
    assert (code, out) == (1, "")
    assert "01234567-existing-py3.13-full.json:1:2: expected JSON" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["run", "--only", "Rows("], "expected a regular expression"),
        (["run", "--only", "Rows.*(raw)"], "without '('"),
        (["run", "--machine", "My Laptop"], "expected lower-case letters, digits, dots, dashes"),
        (["run", "--machine", "../results"], "expected lower-case letters"),
        (["run", "--fast"], "No such option"),
    ],
    ids=["pattern", "parameters", "machine", "path", "option"],
)
def test_wrong_command_line_ends_with_2(call, project, arguments, message):
    code, _, error = call(project, *arguments)
    assert code == 2
    assert message in " ".join(error.replace("│", " ").split())


def test_check_says_what_is_wrong_and_ends_with_1(call, results):
    assert call(results.write(), "check") == (0, "1 run, nothing wrong\n", "")
    results.write()
    results.path.write_text("{", "utf-8")
    code, out, error = call(results.project, "check")
    assert (code, out) == (1, "")
    assert "01234567-existing-py3.13-full.json:1:2: expected JSON" in error
    code, out, _ = call(results.project, "check", "--json")
    assert (code, json.loads(out)["runs"], len(json.loads(out)["problems"])) == (1, 0, 1)


def test_show_leaves_out_what_is_broken_and_says_so(call, results, another_machine):
    results.write()
    another_machine.write()
    another_machine.path.write_text("{", "utf-8")
    code, out, error = call(results.project, "show")
    assert code == 0
    assert "linux-x86_64-2cores" in out
    assert "left out" in error
    assert "linux-aarch64-4cores" in error


def test_run_outside_git_ends_with_1(call, project):
    code, out, error = call(project, "run", "--quick")
    assert (code, out) == (1, "")
    assert "expected a git checkout with a commit" in error
