"""Units of chunks that are elsewhere, and when to fetch the rest of a chunk: ski rental.

Ranges of a chunk cost their bytes, and each as much more as a request is worth; the whole costs its bytes
and one request. When what was paid for ranges of a chunk, with those asked for now, comes to the price of
the whole, the rest is fetched too. What lies between two ranges and is worth less than a request is
fetched and kept as well. Neither is done where more than twice the bytes asked for would have been
fetched: so, as long as nothing has to be dropped, they are at most twice the fewest that would have done.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import Frame
from zarr_partial.fetching.heads import Head
from zarr_partial.fetching.needs import Need
from zarr_partial.fetching.reading import Remote
from zarr_partial.filling import RAW_UNIT_NBYTES, decode_claims, units_of_frame
from zarr_partial.images import ABSENT, Claim, Units
from zarr_partial.layout import Layout
from zarr_partial.sources.ranged import drive

__all__ = ["RemoteFiller"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]
Mask = NDArray[np.bool_]
Done = Callable[[Claim], None]

# Encoded bytes are held until they are decoded: no more than of so many decoded ones at a time.
BATCH_NBYTES = 1 << 26
# Of more leaves nobody counts what they cost.
MAX_COUNTED = 1 << 16


@dataclass(frozen=True, slots=True)
class _Bill:
    """What was asked for of a leaf, what was fetched for it, in bytes, and in how many ranges."""

    asked: int = 0
    fetched: int = 0
    requests: int = 0


class RemoteFiller:
    """Units of chunks that are fetched.

    Parameters
    ----------
    layout : Layout
    remote : Remote
        Where the chunks are.
    """

    def __init__(self, layout: Layout, remote: Remote) -> None:
        self._layout = layout
        self._remote = remote
        self._whole = Units(layout.raw.nbytes, layout.raw.nbytes)
        self._heads: dict[int, Head] = {}
        self._bills: dict[int, _Bill] = {}

    def units(self, leaves: Sequence[int], are_whole: Sequence[bool]) -> list[Units | None]:
        """Return how each leaf is cut, None if it is known to be missing; unknown headers are fetched."""
        layout, nbytes = self._layout, self._layout.raw.nbytes
        if isinstance(layout.leaf, Raw):
            return [Units(nbytes, min(RAW_UNIT_NBYTES, nbytes))] * len(leaves)
        if not isinstance(layout.leaf, Blosc):
            return [self._whole] * len(leaves)
        # Of what is wanted whole, the header comes with the rest.
        asked = [
            leaf
            for leaf, is_whole in zip(leaves, are_whole, strict=True)
            if not is_whole and leaf not in self._heads
        ]
        heads: dict[int, Head | None] = {}
        if asked:
            heads = drive(self._remote.fetcher.heads_of(asked), self._remote.source)
            if len(self._heads) < MAX_COUNTED:
                self._heads.update((leaf, head) for leaf, head in heads.items() if head is not None)
        unknown = set(asked) - heads.keys()
        return [
            None if leaf in unknown else self._units_of(heads.get(leaf) or self._heads.get(leaf))
            for leaf in leaves
        ]

    def _units_of(self, head: Head | None) -> Units:
        return self._whole if head is None else units_of_frame(head.frame)

    def widen(self, leaf: int, units: Units, wanted: Mask, absent: Mask) -> Mask:
        """Return the wanted units of a leaf, with others that are absent where that pays."""
        ranges = self._encoded_ranges(leaf, units)
        if ranges is None:
            return wanted
        starts, stops = ranges
        lengths, gap = stops - starts, self._remote.fetcher.gap
        bill = self._bills.get(leaf, _Bill())
        asked = bill.asked + int(lengths[wanted].sum())
        requests = bill.requests + _count_ranges(starts[wanted], stops[wanted], gap)
        choices = [absent] if asked + requests * gap >= int(lengths.sum()) + gap else []
        for chosen in (*choices, _bridged(wanted, absent, starts, stops, gap)):
            if bill.fetched + int(lengths[chosen].sum()) <= 2 * asked:
                return chosen
        return wanted

    def _encoded_ranges(self, leaf: int, units: Units) -> tuple[Integers, Integers] | None:
        """Return where each unit of a leaf lies in it as it is stored; None where that is not known."""
        head = self._heads.get(leaf)
        if head is not None and not head.frame.is_memcpyed:
            frame = head.frame
            return (frame.starts, frame.stops) if frame.nblocks == units.nblocks else None
        if head is None and not isinstance(self._layout.leaf, Raw):
            return None
        starts = np.arange(0, units.nbytes, units.blocksize, dtype=np.int64)
        return starts, np.minimum(starts + units.blocksize, units.nbytes)

    def fill(self, claims: Sequence[Claim], done: Done, *, threads: int) -> None:
        """Fetch and decode what is claimed, and tell of each claim when it is done."""
        first = 0
        while first < len(claims):
            stop, nbytes = first, 0
            while stop < len(claims) and (stop == first or nbytes < BATCH_NBYTES):
                nbytes += claims[stop].image.units.count_bytes(claims[stop].chosen)
                stop += 1
            self._fill(claims[first:stop], done, threads)
            first = stop

    def _fill(self, claims: Sequence[Claim], done: Done, threads: int) -> None:
        needs = [_need(claim) for claim in claims]
        is_whole = isinstance(self._layout.leaf, Whole)
        # Between units of a leaf there is nothing that is not here already: see `widen`.
        gap = self._remote.fetcher.gap if is_whole else 0
        leaves = self._remote.fetch_leaves(needs, gap)
        for claim in claims if not is_whole else ():
            self._pay(claim)

        def encoded(claim: Claim) -> tuple[Bytes | None, Frame | None]:
            data = leaves.leaf(claim.leaf)
            is_framed = data is not None and isinstance(self._layout.leaf, Blosc)
            return data, leaves.frame(claim.leaf, data) if is_framed and data is not None else None

        decode_claims(claims, encoded, self._layout, done, threads=threads)

    def _pay(self, claim: Claim) -> None:
        image = claim.image
        if (image.states != ABSENT).all():
            # All was bought: what is dropped is rented anew.
            self._bills.pop(claim.leaf, None)
            return
        ranges = self._encoded_ranges(claim.leaf, image.units)
        if ranges is None or (claim.leaf not in self._bills and len(self._bills) >= MAX_COUNTED):
            return
        starts, stops = ranges
        lengths = stops - starts
        bill = self._bills.get(claim.leaf, _Bill())
        self._bills[claim.leaf] = _Bill(
            bill.asked + int(lengths[claim.wanted].sum()),
            bill.fetched + int(lengths[claim.chosen].sum()),
            bill.requests + _count_ranges(starts[claim.chosen], stops[claim.chosen], 0),
        )


def _count_ranges(starts: Integers, stops: Integers, gap: int) -> int:
    order = np.argsort(starts)
    return int(np.count_nonzero(starts[order][1:] - stops[order][:-1] > gap)) + 1


def _bridged(wanted: Mask, absent: Mask, starts: Integers, stops: Integers, gap: int) -> Mask:
    """Return the wanted units, and the absent ones in gaps between them that are not worth a request."""
    order = np.argsort(starts)
    at = np.flatnonzero(wanted[order])
    bridged = wanted[order]
    for first, last in zip(at[:-1].tolist(), at[1:].tolist(), strict=True):
        if last > first + 1 and starts[order[last]] - stops[order[first]] <= gap:
            bridged[first:last] = True
    chosen = np.zeros_like(wanted)
    chosen[order] = bridged
    return chosen & absent


def _need(claim: Claim) -> Need:
    units = claim.image.units
    edges = np.flatnonzero(np.diff(claim.chosen, prepend=False, append=False))
    firsts, stops = edges[::2] * units.blocksize, edges[1::2] * units.blocksize
    return Need(claim.leaf, firsts, np.minimum(stops, units.nbytes))
