"""Social cards: pictures of 1200 x 630, shown where the address of a page is shared.

The face is the one that Pillow carries: cards must be the same wherever the site is built.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageColor, ImageDraw, ImageFont, __version__

from outreach.writing import write_whole

__all__ = ["Card", "Cells", "drawn", "kept"]

SIZE = 1200, 630
NIGHT, PAPER, QUIET, HAIRLINE = "#16101c", "#ffffff", "#b9aec2", "#43384d"
FETCHED = ("#e58077", "#e57a77", "#e46876", "#e34b75", "#e12374", "#e01073", "#bb1085")
# Changes of the drawing below; part of the names of kept cards.
VERSION = 3
MARGIN, COLUMN, LINES = 56, 470, 5


@dataclass(frozen=True, slots=True)
class Cells:
    """A grid of chunks, some of which are lit."""

    rows: int
    columns: int
    lit_rows: Sequence[int] = ()
    lit_columns: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Card:
    """What is on a card: words on the left; on the right a picture, or a grid."""

    title: str
    caption: str
    cells: Cells
    picture: bytes = b""

    @property
    def kind(self) -> str:
        """The format of the file, by its suffix."""
        return "jpg" if self.picture else "png"


def kept(card: Card, folder: Path) -> bytes:
    """Return the content of the file; what was drawn once stays in `folder`."""
    words = f"{VERSION} {__version__} {card.title} {card.caption} {card.cells}".encode()
    path = folder / f"card-{sha256(words + card.picture).hexdigest()[:32]}.{card.kind}"
    if not path.is_file():
        write_whole(path, drawn(card))
    return path.read_bytes()


def drawn(card: Card) -> bytes:
    """Return the content of the file."""
    image = Image.new("RGB", SIZE, NIGHT)
    pen = ImageDraw.Draw(image)
    side = SIZE[1]
    if card.picture:
        image.paste(_square(card.picture, side), (SIZE[0] - side, 0))
    else:
        _grid(pen, card.cells, (SIZE[0] - side, 0, side, side))
    _words(pen, card)
    buffer = BytesIO()
    if card.picture:
        image.save(buffer, "JPEG", quality=84, optimize=True)
    else:
        image.quantize(palette=_palette(), dither=Image.Dither.NONE).save(buffer, "PNG", compress_level=3)
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


def _words(pen: ImageDraw.ImageDraw, card: Card) -> None:
    for size in (60, 52, 46, 40):
        font = _font(size)
        lines = _wrapped(card.title, font)
        if len(lines) <= LINES and max(font.getlength(line) for line in lines) <= COLUMN:
            break
    top = MARGIN
    for line in lines[:LINES]:
        # Drawn with a thin stroke: the face comes in one weight only.
        pen.text((MARGIN, top), line, fill=PAPER, font=font, stroke_width=1, stroke_fill=PAPER)
        top += round(size * 1.14)
    small = _font(26)
    caption = _wrapped(card.caption, small)
    bottom = SIZE[1] - 112 - 34 * (len(caption) - 1)
    for number, line in enumerate(caption):
        pen.text((MARGIN, bottom + 34 * number), line, fill=QUIET, font=small)
    for number, colour in enumerate(FETCHED[::2]):
        pen.rectangle(
            (MARGIN + number * 13, SIZE[1] - 62, MARGIN + number * 13 + 10, SIZE[1] - 52), fill=colour
        )
    pen.text((MARGIN + 66, SIZE[1] - 72), "Beautiful Zarr", fill=PAPER, font=small)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> list[str]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= COLUMN:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines


def _grid(pen: ImageDraw.ImageDraw, cells: Cells, box: tuple[int, int, int, int]) -> None:
    """Draw the grid over the whole of `box`."""
    left, top, width, height = box
    longest = max(1, len(cells.lit_rows) + len(cells.lit_columns) - 2)
    xs = [left + round(width * number / cells.columns) for number in range(cells.columns + 1)]
    ys = [top + round(height * number / cells.rows) for number in range(cells.rows + 1)]
    for i, row in enumerate(cells.lit_rows):
        for j, column in enumerate(cells.lit_columns):
            if row < cells.rows and column < cells.columns:
                colour = FETCHED[round((len(FETCHED) - 1) * (i + j) / longest)]
                pen.rectangle((xs[column], ys[row], xs[column + 1], ys[row + 1]), fill=colour)
    for x in xs:
        pen.line((x, top, x, top + height), fill=HAIRLINE)
    for y in ys:
        pen.line((left, y, left + width, y), fill=HAIRLINE)
