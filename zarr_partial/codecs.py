"""The codecs in the metadata of an array -> the access tree of one chunk.

Only codecs that come with zarr or numcodecs are taken apart, and only where all that they do is known;
everything else is `Whole` without decoders, which leaves the array to zarr.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from zarr.codecs import (
    BloscCodec,
    BytesCodec,
    Crc32cCodec,
    GzipCodec,
    ShardingCodec,
    TransposeCodec,
    ZstdCodec,
)
from zarr.codecs._v2 import V2Codec
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata

from zarr_partial.access import Access, Blosc, BloscFrames, Raw, Shard, Whole
from zarr_partial.access.decoders import Checksum, Decoder, Filter, Lz4, Streamed, Zstd

__all__ = ["access_of_codecs", "read_access"]

# numcodecs.blosc: NOSHUFFLE, SHUFFLE, BITSHUFFLE, AUTOSHUFFLE (bit for single bytes, byte otherwise).
NUMCODECS_SHUFFLE = {0: "noshuffle", 1: "shuffle", 2: "bitshuffle", -1: "autoshuffle"}
NUMCODECS_CHECKSUMS = {"crc32", "crc32c", "adler32", "fletcher32", "jenkins_lookup3"}


def read_access(
    metadata: ArrayV2Metadata | ArrayV3Metadata,
    dtype: np.dtype[Any],
    chunk_shape: tuple[int, ...],
    *,
    verify: bool,
) -> Access:
    """Return how to get at the inside of a chunk of `chunk_shape`; without `verify`, past its crc32c."""
    axes = tuple(range(len(chunk_shape)))
    if isinstance(metadata, ArrayV2Metadata):
        raw = Raw.in_order(chunk_shape, dtype, axes if metadata.order == "C" else axes[::-1])
        return _over_raw_v2(metadata, raw)
    return _access_v3(metadata.codecs, dtype, chunk_shape, axes, verify=verify)


def access_of_codecs(
    codecs: Sequence[Any], dtype: np.dtype[Any], chunk_shape: tuple[int, ...], order: str
) -> Access:
    """Return what `read_access` returns, from the codecs of a pipeline of zarr; `order` is that of format 2.

    Of an array of format 2 there is one codec, which holds the filters and the compressor.
    """
    axes = tuple(range(len(chunk_shape)))
    if type(codecs[0]) is V2Codec:
        raw = Raw.in_order(chunk_shape, dtype, axes if order == "C" else axes[::-1])
        return _over_raw_v2(codecs[0], raw)
    return _access_v3(tuple(codecs), dtype, chunk_shape, axes, verify=True)


def _over_raw_v2(metadata: ArrayV2Metadata | V2Codec, raw: Raw) -> Access:
    filters, compressor = metadata.filters or (), metadata.compressor
    if compressor is None and not filters:
        return raw
    if compressor is not None and not filters and _numcodecs_name(compressor) == "blosc":
        config: dict[str, Any] = compressor.get_config()
        shuffle = config["shuffle"]
        return Blosc(raw, config["cname"], NUMCODECS_SHUFFLE.get(shuffle, str(shuffle)))
    first = f"filter {_codec_name(filters[0])!r}" if filters else f"compressor {_codec_name(compressor)!r}"
    codecs = [*filters, *([compressor] if compressor is not None else [])]
    return _whole(first, raw, [_decoder_v2(codec) for codec in codecs])


def _access_v3(
    codecs: tuple[Any, ...],
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    axes: tuple[int, ...],
    *,
    verify: bool,
) -> Access:
    """Return the access of chunks of `shape`; `axes` are the array's, in the order that the codecs see."""
    while type(codecs[0]) is TransposeCodec:
        transposed, codecs = codecs[0], codecs[1:]
        axes = tuple(axes[int(axis)] for axis in transposed.order)
    serializer, others = codecs[0], codecs[1:]
    if type(serializer) is ShardingCodec and not others:
        return _shard(serializer, dtype, shape, axes, verify=verify)
    if type(serializer) is not BytesCodec:
        blocking = others[0] if type(serializer) is ShardingCodec else serializer
        return Whole(f"codec {_codec_name(blocking)!r}")
    endian = _value(serializer.endian)
    raw = Raw.in_order(shape, dtype.newbyteorder(endian) if endian else dtype, axes)
    checksums = 0
    if not verify:
        while others and type(others[-1]) is Crc32cCodec:
            checksums, others = checksums + 1, others[:-1]
    if not others:
        return Raw(raw.shape, raw.dtype, raw.strides, trailer_nbytes=4 * checksums)
    if len(others) == 1 and type(others[0]) is BloscCodec:
        # A Blosc header says where its chunk ends, so a checksum behind it is in nobody's way.
        return Blosc(raw, _value(others[0].cname), _value(others[0].shuffle))
    decoders = [_decoder_v3(codec, verify=verify) for codec in others]
    return _whole(
        f"codec {_codec_name(others[-1])!r}", raw, [*decoders, *[Checksum(verify=False)] * checksums]
    )


