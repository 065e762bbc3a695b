"""Pages of a mapped chunk that come from the disk: one fault after the other, or all asked for at once."""

from dataclasses import dataclass

from outreach.figures.svg import figure
from outreach.html import escape
from outreach.paths import Project

PAGE_NBYTES = 4096
ROW_NBYTES = 3000
CHUNK_PAGES = 512  # a raw chunk of 2 MiB
ROWS = (5, 11, 58, 130, 137, 300, 402, 409, 533, 620)
# What Linux reads around a fault in a map, if nobody tells it otherwise: 128 KiB (mm/filemap.c).
AROUND_PAGES = 32
ACROSS, CELL = 64, 9


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to get the rows: the pages that hold them, those that come with them, and how many waits."""

    name: str
    label: str
    wanted: frozenset[int]
    extra: frozenset[int]
    waits: int

    @property
    def summary(self) -> str:
        """What it costs."""
        pages = len(self.wanted | self.extra)
        waits = "1 wait" if self.waits == 1 else f"{self.waits} waits"
        return f"{pages:,} pages, {pages * PAGE_NBYTES // 1024:,} KiB; {waits}"


def wanted_pages() -> list[int]:
    """Return the pages that hold the rows, in order."""
    pages: set[int] = set()
    for row in ROWS:
        first, last = row * ROW_NBYTES, (row + 1) * ROW_NBYTES - 1
        pages.update(range(first // PAGE_NBYTES, last // PAGE_NBYTES + 1))
    return sorted(pages)


def one_by_one() -> Reading:
    """Return what happens when rows are touched in order and the kernel reads around every fault."""
    wanted = wanted_pages()
    here: set[int] = set()
    waits = 0
    for page in wanted:
        if page not in here:
            waits += 1
            first = max(0, page - AROUND_PAGES // 2)
            here.update(range(first, min(CHUNK_PAGES, first + AROUND_PAGES)))
    return Reading("faults", "touched one by one", frozenset(wanted), frozenset(here - set(wanted)), waits)


def all_at_once() -> Reading:
    """Return what happens when the kernel is told all ranges before the first is touched."""
    return Reading("asked", "asked for at once", frozenset(wanted_pages()), frozenset(), 1)


def cold_pages(_: Project) -> str:
    """Return the figure."""
    drawn = "\n".join(_panel(reading) for reading in (one_by_one(), all_at_once()))
    caption = (
        f"A raw chunk of {CHUNK_PAGES * PAGE_NBYTES // 1024:,} KiB that is not in memory, a cell a page of "
        f"{PAGE_NBYTES // 1024} KiB; {len(ROWS)} rows of {ROW_NBYTES:,} bytes are wanted. Pink: pages "
        f"that hold them. "
        f"Hatched: pages that come though nobody asked. Worked out, not measured, for the {AROUND_PAGES} "
        f"pages that "
        "Linux reads around a fault unless told otherwise."
    )
    return figure("cold-pages", f'<div class="bz-drawn__rows">\n{drawn}\n</div>', caption)


def _panel(reading: Reading) -> str:
    high = CHUNK_PAGES // ACROSS
    name = f"cold-{reading.name}"

    def cells(pages: frozenset[int]) -> str:
        return "".join(
            f"M{page % ACROSS * CELL} {page // ACROSS * CELL}h{CELL}v{CELL}h-{CELL}z"
            for page in sorted(pages)
        )

    grid = "".join(f"M0 {y * CELL}H{ACROSS * CELL}" for y in range(high + 1))
    grid += "".join(f"M{x * CELL} 0V{high * CELL}" for x in range(ACROSS + 1))
    pattern = (
        f'<defs><pattern id="{name}-hatch" width="3" height="3" patternUnits="userSpaceOnUse" '
        'patternTransform="rotate(45)"><path class="ink" d="M0 0V3"/></pattern></defs>'
    )
    return (
        f'<div><p class="bz-drawn__label"><b>{escape(reading.label)}</b> {escape(reading.summary)}</p>'
        f'<svg role="img" aria-labelledby="{name}-title" viewBox="-0.5 -0.5 {ACROSS * CELL + 1} '
        f'{high * CELL + 1}">'
        f'<title id="{name}-title">{escape(f"Pages {reading.label}: {reading.summary}")}</title>{pattern}'
        f'<path class="fetched" d="{cells(reading.wanted)}"/>'
        f'<path fill="url(#{name}-hatch)" d="{cells(reading.extra)}"/><path class="hair" '
        f'd="{grid}"/></svg></div>'
    )
