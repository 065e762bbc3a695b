"""The table of targets: printed as the suite made it, and put where the README wants it."""

import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.benches import targets
from outreach.benches.cli import bench
from outreach.errors import OutreachError

SUITE = """
import os, sys
sys.stderr.write("a row\\n")
if sys.argv[1:] == ["wrong"]:
    sys.exit("expected the source's values")
print("| table at", os.environ["ZARR_PARTIAL_BENCH_SCALE"], *sys.argv[1:], "|")
"""
README = f"# Benchmarks\n\n## Targets\n\n{targets.BEGIN}\nold\n\n{targets.END}\n## More\n"


@pytest.fixture
def checkout(project, monkeypatch):
    suite = project.benchmarks / "suite"
    suite.mkdir(parents=True)
    (suite / "__init__.py").touch()
    (suite / "targets.py").write_text(SUITE, "utf-8")
    (project.benchmarks / "README.md").write_text(README, "utf-8")
    # Python may leave byte code beside the suite, which is no change of it.
    (project.root / ".gitignore").write_text("__pycache__/\n", "utf-8")
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    for arguments in (["init", "--quiet"], ["add", "."], [*identity, "commit", "--quiet", "-m", "one"]):
        subprocess.run(["git", *arguments], cwd=project.root, check=True, capture_output=True)
    monkeypatch.chdir(project.root)
    return project


def run(*arguments):
    return CliRunner().invoke(bench, ["targets", *arguments])


@pytest.mark.parametrize(
    ("arguments", "table"),
    [
        ([], "| table at full |\n"),
        (["--quick"], "| table at quick |\n"),
        (["--only", "scans"], "| table at full scans |\n"),
    ],
)
def test_table_is_printed_and_the_readme_left_alone(arguments, table, checkout):
    found = run(*arguments)
    assert (found.exit_code, found.stdout) == (0, table)
    assert (checkout.benchmarks / "README.md").read_text("utf-8") == README


def test_written_table_takes_the_place_of_the_old_one_with_machine_and_commit(checkout, monkeypatch):
    facts = {
        "cpu": "Processor X", "cores": 2, "memory_bytes": 24 * 2**30, "system": "Linux", "kernel": "6.1",
        "python": "CPython 3.13.0", "packages": {"numpy": "2.5.5", "zarr": "3.4.2"},
    }  # fmt: skip
    monkeypatch.setattr(targets.this_machine, "facts", lambda: facts)
    assert run("--write").exit_code == 0
    text = (checkout.benchmarks / "README.md").read_text("utf-8")
    before, _, rest = text.partition(targets.BEGIN)
    block, _, after = rest.partition(targets.END)
    assert (before, after) == ("# Benchmarks\n\n## Targets\n\n", "\n## More\n")
    assert "\n| table at full |\n" in block
    assert "old" not in block
    commit = targets.checked_out(checkout)[0][:12]
    assert f"at commit {commit}, on Processor X, 2 cores, 24 GiB, Linux 6.1;" in block
    assert "CPython 3.13.0, numpy 2.5.5, zarr 3.4.2." in block
    again = run("--write")
    assert again.exit_code == 0
    assert (checkout.benchmarks / "README.md").read_text("utf-8") == text


@pytest.mark.parametrize("other", ["--quick", "--only=scans"])
def test_a_part_of_the_table_is_not_written(other, checkout):
    found = run("--write", other)
    assert found.exit_code == 2
    assert "expected --write without --quick and --only" in found.output
    assert (checkout.benchmarks / "README.md").read_text("utf-8") == README


def test_a_suite_that_fails_leaves_the_readme_alone(checkout):
    with pytest.raises(OutreachError, match="found exit code 1; the reason stands above"):
        targets.measure_targets(checkout, scale="tiny", only="wrong")


@pytest.mark.parametrize("broken", ["# Benchmarks\n", README + targets.BEGIN, targets.END + targets.BEGIN])
def test_a_readme_without_its_comments_is_refused(broken, checkout):
    path = checkout.benchmarks / "README.md"
    path.write_text(broken, "utf-8")
    with pytest.raises(
        OutreachError, match=r"comments around the table of targets once in benchmarks/README"
    ):
        targets.write_targets(checkout, "stated", "table\n")
    assert path.read_text("utf-8") == broken


def test_the_readme_of_this_repository_has_a_place_for_the_table():
    text = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text("utf-8")
    assert text.count(targets.BEGIN) == text.count(targets.END) == 1


def test_the_readme_of_this_repository_has_the_table():
    text = (Path(__file__).parents[3] / "benchmarks" / "README.md").read_text("utf-8")
    table = text[text.index(targets.BEGIN) : text.index(targets.END)]
    assert "| read | layout | at most | measured |" in table
