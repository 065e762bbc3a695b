"""`zarr-partial virtualize`: references to an array as if it had smaller chunks; no data are rewritten."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zarr_partial.commands.files import checked_target, writing
from zarr_partial.commands.options import Opening, force_option, json_option, opening_options
from zarr_partial.commands.printing import note, write_json, write_rows

if TYPE_CHECKING:
    from zarr_partial.virtual import VirtualChunks

__all__ = ["virtualize"]

FORMATS = (".json", ".parquet", ".parq")


class ChunksParameter(click.ParamType[tuple[int, ...]]):
    """Lengths of a chunk, such as `1000,1000`."""

    name = "chunks"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """Return the lengths."""
        if isinstance(value, tuple):
            return value
        try:
            return tuple(int(length) for length in str(value).strip("()[], ").split(","))
        except ValueError:
            self.fail(f"expected lengths such as 1000,1000, found {value!r}", param, ctx)


@click.command()
@opening_options()
@click.option(
    "--chunks",
    type=ChunksParameter(),
    required=True,
    metavar="N,N",
    help="Lengths of the chunks to show; axes left out keep theirs. They divide the chunks of the array.",
)
@click.option(
    "-o",
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write references to the chunks: one .json file, or a .parquet folder.",
)
@click.option("--url", help="Address by which readers reach the array; by default where it is.")
@click.option("--name", default="", help="Show the array in a group, under this name, as Xarray needs it.")
@json_option
@force_option
def virtualize(
    opening: Opening,
    chunks: tuple[int, ...],
    out: Path | None,
    url: str | None,
    name: str,
    as_json: bool,
    force: bool,
) -> None:
    """Show an array in smaller chunks, as references to parts of its chunks.

    No data are rewritten: Kerchunk references are byte ranges of the chunks that there are, which takes
    uncompressed chunks. Without --out it says whether the chunks can be had, and where not, which can.

    \b
    Examples:
      zarr-partial virtualize image.zarr --chunks 1000,1000
      zarr-partial virtualize image.zarr --chunks 1000,1000 -o refs.json
      zarr-partial virtualize image.zarr --chunks 100 -o refs.parquet --url https://example.org/image.zarr
    """
    target = out and checked_target(out, FORMATS, "--out", force=force)
    import zarr_partial as zp

    virtual = zp.virtual_chunks(opening.array(), chunks, path=name)
    rows = virtual.describe()
    references = None if target is None else _write(virtual, target, url)
    if as_json:
        write_json(_as_dict(virtual, opening, out, references))
    elif target is None:
        write_rows(rows, opening.title)
    else:
        note(f"{out}: {references:,} references, in chunks of {' x '.join(map(str, virtual.chunks))}")


def _write(virtual: "VirtualChunks", target: Path, url: str | None) -> int:
    """Write references, whole or not at all; return how many there are."""
    progress = True if sys.stderr.isatty() else None
    write = virtual.to_json if target.suffix.lower() == ".json" else virtual.to_parquet
    with writing(target):
        return write(target, url=url, progress=progress)


def _as_dict(
    virtual: "VirtualChunks", opening: Opening, out: Path | None, references: int | None
) -> dict[str, Any]:
    return {
        "source": opening.source,
        "path": opening.path,
        "shape": virtual.shape,
        "dtype": virtual.dtype.str if virtual.dtype.names is None else str(virtual.dtype),
        "chunks": virtual.chunks,
        "source_chunks": virtual.source_chunks,
        "grid_shape": virtual.grid_shape,
        "count": virtual.nchunks,
        "not_exportable": virtual.not_exportable,
        "out": None if out is None else str(out),
        "references": references,
    }
