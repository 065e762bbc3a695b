"""Measure: run asv in the installed environment, and store what it found only if nothing is missing.

Steps: look at the checkout, make the data, run asv in a folder of its own, run what failed once more, check,
store.
asv keeps machine files in HOME and names results after the interpreter's path, so it gets a temporary HOME
and a temporary results folder, and what it wrote is rebuilt before it enters the repository.
"""

import datetime as dt
import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from outreach.benches import storing, this_machine
from outreach.benches.environment import Data, Environment, read_environment
from outreach.children import captured, child
from outreach.console import progress, step
from outreach.errors import OutreachError
from outreach.paths import Project

MEASURED_PATHS = ("zarr_partial", "benchmarks/suite", "pyproject.toml")
# What asv says of a benchmark: "[ 12.50%] ··· Running (NAME--)" in early rounds, "[ 50.00%] ··· NAME   ok" in
# the last one.
NEWS = re.compile(r"^\[ *([\d.]+)%\]\W+(?:Running \()?([\w.]+)(?:--\)| +(ok|failed|n/a|\d+/\d+ failed))")

# asv ends with 2 where a benchmark failed; what failed is then found in its results.
ASV_SOME_FAILED = 2


@dataclass(frozen=True, slots=True)
class Stored:
    """Where the results of a run lie, and what was skipped."""

    path: Path
    environment: Environment
    skipped: tuple[str, ...]


def measure(project: Project, *, scale: str, only: str | None, machine: str | None, command: str) -> Stored:
    """Run the suite and store its results.

    Parameters
    ----------
    scale : {"full", "quick", "tiny"}
        Size of the data and time spent; `tiny` is for tests.
    only : str or None
        Regular expression for the names of the benchmarks to run.
    machine : str or None
        Name of the folder of the results; None for a neutral one: cores, and the processor where
        another machine has that name already.
    command : str
        What a reader types to measure the same; goes into the environment file.

    Raises
    ------
    OutreachError
        If this is no git checkout, asv is not installed, the name belongs to another machine, or the run is
        incomplete. Earlier results are then untouched.
    """
    commit, changed = checked_out(project)
    _require_asv()
    facts = this_machine.facts()
    name = machine or this_machine.default_name()
    try:
        _refuse_another_machine(project, name, facts["cpu"], facts["cores"])
    except OutreachError:
        if machine is not None:
            raise
        name = this_machine.name_with_processor(facts["cpu"])
        _refuse_another_machine(project, name, facts["cpu"], facts["cores"])
    # Byte code is kept, as it is where people work: without it every process compiles what it imports, and
    # what is measured of imports is the compiler.
    variables = {**os.environ, "ZARR_PARTIAL_BENCH_SCALE": scale, "PYTHONDONTWRITEBYTECODE": ""}
    with step("data") as remarks:
        data = _make_data(project, variables)
        remarks.append(
            f"{data['rows']:,} x {data['columns']:,} {data['dtype']}, {data['made_bytes'] / 1e6:,.0f} MB"
        )
    variables["ZARR_PARTIAL_BENCH_DATA"] = data["folder"]
    measured_on = dt.datetime.now(dt.UTC).date().isoformat()
    with TemporaryDirectory(prefix="outreach-bench-") as temporary, step("measure") as remarks:
        measured = _run_asv(project, Path(temporary) / "first", variables, commit, name, only)
        failed = storing.failed_benchmarks(measured)
        if failed and len(failed) < len(measured.results["results"]):
            # A peer that hung once, or a port that was taken, must not cost a run of half an hour.
            progress.print(f"    once more, what failed: {', '.join(failed)}", soft_wrap=True)
            # asv adds the values of the parameters to a name before it looks.
            those = f"^({'|'.join(map(re.escape, failed))})(\\(|$)"
            again = _run_asv(project, Path(temporary) / "again", variables, commit, name, those)
            measured = measured.with_rows_of(again, failed)
            remarks.append(f"{len(failed)} measured twice")
        remarks.append(f"commit {commit[:8]}{' with uncommitted changes' if changed else ''}")
    skipped = storing.check_complete(measured, only)
    environment = Environment(
        machine=name,
        commit=commit,
        changed=changed,
        measured=measured_on,
        scale=scale,
        only=only,
        command=command,
        data=Data(**{key: data[key] for key in Data.__dataclass_fields__}),
        **facts,
    )
    return Stored(storing.store(project, environment, measured), environment, tuple(skipped))


def _git(project: Project, *arguments: str) -> str:
    try:
        asked = captured(["git", *arguments], cwd=project.root)
    except FileNotFoundError:
        raise OutreachError(
            "expected git to be installed, found none; results belong to commits, so install git"
        ) from None
    if asked.returncode:
        raise OutreachError(
            f"expected a git checkout with a commit, found none in {project.root}; results belong to "
            f"commits, so clone the repository instead of copying its files (git: {asked.stderr.strip()})"
        )
    return asked.stdout.strip()


