"""Reads whose pages are not in memory: the right values, no more pages than touched, nobody else stalled."""

import errno
import functools
import os
import struct
import sys
import threading
import time

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec

import zarr_partial as zp
from tests.zarr_partial.page_cache import PAGE, chunk_files, count_in_memory, drop, drop_file, resident
from zarr_partial.sources import pages

pytestmark = [
    pytest.mark.skipif(
        not hasattr(os, "preadv") or not hasattr(os, "RWF_NOWAIT"),
        reason="this platform does not tell which pages are in memory",
    ),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
]

# Rows of 4,000 bytes, which no page boundary knows of; values that compress a little.
DATA = np.random.default_rng(0).poisson(0.8, (2000, 1000)).astype("<f4")
BLOSC = BloscCodec(cname="lz4", shuffle="shuffle", blocksize=1 << 16, typesize=4)
LAYOUTS = {
    "raw": {"chunks": (500, 1000), "compressors": None},
    "raw columns": {"chunks": (2000, 250), "compressors": None},
    "blosc": {"chunks": (1000, 1000), "compressors": BLOSC},
    "zstd": {"chunks": (100, 1000), "compressors": ZstdCodec(level=1)},
    "shards": {"shards": (1000, 1000), "chunks": (10, 1000), "compressors": None},
    "shards of zstd": {"shards": (1000, 1000), "chunks": (10, 1000), "compressors": ZstdCodec(level=1)},
    "shards of blosc": {"shards": (1000, 1000), "chunks": (100, 1000), "compressors": BLOSC},
}  # fmt: skip
ROWS = np.random.default_rng(1).integers(0, 2000, 100)
KEYS = {
    "rows": ROWS,
    "box": np.s_[300:420, 100:900],
    "steps": np.s_[::25, 10:30],
    "column": np.s_[:, 7],
    "everything": np.s_[...],
}


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    """Create the array in every layout; the last rows of each stay missing where chunks are small."""
    folder = tmp_path_factory.mktemp("cold")
    probe = folder / "probe"
    probe.write_bytes(bytes(PAGE))
    drop_file(probe)
    try:
        is_dropped = not resident(probe)
    except OSError as error:
        if error.errno != errno.EOPNOTSUPP:
            raise
        is_dropped = False
    if not is_dropped:
        pytest.skip("pages of this file system stay in memory, as on tmpfs")
    for name, options in LAYOUTS.items():
        zarr.create_array(folder / name, data=DATA, **options)
    return folder


@pytest.fixture
def looks(monkeypatch):
    """Count looks into the page cache, and what the kernel was asked for, in pages."""
    counts = {"looks": 0, "asked": 0}
    real_look, real_ask = pages._is_in_memory, pages.ask

    def look(*args):
        counts["looks"] += 1
        return real_look(*args)

    def ask(ranges):
        asked = real_ask(ranges)
        counts["asked"] += asked.size
        return asked

    monkeypatch.setattr(pages, "_is_in_memory", look)
    monkeypatch.setattr("zarr_partial.ahead.ask", ask)
    return counts


def several_tries(test):
    """Let a test of pages pass if one try does.

    On a busy machine the kernel now and then reads around a page that it was asked for; a reader that
    asks for too much, or not at all, fails every time.
    """

    @functools.wraps(test)
    def tried(*args, **named):
        for left in reversed(range(5)):
            try:
                test(*args, **named)
                break
            except AssertionError:
                if not left:
                    raise

    return tried


def check_values(got, want):
    """Fail at once: wrong values get no second try."""
    if not np.array_equal(got, want):
        pytest.fail("the values are not those written")


def read(array, key):
    return array.oindex[key] if isinstance(key, np.ndarray) else array[key]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("layout", LAYOUTS)
@several_tries
def test_values_of_cold_reads_are_those_written(arrays, layout, key, threads, looks):
    drop(arrays / layout)
    array = zp.open(arrays / layout, threads=threads)
    check_values(read(array, KEYS[key]), DATA[KEYS[key]])
    assert looks["asked"] > 0


def test_cold_reads_into_out_are_those_written(arrays):
    drop(arrays / "raw")
    out = np.zeros((ROWS.size, 1000), dtype="f4")
    zp.open(arrays / "raw").take(ROWS, out=out)
    check_values(out, DATA[ROWS])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_read_looks_at_four_places_at_most(arrays, layout, looks):
    drop(arrays / layout)
    array = zp.open(arrays / layout, threads=1)
    for _ in range(4):
        looks["looks"] = 0
        read(array, ROWS)
        assert looks["looks"] <= 4


