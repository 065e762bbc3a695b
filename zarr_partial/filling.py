"""How leaves are cut into units, and how the units that a cache claims are decoded into its images."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access import Blosc, Raw, Whole
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, decode_blocks, stretches
from zarr_partial.access.whole import decode_whole
from zarr_partial.errors import UnreadableChunkError
from zarr_partial.images import THERE, Claim, Units
from zarr_partial.layout import Layout, LeafName
from zarr_partial.residency import Residency
from zarr_partial.resident import LATER
from zarr_partial.threads import for_each

__all__ = ["Filler", "LocalFiller", "decode_claims", "units_of_frame"]

Bytes = NDArray[np.uint8]
Mask = NDArray[np.bool_]
Done = Callable[[Claim], None]

# Bytes that need no decoding have an address each; kept by so many, rounding costs next to nothing.
RAW_UNIT_NBYTES = 1 << 10
# A hop to another thread costs about 30 us; less than this is decoded in that time.
PARALLEL_NBYTES = 1 << 17


class Filler(Protocol):
    """A place that units come from."""

    def units(self, leaves: Sequence[int], are_whole: Sequence[bool]) -> list[Units | None]:
        """Return how each leaf is cut, None if it is missing; `are_whole` says of which all is wanted.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If a header or an index is damaged or cannot be had.
        """

    def fill(self, claims: Sequence[Claim], done: Done, *, threads: int) -> None:
        """Decode what is claimed, and tell of each claim when it is done.

        Raises
        ------
        CorruptChunkError, UnreadableChunkError
            If a leaf is damaged or cannot be had.
        """

    def widen(self, leaf: int, units: Units, wanted: Mask, absent: Mask) -> Mask:
        """Return which of the absent units of a leaf to have, when some are wanted."""


class LocalFiller:
    """Units of mapped chunks.

    Parameters
    ----------
    layout : Layout
    residency : Residency
        Where the encoded chunks are mapped.
    """

    def __init__(self, layout: Layout, residency: Residency) -> None:
        self._layout = layout
        self._residency = residency

    def units(self, leaves: Sequence[int], are_whole: Sequence[bool]) -> list[Units | None]:  # noqa: ARG002
        """Return how each leaf is cut, None if it is missing."""
        resident = self._residency.chunks()
        found: list[Units | None] = []
        whole = Units(resident.leaf_nbytes, resident.leaf_nbytes)
        is_blosc = isinstance(self._layout.leaf, Blosc)
        encoded = resident.leaves(np.array(leaves, dtype=np.int64))
        for leaf, at_hand in zip(leaves, encoded, strict=True):
            data = resident.leaf(leaf) if at_hand is LATER else at_hand
            if data is None:
                found.append(None)
            else:
                found.append(units_of_frame(resident.frame(leaf, data)) if is_blosc else whole)
        return found

    def fill(self, claims: Sequence[Claim], done: Done, *, threads: int) -> None:
        """Decode what is claimed, and tell of each claim when it is done."""
        resident = self._residency.chunks()

        def encoded(claim: Claim) -> tuple[Bytes | None, Frame | None]:
            data = resident.leaf(claim.leaf)
            is_framed = data is not None and isinstance(self._layout.leaf, Blosc)
            return data, resident.frame(claim.leaf, data) if is_framed and data is not None else None

        decode_claims(claims, encoded, self._layout, done, threads=threads)

    def widen(self, leaf: int, units: Units, wanted: Mask, absent: Mask) -> Mask:  # noqa: ARG002
        """Return what is wanted: what is mapped costs nothing to come back to."""
        return wanted


def units_of_frame(frame: Frame) -> Units:
    """Return how a Blosc chunk is cut."""
    size = min(RAW_UNIT_NBYTES, frame.nbytes) if frame.is_memcpyed else frame.blocksize
    return Units(frame.nbytes, size)


def decode_claims(
    claims: Sequence[Claim],
    encoded: Callable[[Claim], tuple[Bytes | None, Frame | None]],
    layout: Layout,
    done: Done,
    *,
    threads: int,
) -> None:
    """Decode claims from what `encoded` returns of each, several at once; a single one by its blocks."""
    alone = len(claims) == 1
    nbytes = sum(claim.image.units.count_bytes(claim.chosen) for claim in claims)
    parallel = threads if nbytes >= PARALLEL_NBYTES else 1

    def decode(claim: Claim) -> None:
        data, frame = encoded(claim)
        if data is None or claim.image.is_missing:
            # Of two readers that fetch units of one leaf, the other may have found out first.
            if not claim.image.is_missing and (claim.image.states == THERE).any():
                raise _gone(LeafName(layout, claim.leaf))
            claim.is_missing = True
        else:
            _decode(claim, data, frame, layout, threads=parallel if alone else 1)
        done(claim)

    for_each(decode, claims, threads=1 if alone else parallel)


def _gone(name: LeafName) -> UnreadableChunkError:
    return UnreadableChunkError(
        f"{name}: expected the rest of what was read before, found that it is gone; call refresh() to "
        "see the array as it is now",
        key=name.key,
    )


def _decode(claim: Claim, data: Bytes, frame: Frame | None, layout: Layout, *, threads: int) -> None:
    leaf, units, image = layout.leaf, claim.image.units, claim.image.data
    if image is None:
        return
    name = LeafName(layout, claim.leaf)
    if isinstance(leaf, Whole):
        decoded = decode_whole(leaf, data, image, name)
        if decoded is not image:
            image[...] = decoded
        return
    begin = 0 if frame is None else HEADER_NBYTES
    ranges = list(_byte_ranges(claim.chosen, units))
    if isinstance(leaf, Raw) or (frame is not None and frame.is_memcpyed):
        for first, stop in ranges:
            image[first:stop] = data[begin + first : begin + stop]
        return
    assert frame is not None
    known = frame

    def decode(blocks: tuple[int, int]) -> None:
        first, stop = blocks
        at = first * known.blocksize
        decode_blocks(data, known, first, stop, image[at : at + known.block_nbytes(first, stop)], name)

    # An image of a single unit may be a leaf of several blocks.
    blocks = [(first // known.blocksize, -(-stop // known.blocksize)) for first, stop in ranges]
    for_each(decode, _shared(blocks, threads), threads=threads)


def _byte_ranges(chosen: Mask, units: Units) -> Iterator[tuple[int, int]]:
    for first, stop in stretches(chosen):
        yield first * units.blocksize, min(stop * units.blocksize, units.nbytes)


def _shared(ranges: list[tuple[int, int]], threads: int) -> list[tuple[int, int]]:
    """Cut ranges of blocks so that each thread has its share."""
    if threads == 1:
        return ranges
    share = -(-sum(stop - start for start, stop in ranges) // threads)
    return [(at, min(at + share, stop)) for start, stop in ranges for at in range(start, stop, share)]
