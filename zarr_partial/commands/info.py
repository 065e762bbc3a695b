"""`zarr-partial info`: what an array is, or which arrays a group holds."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zarr_partial.commands.files import checked_target
from zarr_partial.commands.options import (
    PICTURES,
    Opening,
    force_option,
    json_option,
    opening_options,
    plot_option,
)
from zarr_partial.commands.printing import write_json, write_rows

if TYPE_CHECKING:
    from zarr_partial.array import PartialArray

__all__ = ["info"]

MAX_ATTRIBUTE = 60
MAX_ATTRIBUTES = 8


@click.command()
@opening_options("checksums", "io")
@json_option
@plot_option
@force_option
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=200,
    show_default=True,
    help="How many arrays of a group are listed.",
)
def info(opening: Opening, as_json: bool, plot: Path | None, force: bool, limit: int) -> None:
    """Show how an array is laid out and read, or which arrays a group holds.

    SOURCE is a folder, a ZIP file or a URL. Of a group, the path of each array is what --path takes.

    \b
    Examples:
      zarr-partial info cells.zarr
      zarr-partial info experiment.zip --path raw/X --json
      zarr-partial info s3://bucket/image.zarr --storage-option anon=true
      zarr-partial info cells.zarr --plot grid.png
    """
    target = plot and checked_target(plot, PICTURES, "--plot", force=force)
    import zarr

    node = opening.node()
    if isinstance(node, zarr.Group):
        if plot is not None:
            raise click.UsageError(f"expected an array to plot, found a group at {opening.title}; add --path")
        from zarr_partial.commands.groups import show_group

        show_group(node, opening, limit, as_json=as_json)
        return
    if as_json:
        write_json(_array_facts(node, opening))
    else:
        write_rows(_rows(node), opening.title)
    if target is not None:
        from zarr_partial.commands.pictures import save_grid

        save_grid(node, target, force=force)


def _array_facts(array: "PartialArray", opening: Opening) -> dict[str, Any]:
    from zarr_partial.commands.plain import plain_json
    from zarr_partial.commands.sizes import Counting
    from zarr_partial.describing import facts

    return {
        "source": opening.source,
        "path": opening.path,
        "node": "array",
        **facts(array.state),
        "stored_nbytes": Counting().nbytes(array.state.array),
        "attributes": plain_json(dict(array.attrs)),
    }


def _rows(array: "PartialArray") -> list[tuple[str, str]]:
    from zarr_partial.commands.sizes import Counting
    from zarr_partial.words import format_bytes

    rows = array.describe()
    stored = Counting().nbytes(array.state.array)
    if stored is not None:
        at = next(i for i, (name, _) in enumerate(rows) if name == "fill value")
        rows.insert(at, ("stored", format_bytes(stored)))
    names = getattr(array.state.array.metadata, "dimension_names", None)
    if names and any(names):
        rows.insert(1, ("dimensions", ", ".join(str(name or "-") for name in names)))
    shown = [f"{name}: {_short(value)}" for name, value in list(array.attrs.items())[:MAX_ATTRIBUTES]]
    if len(array.attrs) > MAX_ATTRIBUTES:
        shown.append(f"and {len(array.attrs) - MAX_ATTRIBUTES:,} more; --json shows all")
    return [*rows, *(("attributes", text) for text in shown)]


def _short(value: Any) -> str:
    import json

    # Of a long one only the beginning is looked at.
    text = value[: MAX_ATTRIBUTE + 1] if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= MAX_ATTRIBUTE else text[: MAX_ATTRIBUTE - 1] + "…"
