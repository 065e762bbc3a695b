"""Units of chunks that are elsewhere, and when to fetch the rest of a chunk: ski rental.

Ranges of a chunk cost their bytes, and each as much more as a request is worth; the whole costs its bytes
and one request. When what was paid for ranges of a chunk, with those asked for now, comes to the price of
the whole, the rest is fetched too. It never is before half of the bytes were asked for: so the bytes
fetched are at most twice the fewest that would have done, as long as nothing has to be dropped.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import Frame
from zarr_partial.cache import Claim, Units
from zarr_partial.fetching.fetcher import FetchPlan
from zarr_partial.fetching.heads import Head
from zarr_partial.fetching.needs import Need
from zarr_partial.fetching.reading import Remote, drive
from zarr_partial.filling import RAW_UNIT_NBYTES, decode_claims, units_of_frame
from zarr_partial.layout import Layout

__all__ = ["RemoteFiller"]

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Done = Callable[[Claim], None]

# Encoded bytes are held until they are decoded: no more than of so many decoded ones at a time.
BATCH_NBYTES = 1 << 26
# Of more leaves nobody counts what they cost.
MAX_COUNTED = 1 << 16


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
        # By leaf: bytes of the ranges fetched so far, and how many those were.
        self._paid: dict[int, tuple[int, int]] = {}

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
        heads: dict[int, Head] = {}
        if asked:
            heads = drive(self._remote.fetcher.heads_of(asked), self._remote.source)
            if len(self._heads) < MAX_COUNTED:
                self._heads.update(heads)
        unknown = set(asked) - heads.keys()
        return [
            None if leaf in unknown else self._units_of(heads.get(leaf) or self._heads.get(leaf))
            for leaf in leaves
        ]

    def _units_of(self, head: Head | None) -> Units:
        return self._whole if head is None else units_of_frame(head.frame)

    def widen(self, leaf: int, units: Units, wanted: Mask, absent: Mask) -> Mask:
        """Return the wanted units, or all absent ones, once ranges have cost as much as the whole."""
        lengths = self._encoded_lengths(leaf, units)
        if lengths is None:
            return wanted
        paid, requests = self._paid.get(leaf, (0, 0))
        asked = paid + int(lengths[wanted].sum())
        whole, gap = int(lengths.sum()), self._remote.fetcher.gap
        requests += int(np.count_nonzero(np.diff(wanted, prepend=False) & wanted))
        is_worth_it = asked + requests * gap >= whole + gap and 2 * asked >= whole
        return absent if is_worth_it else wanted

    def _encoded_lengths(self, leaf: int, units: Units) -> NDArray[np.int64] | None:
        """Return how many bytes each unit of a leaf takes to fetch; None where that is not known."""
        head = self._heads.get(leaf)
        if head is not None and not head.frame.is_memcpyed:
            frame = head.frame
            return frame.stops - frame.starts if frame.nblocks == units.nblocks else None
        if head is None and not isinstance(self._layout.leaf, Raw):
            return None
        lengths = np.full(units.nblocks, units.blocksize, dtype=np.int64)
        lengths[-1] = units.nbytes - (units.nblocks - 1) * units.blocksize
        return lengths

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
        plan = drive(self._remote.fetcher.plan_of(needs), self._remote.source)
        leaves = plan.leaves(self._remote.source.fetch(plan.requests))
        self._pay(claims, plan)

        def encoded(claim: Claim) -> tuple[Bytes | None, Frame | None]:
            data = leaves.leaf(claim.leaf)
            is_framed = data is not None and isinstance(self._layout.leaf, Blosc)
            return data, leaves.frame(claim.leaf, data) if is_framed and data is not None else None

        decode_claims(claims, encoded, self._layout, done, threads=threads)

    def _pay(self, claims: Sequence[Claim], plan: FetchPlan) -> None:
        for claim, wanted in zip(claims, plan.wanted, strict=True):
            if (claim.image.states != 0).all():
                # All was bought: what is dropped later is rented anew.
                self._paid.pop(claim.leaf, None)
            elif claim.leaf in self._paid or len(self._paid) < MAX_COUNTED:
                paid, requests = self._paid.get(claim.leaf, (0, 0))
                nbytes = int((wanted.stops - wanted.firsts).sum())
                self._paid[claim.leaf] = (paid + nbytes, requests + wanted.firsts.size)


def _need(claim: Claim) -> Need:
    units = claim.image.units
    edges = np.flatnonzero(np.diff(claim.chosen, prepend=False, append=False))
    firsts, stops = edges[::2] * units.blocksize, edges[1::2] * units.blocksize
    return Need(claim.leaf, firsts, np.minimum(stops, units.nbytes))
