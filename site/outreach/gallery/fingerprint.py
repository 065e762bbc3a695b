"""The chunk fingerprint: shape, chunks, shards and codecs of an array as one inline SVG.

Hairlines are chunks, ink is the edge of the array and of shards, colour is what a read of the framed window
must fetch, sheets behind are further layers. The squares below are the codecs in order of encoding.
"""

from html import escape
from itertools import pairwise

from outreach.gallery.entries import Array
from outreach.gallery.grids import Plane, Side, plane_of

# A side is never drawn longer than this many times the other; the title then says "not to scale".
MAX_ASPECT = 2.0
SHEETS = 3


def mark(array: Array, size: str = "mark") -> str | None:
    """Return the fingerprint as an emblem, 96 units square, or None if its chunks are not known.

    `size` says how fine a grid it will bear: "mark" for a few dozen pixels, "card" for a few hundred.
    """
    plane = plane_of(array, size)
    # Without chunks it would be an empty frame, as of a picture that failed.
    if plane is None or array.chunks is None:
        return None
    x, y, w, h = _box(plane, 96 - 2, 96 - 16, sheet=3)
    # Wide and tall arrays stand in the middle of the square.
    box = (x + (94 - w - x) / 2, y + (80 - h - y) / 2, w, h)
    parts = [*_grid(plane, box, sheet=3), *_codecs(array, 1, 96 - 9, 8)]
    return _svg(parts, (96, 96), summarise(array), "bz-mark")


def drawing(array: Array) -> str | None:
    """Return the fingerprint with its measures, 460 units wide, or None if too little is known."""
    plane = plane_of(array, "drawing")
    if plane is None:
        return None
    top, width = 48, 460
    x, y, w, h = _box(plane, width - 2, 340, sheet=9)
    bottom = top + y + h
    across, down = _measure(plane.across), _measure(plane.down)
    parts = [
        _label(f"→ {across}", 0, 14),
        _label(f"↓ {down}", 0, 34) if down else "",
        *_grid(plane, (x, y + top, w, h), sheet=9),
        *_codecs(array, 1, bottom + 18, 20, names=True),
    ]
    return _svg(parts, (width, bottom + 46), describe(array, plane), "bz-fingerprint")


def summarise(array: Array) -> str:
    """Return in words how the array is cut."""
    shape = _times(array.shape) if array.shape else "shape not recorded"
    text = f"Chunk fingerprint of {array.name}: {shape}"
    if array.dims:
        text += f" ({', '.join(array.dims)})"
    text += f", chunks of {_times(array.chunks)}" if array.chunks else ", chunks not recorded"
    if array.shards:
        text += f", shards of {_times(array.shards)}"
    return f"{text}."


def describe(array: Array, plane: Plane) -> str:
    """Return in words what the drawing shows."""
    text = summarise(array)
    if array.chunks:
        lit = len(plane.down.lit) * len(plane.across.lit)
        (top, bottom), (left, right) = plane.down.window, plane.across.window
        noun = "chunk that" if lit == 1 else f"{lit} chunks that"
        text += f" Lit: the {noun} a window of {bottom - top:,} × {right - left:,} touches."
    if plane.layers and plane.layers > 1:
        text += f" Behind it: {plane.layers - 1:,} more layers of chunks."
    if plane.is_cut and array.shape:
        shown = f"{plane.down.cells:,} × {plane.across.cells:,}"
        text += f" A cut-out: {shown} of {plane.down.count or 1:,} × {plane.across.count or 1:,} chunks."
    ratio = plane.across.shown / plane.down.shown
    if max(ratio, 1 / ratio) > MAX_ASPECT:
        text += " The sides are not to one scale."
    return text


def codec_family(codec: str) -> str:
    """Return the name by which people know `codec`: `blosc-lz4` for Blosc with lz4, else its own name."""
    name, _, settings = codec.partition("(")
    for setting in settings.rstrip(")").split(","):
        key, _, value = setting.strip().partition("=")
        if name == "blosc" and key == "cname":
            return f"blosc-{value}"
    return name


