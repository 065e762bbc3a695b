"""The page on which a selection is dragged: its still picture, its numbers and the layouts behind them.

Everything here is there without scripts, for the selection that each layout begins with;
`site/browser/selection.ts` draws the same for any other.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce

import numpy as np

from outreach.figures.layouts import CHOICES, Box, Leaf, StoredArray, open_choice
from outreach.html import escape
from outreach.paths import Project

type Place = tuple[int, ...]
type Piece = tuple[int, int, int, int]  # left, top, right, bottom

ROWS = ("chunks touched", "units read", "requests", "bytes read", "bytes decoded", "read per byte wanted")


@dataclass(frozen=True, slots=True)
class Numbers:
    """What one reader reads of a selection."""

    chunks: int
    units: int
    requests: int
    read: int
    decoded: int

    def cells(self, wanted: int) -> list[str]:
        """Return the numbers as the table shows them, in the order of `ROWS`."""
        ratio = self.read / wanted
        counts = (self.chunks, self.units, self.requests, self.read, self.decoded)
        return [*(f"{count:,}" for count in counts), f"{ratio:,.0f}" if ratio >= 100 else f"{ratio:.3g}"]


def selection_page(project: Project) -> str:
    """Return the figure of the page as HTML, with the layouts as JSON for the browser."""
    stored = [open_choice(project, choice) for choice in CHOICES]
    first = stored[0]
    layouts = json.dumps([array.as_json() for array in stored], separators=(",", ":"))
    boxes = json.dumps({array.choice.name: array.choice.box for array in stored})
    box = first.choice.box
    whole, part = whole_numbers(first, box), partial_numbers(first, box)
    wanted = first.array.explain(first.key(box)).bytes_wanted
    return f"""<figure class="bz-figure bz-try" data-bz-try data-boxes='{boxes}'>
