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


def test_each_combination_is_measured_once_for_both_numbers(monkeypatch):
    monkeypatch.setattr(memory.PeakMemoryWarm, "params", [["sharded-zstd"], ["zarr_partial"], ["few rows"]])
    benchmark = memory.PeakMemoryWarm()
    grown = benchmark.setup_cache()
    combination = ("sharded-zstd", "zarr_partial", "few rows")
    assert set(grown) == {combination}
    benchmark.setup(grown, *combination)
    assert benchmark.track_private_growth(grown, *combination) == max(1, grown[combination].private)
    assert benchmark.track_resident_growth(grown, *combination) == max(1, grown[combination].resident)


def test_a_reader_that_is_not_installed_is_skipped(monkeypatch):
    def absent(*combination):
        raise NotImplementedError("not installed")

    monkeypatch.setattr(memory, "growth", absent)
    benchmark = memory.PeakMemoryWarm()
    grown = benchmark.setup_cache()
    assert grown == {}
    with pytest.raises(NotImplementedError, match="tensorstore is not installed"):
        benchmark.setup(grown, "raw", "tensorstore", "all")
