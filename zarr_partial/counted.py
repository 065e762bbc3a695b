"""Elements of variable length, which zarr decodes: a chunk must hold as many as the metadata say.

A chunk of the codecs `vlen-utf8` and `vlen-bytes` begins with the number of its elements (u32,
little-endian: https://numcodecs.readthedocs.io/en/stable/vlen.html). zarr makes room for that many before
it looks at any: for a damaged chunk, gigabytes. The number lies behind compressors and inside of shards, so
only the codecs themselves see it in time; these compare it, and leave the rest to those they stand for.
"""

import math
from dataclasses import replace
from typing import Any

import numcodecs
import zarr
from numcodecs.abc import Codec
from zarr.codecs import ShardingCodec
from zarr.codecs import vlen_utf8 as zarrs
from zarr.core.metadata import ArrayV2Metadata
from zarr.types import AnyArray

__all__ = ["with_counts_compared"]

COUNT_NBYTES = 4


def with_counts_compared(array: AnyArray) -> AnyArray:
    """Return `array` with codecs that compare the number of elements first, if it has such codecs.

    Their error is a ValueError, as codecs raise it; whoever knows the chunk names it.
    """
    metadata = array.metadata
    changed: Any
    if isinstance(metadata, ArrayV2Metadata):
        filters = metadata.filters or ()
        # Only the first filter gives back the elements themselves.
        if not filters or type(filters[0]) not in COMPARED_V2:
            return array
        first = COMPARED_V2[type(filters[0])](math.prod(metadata.chunks))
        changed = replace(metadata, filters=(first, *filters[1:]))
    else:
        codecs = _compared(metadata.codecs)
        if codecs is metadata.codecs:
            return array
        changed = replace(metadata, codecs=codecs)
    return zarr.Array(zarr.AsyncArray(metadata=changed, store_path=array.store_path, config=array.config))


def _compared(codecs: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return codecs in which those of variable length, also within shards, compare; the same if none does."""
    found = tuple(map(_compared_one, codecs))
    return codecs if all(a is b for a, b in zip(found, codecs, strict=True)) else found


def _compared_one(codec: Any) -> Any:
    if type(codec) is ShardingCodec:
        inner = _compared(codec.codecs)
        return codec if inner is codec.codecs else replace(codec, codecs=inner)
    return COMPARED[type(codec)]() if type(codec) in COMPARED else codec


def _compare(data: Any, expected: int) -> None:
    begin = bytes(memoryview(data).cast("B")[:COUNT_NBYTES])
    found = int.from_bytes(begin, "little")
    # What is shorter than a number is the codec's own to refuse.
    if len(begin) == COUNT_NBYTES and found != expected:
        raise ValueError(f"expected {expected} elements, and its first {COUNT_NBYTES} bytes say {found}")


class _Compares:
    """The part that codecs of Zarr v3 have in common; goes before the codec of zarr."""

    def _decode_sync(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
        _compare(chunk_bytes.as_numpy_array(), math.prod(chunk_spec.shape))
        return super()._decode_sync(chunk_bytes, chunk_spec)  # type: ignore[misc]

    async def _decode_single(self, chunk_bytes: Any, chunk_spec: Any) -> Any:
        _compare(chunk_bytes.as_numpy_array(), math.prod(chunk_spec.shape))
        return await super()._decode_single(chunk_bytes, chunk_spec)  # type: ignore[misc]


# zarr knows the codec of strings by the name of its class.
class VLenUTF8Codec(_Compares, zarrs.VLenUTF8Codec):
    """`vlen-utf8` of Zarr v3."""


class VLenBytesCodec(_Compares, zarrs.VLenBytesCodec):
    """`vlen-bytes` of Zarr v3."""


class _ComparesV2(Codec):  # type: ignore[misc]
    """The part that filters of Zarr v2 have in common; goes before the codec of numcodecs.

    Parameters
    ----------
    count : int
        Elements of a chunk.
    """

    def __init__(self, count: int) -> None:
        super().__init__()
        self._count = count

    def decode(self, buf: Any, out: Any = None) -> Any:
        _compare(buf, self._count)
        return super().decode(buf, out)


class VLenUTF8(_ComparesV2, numcodecs.VLenUTF8):  # type: ignore[misc]
    """`vlen-utf8` of Zarr v2."""


class VLenBytes(_ComparesV2, numcodecs.VLenBytes):  # type: ignore[misc]
    """`vlen-bytes` of Zarr v2."""


COMPARED = {zarrs.VLenUTF8Codec: VLenUTF8Codec, zarrs.VLenBytesCodec: VLenBytesCodec}
COMPARED_V2 = {numcodecs.VLenUTF8: VLenUTF8, numcodecs.VLenBytes: VLenBytes}
