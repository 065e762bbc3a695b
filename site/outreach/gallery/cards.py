"""The social card of an entry: its picture, or its chunks."""

from pathlib import Path

from outreach.cards import Card, Cells, kept
from outreach.gallery.entries import Entry
from outreach.gallery.grids import Plane, Side, plane_of

# Where nothing is known, a grid of its own.
UNKNOWN = Cells(7, 7)


def make_card(entry: Entry, cache: Path) -> tuple[str, bytes]:
    """Return the file name and the content of the card; what was drawn once stays in `cache`."""
    title = entry.title if all(_drawable(letter) for letter in entry.title) else entry.slug.replace("-", " ")
    plane = plane_of(entry.array, "card") if entry.array else None
    card = Card(
        title,
        f"{entry.kind}, {entry.domain.replace('-', ' ')}",
        _cells(plane) if plane else UNKNOWN,
        (entry.folder / entry.picture.file).read_bytes() if entry.picture else b"",
    )
    return f"card.{card.kind}", kept(card, cache)


def _drawable(letter: str) -> bool:
    # Letters outside of this range may be missing in the face; it would draw boxes.
    return ord(letter) < 0x180 or letter in "–—‘’“”…"


def _cells(plane: Plane) -> Cells:
    rows, columns = (max(1, side.cells) for side in (plane.down, plane.across))
    return Cells(rows, columns, _lit(plane.down, range(2, 4)), _lit(plane.across, range(3, 5)))


def _lit(side: Side, otherwise: range) -> range:
    return side.lit if side.chunk else otherwise
