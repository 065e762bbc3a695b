"""From a selection to the requests that it takes, and from what they bring to leaves that can be read.

Steps: what is needed of each leaf, decoded; where the leaves lie (indexes of shards, kept); which of
their encoded bytes that takes (Blosc headers, kept); neighbours within a gap become one request.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw
from zarr_partial.access.blosc import HEADER_NBYTES, Frame
from zarr_partial.errors import CorruptChunkError
from zarr_partial.fetching.fetched import FetchedLeaves, blank_images
from zarr_partial.fetching.heads import Head, Heads
from zarr_partial.fetching.needs import Need, merged, needs_of
from zarr_partial.fetching.places import Place, Places, vanished
from zarr_partial.layout import Layout, LeafName
from zarr_partial.selection import Coordinates, Selection
from zarr_partial.settings import DEFAULT_GAP
from zarr_partial.sources.ranged import Asked, Request

__all__ = ["FetchPlan", "Fetcher", "Wanted"]

Bytes = NDArray[np.uint8]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Wanted:
    """What a read wants of one leaf.

    Attributes
    ----------
    leaf : int
        Its number.
    place : Place or None
        None if it is known to be missing.
    nbytes : int or None
        Encoded bytes of the leaf; None where only the value itself tells.
    firsts, stops : ndarray of int64
        Ranges of the encoded bytes; empty if `nbytes` is None, which wants them all.
    units, units_in_leaf : int
        Units that the ranges are, and units that there are.
    head : Head or None
        The Blosc header.
    decoded_nbytes : int
        Bytes of the Blosc blocks, decoded.
    """

    leaf: int
    place: Place | None
    nbytes: int | None
    firsts: Integers
    stops: Integers
    units: int = 1
    units_in_leaf: int = 1
    head: Head | None = None
    decoded_nbytes: int = 0

    @property
    def is_known_to_be_there(self) -> bool:
        """Whether an index or a header was read that tells of it."""
        return self.head is not None or (self.place is not None and self.place.nbytes is not None)


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Bytes `start` up to `stop` of a leaf, which lie at `begin` in what one request brings."""

    wanted: int
    start: int
    stop: int
    begin: int


