"""The table of targets: measured by the suite, put into benchmarks/README.md with machine and versions."""

import datetime as dt
import os
import sys

from outreach.benches import this_machine
from outreach.benches.runner import checked_out
from outreach.children import followed
from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.writing import write_whole

COMMAND = "uv run outreach bench targets --write"
BEGIN = f"<!-- Written by `{COMMAND}`: change the suite, not the table. -->\n"
END = "<!-- The table of targets ends here. -->\n"


def measure_targets(project: Project, *, scale: str, only: str | None) -> str:
    """Return the table in Markdown; rows appear on stderr as they are measured.

    Raises
    ------
    OutreachError
        If a reader is missing or wrong, or no group of targets matches `only`.
    """
    command = [sys.executable, "-m", "suite.targets", *([only] if only else [])]
    environment = {**os.environ, "ZARR_PARTIAL_BENCH_SCALE": scale}
    done = followed(command, cwd=project.benchmarks, env=environment)
    if done.returncode:
        raise OutreachError(
            f"expected the suite to measure its targets, found exit code {done.returncode}; "
            "the reason stands above, and benchmarks/README.md stays as it was"
        )
    return done.stdout


def write_targets(project: Project, stated: str, table: str) -> None:
    """Put `table` into benchmarks/README.md, below what is `stated`, in place of the one that is there.

    Raises
    ------
    OutreachError
        If the README lacks the two comments between which the table stands.
    """
    path = project.benchmarks / "README.md"
    text = path.read_text("utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise OutreachError(
            f"expected the comments around the table of targets once in {project.relative(path)}, found "
            f"{text.count(BEGIN)} and {text.count(END)}; restore the file from git"
        )
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_whole(path, f"{before}{BEGIN}\n{stated}\n\n{table}\n{END}{after}".encode())


def where_measured(project: Project) -> str:
    """Return commit, machine and versions, for a measurement that begins now."""
    commit, changed = checked_out(project)
    facts = this_machine.facts()
    today = dt.datetime.now(dt.UTC).date()
    packages = ", ".join(f"{name} {version}" for name, version in facts["packages"].items())
    return (
        f"Measured on {today.day} {today:%B %Y} at commit {commit[:12]}"
        f"{' with uncommitted changes' if changed else ''}, on {facts['cpu']}, {facts['cores']} cores, "
        f"{facts['memory_bytes'] / 2**30:.0f} GiB, {facts['system']} {facts['kernel']}; "
        f"{facts['python']}, {packages}."
    )
