"""Which bytes of a chunk a selection takes, as few stretches: against every byte of it, marked one by one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from zarr_partial.access.blosc import stretches_of_bytes
from zarr_partial.access.raw import Raw
from zarr_partial.selection import Points, Span


@st.composite
def axes(draw, length):
    if draw(st.booleans()):
        return Points(np.array(draw(st.lists(st.integers(0, length - 1), min_size=1, max_size=9))))
    start = draw(st.integers(0, length - 1))
    step = draw(st.integers(1, length))
    return Span(start, step, draw(st.integers(1, 1 + (length - 1 - start) // step)))


@given(
    data=st.data(),
    shape=st.lists(st.integers(1, 9), min_size=1, max_size=3).map(tuple),
    itemsize=st.sampled_from([1, 4]),
    blocksize=st.sampled_from([1, 3, 16, 1000]),
)
def test_stretches_are_the_selected_bytes_with_holes_shorter_than_a_block_filled(
    data, shape, itemsize, blocksize
):
    order = tuple(data.draw(st.permutations(range(len(shape)))))
    raw = Raw.in_order(shape, np.dtype(f"V{itemsize}"), order)
    chosen = tuple(data.draw(axes(length)) for length in shape)
    taken = np.zeros(raw.nbytes, bool)
    for place in np.ndindex(*(axis.count for axis in chosen)):
        at = sum(
            int(axis.indices()[n]) * step for axis, n, step in zip(chosen, place, raw.strides, strict=True)
        )
        taken[at : at + itemsize] = True
    firsts, stops = stretches_of_bytes(chosen, raw, blocksize)
    assert (firsts < stops).all()
    found = np.zeros_like(taken)
    for first, stop in zip(firsts, stops, strict=True):
        assert taken[first]
        assert taken[stop - 1]
        found[first:stop] = True
    assert found[taken].all()
    # What was not selected, and is there, lies in holes shorter than a block.
    extra = np.flatnonzero(np.diff(found & ~taken, prepend=False, append=False))
    assert all(b - a < blocksize for a, b in zip(extra[::2], extra[1::2], strict=True))
    assert (firsts[1:] - stops[:-1] >= blocksize).all()
