"""Two runs beside each other: pairs, verdicts, and refusals."""

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.benches import comment
from outreach.benches.comment import ReportError, comment_text
from outreach.benches.compare import as_json, as_report, compare_runs, find_run
from outreach.errors import OutreachError
from tests.outreach.benches.test_cli import call  # noqa: F401

ROWS = "rows.RandomRowsWarm.time_256_rows"
SLAB = "rows.ConsecutiveRowsWarm.time_2000_rows"
HEAD = "fedcba98" * 5


@pytest.fixture
def head(results):
    """Write the base, and return the head, to be changed before it is written."""
    results.write()
    results.stem, results.commit = "fedcba98-existing-py3.13-full", HEAD
    results.environment["commit"] = HEAD
    return results


def row_texts(pair):
    return tuple(comment.row_texts(pair.as_dict()))


def as_markdown(found):
    return comment_text(comment.as_report(json.loads(as_json(found))))


def change(results, name, place, factor):
    for column in (0, 5, 6):
        results.results[name][column][place] *= factor


def compared(project):
    return compare_runs(find_run(project, "01234567"), find_run(project, "fedcba98"))


def test_nothing_changed_between_equal_runs(head):
    found = compared(head.write())
    assert found.changed == []
    assert found.counts == {"no change": 22}


def test_worse_comes_first_then_the_larger_factor(head):
    change(head, ROWS, 0, 3)
    change(head, ROWS, 1, 0.1)
    change(head, SLAB, 2, 8)
    change(head, SLAB, 0, 1.5)
    assert [row_texts(pair)[1:] for pair in compared(head.write()).changed] == [
        ("raw, zarr_partial", "1.00 ms", "8.00 ms", "8.0 × slower"),
        ("raw, zarr-default, 1", "256 ms", "768 ms", "3.0 × slower"),
        ("raw, zarr-default, 256", "51.2 ms", "5.12 ms", "10 × faster"),
    ]


def test_touching_intervals_are_no_change(head):
    change(head, ROWS, 0, 3)
    head.results[ROWS][5][0] = 0.1
    assert compared(head.write()).changed == []


def test_counted_bytes_change_at_once(head):
    head.results["sizes.StoreSize.track_stored_bytes"][0][0] *= 1.05
    (pair,) = compared(head.write()).changed
    assert row_texts(pair)[2:] == ("400 MB", "420 MB", "1.1 × more")


def test_what_lost_its_number_is_told(head):
    head.results[SLAB][0][0] = None
    (pair,) = compared(head.write()).changed
    assert (pair.ratio, pair.verdict) == (None, "measured, then failed")


def test_what_only_one_run_has_is_new_or_gone_and_no_change(head):
    del head.results["sizes.StoreSize.track_stored_bytes"]
    head.add("rows.New.time_of", {"layout": ["raw"]}, [1.0])
    found = compared(head.write())
    assert found.changed == []
    assert found.counts == {"no change": 20, "gone": 2, "new": 1}


def test_skipped_on_both_sides_is_nothing_to_tell(head):
    head.results[SLAB][0][0] = math.nan
    head.write()
    found = compare_runs(find_run(head.project, "fedc"), find_run(head.project, "fedc"))
    assert found.changed == []
    assert found.counts["skipped"] == 1


@pytest.mark.parametrize(
    ("field", "value", "what"),
    [("cpu", "Other", "machine"), ("memory_bytes", 1, "machine"), ("scale", "quick", "amount of data")],
)
def test_runs_of_different_machines_are_refused(head, field, value, what):
    before = find_run(head.project, "01234567")
    head.environment[field] = value
    after = find_run(head.write(), str(head.path))
    with pytest.raises(
        OutreachError, match=rf"expected two runs of one {what}, found {field} .* one after the other"
    ):
        compare_runs(before, after)


def test_runs_without_a_number_in_common_are_refused(head):
    for row in head.results.values():
        row[0] = [math.nan] * len(row[0])
    with pytest.raises(OutreachError, match="expected numbers that both runs have, found none"):
        compared(head.write())


def test_a_commit_without_results_is_named_with_those_that_have_some(results):
    with pytest.raises(OutreachError, match="found 'abcd'; commits with results: 01234567"):
        find_run(results.write(), "abcd")


def test_a_file_that_is_not_there_is_named(project):
    with pytest.raises(OutreachError, match=r"expected a file of results, found none at nowhere\.json"):
        find_run(project, "nowhere.json")


def test_a_file_outside_of_a_checkout_is_refused(project, tmp_path):
    (tmp_path / "a.json").write_text("{}", "utf-8")
    with pytest.raises(OutreachError, match="expected a file in benchmarks/results/<machine>/ of a checkout"):
        find_run(project, str(tmp_path / "a.json"))


