"""Strategies for arrays of every access, laid out in ways that the oracle knows, and for keys into them."""

import itertools
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import zarr
from hypothesis import strategies as st
from numcodecs import Blosc, GZip
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)

from tests.zarr_partial.explaining.oracle import Stored

DTYPES = ["u1", "<i2", "<f4", ">f8", "S3"]
CNAMES = ["lz4", "zstd", "blosclz", "zlib"]


@st.composite
def arrays(draw, folder):
    """Return an array on disk, with edge and missing chunks, and how it is stored."""
    ndim = draw(st.integers(1, 3), label="ndim")
    # Up to some hundred elements: the oracle goes through them one by one.
    shape = tuple(draw(st.integers(1, {1: 300, 2: 24, 3: 9}[ndim])) for _ in range(ndim))
    dtype = np.dtype(draw(st.sampled_from(DTYPES)))
    leaf = tuple(draw(st.integers(1, n + 2)) for n in shape)
    codec = draw(st.sampled_from(["raw", "blosc", "blosc", "whole"]))
    if draw(st.sampled_from([True, False, False])):
        order = draw(st.sampled_from("CF"))
        options = {"zarr_format": 2, "order": order, "chunks": leaf, "filters": None}
        options["compressors"] = draw(compressors_v2(codec, dtype))
        axes = tuple(range(ndim)) if order == "C" else tuple(reversed(range(ndim)))
        stored = Stored((leaf,), codec, axes)
    else:
        options, stored = draw(options_v3(ndim, dtype, leaf, codec))
    path = Path(tempfile.mkdtemp(dir=folder), "a.zarr")
    if options["zarr_format"] == 3 and draw(st.sampled_from([True, False, False])):
        stored = replace(stored, edges=draw(edges(shape, stored.levels[0])))
        options["chunks"] = stored.edges
    # zarr writes no chunks beyond the end of an array, but leaves them there.
    full = tuple(map(sum, stored.edges)) or shape
    array = zarr.create_array(path, shape=full, dtype=dtype, fill_value=draw(fills(dtype)), **options)
    array.resize(shape)
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    array[...] = values(rng, shape, dtype, draw(st.sampled_from([2, 50, 256])))
    blank_some(array, stored, draw(st.sampled_from([0, 0, 0.3, 1])), rng)
    return array, stored


@st.composite
def edges(draw, shape, unit):
    """Return sizes of chunks that are multiples of `unit` and reach to the end of an array, or beyond."""
    axes = []
    for length, size in zip(shape, unit, strict=True):
        sizes = []
        while sum(sizes) < length:
            sizes.append(size * draw(st.integers(1, 3)))
        axes.append(tuple(sizes))
    return tuple(axes)


@st.composite
def options_v3(draw, ndim, dtype, leaf, codec):
    depth = draw(st.sampled_from([0, 1, 1, 2]))
    levels = [leaf]
    for _ in range(depth):
        levels.insert(0, tuple(size * draw(st.integers(1, 3)) for size in levels[0]))
    outer_order = draw(orders(levels))
    inner_order = draw(st.permutations(range(ndim))) if depth and draw(st.booleans()) else None
    # Inside of a transposition, codecs see the axes in their stored order.
    index_axes = tuple(outer_order or range(ndim))
    axes = tuple(index_axes[axis] for axis in inner_order or range(ndim))
    inner = [BytesCodec(), *draw(compressors_v3(codec, dtype))]
    if inner_order:
        inner.insert(0, TransposeCodec(order=inner_order))
    at_start = draw(st.booleans())
    for shape in reversed(levels[1:]):
        seen = tuple(shape[axis] for axis in index_axes)
        location = "start" if at_start else "end"
        inner = [ShardingCodec(chunk_shape=seen, codecs=inner, index_location=location)]
    serializer, *compressors = inner
    options = {
        "zarr_format": 3,
        "chunks": levels[0],
        "filters": [TransposeCodec(order=outer_order)] if outer_order else [],
        "serializer": serializer,
        "compressors": compressors,
    }
    return options, Stored(tuple(levels), codec, axes, index_axes, at_start)


