"""Decoded units within a budget: what is there, what is being decoded by whom, what has to go.

Each leaf of which something is decoded has an image: memory for all of the leaf, real where units were
decoded. Units are decoded into images outside of any lock, by the thread that claimed them; others that
want them wait for it. A unit that is there stays as it is in its image. To make room, leaves are dropped,
the least recently used ones first: from the mapping of images, which is replaced as a whole. A reader
holds the mapping or the images that it began with, so none goes away under a gather.
"""

import itertools
import threading
from collections.abc import Callable, Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from zarr_partial.budget import CacheInfo
from zarr_partial.images import ABSENT, COMING, THERE, Claim, Image, Mask, Units, Want
from zarr_partial.rowtable import RowTable
from zarr_partial.slots import Slots

__all__ = ["DecodedCache"]

Bytes = NDArray[np.uint8]

# A leaf takes about half a kilobyte beside its bytes; missing ones have no bytes that would count.
MAX_IMAGES = 1 << 18
# After a fruitless turn somebody else has what was wanted, or has taken the room for it.
MAX_TURNS = 16
# How much is left when something has to go: to copy the mapping of images is worth many units.
KEPT_EIGHTHS = 7


# From a leaf, its units and those wanted that are absent, and all absent ones: those better had at once.
type Widen = Callable[[int, Units, Mask, Mask], Mask]
# Decodes claims and tells of each when it is done.
type Fill = Callable[[Sequence[Claim], Callable[[Claim], None]], None]


