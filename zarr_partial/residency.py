"""What an array keeps mapped, and who makes room when the process may map no more.

The chunks of the array that was read longest ago are forgotten first, all of them. Nothing here takes a
lock, which a forked child might find taken.
"""

import itertools
import weakref

from zarr_partial.layout import Layout
from zarr_partial.resident import ResidentChunks
from zarr_partial.sources.local import mappable_now
from zarr_partial.sources.mapped import MappedSource

__all__ = ["Residency"]

_clock = itertools.count()
_residencies: dict[int, "weakref.ref[Residency]"] = {}


class Residency:
    """What an array keeps mapped now, among the other arrays of the process."""

    def __init__(self, layout: Layout, source: MappedSource) -> None:
        self.now = ResidentChunks(layout, source)
        self._last_used = next(_clock)
        key = id(self)
        _residencies[key] = weakref.ref(self, lambda _: _residencies.pop(key, None))

    def chunks(self) -> ResidentChunks:
        """Return the chunks to read from; first make room for more, where the process has none left."""
        self._last_used = next(_clock)
        if mappable_now() <= 0:
            self._make_room()
        return self.now

    def _make_room(self) -> None:
        """Let arrays forget their chunks, the least recently used one first; views keep their maps."""
        alive = [residency for reference in list(_residencies.values()) if (residency := reference())]
        for residency in sorted(alive, key=lambda residency: residency._last_used):
            residency.forget()
            if mappable_now() > 0:
                return

    def forget(self) -> None:
        """Keep nothing from here on; whoever reads from the chunks kept so far goes on with them."""
        self.now = ResidentChunks(self.now.layout, self.now.source)
