"""The picture of one chunk shown as four: the chunk, and below it the same bytes in their order in the file.

Which bytes a virtual chunk is comes from the library itself. Figure and page are compared by a test; to draw
it again: `uv run python -m outreach.virtual_figure`.
"""

from dataclasses import dataclass

import numpy as np

from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.writing import write_whole
from zarr_partial import Raw
from zarr_partial.virtualizing.division import Division

BEGIN = "<!-- Drawn by `uv run python -m outreach.virtual_figure`. -->\n"
END = "<!-- The picture ends here. -->\n"

CHUNK = (8, 12)
CELL = 20
STRIP_TOP = CHUNK[0] * CELL + 46
STRIP_PX = 18
WIDTH, HEIGHT = CHUNK[1] * CELL, STRIP_TOP + STRIP_PX + 2
RAW = Raw.in_order(CHUNK, np.dtype("u1"), (0, 1))


@dataclass(frozen=True, slots=True)
class Panel:
    """One way to cut the chunk, and the virtual chunk that is drawn as fetched."""

    name: str
    chunk: tuple[int, int]
    at: tuple[int, int]

    @property
    def ranges(self) -> list[tuple[int, int]]:
        """The bytes of the virtual chunk in the file; an element is one byte here."""
        firsts, stops = Division(CHUNK, self.chunk, RAW).ranges(self.at, 0)
        return list(zip(firsts.tolist(), stops.tolist(), strict=True))

    @property
    def title(self) -> str:
        """What is shown."""
        size, shown = (f"{rows} x {columns}" for rows, columns in (CHUNK, self.chunk))
        return f"A chunk of {size} shown as chunks of {shown}"

    @property
    def label(self) -> str:
        """What a reader of the virtual chunk gets."""
        count = len(self.ranges)
        return f"in the file: {'one byte range' if count == 1 else f'{count} byte ranges, gathered'}"


PANELS = (Panel("rows", (2, 12), (1, 0)), Panel("columns", (8, 3), (0, 1)))


def figure() -> str:
    """Return the figure as HTML for a Markdown page: no empty line, so that it stays HTML."""
    drawn = "\n".join(_svg(panel) for panel in PANELS)
    return (
        f'<figure class="bz-figure bz-virtual">\n<div class="bz-virtual-panels">\n{drawn}\n</div>\n'
        "<figcaption>An uncompressed chunk in C order, shown as four. Cut between rows, each is one "
        "byte range of the file, which references can name. Cut between columns, its bytes lie apart: the "
        "store gathers them, references cannot.</figcaption>\n</figure>\n"
    )


def _svg(panel: Panel) -> str:
    rows, columns = CHUNK
    high, wide = panel.chunk
    left, top = panel.at[1] * wide * CELL, panel.at[0] * high * CELL
    scale = WIDTH / (rows * columns)
    cells = [f"M0 {row * CELL}H{WIDTH}" for row in range(rows + 1)]
    cells += [f"M{column * CELL} 0V{rows * CELL}" for column in range(columns + 1)]
    cuts = [f"M0 {row * CELL}H{WIDTH}" for row in range(0, rows + 1, high)]
    cuts += [f"M{column * CELL} 0V{rows * CELL}" for column in range(0, columns + 1, wide)]
    fetched = [f"M{left} {top}h{wide * CELL}v{high * CELL}h-{wide * CELL}z"]
    fetched += [
        f"M{start * scale:g} {STRIP_TOP}h{(stop - start) * scale:g}v{STRIP_PX}h-{(stop - start) * scale:g}z"
        for start, stop in panel.ranges
    ]
    ends = [f"M{row * columns * scale:g} {STRIP_TOP}v{STRIP_PX}" for row in range(rows + 1)]
    identity = f"virtual-{panel.name}"
    return (
        f'<svg class="bz-virtual-chunk" role="img" aria-labelledby="{identity}-title {identity}-desc" '
        f'viewBox="-1 -1 {WIDTH + 2} {HEIGHT}">'
        f'<title id="{identity}-title">{panel.title}</title>'
        f'<desc id="{identity}-desc">One of the four is marked; {panel.label}.</desc>'
        f'<path class="fetched" d="{"".join(fetched)}"/><path class="cells" d="{"".join(cells)}"/>'
        f'<path class="cells" d="M0 {STRIP_TOP}h{WIDTH}v{STRIP_PX}h-{WIDTH}z{"".join(ends)}"/>'
        f'<path class="cuts" d="{"".join(cuts)}"/>'
        f'<text x="0" y="{STRIP_TOP - 10}">{panel.label}</text></svg>'
    )


def draw(project: Project) -> None:
    """Put the figure into its page, in place of the one that is there."""
    page = project.pages / "library" / "pretend-n-chunks.md"
    text = page.read_text("utf-8")
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise OutreachError(f"expected the comments around the picture once in {project.relative(page)}")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    write_whole(page, f"{before}{BEGIN}\n{figure()}\n{END}{after}".encode())


if __name__ == "__main__":
    draw(Project.find())
