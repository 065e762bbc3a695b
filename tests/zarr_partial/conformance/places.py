"""Where the arrays of the conformance tests lie: every source of the library, and servers on loopback.

One list for all tests: what holds for an array in a directory holds for it in an archive, in files that
are read and not mapped, behind a cache, and in stores that are asked for ranges.
"""

import contextlib
import functools
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED

import zarr
from hypothesis import note
from hypothesis import strategies as st
from zarr.storage import MemoryStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.stores.kinds import buffers, fsspec_memory, http_by_obstore
from tests.zarr_partial.stores.watching import Watched
from tests.zarr_partial.zipping import zipped

GAPS = [0, 5, 100, 1 << 15]
CACHES = [1, 300, 5_000, 1 << 20]


@contextlib.contextmanager
def in_directory(root, array, data):
    yield root, array, {}


@contextlib.contextmanager
def in_files_read(root, array, data):
    yield root, array, {"io": "pread"}


@contextlib.contextmanager
def in_archive(root, array, data, *, method):
    # Of any length, so that members begin at any byte.
    begin = bytes(data.draw(st.integers(0, 9), label="bytes before the archive"))
    archive = zipped(root, root.parent / "a.zip", method, begin)
    with ZipStore(archive, mode="r") as store:
        # By zarr from the archive too: its messages name it.
        yield archive, zarr.open_array(store, mode="r"), {}


@contextlib.contextmanager
def in_memory(root, array, data):
    yield MemoryStore(buffers(values(root))), array, {}


@contextlib.contextmanager
def in_a_store_that_waits(root, array, data):
    yield Watched(MemoryStore(buffers(values(root)))), array, {}


@contextlib.contextmanager
def in_a_store_of(root, array, data, *, kind):
    with kind(values(root)) as store:
        yield store, array, {}


PLACES = {
    "directory": in_directory,
    "files that are read": in_files_read,
    "stored in an archive": functools.partial(in_archive, method=ZIP_STORED),
    "deflated in an archive": functools.partial(in_archive, method=ZIP_DEFLATED),
    "memory": in_memory,
    "store": in_a_store_that_waits,
    "fsspec": functools.partial(in_a_store_of, kind=fsspec_memory),
    "http": functools.partial(in_a_store_of, kind=http_by_obstore),
}
# Most arrays of most people; as often as the others together.
LOCAL = ["directory"] * (len(PLACES) - 1)
ANYWHERE = [*LOCAL, *(name for name in PLACES if name != "directory")]
FETCHED = ["memory", "store", "store", "files that are read", "fsspec", "http"]


def values(root):
    """Return the contents of all files below `root` by key."""
    return {
        file.relative_to(root).as_posix(): file.read_bytes() for file in root.rglob("*") if file.is_file()
    }


@contextlib.contextmanager
def written(data, stored, folder, places=ANYWHERE, *, may_cache=True, **options):
    """Write the array, open it with us and with zarr, and remove it."""
    path = Path(tempfile.mkdtemp(dir=folder))
    try:
        array = stored.write(path / "a.zarr")
        name = data.draw(st.sampled_from(places), label="place")
        if may_cache and data.draw(st.sampled_from([False] * 5 + [True]), label="is cached"):
            options["cache"] = data.draw(st.sampled_from(CACHES), label="cache")
        with contextlib.ExitStack() as stack:
            place, array, more = stack.enter_context(PLACES[name](Path(array.store.root), array, data))
            partial = stack.enter_context(zp.open(place, **options, **more))
            if partial.state.remote is not None:
                partial.state.remote.fetcher.gap = data.draw(st.sampled_from(GAPS), label="gap")
                partial.state.remote.source.max_in_flight = data.draw(st.integers(1, 9), label="in flight")
            note(f"{partial!r}")
            yield partial, array
    finally:
        shutil.rmtree(path)
