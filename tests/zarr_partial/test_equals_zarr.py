"""zarr is the oracle: the same value, shape, dtype and type for every array and selection."""

import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from numcodecs import Blosc, GZip
from zarr.codecs import BloscCodec, BytesCodec, TransposeCodec, ZstdCodec

import zarr_partial as zp
from zarr_partial import read

DTYPES = [
    "bool", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<f2", "<f4", ">f4", "<f8", ">f8",
    "<c8", ">c16", "<M8[s]", "<m8[ms]", "S5", "<U3",
]  # fmt: skip


# zarr warns when it writes string types, whose v3 form is not yet specified; we only read them.
pytestmark = pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification")


@st.composite
def stored_arrays(draw, folder):
    """A small zarr array on disk: any version, type, order, compression, with edge and missing chunks."""
    ndim = draw(st.integers(1, 3), label="ndim")
    shape = tuple(draw(st.lists(st.integers(1, 23), min_size=ndim, max_size=ndim), label="shape"))
    chunks = tuple(draw(st.integers(1, n + 3)) for n in shape)
    dtype = np.dtype(draw(st.sampled_from(DTYPES), label="dtype"))
    options = draw(layouts(dtype, ndim), label="layout")
    fill = draw(st.sampled_from(fills(dtype, options["zarr_format"])), label="fill")
    path = Path(tempfile.mkdtemp(dir=folder))
    array = zarr.create_array(
        path / "a.zarr", shape=shape, chunks=chunks, dtype=dtype, fill_value=fill, **options
    )
    seed = draw(st.integers(0, 2**16))
    array[...] = values(np.random.default_rng(seed), shape, dtype)
    remove_chunks(array, draw(st.sampled_from([0, 0.3, 1]), label="missing"), seed)
    return array


@st.composite
def layouts(draw, dtype, ndim):
    shuffle = draw(st.sampled_from(["noshuffle", "shuffle", "bitshuffle"]))
    cname = draw(st.sampled_from(["lz4", "lz4hc", "blosclz", "zlib", "zstd"]))
    blocksize = draw(st.sampled_from([0, 128, 128, 256, 4096]))
    if draw(st.booleans()):
        code = {"noshuffle": Blosc.NOSHUFFLE, "shuffle": Blosc.SHUFFLE, "bitshuffle": Blosc.BITSHUFFLE}[
            shuffle
        ]
        blosc = Blosc(
            cname=cname, clevel=draw(st.sampled_from([0, 1, 5, 9])), shuffle=code, blocksize=blocksize
        )
        return {
            "zarr_format": 2,
            "compressors": draw(st.sampled_from([None, blosc, blosc, GZip(1)])),
            "order": draw(st.sampled_from("CF")),
            "chunk_key_encoding": {"name": "v2", "separator": draw(st.sampled_from("./"))},
        }
    blosc = BloscCodec(
        cname=cname,
        clevel=draw(st.sampled_from([0, 1, 5, 9])),
        shuffle=shuffle,
        blocksize=blocksize,
        typesize=dtype.itemsize,
    )
    order = draw(st.permutations(range(ndim)))
    return {
        "zarr_format": 3,
        "filters": draw(st.sampled_from([[], [TransposeCodec(order=tuple(order))]])),
        "serializer": BytesCodec(endian=draw(st.sampled_from(["little", "big"]))),
        "compressors": draw(st.sampled_from([None, blosc, blosc, ZstdCodec(level=1)])),
        "chunk_key_encoding": draw(
            st.sampled_from([{"name": "default", "separator": "/"}, {"name": "v2", "separator": "."}])
        ),
    }


def fills(dtype, zarr_format):
    some = values(np.random.default_rng(7), (1,), dtype)[0]
    zero = np.zeros((), dtype)[()]
    extremes = [np.nan, np.inf] if dtype.kind == "f" else []
    return [zero, some, *extremes] + ([None] if zarr_format == 2 else [])


def values(rng, shape, dtype):
    """Values with repeats, so that codecs compress some blocks and store others."""
    if dtype.kind == "S":
        return rng.integers(0, 1000, shape).astype(dtype)
    if dtype.kind == "U":
        return rng.integers(0, 99, shape).astype(dtype)
    if dtype.kind in "mM":
        return rng.integers(0, 2**31, shape).astype(dtype)
    if dtype.kind == "c":
        return (rng.integers(0, 50, shape) + 1j * rng.integers(0, 3, shape)).astype(dtype)
    return rng.integers(0, 100, shape).astype(dtype)


def remove_chunks(array, share, seed):
    rng = np.random.default_rng(seed)
    root = Path(array.store.root)
    for path in sorted(path for path in root.rglob("*") if path.is_file() and path.name[0] not in ".z"):
        if rng.random() < share:
            path.unlink()


def slices(n):
    bound = st.none() | st.integers(-n - 2, n + 2)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 4))


