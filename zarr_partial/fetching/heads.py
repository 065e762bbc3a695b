"""Blosc headers of leaves that are not at hand: fetched once, checked, and kept."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.blosc import HEADER, HEADER_NBYTES, MEMCPYED, Frame, parse_frame
from zarr_partial.fetching.places import Place, vanished
from zarr_partial.layout import Layout, LeafName
from zarr_partial.memory import anonymous
from zarr_partial.sources.ranged import Asked, Request

__all__ = ["Head", "Heads"]

Bytes = NDArray[np.uint8]
# Blocks are seldom smaller; if they are, the rest of their starts takes another request.
LEAST_BLOCK_NBYTES = 1 << 15
# A header takes about 1 KB: arrays with more Blosc chunks fetch some again.
MAX_KEPT = 1 << 16


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """The beginning of a Blosc chunk.

    Attributes
    ----------
    frame : Frame
    data : ndarray of uint8
        The header and the starts of the blocks, as they are stored.
    asked : tuple of int
        Where in the chunk each request for it ended.
    """

    frame: Frame
    data: Bytes
    asked: tuple[int, ...]

    def requests(self, place: Place) -> list[Request]:
        """Return the requests that it took."""
        edges = itertools.pairwise((0, *self.asked))
        return [Request(place.key, place.begin + start, place.begin + stop) for start, stop in edges]


class Heads:
    """The Blosc headers of an array.

    Parameters
    ----------
    layout : Layout
        One whose leaves are Blosc chunks.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._kept: dict[int, Head] = {}
        # Chunks of one array are cut alike, but for damaged ones.
        self._nbytes = HEADER_NBYTES + 4 * -(-layout.raw.nbytes // LEAST_BLOCK_NBYTES)

    def get(self, leaf: int) -> Head | None:
        """Return the header of the leaf of this number, if it is known."""
        return self._kept.get(leaf)

    @property
    def guessed_nbytes(self) -> int:
        """How many bytes to ask for, for a header with the starts of all blocks."""
        return self._nbytes

    def of(self, leaves: Sequence[tuple[int, Place]]) -> Asked[dict[int, Head]]:
        """Return the headers of leaves by their numbers, without those of values that are not there.

        Raises
        ------
        CorruptChunkError
            If a header or a block start contradicts the metadata.
        ChangedError
            If a chunk is not there any more.
        """
        found: dict[int, Head] = {}
        asked = [(leaf, place, self._nbytes) for leaf, place in leaves]
        begun: dict[int, Bytes] = {}
        while asked:
            bodies = yield [
                _request(place, begun[leaf].size if leaf in begun else 0, nbytes)
                for leaf, place, nbytes in asked
            ]
            more = []
            for (leaf, place, nbytes), body in zip(asked, bodies, strict=True):
                if body is None:
                    if leaf in begun or place.nbytes is not None:
                        raise vanished(_request(place, 0, nbytes))
                    continue
                data = np.concatenate([begun[leaf], body]) if leaf in begun else body
                table_end = self._table_end(data)
                if data.size < table_end and data.size == _at_most(place, nbytes) < _at_most(
                    place, table_end
                ):
                    begun[leaf] = data
                    more.append((leaf, place, table_end))
                else:
                    edges = (begun[leaf].size, data.size) if leaf in begun else (data.size,)
                    found[leaf] = self._parse(leaf, place, data, table_end, edges)
            asked = more
        if found:
            self._nbytes = max(head.data.size for head in found.values())
        for leaf, head in found.items():
            if len(self._kept) < MAX_KEPT:
                self._kept[leaf] = head
        return found

    def _table_end(self, data: Bytes) -> int:
        """Return where the block starts end, as far as a header that may be damaged tells."""
        if data.size < HEADER_NBYTES:
            return HEADER_NBYTES
        _, _, flags, _, decoded, blocksize, _ = HEADER.unpack_from(data.data)
        if flags & MEMCPYED or decoded != self._layout.raw.nbytes or not 0 < blocksize <= decoded:
            return HEADER_NBYTES
        return HEADER_NBYTES + 4 * -(-int(decoded) // int(blocksize))

    def _parse(self, leaf: int, place: Place, data: Bytes, table_end: int, edges: tuple[int, ...]) -> Head:
        nbytes = data.size
        if data.size >= max(table_end, HEADER_NBYTES):
            # The header tells the length itself. Blosc never makes a chunk longer than this.
            most = HEADER_NBYTES + self._layout.raw.nbytes
            cbytes = HEADER.unpack_from(data.data)[6]
            nbytes = max(data.size, _at_most(place, min(int(cbytes), most)))
        image = anonymous(max(nbytes, 1), is_sparse=True)[:nbytes]
        image[: min(data.size, nbytes)] = data[:nbytes]
        frame = parse_frame(image, self._layout.raw.nbytes, LeafName(self._layout, leaf))
        return Head(frame, data[:table_end].copy(), edges)


def _request(place: Place, begin: int, nbytes: int) -> Request:
    return Request(place.key, place.begin + begin, place.begin + _at_most(place, nbytes))


def _at_most(place: Place, nbytes: int) -> int:
    return nbytes if place.nbytes is None else min(nbytes, place.nbytes)
