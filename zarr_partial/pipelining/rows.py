"""The short path: a few whole rows of raw chunks, of shards of those, and of Blosc chunks.

A row is everything at one index of the first axis. The general way indexes an image of the chunk, which
costs several times as much as to read a row or two of it; and an image of several Blosc blocks is larger
than the cache of a processor, where a block should be when its rows are copied out of it.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Access, Blosc, Raw, Shard
from zarr_partial.access.shard import EMPTY_STORED, read_entries
from zarr_partial.layout import ChunkName
from zarr_partial.pipelining.decoding import frame_of, read_block
from zarr_partial.pipelining.values import Value
from zarr_partial.units import scratch_buffer

__all__ = ["RowTarget", "Rows", "row_target", "rows_of"]

# From more rows on, those that lie near each other are better read at once.
MOST_ROWS = 16


class RowTarget:
    """An output whose rows are those of chunks: `data` is all its bytes.

    `columns` are the slices by which zarr may say that rows are whole: some of its indexers say the step.
    """

    __slots__ = ("columns", "data", "length")

    def __init__(self, out: NDArray[Any], row_shape: tuple[int, ...], row_nbytes: int) -> None:
        self.data = out.reshape(-1).view(np.uint8)
        self.columns = [tuple([slice(0, length, step) for length in row_shape]) for step in (None, 1)]
        self.length = self.data.size // row_nbytes


class Rows:
    """Rows of chunks of one shape.

    Parameters
    ----------
    shape : tuple of int
        Of a chunk.
    raw : Raw
        What a leaf decodes to, whose rows are whole rows of the chunk.
    shard : Shard or None
    is_blosc : bool
        Whether the chunk is compressed by Blosc; then it is no shard.
    """

    def __init__(self, shape: tuple[int, ...], raw: Raw, shard: Shard | None, *, is_blosc: bool) -> None:
        self._is_blosc = is_blosc
        self.row_shape = shape[1:]
        self.dtype = raw.dtype
        self.nbytes = raw.strides[0]
        self._length = shape[0]
        self._raw = raw
        self._shard = shard
        self._leaf_rows = raw.shape[0]
        self._columns = tuple([slice(0, length, 1) for length in shape[1:]])

    def read(self, value: Value, key: str, selection: Any, target: RowTarget, out_selection: Any) -> bool:
        """Read what `selection` takes of a chunk; false, with nothing done, for other selections.

        Raises
        ------
        CorruptChunkError, EOFError, ValueError
            If the chunk is damaged, was cut meanwhile, or a row is missing in a shard.
        """
        if not isinstance(selection, tuple) or selection[1:] != self._columns:
            return False
        rows = _numbers(selection[0], self._length)
        if not rows:
            return False
        if isinstance(selection[0], int):
            # NumPy drops the axis, and what is left is all of the output.
            is_all = out_selection in target.columns
            places: Sequence[int] | None = range(1) if is_all and target.length == 1 else None
        else:
            is_all = isinstance(out_selection, tuple) and out_selection[1:] in target.columns
            places = _numbers(out_selection[0], target.length) if is_all else None
        if places is None or len(places) != len(rows):
            return False
        if self._is_blosc:
            return len(rows) <= MOST_ROWS and self._decode(value, key, rows, target, places)
        if isinstance(rows, range) and isinstance(places, range) and self._shard is None:
            self._raw.check(value.nbytes, ChunkName(key, is_shard=False))
            begin, end = places[0] * self.nbytes, (places[-1] + 1) * self.nbytes
            value.read_into(rows[0] * self.nbytes, target.data[begin:end])
            return True
        if len(rows) > MOST_ROWS:
            return False
        nbytes, data = self.nbytes, target.data
        offsets = self._offsets(value, key, rows)
        for offset, place in zip(offsets, places, strict=True):
            value.read_into(offset, data[place * nbytes : (place + 1) * nbytes])
        return True

    def _decode(
        self, value: Value, key: str, rows: Sequence[int], target: RowTarget, places: Sequence[int]
    ) -> bool:
        """Copy rows out of the Blosc blocks in which they lie; false if there is only one."""
        name = ChunkName(key, is_shard=False)
        frame = frame_of(value, self._raw, name)
        if frame.nblocks == 1:
            return False
        size, nbytes = frame.blocksize, self.nbytes
        # By block: from where in it, to where in the output, and how much.
        copies: dict[int, list[tuple[int, int, int]]] = {}
        for row, place in zip(rows, places, strict=True):
            at, to, stop = row * nbytes, place * nbytes, (row + 1) * nbytes
            while at < stop:
                block, within = divmod(at, size)
                count = min(stop - at, size - within)
                copies.setdefault(block, []).append((within, to, count))
                at, to = at + count, to + count
        out = target.data.data
        for block, some in copies.items():
            decoded = scratch_buffer(frame.block_nbytes(block, block + 1))
            read_block(value, frame, block, decoded, name)
            for within, to, count in some:
                out[to : to + count] = decoded.data[within : within + count]
        return True

    def _offsets(self, value: Value, key: str, rows: Sequence[int]) -> list[int]:
        """Return where in the value each row begins."""
        nbytes, shard = self.nbytes, self._shard
        if shard is None:
            self._raw.check(value.nbytes, ChunkName(key, is_shard=False))
            return [row * nbytes for row in rows]
        name = ChunkName(key, is_shard=True)
        if value.nbytes < shard.index_nbytes:
            raise ValueError(f"{name}: it is shorter than its index")
        entries = read_entries(shard, value.read(*shard.index_range(value.nbytes)), name)
        found = []
        for row in rows:
            leaf, within = divmod(row, self._leaf_rows)
            begin, length = entries.item(leaf, 0), entries.item(leaf, 1)
            if begin == length == EMPTY_STORED:
                raise ValueError(f"{name}: a row that is missing is not read but filled")
            self._raw.check(length, name)
            if begin + length > value.nbytes:
                raise ValueError(f"{name}: inner chunk {leaf} is not within the shard")
            found.append(begin + within * nbytes)
        return found


def _numbers(entry: Any, length: int) -> Sequence[int] | None:
    """Return the indices that an entry of a selection takes, or None if it is of another form, or empty."""
    if isinstance(entry, slice):
        found = range(*entry.indices(length))
        return found if found and found.step == 1 else None
    if isinstance(entry, int):
        return range(entry, entry + 1) if 0 <= entry < length else None
    if type(entry) is not np.ndarray or entry.ndim != 1 or entry.dtype.kind != "i" or not entry.size:
        return None
    if entry.size > MOST_ROWS:
        return None
    numbers: list[int] = entry.tolist()
    return numbers if min(numbers) >= 0 and max(numbers) < length else None


def rows_of(shape: tuple[int, ...], access: Access) -> Rows | None:
    """Return the short path for chunks of a shape, if there is one."""
    shard = access if isinstance(access, Shard) else None
    leaf = access if shard is None else shard.inner
    is_blosc = isinstance(access, Blosc)
    raw = leaf.raw if isinstance(leaf, Blosc) and is_blosc else leaf
    if not isinstance(raw, Raw) or not raw.is_c_order or raw.trailer_nbytes:
        return None
    return Rows(shape, raw, shard, is_blosc=is_blosc) if raw.shape[1:] == shape[1:] else None


def row_target(rows: Rows, out: NDArray[Any], ndim: int) -> RowTarget | None:
    """Return an output of arrays of `ndim` axes as rows, if it is made of rows like these."""
    columns = out.shape if out.ndim < ndim else out.shape[1:]
    if not out.flags.c_contiguous or out.dtype != rows.dtype or columns != rows.row_shape or not out.size:
        return None
    return RowTarget(out, rows.row_shape, rows.nbytes)
