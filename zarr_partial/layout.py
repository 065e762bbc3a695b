"""Zarr metadata, read once: the chunk grid, the keys, and how to get at the inside of one chunk.

Steps: the outer chunk shape, the result's dtype and fill value, then the codecs from the outside in.
Sources: https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html and …/v3/core/index.html.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from zarr.codecs import BloscCodec, BytesCodec, TransposeCodec
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.types import AnyArray

from zarr_partial.access import Access, Blosc, Raw, Whole

__all__ = ["Layout", "read_layout"]

# numcodecs.blosc: NOSHUFFLE, SHUFFLE, BITSHUFFLE, AUTOSHUFFLE (bit for single bytes, byte otherwise).
NUMCODECS_SHUFFLE = {0: "noshuffle", 1: "shuffle", 2: "bitshuffle", -1: "autoshuffle"}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the metadata of an array say.

    Attributes
    ----------
    shape, dtype
        Of the array, as zarr returns it.
    chunk_shape : tuple of int
        Of the chunks of the outer grid: the shards, where there are shards. Empty where it is not
        regular.
    grid_shape : tuple of int
        Chunks along each axis.
    fill_value : ndarray, 0-d, of `dtype`
        What missing chunks hold.
    access : Raw, Blosc or Whole
        How to get at the inside of one chunk.
    chunk_key : callable
        From chunk coordinates to the chunk's key, relative to the array.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunk_shape: tuple[int, ...]
    grid_shape: tuple[int, ...]
    fill_value: NDArray[Any]
    access: Access
    chunk_key: Callable[[tuple[int, ...]], str]

    @property
    def nchunks(self) -> int:
        """Chunks of the grid, missing ones included."""
        return math.prod(self.grid_shape)

    def coordinates(self, number: int) -> tuple[int, ...]:
        """Return where in the grid the chunk of this number (C order) lies."""
        reversed_coordinates = []
        for count in reversed(self.grid_shape):
            number, index = divmod(number, count)
            reversed_coordinates.append(index)
        return tuple(reversed(reversed_coordinates))

    def number(self, coordinates: tuple[int, ...]) -> int:
        """Return the number (C order) of the chunk at these coordinates; grids may exceed 64 bits."""
        number = 0
        for index, count in zip(coordinates, self.grid_shape, strict=True):
            number = number * count + index
        return number


def read_layout(array: AnyArray) -> Layout:
    """Return the layout of a zarr array of either format; what cannot be addressed is `Whole`."""
    metadata: ArrayV2Metadata | ArrayV3Metadata = array.metadata
    dtype: np.dtype[Any] = metadata.dtype.to_native_dtype()
    if isinstance(metadata, ArrayV2Metadata):
        chunk_shape = metadata.chunks
    else:
        # Only a regular grid has one chunk shape; for sharded arrays it is the shape of a shard.
        chunk_shape = getattr(metadata.chunk_grid, "chunk_shape", ())
    is_regular = len(chunk_shape) == len(array.shape) and 0 not in chunk_shape
    access: Access
    if not _has_fixed_size(dtype):
        access = Whole(f"elements of {dtype} have no fixed size")
    elif not is_regular:
        access = Whole("the chunk grid is not regular")
    elif not array.shape:
        access = Whole("a 0-d array is one element")
    elif isinstance(metadata, ArrayV2Metadata):
        access = _access_v2(metadata, dtype)
    else:
        access = _access_v3(metadata, dtype, chunk_shape)
    fill_value = np.zeros((), dtype=dtype)
    if not isinstance(access, Whole):
        # Zarr v2 allows null, which zarr reads as the default of the data type.
        stored = metadata.fill_value
        fill_value[...] = metadata.dtype.default_scalar() if stored is None else stored
    return Layout(
        shape=array.shape,
        dtype=dtype,
        chunk_shape=chunk_shape if is_regular else (),
        grid_shape=tuple(array._async_array._chunk_grid.grid_shape),
        fill_value=fill_value,
        access=access,
        chunk_key=metadata.encode_chunk_key,
    )


def _has_fixed_size(dtype: np.dtype[Any]) -> bool:
    return not dtype.hasobject and dtype.kind != "T" and dtype.itemsize > 0


def _access_v2(metadata: ArrayV2Metadata, dtype: np.dtype[Any]) -> Access:
    if metadata.filters:
        return Whole(f"filter {_codec_name(metadata.filters[0])!r}")
    axes = tuple(range(len(metadata.chunks)))
    raw = Raw.in_order(metadata.chunks, dtype, axes if metadata.order == "C" else axes[::-1])
    if metadata.compressor is None:
        return raw
    name = _codec_name(metadata.compressor)
    if name != "blosc":
        return Whole(f"compressor {name!r}")
    config = metadata.compressor.get_config()
    return Blosc(raw, config["cname"], NUMCODECS_SHUFFLE.get(config["shuffle"], str(config["shuffle"])))


def _access_v3(metadata: ArrayV3Metadata, dtype: np.dtype[Any], chunk_shape: tuple[int, ...]) -> Access:
    # Axes of the array in the order in which they are stored, slowest first.
    axes = tuple(range(len(chunk_shape)))
    codecs = metadata.codecs
    while isinstance(codecs[0], TransposeCodec):
        transposed, codecs = codecs[0], codecs[1:]
        axes = tuple(axes[int(axis)] for axis in transposed.order)
    serializer, compressors = codecs[0], codecs[1:]
    if type(serializer) is not BytesCodec:
        name = _codec_name(serializer)
        return Whole("shards" if name == "sharding_indexed" else f"codec {name!r}")
    # zarr before 3.4 has an enumeration here.
    endian = getattr(serializer.endian, "value", serializer.endian)
    raw = Raw.in_order(chunk_shape, dtype.newbyteorder(endian) if endian else dtype, axes)
    if not compressors:
        return raw
    blosc = compressors[0]
    if len(compressors) > 1 or type(blosc) is not BloscCodec:
        return Whole(f"codec {_codec_name(compressors[-1])!r}")
    return Blosc(
        raw, getattr(blosc.cname, "value", blosc.cname), getattr(blosc.shuffle, "value", blosc.shuffle)
    )


def _codec_name(codec: Any) -> str:
    """Return the name that the codec has in the metadata."""
    if hasattr(codec, "codec_id"):
        return str(codec.codec_id)
    stored = codec.to_dict()
    return str(stored["name"] if isinstance(stored, dict) else stored)
