"""When to fetch the rest of a chunk: a real array in a real store, read row by row, every byte counted."""

from dataclasses import dataclass
from functools import cache
from typing import Self

import numpy as np
import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import MemoryStore, WrapperStore

import zarr_partial as zp
from outreach.figures.svg import curve, dot, figure, line, svg, text
from outreach.paths import Project

ROWS, COLUMNS = 256, 4096
ROW_NBYTES = 4 * COLUMNS  # float32
CHUNK_NBYTES = ROWS * ROW_NBYTES
READS = 220
SEED = 7
LEFT, RIGHT = 13.0, 100.0
TOP, PLOT = 34, 220
HEIGHT = TOP + PLOT + 28


class CountedStore(WrapperStore[MemoryStore]):
    """A store in memory that counts, in `lengths`, the bytes of every answer that is part of a chunk."""

    def __init__(self, store: MemoryStore, lengths: list[int] | None = None) -> None:
        super().__init__(store)
        self.lengths: list[int] = [] if lengths is None else lengths

    def with_read_only(self, read_only: bool = False) -> Self:
        """Return the same store, read only or not, that counts into the same list."""
        return type(self)(self._store.with_read_only(read_only), self.lengths)

    async def get(
        self, key: str, prototype: BufferPrototype, byte_range: ByteRequest | None = None
    ) -> Buffer | None:
        """Return a value, or a part of it, and count it."""
        value = await super().get(key, prototype, byte_range)
        if value is not None and not key.endswith("zarr.json"):
            self.lengths.append(len(value))
        return value


@dataclass(frozen=True, slots=True)
class Trace:
    """Bytes after each read: what was asked for, once each; what was fetched; in how many requests."""

    asked: tuple[int, ...]
    fetched: tuple[int, ...]
    requests: tuple[int, ...]

    @property
    def bought(self) -> int:
        """After how many reads nothing more was fetched."""
        return self.fetched.index(self.fetched[-1]) + 1


@cache
def trace() -> Trace:
    """Read rows of one chunk in random order through a cache, and count."""
    store = CountedStore(MemoryStore())
    array = zarr.create_array(
        store, shape=(ROWS, COLUMNS), chunks=(ROWS, COLUMNS), dtype="float32", compressors=None
    )
    array[:] = np.arange(ROWS * COLUMNS, dtype="float32").reshape(ROWS, COLUMNS)
    store.lengths.clear()
    asked: list[int] = []
    fetched: list[int] = []
    requests: list[int] = []
    with zp.open(store, cache=2 * CHUNK_NBYTES) as cached:
        for row in np.random.default_rng(SEED).permutation(ROWS)[:READS].tolist():
            cached[row]
            asked.append((len(asked) + 1) * ROW_NBYTES)
            fetched.append(sum(store.lengths))
            requests.append(len(store.lengths))
    return Trace(tuple(asked), tuple(fetched), tuple(requests))


def ski_rental(_: Project) -> str:
    """Return the figure."""
    found = trace()
    best = [min(asked, CHUNK_NBYTES) for asked in found.asked]
    worst = max(fetched / least for fetched, least in zip(found.fetched, best, strict=True))
    drawing = svg(
        "ski-rental",
        HEIGHT,
        "Bytes fetched of one chunk, row after row",
        f"{READS} of {ROWS} rows of a chunk of {CHUNK_NBYTES / 1e6:.1f} MB are read in random order. After "
        f"{found.bought} reads everything has been fetched, {found.fetched[-1] / 1e6:.1f} MB in "
        f"{found.requests[-1]} requests; never more than {worst:.2f} times what was needed until then.",
        _parts(found, best),
    )
    caption = (
        f"A chunk of {ROWS} rows of {ROW_NBYTES // 1024} KiB in a store in memory, read in random order with "
        f"<code>cache=</code>, bytes counted by the store while this page was built. The rest came with read "
        f"{found.bought}: {found.fetched[-1] / 1e6:.2f} MB in {found.requests[-1]} requests, at most "
        f"{worst:.2f} times the fewest bytes that would have done until then."
    )
    return figure("ski-rental", drawing, caption)


def _parts(found: Trace, best: list[int]) -> list[str]:
    high = 1.12 * CHUNK_NBYTES

    def x(read: float) -> float:
        return LEFT + read / READS * (RIGHT - LEFT)

    def y(nbytes: float) -> float:
        return TOP + (1 - nbytes / high) * PLOT

    parts = [text(0, 14, "MB fetched", "quiet")]
    for megabytes in range(5):
        parts += [
            line(LEFT, y(megabytes * 1e6), RIGHT, y(megabytes * 1e6)),
            text(0, y(megabytes * 1e6) + 4, f"{megabytes}", "num"),
        ]
    for read in (0, 50, 100, 150, 200):
        parts.append(text(x(read), HEIGHT - 6, f"{read}", "num", "middle"))
    parts.append(text(RIGHT, TOP + PLOT - 7, "reads", "quiet", "end"))
    reads = range(1, READS + 1)
    parts.append(line(LEFT, y(CHUNK_NBYTES), RIGHT, y(CHUNK_NBYTES), "ink dashed"))
    parts.append(text(LEFT, y(CHUNK_NBYTES) - 7, "the whole chunk at once", "quiet", dx=4))
    parts.append(curve([(x(read), y(least)) for read, least in zip(reads, best, strict=True)], "peer"))
    parts.append(curve([(x(read), y(done)) for read, done in zip(reads, found.fetched, strict=True)], "ours"))
    parts.append(
        dot(x(found.bought), y(found.fetched[-1]), "ours", f"read {found.bought}: the rest is fetched", 4)
    )
    at = int(0.8 * READS)
    parts.append(text(x(at), y(best[at]) + 20, "row by row", "quiet"))
    parts.append(text(x(found.bought), y(found.fetched[-1]) + 18, "the cache", "strong", "end", dx=-8))
    return parts