class DecodedCache:
    """The decoded units of one array in one process.

    Parameters
    ----------
    leaf_nbytes : int
        Decoded bytes of a leaf.
    budget : int
        Decoded bytes that may be here, those being decoded included.
    rows : RowTable or None
        To be told where rows are, where rows have a short path.
    are_filled : bool
        Whether leaves are decoded as a whole.
    """

    def __init__(self, leaf_nbytes: int, budget: int, rows: RowTable | None, *, are_filled: bool) -> None:
        self.images: dict[int, Image] = {}
        self.rows = rows
        self._budget = budget
        self._slots = Slots(leaf_nbytes, are_filled=are_filled)
        self._lock = threading.Lock()
        self._clock = itertools.count(1)
        self._nbytes = 0
        self._hits = self._misses = self._evictions = self._bypasses = 0

    def info(self) -> CacheInfo:
        """Return what is here, and the counters."""
        with self._lock:
            states = [image.states for image in self.images.values() if not image.is_missing]
            units = sum(int(np.count_nonzero(state == THERE)) for state in states)
            return CacheInfo(
                self._hits, self._misses, self._evictions, self._bypasses, units, self._nbytes, self._budget
            )

    def tick(self) -> int:
        """Return the time, in uses."""
        return next(self._clock)

    def count_hits(self, count: int) -> None:
        """Count units that were found without asking `hold`."""
        with self._lock:
            self._hits += count

    def count_bypass(self) -> None:
        """Count a read that went past the cache."""
        with self._lock:
            self._bypasses += 1

    def hold(self, wants: Sequence[Want], widen: Widen | None, fill: Fill) -> dict[int, Bytes | None] | None:
        """Return, by leaf, images in which all that is wanted is there; None if it does not fit.

        What is absent is claimed and decoded by `fill`; what others are decoding is waited for.
        """
        claimed = 0
        for _ in range(MAX_TURNS):
            with self._lock:
                proposals, busy, found = self._look_up(wants)
                if not proposals and not busy:
                    self._misses += claimed
                    self._hits += max(0, found - claimed)
                    return self._use(wants)
                claims = self._claim(proposals, wants, widen)
            if claims is None and not busy:
                break
            if claims:
                claimed += sum(int(np.count_nonzero(chosen)) for _, chosen in proposals)
                try:
                    fill(claims, self._publish)
                finally:
                    self._give_up(claims)
            else:
                for claim in busy:
                    claim.over.wait()
        with self._lock:
            self._misses += claimed
        return None

    def present(self, want: Want) -> int:
        """Return how many of the units of a want are here."""
        image = self.images.get(want.leaf)
        if image is None or image.is_missing:
            return 0
        return int(np.count_nonzero(image.states[image.fitted(want.chosen)] == THERE))

    def _look_up(self, wants: Sequence[Want]) -> tuple[list[tuple[Want, Mask]], list[Claim], int]:
        """Return the absent units of wants, the claims of others on the rest, and how many are there."""
        proposals: list[tuple[Want, Mask]] = []
        busy: list[Claim] = []
        found = 0
        for want in wants:
            image = self.images.get(want.leaf)
            if image is None:
                proposals.append((want, np.zeros(0, np.bool_) if want.chosen is None else want.chosen))
                continue
            if image.is_missing:
                continue
            chosen = image.fitted(want.chosen)
            if image.is_complete:
                found += int(np.count_nonzero(chosen))
                continue
            states = image.states[chosen]
            found += int(np.count_nonzero(states == THERE))
            if (states == ABSENT).any():
                proposals.append((want, chosen & (image.states == ABSENT)))
            if (states == COMING).any():
                busy += image.claims
        return proposals, busy, found

    def _use(self, wants: Iterable[Want]) -> dict[int, Bytes | None]:
        now = next(self._clock)
        used: dict[int, Bytes | None] = {}
        for want in wants:
            image = self.images[want.leaf]
            image.last_used = now
            used[want.leaf] = image.data
        return used

    def _claim(
        self, proposals: list[tuple[Want, Mask]], wants: Sequence[Want], widen: Widen | None
    ) -> list[Claim] | None:
        """Make room for the proposals and claim them, with what is better had at once, if that fits too."""
        if not proposals:
            return []
        chosen = [absent for _, absent in proposals]
        if widen is not None:
            chosen = [self._widened(want, absent, widen) for want, absent in proposals]
        leaves = {want.leaf for want in wants}
        if not self._make_room(proposals, chosen, leaves, wants):
            chosen = [absent for _, absent in proposals]
            if widen is None or not self._make_room(proposals, chosen, leaves, wants):
                return None
        return [
            claim
            for (want, absent), mask in zip(proposals, chosen, strict=True)
            if (claim := self._begin(want, mask, absent)) is not None
        ]

    def _widened(self, want: Want, absent: Mask, widen: Widen) -> Mask:
        image = self.images.get(want.leaf)
        units = want.units if image is None else image.units
        if units is None or units.nblocks == 1:
            return absent
        others = np.ones(units.nblocks, np.bool_) if image is None else image.states == ABSENT
        return widen(want.leaf, units, absent, others)

    def _begin(self, want: Want, chosen: Mask, wanted: Mask) -> Claim | None:
        image = self.images.get(want.leaf)
        if image is None:
            if want.units is None:
                self.images[want.leaf] = Image(Units(1, 1), None, np.full(1, THERE, np.uint8), 0, True)
                if self.rows is not None:
                    self.rows.put_missing(want.leaf)
                return None
            states = np.zeros(want.units.nblocks, np.uint8)
            image = self.images[want.leaf] = Image(want.units, self._slots.take(), states)
        image.states[chosen] = COMING
        nbytes = image.units.count_bytes(chosen)
        image.nbytes += nbytes
        self._nbytes += nbytes
        claim = Claim(want.leaf, image, chosen, wanted)
        image.claims.append(claim)
        return claim

    def _publish(self, claim: Claim) -> None:
        """Let everybody have the units of a claim."""
        image = claim.image
        with self._lock:
            if image.is_missing:
                pass
            elif claim.is_missing:
                self._nbytes -= image.nbytes
                image.data, image.nbytes, image.is_complete = None, 0, True
                image.states[:] = THERE
            else:
                image.states[claim.chosen] = THERE
                image.is_complete = bool((image.states == THERE).all())
            image.claims.remove(claim)
            if self.rows is not None:
                self._tell_rows(claim.leaf, image)
        claim.over.set()

    def _give_up(self, claims: Sequence[Claim]) -> None:
        """Let others try the units that were not decoded."""
        left = [claim for claim in claims if not claim.over.is_set()]
        if not left:
            return
        with self._lock:
            for claim in left:
                image = claim.image
                image.claims.remove(claim)
                if image.is_missing:
                    continue
                image.states[claim.chosen] = ABSENT
                nbytes = image.units.count_bytes(claim.chosen)
                image.nbytes -= nbytes
                self._nbytes -= nbytes
                if not image.claims and not image.nbytes:
                    self.images.pop(claim.leaf)
        for claim in left:
            claim.over.set()

    def _tell_rows(self, leaf: int, image: Image) -> None:
        assert self.rows is not None
        if image.data is None:
            self.rows.put_missing(leaf)
        else:
            there = None if image.is_complete else image.states == THERE
            self.rows.put(leaf, image.data, there, image.units.blocksize)

    def _make_room(
        self,
        proposals: Sequence[tuple[Want, Mask]],
        chosen: Sequence[Mask],
        wanted: set[int],
        wants: Sequence[Want],
    ) -> bool:
        """Drop leaves that nobody wants now until the chosen units fit; nothing, if they never would."""
        asked = 0
        for (want, _), mask in zip(proposals, chosen, strict=True):
            image = self.images.get(want.leaf)
            units = want.units if image is None else image.units
            asked += 0 if units is None else units.count_bytes(mask)
        need = self._nbytes + asked - self._budget
        crowd = len(self.images) + len(proposals) - MAX_IMAGES
        if need <= 0 and crowd <= 0:
            return True
        idle = [leaf for leaf, image in self.images.items() if leaf not in wanted and not image.claims]
        free = sum(self.images[leaf].nbytes for leaf in idle)
        spare = self._unwanted(wants) if free < need else {}
        if free + sum(spare.values()) < need or len(idle) < crowd:
            return False
        goal = self._nbytes + asked - self._budget * KEPT_EIGHTHS // 8 if need > 0 else 0
        self._drop(idle, goal, crowd)
        for leaf in spare if self._nbytes + asked > self._budget else ():
            self._trim(leaf, next(want for want in wants if want.leaf == leaf))
        return True

    def _drop(self, idle: list[int], goal: int, crowd: int) -> None:
        """Drop the least recently used of the idle leaves: `goal` bytes, or all there are."""
        images = self.images
        used = np.array([images[leaf].last_used for leaf in idle], dtype=np.int64)
        if self.rows is not None and idle:
            used = np.maximum(used, self.rows.last_used[np.array(idle)])
        order = np.argsort(used, kind="stable").tolist()
        dropped: list[int] = []
        for at in order:
            if goal <= 0 and len(dropped) >= crowd:
                break
            dropped.append(idle[at])
            goal -= images[idle[at]].nbytes
        gone = set(dropped)
        self._nbytes -= sum(images[leaf].nbytes for leaf in dropped)
        for leaf in dropped:
            if not images[leaf].is_missing:
                self._evictions += int(np.count_nonzero(images[leaf].states == THERE))
        # First the mapping, then the addresses: `rowtable` says why.
        self.images = {leaf: image for leaf, image in images.items() if leaf not in gone}
        if self.rows is not None:
            for leaf in dropped:
                self.rows.drop(leaf)

    def _unwanted(self, wants: Sequence[Want]) -> dict[int, int]:
        """Return how many bytes of wanted leaves nobody wants now, by leaf."""
        spare: dict[int, int] = {}
        for want in wants:
            image = self.images.get(want.leaf)
            if image is None or image.claims or image.is_missing:
                continue
            unwanted = (image.states == THERE) & ~image.fitted(want.chosen)
            if unwanted.any():
                spare[want.leaf] = image.units.count_bytes(unwanted)
        return spare

    def _trim(self, leaf: int, want: Want) -> None:
        """Replace an image by one that has no more than what is wanted of it."""
        image = self.images[leaf]
        assert image.data is not None
        kept = (image.states == THERE) & image.fitted(want.chosen)
        data = self._slots.take()
        size = image.units.blocksize
        for unit in np.flatnonzero(kept).tolist():
            data[unit * size : (unit + 1) * size] = image.data[unit * size : (unit + 1) * size]
        self._evictions += int(np.count_nonzero(image.states == THERE)) - int(np.count_nonzero(kept))
        nbytes = image.units.count_bytes(kept)
        self._nbytes += nbytes - image.nbytes
        states = np.where(kept, np.uint8(THERE), np.uint8(ABSENT))
        trimmed = Image(image.units, data, states, image.last_used, False, nbytes)
        self.images = {**self.images, leaf: trimmed}
        if self.rows is not None:
            self.rows.drop(leaf)
            self._tell_rows(leaf, trimmed)