def test_two_scales_of_one_commit_must_be_told_apart(results):
    results.write()
    results.stem += "-quick"
    results.environment["scale"] = "quick"
    with pytest.raises(
        OutreachError, match="expected one run for '01234567', found 2; name the file instead"
    ):
        find_run(results.write(), "01234567")


def test_json_is_strict_and_whole(head):
    change(head, ROWS, 0, 3)
    found = json.loads(as_json(compared(head.write())), parse_constant=pytest.fail)
    assert found["verdicts"] == {"no change": 21, "slower": 1}
    assert len(found["pairs"]) == 22
    assert found["after"]["commit"] == HEAD


def test_markdown_for_a_pull_request(head):
    change(head, ROWS, 0, 3)
    text = as_markdown(compared(head.write()))
    assert "22 numbers: 21 no change, 1 slower." in text
    assert f"| {ROWS} | raw, zarr-default, 1 | 256 ms | 768 ms | 3.0 × slower |" in text
    assert "`0123456789ab` and `fedcba98fedc`, one after the other" in text


def test_markdown_holds_no_markup_of_a_machine_or_parameter(head):
    head.environment["cpu"] = "<img src=x> @everyone [a](http://b) `c` | d"
    head.write()
    text = as_markdown(compare_runs(find_run(head.project, "fedc"), find_run(head.project, "fedc")))
    for letter in "<>@[]|":
        assert letter not in text.split("one after the other")[1]


def test_command_prints_what_changed(call, head):  # noqa: F811
    change(head, ROWS, 0, 3)
    head.write()
    code, out, _ = call(head.project, "compare", "0123", "fedc")
    assert code == 0
    assert "slower" in out
    assert "22 numbers: 21 no change, 1 slower." in out
    code, out, _ = call(head.project, "compare", "0123", "fedc", "--all")
    assert out.count("no change") == 22


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["0123", "nope"], 1, "commits with results: 01234567"),
        (["0123", "0123", "--json", "--markdown"], 2, "expected --json or --markdown, found both"),
        (["0123"], 2, "Missing argument 'B'"),
    ],
)
def test_command_refuses(call, results, arguments, code, message):  # noqa: F811
    found, _, error = call(results.write(), "compare", *arguments)
    assert found == code
    assert message in " ".join(error.replace("│", " ").split())


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda report: report.pop("pairs"), "the report.pairs: expected list, found NoneType"),
        (lambda report: report["after"].update(commit="main; rm"), "after.commit: expected a full commit id"),
        (lambda report: report["after"].update(cores="two"), "after.cores: expected int, found str"),
        (lambda report: report["pairs"][0].update(kind="x"), r"pairs\[0\].kind: expected one of time, rate"),
        (lambda report: report["pairs"][0].update(ratio=-1), r"pairs\[0\].ratio: expected a positive number"),
        (
            lambda report: report["pairs"][0]["before"].update(value="1"),
            r"pairs\[0\].before: expected a positive",
        ),
        (
            lambda report: report["pairs"][0]["after"].update(state="odd"),
            r"pairs\[0\].after.state: expected one",
        ),
        (lambda report: report["pairs"][0].update(params={"a": 1}), r"pairs\[0\].params: expected texts"),
        (lambda report: report.update(pairs=report["pairs"] * 1000), "pairs: expected at most 20,000"),
    ],
)
def test_a_report_that_nobody_vouches_for_is_checked(results, spoil, message):
    run = find_run(results.write(), "0123")
    report = json.loads(as_json(compare_runs(run, run)))
    assert comment.as_report(report) == report
    spoil(report)
    with pytest.raises(ReportError, match=message):
        comment.as_report(report)


def test_the_comment_of_a_file_needs_only_the_standard_library(head, tmp_path):
    change(head, ROWS, 0, 3)
    (tmp_path / "report.json").write_text(json.dumps(as_report(compared(head.write()))), "utf-8")
    command = [sys.executable, "-S", "-m", "outreach.benches.comment", str(tmp_path / "report.json")]
    environment = {"PYTHONPATH": str(Path(__file__).parents[3] / "site"), "PYTHONUTF8": "1"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, encoding="utf-8", check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(comment.MARKER)
    assert "3.0 × slower" in done.stdout


@pytest.mark.parametrize("content", ["{", "[]", "null", '"x"', "[" * 100_000])
def test_a_file_that_is_no_report_ends_with_1(tmp_path, content, capsys):
    (tmp_path / "report.json").write_text(content, "utf-8")
    assert comment.main([str(tmp_path / "report.json")]) == 1
    assert "expected a report of outreach bench compare, found none" in capsys.readouterr().err
    assert comment.main([]) == 2
