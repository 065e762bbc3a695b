"""Strategies for arrays on disk: shapes, grids, data types, fill values and what is stored of them.

`Stored` says all of it in one value, so that a falsifying example prints what to type to get the array.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from hypothesis import strategies as st
from zarr.dtype import VariableLengthBytes

from tests.zarr_partial.conformance.codecs import is_fixed, v2_codecs, v3_codecs

NUMBERS = [
    "bool", "i1", "u1", "<i2", ">i2", "<u2", "<i4", "<u4", ">u4", "<i8", ">i8", "<u8",
    "<f2", ">f2", "<f4", "<f4", ">f4", "<f8", ">f8", "<c8", ">c8", "<c16",
]  # fmt: skip
TIMES = ["<M8[s]", ">M8[ns]", "<m8[25us]", "<M8[D]", ">m8[h]"]
STRINGS = ["S1", "S5", "S300", "<U3", ">U7"]
RECORDS = [
    "V1",
    "V7",
    "V1000",
    [("a", "<i2"), ("b", ">f8")],
    [("a", "u1"), ("n", [("x", "<i4"), ("y", "S3")]), ("t", "<M8[s]")],
    [("v", "V3"), ("u", "<U2"), ("c", ">c8")],
]
STRUCTURED = [dtype for dtype in RECORDS if isinstance(dtype, list)]
VARIABLE = [str, VariableLengthBytes()]
DTYPES = NUMBERS * 3 + TIMES * 2 + STRINGS + RECORDS * 2 + VARIABLE * 2

SEPARATORS = [
    {"name": "default", "separator": "/"},
    {"name": "default", "separator": "."},
    {"name": "v2", "separator": "."},
    {"name": "v2", "separator": "/"},
]

# By number of axes: lengths up to this, in at most this many chunks, so that a case takes milliseconds.
LENGTHS = {1: 60, 2: 16, 3: 8, 4: 5}
CHUNKS = {1: 12, 2: 4, 3: 3, 4: 2}


@dataclass(frozen=True)
class Stored:
    """An array to be written: `options` are those of `zarr.create_array`.

    Attributes
    ----------
    seed : int
        Of the values.
    blank : float
        Share of the chunks, about, that are all fill value.
    lost : float
        Share of the chunk files that are removed afterwards.
    cut : tuple of int
        How much the array is shortened by afterwards, axis by axis.
    """

    shape: tuple[int, ...]
    dtype: Any
    options: dict[str, Any]
    seed: int = 0
    blank: float = 0
    lost: float = 0
    write_empty: bool = False
    cut: tuple[int, ...] = ()

    def values(self, fill):
        """Return the values that are written; `fill` is what missing ones are read as."""
        rng = np.random.default_rng(self.seed)
        values = np.array(some_values(rng, self.shape, self.dtype))
        if self.blank:
            chunks = [max(1, length // 3) for length in self.shape]
            for start in np.ndindex(*(-(-n // m) for n, m in zip(self.shape, chunks, strict=True))):
                if rng.random() < self.blank:
                    at = tuple(slice(i * m, i * m + m) for i, m in zip(start, chunks, strict=True))
                    values[at] = fill
        return values

    def write(self, path):
        """Write the array to `path` and return it, opened again from its metadata."""
        array = zarr.create_array(
            path, shape=self.shape, dtype=self.dtype, config={"write_empty_chunks": self.write_empty},
            **self.options,
        )  # fmt: skip
        null = array.fill_value is None
        array[...] = self.values(array.metadata.dtype.default_scalar() if null else array.fill_value)
        if any(self.cut):
            array.resize(tuple(n - m for n, m in zip(self.shape, self.cut, strict=True)))
        rng = np.random.default_rng(self.seed)
        for file in chunk_files(path):
            if rng.random() < self.lost:
                file.unlink()
        return zarr.open_array(path, mode="r")


def chunk_files(path):
    """Return the files of the array at `path` that hold chunks, sorted."""
    return sorted(file for file in Path(path).rglob("*") if file.is_file() and file.name[0] not in ".z")


@st.composite
def stored_arrays(draw, dtypes=tuple(DTYPES)):
    """A small array of any kind that zarr can write."""
    shape = draw(shapes())
    dtype = draw(st.sampled_from(dtypes))
    if not shape and isinstance(dtype, VariableLengthBytes):
        dtype = str  # zarr cannot write the other
    native = native_dtype(dtype)
    grid = draw(st.sampled_from(["regular"] * 9 + ["sharded"] * 6 + ["rectilinear"] * 4))
    if (grid == "rectilinear" and not any(shape)) or (grid == "sharded" and 0 in shape):
        grid = "regular"
    zarr_format = 3 if grid != "regular" else draw(st.sampled_from([2, 3]))
    # Of a rectilinear grid the smallest chunk divides all others: what divides it divides shards.
    chunks, smallest = draw(rectilinear(shape) if grid == "rectilinear" else regular(shape, grid))
    sharded = grid == "sharded" or (grid == "rectilinear" and draw(st.booleans()))
    options = {"zarr_format": zarr_format, "chunks": chunks}
    if zarr_format == 2:
        options |= draw(v2_codecs(native))
        options["order"] = draw(st.sampled_from("CF"))
        options["chunk_key_encoding"] = {"name": "v2", "separator": draw(st.sampled_from("./"))}
    else:
        options |= draw(v3_codecs(native, smallest, sharded))
        options["chunk_key_encoding"] = draw(st.sampled_from(SEPARATORS))
    fill = draw(st.sampled_from(fills(native, zarr_format)))
    return Stored(
        shape=shape,
        dtype=dtype,
        options=options | {"fill_value": fill},
        seed=draw(st.integers(0, 255)),
        blank=draw(st.sampled_from([0, 0, 0.5])),
        lost=draw(st.sampled_from([0, 0, 0.3, 1])),
        write_empty=draw(st.booleans()),
        # Chunks of a grid may lie beyond the end of the array.
        cut=draw(cuts(shape)) if grid == "rectilinear" else (),
    )


def cuts(shape):
    some = st.tuples(*(st.integers(0, length) for length in shape))
    return st.just((0,) * len(shape)) | some


@st.composite
def shapes(draw):
    ndim = draw(st.sampled_from([0] + [1] * 6 + [2] * 7 + [3] * 4 + [4]))
    if ndim == 0:
        return ()
    shape = [draw(st.integers(1, LENGTHS[ndim])) for _ in range(ndim)]
    # Long or wide enough for chunks of several Blosc blocks.
    if draw(st.sampled_from([False, False, True])):
        shape[0] = draw(st.integers(1, 600 // 4**ndim * 4))
    if draw(st.sampled_from([False] * 15 + [True])):
        shape[draw(st.integers(0, ndim - 1))] = 0
    return tuple(shape)


@st.composite
def regular(draw, shape, grid):
    """Return a chunk shape twice: chunks may be longer than the array, and end beyond it."""
    chunks = []
    for length in shape:
        fewest = max(1, -(-length // CHUNKS[len(shape)]))
        size = draw(st.integers(fewest, length + 3))
        if grid == "sharded":
            size = -(-size // 2) * 2 if draw(st.booleans()) else -(-size // 6) * 6
        chunks.append(size)
    return tuple(chunks), tuple(chunks)


@st.composite
def rectilinear(draw, shape):
    """Return lists of chunk lengths that are multiples of one length per axis, and that length per axis.

    Some axes have chunks of one length, as in a regular grid.
    """
    edges, smallest = [], []
    for length in shape:
        if length == 0 or draw(st.sampled_from([False, False, True])):
            unit = draw(st.integers(max(1, length // CHUNKS[len(shape)]), length + 3))
            edges.append(unit)
            smallest.append(unit)
            continue
        unit = draw(st.sampled_from([d for d in range(1, length + 1) if length % d == 0]))
        cuts = sorted(
            draw(st.sets(st.integers(1, length // unit), max_size=6 // len(shape))) | {length // unit}
        )
        edges.append([(b - a) * unit for a, b in zip([0, *cuts], cuts, strict=False)])
        smallest.append(unit)
    return edges, tuple(smallest)


def native_dtype(dtype):
    """Return the NumPy type of what `create_array` takes as a type."""
    if dtype is str:
        return np.dtypes.StringDType()
    return dtype.to_native_dtype() if isinstance(dtype, VariableLengthBytes) else np.dtype(dtype)


def fills(dtype, zarr_format):
    """Return fill values: the default, one of the values, extremes, and null where the format has it."""
    if dtype.kind == "T":
        return ["", "é", "empty"]
    if dtype.hasobject:
        return [b"", b"nothing"]
    some = some_values(np.random.default_rng(7), (1,), dtype)[0]
    null = [None] if zarr_format == 2 else []
    if dtype.kind == "f":
        return [dtype.type(0), some, np.nan, -np.inf, -0.0, *null]
    if dtype.kind == "c":
        return [dtype.type(0), some, complex(np.nan, -0.0), complex(np.inf, np.nan), *null]
    if dtype.kind in "iu":
        return [dtype.type(0), some, np.iinfo(dtype).max, np.iinfo(dtype).min, *null]
    if dtype.kind in "mM":
        return [some, np.array("NaT", dtype)[()], *null]
    return [np.zeros((), dtype)[()], some, *null]


def some_values(rng, shape, dtype):
    """Return values with repeats, so that codecs compress some blocks and store others."""
    if dtype is str:
        return rng.choice(np.array(["", "a", "two words", "Zürich", "∅" * 9], np.dtypes.StringDType()), shape)
    if isinstance(dtype, VariableLengthBytes):
        values = np.empty(shape, object)
        for at in np.ndindex(*shape):
            values[at] = b"\x00x" * int(rng.integers(0, 5))
        return values
    dtype = np.dtype(dtype)
    if dtype.names:
        values = np.zeros(shape, dtype)
        for name in dtype.names:
            values[name] = some_values(rng, shape, dtype[name])
        return values
    if dtype.kind == "V":
        count = int(np.prod(shape)) * dtype.itemsize
        return np.frombuffer(rng.integers(0, 4, count).astype("u1").tobytes(), dtype).reshape(shape).copy()
    if dtype.kind in "mM":
        return rng.integers(-(2**31), 2**31, shape).astype("i8").astype(dtype)
    if dtype.kind == "c":
        return (rng.integers(0, 50, shape) + 1j * rng.integers(0, 3, shape)).astype(dtype)
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "SU":
        return rng.integers(0, 1000, shape).astype(dtype)
    spread = rng.choice([2, 100])
    values = rng.integers(0, spread, shape).astype(dtype)
    return values / dtype.type(4) if dtype.kind == "f" else values


__all__ = ["DTYPES", "STRUCTURED", "Stored", "chunk_files", "is_fixed", "native_dtype", "stored_arrays"]
