"""References written for others, as a dictionary or a JSON file; the file is whole or not there at all.

Source of the format: https://fsspec.github.io/kerchunk/spec.html, version 1.
"""

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zarr.storage import LocalStore

from zarr_partial.errors import VirtualChunksError
from zarr_partial.progress import Report, report_of
from zarr_partial.urls import is_url
from zarr_partial.virtualizing.addresses import address_of
from zarr_partial.virtualizing.references import BATCH, batches
from zarr_partial.virtualizing.shown import Shown

__all__ = ["as_by_umask", "as_dict", "counting", "target_of", "write_json"]


def as_dict(shown: Shown, url: str | None) -> dict[str, Any]:
    """Return references as Kerchunk has them, in version 1."""
    refs: dict[str, Any] = {key: value.decode() for key, value in shown.documents.items()}
    for entries, _ in _entries(shown, url):
        refs.update(entries)
    return {"version": 1, "refs": refs}


def write_json(
    shown: Shown, path: str | os.PathLike[str], url: str | None, progress: Report | bool | None
) -> int:
    """Write references to a JSON file, batch by batch; return how many chunks they are of."""
    target = target_of(path, shown)
    report = counting(progress)
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


def counting(progress: Report | bool | None) -> Report | None:
    """Return whom to tell how many virtual chunks are done."""
    return report_of(progress, amount=lambda count: f"{count:,.0f}")


def target_of(path: str | os.PathLike[str], shown: Shown) -> Path:
    """Return where to write, if that is a place that may be written to."""
    if is_url(path):
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
        as_by_umask(Path(name), 0o666)
        Path(name).replace(target)
    except BaseException:
        # Ctrl-C, for one.
        Path(name).unlink(missing_ok=True)
        raise


def as_by_umask(path: Path, mode: int) -> None:
    """Give what was made for us alone the permissions that a new file has."""
    umask = os.umask(0)
    os.umask(umask)
    path.chmod(mode & ~umask)
