"""What `get` prints: an excerpt as NumPy prints it, JSON, and on standard error what was read."""

from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.commands.options import Opening
from zarr_partial.commands.plain import plain_values
from zarr_partial.commands.printing import note, printable, write, write_json
from zarr_partial.commands.reading import Reading
from zarr_partial.words import counted, format_bytes, times

if TYPE_CHECKING:
    from zarr_partial.report import Plan

__all__ = ["show", "show_json", "show_stats"]

# More values than these are shortened to those at the edges, as NumPy does.
MAX_VALUES = 1000
# One value may be a text of any length.
MAX_CHARACTERS = 20_000


def show(values: NDArray[Any]) -> None:
    """Print values as NumPy does; say on standard error where some are left out."""
    if values.ndim:
        width = get_terminal_size().columns
        text = np.array2string(values, threshold=MAX_VALUES, max_line_width=max(20, width - 1))
    else:
        text = _scalar(values)
    shown = text[:MAX_CHARACTERS]
    # In what NumPy lays out, the line ends are its own; in one text they are data.
    lines = shown.split("\n") if values.ndim else [shown]
    write("\n".join(map(printable, lines)) + "\n")
    if values.size > MAX_VALUES or len(text) > MAX_CHARACTERS:
        note(
            f"Shortened: {times(values.shape) or 'one element'} {values.dtype}. "
            "All values: --json, or --out FILE."
        )


def _scalar(values: NDArray[Any]) -> str:
    """Return one value in the form that other programs can read: numbers and text without quotes."""
    value = values[()]
    return repr(value) if values.dtype.kind in "SV" else str(value)


def show_json(values: NDArray[Any], reading: Reading, opening: Opening) -> None:
    """Print all values, and what they are."""
    dtype = values.dtype
    write_json({
        "source": opening.source,
        "path": opening.path,
        "selection": reading.text,
        "mode": reading.mode,
        "field": reading.field,
        "shape": values.shape,
        "dtype": str(dtype) if dtype.names is not None or dtype.kind in "OT" else dtype.str,
        "values": plain_values(values),
    })  # fmt: skip


def show_stats(plan: "Plan | None", reading: Reading) -> None:
    """Say what was read, of how many chunks, and how long it took."""
    words = [f"{times(reading.shape or ()) or 'one element'} {reading.dtype}, {format_bytes(reading.nbytes)}"]
    if plan is None:
        words.append("not planned: zarr read it")
    else:
        if plan.bytes_read is not None and plan.requests is not None:
            words.append(f"{format_bytes(plan.bytes_read)} read in {counted(plan.requests, 'byte range')}")
        if plan.bytes_decoded:
            words.append(f"{format_bytes(plan.bytes_decoded)} decoded")
        words.append(f"{plan.chunks:,} chunks touched" if plan.chunks != 1 else "1 chunk touched")
    words.append(f"{reading.seconds * 1000:,.1f} ms")
    note("; ".join(words))
