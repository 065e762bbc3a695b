"""References written for others: a dictionary, a JSON file, a folder of Parquet files; whole or not at all.

Source of the format: https://fsspec.github.io/kerchunk/spec.html, version 1. Parquet is written by fsspec.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zarr.storage import LocalStore

from zarr_partial.errors import VirtualChunksError
from zarr_partial.progress import Report, report_of
from zarr_partial.virtualizing.addresses import address_of
from zarr_partial.virtualizing.documents import documents_of, in_format
from zarr_partial.virtualizing.references import BATCH, batches
from zarr_partial.virtualizing.shown import Shown

__all__ = ["as_dict", "write_json", "write_parquet"]

# Parquet references cannot hold an array at the root.
NAME_IN_PARQUET = "data"
PARQUET_MARK = ".zmetadata"


def as_dict(shown: Shown, url: str | None) -> dict[str, Any]:
    """Return references as kerchunk has them, in version 1."""
    refs: dict[str, Any] = {key: value.decode() for key, value in shown.documents.items()}
    for entries, _ in _entries(shown, url):
        refs.update(entries)
    return {"version": 1, "refs": refs}


def write_json(
    shown: Shown, path: str | os.PathLike[str], url: str | None, progress: Report | bool | None
) -> int:
    """Write references to a JSON file, batch by batch; return how many chunks they are of."""
    target = _target(path, shown)
    report = _report(progress)
    count = 0
    with _replacing_file(target) as stream:
        stream.write('{"version": 1, "refs": {')
        stream.write(
            ",".join(
                f"\n{json.dumps(key)}: {json.dumps(text.decode())}" for key, text in shown.documents.items()
            )
        )
        for entries, done in _entries(shown, url):
            stream.writelines(f",\n{json.dumps(key)}: {json.dumps(entry)}" for key, entry in entries)
            count += len(entries)
            if report is not None:
                report(done, shown.presentation.grid.nchunks)
        stream.write("\n}}\n")
    return count


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
    target = _target(path, shown)
    metadata = in_format(2, shown.metadata, shown.array, shown.presentation)
    name = shown.path or NAME_IN_PARQUET
    report = _report(progress)
    count = 0
    address = address_of(shown.array, url)
    with _replacing_folder(target) as folder:
        out = mapper.create(root=str(folder), record_size=record_size)
        for key, text in documents_of(metadata, name).items():
            out[key] = text
        for record, batch in enumerate(batches(shown, record_size)):
            found = zip(
                batch.coordinates.tolist(),
                batch.keys,
                batch.offsets.tolist(),
                batch.lengths.tolist(),
                strict=True,
            )
            for at, key, offset, nbytes in found:
                out[f"{name}/{'.'.join(map(str, at)) or '0'}"] = [address(key), offset, nbytes]
            count += len(batch.keys)
            if 0 < len(batch.keys) < record_size:
                # It writes full records by itself, and would keep the others until the end.
                out.write(name, record)
            if report is not None:
                report(batch.done, shown.presentation.grid.nchunks)
        out.flush()
    return count


def _entries(shown: Shown, url: str | None) -> Iterator[tuple[list[tuple[str, list[Any]]], int]]:
    """Yield batches of references, and how many virtual chunks are done after each."""
    address = address_of(shown.array, url)
    for batch in batches(shown, BATCH):
        addresses = {key: address(key) for key in dict.fromkeys(batch.keys)}
        found = zip(
            batch.coordinates.tolist(),
            batch.keys,
            batch.offsets.tolist(),
            batch.lengths.tolist(),
            strict=True,
        )
        yield (
            [
                (shown.root + shown.chunk_key(tuple(at)), [addresses[key], offset, nbytes])
                for at, key, offset, nbytes in found
            ],
            batch.done,
        )


def _parquet_mapper() -> Any:
    """Return what writes Parquet references, which imports what it needs only when it writes the first."""
    try:
        import fastparquet  # noqa: F401
        import kerchunk.df  # noqa: F401
        from fsspec.implementations.reference import LazyReferenceMapper
    except ImportError as error:
        raise ImportError(
            "expected kerchunk and fastparquet, which write Parquet references, found that "
            f'{error.name} is not installed; pip install "zarr-partial[references]", or write to_json'
        ) from error
    return LazyReferenceMapper


def _report(progress: Report | bool | None) -> Report | None:
    return report_of(progress, amount=lambda count: f"{count:,.0f}")


def _target(path: str | os.PathLike[str], shown: Shown) -> Path:
    """Return where to write, if that is a place that may be written to."""
    if "://" in os.fspath(path):
        raise VirtualChunksError(
            f"expected a local path to write to, found {path}; write it here, then copy it"
        )
    target = Path(path).absolute()
    store = shown.array.store
    if isinstance(store, LocalStore):
        source = Path(store.root, shown.array.path).resolve()
        there = target.resolve()
        if there == source or source in there.parents or there in source.parents:
            raise VirtualChunksError(
                f"expected a path apart from the source, found {path}, which is in {source} or holds it; "
                "choose another path"
            )
    return target


@contextmanager
def _replacing_file(target: Path) -> Iterator[Any]:
    """Give a file to write to that takes the place of `target` when all went well."""
    if target.is_dir():
        raise VirtualChunksError(
            f"expected a path for a file, found the folder {target}; choose another path"
        )
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            yield stream
        _as_by_umask(Path(name), 0o666)
        Path(name).replace(target)
    except BaseException:
        # Ctrl-C, for one.
        Path(name).unlink(missing_ok=True)
        raise


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
        _as_by_umask(folder / "new", 0o777)
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
        return "record_size" in json.loads((folder / PARQUET_MARK).read_bytes())
    except (OSError, ValueError):
        return False


def _as_by_umask(path: Path, mode: int) -> None:
    """Give what was made for us alone the permissions that a new file has."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(mode & ~umask)