def test_small_reads_never_look(arrays, looks):
    drop(arrays / "raw")
    array = zp.open(arrays / "raw")
    for row in (5, np.int64(1999)):
        check_values(array[row], DATA[row])
    check_values(array.oindex[ROWS[:63]], DATA[ROWS[:63]])
    check_values(array[3:50], DATA[3:50])
    assert looks == {"looks": 0, "asked": 0}


def test_warm_reads_ask_for_nothing_and_seldom_look(arrays, looks):
    array = zp.open(arrays / "raw", threads=1)
    array[...]
    looks["looks"] = looks["asked"] = 0
    begin = time.monotonic()
    for _ in range(200):
        array.oindex[ROWS]
    most = 4 + (time.monotonic() - begin) / pages.FIRST_TRUST_SECONDS
    assert looks["looks"] <= most
    assert looks["asked"] == 0


@several_tries
def test_pages_evicted_later_are_asked_for(arrays, looks, monkeypatch):
    monkeypatch.setattr(pages, "FIRST_TRUST_SECONDS", 0)
    array = zp.open(arrays / "raw")
    array.oindex[np.arange(100)]
    drop(arrays / "raw")
    looks["asked"] = 0
    check_values(array.oindex[np.arange(100, 200)], DATA[100:200])
    assert looks["asked"] > 80