<form class="bz-try__form" hidden>
<fieldset><legend>how the array is stored</legend>{"".join(_radio(array) for array in stored)}</fieldset>
<fieldset class="bz-try__bounds"><legend>selection, from and to</legend>{"".join(_inputs(first, box))}
<button type="reset">Reset</button></fieldset>
</form>
<p class="bz-try__about"><span data-bz-about>{escape(_about(first))}</span></p>
<div class="bz-try__panels">
{_panel(first, box, "whole", "Reads whole chunks", whole_path(first, box))}
{_panel(first, box, "partial", "Reads parts", partial_path(first, box))}
</div>
<table class="bz-table bz-try__numbers"><caption class="bz-unseen">What the two readers read</caption>
<thead><tr><th scope="col">of the selection</th><th scope="col" class="num">whole chunks</th>
<th scope="col" class="num">parts</th></tr></thead>
<tbody>
{"".join(_lines(whole.cells(wanted), part.cells(wanted)))}</tbody></table>
<p class="bz-try__said" role="status" data-bz-said>{_said(box, wanted)}</p>
<template data-bz-layouts>{layouts}</template>
</figure>
"""


def partial_numbers(stored: StoredArray, box: Box) -> Numbers:
    """Return what `explain` says of a selection."""
    plan = stored.array.explain(stored.key(box))
    assert plan.requests is not None
    assert plan.bytes_read is not None
    assert plan.bytes_decoded is not None
    return Numbers(plan.chunks, plan.units, plan.requests, plan.bytes_read, plan.bytes_decoded)


def whole_numbers(stored: StoredArray, box: Box) -> Numbers:
    """Return what a reader reads that fetches every touched chunk, or inner chunk, as it is stored."""
    leaves = [leaf for _, leaf in _touched(stored, box)]
    files = {leaf.file for leaf in leaves}
    ends = {(leaf.file, leaf.stop) for leaf in leaves}
    # Inner chunks that lie side by side in a shard are one request; the index is one of its own.
    begun = sum((leaf.file, leaf.start) not in ends for leaf in leaves)
    indexes = len(files) if stored.index_nbytes else 0
    nbytes = stored.array.state.layout.raw.nbytes
    return Numbers(
        len(leaves),
        len(leaves),
        begun + indexes,
        sum(leaf.stop - leaf.start for leaf in leaves) + indexes * stored.index_nbytes,
        0 if stored.unit == "element" else nbytes * len(leaves),
    )


def whole_path(stored: StoredArray, box: Box) -> str:
    """Return the touched chunks as an SVG path, in elements of the array."""
    nbytes = stored.array.state.layout.raw.nbytes
    return _joined(_clipped(stored, at, 0, nbytes) for at, _ in _touched(stored, box))


def partial_path(stored: StoredArray, box: Box) -> str:
    """Return what is read of them: elements, blocks, or chunks that decode only whole."""
    if stored.unit == "element":
        return _rectangle(box[2], box[0], box[3], box[1])
    return _joined(_parts(stored, at, leaf, box) for at, leaf in _touched(stored, box))


def _parts(stored: StoredArray, at: Place, leaf: Leaf, box: Box) -> str:
    raw = stored.array.state.layout.raw
    if leaf.frame is None:
        return _clipped(stored, at, 0, raw.nbytes)
    size = leaf.frame.blocksize
    begins = [place * length for place, length in zip(at, raw.shape, strict=True)]
    inside = tuple(
        np.arange(max(0, (part.start or 0) - begin), min(length, (part.stop or n) - begin)) * stride
        for part, begin, length, stride, n in zip(
            stored.key(box), begins, raw.shape, raw.strides, stored.array.shape, strict=True
        )
    )
    firsts = reduce(np.add.outer, inside).ravel()
    blocks = np.unique(np.concatenate([firsts // size, (firsts + raw.dtype.itemsize - 1) // size]))
    return "".join(
        _clipped(stored, at, block * size, min(raw.nbytes, (block + 1) * size)) for block in blocks.tolist()
    )


def _touched(stored: StoredArray, box: Box) -> Iterator[tuple[Place, Leaf]]:
    sides = [
        range((part.start or 0) // size, -(-(part.stop or n) // size))
        for part, size, n in zip(stored.key(box), stored.array.chunks, stored.array.shape, strict=True)
    ]
    for at in np.stack(np.meshgrid(*sides, indexing="ij"), axis=-1).reshape(-1, len(sides)).tolist():
        yield tuple(at), stored.leaves[int(np.ravel_multi_index(at, stored.grid))]


def _joined(paths: Iterator[str]) -> str:
    return "".join(dict.fromkeys(paths))


def _rectangle(left: int, top: int, right: int, bottom: int) -> str:
    return f"M{left} {top}H{right}V{bottom}H{left}Z"


def _clipped(stored: StoredArray, at: Place, first: int, last: int) -> str:
    """Return bytes of a decoded chunk as they lie in the plane that is drawn: up to three rectangles."""
    down, across = stored.choice.axes
    chunks, shape = stored.array.chunks, stored.array.shape
    wide, y, x = chunks[across], at[down] * chunks[down], at[across] * chunks[across]
    height, width = min(chunks[down], shape[down] - y), min(wide, shape[across] - x)
    step = stored.array.state.layout.raw.strides[across]
    begin, end = first // step, -(-last // step)
    (top, left), (bottom, right) = divmod(begin, wide), divmod(end, wide)
    pieces: list[Piece] = []
    if top == bottom:
        pieces.append((left, top, right, top + 1))
    else:
        if left:
            pieces.append((left, top, wide, top + 1))
            top += 1
        if top < bottom:
            pieces.append((0, top, wide, bottom))
        if right:
            pieces.append((0, bottom, right, bottom + 1))
    cut = ((x0, y0, min(x1, width), min(y1, height)) for x0, y0, x1, y1 in pieces)
    return "".join(
        _rectangle(x + x0, y + y0, x + x1, y + y1) for x0, y0, x1, y1 in cut if x0 < x1 and y0 < y1
    )


def _radio(stored: StoredArray) -> str:
    choice = stored.choice
    checked = " checked" if choice is CHOICES[0] else ""
    about = escape(_about(stored))
    return (
        f'<label><input type="radio" name="layout" value="{choice.name}" data-about="{about}"{checked}>'
        f"<span>{escape(choice.title)}</span></label>"
    )


def _about(stored: StoredArray) -> str:
    choice, array = stored.choice, stored.array
    shape, chunks = (" x ".join(map(str, numbers)) for numbers in (array.shape, array.chunks))
    cut = f"chunks of {chunks}"
    if array.shards is not None:
        cut = f"inner chunks of {chunks} in shards of {' x '.join(map(str, array.shards))}"
    return f"{choice.about}, {shape} values of {array.dtype}, in {cut}. {array.access}."


def _inputs(stored: StoredArray, box: Box) -> Iterator[str]:
    down, across = (stored.array.shape[axis] for axis in stored.choice.axes)
    names = (
        ("top", "first row", down),
        ("bottom", "row after the last", down),
        ("left", "first column", across),
        ("right", "column after the last", across),
    )
    for (name, label, length), value in zip(names, box, strict=True):
        yield (
            f'<label><span>{label}</span><input type="number" inputmode="numeric" name="{name}" '
            f'min="0" max="{length}" value="{value}"></label>'
        )


def _panel(stored: StoredArray, box: Box, kind: str, title: str, path: str) -> str:
    height, width = (stored.array.shape[axis] for axis in stored.choice.axes)
    identity = f"try-{kind}"
    return (
        f'<div class="bz-try__panel" data-bz-panel="{kind}"><h2 id="{identity}">{title}</h2>'
        f'<svg role="img" aria-labelledby="{identity}" aria-describedby="try-keys" viewBox="0 0 {width} '
        f'{height}" '
        'preserveAspectRatio="xMinYMin meet">'
        f'<path class="fetched" d="{path}"/><path class="cells" '
        f'd="{grid_path(stored, stored.array.chunks)}"/>'
        f'<path class="shards" d="{grid_path(stored, stored.array.shards or stored.array.shape)}"/>'
        f'<path class="selected" d="{_rectangle(box[2], box[0], box[3], box[1])}"/></svg></div>'
    )


def grid_path(stored: StoredArray, size: tuple[int, ...]) -> str:
    """Return the lines between cells of this size, and around the array."""
    down, across = stored.choice.axes
    height, width = stored.array.shape[down], stored.array.shape[across]
    rows = [*range(0, height, size[down]), height]
    columns = [*range(0, width, size[across]), width]
    return "".join([f"M0 {y}H{width}" for y in rows] + [f"M{x} 0V{height}" for x in columns])


def _lines(whole: list[str], part: list[str]) -> Iterator[str]:
    for name, of_whole, of_part in zip(ROWS, whole, part, strict=True):
        key = name.replace(" ", "-")
        yield (
            f'<tr><th scope="row">{name}</th><td class="num" data-bz-number="whole-{key}">{of_whole}</td>'
            f'<td class="num" data-bz-number="partial-{key}">{of_part}</td></tr>\n'
        )


def _said(box: Box, wanted: int) -> str:
    top, bottom, left, right = box
    return f"Rows {top} to {bottom}, columns {left} to {right}: {wanted:,} bytes wanted."
