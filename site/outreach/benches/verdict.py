"""Which of two readers is faster: by separated intervals and a factor, never by two points.

Ratios are formed within one run only; numbers of different machines or commits never meet here.
"""

from dataclasses import dataclass
from enum import StrEnum

from outreach.benches.results import Measurement, State

# The same code, zarr's default pipeline behind two names, differed by up to 1.6 between the processes of
# one run on a shared two-core machine, with separated intervals: those know only their own process.
SMALLEST_FACTOR = 2


class Verdict(StrEnum):
    """What two measurements say about each other."""

    FASTER = "faster"
    SLOWER = "slower"
    UNCLEAR = "no clear difference"
    UNKNOWN = "not comparable"


@dataclass(frozen=True, slots=True)
class Comparison:
    """How one reader does against another: above 1 the first is faster.

    Attributes
    ----------
    ratio : float or None
        Time of the other over time of this one, from the medians; None where one has no number.
    low, high : float or None
        The same from the ends of the 99 % intervals; None where an interval is unbounded.
    """

    verdict: Verdict
    ratio: float | None = None
    low: float | None = None
    high: float | None = None


def compare(this: Measurement, other: Measurement) -> Comparison:
    """Return how `this` does against `other`."""
    if this.value is None or other.value is None:
        return Comparison(Verdict.UNKNOWN)
    ratio = other.value / this.value
    low = _quotient(other.low, this.high)
    high = _quotient(other.high, this.low)
    verdict = Verdict.UNCLEAR
    if ratio >= SMALLEST_FACTOR and low is not None and low > 1:
        verdict = Verdict.FASTER
    elif 1 / ratio >= SMALLEST_FACTOR and high is not None and high < 1:
        verdict = Verdict.SLOWER
    return Comparison(verdict, ratio, low, high)


def fastest(measurements: dict[str, Measurement]) -> str | None:
    """Return the name with the least median time, or None where nothing was measured."""
    timed = {name: found.value for name, found in measurements.items() if found.state is State.MEASURED}
    return min(timed, key=lambda name: (timed[name], name)) if timed else None


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None else above / below
