"""How a number changed from commit to commit: by separated intervals and a factor, never by a point.

A level is a stretch of runs that say the same. Each run is compared with the median of the first three of its
level, so that a slow drift is noticed when it has gone far enough. A run that differs begins a new level only
if the next one agrees; otherwise it is an outlier, and the last one of all is not confirmed yet.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import median

from outreach.benches.panels import Panel
from outreach.benches.quantities import TIME, Quantity
from outreach.benches.results import Measurement, Run, State
from outreach.benches.verdict import as_cost

ANCHOR_RUNS = 3
# Factors from which a change is called medium and large, of what varies and of what is counted.
BUCKETS = (2.0, 4.0)
COUNTED_BUCKETS = (1.25, 2.0)


class Change(StrEnum):
    """What a run says beside the ones before it."""

    FIRST = "first"
    NONE = "no change"
    STEP = "step"
    DRIFT = "drift"
    OUTLIER = "outlier"
    UNCONFIRMED = "not confirmed yet"
    GAP = "no number"


@dataclass(frozen=True, slots=True)
class Judged:
    """What one run says: `ratio` is the level before over this one, above 1 is better; `size` a bucket."""

    change: Change
    ratio: float | None = None
    size: str = ""

    @property
    def is_change(self) -> bool:
        """Whether a new level begins here."""
        return self.change in (Change.STEP, Change.DRIFT)

    @property
    def is_worse(self) -> bool:
        """Whether the number got worse."""
        return self.ratio is not None and self.ratio < 1


def judge(found: Sequence[Measurement], quantity: Quantity = TIME) -> list[Judged]:
    """Return what each of `found`, in the order of the commits, says beside those before it."""
    costs = [as_cost(_finite(one), quantity) for one in found]
    judged: list[Judged] = []
    level: list[Measurement] = []
    for place, cost in enumerate(costs):
        if cost.value is None:
            judged.append(Judged(Change.GAP))
            continue
        if not level:
            judged.append(Judged(Change.FIRST))
            level = [cost]
            continue
        ratio = _differs(level, cost, quantity)
        if ratio is None:
            judged.append(Judged(Change.NONE, _anchor(level) / cost.value))
            level.append(cost)
            continue
        size = _size(ratio, quantity)
        following = next((other for other in costs[place + 1 :] if other.value is not None), None)
        if following is None and not quantity.counted:
            judged.append(Judged(Change.UNCONFIRMED, ratio, size))
            continue
        after = _differs(level, following, quantity) if following is not None else ratio
        if after is None or (after > 1) != (ratio > 1):
            judged.append(Judged(Change.OUTLIER, ratio, size))
            continue
        sudden = _differs([level[-1]], cost, quantity) is not None
        judged.append(Judged(Change.STEP if sudden else Change.DRIFT, ratio, size))
        level = [cost]
    return judged


def _finite(one: Measurement) -> Measurement:
    """Return `one` without what is no number; without a value where that is none."""
    value, low, high = (
        end if end is not None and 0 < end < math.inf else None for end in (one.value, one.low, one.high)
    )
    return Measurement(one.state, value, low, high, one.samples)


def _anchor(level: Sequence[Measurement]) -> float:
    return median(one.value for one in level[:ANCHOR_RUNS] if one.value is not None)


def _differs(level: Sequence[Measurement], cost: Measurement, quantity: Quantity) -> float | None:
    """Return the anchor of the level over `cost` if they differ, else None."""
    assert cost.value is not None
    ratio = _anchor(level) / cost.value
    if max(ratio, 1 / ratio) <= quantity.noise:
        return None
    if quantity.counted:
        return ratio
    first = level[:ANCHOR_RUNS]
    if ratio > 1:
        lows = [one.low for one in first if one.low is not None]
        separated = len(lows) == len(first) and cost.high is not None and cost.high < min(lows)
    else:
        highs = [one.high for one in first if one.high is not None]
        separated = len(highs) == len(first) and cost.low is not None and cost.low > max(highs)
    return ratio if separated else None


def _size(ratio: float, quantity: Quantity) -> str:
    factor = max(ratio, 1 / ratio)
    medium, large = COUNTED_BUCKETS if quantity.counted else BUCKETS
    return "small" if factor < medium else "medium" if factor < large else "large"


def history_of(run: Run, runs: Iterable[Run]) -> list[Run]:
    """Return the runs of the machine and scale of `run`, in the order of their commits."""
    same = [
        other
        for other in runs
        if (other.environment.machine, other.environment.scale)
        == (run.environment.machine, run.environment.scale)
    ]
    return sorted(same, key=lambda other: (other.committed, other.newest_start, other.file))


@dataclass(frozen=True, slots=True)
class Track:
    """One number of a panel over all runs."""

    panel: Panel
    group: str
    series: str
    found: tuple[Measurement, ...]
    judged: tuple[Judged, ...]


def tracks(history: Sequence[Run], panel: Panel) -> list[Track]:
    """Return the numbers of `panel` over `history`, groups and series in the order of the newest run."""
    made = []
    newest = history[-1]
    groups = newest.values(panel.benchmark, panel.groups) if panel.groups else ("",)
    names = newest.values(panel.benchmark, panel.series) if panel.series else (panel.short,)
    for group in groups:
        for name in names:
            where: Mapping[str, str] = {
                **dict(panel.fixed),
                **({panel.groups: group} if panel.groups else {}),
                **({panel.series: name} if panel.series else {}),
            }
            found = tuple(run.find(panel.benchmark, **where) for run in history)
            if any(one.state is State.MEASURED for one in found):
                judged = tuple(judge(found, panel.quantity))
                made.append(Track(panel, group, name, found, judged))
    return made