def checked_out(project: Project) -> tuple[str, bool]:
    """Return the commit that is checked out, and whether what is measured differs from it."""
    commit = _git(project, "rev-parse", "--verify", "HEAD")
    if Path(_git(project, "rev-parse", "--show-toplevel")).resolve() != project.root.resolve():
        raise OutreachError(
            f"expected {project.root} to be a git checkout of its own, found it inside another one; "
            "clone the repository instead of copying its files"
        )
    # Looking must not write: git would keep what it saw in its index, where it may not be allowed to.
    status = _git(project, "--no-optional-locks", "status", "--porcelain", "--", *MEASURED_PATHS)
    return commit, bool(status)


def _require_asv() -> None:
    if importlib.util.find_spec("asv") is None:
        raise OutreachError("expected asv to be installed, found none; run: uv sync --group bench")


def _refuse_another_machine(project: Project, name: str, cpu: str, cores: int) -> None:
    """Two machines under one name would look like one that became faster."""
    for path in sorted((project.benchmarks / "environments" / name).glob("*.json")):
        earlier = read_environment(path, project)
        if (earlier.cpu, earlier.cores) != (cpu, cores):
            raise OutreachError(
                f"expected the machine of {project.relative(path)} ({earlier.cpu}, {earlier.cores} cores), "
                f"found {cpu}, {cores} cores; give this machine a name of its own with --machine NAME"
            )


def _make_data(project: Project, variables: Mapping[str, str]) -> dict[str, Any]:
    made = captured([sys.executable, "-m", "suite.make"], cwd=project.benchmarks, env=variables)
    if made.returncode:
        complaints = made.stderr.strip().splitlines() or [f"exit code {made.returncode}"]
        raise OutreachError(
            f"expected to make the data, found: {complaints[-1]}; "
            "set ZARR_PARTIAL_BENCH_DATA to a folder with 6 GB of free space and run the command again"
        )
    facts: dict[str, Any] = json.loads(made.stdout)
    return facts


def _run_asv(
    project: Project,
    temporary: Path,
    variables: Mapping[str, str],
    commit: str,
    machine: str,
    only: str | None,
) -> storing.Measured:
    """Run asv in the folder `temporary`, which is made; return what it wrote, failures included."""
    home = temporary / "home"
    home.mkdir(parents=True)
    environment = {**variables, "HOME": str(home), "USERPROFILE": str(home)}
    config = _own_config(project, temporary)
    asv = [sys.executable, "-m", "asv"]
    prepared = captured([*asv, "machine", "--yes", "--machine", machine], cwd=temporary, env=environment)
    if prepared.returncode:
        found = prepared.stderr.strip() or prepared.stdout.strip()
        raise OutreachError(f"expected asv to accept a description of the machine, found: {found}")
    # A fork of one process that has imported the suite, instead of a new one for each number, saves a second
    # each. Nothing has read yet, so the only threads then are NumPy's, which it knows to lose.
    launch = ["--launch-method=forkserver"] if hasattr(os, "fork") else []
    options = [*launch, "--python=same", "--set-commit-hash", commit, "--machine", machine, "--show-stderr"]
    pattern = ["--bench", only] if only is not None else []
    code, output = _follow([*asv, "run", "--config", str(config), *options, *pattern], environment)
    if code == ASV_SOME_FAILED:
        progress.print(output, markup=False, soft_wrap=True)
    elif code and "No benchmarks selected" in output:
        raise OutreachError(f"expected --only to match the name of a benchmark, found none for {only!r}")
    elif code:
        tail = "\n".join(f"  {line}" for line in output.splitlines()[-12:])
        raise OutreachError(
            f"expected asv to run through, found exit code {code}; earlier results stay:\n{tail}"
        )
    return storing.read_measured(temporary / "results", machine)


def _own_config(project: Project, temporary: Path) -> Path:
    """Write the suite's configuration with every place outside the repository, save what is measured."""
    settings = json.loads((project.benchmarks / "asv.conf.json").read_bytes())
    settings["repo"] = str(project.root)
    settings["benchmark_dir"] = str(project.benchmarks / "suite")
    for key in ("results_dir", "env_dir", "html_dir"):
        settings[key] = str(temporary / key.removesuffix("_dir"))
    config = temporary / "asv.conf.json"
    config.write_text(json.dumps(settings), "utf-8")
    return config


def _follow(arguments: list[str], environment: Mapping[str, str]) -> tuple[int, str]:
    """Run asv, showing each benchmark as it begins or ends; return the exit code and all of the output."""
    output, line = [], ""
    variables = {**environment, "PYTHONUNBUFFERED": "1"}
    with child(arguments, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        # By letters: asv ends the line "Running (…--)" only when that is over, minutes later.
        while process.stdout is not None and (letter := process.stdout.read(1)):
            output.append(letter)
            line = "" if letter == "\n" else line + letter
            found = NEWS.match(line)
            if found:
                progress.print(
                    f"    {float(found[1]):3.0f} %  {found[2]} {found[3] or 'begun'}", soft_wrap=True
                )
                line = ""
    return process.returncode, "".join(output)
