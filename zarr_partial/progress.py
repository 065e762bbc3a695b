"""How far a long read has come: a callback, or a line in the terminal."""

import sys
import time
from collections.abc import Callable
from typing import TextIO

from zarr_partial.words import format_bytes

__all__ = ["Bar", "Report", "report_of"]

# Told after every batch: bytes of the output that are there, and all of them.
type Report = Callable[[int, int], None]

# A person reads no more often than this.
SECONDS_BETWEEN = 0.1


class Bar:
    """A line in `stream` that says how many bytes are there, how fast they come and how long it takes.

    Parameters
    ----------
    stream : text file
        Where it is not a terminal, only the last state is written.
    clock : callable
        Seconds.
    amount : callable
        From a number to words; by default it is of bytes.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
        amount: Callable[[float], str] = format_bytes,
    ) -> None:
        self._stream = stream
        self._amount = amount
        self._clock = clock
        self._began = self._shown = clock()
        self._is_terminal = stream.isatty()
        self._width = 0

    def __call__(self, done: int, total: int) -> None:
        """Show that `done` of `total` bytes are there, if the last time is long enough ago."""
        now = self._clock()
        if done < total and (not self._is_terminal or now - self._shown < SECONDS_BETWEEN):
            return
        self._shown = now
        text = self._text(done, total, now - self._began)
        end = "\n" if done >= total else ""
        start = "\r" if self._is_terminal else ""
        self._stream.write(f"{start}{text.ljust(self._width)}{end}")
        self._stream.flush()
        self._width = len(text)

    def _text(self, done: int, total: int, seconds: float) -> str:
        share = done / total if total else 1.0
        rate = done / seconds if seconds > 0 else 0.0
        text = f"{share:4.0%}  {self._amount(done)} of {self._amount(total)}, {self._amount(rate)}/s"
        if done >= total:
            return f"{text}, {seconds:.1f} s"
        left = (total - done) / rate if rate else None
        return text if left is None else f"{text}, {left:.0f} s left"


def report_of(
    progress: Report | bool | None, *, amount: Callable[[float], str] = format_bytes
) -> Report | None:
    """Return whom to tell, for the argument `progress` of a read; `amount` puts numbers into words."""
    if progress is True:
        return Bar(sys.stderr, amount=amount)
    if progress is None or progress is False:
        return None
    if not callable(progress):
        raise TypeError(
            f"expected progress to be True or a function of two numbers, found {type(progress).__name__}"
        )
    return progress
