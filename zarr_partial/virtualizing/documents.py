"""The metadata documents of an array in virtual chunks: those of the source, with other chunks.

Attributes, names of dimensions, fill value, data type, and what nobody here knows stay as they are.
"""

import json
from typing import Any, Literal

from zarr.codecs import BytesCodec, TransposeCodec
from zarr.core.buffer import default_buffer_prototype
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.dtype import parse_dtype
from zarr.types import AnyArray

from zarr_partial.access import Raw
from zarr_partial.codecs import read_access
from zarr_partial.errors import VirtualChunksError
from zarr_partial.virtualizing.presenting import Making, Presentation

__all__ = [
    "Documents",
    "array_documents",
    "documents_of",
    "in_format_2",
    "in_format_3",
    "virtual_metadata",
]

type Documents = dict[str, bytes]

DIMENSIONS = "_ARRAY_DIMENSIONS"  # where Xarray keeps the names of dimensions in format 2
Metadata = ArrayV2Metadata | ArrayV3Metadata


def documents_of(metadata: Metadata, path: str) -> Documents:
    """Return every document of a store that holds an array at `path`, with the groups that it is in."""
    found = {f"{path}/{key}" if path else key: value for key, value in array_documents(metadata).items()}
    parts = path.split("/") if path else []
    for depth in range(len(parts)):
        prefix = "".join(f"{part}/" for part in parts[:depth])
        if isinstance(metadata, ArrayV2Metadata):
            found[f"{prefix}.zgroup"] = _json({"zarr_format": 2})
        else:
            group = {"zarr_format": 3, "node_type": "group", "attributes": {}}
            found[f"{prefix}zarr.json"] = _json(group)
    return found


def array_documents(metadata: Metadata) -> Documents:
    """Return the documents of an array, by key."""
    return {
        key: value.to_bytes() for key, value in metadata.to_buffer_dict(default_buffer_prototype()).items()
    }


def virtual_metadata(array: AnyArray, presentation: Presentation) -> Metadata:
    """Return the metadata of `array` with the virtual chunks in place of its own."""
    metadata: Metadata = array.metadata
    chunks = list(presentation.chunks)
    if isinstance(metadata, ArrayV2Metadata):
        return _changed_v2(metadata, {"chunks": chunks})
    document = json.loads(array_documents(metadata)["zarr.json"])
    codecs = document["codecs"]
    for _ in range(presentation.depth):
        at = next(number for number, codec in enumerate(codecs) if codec["name"] == "sharding_indexed")
        # What transposes shards transposes their inner chunks.
        codecs = codecs[:at] + codecs[at]["configuration"]["codecs"]
    if presentation.making is not Making.AS_STORED:
        # A checksum is that of the whole chunk. Such chunks are cut only where none is compared.
        codecs = [codec for codec in codecs if codec["name"] != "crc32c"]
    grid = {"name": "regular", "configuration": {"chunk_shape": chunks}}
    return ArrayV3Metadata.from_dict(document | {"codecs": codecs, "chunk_grid": grid})


def in_format_2(metadata: Metadata, array: AnyArray, presentation: Presentation) -> ArrayV2Metadata:
    """Return the metadata of the virtual array in format 2; its chunks stay the bytes that they are.

    There are points between the numbers in keys, as Parquet references have them.

    Raises
    ------
    VirtualChunksError
        If format 2 cannot say what the chunks are.
    """
    if isinstance(metadata, ArrayV2Metadata):
        return _changed_v2(metadata, {"dimension_separator": "."})
    return _as_v2(metadata, _stored_raw(array, presentation), presentation.chunks)


def in_format_3(metadata: Metadata, array: AnyArray, presentation: Presentation) -> ArrayV3Metadata:
    """Return the metadata of the virtual array in format 3; its chunks stay the bytes that they are.

    Raises
    ------
    VirtualChunksError
        If format 3 cannot say what the chunks are, or this does not know how.
    """
    if isinstance(metadata, ArrayV3Metadata):
        return metadata
    return _as_v3(metadata, _stored_raw(array, presentation), presentation.chunks)


def _stored_raw(array: AnyArray, presentation: Presentation) -> Raw:
    """Return how elements lie in the bytes of a virtual chunk; shape and strides are the leaf's."""
    layout = presentation.layout
    access: object = presentation.division.raw or layout.leaf
    if not layout.shape:
        access = read_access(array.metadata, layout.dtype, (), verify=True)
    is_stored = presentation.making is Making.AS_STORED
    if not isinstance(access, Raw) or (is_stored and access.trailer_nbytes):
        ours = array.metadata.zarr_format
        raise VirtualChunksError(
            f"expected uncompressed chunks, whose bytes format {5 - ours} has, too, found an array of "
            f"Zarr format {ours} with codecs; write references of its own format by to_json"
        )
    return access


def _changed_v2(metadata: ArrayV2Metadata, changes: dict[str, Any]) -> ArrayV2Metadata:
    documents = array_documents(metadata)
    attributes = json.loads(documents.get(".zattrs", b"{}"))
    return ArrayV2Metadata.from_dict(json.loads(documents[".zarray"]) | {"attributes": attributes} | changes)


def _as_v2(metadata: ArrayV3Metadata, raw: Raw, chunks: tuple[int, ...]) -> ArrayV2Metadata:
    order = raw.order if len(raw.shape) > 1 else "C"
    if order not in ("C", "F"):
        raise VirtualChunksError(
            f"expected chunks in C or F order, the two that Zarr format 2 has, found {order}; "
            "write references of format 3 with to_json"
        )
    attributes = dict(metadata.attributes)
    names = metadata.dimension_names
    if names is not None and None not in names:
        attributes[DIMENSIONS] = list(names)
    return ArrayV2Metadata(
        shape=metadata.shape,
        dtype=parse_dtype(raw.dtype, zarr_format=2),
        chunks=chunks,
        fill_value=metadata.fill_value,
        order="F" if order == "F" else "C",
        attributes=attributes,
    )


def _as_v3(metadata: ArrayV2Metadata, raw: Raw, chunks: tuple[int, ...]) -> ArrayV3Metadata:
    native = raw.dtype.newbyteorder("<")
    endian: Literal["little", "big"] = "little" if native == raw.dtype else "big"
    if endian == "big" and raw.dtype.newbyteorder(">") != raw.dtype:
        raise VirtualChunksError(
            "expected elements of one byte order, which Zarr format 3 has for all of them, found "
            f"{raw.dtype}; write references of format 2 with to_json or to_parquet"
        )
    filters = [] if raw.is_c_order else [TransposeCodec(order=tuple(range(len(chunks)))[::-1])]
    attributes = dict(metadata.attributes)
    names = attributes.pop(DIMENSIONS, None)
    fill_value: Any = metadata.fill_value
    return ArrayV3Metadata(
        shape=metadata.shape,
        data_type=parse_dtype(native, zarr_format=3),
        chunk_grid={"name": "regular", "configuration": {"chunk_shape": chunks}},
        chunk_key_encoding={"name": "default", "configuration": {"separator": "/"}},
        fill_value=metadata.dtype.default_scalar() if fill_value is None else fill_value,
        codecs=[*filters, BytesCodec(endian=endian if raw.dtype.itemsize > 1 else None)],
        attributes=attributes,
        dimension_names=names if isinstance(names, list) and len(names) == len(metadata.shape) else None,
    )


def _json(document: dict[str, Any]) -> bytes:
    return json.dumps(document).encode()
