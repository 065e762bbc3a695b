"""`zarr-partial get`: read a part of an array, and print it or write it to a file."""

from pathlib import Path
from typing import Any

import click

from zarr_partial.commands.files import checked_target
from zarr_partial.commands.options import (
    PICTURES,
    Opening,
    SelectionCommand,
    field_option,
    force_option,
    mode_option,
    opening_options,
    plot_option,
    selection_argument,
)
from zarr_partial.commands.selecting import Mode, fitting

__all__ = ["get"]

FORMATS = (".npy", ".npz", ".csv", ".json", ".png")


@click.command(cls=SelectionCommand)
@opening_options("checksums", "io", "gap", "threads", "max_requests")
@selection_argument
@mode_option
@field_option
@click.option("--json", "as_json", is_flag=True, help="Print all values as JSON.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write all values to a file instead, as .npy, .npz, .csv, .json or .png.",
)
@plot_option
@force_option
@click.option("--stats", is_flag=True, help="Say on standard error what was read, and how long it took.")
def get(
    opening: Opening,
    selection: tuple[str, Any],
    mode: Mode,
    field: str | None,
    as_json: bool,
    out: Path | None,
    plot: Path | None,
    force: bool,
    stats: bool,
) -> None:
    """Read array[SELECTION]: print it, write it to a file, or draw it.

    SELECTION is written as between NumPy's brackets: integers, slices, lists and an ellipsis, in quotes;
    @FILE stands for the integers in a text file or an .npy file. A long result is printed shortened: --json
    prints all of it, --out writes it, whatever its size. Files are written whole or not at all.

    \b
    Examples:
      zarr-partial get cells.zarr "[3, 99, 2500], :10"
      zarr-partial get cells.zarr @rows.txt --out rows.npy --stats
      zarr-partial get cells.zarr -1 --json
      zarr-partial get image.zarr "0, 0, 100:400, 100:400" --plot patch.png
      zarr-partial get cells.zarr "[3, 99], [0, 5]" --mode coordinate
    """
    if as_json and out is not None:
        raise click.UsageError("expected one of --json and --out, found both; --out values.json writes JSON")
    target = out and checked_target(out, FORMATS, "--out", force=force)
    picture = plot and checked_target(plot, PICTURES, "--plot", force=force)
    # Only now, so that help and mistakes need not wait for NumPy and zarr.
    from zarr_partial.commands.reading import Reading
    from zarr_partial.commands.saving import save
    from zarr_partial.commands.showing import show, show_json, show_stats

    text, key = selection
    array = opening.array()
    with fitting(array, text, opening.source):
        reading = Reading.of(array, text, key, mode, field)
        reading.check(target, is_drawn=picture is not None, as_json=as_json)
        plan = reading.plan() if stats else None
        values = save(reading, target, force=force) if target is not None else reading.read()
    if picture is not None:
        from zarr_partial.commands.pictures import save_values

        save_values(values, f"{opening.title} [{text}]", picture, force=force)
    if as_json:
        show_json(values, reading, opening)
    elif target is None and picture is None:
        show(values)
    if stats:
        show_stats(plan, reading)
