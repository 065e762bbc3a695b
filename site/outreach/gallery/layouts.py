"""The layout of a small local Zarr array, from its metadata documents alone.

The checks must run where neither zarr nor NumPy is installed. Facts of the format: Zarr v2 specification,
".zarray"; Zarr v3 core specification, "zarr.json"; the sharding_indexed codec specification.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outreach.errors import OutreachError

MAX_METADATA_BYTES = 64 * 1024
# What every reader of samples decodes, zarrita in the visitors' browsers included. Codecs that turn bytes
# into objects are left out for another reason too: among them is pickle, which runs what it reads.
CODECS = {
    2: ("blosc", "delta", "gzip", "lz4", "shuffle", "zlib", "zstd"),
    3: ("blosc", "bytes", "crc32c", "gzip", "sharding_indexed", "transpose", "zstd"),
}
# Numbers that the gallery's viewer draws, by their names in both formats.
TYPES = {
    2: re.compile(r"[<>|](?:b1|[iu][1248]|f[248])"),
    3: re.compile(r"bool|u?int(?:8|16|32|64)|float(?:16|32|64)"),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """What the metadata of an array say; lengths count elements. `dtype` is as stored."""

    zarr_format: int
    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    shards: tuple[int, ...] | None
    dtype: str
    codecs: tuple[str, ...]
    dims: tuple[str, ...] | None


def read_layout(folder: Path) -> Layout:
    """Return the layout of the array in `folder`.

    Raises
    ------
    OutreachError
        If `folder` holds no array's metadata, or metadata that do not follow the specification.
    """
    version_3, version_2 = folder / "zarr.json", folder / ".zarray"
    if version_3.is_file() == version_2.is_file():
        found = "both" if version_3.is_file() else "neither"
        raise OutreachError(
            f"expected zarr.json or .zarray in it, found {found}; save one array, not a group"
        )
    path = version_3 if version_3.is_file() else version_2
    try:
        data = json.loads(path.read_bytes()[:MAX_METADATA_BYTES])
        zarr_format = 3 if path == version_3 else 2
        layout = layout_of(data, zarr_format)
        if zarr_format == 3:
            _refuse_unknown_codecs(3, list(_names(data["codecs"])))
            _refuse_layered_shards(data["codecs"])
        else:
            used = (*(data.get("filters") or []), *filter(None, [data["compressor"]]))
            _refuse_unknown_codecs(2, [codec["id"] for codec in used])
        _refuse_unshown_type(zarr_format, layout.dtype)
    except (ValueError, RecursionError) as error:
        raise OutreachError(f"expected JSON in {path.name}, found something else; write it again") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise OutreachError(
            f"expected the metadata of a Zarr array in {path.name}, found no usable {error}; write it again"
        ) from error
    return layout


def layout_of(data: dict[str, Any], zarr_format: int) -> Layout:
    """Return what the metadata document `data` says, whatever its codecs.

    Raises
    ------
    OutreachError
        If it is not about an array with equal chunks.
    KeyError, TypeError, AttributeError, IndexError
        If it does not follow the specification.
    """
    return _version_3(data) if zarr_format == 3 else _version_2(data)


def stored_codecs(data: dict[str, Any], zarr_format: int) -> list[tuple[str, dict[str, Any]]]:
    """Return name and settings of each codec in order of encoding, those inside of shards at the end."""
    if zarr_format == 2:
        codecs = [(codec["id"], codec) for codec in data.get("filters") or []]
        if data["order"] == "F":
            codecs.append(("transpose", {"order": "F"}))
        if data["compressor"] is not None:
            codecs.append((data["compressor"]["id"], data["compressor"]))
        return codecs
    outer = [(codec["name"], codec.get("configuration", {})) for codec in data["codecs"]]
    inner = [codec for name, settings in outer if name == "sharding_indexed" for codec in settings["codecs"]]
    return outer + [(codec["name"], codec.get("configuration", {})) for codec in inner]


def _version_2(data: dict[str, Any]) -> Layout:
    codecs = tuple(_codec(*codec) for codec in stored_codecs(data, 2))
    dtype = data["dtype"] if isinstance(data["dtype"], str) else "structured"
    shape, chunks = _lengths(data["shape"]), _lengths(data["chunks"])
    _refuse_other_rank(shape, chunks, "chunks")
    return Layout(2, shape, chunks, None, dtype, codecs, None)


def _version_3(data: dict[str, Any]) -> Layout:
    if data["node_type"] != "array":
        raise OutreachError(f"expected an array, found a {data['node_type']}; save one array")
    grid = data["chunk_grid"]["name"]
    if grid != "regular":
        raise OutreachError(
            f"expected the chunk grid 'regular', found {grid!r}; save the sample with equal chunks"
        )
    shape, outer = _lengths(data["shape"]), _lengths(data["chunk_grid"]["configuration"]["chunk_shape"])
    _refuse_other_rank(shape, outer, "chunk_shape")
    chunks, shards = outer, None
    for codec in data["codecs"]:
        if codec["name"] == "sharding_indexed":
            configuration = codec["configuration"]
            chunks, shards = _lengths(configuration["chunk_shape"]), outer
            _refuse_other_rank(shape, chunks, "chunk_shape of sharding_indexed")
    codecs = tuple(_codec(*codec) for codec in stored_codecs(data, 3))
    dtype = data["data_type"] if isinstance(data["data_type"], str) else data["data_type"]["name"]
    names = data.get("dimension_names")
    dims = tuple(str(name) for name in names) if names and all(names) else None
    return Layout(3, shape, chunks, shards, dtype, codecs, dims)


def _names(codecs: list[dict[str, Any]]) -> Iterator[str]:
    for codec in codecs:
        yield codec["name"]
        if codec["name"] == "sharding_indexed":
            yield from _names(codec["configuration"]["codecs"])
            yield from _names(codec["configuration"]["index_codecs"])


def _refuse_unknown_codecs(zarr_format: int, names: list[str]) -> None:
    known = CODECS[zarr_format]
    for name in names:
        if name not in known:
            expected = f"expected codecs that browsers can decode, {', '.join(known)}"
            raise OutreachError(f"{expected}; found {name!r}; save the sample with one of them")


def _refuse_other_rank(shape: tuple[int, ...], lengths: tuple[int, ...], name: str) -> None:
    if len(lengths) != len(shape):
        expected = f"expected {len(shape)} lengths in {name}, one for each axis"
        raise OutreachError(f"{expected}; found {len(lengths)}; write the metadata again")


def _refuse_layered_shards(codecs: list[dict[str, Any]]) -> None:
    """Browsers read shards that hold chunks, and nothing around them or between."""
    sharding = [codec for codec in codecs if codec["name"] == "sharding_indexed"]
    inner = [codec["name"] for each in sharding for codec in each["configuration"]["codecs"]]
    if sharding and (len(codecs) > 1 or "sharding_indexed" in inner):
        raise OutreachError(
            "expected sharding_indexed as the only codec around the chunks of a sample, found another beside "
            "or inside of it; put the others into its 'codecs', or save the sample without shards"
        )


def _refuse_unshown_type(zarr_format: int, dtype: str) -> None:
    if not TYPES[zarr_format].fullmatch(dtype):
        raise OutreachError(
            f"expected booleans, integers or floats, which the viewer draws, found the data type {dtype!r}; "
            "save the sample as one of them"
        )


def _lengths(value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(length) is int and length > 0 for length in value):
        raise TypeError("lengths")
    return tuple(value)


def _codec(name: str, settings: dict[str, Any]) -> str:
    shown = ("cname", "clevel", "level", "shuffle", "endian", "order")
    parts = [f"{key}={settings[key]}" for key in shown if isinstance(settings.get(key), int | str)]
    return f"{name}({', '.join(parts)})" if parts else name
