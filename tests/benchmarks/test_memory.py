"""Memory growth is measured from outside, in a process that reads what was asked for."""

import sys

import numpy as np
import pytest
from suite import memory, peak
from suite.data import SCALES, source_rows

TINY = SCALES["tiny"]

pytestmark = [
    pytest.mark.usefixtures("data_folder"),
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells private memory from mapped files"),
]


def test_growth_of_a_read_names_the_size_of_its_result():
    found = memory.growth("raw", "zarr-default", "all")
    assert found.output == source_rows(TINY).nbytes
    assert found.private >= 0
    assert found.resident >= found.private


def test_few_rows_are_the_200_that_lie_farthest_apart():
    rows = peak.few_rows(100_000)
    assert len(rows) == 200
    assert rows[0] == 0
    assert set(np.diff(rows)) == {500}


def test_memory_of_a_process_is_seen_to_grow_while_it_reads():
    # A process that says what `peak` says, and takes 64 MB for a moment in between.
    code = (
        "import sys\n"
        "print('ready', flush=True); sys.stdin.readline()\n"
        "taken = bytearray(64_000_000); del taken\n"
        "print('read 5', flush=True); sys.stdin.readline()\n"
        "print('right', flush=True)\n"
    )
    found = memory.watch([sys.executable, "-c", code])
    assert found.output == 5
    assert 50_000_000 < found.private < 80_000_000
    assert 50_000_000 < found.resident < 80_000_000


def test_a_reading_process_that_fails_is_an_error():
    with pytest.raises(RuntimeError, match="expected the reading process to say 'ready', found"):
        memory.watch([sys.executable, "-c", "print('hello')"])


def test_both_numbers_are_positive_for_the_results_file():
    benchmark = memory.PeakMemoryWarm()
    assert benchmark.track_private_growth("sharded-zstd", "zarr_partial", "few rows") >= 1
    assert benchmark.track_resident_growth("sharded-zstd", "zarr_partial", "few rows") >= 1
