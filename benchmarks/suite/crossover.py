"""Where reading whole chunks wins: time per read against the part of a chunk that is wanted.

`python -m suite.crossover` measures local files, HTTP with a latency, and HTTP with a latency and the
speed of a network, and prints the curves as JSON. Every read takes some rows of one chunk; readers take turns
on the same rows.
"""

import json
import math
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from .checked import Draw
from .contenders import FirstReads, LaterReads, Reads
from .data import Scale, chosen_scale, source_rows, warm
from .layouts import ROWS
from .places import of_every_chunk
from .race import Effort, race
from .readers import READERS
from .remote_readers import remote_readers
from .server import LATENCY_SECONDS

FRACTIONS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
LAYOUTS = ("raw", "blosc-lz4")
EFFORTS = {"full": Effort(9, 0.5, 200), "quick": Effort(5, 0.2, 50), "tiny": Effort(3, 0.0, 3)}

# About what one connection to an object store brings.
NETWORK_BYTES_PER_SECOND = 1e8

type Open = Callable[[Scale, Path], Reads]


def _local() -> dict[str, Open]:
    names = ("zarr_partial", "zarr-default", "zarr-fused", "tensorstore")
    return {name: lambda _scale, path, reader=READERS[name]: Reads(reader, path) for name in names}


def _remote(bytes_per_second: float) -> dict[str, Open]:
    """Return the readers over HTTP: one store for all who read through zarr's stores.

    Only zarr_partial keeps anything that makes a later read another than the first.
    """
    readers = remote_readers(bytes_per_second)
    ours = readers["zarr_partial, fsspec"]
    return {
        "zarr_partial": lambda scale, path: LaterReads(ours, path, of_every_chunk(scale)),
        "zarr_partial, first read": lambda _scale, path: FirstReads(ours, path),
        "zarr-default": lambda _scale, path: Reads(readers["zarr-default, fsspec"], path),
        "zarr-fused": lambda _scale, path: Reads(readers["zarr-fused, fsspec"], path),
        "tensorstore": lambda _scale, path: Reads(readers["tensorstore"], path),
    }


PLACES: dict[str, dict[str, Open]] = {
    "local": _local(),
    "http": _remote(math.inf),
    "network": _remote(NETWORK_BYTES_PER_SECOND),
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
    for place, readers in PLACES.items():
        for layout in LAYOUTS:
            path = ROWS.store(layout, scale)
            warm(path)
            # Of raw chunks nothing has to be known, so that the first read is one like any other.
            chosen = {name: one for name, one in readers.items() if layout != "raw" or "first" not in name}
            seconds = [_medians(chosen, scale, path, count, effort) for count in counts]
            for reader in seconds[0]:
                times = [one[reader] for one in seconds]
                curve = {"place": place, "layout": layout, "reader": reader, "rows": counts, "seconds": times}
                found.append(curve)
                texts = ", ".join(f"{1e3 * time:.3g}" for time in times)
                sys.stderr.write(f"{place}, {layout}, {reader}: {texts} ms\n")
    return found


def _medians(
    readers: dict[str, Open], scale: Scale, path: Path, count: int, effort: Effort
) -> dict[str, float]:
    opened = {}
    for name, open_reader in readers.items():
        try:
            opened[name] = open_reader(scale, path)
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
        "network_bytes_per_second": NETWORK_BYTES_PER_SECOND,
        "curves": curves(scale, EFFORTS[scale.name]),
    }
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
