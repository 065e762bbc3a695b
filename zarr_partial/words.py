"""Numbers and tables as people read them: in plans, in notebooks, on the command line."""

import re
from collections.abc import Iterable, Sequence

import numpy as np

__all__ = ["NO_BREAK", "counted", "format_bytes", "html_table", "shown_key", "times", "with_units"]

MAX_SHOWN_KEY = 60
NO_BREAK = "\N{NO-BREAK SPACE}"


def counted(count: int, noun: str) -> str:
    """Return a number with its noun, in the plural where it takes one."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def times(shape: Sequence[int]) -> str:
    """Return a shape as "10 x 20"."""
    return " x ".join(map(str, shape))


def format_bytes(count: float) -> str:
    """Return a number of bytes with three digits and a decimal unit."""
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if count < 999.5 or unit == "PB":
            break
        count /= 1000
    return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"


def with_units(text: str) -> str:
    """Return the text with numbers of bytes that no line ends within."""
    return re.sub(r"(\d) ([kMGTP]?B)\b", rf"\1{NO_BREAK}\2", text)


def html_table(rows: Iterable[tuple[str, str]]) -> str:
    """Return pairs of a name and a text as an HTML table for notebooks.

    It takes the notebook's own colours, so it reads on light and on dark; a name that several rows
    have is written once.
    """
    from html import escape

    cells = []
    before = None
    rule = "border-top:1px solid;border-color:color-mix(in srgb, currentColor 18%, transparent)"
    for name, text in rows:
        first = name != before
        line = "" if before is None else rule if first else "border-top:0"
        style = f"text-align:left;vertical-align:top;background:none;{line}"
        cells.append(
            f'<tr style="background:none"><th style="{style};white-space:nowrap;font-weight:600">'
            f"{escape(name) if first else ''}</th>"
            f'<td style="{style};white-space:normal;max-width:48em">{escape(with_units(text))}</td></tr>'
        )
        before = name
    style = "color:inherit;border-collapse:collapse;font-variant-numeric:tabular-nums"
    return f'<table style="{style}">{"".join(cells)}</table>'


def shown_key(key: object) -> str:
    """Return a key as it is written between brackets, cut to a readable length."""
    entries = key if isinstance(key, tuple) else (key,)
    return f"[{', '.join(_entry(entry) for entry in entries)}]"


def _entry(entry: object) -> str:
    if isinstance(entry, slice):
        bounds = [entry.start, entry.stop] + ([entry.step] if entry.step is not None else [])
        return ":".join("" if bound is None else str(bound) for bound in bounds)
    if entry is Ellipsis:
        return "..."
    if isinstance(entry, np.ndarray) and entry.size > 10:
        return f"<{times(entry.shape)} {entry.dtype}>"
    if isinstance(entry, (list, np.ndarray)):
        text = str(entry.tolist() if isinstance(entry, np.ndarray) else entry)
        return text if len(text) <= MAX_SHOWN_KEY else f"<{counted(len(entry), 'item')}>"
    return repr(entry) if isinstance(entry, str) else str(entry)
