"""Which of two readers is faster: by separated intervals and a factor, never by two points.

Ratios are formed within one run only; numbers of different machines or commits never meet here.
"""

from dataclasses import dataclass
from enum import StrEnum

from outreach.benches.quantities import TIME, Quantity
from outreach.benches.results import Measurement

# The same code, zarr's default pipeline behind two names, differed by up to 1.6 between the processes of
# one run on a shared two-core machine, with separated intervals: those know only their own process.
SMALLEST_FACTOR = 2


class Verdict(StrEnum):
    """What two measurements say about each other; of other numbers than times, faster means better."""

    FASTER = "faster"
    SLOWER = "slower"
    UNCLEAR = "no clear difference"
    SINGLE = "one sample, no verdict"
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


def compare(this: Measurement, other: Measurement, quantity: Quantity = TIME) -> Comparison:
    """Return how `this` does against `other`."""
    this, other = as_cost(this, quantity), as_cost(other, quantity)
    if this.value is None or other.value is None:
        return Comparison(Verdict.UNKNOWN)
    ratio = other.value / this.value
    if quantity.counted:
        better, worse = ratio > quantity.noise, 1 / ratio > quantity.noise
        verdict = Verdict.FASTER if better else Verdict.SLOWER if worse else Verdict.UNCLEAR
        return Comparison(verdict, ratio, ratio, ratio)
    low = _quotient(other.low, this.high)
    high = _quotient(other.high, this.low)
    verdict = Verdict.UNCLEAR
    if max(this.samples, other.samples) <= 1 and low is None and high is None:
        verdict = Verdict.SINGLE
    elif ratio >= SMALLEST_FACTOR and low is not None and low > 1:
        verdict = Verdict.FASTER
    elif 1 / ratio >= SMALLEST_FACTOR and high is not None and high < 1:
        verdict = Verdict.SLOWER
    return Comparison(verdict, ratio, low, high)


def as_cost(found: Measurement, quantity: Quantity) -> Measurement:
    """Return `found` so that less is better: a rate of rows per second as seconds per row."""
    if not quantity.more_is_better or found.value is None:
        return found
    low, high = (None if end is None else 1 / end for end in (found.high, found.low))
    return Measurement(found.state, 1 / found.value, low, high, found.samples)


def fastest(measurements: dict[str, Measurement], quantity: Quantity = TIME) -> str | None:
    """Return the name with the best number, or None where nothing was measured."""
    costs = {name: as_cost(found, quantity).value for name, found in measurements.items()}
    known = {name: value for name, value in costs.items() if value is not None}
    return min(known, key=lambda name: (known[name], name)) if known else None


def _quotient(above: float | None, below: float | None) -> float | None:
    return None if above is None or below is None else above / below
