"""Selections of more chunks than anybody waits for: some of the chunks stand for all of them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.explaining.axes import AxisSample, count_touched
from zarr_partial.selection import Coordinates, Selection

__all__ = ["Sample", "Totals", "sample_of"]

# A million chunks are looked at one by one, which takes seconds; of more than these, so many.
MAX_LEAVES = 1 << 20
SAMPLED_LEAVES = 1 << 16


@dataclass(frozen=True, slots=True)
class Sample:
    """Which part of a selection stands for all of it.

    Attributes
    ----------
    axes : tuple of AxisSample
    leaves, files : int
        How many leaves and files the whole selection touches.
    """

    axes: tuple[AxisSample, ...]
    leaves: int
    files: int


def sample_of(
    selection: Selection | Coordinates, leaf_shape: Sequence[int], per_file: Sequence[int], among: int = 1
) -> Sample | None:
    """Return a sample of the leaves of a selection, or None if it touches few enough to look at all.

    `among` so many selections the leaves that are looked at are shared.

    Whole files are left out, so that what meets in a file still meets. Coordinates, which lie in memory
    one by one, are looked at one by one.
    """
    if isinstance(selection, Coordinates):
        return None
    counts = [count_touched(axis, size) for axis, size in zip(selection.axes, leaf_shape, strict=True)]
    leaves = math.prod(counts)
    if leaves * among <= MAX_LEAVES:
        return None
    axes = list(zip(selection.axes, leaf_shape, per_file, strict=True))
    files = [count_touched(axis, size * per) for axis, size, per in axes]
    keep = list(files)
    while math.prod(keep) * leaves * among > SAMPLED_LEAVES * math.prod(files) and max(keep) > 1:
        longest = keep.index(max(keep))
        keep[longest] = -(-keep[longest] // 2)
    kept = tuple(AxisSample(per, some) for per, some in zip(per_file, keep, strict=True))
    return Sample(kept, leaves, math.prod(files))


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of columns that have one entry for each leaf that was looked at; scaled up, of a sample."""

    sample: Sample | None
    leaves: int
    files: int

    @property
    def all_leaves(self) -> int:
        """How many leaves are touched."""
        return self.leaves if self.sample is None else self.sample.leaves

    @property
    def all_files(self) -> int:
        """How many files are touched."""
        return self.files if self.sample is None else self.sample.files

    def of(self, column: NDArray[np.int64] | NDArray[np.bool_], of_files: int = 0) -> int:
        """Return the sum of a column, and of what goes with files and not with leaves."""
        total = int(column.sum())
        if self.sample is None:
            return total + of_files
        # Whole numbers of any size: a grid may have more chunks than a float can count.
        of_leaves = (total * self.all_leaves + self.leaves // 2) // self.leaves
        return of_leaves + of_files * self.all_files // self.files
