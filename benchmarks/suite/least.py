"""The least that a reader can ask for to have some rows: requests and bytes, from the files themselves."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .bare import CHECKSUM_NBYTES, HEADER, ITEM_NBYTES, BareDecode
from .data import Scale
from .server import Counts

# Parts of one file with so many bytes between them, or fewer, can be had by one request: at 100 MB/s they
# take a third of a millisecond.
GAP_NBYTES = 1 << 15


def least(path: Path, layout: str, scale: Scale, rows: NDArray[np.int64], *, first: bool) -> Counts:
    """Return the fewest requests for `rows` of the array at `path`, and their bytes.

    They are those of the distinct units and of what lies between neighbours that share a request.

    With `first`, indexes of shards and headers of Blosc chunks have to be asked for as well, one by one:
    where the units lie is not known before.
    """
    ranges = _of_rows(scale, rows) if layout == "raw" else _of_units(path, layout, scale, rows)
    requests = nbytes = 0
    chunk, reach = -1, 0
    for number, start, stop in ranges:
        apart = number != chunk or start - reach > GAP_NBYTES
        requests += apart
        nbytes += stop - (start if apart else reach)
        chunk, reach = number, stop
    if first and layout != "raw":
        chunks = np.unique(rows // scale.chunk_rows).tolist()
        requests += len(chunks)
        nbytes += sum(_lookup_nbytes(path, layout, scale, number) for number in chunks)
    return Counts(requests, nbytes)


def _of_rows(scale: Scale, rows: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    """Return chunk, first byte and end of each row of raw chunks, in order."""
    nbytes = scale.columns * ITEM_NBYTES
    places = (divmod(row, scale.chunk_rows) for row in np.unique(rows).tolist())
    return [(chunk, at * nbytes, (at + 1) * nbytes) for chunk, at in places]


def _of_units(path: Path, layout: str, scale: Scale, rows: NDArray[np.int64]) -> list[tuple[int, int, int]]:
    units = BareDecode(path, layout, scale, threads=1).units(rows)
    # Blosc's threads finish blocks in any order, and so do zarr's inner chunks.
    return sorted((unit.chunk, unit.first, unit.stop) for unit in units)


def _lookup_nbytes(path: Path, layout: str, scale: Scale, chunk: int) -> int:
    """Return the bytes of the index of a shard, or of the header of a Blosc chunk with all block starts."""
    if layout.startswith("sharded"):
        return 16 * (scale.chunk_rows // scale.inner_rows) + CHECKSUM_NBYTES
    with (path / f"c/{chunk}/0").open("rb") as file:
        _, _, _, _, nbytes, blocksize, _ = HEADER.unpack(file.read(HEADER.size))
    return HEADER.size + 4 * -(-nbytes // blocksize)
