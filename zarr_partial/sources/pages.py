"""Pages of mapped files: whether they are in memory, and asking for those that are wanted next.

A page that is not in memory costs a wait for the disk when it is touched, one after the other; all
asked for beforehand, they come together. To ask costs more than to read what is in memory, so a
sample tells first, where the platform can look into the page cache (`preadv2` with `RWF_NOWAIT`).
"""

import errno
import mmap
import os
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.sources.filesystems import filesystem
from zarr_partial.sources.local import MappedFile, mapped_file

__all__ = ["MAX_SAMPLES", "PAGE_NBYTES", "Ranges", "Watch", "ask", "ask_range"]

PAGE_NBYTES = mmap.PAGESIZE
# Linux reads no more for one request than a device reads ahead, which is seldom set to less than this.
REQUEST_PAGES = max(1, (1 << 17) // PAGE_NBYTES)
# The rest of a larger read comes when touched; what has been asked for might not stay until then.
MAX_ASKED_PAGES = (1 << 28) // PAGE_NBYTES
# A sample takes 20 us, and 100 us where the processor did other work meanwhile: a thousandth of the time.
FIRST_TRUST_SECONDS = 0.005
MOST_TRUST_SECONDS = 0.128
MAX_SAMPLES = 4
# Pages of several files in one vector: the number of the file stands above that of the page.
FILE_SHIFT = 42
FILE_MASK = (1 << FILE_SHIFT) - 1
IN_MEMORY = {"ramfs", "tmpfs"}

CAN_ASK = hasattr(mmap.mmap, "madvise") and hasattr(mmap, "MADV_WILLNEED")
CAN_LOOK = all(hasattr(os, name) for name in ("preadv", "RWF_NOWAIT", "posix_fadvise"))


@dataclass(frozen=True, slots=True)
class Ranges:
    """Byte ranges of buffers, in any order, overlapping or not.

    Attributes
    ----------
    buffers : sequence of ndarray
        Parts of mapped files; others are in memory.
    which, starts, stops : ndarray of int64, one per range
        The buffer, the first byte in it and the end.
    """

    buffers: Sequence[NDArray[np.uint8]]
    which: NDArray[np.int64]
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]


