"""Readers against each other in one process, turn by turn on the same places: ratios that noise hardly moves.

A round draws new places and lets every contender read them, in an order that rotates. What is compared is
the times of one round, so whatever slows the machine down for seconds slows all of them. Every answer is
compared with the source after the clock has stopped.
"""

import gc
import math
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from .checked import TIMED_SEED, Draw, check

CONFIDENCE = 0.95


class Contender(Protocol):
    """Something that reads places; `prepare` is not timed, `run` is."""

    def prepare(self, places: list[Any]) -> None:
        """Take the places of the next round."""

    def run(self) -> list[Any] | None:
        """Return what is found there, or None from a yardstick that only decodes."""

    def close(self) -> None:
        """Give resources back."""


@dataclass(frozen=True, slots=True)
class Effort:
    """How long a race goes on: at least `rounds`, then until `seconds` are over, at most `most` rounds."""

    rounds: int
    seconds: float
    most: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of ratios, with the interval that holds it with 95 % confidence."""

    value: float
    low: float
    high: float
    rounds: int


def race(
    contenders: Mapping[str, Contender],
    draw: Draw,
    source: NDArray[Any],
    effort: Effort,
    *,
    again: bool = False,
    keep: Callable[[Mapping[str, list[float]]], set[str]] | None = None,
) -> dict[str, list[float]]:
    """Return the seconds of every round for each contender that ran to the end.

    Parameters
    ----------
    again : bool
        Every contender reads the places of a round once before the clock starts, as loops over one batch do:
        the rows are then in the processor's caches, not only in memory.
    keep : callable, optional
        Told the seconds so far after three rounds; the contenders it leaves out run no further.
    """
    random = np.random.default_rng(TIMED_SEED)
    running = dict(contenders)
    seconds: dict[str, list[float]] = {name: [] for name in running}
    # One round for first calls: maps, pools and lazy modules.
    _round(running, draw(random), source, 0, again)
    done, end = 0, time.monotonic() + effort.seconds
    while done < effort.rounds or (done < effort.most and time.monotonic() < end):
        for name, spent in _round(running, draw(random), source, done, again).items():
            seconds[name].append(spent)
        done += 1
        if keep is not None and done == 3:
            kept = keep(seconds)
            running = {name: contender for name, contender in running.items() if name in kept}
    return {name: seconds[name] for name in running}


def _round(
    contenders: Mapping[str, Contender], places: list[Any], source: NDArray[Any], turn: int, again: bool
) -> dict[str, float]:
    names = list(contenders)
    seconds = {}
    for name in names[turn % len(names) :] + names[: turn % len(names)]:
        contender = contenders[name]
        contender.prepare(places)
        if again:
            contender.run()
        collecting = gc.isenabled()
        gc.disable()
        begin = time.perf_counter()
        found = contender.run()
        seconds[name] = time.perf_counter() - begin
        if collecting:
            gc.enable()
        for answer, place in zip(found or (), places, strict=found is not None):
            check(answer, np.asarray(source[place]))
    return seconds


def fastest(seconds: Mapping[str, Sequence[float]]) -> str:
    """Return the name with the least median."""
    return min(seconds, key=lambda name: (statistics.median(seconds[name]), name))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """Return the median of the ratios of the rounds."""
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    low, high = median_interval(ratios)
    return Ratio(statistics.median(ratios), low, high, len(ratios))


def median_interval(values: Sequence[float], confidence: float = CONFIDENCE) -> tuple[float, float]:
    """Return two of the `values` between which the median lies with `confidence`, by their ranks alone.

    The least and the greatest where there are too few of them for that.
    """
    ordered, count = sorted(values), len(values)
    outside, rank = 0.5**count, 0
    while 2 * (outside + math.comb(count, rank + 1) * 0.5**count) <= 1 - confidence:
        rank += 1
        outside += math.comb(count, rank) * 0.5**count
    return ordered[rank], ordered[count - 1 - rank]
