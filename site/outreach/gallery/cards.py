"""Social cards: one picture of 1200 x 630 for each entry, shown where its address is shared.

The face is the one that Pillow carries: cards must be the same wherever the site is built.
"""

from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, __version__

from outreach.gallery.entries import Entry
from outreach.gallery.grids import Plane, Side, plane_of
from outreach.writing import write_whole

SIZE = 1200, 630
NIGHT, PAPER, QUIET, HAIRLINE = "#16101c", "#ffffff", "#b9aec2", "#43384d"
FETCHED = ("#e58077", "#e57a77", "#e46876", "#e34b75", "#e12374", "#e01073", "#bb1085")
# Changes of the drawing below; part of the names of kept cards.
VERSION = 1
MARGIN, COLUMN, LINES = 56, 470, 5


def make_card(entry: Entry, cache: Path) -> tuple[str, bytes]:
    """Return the file name and the content of the card; what was drawn once stays in `cache`."""
    picture = (entry.folder / entry.picture.file).read_bytes() if entry.picture else b""
    kind = "jpg" if picture else "png"
    inputs = f"{VERSION} {__version__} {entry.title} {entry.kind} {entry.domain} {entry.array}".encode()
    kept = cache / f"card-{sha256(inputs + picture).hexdigest()[:32]}.{kind}"
    if not kept.is_file():
        write_whole(kept, _draw(entry, picture))
    return f"card.{kind}", kept.read_bytes()


def _draw(entry: Entry, picture: bytes) -> bytes:
    card = Image.new("RGB", SIZE, NIGHT)
    pen = ImageDraw.Draw(card)
    side = SIZE[1]
    if picture:
        card.paste(_square(picture, side), (SIZE[0] - side, 0))
    else:
        _grid(pen, plane_of(entry.array, "card") if entry.array else None, (SIZE[0] - side, 0, side, side))
    _words(pen, entry)
    buffer = BytesIO()
    if picture:
        card.save(buffer, "JPEG", quality=84, optimize=True)
    else:
        card.quantize(palette=_palette(), dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()


@cache
def _palette() -> Image.Image:
    """Return an image whose palette holds the colours of a card without picture, shades of text included."""
    night = ImageColor.getrgb(NIGHT)
    colours: list[tuple[int, ...]] = [ImageColor.getrgb(name) for name in (HAIRLINE, *FETCHED)]
    for text in (PAPER, QUIET):
        bright = ImageColor.getrgb(text)
        colours += [
            tuple(round(low + (high - low) * step / 15) for low, high in zip(night, bright, strict=True))
            for step in range(16)
        ]
    holder = Image.new("P", (1, 1))
    holder.putpalette([value for colour in colours for value in colour])
    return holder


def _square(picture: bytes, side: int) -> Image.Image:
    with Image.open(BytesIO(picture)) as opened:
        opened.draft("RGB", (side * 2, side * 2))
        image = opened.convert("RGB")
    edge = min(image.size)
    left, top = (image.width - edge) // 2, (image.height - edge) // 2
    return image.resize((side, side), Image.Resampling.LANCZOS, (left, top, left + edge, top + edge))


def _words(pen: ImageDraw.ImageDraw, entry: Entry) -> None:
    title = entry.title if all(_drawable(letter) for letter in entry.title) else entry.slug.replace("-", " ")
    for size in (60, 52, 46, 40):
        font = ImageFont.load_default(size)
        lines = _wrapped(title, font)
        if len(lines) <= LINES and max(font.getlength(line) for line in lines) <= COLUMN:
            break
    top = MARGIN
    for line in lines[:LINES]:
        # Drawn with a thin stroke: the face comes in one weight only.
        pen.text((MARGIN, top), line, fill=PAPER, font=font, stroke_width=1, stroke_fill=PAPER)
        top += round(size * 1.14)
    small = ImageFont.load_default(26)
    pen.text(
        (MARGIN, SIZE[1] - 112), f"{entry.kind}, {entry.domain.replace('-', ' ')}", fill=QUIET, font=small
    )
    for number, colour in enumerate(FETCHED[::2]):
        pen.rectangle(
            (MARGIN + number * 13, SIZE[1] - 62, MARGIN + number * 13 + 10, SIZE[1] - 52), fill=colour
        )
    pen.text((MARGIN + 66, SIZE[1] - 72), "Beautiful Zarr", fill=PAPER, font=small)


def _drawable(letter: str) -> bool:
    # Letters outside of this range may be missing in the face; it would draw boxes.
    return ord(letter) < 0x180 or letter in "–—‘’“”…"


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= COLUMN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _grid(pen: ImageDraw.ImageDraw, plane: Plane | None, box: tuple[int, int, int, int]) -> None:
    """Draw the chunks of `plane`, or a grid of its own where nothing is known, over the whole of `box`."""
    left, top, width, height = box
    rows, columns = (_cells(plane.down), _cells(plane.across)) if plane else (7, 7)
    lit_rows = plane.down.lit if plane and plane.down.chunk else range(2, 4)
    lit_columns = plane.across.lit if plane and plane.across.chunk else range(3, 5)
    if plane is None:
        lit_rows = lit_columns = range(0)
    longest = max(1, len(lit_rows) + len(lit_columns) - 2)
    xs = [left + round(width * number / columns) for number in range(columns + 1)]
    ys = [top + round(height * number / rows) for number in range(rows + 1)]
    for i, row in enumerate(lit_rows):
        for j, column in enumerate(lit_columns):
            if row < rows and column < columns:
                colour = FETCHED[round((len(FETCHED) - 1) * (i + j) / longest)]
                pen.rectangle((xs[column], ys[row], xs[column + 1], ys[row + 1]), fill=colour)
    for x in xs:
        pen.line((x, top, x, top + height), fill=HAIRLINE)
    for y in ys:
        pen.line((left, y, left + width, y), fill=HAIRLINE)


def _cells(side: Side) -> int:
    return max(1, side.cells)
