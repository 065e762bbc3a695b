"""Social cards of pages that have none of their own: one for each door of the site."""

from pathlib import Path

from outreach.cards import Card, Cells, kept

__all__ = ["DOORS", "door_cards"]

COMMUNITY = "A community project, not an official Zarr site"
# The first folder of a page's address, "home" for all others; each with a selection of its own.
DOORS = {
    "home": Card("Beautiful Zarr", COMMUNITY, Cells(14, 14, range(4, 8), range(5, 10))),
    "gallery": Card("Gallery", "Beautiful things made with Zarr", Cells(7, 7, range(1, 6), range(1, 6))),
    "benchmarks": Card("Benchmarks", "What partial reads gain", Cells(8, 8, range(1, 8, 2), range(6))),
    "library": Card("zarr_partial", "A little of a big array", Cells(21, 21, range(3, 21, 5), range(2, 9))),
    "sprints": Card("Sprints", "From 90 minutes to a merge", Cells(9, 9, range(4, 5), range(9))),
    "contribute": Card("Contribute", "From a picture to a patch", Cells(5, 5, range(2, 3), range(2, 3))),
}


def door_cards(cache: Path) -> dict[str, bytes]:
    """Return the content of the cards, by file name; what was drawn once stays in `cache`."""
    return {f"cards/{name}.png": kept(card, cache) for name, card in DOORS.items()}