def _shard(
    codec: ShardingCodec, dtype: np.dtype[Any], shape: tuple[int, ...], axes: tuple[int, ...], *, verify: bool
) -> Access:
    index_codecs: tuple[Any, ...] = codec.index_codecs
    checksums = len(index_codecs) - 1
    plain = type(index_codecs[0]) is BytesCodec and all(type(c) is Crc32cCodec for c in index_codecs[1:])
    if not plain:
        return Whole(f"index codec {_codec_name(index_codecs[0])!r}")
    inner_shape = [0] * len(shape)
    strides = [0] * len(shape)
    step = 1
    for axis, size in reversed(list(zip(axes, codec.chunk_shape, strict=True))):
        inner_shape[axis] = size
        strides[axis] = step
        step *= shape[axis] // size
    inner = _access_v3(codec.codecs, dtype, tuple(inner_shape), axes, verify=verify)
    if isinstance(inner, Whole) and inner.raw is None:
        return Whole(f"{inner.reason} inside of shards")
    return Shard(
        inner=inner,
        counts=tuple(outer // size for outer, size in zip(shape, inner_shape, strict=True)),
        strides=tuple(strides),
        at_start=_value(codec.index_location) == "start",
        is_big_endian=_value(index_codecs[0].endian) == "big",
        checksums=checksums,
        verify=verify,
    )


def _whole(reason: str, raw: Raw, decoders: list[Decoder | None]) -> Whole:
    """Return a whole access, with decoders if all are known and every length between them is."""
    known = [decoder for decoder in decoders if decoder is not None]
    # Every length must be known from the elements on, or from the stored bytes on.
    compressors = [at for at, decoder in enumerate(known) if decoder.encoded_nbytes(raw.nbytes) is None]
    if len(known) < len(decoders) or len(compressors) > 1:
        return Whole(reason)
    return Whole(reason, raw, tuple(known))


def _decoder_v3(codec: Any, *, verify: bool) -> Decoder | None:
    kind = type(codec)
    if kind is ZstdCodec:
        return Zstd()
    if kind is GzipCodec:
        return Streamed("gzip")
    if kind is Crc32cCodec:
        return Checksum(verify)
    if kind is BloscCodec:
        return BloscFrames()
    name = _codec_name(codec)
    if kind.__module__.startswith(("zarr.codecs.numcodecs", "numcodecs.zarr3")):
        return _decoder(name.removeprefix("numcodecs."), codec.to_dict()["configuration"], codec)
    return None


def _decoder_v2(codec: Any) -> Decoder | None:
    name = _numcodecs_name(codec)
    return _decoder(name, codec.get_config(), codec) if name else None


def _decoder(name: str, config: dict[str, Any], codec: Any) -> Decoder | None:
    """Return the decoder of a numcodecs codec, or None for one that is not known."""
    if name in {"zlib", "gzip", "bz2"}:
        return Streamed(name)
    if name == "lzma":
        return Streamed(name, config.get("format", 1), config.get("filters"))
    if name == "zstd":
        return Zstd()
    if name == "lz4":
        return Lz4()
    if name == "blosc":
        return BloscFrames()
    codec = getattr(codec, "_codec", codec)  # what zarr's wrapper for v3 wraps
    if name in NUMCODECS_CHECKSUMS:
        return Filter(name, codec, trailer_nbytes=4)
    if name in {"shuffle", "bitround"}:
        return Filter(name, codec) if name == "bitround" or config.get("elementsize") else None
    if name in {"delta", "fixedscaleoffset", "quantize"}:
        decoded, encoded = config["dtype"], config.get("astype") or config["dtype"]
    elif name == "astype":
        decoded, encoded = config["decode_dtype"], config["encode_dtype"]
    else:
        return None
    return Filter(name, codec, np.dtype(decoded).itemsize, np.dtype(encoded).itemsize)


def _numcodecs_name(codec: Any) -> str:
    """Return the id of a codec of numcodecs itself, or an empty string for another's of that name."""
    return str(codec.codec_id) if type(codec).__module__.startswith("numcodecs.") else ""


def _codec_name(codec: Any) -> str:
    """Return the name that the codec has in the metadata."""
    if hasattr(codec, "codec_id"):
        return str(codec.codec_id)
    stored = codec.to_dict()
    return str(stored["name"] if isinstance(stored, dict) else stored)


def _value(setting: Any) -> Any:
    """Return the text of a setting that is an enumeration in zarr before 3.4."""
    return getattr(setting, "value", setting)
