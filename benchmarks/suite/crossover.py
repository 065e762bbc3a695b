"""Where reading whole chunks wins: time per read against the part of a chunk that is wanted.

`python -m suite.crossover` measures local files and HTTP with a latency, and prints the curves as JSON. Every
read takes some rows of one chunk; readers take turns on the same rows.
"""

import json
import statistics
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from .checked import Draw
from .contenders import FirstReads, Reads
from .data import Scale, chosen_scale, source_rows, warm
from .layouts import ROWS
from .race import Effort, race
from .readers import READERS, Reader
from .remote_readers import REMOTE_READERS, fsspec_store, through
from .server import LATENCY_SECONDS

FRACTIONS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
LAYOUTS = ("raw", "blosc-lz4")
EFFORTS = {"full": Effort(9, 0.5, 200), "quick": Effort(5, 0.2, 50), "tiny": Effort(3, 0.0, 3)}

LOCAL = {name: READERS[name] for name in ("zarr_partial", "zarr-default", "zarr-fused", "tensorstore")}
# One store for all who read through zarr's stores.
REMOTE = {
    "zarr_partial": REMOTE_READERS["zarr_partial, fsspec"],
    "zarr-default": REMOTE_READERS["zarr-default, fsspec"],
    "zarr-fused": through(READERS["zarr-fused"], fsspec_store),
    "tensorstore": REMOTE_READERS["tensorstore"],
}
PLACES: dict[str, tuple[dict[str, Reader], Callable[[Reader, Path], Reads]]] = {
    "local": (LOCAL, Reads),
    "http": (REMOTE, FirstReads),
}


def within_one_chunk(scale: Scale, count: int) -> Draw:
    """Draw `count` different rows of one chunk."""

    def draw(random: np.random.Generator) -> list[Any]:
        chunk = int(random.integers(0, scale.rows // scale.chunk_rows))
        return [chunk * scale.chunk_rows + random.choice(scale.chunk_rows, count, replace=False)]

    return draw


def curves(scale: Scale, effort: Effort) -> list[dict[str, Any]]:
    """Return the median seconds of a read for every place, layout, reader and part of a chunk."""
    counts = sorted({max(1, round(part * scale.chunk_rows)) for part in FRACTIONS})
    found = []
    for place, (readers, contender) in PLACES.items():
        for layout in LAYOUTS:
            path = ROWS.store(layout, scale)
            warm(path)
            seconds = [
                _medians(readers, partial(contender, path=path), scale, count, effort) for count in counts
            ]
            for reader in seconds[0]:
                times = [one[reader] for one in seconds]
                found.append(
                    {"place": place, "layout": layout, "reader": reader, "rows": counts, "seconds": times}
                )
                sys.stderr.write(
                    f"{place} {layout} {reader}: {', '.join(f'{1e3 * t:.3g}' for t in times)} ms\n"
                )
    return found


def _medians(
    readers: dict[str, Reader], contender: Callable[[Reader], Reads], scale: Scale, count: int, effort: Effort
) -> dict[str, float]:
    opened = {}
    for name, reader in readers.items():
        try:
            opened[name] = contender(reader)
        except NotImplementedError:
            continue
    try:
        spent = race(opened, within_one_chunk(scale, count), source_rows(scale), effort)
    finally:
        for one in opened.values():
            one.close()
    return {name: float(f"{statistics.median(times):.4g}") for name, times in spent.items()}


def main() -> None:
    """Measure, and print one JSON object."""
    scale = chosen_scale()
    found = {
        "chunk_rows": scale.chunk_rows,
        "row_bytes": 4 * scale.columns,
        "latency_seconds": LATENCY_SECONDS,
        "curves": curves(scale, EFFORTS[scale.name]),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
