"""What the tests of `outreach gallery new` add, and how they ask for it."""

from click.testing import CliRunner, Result

from outreach.cli import outreach
from outreach.gallery.check import check_gallery
from outreach.gallery.entries import Entry
from outreach.paths import Project

FLAGS = (
    "--title", "Ocean colour, day by day",
    "--url", "https://example.org/ocean-colour",
    "--kind", "dataset",
    "--domain", "ocean",
    "--summary", "Chlorophyll at the sea surface: one map a day, in chunks of a whole year.",
    "--person", "Ada Example",
    "--person", "NO: the group",
    "--added", "2026-11-22",
)  # fmt: skip
ABOUT_PICTURE = {
    "alt": "Green swirls of plankton on a dark blue sea, seen from far above.",
    "credit": "Ada Example",
    "licence": "CC0-1.0",
    "source": "https://example.org/picture",
    "made": "One day of the array, each value a pixel.",
}


def new(*flags: str, answers: str = "") -> Result:
    return CliRunner().invoke(outreach, ["gallery", "new", *flags], input=answers)


def added(checkout: Project, slug: str = "ocean-colour-day-by-day") -> Entry:
    checked = check_gallery(checkout)
    assert checked.problems == ()
    return next(entry for entry in checked.entries if entry.slug == slug)


def everything(checkout: Project) -> dict[str, bytes | None]:
    """Return every file and folder of the checkout, but for what builds leave."""
    paths = (path for path in sorted(checkout.root.rglob("*")) if "build" not in path.parts)
    return {str(path): path.read_bytes() if path.is_file() else None for path in paths}
