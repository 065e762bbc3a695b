"""Arrays as the selection page needs them: what `explain` says of all of it, and where every part lies.

The browser adds up what a selection reads from these numbers alone; a test compares its sums with `explain`.
"""

from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import zarr_partial as zp
from outreach.errors import OutreachError
from outreach.figures.samples import open_sample
from outreach.paths import Project
from zarr_partial.access.blosc import Frame, parse_frame
from zarr_partial.access.shard import read_index
from zarr_partial.layout import ChunkName, Layout, LeafName

type Box = tuple[int, int, int, int]  # top, bottom, left, right
type Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Choice:
    """A sample of the gallery to select from.

    Attributes
    ----------
    name : str
        In the address of the page.
    sample : str
        Path of the array within `gallery_data`.
    title, about : str
        How its chunks are stored, and what it shows; plain text.
    axes : pair of int
        The axes that run down and across; along the others everything is selected.
    box : tuple of int
        What is selected at first: top, bottom, left, right.
    """

    name: str
    sample: str
    title: str
    about: str
    axes: tuple[int, int]
    box: Box


CHOICES = (
    Choice(
        "blosc",
        "one-ocean-around-antarctica/sample.zarr/0",
        "Blosc, nine blocks in a chunk",
        "The relief of the South Pole in three colours",
        (1, 2),
        (200, 230, 420, 660),
    ),
    Choice(
        "raw",
        "retina-fundus/sample.zarr",
        "Uncompressed",
        "A photograph of a retina",
        (0, 1),
        (170, 260, 150, 330),
    ),
    Choice(
        "shards",
        "blue-marble-globe/sample.zarr",
        "Shards of nine inner chunks, each one Blosc block",
        "The Blue Marble",
        (0, 1),
        (150, 260, 330, 560),
    ),
    Choice(
        "zstd",
        "hubble-extreme-deep-field/sample.zarr",
        "zstd, whole chunks",
        "The Hubble Extreme Deep Field",
        (0, 1),
        (260, 350, 200, 420),
    ),
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """A chunk that holds elements itself, as it lies in its file; `frame` where Blosc cut it into blocks."""

    file: int
    start: int
    stop: int
    frame: Frame | None

    def as_json(self) -> dict[str, Any]:
        """Return what the browser reads, under the names of `selection-layout.ts`."""
        found: dict[str, Any] = {"file": self.file, "start": self.start, "stop": self.stop}
        if self.frame is not None:
            found["blocksize"] = self.frame.blocksize
            found["starts"] = self.frame.starts.tolist()
            found["stops"] = self.frame.stops.tolist()
        return found


@dataclass(frozen=True, slots=True)
class StoredArray:
    """One of the choices, opened and looked at.

    Attributes
    ----------
    array : PartialArray
    leaves : tuple of Leaf
        In C order of the grid.
    index_nbytes : int
        Bytes of the index of one shard; 0 without shards.
    unit : str
        As `explain` calls it.
    """

    choice: Choice
    array: zp.PartialArray
    leaves: tuple[Leaf, ...]
    index_nbytes: int
    unit: str

    @property
    def grid(self) -> tuple[int, ...]:
        """Leaves along each axis."""
        return tuple(-(-n // size) for n, size in zip(self.array.shape, self.array.chunks, strict=True))

    def key(self, box: Box) -> tuple[slice, ...]:
        """Return the selection that a box stands for."""
        down, across = self.choice.axes
        bounds = {down: slice(box[0], box[1]), across: slice(box[2], box[3])}
        return tuple(bounds.get(axis, slice(None)) for axis in range(self.array.ndim))

    def as_json(self) -> dict[str, Any]:
        """Return the layout as the browser reads it."""
        return {
            "name": self.choice.name,
            "unit": self.unit,
            "shape": list(self.array.shape),
            "leaf": list(self.array.chunks),
            "shard": None if self.array.shards is None else list(self.array.shards),
            "axes": list(self.choice.axes),
            "itemsize": self.array.dtype.itemsize,
            "index_nbytes": self.index_nbytes,
            "leaves": [leaf.as_json() for leaf in self.leaves],
        }


def open_choice(project: Project, choice: Choice) -> StoredArray:
    """Open a sample and find where its chunks and blocks lie.

    Raises
    ------
    OutreachError
        If the sample is not there, or not of the kind that the page can show.
    """
    path, array = open_sample(project, choice.sample)
    layout = array.state.layout
    plan = array.explain(...)
    if plan.missing or len(layout.shards) > 1 or plan.bytes_read is None:
        raise OutreachError(
            f"{project.relative(path)}: expected every chunk, and at most one level of shards, found "
            f"{plan.missing} missing chunks and {len(layout.shards)} levels; choose another sample"
        )
    unit = "whole chunk" if plan.unit == "inner chunk" else plan.unit
    index_nbytes = layout.shards[0].index_nbytes if layout.shards else 0
    return StoredArray(choice, array, tuple(_leaves(path, layout)), index_nbytes, unit)


def _leaves(path: Path, layout: Layout) -> list[Leaf]:
    files: dict[str, tuple[int, Bytes]] = {}
    found = []
    for at in product(*map(range, layout.leaf_counts)):
        key = layout.leaf_key(at)
        if key not in files:
            files[key] = len(files), np.fromfile(path / key, np.uint8)
        number, data = files[key]
        start, stop = _place(layout, at, data)
        found.append(Leaf(number, start, stop, _frame(layout, at, data[start:stop])))
    return found


def _place(layout: Layout, at: tuple[int, ...], data: Bytes) -> tuple[int, int]:
    if not layout.shards:
        return 0, data.size
    (shard,) = layout.shards
    index = read_index(shard, data, ChunkName(layout.leaf_key(at), is_shard=True))
    inside = (place % count for place, count in zip(at, shard.counts, strict=True))
    entry = sum(place * stride for place, stride in zip(inside, shard.strides, strict=True))
    return int(index.starts[entry]), int(index.stops[entry])


def _frame(layout: Layout, at: tuple[int, ...], data: Bytes) -> Frame | None:
    if not isinstance(layout.leaf, zp.Blosc):
        return None
    name = LeafName(layout, layout.leaves.number(at))
    frame = parse_frame(data, layout.raw.nbytes, name)
    if frame.is_memcpyed or frame.cbytes != data.size:
        raise OutreachError(
            f"{name}: expected a compressed chunk of {data.size} bytes, found one stored as it is, or "
            f"{frame.cbytes} bytes; choose another sample for the selection page"
        )
    return frame
