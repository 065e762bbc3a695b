"""The rules of the gather: each test breaks without the rule it names."""

import mmap

import numpy as np
import pytest

from tests.zarr_partial.running import run_script
from zarr_partial import gather
from zarr_partial.gather import ITEMS_WITH_GIL, _pieces, gather_runs, touch


def buffers(count, nbytes, seed=0):
    rng = np.random.default_rng(seed)
    made = [np.frombuffer(mmap.mmap(-1, nbytes), np.uint8) for _ in range(count)]
    for buffer in made:
        buffer[:] = rng.integers(0, 256, nbytes)
    return made


def addresses(made):
    return np.array([buffer.__array_interface__["data"][0] for buffer in made], np.int64)


@pytest.mark.parametrize("run", [1, 7, 256, 4096, 40_000])
@pytest.mark.parametrize("count", [1, 3, 800])
def test_runs_come_from_their_buffers_in_order(run, count):
    made = buffers(5, 40_000)
    rng = np.random.default_rng(1)
    which = rng.integers(0, 5, count)
    offsets = rng.integers(0, 40_000 - run + 1, count)
    got = gather_runs(addresses(made)[which], offsets, run, 40_000)
    want = b"".join(made[w][o : o + run].tobytes() for w, o in zip(which, offsets, strict=True))
    assert got.tobytes() == want
    assert got.base.flags.owndata
    assert got.flags.c_contiguous


@pytest.mark.parametrize("offset", [-1, 97], ids=["before its chunk", "past its chunk"])
def test_run_outside_its_chunk_is_refused(offset):
    made = buffers(2, 100)
    with pytest.raises(AssertionError, match="runs of 4 bytes leave their chunks of 100 bytes"):
        gather_runs(addresses(made), np.array([0, offset]), 4, 100)


@pytest.mark.parametrize("count", [0, 1, 8, 499, 2000])
def test_touch_reads_every_place_in_one_call_that_gives_the_lock_away(monkeypatch, count):
    (buffer,) = buffers(1, 2048)
    places = addresses([buffer]) + np.arange(count)
    real, calls = gather.gather_at, []

    def watched(at, run):
        calls.append(at)
        return real(at, run)

    monkeypatch.setattr(gather, "gather_at", watched)
    touch(places)
    assert len(calls) == (count > 0)
    for at in calls:
        assert at.size > ITEMS_WITH_GIL
        assert set(at.tolist()) == set(places.tolist())


def test_run_at_the_very_end_is_allowed():
    made = buffers(1, 100)
    assert gather_runs(addresses(made), np.array([96]), 4, 100).tobytes() == made[0][96:].tobytes()


@pytest.mark.parametrize(
    ("far", "run"),
    [(1 << 46, 1 << 20), (1 << 20, 1 << 31)],
    ids=["nominal size reaches 2**63", "run reaches 2**31"],
)
def test_what_numpy_refuses_is_left_to_the_loop(far, run):
    # The addresses are never touched: the size is checked first.
    assert gather_runs(np.array([1 << 20, far + (1 << 20)]), np.array([0, 0]), run, run) is None


@pytest.mark.parametrize(("count", "run"), [(256, 4000), (100, 4000), (9, 512), (400, 300), (30, 262_144)])
def test_enough_items_that_numpy_lets_other_threads_run(count, run):
    assert count * _pieces(count, run) > ITEMS_WITH_GIL
    made = buffers(3, 300_000)
    which = np.random.default_rng(2).integers(0, 3, count)
    offsets = np.random.default_rng(3).integers(0, 300_000 - run, count)
    got = gather_runs(addresses(made)[which], offsets, run, 300_000)
    assert got.tobytes() == b"".join(
        made[w][o : o + run].tobytes() for w, o in zip(which, offsets, strict=True)
    )


def test_few_or_many_runs_are_not_cut():
    assert _pieces(3, 4096) == _pieces(501, 4096) == 1


def test_a_hole_in_the_span_is_never_touched():
    """Between two maps lies a page that cannot be read: an operation on the whole span would crash."""
    script = """
import ctypes, mmap
import numpy as np
from zarr_partial.gather import gather_runs
page = mmap.PAGESIZE
region = mmap.mmap(-1, 3 * page)
base = ctypes.addressof(ctypes.c_char.from_buffer(region))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.mprotect(ctypes.c_void_p(base + page), ctypes.c_size_t(page), 0) == 0
got = gather_runs(np.array([base, base + 2 * page]), np.array([0, page - 8]), 8, page)
assert got.tobytes() == bytes(16)
print("gathered")
"""
    assert run_script(script).stdout == "gathered\n"