def _box(plane: Plane, width: float, height: float, *, sheet: float) -> tuple[float, float, float, float]:
    """Return left, top, width, height of the front sheet, fitted into the room with its sheets behind."""
    behind = sheet * _sheets(plane)
    room_w, room_h = width - behind, height - behind
    ratio = min(MAX_ASPECT, max(1 / MAX_ASPECT, plane.across.shown / plane.down.shown))
    w = min(room_w, room_h * ratio)
    h = w / ratio
    return 1.0, 1.0 + behind, w, h


def _sheets(plane: Plane) -> int:
    return min(SHEETS, (plane.layers or 1) - 1)


def _grid(plane: Plane, box: tuple[float, float, float, float], *, sheet: float) -> list[str]:
    x, y, w, h = box
    parts = []
    for number in range(_sheets(plane), 0, -1):
        shift = number * sheet
        path = f"M{_n(x + shift)} {_n(y - shift)}H{_n(x + w + shift)}V{_n(y + h - shift)}"
        parts.append(_path(path, "--hairline"))
    parts += _lit(plane, box)
    for chunk, shard in ((True, False), (False, True)):
        columns = plane.across.lines(plane.across.chunk if chunk else plane.across.shard)
        rows = plane.down.lines(plane.down.chunk if chunk else plane.down.shard)
        path = ""
        # Steps repeat, places do not: what repeats costs little once the page is compressed.
        if columns:
            step = _n(w * columns[0] / plane.across.shown)
            path += f"M{_n(x + w * columns[0] / plane.across.shown)} {_n(y)}v{_n(h)}"
            path += f"m{step}-{_n(h)}v{_n(h)}" * (len(columns) - 1)
        if rows:
            step = _n(h * rows[0] / plane.down.shown)
            path += f"M{_n(x)} {_n(y + h * rows[0] / plane.down.shown)}h{_n(w)}"
            path += f"m-{_n(w)} {step}h{_n(w)}" * (len(rows) - 1)
        if path:
            parts.append(_path(path, "--ink" if shard else "--hairline"))
    parts.append(_edge(plane, box))
    if plane.across.chunk:
        (top, bottom), (left, right) = plane.down.window, plane.across.window
        frame = (
            f'<rect x="{_n(x + w * left / plane.across.shown)}" y="{_n(y + h * top / plane.down.shown)}" '
            f'width="{_n(w * (right - left) / plane.across.shown)}" '
            f'height="{_n(h * (bottom - top) / plane.down.shown)}" '
            f'fill="none" stroke="var(--ink)" stroke-width="2"/>'
        )
        parts.append(frame)
    return parts


def _edge(plane: Plane, box: tuple[float, float, float, float]) -> str:
    # A side beyond which the array goes on is left open.
    x, y, w, h = box
    path = f"M{_n(x + w)} {_n(y)}H{_n(x)}V{_n(y + h)}"
    if not plane.down.is_cut:
        path += f"M{_n(x)} {_n(y + h)}H{_n(x + w)}"
    if not plane.across.is_cut:
        path += f"M{_n(x + w)} {_n(y)}V{_n(y + h)}"
    return _path(path, "--ink")


def _lit(plane: Plane, box: tuple[float, float, float, float]) -> list[str]:
    x, y, w, h = box
    rows, columns = plane.down.lit, plane.across.lit
    if not len(rows) or not len(columns):
        return []
    longest = max(1, len(rows) + len(columns) - 2)
    # One path for each colour: an element for each chunk would make an index of many entries heavy.
    paths: dict[int, str] = {}
    for i, (top, bottom) in enumerate(_spans(plane.down)):
        for j, (left, right) in enumerate(_spans(plane.across)):
            colour = 1 + round(6 * (i + j) / longest) if longest > 1 else (3 if i + j == 0 else 5)
            wide = _n(w * (right - left))
            chunk = f"M{_n(x + w * left)} {_n(y + h * top)}h{wide}v{_n(h * (bottom - top))}h-{wide}z"
            paths[colour] = paths.get(colour, "") + chunk
    return [f'<path d="{path}" fill="var(--fetched-{colour})"/>' for colour, path in paths.items()]


