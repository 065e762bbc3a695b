"""How much memory a read takes: growth of a process of its own, sampled from outside until the read ends.

Two numbers, because a mapped file is not like memory that a reader asked for. *Private* memory belongs to
the process alone and is what a reader can run out of. *Resident* memory counts pages of mapped files too,
which the page cache holds anyway and the kernel takes back whenever it wants.
"""

import itertools
import select
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from .data import warm
from .layouts import ROWS
from .readers import READERS
from .workload import SCALE, fewer

SECONDS_BETWEEN_SAMPLES = 0.00025


@dataclass(frozen=True, slots=True)
class Growth:
    """Bytes above the level before the read, at their peaks; `output` is the size of the result."""

    private: int
    resident: int
    output: int


# By layout, reader and what is read.
type Grown = dict[tuple[str, str, str], Growth]


def growth(layout: str, reader: str, what: str) -> Growth:
    """Return what reading `what`, "few rows" or "all", from `layout` by `reader` takes at its peak.

    Raises
    ------
    NotImplementedError
        Where the kernel does not tell private memory from mapped files, or the reader is not installed.
    """
    if sys.platform != "linux":
        raise NotImplementedError("only Linux tells private memory from mapped files")
    path = ROWS.store(layout, SCALE)
    READERS[reader].close(READERS[reader].open(path))
    warm(path)
    return watch([sys.executable, "-m", "suite.peak", layout, reader, what])


def watch(command: list[str]) -> Growth:
    """Return what `command`, which talks like `peak`, takes between "ready" and "read"."""
    with subprocess.Popen(
        command, cwd=Path(__file__).parents[1], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            return _watched(process.pid, process.stdin, process.stdout)
        finally:
            process.kill()


def _watched(pid: int, orders: IO[bytes], answers: IO[bytes]) -> Growth:
    _expect(answers, "ready")
    before = _memory(pid)
    peak = before
    orders.write(b"\n")
    while not select.select([answers], [], [], SECONDS_BETWEEN_SAMPLES)[0]:
        peak = _higher(peak, _memory(pid))
    (output,) = _expect(answers, "read")
    peak = _higher(peak, _memory(pid))
    orders.write(b"\n")
    _expect(answers, "right")
    return Growth(peak[0] - before[0], peak[1] - before[1], int(output))


def _expect(answers: IO[bytes], word: str) -> list[str]:
    """Return what the next line says after `word`; an error of the process stands on its stderr."""
    found = answers.readline().decode().split()
    if found[:1] != [word]:
        raise RuntimeError(
            f"expected the reading process to say {word!r}, found {found}; see its error above"
        )
    return found[1:]


def _memory(pid: int) -> tuple[int, int]:
    """Return the private and the resident bytes of a process now."""
    kib = {"RssAnon": 0, "RssFile": 0, "RssShmem": 0}
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        name, _, value = line.partition(":")
        if name in kib:
            kib[name] = int(value.split()[0])
    return 1024 * kib["RssAnon"], 1024 * sum(kib.values())


def _higher(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])


class PeakMemoryWarm:
    """Growth while 200 rows are read that touch as many blocks, and while all rows are. Page cache warm."""

    version = "1"
    unit = "bytes"
    timeout = 600
    params = [  # noqa: RUF012
        fewer(["raw", "blosc-zstd", "zstd", "sharded-zstd"], "raw", "blosc-zstd"),
        list(READERS),
        fewer(["few rows", "all"], "few rows"),
    ]
    param_names = ["layout", "reader", "what"]  # noqa: RUF012

    def setup_cache(self) -> Grown:
        """Measure all combinations once, for both numbers; asv hands the result to every call."""
        found: Grown = {}
        for layout, reader, what in itertools.product(*self.params):
            with suppress(NotImplementedError):
                found[layout, reader, what] = growth(layout, reader, what)
        return found

    setup_cache.timeout = 600  # type: ignore[attr-defined]

    def setup(self, grown: Grown, layout: str, reader: str, what: str) -> None:
        if (layout, reader, what) not in grown:
            raise NotImplementedError(f"{reader} is not installed, or the system does not tell")

    # No less than a byte: in a process that had room already nothing grows, and asv's readers want numbers.
    def track_private_growth(self, grown: Grown, layout: str, reader: str, what: str) -> int:
        return max(1, grown[layout, reader, what].private)

    def track_resident_growth(self, grown: Grown, layout: str, reader: str, what: str) -> int:
        return max(1, grown[layout, reader, what].resident)
