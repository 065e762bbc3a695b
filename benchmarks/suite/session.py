"""One measurement of the targets: the data, how long to look, and races of zarr_partial against others."""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checked import Draw
from .data import Scale, data_folder, source_rows, warm
from .layouts import DataSet
from .race import Contender, Effort, fastest, race, ratio
from .table import Row, seconds_text

OURS = "zarr_partial"

# After three rounds only the fastest go on: a peer at twice the time of another does not come back.
FINALISTS = 2


@dataclass(frozen=True, slots=True)
class Claim:
    """What a row says before anything is measured.

    `per` is how many reads of its kind one call does; `again` as in `race`.
    """

    what: str
    layout: str
    against: str
    at_most: float
    per: int = 1
    again: bool = False


class Session:
    """What the groups of targets share.

    Parameters
    ----------
    effort : Effort
        For reads of less than some ten milliseconds; scans of all data get fewer rounds.
    """

    def __init__(self, scale: Scale, effort: Effort) -> None:
        self.scale = scale
        self.effort = effort
        self._warm: set[Path] = set()

    @cached_property
    def rows_in_memory(self) -> NDArray[Any]:
        """The source rows in memory of this process."""
        source_rows(self.scale)
        return np.load(data_folder(self.scale) / "rows.npy")

    @property
    def few_rounds(self) -> Effort:
        """The effort for reads of a tenth of a second and more."""
        return replace(self.effort, rounds=max(3, self.effort.rounds * 3 // 4))

    def path(self, data_set: DataSet, layout: str) -> Path:
        """Return where the array lies, its pages in the page cache."""
        path = data_set.store(layout, self.scale)
        if path not in self._warm:
            warm(path)
            self._warm.add(path)
        return path

    def forget(self, path: Path) -> None:
        """Expect no page of `path` in the page cache from here on."""
        self._warm.discard(path)

    def duel(
        self,
        claim: Claim,
        ours: Contender,
        theirs: Contender,
        draw: Draw,
        source: NDArray[Any],
        effort: Effort | None = None,
    ) -> Row:
        """Race zarr_partial against one other."""
        pair = {OURS: ours, "theirs": theirs}
        seconds = self._raced(pair, draw, source, effort or self.effort, again=claim.again)
        return _row(claim, seconds[OURS], seconds["theirs"])

    def contest(
        self,
        claim: Claim,
        contenders: Mapping[str, Callable[[], Contender]],
        draw: Draw,
        source: NDArray[Any],
        effort: Effort,
    ) -> Row:
        """Race zarr_partial against the peers that are installed, in the end against the fastest."""
        opened = {}
        for name, open_contender in contenders.items():
            try:
                opened[name] = open_contender()
            except NotImplementedError:
                continue
        seconds = self._raced(opened, draw, source, effort, keep=_finalists)
        peer = fastest({name: spent for name, spent in seconds.items() if name != OURS})
        return _row(replace(claim, against=peer), seconds[OURS], seconds[peer])

    def _raced(
        self,
        contenders: Mapping[str, Contender],
        draw: Draw,
        source: NDArray[Any],
        effort: Effort,
        **options: Any,
    ) -> dict[str, list[float]]:
        try:
            return race(contenders, draw, source, effort, **options)
        finally:
            for contender in contenders.values():
                contender.close()


def _finalists(seconds: Mapping[str, list[float]]) -> set[str]:
    peers = sorted((statistics.median(spent), name) for name, spent in seconds.items() if name != OURS)
    return {OURS, *(name for _, name in peers[:FINALISTS])}


def _row(claim: Claim, ours: list[float], theirs: list[float]) -> Row:
    texts = (seconds_text(statistics.median(spent) / claim.per) for spent in (ours, theirs))
    return Row(claim.what, claim.layout, claim.against, claim.at_most, ratio(ours, theirs), *texts)