def _spans(side: Side) -> list[tuple[float, float]]:
    chunk = side.chunk or side.shown
    edges = [min(number * chunk, side.shown) / side.shown for number in (*side.lit, side.lit.stop)]
    return list(pairwise(edges))


def _codecs(array: Array, x: float, y: float, size: float, *, names: bool = False) -> list[str]:
    if array.codecs is None:
        return [_label("codecs not recorded", x, y + size * 0.75)] if names else []
    parts = []
    codecs = [codec_family(codec) for codec in array.codecs] or ["no codec"]
    for name in codecs:
        parts += _glyph(name, x, y, size)
        x += size + (4 if not names else 8)
        if names:
            shown = name.replace("_", " ").replace("-", " ")
            parts.append(_label(shown, x, y + size * 0.75))
            x += 7.8 * len(shown) + 20
    return parts


def _glyph(name: str, x: float, y: float, s: float) -> list[str]:
    """Return a square that tells families of codecs apart: filled if it compresses, parted if it shards."""
    square = f'<rect x="{_n(x)}" y="{_n(y)}" width="{_n(s)}" height="{_n(s)}" '
    hollow = square + 'fill="none" stroke="var(--ink)"/>'
    third, half = s / 3, s / 2
    if name.startswith("blosc"):
        bars = "".join(f"M{_n(x)} {_n(y + s * bar * 0.4)}h{_n(s)}v{_n(s / 5)}h{_n(-s)}z" for bar in range(3))
        return [f'<path d="{bars}" fill="var(--ink)"/>']
    if name in ("zstd", "gzip", "zlib", "lz4", "lzma", "bz2", "pcodec", "lzf"):
        return [square + 'fill="var(--ink)" stroke="var(--ink)"/>']
    if name == "sharding_indexed":
        cross = f"M{_n(x + half)} {_n(y)}v{_n(s)}M{_n(x)} {_n(y + half)}h{_n(s)}"
        return [hollow, _path(cross, "--ink")]
    if name == "transpose":
        return [hollow, _path(f"M{_n(x)} {_n(y)}l{_n(s)} {_n(s)}", "--ink")]
    if name in ("bytes", "no codec"):
        return [hollow]
    inner = f"M{_n(x + third)} {_n(y + third)}h{_n(third)}v{_n(third)}h{_n(-third)}z"
    dot = f'<path d="{inner}" fill="var(--ink)"/>'
    return [hollow, dot]


def _measure(side: Side) -> str:
    if side.length == 1 and not side.name:
        return ""
    parts = [f"{side.name} {side.length:,}" if side.length else f"{side.name} length not recorded"]
    parts.append(f"chunks of {side.chunk:,}" if side.chunk else "chunks not recorded")
    if side.shard:
        parts.append(f"shards of {side.shard:,}")
    return " · ".join(part.strip() for part in parts)


def _label(text: str, x: float, y: float) -> str:
    return (
        f'<text x="{_n(x)}" y="{_n(y)}" fill="var(--quiet)" font-size="13" '
        f'font-family="var(--mono)">{escape(text)}</text>'
    )


def _path(path: str, colour: str) -> str:
    return f'<path d="{path}" fill="none" stroke="var({colour})"/>'


def _svg(parts: list[str], size: tuple[float, float], title: str, name: str) -> str:
    width, height = _n(size[0]), _n(size[1])
    return (
        f'<svg class="{name}" viewBox="0 0 {width} {height}" role="img">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def _times(lengths: tuple[int, ...] | None) -> str:
    return " × ".join(f"{length:,}" for length in lengths or ())


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