def pages_of(ranges):
    return {page for start, stop in ranges for page in range(start // PAGE, (stop - 1) // PAGE + 1)}


@several_tries
def test_only_pages_of_the_rows_are_read(arrays):
    drop(arrays / "raw")
    zp.open(arrays / "raw").oindex[ROWS]
    for number, file in enumerate(chunk_files(arrays / "raw")):
        within = ROWS[number == ROWS // 500] % 500
        assert resident(file) == pages_of((row * 4000, row * 4000 + 4000) for row in within.tolist())


@pytest.mark.parametrize("key", [np.s_[40:140, 30:60], np.s_[3:2000:19, 100:180]], ids=["box", "steps"])
@several_tries
def test_only_pages_of_the_box_are_read(arrays, key):
    drop(arrays / "raw columns")
    check_values(zp.open(arrays / "raw columns")[key], DATA[key])
    rows, columns = range(2000)[key[0]], key[1]
    wanted = pages_of((row * 1000 + columns.start * 4, row * 1000 + columns.stop * 4) for row in rows)
    first, *others = chunk_files(arrays / "raw columns")
    assert resident(first) == wanted
    assert not any(map(resident, others))


def blosc_ranges(chunk, begin, size, within):
    """Return the byte ranges of a Blosc chunk that these decoded bytes need, by its own header."""
    _, _, _, _, nbytes, blocksize, cbytes = struct.unpack_from("<BBBBIII", chunk, begin)
    starts = struct.unpack_from(f"<{-(-nbytes // blocksize)}I", chunk, begin + 16)
    ends = sorted([*starts, cbytes])
    touched = {
        block for start, stop in within for block in range(start // blocksize, (stop - 1) // blocksize + 1)
    }
    yield begin, begin + 16 + 4 * len(starts)
    for block in touched:
        yield begin + starts[block], begin + ends[ends.index(starts[block]) + 1]
    assert cbytes == size


@several_tries
def test_only_pages_of_touched_blosc_blocks_are_read(arrays):
    rows = np.repeat(np.array([3, 400, 1650]), 30)
    contents = [file.read_bytes() for file in chunk_files(arrays / "blosc")]
    drop(arrays / "blosc")
    check_values(zp.open(arrays / "blosc").oindex[rows], DATA[rows])
    for number, (file, chunk) in enumerate(zip(chunk_files(arrays / "blosc"), contents, strict=True)):
        within = [
            (row % 1000 * 4000, row % 1000 * 4000 + 4000) for row in (3, 400, 1650) if row // 1000 == number
        ]
        assert resident(file) == pages_of(blosc_ranges(chunk, 0, len(chunk), within))


@several_tries
def test_only_pages_of_the_index_and_of_touched_inner_chunks_are_read(arrays):
    rows = np.repeat(np.array([5, 17, 999, 1500]), 20)
    folder = arrays / "shards of zstd"
    contents = [file.read_bytes() for file in chunk_files(folder)]
    drop(folder)
    check_values(zp.open(folder).oindex[rows], DATA[rows])
    for number, (file, shard) in enumerate(zip(chunk_files(folder), contents, strict=True)):
        index_nbytes = 16 * 100 + 4
        entries = struct.unpack_from("<200Q", shard, len(shard) - index_nbytes)
        ranges = [(len(shard) - index_nbytes, len(shard))]
        for row in {5, 17, 999, 1500}:
            if row // 1000 == number:
                inner = row % 1000 // 10
                ranges.append((entries[2 * inner], sum(entries[2 * inner : 2 * inner + 2])))
        assert resident(file) == pages_of(ranges)


@pytest.mark.parametrize("kind", ["ext4", "tmpfs", None])
def test_file_systems_that_do_not_tell_are_asked_unless_they_are_memory(arrays, looks, monkeypatch, kind):
    real = os.preadv

    def refuse(descriptor, buffers, offset, flags=0):
        if flags & os.RWF_NOWAIT:
            raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
        return real(descriptor, buffers, offset, flags)

    monkeypatch.setattr(os, "preadv", refuse)
    monkeypatch.setattr(pages, "filesystem", lambda path: kind)
    check_values(zp.open(arrays / "raw").oindex[ROWS], DATA[ROWS])
    assert (looks["asked"] == 0) == (kind == "tmpfs")


@pytest.mark.parametrize("lacking", ["CAN_LOOK", "CAN_ASK"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_platforms_without_these_calls_read_the_same(arrays, monkeypatch, layout, lacking):
    monkeypatch.setattr(pages, lacking, False)
    array = zp.open(arrays / layout)
    for key in KEYS.values():
        check_values(read(array, key), DATA[key])


class Ticker(threading.Thread):
    """Notes the longest time that it could not run."""

    def __init__(self):
        super().__init__(daemon=True)
        self.longest = 0.0
        self.done = threading.Event()
        self.started = threading.Event()

    def run(self):
        last = time.perf_counter()
        while not self.done.wait(0.0001):
            now = time.perf_counter()
            self.longest = max(self.longest, now - last)
            last = now
            self.started.set()


@pytest.fixture
def prompt_threads():
    """Let Python's own loops hand over at once, so that only calls that keep the lock stall a thread."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    yield
    sys.setswitchinterval(before)


@pytest.mark.parametrize(
    ("layout", "key"),
    [("raw", ROWS), ("raw columns", np.s_[::5, 3]), ("blosc", ROWS), ("shards of blosc", ROWS)],
    ids=["rows", "column", "blosc", "shards"],
)
def test_other_threads_run_while_pages_come(arrays, prompt_threads, layout, key):
    """A read that kept the lock throughout would stall the others for as long as it takes."""
    shares = []
    for _ in range(8):
        drop(arrays / layout)
        array = zp.open(arrays / layout, threads=1)
        ticker = Ticker()
        ticker.start()
        ticker.started.wait(10)
        ticker.longest = 0.0
        begin = time.perf_counter()
        read(array, key)
        spent = time.perf_counter() - begin
        ticker.done.set()
        ticker.join(10)
        shares.append(ticker.longest / spent)
        # Other processes may keep the ticker from running, never make it run more.
        if min(shares) < 0.4:
            return
    pytest.fail(f"the longest stalls were these shares of the reads: {shares}")


@several_tries
def test_prefetch_brings_the_pages_of_a_box_and_no_others(arrays):
    key = np.s_[40:140, 30:60]
    drop(arrays / "raw columns")
    array = zp.open(arrays / "raw columns")
    array.prefetch(key)
    wanted = pages_of((row * 1000 + 120, row * 1000 + 240) for row in range(40, 140))
    first, *others = chunk_files(arrays / "raw columns")
    end = time.monotonic() + 10
    while count_in_memory(first) < len(wanted) and time.monotonic() < end:
        pass
    assert resident(first) == wanted
    assert not any(map(resident, others))
    check_values(array[key], DATA[key])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_reads_after_a_prefetch_are_those_written(arrays, layout):
    drop(arrays / layout)
    array = zp.open(arrays / layout)
    for key in KEYS.values():
        array.prefetch(key)
        check_values(array.oindex[key] if isinstance(key, np.ndarray) else array[key], DATA[key])
    array.prefetch(np.s_[0:0])
    with pytest.raises(IndexError):
        array[5000]
    array.prefetch(5000)
