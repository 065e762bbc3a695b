"""What the suite measures: times, rates, bytes and requests, as texts, and which way is better."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of numbers, by how they are told."""

    TIME = "time"
    RATE = "rate"
    BYTES = "bytes"
    COUNT = "count"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A kind of number.

    Attributes
    ----------
    better, worse : str
        What zarr_partial is where it does better, and where it does worse.
    more_is_better : bool
        Whether the larger number wins.
    counted : bool
        Whether the number is the same whenever it is taken, so that it needs no interval.
    noise : float
        The largest factor between two runs of the same code that says nothing.
    """

    kind: Kind
    label: str
    better: str
    worse: str
    more_is_better: bool = False
    counted: bool = False
    noise: float = 1.6


# The same code differed by up to 1.6 between runs on a shared two-core machine, with separated intervals.
TIME = Quantity(Kind.TIME, "time", "faster", "slower")
RATE = Quantity(Kind.RATE, "rows per second", "faster", "slower", more_is_better=True)
MEMORY = Quantity(Kind.BYTES, "memory", "less", "more")
STORED = Quantity(Kind.BYTES, "bytes", "fewer", "more", counted=True, noise=1.01)
REQUESTS = Quantity(Kind.COUNT, "requests", "fewer", "more", counted=True, noise=1.01)


def number_text(value: float) -> str:
    """Return a positive number with the two figures that are worth reading; whole from 10 on."""
    if value >= 10:
        return f"{value:,.0f}"
    if value >= 1:
        return f"{value:.1f}"
    return f"{value:.2f}" if value >= 0.095 else f"{value:.1g}"


def precise_text(value: float) -> str:
    """Return a positive number with three figures, for tables that show its interval too."""
    decimals = 0 if value >= 100 else 1 if value >= 10 else 2 if value >= 1 else 3
    return f"{value:,.{decimals}f}"


def ratio_text(ratio: float) -> str:
    """Return a ratio with two figures: 0.8, 3.4, 21, 1,200."""
    if ratio < 10:
        return f"{ratio:.1f}" if ratio >= 0.1 else f"{ratio:.2f}"
    step = 10 ** (len(f"{ratio:.0f}") - 2)
    return f"{round(ratio / step) * step:,}"


def unit_of(value: float, kind: Kind) -> tuple[float, str]:
    """Return the factor and the name of the unit that `value` is told in."""
    match kind:
        case Kind.TIME:
            steps = ((1, 1.0, "s"), (1e-3, 1e3, "ms"))
            return next(((factor, name) for least, factor, name in steps if value >= least), (1e6, "µs"))
        case Kind.BYTES:
            sizes = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
            return next(((1 / size, name) for size, name in sizes if value >= size), (1.0, "B"))
        case Kind.RATE:
            return 1.0, "/s"
        case Kind.COUNT:
            return 1.0, ""


def value_text(value: float, kind: Kind, *, precise: bool = False) -> str:
    """Return a number with its unit: two figures, or three."""
    factor, unit = unit_of(value, kind)
    text = (precise_text if precise else number_text)(value * factor)
    if kind is Kind.COUNT:
        text = f"{value:,.0f}"
    return f"{text} {unit}".strip()


def tick_text(value: float, kind: Kind) -> str:
    """Return the text of a tick of an axis, a power of ten."""
    if kind is Kind.TIME:
        factor, unit = (1.0, "s") if value >= 0.999 else (1e3, "ms") if value >= 0.999e-3 else (1e6, "µs")
        return f"{value * factor:,.3g} {unit}"
    if kind is Kind.BYTES:
        factor, unit = unit_of(value * 1.0001, kind)
        return f"{value * factor:,.3g} {unit}"
    return f"{value:,.0f}"
