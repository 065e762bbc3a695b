"""Batches of rows as tensors, as a training loop takes them: how many rows a second each loader gives.

What is counted begins when a new epoch does, with whatever the loader starts for it, and ends with the epoch,
or after a few seconds where one of the loader's own reads ends. Nothing is done with a batch; the first few
are compared with the source afterwards.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .checked import check
from .data import source_rows, warm
from .layouts import ONE_OF_A_KIND, ROWS
from .readers import READERS, TENSORSTORE, Reader, installed, open_zarr_partial
from .workload import SCALE, fewer

BATCH_ROWS = 256
# What annbatch's documentation reads at once is 256 blocks of 32 rows; by default its blocks have 512.
PRELOADED_ROWS = 768 if SCALE.name == "tiny" else 8192
BLOCK_ROWS = 64 if SCALE.name == "tiny" else 512
SECONDS = {"full": 2.5, "quick": 0.5, "tiny": 0.1}[SCALE.name]
CHECKED_BATCHES = 4
WORKERS = 2

# A batch is a tensor of rows, and their numbers.
type Batches = Iterable[tuple[Any, Any]]
type Loader = Callable[[Path], Batches]


class _RowByRow:
    """A dataset as tutorials have it: one row a call, to be collated."""

    def __init__(self, reader: Reader, path: Path) -> None:
        self.reader, self.path = reader, path
        self.array: Any = None

    def __len__(self) -> int:
        return SCALE.rows

    def opened(self) -> Any:
        # Each worker opens its own: threads of zarr do not survive a fork.
        if self.array is None:
            self.array = self.reader.open(self.path)
        return self.array

    def __getitem__(self, row: int) -> tuple[Any, int]:
        return installed("torch").from_numpy(self.reader.read(self.opened(), row)), row


class _InBatches(_RowByRow):
    """A dataset that reads a batch by one call."""

    def __getitems__(self, rows: list[int]) -> tuple[Any, Any]:
        torch = installed("torch")
        numbers = np.asarray(rows)
        return torch.from_numpy(self.reader.rows(self.opened(), numbers)), torch.from_numpy(numbers)


def _as_it_is(batch: Any) -> Any:
    return batch


def _data_loader(dataset: type[_RowByRow], reader: Reader, workers: int = 0) -> Loader:
    def load(path: Path) -> Batches:
        data = installed("torch").utils.data
        options: dict[str, Any] = {"num_workers": workers} if workers else {}
        if dataset is _InBatches:
            options["collate_fn"] = _as_it_is
        rows = dataset(reader, path)
        if not workers:
            rows.opened()
        return data.DataLoader(rows, BATCH_ROWS, shuffle=True, **options)

    return load


def _annbatch(chunk_rows: int) -> Loader:
    """annbatch over the dense array, with the pipeline that its documentation asks for on local disks."""

    def load(path: Path) -> Batches:
        loader = installed("annbatch").Loader(
            chunk_size=chunk_rows,
            preload_nchunks=PRELOADED_ROWS // chunk_rows,
            batch_size=BATCH_ROWS,
            shuffle=True,
            return_index=True,
            preload_to_gpu=False,
            to="torch",
            rng=np.random.default_rng(0),
        )
        loader.add_dataset(READERS["zarrs"].open(path))
        return _Pairs(loader)

    return load


class _Pairs:
    def __init__(self, batches: Iterable[dict[str, Any]]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        return ((batch["X"], batch["index"]) for batch in self.batches)


def _ours(**options: Any) -> Loader:
    def load(path: Path) -> Batches:
        installed("torch")
        ours = installed("zarr_partial.torch")
        numbers = np.arange(SCALE.rows)
        array = open_zarr_partial(path)
        return ours.loader(array, BATCH_ROWS, labels=numbers, shuffle=True, **options)

    return load


def _ours_by_data_loader(path: Path) -> Batches:
    data, ours = installed("torch").utils.data, installed("zarr_partial.torch")
    dataset = ours.RowDataset(open_zarr_partial(path), labels=np.arange(SCALE.rows))
    return data.DataLoader(dataset, BATCH_ROWS, shuffle=True, collate_fn=ours.collate)


ROW_BY_ROW = "DataLoader, zarr row by row"
LOADERS: dict[str, Loader] = {
    ROW_BY_ROW: _data_loader(_RowByRow, READERS["zarr-default"]),
    f"{ROW_BY_ROW}, {WORKERS} workers": _data_loader(_RowByRow, READERS["zarr-default"], WORKERS),
    "DataLoader, zarr": _data_loader(_InBatches, READERS["zarr-default"]),
    "DataLoader, zarr fused": _data_loader(_InBatches, READERS["zarr-fused"]),
    f"DataLoader, zarr fused, {WORKERS} workers": _data_loader(_InBatches, READERS["zarr-fused"], WORKERS),
    "DataLoader, tensorstore": _data_loader(_InBatches, TENSORSTORE),
    "annbatch": _annbatch(1),
    "DataLoader, zarr_partial": _ours_by_data_loader,
    "zarr_partial": _ours(),
}
# A first look takes the fastest of each kind.
FIRST_LOOK = fewer(LOADERS, "DataLoader, zarr", "DataLoader, tensorstore", "annbatch", "zarr_partial")
# Those that read more than a batch at once; zarr_partial reads ahead, so its epochs are counted whole.
ROWS_PER_READ = {"annbatch": PRELOADED_ROWS, "zarr_partial": SCALE.rows}
BLOCK_LOADERS: dict[str, Loader] = {
    "annbatch": _annbatch(BLOCK_ROWS),
    "zarr_partial": _ours(block=BLOCK_ROWS, buffer=PRELOADED_ROWS // BLOCK_ROWS),
}


def rows_per_second(batches: Batches, seconds: float, source: NDArray[Any], per_read: int) -> float:
    """Return how many rows of a new epoch come in a second, counted in whole reads of `per_read` rows."""
    kept: list[tuple[Any, Any]] = []
    count, begin = 0, time.perf_counter()
    spent = 0.0
    for rows, numbers in batches:
        count += len(rows)
        if len(kept) < CHECKED_BATCHES:
            kept.append((rows, numbers))
        spent = time.perf_counter() - begin
        if spent > seconds and count % per_read == 0:
            break
    for rows, numbers in kept:
        check(rows.numpy(), np.asarray(source[np.asarray(numbers)]))
    return count / spent


def measured(name: str, *, path: Path, source: NDArray[Any], seconds: float) -> float:
    """Return the rows a second of the loader of this name, shuffling row by row."""
    return rows_per_second(LOADERS[name](path), seconds, source, ROWS_PER_READ.get(name, BATCH_ROWS))


class _Training:
    version = "1"
    unit = "rows/s"
    timeout = 600

    loaders: dict[str, Loader]

    def setup(self, layout: str, loader: str) -> None:
        # Here, because asv takes what is not installed for a skip in `setup` only.
        self.batches = self.loaders[loader](ROWS.store(layout, SCALE))

    def track_rows_per_second(self, layout: str, loader: str) -> float:
        warm(ROWS.store(layout, SCALE))
        per_read = ROWS_PER_READ.get(loader, BATCH_ROWS)
        return rows_per_second(self.batches, SECONDS, source_rows(SCALE), per_read)


class ShuffledBatchesWarm(_Training):
    """Batches of 256 random rows, each row once an epoch, any row in any batch. Page cache warm.

    "annbatch" draws single rows and reads 8,192 of them at once; its faster way is in `BlockBatchesWarm`.
    """

    loaders = LOADERS
    params = [fewer(ONE_OF_A_KIND, "raw"), FIRST_LOOK]  # noqa: RUF012
    param_names = ["layout", "loader"]  # noqa: RUF012


class BlockBatchesWarm(_Training):
    """Batches of 256 rows, shuffled by blocks of 512 rows, 16 of them at a time. Page cache warm."""

    loaders = BLOCK_LOADERS
    params = [fewer(ONE_OF_A_KIND, "raw"), list(BLOCK_LOADERS)]  # noqa: RUF012
    param_names = ["layout", "loader"]  # noqa: RUF012