class FetchPlan:
    """The requests of one read.

    Attributes
    ----------
    wanted : list of Wanted
    requests : list of Request
        In the order in which `leaves` wants what they bring.
    lookups : list of Request
        What had to be known before: indexes of shards and Blosc headers. They are asked for once.
    """

    def __init__(
        self, layout: Layout, wanted: Sequence[Wanted], gap: int, lookups: Sequence[Request] = ()
    ) -> None:
        self._layout = layout
        self.wanted = list(wanted)
        self.lookups = list(lookups)
        self.requests: list[Request] = []
        self._pieces: list[list[_Piece]] = []
        by_key: dict[str, list[tuple[int, int, int, int]]] = {}
        for number, want in enumerate(self.wanted):
            if want.place is None:
                continue
            if want.nbytes is None:
                self.requests.append(Request(want.place.key))
                self._pieces.append([_Piece(number, 0, -1, 0)])
                continue
            begin = want.place.begin
            ranges = zip(want.firsts.tolist(), want.stops.tolist(), strict=True)
            # An inner chunk of no bytes is damaged, which shows when it is decoded.
            by_key.setdefault(want.place.key, []).extend(
                (begin + first, begin + stop, number, first) for first, stop in ranges if first < stop
            )
        for key, ranges_of_key in by_key.items():
            if not ranges_of_key:
                continue
            self._merge(key, sorted(ranges_of_key), gap)

    def _merge(self, key: str, ranges: list[tuple[int, int, int, int]], gap: int) -> None:
        firsts = np.array([first for first, *_ in ranges], dtype=np.int64)
        stops = np.array([stop for _, stop, *_ in ranges], dtype=np.int64)
        starts, ends = merged(firsts, stops, gap)
        which = np.searchsorted(starts, firsts, side="right") - 1
        base = len(self.requests)
        self.requests += [Request(key, a, b) for a, b in zip(starts.tolist(), ends.tolist(), strict=True)]
        self._pieces += [[] for _ in range(starts.size)]
        for (first, stop, number, at), request in zip(ranges, which.tolist(), strict=True):
            piece = _Piece(number, at, at + stop - first, first - int(starts[request]))
            self._pieces[base + request].append(piece)

    @property
    def nbytes(self) -> int:
        """Bytes that the requests ask for, without those of values whose length nobody knows yet."""
        return sum(request.nbytes or 0 for request in self.requests)

    def leaves(self, bodies: Sequence[Bytes | None]) -> FetchedLeaves:
        """Return the leaves made of what the requests brought, in their order.

        Raises
        ------
        CorruptChunkError
            If a value ends before a range does.
        ChangedError
            If a value is not there any more, or only sometimes.
        """
        found: dict[int, Bytes | None] = {want.leaf: None for want in self.wanted}
        frames: dict[int, Frame] = {}
        # What is wanted whole is used as it comes: an index may promise any number of bytes.
        partial = [number for number, want in enumerate(self.wanted) if not self._comes_whole(want)]
        sizes = [self.wanted[number].nbytes or 0 for number in partial]
        images = dict(zip(partial, blank_images(sizes), strict=True))
        missing: set[int] = set()
        there: set[int] = set()
        for request, body, pieces in zip(self.requests, bodies, self._pieces, strict=True):
            for piece in pieces:
                want = self.wanted[piece.wanted]
                (missing if body is None else there).add(piece.wanted)
                if piece.wanted in missing and (piece.wanted in there or want.is_known_to_be_there):
                    raise vanished(request)
                if body is None:
                    continue
                data = body if piece.stop < 0 else self._bytes_of(piece, request, body)
                if piece.wanted in images:
                    images[piece.wanted][piece.start : piece.stop] = data
                else:
                    images[piece.wanted] = data
        for number, want in enumerate(self.wanted):
            if want.place is not None and number not in missing:
                image = images[number]
                if want.head is not None:
                    image[: want.head.data.size] = want.head.data
                    frames[want.leaf] = want.head.frame
                found[want.leaf] = image
        return FetchedLeaves(self._layout, found, frames)

    def _comes_whole(self, want: Wanted) -> bool:
        """Tell whether a leaf is used as it comes; raw ones lie together, so that one gather reaches all."""
        if want.nbytes is None:
            return True
        is_all = want.stops.size == 1 and want.firsts[0] == 0 and want.stops[0] == want.nbytes > 0
        return bool(is_all) and want.head is None and not isinstance(self._layout.leaf, Raw)

    def _bytes_of(self, piece: _Piece, request: Request, body: Bytes) -> Bytes:
        nbytes = piece.stop - piece.start
        bytes_of_piece = body[piece.begin : piece.begin + nbytes]
        if bytes_of_piece.size < nbytes:
            name = LeafName(self._layout, self.wanted[piece.wanted].leaf)
            raise CorruptChunkError(
                f"{name}: expected {request} of {request.key!r}, found that there are {body.size}; "
                "it is truncated, or its index is damaged: write the chunk again or restore it",
                key=request.key,
            )
        return bytes_of_piece


