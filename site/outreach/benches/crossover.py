"""Where reading whole chunks wins: curves that the suite measured, stored as JSON and drawn on a page.

The page is hand-written; figure and table stand in it between two comments, and a test compares them with
the stored curves.
"""

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any

from outreach.benches import this_machine
from outreach.benches.crossover_drawing import figure
from outreach.benches.runner import checked_out
from outreach.children import followed
from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.writing import write_whole

COMMAND = "uv run outreach bench crossover"
BEGIN = f"<!-- Written by `{COMMAND}`: measure again, or change how it is drawn. -->\n"
END = "<!-- The crossover curves end here. -->\n"


def curves_path(project: Project) -> Path:
    """Return where the curves are stored; not among the results, which are all asv's."""
    return project.benchmarks / "crossover.json"


def page_path(project: Project) -> Path:
    """Return the page that shows them."""
    return project.pages / "library" / "where-arrays-live.md"


def measure_crossover(project: Project, *, scale: str) -> dict[str, Any]:
    """Return the curves with machine and versions; they appear on stderr as they are measured.

    Raises
    ------
    OutreachError
        If a reader is wrong.
    """
    commit, changed = checked_out(project)
    # Before minutes of measuring: a package may be missing.
    machine = this_machine.facts()
    environment = {**os.environ, "ZARR_PARTIAL_BENCH_SCALE": scale}
    done = followed([sys.executable, "-m", "suite.crossover"], cwd=project.benchmarks, env=environment)
    if done.returncode:
        raise OutreachError(
            f"expected the suite to measure its curves, found exit code {done.returncode}; "
            "the reason stands above, and nothing was stored"
        )
    measured: dict[str, Any] = json.loads(done.stdout)
    return {
        "command": COMMAND,
        "commit": commit,
        "changed": changed,
        "measured": dt.datetime.now(dt.UTC).date().isoformat(),
        "scale": scale,
        "machine": machine,
        **measured,
    }


def store_crossover(project: Project, found: dict[str, Any]) -> None:
    """Write the curves into the repository, each on a line of its own."""
    facts = {name: value for name, value in found.items() if name != "curves"}
    head = json.dumps(facts, indent=1, sort_keys=True, allow_nan=False).removesuffix("\n}")
    curves = ",\n".join(f"  {json.dumps(curve, allow_nan=False)}" for curve in found["curves"])
    write_whole(curves_path(project), f'{head},\n "curves": [\n{curves}\n ]\n}}\n'.encode())


def draw_crossover(project: Project) -> None:
    """Put the figure of the stored curves into its page, in place of the one that is there.

    Raises
    ------
    OutreachError
        If there are no curves, or the page lacks the comments.
    """
    try:
        found = json.loads(curves_path(project).read_text("utf-8"))
    except FileNotFoundError:
        raise OutreachError(
            f"expected curves in {project.relative(curves_path(project))}, found no file; measure: {COMMAND}"
        ) from None
    page = page_path(project)
    text = page.read_text("utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise OutreachError(
            f"expected the comments around the curves once in {project.relative(page)}, found "
            f"{text.count(BEGIN)} and {text.count(END)}; restore the file from git"
        )
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_whole(page, f"{before}{BEGIN}\n{figure(found)}\n{END}{after}".encode())
