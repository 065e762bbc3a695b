"""One axis of an orthogonal selection, leaf by leaf: which leaves it touches, and which indices in each."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.selection import Axis, Points, Span

__all__ = ["AxisSample", "AxisTable", "axis_table", "count_touched", "distinct_rows", "touched"]

Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class AxisTable:
    """What one axis of a selection takes from each leaf along it; one entry per touched leaf.

    Attributes
    ----------
    leaves : ndarray of int64
        Places of the touched leaves along the axis, rising.
    counts, neighbours : ndarray of int64
        How many different indices are taken, and how many of them follow on the one before.
    lows, highs : ndarray of int64
        The lowest and the highest index within the leaf.
    kinds : ndarray of int64
        For each leaf, which of the `ways`.
    ways : tuple of Axis
        Indices within a leaf, different ones, rising.
    """

    leaves: Integers
    counts: Integers
    neighbours: Integers
    lows: Integers
    highs: Integers
    kinds: Integers
    ways: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class AxisSample:
    """Only the leaves in `keep` of the files along an axis, evenly spaced; a file holds `per_file` leaves."""

    per_file: int
    keep: int


def distinct_rows(rows: Integers) -> tuple[Integers, Integers]:
    """Return the different rows of a matrix in C order, and for every row which one it is.

    As `numpy.unique` along an axis does, which compares rows and takes ten times as long.
    """
    which = np.zeros(len(rows), dtype=np.int64)
    for column in rows.T:
        # Numbers as small as possible after every column: a grid may have more than 2**63 chunks.
        values, at = np.unique(column, return_inverse=True)
        which = np.unique(which * values.size + at, return_inverse=True)[1]
    distinct = np.empty((int(which.max(initial=-1)) + 1, rows.shape[1]), dtype=np.int64)
    distinct[which] = rows
    return distinct, which


def touched(axis: Axis, size: int) -> Integers:
    """Return which leaves of `size` indices an axis touches, rising."""
    if isinstance(axis, Points):
        return np.unique(axis.values // size)
    if axis.step > size:
        return axis.indices() // size
    return np.arange(axis.start // size, axis.start // size + count_touched(axis, size))


def count_touched(axis: Axis, size: int) -> int:
    """Return how many leaves of `size` indices an axis touches."""
    if isinstance(axis, Points):
        return int(touched(axis, size).size)
    if axis.count == 0 or axis.step > size:
        return axis.count
    return (axis.start + (axis.count - 1) * axis.step) // size - axis.start // size + 1


def axis_table(axis: Axis, size: int, sample: AxisSample | None = None) -> AxisTable:
    """Return what an axis that is not empty takes from leaves of `size` indices; of a sample, if given."""
    if isinstance(axis, Points):
        return _points_table(np.unique(axis.values), size, sample)
    if axis.step > size:
        ordinals = np.arange(axis.count) if sample is None else _evenly(axis.count, sample.keep)
        return _points_table(axis.start + ordinals * axis.step, size, None)
    return _span_table(axis, size, sample)


def _span_table(span: Span, size: int, sample: AxisSample | None) -> AxisTable:
    start, step = span.start, span.step
    first, stop = start // size, (start + (span.count - 1) * step) // size + 1
    leaves = np.arange(first, stop) if sample is None else _sampled_range(first, stop, sample)
    # The ordinals of the first index in each leaf, and in the next one.
    begin = np.maximum(0, -((start - leaves * size) // step))
    end = np.minimum(span.count, -((start - (leaves + 1) * size) // step))
    counts = end - begin
    lows = start + begin * step - leaves * size
    neighbours = counts - 1 if step == 1 else np.zeros_like(counts)
    # Two columns become one number without overflow, however long a leaf is.
    _, low_of = np.unique(lows, return_inverse=True)
    distinct, count_of = np.unique(counts, return_inverse=True)
    _, one_of, kinds = np.unique(low_of * distinct.size + count_of, return_index=True, return_inverse=True)
    ways = tuple(Span(int(lows[at]), step, int(counts[at])) for at in one_of)
    return AxisTable(leaves, counts, neighbours, lows, lows + (counts - 1) * step, kinds, ways)


def _sampled_range(first: int, stop: int, sample: AxisSample) -> Integers:
    per_file = sample.per_file
    low = first // per_file
    files = low + _evenly((stop - 1) // per_file + 1 - low, sample.keep)
    leaves = np.add.outer(files * per_file, np.arange(per_file)).ravel()
    return leaves[(leaves >= first) & (leaves < stop)]


def _points_table(values: Integers, size: int, sample: AxisSample | None) -> AxisTable:
    """Return the table of different indices, rising."""
    chunks = values // size
    if sample is not None:
        files = chunks // sample.per_file
        distinct = np.unique(files)
        is_kept = np.isin(files, distinct[_evenly(distinct.size, sample.keep)])
        values, chunks = values[is_kept], chunks[is_kept]
    within = values - chunks * size
    firsts = np.flatnonzero(np.diff(chunks, prepend=-1))
    stops = np.append(firsts[1:], chunks.size)
    follows = (np.diff(values, prepend=-2) == 1) & (np.diff(chunks, prepend=-1) == 0)
    ways: list[Axis] = []
    known: dict[bytes, int] = {}
    kinds = np.empty(firsts.size, dtype=np.int64)
    for number, (a, b) in enumerate(zip(firsts.tolist(), stops.tolist(), strict=True)):
        taken = within[a:b]
        kind = known.setdefault(taken.tobytes(), len(ways))
        if kind == len(ways):
            ways.append(Points(taken))
        kinds[number] = kind
    return AxisTable(
        leaves=chunks[firsts],
        counts=stops - firsts,
        neighbours=np.add.reduceat(follows.astype(np.int64), firsts),
        lows=within[firsts],
        highs=within[stops - 1],
        kinds=kinds,
        ways=tuple(ways),
    )


def _evenly(count: int, keep: int) -> Integers:
    """Return `keep` places among `count`, evenly spaced, in order."""
    keep = min(count, keep)
    return (np.arange(keep) * count + count // 2) // keep
