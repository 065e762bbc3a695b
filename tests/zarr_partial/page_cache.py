"""Which pages of chunk files are in memory, and how to get them out of it."""

import ctypes
import mmap
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

PAGE = mmap.PAGESIZE


def chunk_files(folder):
    return sorted(file for file in Path(folder, "c").rglob("*") if file.is_file())


def resident(file):
    """Return the numbers of the pages of `file` that are in memory."""
    descriptor = os.open(file, os.O_RDONLY)
    try:
        # To look at a page that is missing makes the kernel read it; this keeps it from reading others.
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
        found = set()
        for page in range(-(-os.fstat(descriptor).st_size // PAGE)):
            try:
                os.preadv(descriptor, [bytearray(1)], page * PAGE, os.RWF_NOWAIT)
                found.add(page)
            except BlockingIOError:
                continue
        return found
    finally:
        os.close(descriptor)


def drop(folder):
    """Take the chunks out of the page cache.

    Now and then the kernel keeps pages of a file that was written a moment ago; a copy is another file.
    """
    for file in chunk_files(folder):
        for _ in range(5):
            drop_file(file)
            if not count_in_memory(file):
                break
            copy = folder.parent / "copy"
            shutil.copyfile(file, copy)
            copy.replace(file)
        else:
            pytest.skip("the kernel keeps pages of new files in memory")


def count_in_memory(file):
    """Return how many pages of `file` are in memory, without making the kernel read any."""
    with file.open("rb") as opened:
        mapped = mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ)
    buffer = np.frombuffer(mapped, np.uint8)
    states = (ctypes.c_ubyte * -(-buffer.size // PAGE))()
    place = ctypes.c_void_p(buffer.__array_interface__["data"][0])
    assert ctypes.CDLL(None).mincore(place, ctypes.c_size_t(buffer.size), states) == 0
    return sum(state & 1 for state in states)


def drop_file(file):
    descriptor = os.open(file, os.O_RDONLY)
    try:
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)
