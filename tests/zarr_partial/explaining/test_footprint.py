"""Footprints are arithmetic: element by element, the same ranges, bytes and blocks have to come out."""

import itertools

import numpy as np
from hypothesis import given, note, settings
from hypothesis import strategies as st

from zarr_partial.access import Raw
from zarr_partial.explaining.axes import AxisSample, axis_table, count_touched, distinct_rows, touched
from zarr_partial.explaining.footprint import footprint_of
from zarr_partial.selection import Coordinates, orthogonal


@st.composite
def laid_out(draw):
    """Return a shape, leaves of some layout, a block size, and a selection as its elements."""
    ndim = draw(st.integers(1, 3))
    shape = tuple(draw(st.integers(1, {1: 900, 2: 40, 3: 13}[ndim])) for _ in range(ndim))
    leaf = tuple(draw(st.integers(1, n + 2)) for n in shape)
    axes = tuple(draw(st.permutations(range(ndim))))
    raw = Raw.in_order(leaf, np.dtype(draw(st.sampled_from(["u1", "<i4", "S3"]))), axes)
    blocksize = draw(st.integers(1, max(1, min(raw.nbytes, 60))))
    if draw(st.booleans()):
        count = draw(st.integers(1, 40))
        rng = np.random.default_rng(draw(st.integers(0, 999)))
        vectors = tuple(rng.integers(0, n, count) for n in shape)
        return shape, raw, blocksize, Coordinates(vectors, (count,)), list(zip(*vectors, strict=True))
    entries = tuple(draw(entry(n)) for n in shape)
    indices = [np.atleast_1d(np.arange(n)[at]) for at, n in zip(entries, shape, strict=True)]
    return shape, raw, blocksize, orthogonal(entries, shape), list(itertools.product(*indices))


def entry(n):
    spans = st.builds(slice, st.integers(0, n - 1), st.none() | st.integers(0, n), st.integers(1, n))
    return spans | st.integers(0, n - 1) | st.lists(st.integers(0, n - 1), min_size=1, max_size=9)


@settings(max_examples=1500)
@given(case=laid_out())
def test_ranges_and_blocks_are_those_of_the_elements(case):
    _, raw, blocksize, selection, elements = case
    note(f"{raw} {blocksize} {selection}")
    by_leaf = {}
    for element in elements:
        at = tuple(int(n) // size for n, size in zip(element, raw.shape, strict=True))
        within = [int(n) % size for n, size in zip(element, raw.shape, strict=True)]
        by_leaf.setdefault(at, set()).add(sum(n * m for n, m in zip(within, raw.strides, strict=True)))
    footprint = footprint_of(selection, raw.shape)
    assert [tuple(leaf) for leaf in footprint.leaves.tolist()] == sorted(by_leaf)
    spread = footprint.spread(raw)
    for place, at in enumerate(sorted(by_leaf)):
        mark = np.zeros(raw.nbytes, dtype=bool)
        for offset in by_leaf[at]:
            mark[offset : offset + raw.dtype.itemsize] = True
        places = np.flatnonzero(mark)
        assert spread.ranges[place] == np.count_nonzero(np.diff(mark.astype(int), prepend=0) == 1)
        assert spread.nbytes[place] == places.size
        assert (spread.firsts[place], spread.stops[place]) == (places[0], places[-1] + 1)
        firsts, stops = footprint.stretches(place, raw, blocksize)
        blocks = [block for a, b in zip(firsts, stops, strict=True) for block in range(a, b)]
        assert blocks == np.unique(places // blocksize).tolist()
    # Leaves of one kind are touched alike.
    for kind in np.unique(footprint.kinds):
        alike = np.flatnonzero(footprint.kinds == kind)
        assert len({tuple(spread.nbytes[alike]), (spread.nbytes[alike[0]],) * alike.size}) == 1


@given(n=st.integers(1, 60), size=st.integers(1, 20), data=st.data())
def test_an_axis_touches_the_leaves_of_its_indices(n, size, data):
    at = data.draw(entry(n))
    (axis,) = orthogonal((at,), (n,)).axes
    want = np.unique(np.atleast_1d(np.arange(n)[at]) // size)
    if axis.count:
        np.testing.assert_array_equal(touched(axis, size), want)
        table = axis_table(axis, size)
        np.testing.assert_array_equal(table.leaves, want)
        per_file, keep = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 5))
        some = axis_table(axis, size, AxisSample(per_file, keep))
        chosen = np.isin(table.leaves, some.leaves)
        assert chosen.sum() == some.leaves.size
        for name in ("counts", "neighbours", "lows", "highs"):
            np.testing.assert_array_equal(getattr(some, name), getattr(table, name)[chosen])
    assert count_touched(axis, size) == want.size


@given(rows=st.lists(st.tuples(st.integers(-3, 3), st.integers(0, 2**62)), max_size=30))
def test_distinct_rows_are_numpys(rows):
    matrix = np.array(rows, dtype=np.int64).reshape(len(rows), 2)
    distinct, which = distinct_rows(matrix)
    want, places = np.unique(matrix, axis=0, return_inverse=True)
    np.testing.assert_array_equal(distinct, want)
    np.testing.assert_array_equal(which, places.ravel())
