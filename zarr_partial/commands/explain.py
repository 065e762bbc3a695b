"""`zarr-partial explain`: what reading a part of an array would cost, why, and what would help."""

from pathlib import Path
from typing import Any

import click

from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.files import checked_target
from zarr_partial.commands.options import (
    PICTURES,
    Opening,
    SelectionCommand,
    force_option,
    json_option,
    mode_option,
    opening_options,
    plot_option,
    selection_argument,
)
from zarr_partial.commands.printing import write_json, write_rows
from zarr_partial.commands.selecting import Mode, fitting, plan_of

__all__ = ["explain"]


@click.command(cls=SelectionCommand)
@opening_options("checksums", "io", "gap", "cache")
@selection_argument
@mode_option
@json_option
@plot_option
@force_option
def explain(
    opening: Opening, selection: tuple[str, Any], mode: Mode, as_json: bool, plot: Path | None, force: bool
) -> None:
    """Show what reading array[SELECTION] costs, and why, without reading it.

    SELECTION is written as between NumPy's brackets: integers, slices, lists and an ellipsis, in quotes;
    @FILE stands for the integers in a text file or an .npy file. Only headers of Blosc chunks and indexes
    of shards are looked at. JSON lists the first 1,000 touched chunks one by one.

    \b
    Examples:
      zarr-partial explain cells.zarr "[3, 99, 2500]"
      zarr-partial explain image.zarr "0, ..., 100:200, 100:200" --plot touched.png
      zarr-partial explain cells.zarr "[3, 99], [0, 5]" --mode orthogonal --json
      zarr-partial explain cells.zarr @rows.txt
      zarr-partial explain cells.zarr -1
    """
    target = plot and checked_target(plot, PICTURES, "--plot", force=force)
    text, key = selection
    array = opening.array()
    with fitting(array, text, opening.source):
        plan = plan_of(array, key, mode)
    if plan is None:
        raise CommandError(
            f"expected a selection that can be planned, found [{text}], which zarr reads itself"
        )
    if as_json:
        write_json({"source": opening.source, "path": opening.path, **plan.as_dict()})
    else:
        write_rows(plan.rows(), opening.title)
    if target is not None:
        from zarr_partial.commands.pictures import save_plan

        save_plan(plan, target, force=force)
