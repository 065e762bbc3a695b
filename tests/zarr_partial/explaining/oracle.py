"""What a selection touches, element by element and byte by byte: slow, plain, and on its own.

Shards and Blosc chunks are taken apart here once more, after the specifications, so that a plan is not
compared with the code that made it.
"""

import itertools
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

EMPTY = 2**64 - 1


@dataclass(frozen=True)
class Stored:
    """How an array of a test was written: the shapes of shards from the outside in, ending with the leaf.

    `edges`, if there are some, are the sizes of chunks along each axis, in place of the first shape.
    """

    levels: tuple[tuple[int, ...], ...]
    codec: str  # "raw", "blosc" or "whole"
    axes: tuple[int, ...]  # of the elements of a leaf, from slowest to fastest
    index_axes: tuple[int, ...] = ()  # of the entries of an index
    index_at_start: bool = False
    edges: tuple[tuple[int, ...], ...] = ()

    def chunk_of(self, element):
        """Return the place of the chunk that holds an element, its first element, and its shape."""
        if not self.edges:
            chunk = tuple(int(n) // size for n, size in zip(element, self.levels[0], strict=True))
            return chunk, [n * size for n, size in zip(chunk, self.levels[0], strict=True)], self.levels[0]
        chunk, low, shape = [], [], []
        for n, sizes in zip(element, self.edges, strict=True):
            ends = list(itertools.accumulate(sizes))
            chunk.append(next(at for at, end in enumerate(ends) if n < end))
            low.append(ends[chunk[-1]] - sizes[chunk[-1]])
            shape.append(sizes[chunk[-1]])
        return tuple(chunk), low, tuple(shape)

    def leaf_of(self, element):
        """Return the place of the leaf that holds an element, its first element, and its shape."""
        if len(self.levels) == 1:
            return self.chunk_of(element)
        # Inner chunks are a regular grid, also where shards are not.
        leaf = tuple(int(n) // size for n, size in zip(element, self.levels[-1], strict=True))
        return leaf, [n * size for n, size in zip(leaf, self.levels[-1], strict=True)], self.levels[-1]


@dataclass
class Counted:
    leaves: set = field(default_factory=set)
    missing: set = field(default_factory=set)
    files: set = field(default_factory=set)
    units: int = 0
    units_in_leaves: int = 0
    requests: int = 0
    bytes_read: int = 0
    bytes_decoded: int = 0
    index_nbytes: int = 0
    blocks: dict = field(default_factory=dict)  # leaf -> set of touched blocks


def count(array, stored, key):
    """Count what a read touches; `key` takes it from an array of the numbers of all elements."""
    numbers = np.arange(array.size).reshape(array.shape)
    touched = np.unique(key(numbers))
    counted = Counted()
    by_leaf = {}
    for element in zip(*np.unravel_index(touched, array.shape), strict=True):
        at, low, shape = stored.leaf_of(element)
        within = tuple(int(n) - first for n, first in zip(element, low, strict=True))
        by_leaf.setdefault(at, (low, shape, []))[2].append(within)
    counted.leaves = set(by_leaf)
    marks, indexes = {}, {}
    for leaf, (low, shape, elements) in by_leaf.items():
        file, data, begin, end = locate(array, stored, low, indexes)
        counted.files.add(file)
        if begin is None:
            counted.missing.add(leaf)
            continue
        mark = marks.setdefault(file, np.zeros(len(data) + 1, dtype=bool))
        count_leaf(
            counted, stored, leaf, shape, elements, data[begin:end], mark[begin:end], array.dtype.itemsize
        )
    for mark in marks.values():
        counted.bytes_read += int(mark.sum())
        counted.requests += int((np.diff(mark.astype(int), prepend=0) == 1).sum())
    counted.index_nbytes = sum(indexes.values())
    counted.bytes_read += counted.index_nbytes
    counted.requests += len(indexes)
    return counted


def count_leaf(counted, stored, leaf, shape, elements, data, mark, itemsize):
    strides, step = [0] * len(shape), itemsize
    for axis in reversed(stored.axes):
        strides[axis], step = step, step * shape[axis]
    offsets = [sum(n * stride for n, stride in zip(at, strides, strict=True)) for at in elements]
    nbytes = step
    if stored.codec == "whole":
        counted.units += 1
        counted.units_in_leaves += 1
        counted.bytes_decoded += nbytes
        mark[:] = True
        return
    begin = 0
    if stored.codec == "blosc":
        flags, _, decoded, blocksize, cbytes = struct.unpack_from("<xxBBIII", data)
        assert decoded == nbytes
        mark[:16] = True
        if flags & 2:
            counted.units += 1
            counted.units_in_leaves += 1
            begin = 16
        else:
            count_blocks(counted, leaf, offsets, itemsize, data[:cbytes], blocksize, decoded, mark)
            return
    else:
        counted.units += len(elements)
        counted.units_in_leaves += nbytes // itemsize
    for offset in offsets:
        mark[begin + offset : begin + offset + itemsize] = True


def count_blocks(counted, leaf, offsets, itemsize, data, blocksize, decoded, mark):
    nblocks = -(-decoded // blocksize)
    starts = struct.unpack_from(f"<{nblocks}I", data, 16)
    mark[: 16 + 4 * nblocks] = True
    blocks = {
        block
        for offset in offsets
        for block in range(offset // blocksize, (offset + itemsize - 1) // blocksize + 1)
    }
    for block in blocks:
        end = min([start for start in starts if start > starts[block]], default=len(data))
        mark[starts[block] : end] = True
        counted.bytes_decoded += min(blocksize, decoded - block * blocksize)
    counted.units += len(blocks)
    counted.units_in_leaves += nblocks
    counted.blocks[leaf] = blocks


def locate(array, stored, first, indexes):
    """Return the key of a leaf's file, its bytes, and where in them the leaf lies, None if it is missing.

    `first` is the first element of the leaf.
    """
    chunk, origin, outer = stored.chunk_of(first)
    key = array.metadata.encode_chunk_key(chunk)
    path = Path(array.store.root, array.path, key)
    if not path.is_file():
        return key, b"", None, None
    data = path.read_bytes()
    begin, end = 0, len(data)
    low = [n - start for n, start in zip(first, origin, strict=True)]
    for depth, (shape, inner) in enumerate(itertools.pairwise((outer, *stored.levels[1:]))):
        counts = [size // part for size, part in zip(shape, inner, strict=True)]
        entry = 0
        for axis in stored.index_axes:
            entry = entry * counts[axis] + low[axis] // inner[axis]
        nbytes = 16 * int(np.prod(counts)) + 4
        indexes[key, begin, depth] = nbytes
        at = begin if stored.index_at_start else end - nbytes
        offset, length = struct.unpack_from("<QQ", data, at + 16 * entry)
        if offset == EMPTY:
            return key, data, None, None
        begin, end = begin + offset, begin + offset + length
        low = [n % part for n, part in zip(low, inner, strict=True)]
    return key, data, begin, end
