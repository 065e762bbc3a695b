"""What all tests of damaged bytes do: many seeds under a watchdog, and what may come out of each."""

import faulthandler

import numpy as np

from tests.zarr_partial.conformance.compare import assert_same
from tests.zarr_partial.fuzz.damage import damaged, with_right_checksum


def run_cases(one_case, target, count):
    """Run `one_case(target, seed)` for `count` seeds; one that hangs ends the process and shows where."""
    faulthandler.dump_traceback_later(60 + count / 10, exit=True)
    try:
        for seed in range(count):
            one_case(target, seed)
    finally:
        faulthandler.cancel_dump_traceback_later()


def damaged_chunk(target, seed):
    """Return the name of some damage and `target.intact` with it, half of them with right checksums."""
    rng = np.random.default_rng(seed)
    name, data = damaged(target.intact, target.others, rng)
    if target.checked and rng.random() < 0.5:
        data = with_right_checksum(data, *target.checked(len(data)))
    return name, data


def assert_names(error, key, here):
    """Check that an error names the chunk, and says what was expected."""
    assert error.key == key, here
    assert repr(key) in str(error), (here, error)
    assert ": expected " in str(error), (here, error)


def assert_reads_as(got, want, here):
    """Check that what was read is `want`, in type and values; `here` says which case it was."""
    if isinstance(got, Exception):
        raise AssertionError(f"{here}: expected a ChunkError, found {got!r}") from got
    try:
        assert_same(got, want)
    except AssertionError as error:
        raise AssertionError(f"{here}: {error}") from error
