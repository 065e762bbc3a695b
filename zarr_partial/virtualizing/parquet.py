"""References in a folder of Parquet files, written by fsspec and Kerchunk; whole or not there at all.

Source of the format: https://fsspec.github.io/kerchunk/spec.html#parquet-references. A file holds the
references of `record_size` virtual chunks that follow each other in C order.
"""

import json
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.core.array_spec import parse_array_config
from zarr.core.buffer import default_buffer_prototype
from zarr.core.metadata import ArrayV2Metadata
from zarr.storage import MemoryStore, StorePath

from zarr_partial.errors import VirtualChunksError
from zarr_partial.progress import Report
from zarr_partial.virtualizing.addresses import address_of
from zarr_partial.virtualizing.documents import documents_of, in_format_2
from zarr_partial.virtualizing.exporting import as_by_umask, counting, target_of
from zarr_partial.virtualizing.references import Batch, batches
from zarr_partial.virtualizing.shown import Shown
from zarr_partial.words import format_bytes

__all__ = ["write_parquet"]

# Parquet references cannot hold an array at the root.
DEFAULT_NAME = "data"
MARK = ".zmetadata"
# With pandas 3, fsspec takes a reference that is missing in a file for one to "nan". So missing chunks
# of a file that holds others are written as what they are read as, up to so many bytes.
MOST_INLINED_NBYTES = 1 << 26


def write_parquet(
    shown: Shown,
    path: str | os.PathLike[str],
    url: str | None,
    record_size: int,
    progress: Report | bool | None,
) -> int:
    """Write references to a folder of Parquet files, one by one; return how many chunks they are of."""
    mapper = _parquet_mapper()
    if record_size < 1:
        raise ValueError(f"expected record_size to be at least 1, found {record_size}; leave it out")
    target = target_of(path, shown)
    if set("{}") & set(str(target)):
        # fsspec takes them for places of its own, finds no file, and every chunk for missing.
        raise VirtualChunksError(
            f"expected a path without braces, which readers of Parquet references misread, found {target}; "
            "choose another path"
        )
    metadata = in_format_2(shown.metadata, shown.array, shown.presentation)
    name = shown.path or DEFAULT_NAME
    report = counting(progress)
    address = address_of(shown.array, url)
    try:
        address("").encode()
    except UnicodeEncodeError as error:
        raise VirtualChunksError(
            f"expected an address in UTF-8 for references in Parquet, found {address('')}; rename its "
            "folder, say by url= where readers find it, or write to_json"
        ) from error
    count = 0
    with _replacing_folder(target) as folder, warnings.catch_warnings():
        # Readers expect the files of fastparquet, which Kerchunk writes with; pandas would have another.
        warnings.filterwarnings("ignore", "The 'fastparquet' engine is deprecated")
        out = mapper.create(root=str(folder), record_size=record_size)
        for key, text in documents_of(metadata, name).items():
            out[key] = text
        for record, batch in enumerate(batches(shown, record_size)):
            count += len(batch.keys)
            if batch.keys:
                _put(out, name, batch, address)
                missing = batch.missing.tolist()
                fill = _fill(len(missing), shown, metadata) if missing else b""
                for at in missing:
                    out[_key(name, at)] = fill
                if len(batch.keys) + len(missing) < record_size:
                    # Full ones it has written by itself.
                    out.write(name, record)
            if report is not None:
                report(batch.done, shown.presentation.grid.nchunks)
        out.flush()
    return count


def _put(out: Any, name: str, batch: Batch, address: Callable[[str], str]) -> None:
    ranges = zip(batch.keys, batch.offsets.tolist(), batch.lengths.tolist(), strict=True)
    for at, (key, offset, nbytes) in zip(batch.coordinates.tolist(), ranges, strict=True):
        out[_key(name, at)] = [address(key), offset, nbytes]


def _key(name: str, at: list[int]) -> str:
    return f"{name}/{'.'.join(map(str, at)) or '0'}"


def _parquet_mapper() -> Any:
    """Return what writes Parquet references, which imports what it needs only when it writes the first."""
    try:
        import fastparquet  # noqa: F401
        import kerchunk.df  # noqa: F401
        from fsspec.implementations.reference import LazyReferenceMapper
    except ImportError as error:
        raise ImportError(
            "expected Kerchunk and fastparquet, which write Parquet references, found that "
            f'{error.name} is not installed; pip install "zarr-partial[references]", or write to_json'
        ) from error
    return LazyReferenceMapper


def _fill(missing: int, shown: Shown, metadata: ArrayV2Metadata) -> bytes:
    """Return the bytes of a virtual chunk of fill values, to be written in place of `missing` ones."""
    # Format 2 may name none: then it is what zarr reads there.
    fill_value = metadata.dtype.default_scalar() if metadata.fill_value is None else metadata.fill_value
    chunk = np.full(shown.presentation.chunks, fill_value, metadata.dtype.to_native_dtype())
    encoded = _encoded(chunk, metadata) if metadata.filters or metadata.compressor else chunk.tobytes()
    if missing * len(encoded) > MOST_INLINED_NBYTES:
        raise VirtualChunksError(
            "expected files of Parquet references with few missing chunks, which are written as fill values, "
            f"found one with {missing:,} of {format_bytes(len(encoded))}; take a smaller record_size, or "
            "to_json, which leaves missing chunks out"
        )
    return encoded


def _encoded(chunk: NDArray[Any], metadata: ArrayV2Metadata) -> bytes:
    """Return a chunk as zarr writes it for an array of this metadata."""
    store = MemoryStore()
    alone = replace(metadata, shape=chunk.shape)
    written = zarr.AsyncArray(
        alone, StorePath(store), config=parse_array_config({"write_empty_chunks": True})
    )
    zarr.Array(written)[...] = chunk
    value = store.get_sync(alone.encode_chunk_key((0,) * chunk.ndim), prototype=default_buffer_prototype())
    assert value is not None, "it was written"
    return value.to_bytes()


@contextmanager
def _replacing_folder(target: Path) -> Iterator[Path]:
    """Give a folder to write to that takes the place of `target` when all went well."""
    if target.exists() and not _is_ours(target):
        raise VirtualChunksError(
            "expected a path where nothing is yet, or Parquet references that may be replaced, found "
            f"{target}; choose another path"
        )
    folder = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield folder / "new"
        as_by_umask(folder / "new", 0o777)
        if target.exists():
            target.replace(folder / "old")
        (folder / "new").replace(target)
    finally:
        if (folder / "old").exists() and not target.exists():
            (folder / "old").replace(target)
        shutil.rmtree(folder, ignore_errors=True)


def _is_ours(folder: Path) -> bool:
    """Whether a folder holds Parquet references, and nothing else that would be lost with it."""
    try:
        return "record_size" in json.loads((folder / MARK).read_bytes())
    except (OSError, ValueError):
        return False
