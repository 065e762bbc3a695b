"""A sparse matrix like that of a single-cell experiment, as anndata stores it, and what reads rows of it.

Of every cell some genes are counted, popular ones more often; about one in twenty is. Each block of cells has
its own seed, as the rows have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from .data import SEED, Scale, data_folder, made
from .readers import Reader, installed

SEEDED_BLOCK_CELLS = 1_000
SPREAD_OF_CELLS = 0.4
SPREAD_OF_GENES = 1.5
SLAB_CELLS = 20


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells, genes, and how many counts a cell has, about: fewer elements, as some are of the same gene."""

    cells: int
    genes: int
    counts: int


SIZES = {
    "full": Cells(100_000, 20_000, 1_000), "quick": Cells(10_000, 20_000, 1_000), "tiny": Cells(300, 200, 30),
}  # fmt: skip

# Of each layout the format, and what anndata is told of the arrays; nothing, for its own defaults.
LAYOUTS: Mapping[str, tuple[int, dict[str, Any]]] = {
    "csr, anndata v2": (2, {}),
    "csr, anndata v3": (3, {}),
    "csr, sharded": (3, {"chunks": (1 << 14,), "shards": (1 << 22,)}),
    "csr, small chunks": (3, {"chunks": (1 << 15,), "shards": None}),
}


class DenseRows:
    """The source: rows of the matrix in memory, as dense arrays, to compare answers with."""

    def __init__(self, matrix: Any) -> None:
        self.matrix = matrix

    def __getitem__(self, rows: Any) -> NDArray[Any]:
        return self.matrix[rows].toarray()


def source_cells(scale: Scale) -> DenseRows:
    """Return the rows of the matrix, which is in memory."""
    return DenseRows(_matrix(scale))


@cache
def _matrix(scale: Scale) -> Any:
    sparse = installed("scipy.sparse")
    path = made(data_folder(scale) / "cells.npz", lambda draft: _make_matrix(draft, scale))
    return sparse.load_npz(path)


def _make_matrix(draft: Path, scale: Scale) -> None:
    sparse = installed("scipy.sparse")
    size = SIZES[scale.name]
    popularity = np.cumsum(np.random.default_rng(SEED).lognormal(0, SPREAD_OF_GENES, size.genes))
    popularity /= popularity[-1]
    indices, data, lengths = [], [], []
    for start in range(0, size.cells, SEEDED_BLOCK_CELLS):
        random = np.random.default_rng([SEED, start])
        cells = min(SEEDED_BLOCK_CELLS, size.cells - start)
        counted = (random.lognormal(0, SPREAD_OF_CELLS, cells) * size.counts).astype(np.int64)
        of_cell = np.repeat(np.arange(cells), counted)
        genes = np.searchsorted(popularity, random.random(of_cell.size))
        keys, counts = np.unique(of_cell * size.genes + genes, return_counts=True)
        indices.append((keys % size.genes).astype(np.int32))
        data.append(counts.astype(np.float32))
        lengths.append(np.bincount(keys // size.genes, minlength=cells))
    indptr = np.cumsum([0, *np.concatenate(lengths)]).astype(np.int32)
    matrix = sparse.csr_array(
        (np.concatenate(data), np.concatenate(indices), indptr), shape=(size.cells, size.genes)
    )
    with draft.open("wb") as file:
        sparse.save_npz(file, matrix, compressed=False)


def stored_cells(layout: str, scale: Scale) -> Path:
    """Return the group that holds the matrix in `layout`, made by anndata if need be."""
    zarr_format, options = LAYOUTS[layout]

    def make(draft: Path) -> None:
        write_elem = installed("anndata.io").write_elem
        root = zarr.open_group(draft, mode="w", zarr_format=zarr_format)
        write_elem(root, "X", _matrix(scale), dataset_kwargs=options)

    name = layout.removeprefix("csr, ").replace(" ", "-")
    return made(data_folder(scale) / f"cells-{name}.zarr", make)


def cells_batch(scale: Scale, rows: int = 256) -> Callable[[np.random.Generator], list[Any]]:
    """Draw one vector of random cells."""
    return lambda random: [random.integers(0, SIZES[scale.name].cells, rows)]


def cells_slab(scale: Scale) -> Callable[[np.random.Generator], list[Any]]:
    """Draw consecutive cells, a twentieth of all."""
    cells = SIZES[scale.name].cells

    def draw(random: np.random.Generator) -> list[Any]:
        start = int(random.integers(0, cells - cells // SLAB_CELLS))
        return [slice(start, start + cells // SLAB_CELLS)]

    return draw


def _open_anndata(path: Path) -> Any:
    return installed("anndata.io").sparse_dataset(zarr.open_group(path, mode="r")["X"])


def _open_ours(path: Path) -> Any:
    zarr_partial = installed("zarr_partial")
    if not hasattr(zarr_partial, "open_csr"):
        raise NotImplementedError("this version of zarr_partial reads no sparse matrices yet")
    return zarr_partial.open_csr(path, "X")


def _rows(matrix: Any, rows: Any) -> Any:
    return matrix[rows]


def _nothing_to_close(_matrix: Any) -> None:
    """Hold no resource: anndata's matrices go with their last reference."""


CELL_READERS = {
    "anndata": Reader(_open_anndata, _rows, _rows, _nothing_to_close),
    "zarr_partial": Reader(_open_ours, _rows, _rows, lambda matrix: matrix.close()),
}
