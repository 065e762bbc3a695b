"""The anatomy of a Blosc chunk: one that lies in a sample of the gallery, byte for byte."""

from pathlib import Path

import numpy as np

import zarr_partial as zp
from outreach.figures.samples import open_sample
from outreach.figures.svg import box, figure, line, svg, table, text
from outreach.paths import Project
from zarr_partial.access.blosc import HEADER_NBYTES, Frame, parse_frame
from zarr_partial.layout import LeafName

SAMPLE = "one-ocean-around-antarctica/sample.zarr/0"
ROWS = range(110, 134)  # of the first chunk
LEFT, WIDTH = 0.0, 100.0
FILE_TOP, FILE_HEIGHT = 26, 30
CHUNK_TOP, CHUNK_HEIGHT = 112, 30
HEIGHT = 178
FIELDS = (
    ("0", "version", "the format; 2 is Blosc 1"),
    ("1", "versionlz", "the format of the compressor inside"),
    ("2", "flags", "shuffle, stored as it is, not split; the top three bits name the compressor"),
    ("3", "typesize", "bytes of an element, by which bytes are shuffled"),
    ("4 to 7", "nbytes", "bytes of the decoded chunk"),
    ("8 to 11", "blocksize", "bytes of a decoded block"),
    ("12 to 15", "cbytes", "bytes of the encoded chunk"),
)


def read_chunk(project: Project) -> tuple[Path, zp.PartialArray, Frame]:
    """Return the file of the first chunk of the sample, its array, and what the header says."""
    folder, array = open_sample(project, SAMPLE)
    layout = array.state.layout
    path = folder / layout.chunk_key((0,) * array.ndim)
    name = LeafName(layout, 0)
    return path, array, parse_frame(np.fromfile(path, np.uint8), layout.raw.nbytes, name)


def blosc_chunk(project: Project) -> str:
    """Return the figure."""
    path, array, frame = read_chunk(project)
    first = ROWS.start * array.chunks[2]
    stop = ROWS.stop * array.chunks[2]
    blocks = range(first // frame.blocksize, -(-stop // frame.blocksize))
    last = ROWS[-1]
    drawing = svg(
        "blosc-chunk",
        HEIGHT,
        "A Blosc chunk, encoded and decoded",
        f"Above, the file of {frame.cbytes:,} bytes: a header, a table of starts and {frame.nblocks} "
        f"blocks of "
        f"different lengths. Below, the decoded chunk of {frame.nbytes:,} bytes in {frame.nblocks} blocks of "
        f"{frame.blocksize:,} bytes. Rows {ROWS.start} to {last} lie in blocks {blocks[0]} to {blocks[-1]}, "
        "which are marked in both.",
        _parts(frame, blocks, first, stop),
    )
    small = (str(frame.version), str(frame.versionlz), f"{frame.flags:#04x}", str(frame.typesize))
    values = (*small, f"{frame.nbytes:,}", f"{frame.blocksize:,}", f"{frame.cbytes:,}")
    rows = [[at, name, value, what] for (at, name, what), value in zip(FIELDS, values, strict=True)]
    starts = ", ".join(f"{start:,}" for start in frame.starts.tolist())
    rows.append(
        [f"16 to {HEADER_NBYTES + 4 * frame.nblocks - 1}", "bstarts", starts, "where each block begins"]
    )
    head = ("bytes", "field", "in this chunk", "what it says")
    part = sum(int(frame.stops[at] - frame.starts[at]) for at in blocks)
    caption = (
        f"The chunk <code>{path.relative_to(project.gallery_data / SAMPLE).as_posix()}</code> of the sample "
        '<a href="../../gallery/one-ocean-around-antarctica/">One ocean, seen from below</a>, its widths '
        "to scale "
        f"but for the header and the table, which are too thin to draw. Pink: what rows {ROWS.start} to "
        f"{last} "
        f"need, {len(blocks)} blocks, {part:,} of {frame.cbytes:,} bytes."
    )
    return figure("blosc-chunk", drawing, caption, beside=table("The header of the chunk", head, rows))


def _parts(frame: Frame, blocks: range, first: int, stop: int) -> list[str]:
    per_byte, per_decoded = WIDTH / frame.cbytes, WIDTH / frame.nbytes
    parts = [text(0, 14, f"in the file: {frame.cbytes:,} bytes")]
    parts.append(text(0, CHUNK_TOP + CHUNK_HEIGHT + 32, f"decoded: {frame.nbytes:,} bytes"))
    for block in range(frame.nblocks):
        start, end = int(frame.starts[block]), int(frame.stops[block])
        low, high = block * frame.blocksize, min(frame.nbytes, (block + 1) * frame.blocksize)
        kind = "fetched" if block in blocks else "empty"
        encoded = (start + end) / 2 * per_byte
        decoded = (low + high) / 2 * per_decoded
        label = "on" if block in blocks else "quiet"
        parts += [
            box(
                start * per_byte,
                FILE_TOP,
                (end - start) * per_byte,
                FILE_HEIGHT,
                kind,
                f"{end - start:,} bytes",
            ),
            box(
                low * per_decoded,
                CHUNK_TOP,
                (high - low) * per_decoded,
                CHUNK_HEIGHT,
                kind,
                f"{high - low:,} bytes",
            ),
            line(encoded, FILE_TOP + FILE_HEIGHT, decoded, CHUNK_TOP, "mark" if block in blocks else "hair"),
            text(encoded, FILE_TOP + 20, str(block), label, "middle"),
            text(decoded, CHUNK_TOP + 20, str(block), label, "middle"),
        ]
    parts.append(box(0, FILE_TOP - 4, 0.6, FILE_HEIGHT + 8, "solid", "header and table"))
    parts.append(text(100, 14, "at the left: header, table", "quiet", "end"))
    y = CHUNK_TOP + CHUNK_HEIGHT + 7
    parts.append(box(first * per_decoded, y, (stop - first) * per_decoded, 5, "solid"))
    parts.append(text(100, CHUNK_TOP + CHUNK_HEIGHT + 32, "bar: wanted rows", "quiet", "end"))
    return parts
