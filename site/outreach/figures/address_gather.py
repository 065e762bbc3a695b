"""Rows of three mapped chunks, gathered by one vector of addresses: the places are the library's own."""

import numpy as np
from numpy.typing import NDArray

from outreach.figures.svg import box, figure, line, svg, text
from outreach.paths import Project
from zarr_partial.plan import equal_runs
from zarr_partial.selection import Points, Span

CHUNK = (4, 1024)  # float32: a row is 4,096 bytes
CHUNKS, ITEM = 3, 4
ROWS = (9, 2, 10, 5, 1)
NAMES = "ABC"
ROW_PX, GAP_PX, TOP = 22, 12, 30
LEFT, RIGHT = (6.0, 22.0), (80.0, 20.0)  # x and width of maps and of the result, in percent
ADDRESS = 8  # half the width of an address, in percent
VECTOR = 54.0
HEIGHT = TOP + CHUNKS * (CHUNK[0] * ROW_PX + GAP_PX)


def places() -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Return, for each row, its chunk and its first byte there, and the bytes of a row."""
    strides = (CHUNK[1] * ITEM, ITEM)
    runs = equal_runs(
        (Points(np.array(ROWS, dtype=np.int64)), Span(0, 1, CHUNK[1])), CHUNK, strides, (CHUNKS, 1), ITEM
    )
    chunks, offsets = runs.places()
    return chunks, offsets, runs.nbytes


def address_gather(_: Project) -> str:
    """Return the figure."""
    chunks, offsets, run = places()
    named = [
        f"{NAMES[chunk]} + {offset:,}"
        for chunk, offset in zip(chunks.tolist(), offsets.tolist(), strict=True)
    ]
    drawing = svg(
        "address-gather",
        HEIGHT,
        f"Rows {', '.join(map(str, ROWS))} of three mapped chunks become one array",
        f"Three chunks of {CHUNK[0]} rows are mapped at the addresses {', '.join(NAMES)}. The addresses "
        f"of the rows "
        f"are {'; '.join(named)}. NumPy copies {run:,} bytes from each into the result, in one call.",
        _parts(chunks.tolist(), offsets.tolist(), run, named),
    )
    caption = (
        f"<code>array.oindex[[{', '.join(map(str, ROWS))}]]</code> of an array in chunks of {CHUNK[0]} x "
        f"{CHUNK[1]:,} float32. A, B and C stand for where the operating system mapped the three files; "
        f"chunks and "
        "offsets are what the library worked out for this drawing."
    )
    return figure("address-gather", drawing, caption)


def _parts(chunks: list[int], offsets: list[int], run: int, named: list[str]) -> list[str]:
    x, width = LEFT
    parts = [text(x, 14, "mapped chunks"), text(VECTOR, 14, "addresses", anchor="middle")]
    parts.append(text(RIGHT[0], 14, "result"))
    wanted = {(chunk, offset // run) for chunk, offset in zip(chunks, offsets, strict=True)}
    for chunk in range(CHUNKS):
        top = TOP + chunk * (CHUNK[0] * ROW_PX + GAP_PX)
        parts.append(text(0, top + 15, NAMES[chunk], "strong"))
        for row in range(CHUNK[0]):
            is_wanted = (chunk, row) in wanted
            parts.append(box(x, top + row * ROW_PX, width, ROW_PX, "fetched" if is_wanted else "empty"))
            label = "on" if is_wanted else "quiet"
            parts.append(
                text(x + width / 2, top + row * ROW_PX + 15, str(chunk * CHUNK[0] + row), label, "middle")
            )
    first = TOP + (HEIGHT - TOP - GAP_PX - len(named) * 2 * ROW_PX) / 2
    for turn, (chunk, offset, name) in enumerate(zip(chunks, offsets, named, strict=True)):
        y = TOP + chunk * (CHUNK[0] * ROW_PX + GAP_PX) + (offset // run + 0.5) * ROW_PX
        middle = first + (2 * turn + 1) * ROW_PX
        parts.append(line(x + width, y, VECTOR - ADDRESS, middle, "mark"))
        parts.append(box(VECTOR - ADDRESS, middle - ROW_PX / 2, 2 * ADDRESS, ROW_PX, "empty"))
        parts.append(text(VECTOR, middle + 4, name, "num", "middle"))
        parts.append(line(VECTOR + ADDRESS, middle, RIGHT[0], middle, "mark"))
        parts.append(box(RIGHT[0], middle - ROW_PX / 2, RIGHT[1], ROW_PX, "fetched"))
        parts.append(text(RIGHT[0] + RIGHT[1] / 2, middle + 4, str(ROWS[turn]), "on", "middle"))
    return parts
