"""zarr is the oracle: the same value, shape, dtype, type, error and message, for every array and selection.

A plain run compares more than 4,000 selections, of arrays in directories, archives and stores.
`pytest tests/zarr_partial/conformance --cases 100000` compares about as many as it says with every way
of reading.
"""

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import STRUCTURED, stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY, arrays
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.conformance.places import written

pytestmark = [
    # zarr warns when it writes types, and reads shards, that we only read.
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
    # Filters cannot hold the infinities and the largest integers, which are among the fill values.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


@pytest.fixture(scope="module", autouse=True)
def folder(tmp_path_factory):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield tmp_path_factory.mktemp("conformance")


def compared(usual, keys_of, read):
    """Make a test of one way of reading, `read`, with keys from `keys_of(array)`."""

    @settings(max_examples=arrays(usual))
    @given(data=st.data(), stored=stored_arrays())
    def test(data, stored, folder):
        checksums = data.draw(st.sampled_from(["verify", "verify", "skip"]), label="checksums")
        with written(data, stored, folder, checksums=checksums) as (partial, array):
            for _ in range(SELECTIONS_PER_ARRAY):
                key = data.draw(keys_of(array), label="key")
                want = outcome(lambda key=key: read(array, key))
                assert_same(outcome(lambda key=key: read(partial, key)), want)

    return test


test_getitem_is_zarrs = compared(960, lambda a: keys.getitem_keys(a.shape), lambda a, key: a[key])
test_oindex_is_zarrs = compared(560, lambda a: keys.oindex_keys(a.shape), lambda a, key: a.oindex[key])
test_vindex_is_zarrs = compared(480, lambda a: keys.vindex_keys(a.shape), lambda a, key: a.vindex[key])
test_blocks_are_zarrs = compared(
    400, lambda a: keys.blocks_keys(a._chunk_grid.grid_shape), lambda a, key: a.blocks[key]
)


@settings(max_examples=arrays(400))
@given(data=st.data(), stored=stored_arrays())
def test_take_is_numpys(data, stored, folder):
    with written(data, stored, folder) as (partial, array):
        whole = np.asarray(array[...])
        for _ in range(SELECTIONS_PER_ARRAY):
            indices, axis = data.draw(keys.take_calls(array.shape), label="indices, axis")
            want = outcome(lambda indices=indices, axis=axis: np.take(whole, indices, axis))
            got = outcome(lambda indices=indices, axis=axis: partial.take(indices, axis))
            if isinstance(want, Exception):
                assert type(got) is type(want), f"{got!r} in place of {want!r}"
                continue
            assert_same(got, want)
            if isinstance(want, np.ndarray):
                out = data.draw(outputs(want.shape, want.dtype), label="out")
                assert partial.take(indices, axis, out.array) is out.array
                out.assert_holds(want)


@settings(max_examples=arrays(400))
@given(data=st.data(), stored=stored_arrays())
def test_read_into_any_memory_is_getitem(data, stored, folder):
    with written(data, stored, folder) as (partial, array):
        for _ in range(SELECTIONS_PER_ARRAY):
            key = data.draw(keys.getitem_keys(array.shape), label="key")
            want = outcome(lambda key=key: array[key])
            assert_same(outcome(lambda key=key: partial.read(key)), want)
            if isinstance(want, Exception):
                out = np.empty(array.shape, array.dtype)
                assert_same(outcome(lambda key=key, out=out: partial.read(key, out)), want)
                continue
            want = np.asarray(want, array.dtype)
            out = data.draw(outputs(want.shape, want.dtype), label="out")
            assert partial.read(key, out.array) is out.array
            out.assert_holds(want)


class Output:
    """Memory for a result, `array`, inside memory that nobody else may touch, `base`."""

    def __init__(self, base, array):
        self.base, self.array = base, array

    def __repr__(self):
        return f"<shape {self.array.shape}, strides {self.array.strides}, of {self.base.shape}>"

    def assert_holds(self, want):
        """Compare the result with `want`, and the memory around it with what it was."""
        assert_same(self.array.copy(), want)
        self.array[...] = np.zeros((), want.dtype)
        assert_same(self.base, np.zeros_like(self.base))


@st.composite
def outputs(draw, shape, dtype):
    """Arrays of `shape` and `dtype`: contiguous, strided, backwards, transposed, inside a larger one."""
    margin = draw(st.sampled_from([0, 0, 1]))
    steps = [draw(st.sampled_from([1, 1, 1, 2, -1, -3])) for _ in shape]
    lengths = [n * abs(step) + 2 * margin for n, step in zip(shape, steps, strict=True)]
    # Axes of the result in the order in which they lie in memory.
    axes = range(len(shape))
    order = draw(st.sampled_from([axes, axes[::-1]]) | st.permutations(axes))
    memory = np.zeros([lengths[axis] for axis in order], dtype)
    base = memory.transpose(np.argsort(order)) if shape else memory
    inside = [slice(margin, length - margin) for length in lengths]
    view = base[(..., *inside)][(..., *(slice(None, None, step) for step in steps))]
    return Output(base, view)


@settings(max_examples=arrays(160))
@given(data=st.data(), stored=stored_arrays(dtypes=STRUCTURED))
def test_one_field_is_numpys_answer(data, stored, folder):
    with written(data, stored, folder) as (partial, array):
        for _ in range(SELECTIONS_PER_ARRAY):
            name = data.draw(st.sampled_from(array.dtype.names), label="field")
            assert_same(partial[name], np.asarray(array[...])[name].copy())
            key = data.draw(keys.basic_keys(array.shape), label="key")
            key = key if isinstance(key, tuple) else (key,)
            want = outcome(lambda key=key: array[key])
            got = outcome(lambda key=key, name=name: partial[(name, *key)])
            if isinstance(want, Exception):
                assert_same(got, want)
            else:
                # A single element is a 0-d array or a scalar: zarr and NumPy differ, and have no say here.
                assert_same(np.asarray(got), np.asarray(want)[name].copy())
