"""Where the bytes of the source come from: ranges of files, of members of an archive, of values of a store.

Files are never mapped here: a virtual store is read for long, by others, while the source may be written,
and a source that compares files with what they were can tell.
"""

import asyncio
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from zarr.types import AnyArray

from zarr_partial.settings import Settings
from zarr_partial.sources.choosing import place_of
from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.mapped import MappedSource
from zarr_partial.sources.pread import PreadSource
from zarr_partial.sources.ranged import Asked, RangedSource, Request, answer_in_rounds
from zarr_partial.sources.store import StoreSource
from zarr_partial.sources.zip import ZipSource

__all__ = ["MappedRanges", "ranged_source_of"]

Bytes = NDArray[np.uint8]


class MappedRanges:
    """Ranges of what is mapped, without copying.

    Parameters
    ----------
    source : MappedSource
    """

    def __init__(self, source: MappedSource) -> None:
        self.source = source

    def answer[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Return the results of all that ask for ranges; see `RangedSource`."""
        return answer_in_rounds(asked, self._fetch)

    async def answer_async[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Do as `answer`, in another thread: a member may have to be unpacked."""
        return await asyncio.to_thread(self.answer, asked)

    def _fetch(self, requests: Sequence[Request]) -> list[Bytes | None]:
        found: list[Bytes | None] = []
        for request in requests:
            data = self.source.map(request.key)
            if data is not None:
                data = data[request.start :] if request.start < 0 else data[request.start : request.stop]
            found.append(data)
        return found


def ranged_source_of(array: AnyArray, settings: Settings) -> tuple[RangedSource, bool]:
    """Return where the chunks of `array` are, and whether that place notices what is replaced."""
    place = place_of(array)
    if settings.io != "store":
        if isinstance(place, LocalSource):
            return PreadSource(place.folder), True
        if isinstance(place, ZipSource):
            return MappedRanges(place), True
    return StoreSource(array.store, array.path, max_in_flight=settings.max_requests), False
