"""Planning is arithmetic: what it says must be what NumPy selects, in the right order."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_partial.access import Raw
from zarr_partial.plan import chunk_parts, equal_runs, parts_by_axis
from zarr_partial.selection import Points, Selection, Span, orthogonal


@st.composite
def planned(draw):
    """A grid, a layout of its chunks in memory, and a selection that is not empty."""
    ndim = draw(st.integers(1, 3))
    shape = tuple(draw(st.lists(st.integers(1, 12), min_size=ndim, max_size=ndim)))
    chunks = tuple(draw(st.integers(1, n + 2)) for n in shape)
    axes = tuple(draw(st.permutations(range(ndim))))
    entries = tuple(
        draw(
            st.one_of(
                st.integers(0, n - 1),
                st.just(slice(None)),
                st.tuples(st.integers(0, n - 1), st.integers(1, n), st.integers(1, 3)).map(
                    lambda t, n=n: slice(t[0], min(n, t[0] + t[1]), t[2])
                ),
                st.lists(st.integers(-n, n - 1), min_size=1, max_size=6),
            )
        )
        for n in shape
    )
    return shape, chunks, Raw.in_order(chunks, np.dtype("<i4"), axes), entries


def encode(data, chunks, raw):
    """Return every chunk of `data` in its stored order, padded, as bytes; in C order of the grid."""
    grid = [range(-(-n // c)) for n, c in zip(data.shape, chunks, strict=True)]
    encoded = []
    for at in itertools.product(*grid):
        stored = np.zeros(raw.nbytes, np.uint8)
        part = data[tuple(slice(i * c, (i + 1) * c) for i, c in zip(at, chunks, strict=True))]
        raw.view(stored)[tuple(slice(0, n) for n in part.shape)] = part
        encoded.append(stored)
    return encoded


@given(planned())
def test_runs_in_order_are_the_bytes_of_the_result(case):
    shape, chunks, raw, entries = case
    data = np.arange(np.prod(shape), dtype="<i4").reshape(shape)
    selection = orthogonal(entries, shape)
    grid = tuple(-(-n // c) for n, c in zip(shape, chunks, strict=True))
    runs = equal_runs(selection.axes, chunks, raw.strides, grid, 4)
    encoded = encode(data, chunks, raw)
    places, offsets = runs.places()
    assert runs.count == len(places) == len(offsets)
    got = b"".join(encoded[c][o : o + runs.nbytes].tobytes() for c, o in zip(places, offsets, strict=True))
    indices = [[e] if isinstance(e, int) else np.arange(n)[e] for e, n in zip(entries, shape, strict=True)]
    assert got == data[np.ix_(*indices)].tobytes()


@given(planned())
def test_chunk_parts_fill_the_output_once(case):
    shape, chunks, raw, entries = case
    data = np.arange(np.prod(shape), dtype="<i4").reshape(shape)
    selection = orthogonal(entries, shape)
    encoded = encode(data, chunks, raw)
    grid = tuple(-(-n // c) for n, c in zip(shape, chunks, strict=True))
    out = np.full(selection.counts, -1, "<i4")
    parts = list(chunk_parts(parts_by_axis(selection, chunks)))
    for part in parts:
        number = int(np.ravel_multi_index(part.coordinates, grid))
        assert (out[part.out] == -1).all()
        out[part.out] = raw.view(encoded[number])[part.within]
    indices = [[e] if isinstance(e, int) else np.arange(n)[e] for e, n in zip(entries, shape, strict=True)]
    np.testing.assert_array_equal(out, data[np.ix_(*indices)])
    assert len(parts) == len({part.coordinates for part in parts})


@pytest.mark.parametrize(
    ("entries", "nbytes", "count"),
    [
        ((slice(None), slice(None)), 8, 20),
        ((slice(0, 4), slice(0, 4)), 4 * 4 * 4, 1),
        ((slice(0, 4), slice(2, 4)), 2 * 4, 4),
        (([3, 1], slice(4, 8)), 4 * 4, 2),
        ((slice(0, 4, 2), slice(4, 8)), 4 * 4, 2),
        (([3, 1], slice(None)), 8, 10),
        ((0, 5), 4, 1),
    ],
    ids=["whole", "one chunk", "columns", "rows", "steps", "edge chunk", "element"],
)
def test_runs_are_as_long_as_the_layout_allows(entries, nbytes, count):
    # 4 x 10 elements of 4 bytes in chunks of 4 x 4: the third chunk of a row holds two columns.
    raw = Raw.in_order((4, 4), np.dtype("<i4"), (0, 1))
    runs = equal_runs(orthogonal(entries, (4, 10)).axes, (4, 4), raw.strides, (1, 3), 4)
    assert (runs.nbytes, runs.count) == (nbytes, count)


def test_whole_chunks_merge_into_one_run_each():
    raw = Raw.in_order((2, 6), np.dtype("<i4"), (0, 1))
    runs = equal_runs((Span(0, 1, 4), Span(0, 1, 6)), (2, 6), raw.strides, (2, 1), 4)
    assert (runs.nbytes, runs.count) == (48, 2)


def test_part_with_permuted_rows_is_not_whole():
    rows = Selection((Points(np.array([1, 0])), Span(0, 1, 3)))
    assert not next(chunk_parts(parts_by_axis(rows, (2, 3)))).is_whole
    whole = Selection((Span(0, 1, 2), Span(0, 1, 3)))
    assert next(chunk_parts(parts_by_axis(whole, (2, 3)))).is_whole