class Fetcher:
    """What has been learnt of an array whose chunks are elsewhere, and how to learn more.

    Parameters
    ----------
    layout : Layout
        One whose leaves have elements of a known layout.
    gap : int
        Ranges of one value that so many bytes lie between, or fewer, are asked for as one.
    """

    def __init__(self, layout: Layout, gap: int = DEFAULT_GAP) -> None:
        self.layout = layout
        self.gap = gap
        self._places = Places(layout)
        self._heads = Heads(layout) if isinstance(layout.leaf, Blosc) else None

    def plan(self, selection: Selection | Coordinates) -> Asked[FetchPlan]:
        """Return the plan of a selection that is not empty, once indexes and headers are known.

        Raises
        ------
        CorruptChunkError
            If an index or a header is damaged.
        """
        return (yield from self.plan_of(list(needs_of(selection, self.layout, self.gap)), self.gap))

    def fetch(self, needs: Sequence[Need], gap: int) -> Asked[tuple[FetchPlan, list[Bytes | None]]]:
        """Return the plan for what is needed, as `plan_of` does, and the answers to its requests."""
        plan = yield from self.plan_of(needs, gap)
        return plan, (yield plan.requests)

    def heads_of(self, leaves: Sequence[int]) -> Asked[dict[int, Head | None]]:
        """Return the headers of Blosc leaves, without the missing ones.

        None for those that are hardly longer than their headers, which are not fetched on their own.

        Raises
        ------
        CorruptChunkError
            If an index or a header is damaged.
        """
        assert self._heads is not None
        found: dict[int, Head | None] = {}
        unknown = []
        places, _ = yield from self._places.of(leaves)
        for leaf, place in zip(leaves, places, strict=True):
            if place is None:
                continue
            if (head := self._heads.get(leaf)) is not None or self._is_short(place):
                found[leaf] = head
            else:
                unknown.append((leaf, place))
        found.update((yield from self._heads.of(unknown)) if unknown else {})
        return found

    def plan_of(self, needs: Sequence[Need], gap: int) -> Asked[FetchPlan]:
        """Return the plan of what is needed of leaves, each of which is named once, as `plan` does.

        Ranges that lie within `gap` bytes become one request.
        """
        places, lookups = yield from self._places.of([need.leaf for need in needs])
        heads: dict[int, Head] = {}
        if self._heads is not None:
            found = zip(needs, places, strict=True)
            unknown = [
                (need.leaf, place)
                for need, place in found
                if place is not None and self._has_to_look(need, place)
            ]
            guess = self._heads.guessed_nbytes
            if unknown:
                heads = yield from self._heads.of(unknown)
            without = {leaf for leaf, _ in unknown} - heads.keys()
            # A chunk without shards is known to be missing only then.
            lookups += [
                Request(place.key, place.begin, place.begin + guess)
                for leaf, place in unknown
                if leaf in without
            ]
            places = [
                None if need.leaf in without else place for need, place in zip(needs, places, strict=True)
            ]
        wanted = [
            self._wanted(need, place, heads.get(need.leaf)) for need, place in zip(needs, places, strict=True)
        ]
        for want in wanted:
            if want.place is not None and want.head is not None:
                lookups += want.head.requests(want.place)
        return FetchPlan(self.layout, wanted, gap, lookups)

    def _has_to_look(self, need: Need, place: Place) -> bool:
        """Tell whether the header of a Blosc chunk has to be fetched before the chunk."""
        assert self._heads is not None
        if self._heads.get(need.leaf) is not None or self._is_all(need):
            return False
        # What is hardly longer than its header comes with it.
        return not self._is_short(place)

    def _is_short(self, place: Place) -> bool:
        assert self._heads is not None
        return place.nbytes is not None and place.nbytes <= max(self.gap, self._heads.guessed_nbytes)

    def _is_all(self, need: Need) -> bool:
        return need.firsts.size == 1 and int(need.stops[0] - need.firsts[0]) == self.layout.raw.nbytes

    def _wanted(self, need: Need, place: Place | None, head: Head | None) -> Wanted:
        raw, leaf = self.layout.raw, self.layout.leaf
        none = np.empty(0, dtype=np.int64)
        if place is None:
            return Wanted(need.leaf, None, 0, none, none, 0, 0)
        if isinstance(leaf, Raw):
            if place.nbytes is not None:
                raw.check(place.nbytes, LeafName(self.layout, need.leaf))
            return Wanted(need.leaf, place, raw.nbytes + raw.trailer_nbytes, need.firsts, need.stops)
        if head is None and self._heads is not None:
            head = self._heads.get(need.leaf)
        if head is None:
            if place.nbytes is None:
                return Wanted(need.leaf, place, None, none, none)
            return Wanted(need.leaf, place, place.nbytes, np.zeros(1, np.int64), np.array([place.nbytes]))
        return self._blocks(need, place, head)

    def _blocks(self, need: Need, place: Place, head: Head) -> Wanted:
        """Return what is wanted of a Blosc chunk whose header is known."""
        frame = head.frame
        if frame.is_memcpyed:
            firsts, stops = need.firsts + HEADER_NBYTES, need.stops + HEADER_NBYTES
            return Wanted(need.leaf, place, frame.cbytes, firsts, stops, head=head)
        lows, highs = need.firsts // frame.blocksize, -(-need.stops // frame.blocksize)
        touched = np.zeros(frame.nblocks + 1, dtype=np.int64)
        np.add.at(touched, lows, 1)
        np.add.at(touched, highs, -1)
        blocks = np.flatnonzero(np.cumsum(touched[:-1]) > 0)
        # Blocks lie in any order.
        order = np.argsort(frame.starts[blocks])
        firsts, stops = merged(frame.starts[blocks][order], frame.stops[blocks][order], 0)
        decoded = sum(frame.block_nbytes(block, block + 1) for block in blocks.tolist())
        return Wanted(
            need.leaf, place, frame.cbytes, firsts, stops, int(blocks.size), frame.nblocks, head, decoded
        )
