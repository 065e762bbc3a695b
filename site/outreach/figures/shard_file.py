"""The anatomy of a shard: one that lies in a sample of the gallery, with its index."""

import numpy as np

import zarr_partial as zp
from outreach.figures.samples import open_sample
from outreach.figures.svg import box, figure, svg, table, text
from outreach.paths import Project
from zarr_partial.access.shard import Shard, ShardIndex, read_index
from zarr_partial.layout import ChunkName

SAMPLE = "blue-marble-globe/sample.zarr"
SHARD = (1, 3, 0)
ROWS, COLUMNS = range(216, 236), range(575, 625)  # of the array
CELL = 44
BAR_TOP, BAR_HEIGHT = 26, 44
HEIGHT = BAR_TOP + BAR_HEIGHT + 34


def read_shard(project: Project) -> tuple[str, int, zp.PartialArray, Shard, ShardIndex]:
    """Return key and length of the shard, its array, how it is laid out, and its index."""
    folder, array = open_sample(project, SAMPLE)
    layout = array.state.layout
    key = layout.chunk_key(SHARD)
    data = np.fromfile(folder / key, np.uint8)
    (shard,) = layout.shards
    return key, data.size, array, shard, read_index(shard, data, ChunkName(key, is_shard=True))


def touched(array: zp.PartialArray, shard: Shard) -> list[int]:
    """Return the entries of the index that hold the selected rows and columns."""
    begins = [at * size for at, size in zip(SHARD, array.state.layout.grid.chunk_shape, strict=True)]
    first = [
        (part.start - begin) // size
        for part, begin, size in zip((ROWS, COLUMNS), begins, array.chunks, strict=False)
    ]
    last = [
        (part[-1] - begin) // size
        for part, begin, size in zip((ROWS, COLUMNS), begins, array.chunks, strict=False)
    ]
    return [
        y * shard.strides[0] + x * shard.strides[1]
        for y in range(max(0, first[0]), min(shard.counts[0] - 1, last[0]) + 1)
        for x in range(max(0, first[1]), min(shard.counts[1] - 1, last[1]) + 1)
    ]


def shard_file(project: Project) -> str:
    """Return the figure."""
    key, nbytes, array, shard, index = read_shard(project)
    chosen = touched(array, shard)
    order = np.argsort(index.starts, kind="stable").tolist()
    names = [_name(shard, entry) for entry in range(shard.nchunks)]
    drawing = svg(
        "shard-file",
        HEIGHT,
        "A shard as it lies in its file",
        f"A file of {nbytes:,} bytes holds {shard.nchunks} inner chunks of different lengths and, at its "
        f"{'beginning' if shard.at_start else 'end'}, an index of {shard.index_nbytes} bytes. A "
        f"selection touches "
        f"the inner chunks {' and '.join(names[entry] for entry in chosen)}, which are marked.",
        _parts(index, shard, nbytes, order, chosen, names),
    )
    part = sum(int(index.stops[entry] - index.starts[entry]) for entry in chosen)
    rows = [
        [names[entry], f"{int(offset):,}", f"{int(length):,}", "read" if entry in chosen else ""]
        for entry, (offset, length) in enumerate(index.stored.tolist())
    ]
    heads = ("inner chunk", "offset", "length", "this read")
    below = (
        f'<div class="bz-drawn__pair">{_grid(array, shard, chosen, names)}'
        f"{table('The index of the shard', heads, rows, (1, 2))}</div>\n"
    )
    caption = (
        f'The shard <code>{key}</code> of the sample <a href="../../gallery/blue-marble-globe/">of the Blue '
        f"Marble</a>, to scale. Rows {ROWS.start} to {ROWS[-1]} and columns {COLUMNS.start} to "
        f"{COLUMNS[-1]} of the "
        f"array touch {len(chosen)} of its {shard.nchunks} inner chunks: {part:,} bytes of {nbytes:,}, and "
        f"{shard.index_nbytes} for the index, once."
    )
    return figure("shard-file", drawing, caption, beside=below)


def _name(shard: Shard, entry: int) -> str:
    y, rest = divmod(entry, shard.strides[0])
    return f"{y},{rest // shard.strides[1]}"


def _parts(
    index: ShardIndex, shard: Shard, nbytes: int, order: list[int], chosen: list[int], names: list[str]
) -> list[str]:
    scale = 100 / nbytes
    parts = [text(0, 14, f"in the file: {nbytes:,} bytes")]
    for entry in order:
        start, stop = int(index.starts[entry]), int(index.stops[entry])
        is_chosen = entry in chosen
        parts.append(
            box(
                start * scale,
                BAR_TOP,
                (stop - start) * scale,
                BAR_HEIGHT,
                "fetched" if is_chosen else "empty",
                f"{stop - start:,} bytes",
            )
        )
        label = "on" if is_chosen else "quiet"
        parts.append(text((start + stop) / 2 * scale, BAR_TOP + 27, names[entry], label, "middle"))
    first, last = shard.index_range(nbytes)
    parts.append(
        box(first * scale, BAR_TOP - 4, max(0.6, (last - first) * scale), BAR_HEIGHT + 8, "solid", "index")
    )
    side, anchor = (0, "start") if shard.at_start else (100, "end")
    parts.append(text(side, BAR_TOP + BAR_HEIGHT + 22, f"index: {shard.index_nbytes} bytes", "", anchor))
    return parts


def _grid(array: zp.PartialArray, shard: Shard, chosen: list[int], names: list[str]) -> str:
    """Return the inner chunks as they lie in the array, with the selection on them."""
    rows, columns = shard.counts[:2]
    parts = []
    for entry, name in enumerate(names):
        y, x = (int(place) for place in name.split(","))
        kind = "fetched" if entry in chosen else "empty"
        parts.append(f'<rect class="{kind}" x="{x * CELL}" y="{y * CELL}" width="{CELL}" height="{CELL}"/>')
        label = "on" if entry in chosen else "quiet"
        parts.append(f'<text class="{label}" x="{x * CELL + 4}" y="{y * CELL + 13}">{name}</text>')
    begins = [at * size for at, size in zip(SHARD, array.state.layout.grid.chunk_shape, strict=True)]
    top, left = (ROWS.start - begins[0]) / array.chunks[0], (COLUMNS.start - begins[1]) / array.chunks[1]
    high, wide = len(ROWS) / array.chunks[0], len(COLUMNS) / array.chunks[1]
    parts.append(
        f'<rect class="selected" x="{left * CELL:g}" y="{top * CELL:g}" width="{wide * CELL:g}" '
        f'height="{high * CELL:g}"/>'
    )
    width, height = columns * CELL, rows * CELL
    return (
        f'<svg class="bz-drawn__small" role="img" aria-label="The inner chunks in the array; the frame '
        f"is the "
        f'selection." width="{width + 2}" height="{height + 2}" viewBox="-1 -1 {width + 2} {height + 2}">'
        f"{''.join(parts)}</svg>"
    )
