"""The drawing on the home page: a stored array in isometric hairlines, and the few chunks one window touches.

Build time draws one finished frame; `site/browser/hero.ts` moves the window with the same formulas and the
numbers found in the drawing's data attributes. Every byte count follows from `MOSAIC`, nothing is invented.
"""

from dataclasses import dataclass
from itertools import product
from math import cos, floor, pi

SIDE = 30.0  # user units along one chunk edge
ACROSS, DOWN = SIDE * cos(pi / 6), SIDE / 2  # how far one chunk edge goes right and down, seen isometrically
ORIGIN = (1130.0, -90.0)  # where the far corner of the array lies: outside, so that the array looks endless
VIEW = (1280, 640)
BAND = 7.0  # height of one band in the stack
LIFT = 46.0  # how high a chunk rises while it is being read
HOVER = 92.0  # how high the window glides
SHADES = 5  # of the palette, for the tops; the sides take the two darkest


@dataclass(frozen=True, slots=True)
class Layout:
    """A stored array of `bands` square images: `chunks` x `chunks` chunks of `edge` x `edge` values each."""

    bands: int
    chunks: int
    edge: int
    itemsize: int

    @property
    def chunk_bytes(self) -> int:
        """Bytes in one chunk, uncompressed."""
        return self.edge * self.edge * self.itemsize

    @property
    def stored(self) -> int:
        """Bytes in the whole array, uncompressed."""
        return self.bands * self.chunks**2 * self.chunk_bytes


@dataclass(frozen=True, slots=True)
class Window:
    """A selection in one band, in units of chunks: corner (i, j), size (height, width)."""

    i: float
    j: float
    height: float
    width: float

    def touched(self) -> list[tuple[int, int]]:
        """Return the chunks under the window, from the far corner to the near one, as painters need them."""
        rows = range(floor(self.i), -floor(-(self.i + self.height)))
        columns = range(floor(self.j), -floor(-(self.j + self.width)))
        return sorted(product(rows, columns), key=lambda cell: (cell[0] + cell[1], cell))


MOSAIC = Layout(bands=8, chunks=40, edge=1024, itemsize=2)
FRAME = Window(i=10.75, j=18.25, height=3.5, width=4.5)


def binary(count: int) -> str:
    """Return a byte count as people read it: three digits at most, binary units."""
    value, unit = float(count), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if value < 999.5:
            break
        value, unit = value / 1024, larger
    return f"{value:.3g} {unit}"


def _point(i: float, j: float, z: float = 0.0) -> str:
    x = ORIGIN[0] + (i - j) * ACROSS
    y = ORIGIN[1] + (i + j) * DOWN - z
    return f"{x:.1f} {y:.1f}"


def _polygon(*points: str) -> str:
    return f"M{'L'.join(points)}Z"


def _grid() -> str:
    n = MOSAIC.chunks
    lines = [f"M{_point(k, 0)}L{_point(k, n)}M{_point(0, k)}L{_point(n, k)}" for k in range(n + 1)]
    depths = [-BAND * band for band in range(1, MOSAIC.bands + 1)]
    lines += [f"M{_point(0, n, z)}L{_point(n, n, z)}L{_point(n, 0, z)}" for z in depths]
    floor_z = depths[-1]
    lines += [
        f"M{_point(k, n)}L{_point(k, n, floor_z)}M{_point(n, k)}L{_point(n, k, floor_z)}"
        for k in range(n + 1)
    ]
    return "".join(lines)


def prism(i: int, j: int, lift: float) -> tuple[str, str, str]:
    """Return the paths of a risen chunk: its top, the side facing left and the side facing right."""
    a, b, c, d = (_point(*corner, lift) for corner in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)))
    right = _polygon(b, c, _point(i + 1, j + 1), _point(i + 1, j))
    left = _polygon(c, d, _point(i, j + 1), _point(i + 1, j + 1))
    return _polygon(a, b, c, d), left, right


def shade(i: int, j: int) -> int:
    """Return which colour (1 to 5) the top of a chunk takes: neighbours differ by a step or two."""
    step = (i + 2 * j) % (2 * SHADES - 2)
    return 1 + (step if step < SHADES else 2 * SHADES - 2 - step)


