"""The runner, with real runs of asv in a checkout of their own: what is stored, refused, left alone."""

import getpass
import json
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.benches import runner, this_machine
from outreach.benches.results import State, read_results
from outreach.benches.runner import measure
from outreach.errors import OutreachError

ROOT = Path(__file__).parents[3]
COMMAND = "uv run outreach bench run"

TOY_MAKE = """
import json
facts = {"folder": "unused", "made_bytes": 1, "rows": 1, "columns": 1, "dtype": "float32", "chunk_rows": 1,
         "inner_chunk_rows": 1}
print(json.dumps(facts))
"""

TOY = """
class Toy:
    version = "1"
    repeat = (2, 2, 0.01)
    rounds = 1
    params = [["fine", "absent"]]
    param_names = ["kind"]

    def setup(self, kind):
        if kind == "absent":
            raise NotImplementedError("not here")

    def time_it(self, kind):
        sum(range(1000))
"""

BROKEN = """
class Broken:
    version = "1"

    def time_it(self):
        raise RuntimeError("the reader fell over")
"""


FAILS_ONCE = """
from pathlib import Path

class Fickle:
    version = "1"
    repeat = (2, 2, 0.01)
    rounds = 1
    params = [["steady", "fickle"]]
    param_names = ["kind"]

    def time_it(self, kind):
        mark = Path({mark!r})
        if kind == "fickle" and not mark.exists():
            mark.touch()
            raise RuntimeError("only this once")
"""


def git(project, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=project.root, check=True, capture_output=True)


def commit(project):
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "-m", "one")
    return project


@pytest.fixture
def toy(project):
    """A checkout whose suite takes no time."""
    suite = project.benchmarks / "suite"
    suite.mkdir(parents=True)
    shutil.copy(ROOT / "benchmarks" / "asv.conf.json", project.benchmarks)
    for name, text in (("__init__.py", ""), ("make.py", TOY_MAKE), ("toy.py", TOY)):
        (suite / name).write_text(text, "utf-8")
    return commit(project)


def run(project, **changes):
    settings = {"scale": "tiny", "only": None, "machine": "toy-box", "command": COMMAND}
    return measure(project, **{**settings, **changes})


def stored_files(project):
    folders = (project.results, project.benchmarks / "environments")
    return {path: path.read_bytes() for folder in folders for path in folder.rglob("*.json")}


def test_a_run_is_stored_and_an_incomplete_one_changes_nothing(toy, capfd):
    stored = run(toy)
    assert stored.skipped == ("toy.Toy.time_it('absent')",)
    (result,) = read_results(toy).runs
    assert result.find("toy.Toy.time_it", kind="fine").state is State.MEASURED
    assert result.find("toy.Toy.time_it", kind="absent").state is State.SKIPPED
    assert not result.environment.changed

    before = stored_files(toy)
    (toy.benchmarks / "suite" / "broken.py").write_text(BROKEN, "utf-8")
    with pytest.raises(
        OutreachError, match=r"the earlier results stay as they were\nfailed .*\n  broken\.Broken\.time_it"
    ):
        run(toy)
    assert stored_files(toy) == before
    assert "the reader fell over" in capfd.readouterr().err


def test_what_failed_is_measured_once_more_before_the_run_is_refused(toy, tmp_path, capsys):
    code = FAILS_ONCE.format(mark=str(tmp_path / "mark"))
    (toy.benchmarks / "suite" / "fickle.py").write_text(code, "utf-8")
    run(commit(toy))
    (result,) = read_results(toy).runs
    for kind in ("steady", "fickle"):
        assert result.find("fickle.Fickle.time_it", kind=kind).state is State.MEASURED
    assert result.find("toy.Toy.time_it", kind="fine").state is State.MEASURED
    told = capsys.readouterr().err
    assert "once more, what failed: fickle.Fickle.time_it\n" in told
    assert "1 measured twice" in told


def test_the_real_suite_runs_through_asv_and_leaves_no_trace_of_this_machine(project, tmp_path, monkeypatch):
    monkeypatch.setenv("ZARR_PARTIAL_BENCH_DATA", str(tmp_path / "data"))
    ignore = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "benchmarks" / "suite", project.benchmarks / "suite", ignore=ignore)
    shutil.copy(ROOT / "benchmarks" / "asv.conf.json", project.benchmarks)
    run(commit(project), only="Memmap")
    (result,) = read_results(project).runs
    assert result.find("rows.MemmapRandomRowsWarm.time_256_rows", rows_per_call="256").value > 0
    assert result.environment.only == "Memmap"
    for text in map(bytes.decode, stored_files(project).values()):
        for secret in (str(tmp_path), str(ROOT), sys.prefix, str(Path.home()) + "/"):
            assert secret not in text
        values = [value for value in json.loads(text).values() if isinstance(value, str)]
        assert not {platform.node(), getpass.getuser()} & set(values)


def test_a_suite_that_cannot_be_imported_is_one_message(toy):
    (toy.benchmarks / "suite" / "toy.py").write_text("import nothing_of_that_name", "utf-8")
    with pytest.raises(
        OutreachError, match=r"expected asv to run through, found exit code 1; earlier results stay"
    ):
        run(toy)
    assert stored_files(toy) == {}


def test_a_pattern_that_matches_nothing_is_named(toy):
    with pytest.raises(
        OutreachError, match="expected --only to match the name of a benchmark, found none for 'Nope'"
    ):
        run(toy, only="Nope")


def test_data_that_cannot_be_made_is_one_message(toy):
    (toy.benchmarks / "suite" / "make.py").write_text("raise OSError('disk full')", "utf-8")
    with pytest.raises(
        OutreachError, match="expected to make the data, found: OSError: disk full; set ZARR_PARTIAL"
    ):
        run(toy)


def test_a_folder_without_git_is_refused(project):
    with pytest.raises(OutreachError, match="expected a git checkout with a commit, found none in"):
        run(project)


def test_a_checkout_inside_another_one_is_refused(toy):
    inner = type(toy)(toy.root / "gallery_data")
    with pytest.raises(OutreachError, match="to be a git checkout of its own, found it inside another one"):
        run(inner)


def test_missing_asv_names_the_command_that_installs_it(toy, monkeypatch):
    monkeypatch.setattr(runner.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(
        OutreachError, match="expected asv to be installed, found none; run: uv sync --group bench"
    ):
        run(toy)


def test_the_name_of_another_machine_is_refused(toy, results):
    results.write()
    with pytest.raises(OutreachError, match=r"\(Processor <X>, 2 cores\), found .*--machine NAME"):
        run(toy, machine="linux-x86_64-2cores")


def test_a_machine_whose_short_name_is_taken_gets_one_with_its_processor(toy, results):
    results.machine = this_machine.default_name()
    results.environment["machine"] = results.machine
    results.write()
    stored = run(toy, machine=None)
    assert stored.environment.machine == this_machine.name_with_processor(stored.environment.cpu)
    assert stored.environment.machine.startswith(f"{results.machine}-")


@pytest.mark.parametrize(
    ("cpu", "end"),
    [
        ("AMD EPYC 7763 64-Core Processor", "-amd-epyc-7763-64-core-processor"),
        ("Intel(R) Xeon(R) E5", "-intel-xeon-e5"),
    ],
)
def test_the_processor_in_a_name_is_plain(cpu, end):
    name = this_machine.name_with_processor(cpu)
    assert name.endswith(end)
    assert len(name) <= 64


def test_default_name_is_neutral_and_valid():
    name = this_machine.default_name()
    assert platform.node() not in name
    assert name.endswith("cores")
    assert name == name.lower()