def integers(n):
    return st.integers(-n, n - 1).flatmap(lambda i: st.sampled_from([i, np.int64(i), np.int16(i)]))


def index_arrays(n):
    plain = st.lists(st.integers(-n, n - 1), min_size=1, max_size=12)
    typed = st.tuples(plain, st.sampled_from(["i8", "i4", "i2"])).map(lambda pair: np.array(pair[0], pair[1]))
    mask = st.lists(st.booleans(), min_size=n, max_size=n).map(np.array)
    return plain | typed | mask | mask.map(list) | st.just(np.array([], "i8"))


@st.composite
def getitem_keys(draw, shape):
    kind = draw(st.sampled_from(["basic", "basic", "array", "coordinates"]))
    entries = [draw(slices(n) | integers(n)) for n in shape]
    if kind == "array":
        axis = draw(st.integers(0, len(shape) - 1))
        entries[axis] = draw(index_arrays(shape[axis]))
    elif kind == "coordinates":
        length = draw(st.integers(1, 5))
        entries = [draw(st.lists(st.integers(-n, n - 1), min_size=length, max_size=length)) for n in shape]
    return draw(trimmed(entries))


@st.composite
def oindex_keys(draw, shape):
    return draw(trimmed([draw(slices(n) | integers(n) | index_arrays(n)) for n in shape]))


@st.composite
def trimmed(draw, entries):
    """The same entries, a shorter tuple, one with an ellipsis, or a single entry without a tuple."""
    keep = draw(st.integers(1, len(entries)))
    form = draw(st.sampled_from(["all", "all", "first", "ellipsis", "bare"]))
    if form == "first":
        return tuple(entries[:keep])
    if form == "ellipsis":
        return (*entries[: keep - 1], ..., *entries[keep:])
    return entries[0] if form == "bare" else tuple(entries)


def outcome(read_it):
    try:
        return read_it()
    except Exception as error:  # errors are compared like values
        return error


def assert_same(got, want):
    if isinstance(want, Exception):
        assert type(got) is type(want)
        assert str(got) == str(want)
        return
    assert type(got) is type(want)
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    np.testing.assert_array_equal(got, want)
    if isinstance(got, np.ndarray):
        assert got.flags.writeable


@settings(max_examples=400)
@given(data=st.data())
def test_getitem_is_zarrs(data, tmp_path_factory):
    array = data.draw(stored_arrays(tmp_path_factory.getbasetemp()))
    partial = zp.open(array)
    for _ in range(3):
        key = data.draw(getitem_keys(array.shape), label="key")
        note(f"{partial!r} {key!r}")
        assert_same(outcome(lambda key=key: partial[key]), outcome(lambda key=key: array[key]))
    shutil.rmtree(Path(array.store.root).parent)


@settings(max_examples=200)
@given(data=st.data())
def test_oindex_is_zarrs(data, tmp_path_factory):
    array = data.draw(stored_arrays(tmp_path_factory.getbasetemp()))
    partial = zp.open(array)
    for _ in range(3):
        key = data.draw(oindex_keys(array.shape), label="key")
        note(f"{partial!r} {key!r}")
        assert_same(outcome(lambda key=key: partial.oindex[key]), outcome(lambda key=key: array.oindex[key]))
    shutil.rmtree(Path(array.store.root).parent)


@settings(max_examples=150)
@given(data=st.data())
def test_gather_by_address_and_chunk_wise_loop_agree(data, tmp_path_factory):
    array = data.draw(stored_arrays(tmp_path_factory.getbasetemp()))
    key = data.draw(oindex_keys(array.shape), label="key")
    partial = zp.open(array)
    results = []
    for by_runs in (True, False):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(read, "_prefers_runs", lambda *_, by_runs=by_runs: by_runs)
            results.append(outcome(lambda: partial.oindex[key]))
    assert_same(*results)
    shutil.rmtree(Path(array.store.root).parent)


@settings(max_examples=60)
@given(
    columns=st.integers(1, 300),
    dtype=st.sampled_from(["u1", "<f4", ">f8", "S7", "<c16"]),
    rows=st.integers(1, 60),
    data=st.data(),
)
def test_long_runs_cut_into_pieces_are_zarrs(columns, dtype, rows, data, tmp_path_factory):
    """Wide rows, so that runs are gathered by address as they are, and cut so that NumPy frees the GIL."""
    path = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
    want = values(np.random.default_rng(columns), (400, columns), np.dtype(dtype))
    array = zarr.create_array(path / "a.zarr", data=want, chunks=(rows, columns), compressors=None)
    partial = zp.open(array)
    start = data.draw(st.integers(0, 399))
    stop = data.draw(st.integers(start, 400))
    assert_same(partial[start:stop], array[start:stop])
    index = data.draw(st.lists(st.integers(-400, 399), min_size=1, max_size=300))
    assert_same(partial.oindex[index], array.oindex[index])
    shutil.rmtree(path)
