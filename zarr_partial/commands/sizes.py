"""How many bytes the chunks of arrays take where they are stored, where that is free to know."""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from zarr.storage import LocalStore, ZipStore
from zarr.types import AnyArray

__all__ = ["Counting"]

# Of files that are looked at; more take too long to be free.
MAX_FILES = 20_000
# Metadata, not chunks.
DOCUMENTS = ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")


class Counting:
    """Counts what is in local folders, of so many files altogether, and in the directories of archives."""

    def __init__(self) -> None:
        self._left = MAX_FILES
        self._archives: dict[Path, Counter[str]] = {}

    def nbytes(self, array: AnyArray) -> int | None:
        """Return the bytes of all chunks of an array as stored; None where counting costs too much."""
        store = array.store
        if type(store) is LocalStore:
            sizes = list(self._sizes(Path(store.root, array.path)))
            return None if None in sizes else sum(size or 0 for size in sizes)
        if type(store) is ZipStore and store.path is not None:
            if store.path not in self._archives:
                self._archives[store.path] = _packed_nbytes(store.path)
            return self._archives[store.path][array.path]
        return None

    def _sizes(self, folder: Path) -> Iterator[int | None]:
        """Yield the size of each file, and None where they are too many or cannot be looked at."""
        try:
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._left -= 1
                    if self._left < 0:
                        yield None
                        return
                    if entry.name in DOCUMENTS:
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        yield from self._sizes(Path(entry.path))
                    else:
                        yield entry.stat().st_size
        except OSError:
            yield None


def _packed_nbytes(path: Path) -> Counter[str]:
    """Return what the members under each folder of an archive take, the archive itself as ""."""
    found: Counter[str] = Counter()
    with ZipFile(path) as archive:
        for member in archive.infolist():
            folder = member.filename
            if folder.rpartition("/")[2] in DOCUMENTS:
                continue
            while folder:
                folder = folder.rpartition("/")[0]
                found[folder] += member.compress_size
    return found