def orders(levels):
    """Return orders of axes that zarr takes around shards: it divides their shapes as they stand, too."""
    fitting = [
        order
        for order in itertools.permutations(range(len(levels[0])))
        if all(
            size % inner[axis] == 0
            for outer, inner in itertools.pairwise(levels)
            for size, axis in zip(outer, order, strict=True)
        )
    ]
    return st.none() | st.sampled_from(fitting)


def compressors_v2(codec, dtype):
    if codec == "raw":
        return st.none()
    if codec == "whole":
        return st.just(GZip(1))
    return st.builds(
        Blosc,
        cname=st.sampled_from(CNAMES),
        clevel=st.sampled_from([0, 1, 5]),
        shuffle=st.sampled_from([0, 1, 2]),
        blocksize=st.sampled_from([0, 128, 128, 256]),
    )


def compressors_v3(codec, dtype):
    if codec == "raw":
        return st.just([])
    if codec == "whole":
        return st.sampled_from([[ZstdCodec()], [GzipCodec()], [Crc32cCodec()], [ZstdCodec(), Crc32cCodec()]])
    return st.builds(
        lambda **options: [BloscCodec(typesize=dtype.itemsize, **options)],
        cname=st.sampled_from(CNAMES),
        clevel=st.sampled_from([0, 1, 5]),
        shuffle=st.sampled_from(["noshuffle", "shuffle", "bitshuffle"]),
        blocksize=st.sampled_from([0, 128, 128, 256]),
    )


def fills(dtype):
    return st.sampled_from([b"", b"ab"] if dtype.kind == "S" else [0, 1])


def values(rng, shape, dtype, different):
    numbers = rng.integers(0, min(different, 127 if dtype == "i1" else 256), shape)
    return numbers.astype(dtype)


def blank_some(array, stored, share, rng):
    """Make some leaves all fill value, so that zarr stores none; remove the files of others."""
    # Where chunks have several shapes, these are parts of some of them.
    leaf = stored.levels[-1]
    counts = [-(-n // size) for n, size in zip(array.shape, leaf, strict=True)]
    for at in np.ndindex(*counts):
        if rng.random() < share / 2:
            array[tuple(slice(n * size, (n + 1) * size) for n, size in zip(at, leaf, strict=True))] = (
                array.fill_value
            )
    root = Path(array.store.root, array.path)
    for path in sorted(path for path in root.rglob("*") if path.is_file() and path.name[0] not in ".z"):
        if rng.random() < share / 2:
            path.unlink()


@st.composite
def keys(draw, shape):
    """Return a key of `array[key]`, and a function that takes the same from a NumPy array."""
    kind = draw(st.sampled_from(["basic", "basic", "orthogonal", "points", "mask"]))
    if kind == "mask":
        mask = np.random.default_rng(draw(st.integers(0, 99))).random(shape) < draw(st.floats(0, 1))
        return mask, lambda numbers: numbers[mask]
    if kind == "points":
        count = draw(st.integers(1, 30))
        at = [draw(st.lists(st.integers(-n, n - 1), min_size=count, max_size=count)) for n in shape]
        vectors = tuple(np.array(vector) for vector in at)
        return (vectors if len(shape) > 1 else vectors[0]), lambda numbers: numbers[vectors]
    entries = [draw(slices(n) | st.integers(-n, n - 1)) for n in shape]
    if kind == "orthogonal":
        axis = draw(st.integers(0, len(shape) - 1))
        entries = [slice(entry, entry + 1 or None) if isinstance(entry, int) else entry for entry in entries]
        entries[axis] = draw(index_arrays(shape[axis]))
    return tuple(entries), lambda numbers: numbers[tuple(entries)]


def slices(n):
    bound = st.none() | st.integers(-n, n)
    return st.builds(slice, bound, bound, st.none() | st.integers(1, 5))


def index_arrays(n):
    some = st.lists(st.integers(-n, n - 1), min_size=1, max_size=20)
    mask = st.lists(st.booleans(), min_size=n, max_size=n).map(np.array)
    return some | some.map(np.array) | mask
