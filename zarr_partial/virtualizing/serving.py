"""From the coordinates of a virtual chunk to its bytes: where they lie, what is fetched, what it makes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from zarr.abc.store import ByteRequest, OffsetByteRequest, RangeByteRequest, SuffixByteRequest

from zarr_partial.access.blosc import HEADER_NBYTES, decode_blocks, rewrap, wrap_stored
from zarr_partial.errors import ChangedError, CorruptChunkError
from zarr_partial.fetching.fetched import blank_images
from zarr_partial.fetching.fetcher import Fetcher
from zarr_partial.fetching.needs import Need
from zarr_partial.fetching.places import Place, Places, vanished
from zarr_partial.layout import LeafName
from zarr_partial.sources.ranged import Asked, Request
from zarr_partial.virtualizing.presenting import Making, Presentation

__all__ = ["Serving", "cut"]

Bytes = NDArray[np.uint8]
# What has been learnt is compared with what is there; of more indexes and headers than this it is not.
MAX_LEARNT = 1 << 17
# More ranges than this cost more than the bytes between them: all from the first to the last is asked for.
MAX_RANGES = 1 << 10


class Serving:
    """How the virtual chunks of an array are made.

    Indexes of shards and Blosc headers are kept. They are asked for again together with the bytes that they
    lead to, unless the source itself notices that a value was replaced.

    Parameters
    ----------
    presentation : Presentation
    gap : int
        Ranges of one value that so many bytes lie between, or fewer, are asked for as one.
    notices : bool
        Whether the source raises `ChangedError` by itself.
    """

    def __init__(self, presentation: Presentation, gap: int, *, notices: bool) -> None:
        self._making = presentation.making
        self._layout = presentation.layout
        self._division = presentation.division
        self._gap = gap
        self._notices = notices
        self._places = Places(presentation.layout)
        self._fetcher = Fetcher(presentation.layout, gap)
        # Of the answer to each request for an index or a header.
        self._learnt: dict[Request, int] = {}

    def value(self, at: tuple[int, ...], byte_range: ByteRequest | None) -> Asked[Bytes | None]:
        """Return a virtual chunk, or a range of it; None if it is missing in the source.

        Raises
        ------
        CorruptChunkError
            If the chunk that it is a part of is damaged.
        ChangedError
            If an index or a header that was read is not there any more as it was.
        """
        leaf, within = self._division.split(at)
        number = self._layout.leaves.number(leaf)
        if self._making is Making.BLOCKS:
            return (yield from self._blocks(number, within, byte_range))
        fresh: set[Request] = set()
        (place,), lookups = yield from self._learning(self._places.of([number]), fresh)
        again = self._known_of(lookups, fresh, is_missing=place is None)
        if place is None:
            if again:
                self._compare(again, (yield again))
            return None
        if self._division.raw is not None and place.nbytes is not None:
            self._division.raw.check(place.nbytes, LeafName(self._layout, number))
        requests, is_probe = self._requests(place, within, byte_range)
        bodies = yield [*again, *requests]
        self._compare(again, bodies[: len(again)])
        found = self._checked(number, place, requests, bodies[len(again) :])
        if not found:
            return None
        if self._making is Making.GATHERED:
            return cut(self._gathered(place, within, requests, found), byte_range)
        return found[0][:0] if is_probe else found[0]

    def exists(self, at: tuple[int, ...]) -> Asked[bool]:
        """Return whether the source holds the chunk that a virtual chunk is a part of."""
        leaf, _ = self._division.split(at)
        number = self._layout.leaves.number(leaf)
        fresh: set[Request] = set()
        (place,), lookups = yield from self._learning(self._places.of([number]), fresh)
        if again := self._known_of(lookups, fresh, is_missing=place is None):
            self._compare(again, (yield again))
        if place is None or self._layout.shards:
            return place is not None
        (body,) = yield [Request(place.key, 0, 1)]
        return body is not None

    def _requests(
        self, place: Place, within: tuple[int, ...], byte_range: ByteRequest | None
    ) -> tuple[list[Request], bool]:
        """Return what to ask for, and whether that is only to see if there is anything."""
        if self._making is Making.GATHERED:
            firsts, stops = self._division.ranges(within, self._gap)
            if firsts.size > MAX_RANGES:
                firsts, stops = firsts[:1], stops[-1:]
            edges = zip((firsts + place.begin).tolist(), (stops + place.begin).tolist(), strict=True)
            return [Request(place.key, first, stop) for first, stop in edges], False
        if self._making is Making.BYTE_RANGE:
            begin = place.begin + self._division.offset(within)
            place = Place(place.key, begin, self._division.nbytes)
        request, is_probe = _request(place, byte_range)
        return [request], is_probe

    def _checked(
        self, leaf: int, place: Place, requests: Sequence[Request], bodies: Sequence[Bytes | None]
    ) -> list[Bytes]:
        """Return what came, none where the chunk is missing."""
        found = [body for body in bodies if body is not None]
        if len(found) < len(bodies):
            if found or place.nbytes is not None:
                raise vanished(
                    next(request for request, body in zip(requests, bodies, strict=True) if body is None)
                )
            return []
        # How long a value is of which nobody has told the length, it alone knows.
        is_open = self._making is Making.AS_STORED and place.nbytes is None
        for request, body in zip(requests, found, strict=True):
            if not is_open and request.nbytes is not None and body.size < request.nbytes:
                name = LeafName(self._layout, leaf)
                raise CorruptChunkError(
                    f"{name}: expected {request} of {request.key!r}, found {body.size} bytes there; "
                    "it is truncated: write the chunk again or restore it",
                    key=request.key,
                )
        return found

    def _gathered(
        self, place: Place, within: tuple[int, ...], requests: Sequence[Request], bodies: Sequence[Bytes]
    ) -> Bytes:
        raw = self._division.raw
        assert raw is not None, "what is gathered are elements"
        (image,) = blank_images([raw.nbytes])
        for request, body in zip(requests, bodies, strict=True):
            assert request.stop is not None, "ranges of elements have an end"
            image[request.start - place.begin : request.stop - place.begin] = body
        elements = raw.view(image)[self._division.box(within)]
        return np.frombuffer(self._division.in_stored_order(elements), dtype=np.uint8)

    def _blocks(
        self, leaf: int, within: tuple[int, ...], byte_range: ByteRequest | None
    ) -> Asked[Bytes | None]:
        begin = self._division.offset(within)
        stop = begin + self._division.nbytes
        fresh: set[Request] = set()
        need = Need(leaf, np.array([begin]), np.array([stop]))
        plan = yield from self._learning(self._fetcher.plan_of([need], self._gap), fresh)
        again = self._known_of(plan.lookups, fresh, is_missing=not plan.requests)
        bodies = yield [*again, *plan.requests]
        self._compare(again, bodies[: len(again)])
        leaves = plan.leaves(bodies[len(again) :])
        image = leaves.leaf(leaf)
        if image is None:
            return None
        frame = leaves.frame(leaf, image)
        name = LeafName(self._layout, leaf)
        size = frame.blocksize
        if frame.is_memcpyed:
            chunk = wrap_stored(frame, image[HEADER_NBYTES + begin : HEADER_NBYTES + stop])
        elif begin % size == 0 and stop % size == 0:
            chunk = rewrap(image, frame, begin // size, stop // size)
        else:
            # Cut otherwise than those that were looked at: decoded here, and served as it is then.
            first, last = begin // size, -(-stop // size)
            out = np.empty(frame.block_nbytes(first, last), dtype=np.uint8)
            decode_blocks(image, frame, first, last, out, name)
            chunk = wrap_stored(frame, out[begin - first * size : stop - first * size])
        return cut(np.frombuffer(chunk, dtype=np.uint8), byte_range)

    def _learning[T](self, asked: Asked[T], fresh: set[Request]) -> Asked[T]:
        """Pass on what is asked for, remember what the answers were, and add to `fresh` what was asked."""
        bodies: list[Bytes | None] | None = None
        while True:
            try:
                requests = next(asked) if bodies is None else asked.send(bodies)
            except StopIteration as end:
                result: T = end.value
                return result
            bodies = yield requests
            fresh.update(requests)
            if len(self._learnt) < MAX_LEARNT:
                answers = zip(requests, bodies, strict=True)
                self._learnt.update((request, _digest(body)) for request, body in answers)

    def _known_of(
        self, lookups: Sequence[Request], fresh: set[Request], *, is_missing: bool
    ) -> list[Request]:
        """Return which of the lookups have to be made again: those whose answer is of an earlier read."""
        if self._notices and not is_missing:
            return []
        return [one for one in dict.fromkeys(lookups) if one in self._learnt and one not in fresh]

    def _compare(self, again: Sequence[Request], bodies: Sequence[Bytes | None]) -> None:
        for request, body in zip(again, bodies, strict=True):
            if _digest(body) != self._learnt[request]:
                raise ChangedError(
                    f"chunk {request.key!r}: expected {request} of {request.key!r} to be what was read of it "
                    "before, found other bytes; it was replaced since: call refresh() and read again",
                    key=request.key,
                )


def cut(data: Bytes, byte_range: ByteRequest | None) -> Bytes:
    """Return the part of `data` that is asked for."""
    first, stop = _bounds(data.size, byte_range)
    return data[first:stop]


def _bounds(nbytes: int, byte_range: ByteRequest | None) -> tuple[int, int]:
    """Return which of `nbytes` bytes are asked for; beyond the end there are none."""
    match byte_range:
        case None:
            return 0, nbytes
        case RangeByteRequest(start, stop):
            return min(start, nbytes), max(min(start, nbytes), min(stop, nbytes))
        case OffsetByteRequest(offset):
            return min(offset, nbytes), nbytes
        case SuffixByteRequest(suffix):
            return max(0, nbytes - suffix), nbytes
    raise TypeError(f"Unexpected byte_range, got {byte_range}.")


def _request(place: Place, byte_range: ByteRequest | None) -> tuple[Request, bool]:
    """Return the request for a range of a value, and whether nothing of what it brings is wanted.

    A byte is asked for then: it tells whether there is a value.
    """
    probe = Request(place.key, place.begin, place.begin + 1), True
    if place.nbytes is not None:
        first, stop = _bounds(place.nbytes, byte_range)
        return (Request(place.key, place.begin + first, place.begin + stop), False) if first < stop else probe
    match byte_range:
        case None:
            return Request(place.key), False
        case RangeByteRequest(start, stop) if start < stop:
            return Request(place.key, start, stop), False
        case OffsetByteRequest(offset):
            return Request(place.key, offset), False
        case SuffixByteRequest(suffix) if suffix:
            return Request(place.key, -suffix), False
    return probe


def _digest(body: Bytes | None) -> int:
    return 0 if body is None else hash(body.tobytes())