class Watch:
    """What samples said of late about the pages of an array.

    Pages that were in memory are trusted to be there for some milliseconds, longer each time they
    were. Threads may share a watch: at worst a sample is taken twice, or some milliseconds later.
    """

    __slots__ = ("_samples", "_trust_seconds", "_trusted_until", "_turn")

    def __init__(self) -> None:
        self._turn = 0
        self.doubt()

    def doubt(self) -> None:
        """Expect pages to be missing: of files just mapped, for example."""
        self._trusted_until = 0.0
        self._trust_seconds = FIRST_TRUST_SECONDS
        self._samples = MAX_SAMPLES

    def is_due(self) -> bool:
        """Whether it is time for a sample; takes a tenth of a microsecond."""
        return CAN_ASK and time.monotonic() >= self._trusted_until

    def picks(self, count: int, most: int) -> range:
        """Return which of `count` places to look at, `most` of them or fewer, others every time."""
        step = -(-count // min(most, self._samples))
        self._turn += 1
        # A prime, so that neighbours in time are no neighbours in space.
        return range(self._turn * 7919 % step, count, step)

    def misses(self, places: Iterable[tuple[NDArray[np.uint8], int]]) -> bool:
        """Look at the pages of some bytes of some buffers; tell whether pages should be asked for."""
        is_unknown = False
        for data, at in places:
            file = mapped_file(data)
            found = None if file is None else _is_in_memory(file, at)
            if found is False:
                self.doubt()
                return True
            is_unknown |= file is not None and found is None
        # The next look is a glance: if some pages have gone since, one of the next glances sees it.
        self._samples = 1
        self._trusted_until = time.monotonic() + self._trust_seconds
        self._trust_seconds = min(2 * self._trust_seconds, MOST_TRUST_SECONDS)
        return is_unknown


def _is_in_memory(file: MappedFile, at: int) -> bool | None:
    """Return whether a byte of a mapped file is in the page cache, or None where nobody tells."""
    if CAN_LOOK:
        try:
            # A descriptor for every map would be too many. What is there now may be a pipe, which would wait.
            descriptor = os.open(file.path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                # A page that is missing begins to come, and this keeps its neighbours from coming too.
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_RANDOM)
                os.preadv(descriptor, [bytearray(1)], file.position + at, os.RWF_NOWAIT)
            finally:
                os.close(descriptor)
        except BlockingIOError:
            return False
        except OSError as error:
            if error.errno not in (errno.EOPNOTSUPP, errno.EINVAL):
                # The file is gone or has been replaced; only the map still has it.
                return None
        else:
            return True
    return True if filesystem(file.path) in IN_MEMORY else None


def ask_range(data: NDArray[np.uint8], start: int, stop: int) -> None:
    """Tell the kernel that a short range of `data` is wanted, which need not lie within it."""
    file = mapped_file(data)
    if CAN_ASK and file is not None and 0 <= start < stop <= data.size:
        begin = (file.position + start) // PAGE_NBYTES * PAGE_NBYTES
        with suppress(OSError):
            file.map.madvise(mmap.MADV_WILLNEED, begin, file.position + stop - begin)


def ask(ranges: Ranges) -> NDArray[np.int64]:
    """Tell the kernel that these ranges are wanted, merged where they share or adjoin pages.

    The disk works on when this returns: one address in each of the pages, for whoever wants to wait.
    """
    files = [mapped_file(data) for data in ranges.buffers]
    distinct = {id(file.map): file for file in files if file is not None}
    number_of = {key: number for number, key in enumerate(distinct)}
    numbers = np.array([-1 if file is None else number_of[id(file.map)] for file in files], dtype=np.int64)
    positions = np.array([0 if file is None else file.position for file in files], dtype=np.int64)
    firsts, counts = _merged(ranges, numbers, positions)
    # Long ones are cut into requests that are granted in full.
    at, turn = _spread(-(-counts // REQUEST_PAGES))
    firsts, counts = firsts[at] + turn * REQUEST_PAGES, counts[at] - turn * REQUEST_PAGES
    counts = np.minimum(counts, REQUEST_PAGES)
    few = int(np.searchsorted(np.cumsum(counts), MAX_ASKED_PAGES, side="right"))
    firsts, counts = firsts[:few], counts[:few]

    advise = [file.map.madvise for file in distinct.values()]
    requests = (firsts >> FILE_SHIFT, (firsts & FILE_MASK) * PAGE_NBYTES, counts * PAGE_NBYTES)
    # An error here would come again, with better words, from whoever reads.
    with suppress(OSError):
        for number, start, nbytes in zip(*(values.tolist() for values in requests), strict=True):
            advise[number](mmap.MADV_WILLNEED, start, nbytes)

    origins = np.array([file.address for file in distinct.values()], dtype=np.int64)
    at, turn = _spread(counts)
    pages = firsts[at] + turn
    return np.asarray(origins[pages >> FILE_SHIFT] + (pages & FILE_MASK) * PAGE_NBYTES)


def _merged(
    ranges: Ranges, numbers: NDArray[np.int64], positions: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first pages and counts of pages of ranges that neither share nor adjoin pages, in order.

    `numbers` and `positions` are those of the buffers: the file, or -1, and the first byte in it.
    """
    files = numbers[ranges.which]
    wanted = (files >= 0) & (ranges.stops > ranges.starts)
    begins = positions[ranges.which] + ranges.starts
    firsts = (files << FILE_SHIFT) + begins // PAGE_NBYTES
    lasts = (files << FILE_SHIFT) + (begins + (ranges.stops - ranges.starts - 1)) // PAGE_NBYTES
    order = np.argsort(firsts[wanted])
    firsts = firsts[wanted][order]
    lasts = np.maximum.accumulate(lasts[wanted][order])
    edges = np.flatnonzero(firsts[1:] > lasts[:-1] + 1)
    firsts = firsts[np.append(0, edges + 1)] if firsts.size else firsts
    lasts = lasts[np.append(edges, -1)] if lasts.size else lasts
    return firsts, lasts - firsts + 1


def _spread(counts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return, for as many items of each as `counts` says, whose item it is and its turn there."""
    at = np.repeat(np.arange(counts.size), counts)
    return at, np.arange(at.size) - np.repeat(np.cumsum(counts) - counts, counts)