def _risen(window: Window) -> str:
    paths: list[str] = []
    for i, j in window.touched():
        classes = (f"bz-shade-{shade(i, j)}", "bz-hero__left", "bz-hero__right")
        faces = zip(classes, prism(i, j, LIFT), strict=True)
        paths += [f'<path class="{name}" d="{path}"/>' for name, path in faces]
    return "".join(paths)


def outline(window: Window) -> str:
    """Return the gliding window as a path, with lines at its corners down to the tops of the chunks."""
    i, j, k, m = window.i, window.j, window.i + window.height, window.j + window.width
    corners = ((i, j), (k, j), (k, m), (i, m))
    frame = _polygon(*(_point(*corner, HOVER) for corner in corners))
    return frame + "".join(f"M{_point(*corner, HOVER)}L{_point(*corner, LIFT)}" for corner in corners)


def hero_svg() -> str:
    """Return the finished frame as inline SVG; the browser module finds its numbers in data attributes."""
    touched = len(FRAME.touched())
    label = (
        f"A stack of {MOSAIC.bands} images drawn as a grid of {MOSAIC.chunks} by {MOSAIC.chunks} chunks. "
        f"A window hovers over it; only the {touched} chunks below the window are coloured: they are read."
    )
    numbers = {
        "origin": f"{ORIGIN[0]} {ORIGIN[1]}",
        "across": f"{ACROSS:.6f}",
        "down": f"{DOWN:.6f}",
        "lift": LIFT,
        "hover": HOVER,
        "window": f"{FRAME.i} {FRAME.j} {FRAME.height} {FRAME.width}",
        "chunk-bytes": MOSAIC.chunk_bytes,
        "stored": MOSAIC.stored,
    }
    data = " ".join(f'data-{name}="{value}"' for name, value in numbers.items())
    return (
        f'<svg class="bz-hero__svg" viewBox="0 0 {VIEW[0]} {VIEW[1]}" preserveAspectRatio="xMaxYMid slice" '
        f'role="img" aria-label="{label}" {data}>'
        f'<path class="bz-hero__grid" d="{_grid()}"/><g class="bz-hero__risen">{_risen(FRAME)}</g>'
        f'<path class="bz-hero__window" d="{outline(FRAME)}"/></svg>'
    )


def counter_html() -> str:
    """Return the counters below the drawing and the sentence that says where their numbers come from."""
    touched = len(FRAME.touched())
    read = touched * MOSAIC.chunk_bytes
    wanted = round(FRAME.height * FRAME.width * MOSAIC.chunk_bytes)
    height, width = (round(size * MOSAIC.edge) for size in (FRAME.height, FRAME.width))
    pixels = MOSAIC.chunks * MOSAIC.edge
    chunks = MOSAIC.bands * MOSAIC.chunks**2
    return f"""<figcaption class="bz-hero__caption">
<div class="bz-hero__scale" aria-hidden="true">
<span data-bz-share style="width:{read / MOSAIC.stored:.4%}"></span></div>
<dl class="bz-hero__counts">
<div><dt>wanted</dt><dd>{binary(wanted)}</dd></div>
<div class="bz-hero__read"><dt>read</dt><dd data-bz-read>{binary(read)}</dd></div>
<div><dt>stored</dt><dd>{binary(MOSAIC.stored)}</dd></div>
<div><dt>share read</dt><dd data-bz-percent>{read / MOSAIC.stored:.2%}</dd></div>
</dl>
<p>Drawn to count: a mosaic of {MOSAIC.bands} bands, {pixels:,} &times; {pixels:,} pixels of
{MOSAIC.itemsize * 8} bits, in {chunks:,} chunks of {MOSAIC.edge:,} &times; {MOSAIC.edge:,}
({binary(MOSAIC.chunk_bytes)} each before compression). The window asks for
{height:,} &times; {width:,} pixels of one band and touches
<span data-bz-touched>{touched}</span> chunks. The line above is to scale.
<button type="button" class="bz-quiet-button" data-bz-pause hidden>Pause</button></p>
</figcaption>"""
