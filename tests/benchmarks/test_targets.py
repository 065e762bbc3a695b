"""The table of targets is measured on tiny data, whole, and says plainly what is missed."""

import subprocess
import sys
from pathlib import Path

import pytest
from suite import costs, targets
from suite.data import SCALES
from suite.race import Effort, Ratio
from suite.session import Session
from suite.table import Row, figures, line, markdown, seconds_text

TINY = SCALES["tiny"]
# What Python says at every fork of a process with threads: workers of PyTorch's loaders are forked.
FORKS_WITH_THREADS = "ignore:This process .* is multi-threaded, use of fork:DeprecationWarning"
SUITE_PARENT = Path(__file__).parents[2] / "benchmarks"

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.fixture(scope="module")
def session():
    return Session(TINY, Effort(3, 0.0, 3))


# memory has a test of its own: one process a row.
@pytest.mark.parametrize("name", [name for name in targets.GROUPS if name not in ("memory", "importing")])
@pytest.mark.filterwarnings(FORKS_WITH_THREADS)
def test_every_group_measures_its_rows(name, session):
    if name == "shuffled_batches":
        pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")
    rows = list(targets.GROUPS[name](session))
    assert rows
    for row in rows:
        assert 0 < row.found.low <= row.found.value <= row.found.high
        assert row.against
        assert row.what


def test_memory_is_held_against_output_unit_per_thread_and_16_mib(session, monkeypatch):
    from suite.memory import Growth

    monkeypatch.setattr(costs, "growth", lambda layout, reader, what: Growth(8 << 20, 32 << 20, 4000))
    monkeypatch.setattr(costs.os, "process_cpu_count", lambda: 3, raising=False)
    rows = {(row.layout, row.what): row.found.value for row in costs.memory(session)}
    assert len(rows) == 16
    chunk = 100 * 50 * 4
    assert rows["zstd", "all rows, private memory"] == (8 << 20) / (4000 + 3 * chunk + (16 << 20))
    assert rows["zstd", "all rows, resident memory"] == (32 << 20) / (4000 + 3 * chunk + (16 << 20))
    assert rows["sharded-zstd", "200 rows, private memory"] == (8 << 20) / (
        4000 + 3 * chunk / 10 + (16 << 20)
    )
    assert rows["raw", "200 rows, private memory"] == (8 << 20) / (4000 + 3 * 4 + (16 << 20))


ROW = Row("one row", "raw", "memmap", 0.9, Ratio(0.85, 0.8, 1.1, 40), "1.7 µs", "2.0 µs")


@pytest.mark.parametrize(("value", "verdict"), [(0.9, "met"), (0.91, "**missed**")])
def test_a_target_is_met_up_to_its_number(value, verdict):
    row = Row("one row", "raw", "memmap", 0.9, Ratio(value, 0.8, 1.1, 40), "1.7 µs", "2.0 µs")
    assert line(row).endswith(f"| {verdict} |")


def test_table_counts_what_is_met():
    missed = Row("open", "raw", "zarr", 0.5, Ratio(1.0, 0.9, 1.1, 5), "1 ms", "1 ms")
    text = markdown([ROW, missed])
    assert "| one row | raw | 0.90 × | 0.85 × | 0.80 to 1.10 | 1.7 µs | 2.0 µs memmap | met |" in text
    assert text.endswith("\n\n1 of 2 met.\n")
    assert len({text_line.count("|") for text_line in text.splitlines() if text_line.startswith("|")}) == 1


@pytest.mark.parametrize(
    ("value", "text"), [(1234.5, "1,234"), (45.67, "45.7"), (1.006, "1.01"), (0.0123, "0.012")]
)
def test_numbers_have_the_figures_worth_reading(value, text):
    assert figures(value) == text


@pytest.mark.parametrize(("seconds", "text"), [(2.5, "2.50 s"), (0.0123, "12.3 ms"), (0.0000017, "1.70 µs")])
def test_times_have_a_unit_that_fits(seconds, text):
    assert seconds_text(seconds) == text


def test_the_command_prints_the_table_and_refuses_a_pattern_of_nothing():
    command = [sys.executable, "-m", "suite.targets"]
    done = subprocess.run([*command, "second"], cwd=SUITE_PARENT, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("| read | layout | at most |")
    assert "| 256 rows, 2 threads | sharded-zstd | 0.60 × |" in done.stdout
    refused = subprocess.run(
        [*command, "nope"], cwd=SUITE_PARENT, capture_output=True, text=True, check=False
    )
    assert refused.returncode == 1
    assert "expected a pattern for one of raw_batches" in refused.stderr
