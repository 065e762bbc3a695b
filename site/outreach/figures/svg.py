"""Small words for drawings: places along the width in percent, all else in CSS pixels.

So a drawing fills any width while its text keeps its size. Colours are classes of `figures.css`: `hair` and
`ink` are lines, `fetched` is what is read, `wash` and `quiet` what is not. `figure` gives the drawing its
title and description for people who cannot see it.
"""

from collections.abc import Iterable
from itertools import pairwise

from outreach.html import escape


def figure(name: str, drawing: str, caption: str, *, beside: str = "") -> str:
    """Return a figure of the page `name` marks: the drawing, what stands below it, and a caption in HTML."""
    return (
        f'<figure class="bz-figure bz-drawn bz-drawn--{name}">\n{drawing}\n{beside}'
        f"<figcaption>{caption}</figcaption>\n</figure>\n"
    )


def svg(name: str, height: int, title: str, description: str, parts: Iterable[str]) -> str:
    """Return a drawing as wide as its place and `height` pixels high."""
    return (
        f'<svg role="img" width="100%" height="{height}" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{"".join(parts)}</svg>'
    )


def box(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    """Return a rectangle: `x` and `width` in percent, `y` and `height` in pixels."""
    shape = f'<rect class="{kind}" x="{_n(x)}%" y="{_n(y)}" width="{_n(width)}%" height="{_n(height)}"'
    return f"{shape}><title>{escape(title)}</title></rect>" if title else f"{shape}/>"


def line(x0: float, y0: float, x1: float, y1: float, kind: str = "hair") -> str:
    """Return a line from one place to another."""
    return f'<line class="{kind}" x1="{_n(x0)}%" y1="{_n(y0)}" x2="{_n(x1)}%" y2="{_n(y1)}"/>'


def dot(x: float, y: float, kind: str, title: str, radius: float = 3) -> str:
    """Return a round mark that says what it is when pointed at."""
    shape = f'<circle class="{kind}" cx="{_n(x)}%" cy="{_n(y)}" r="{radius:g}">'
    return f"{shape}<title>{escape(title)}</title></circle>"


def text(x: float, y: float, words: str, kind: str = "", anchor: str = "start", dx: float = 0) -> str:
    """Return words with their baseline at `y`, `dx` pixels beside `x`."""
    classes = f' class="{kind}"' if kind else ""
    moved = f' dx="{dx:g}"' if dx else ""
    held = "" if anchor == "start" else f' text-anchor="{anchor}"'
    return f'<text{classes} x="{_n(x)}%" y="{_n(y)}"{moved}{held}>{escape(words)}</text>'


def curve(points: Iterable[tuple[float, float]], kind: str) -> str:
    """Return lines from point to point."""
    places = list(points)
    drawn = (line(*a, *b, kind) for a, b in pairwise(places))
    return "".join(drawn)


def table(
    caption: str, head: Iterable[str], rows: Iterable[Iterable[str]], numbers: Iterable[int] = ()
) -> str:
    """Return a table of plain text; the columns in `numbers` are set as numbers."""
    right = set(numbers)

    def cells(values: Iterable[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' scope="col"' if tag == 'th' else ''}{' class="num"' if at in right else ''}>"
            f"{escape(value)}</{tag}>"
            for at, value in enumerate(values)
        )

    body = "\n".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    return (
        f'<div class="bz-scroll" tabindex="0" role="region" aria-label="{escape(caption)}">'
        f'<table class="bz-table"><caption class="bz-unseen">{escape(caption)}</caption>'
        f"<thead><tr>{cells(head, 'th')}</tr></thead>\n<tbody>\n{body}\n</tbody></table></div>\n"
    )


def _n(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".")
