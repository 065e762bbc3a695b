"""Reads in worker processes: those of `torch.utils.data.DataLoader`, which is asked for whole reads."""

import multiprocessing
import pickle
import traceback
import warnings
from collections.abc import Iterable, Iterator
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset

from zarr_partial.torch.dataset import RowDataset
from zarr_partial.torch.order import Rows
from zarr_partial.torch.samples import cut

__all__ = ["Workers"]


class _Failed:
    """An error of a worker: PyTorch would rebuild it from its text, which not every class allows."""

    def __init__(self, error: Exception) -> None:
        self.trace = "".join(traceback.format_exception(error))
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301
            self.error = error
        except Exception:  # whatever a class does when it is pickled
            self.error = RuntimeError(f"{type(error).__name__}: {error}")


class _Reads(Dataset[Any]):
    """Batches of several consecutive rows of the order, by those rows."""

    def __init__(self, dataset: RowDataset, batch_size: int) -> None:
        self._dataset: RowDataset | None = dataset
        self._packed = b""
        self._batch_size = batch_size

    def __getstate__(self) -> dict[str, Any]:
        # Unpacked at the first read: an array that cannot be opened there is then an error as any other.
        return self.__dict__ | {"_dataset": None, "_packed": pickle.dumps(self._dataset)}

    def __getitem__(self, rows: Rows) -> Any:
        try:
            if self._dataset is None:
                self._dataset = pickle.loads(self._packed)  # noqa: S301
            dataset = self._dataset
            return [dataset.batch(parts) for parts in cut(dataset.tensors(rows), self._batch_size)]
        except Exception as error:
            return _Failed(error)


class _Queue:
    """What the workers are to read next; a new iteration begins with another list of it."""

    reads: Iterable[Rows] = ()

    def __iter__(self) -> Iterator[Rows]:
        return iter(self.reads)


class Workers:
    """Processes that read batches of a dataset; they start when first needed and stay for later epochs."""

    def __init__(
        self,
        dataset: RowDataset,
        batch_size: int,
        *,
        count: int,
        start_method: str | None,
        prefetch: int,
        pin_memory: bool,
    ) -> None:
        self._reads = _Reads(dataset, batch_size)
        self._options: dict[str, Any] = {
            "num_workers": count,
            "multiprocessing_context": start_method,
            "prefetch_factor": max(1, prefetch),
            "pin_memory": pin_memory,
        }
        self._queue = _Queue()
        self._loader: DataLoader[Any] | None = None
        self._processes: set[Any] = set()
        self._turn = 0

    def batches(self, reads: Iterable[Rows]) -> Iterator[Any]:
        """Yield the batches of the reads, in their order.

        Raises
        ------
        RuntimeError
            If a worker died, or another iteration began meanwhile.
        """
        self._turn += 1
        turn = self._turn
        results = self._begin(reads)
        while True:
            if turn != self._turn:
                raise RuntimeError(
                    "expected one iteration at a time of a loader with workers, found that another began; "
                    "make a loader for each, or set num_workers=0"
                )
            try:
                result = next(results, None)
            except RuntimeError as error:
                self.close()
                raise RuntimeError(
                    f"expected every worker process to live on, found: {error}. Where the system killed it, "
                    "memory ran out: lower batch_size, prefetch or num_workers; or set num_workers=0, which "
                    "reads in threads"
                ) from error
            if result is None:
                return
            if isinstance(result, _Failed):
                self.close()
                result.error.add_note(f"In a worker process:\n\n{result.trace}")
                raise result.error
            yield from result

    def _begin(self, reads: Iterable[Rows]) -> Iterator[Any]:
        self._queue.reads = reads
        # PyTorch reports a death from a signal's handler, maybe in the code between two batches: then not here.
        if not all(process.is_alive() for process in self._processes):
            self.close()
        before = set(multiprocessing.active_children())
        if self._loader is None:
            # A generator of its own: PyTorch's global one is the user's. It seeds that of each worker.
            self._loader = DataLoader(
                self._reads,
                batch_size=None,
                sampler=self._queue,
                collate_fn=_as_it_is,
                persistent_workers=True,
                generator=torch.Generator().manual_seed(0),
                **self._options,
            )
        try:
            with warnings.catch_warnings():
                # The error says as much.
                warnings.filterwarnings("ignore", "Got pickle error", UserWarning)
                results = iter(self._loader)
        except (pickle.PicklingError, AttributeError, TypeError) as error:
            self.close()
            raise TypeError(
                f"expected arrays and a transform that can be pickled for worker processes, found: {error}; "
                "define functions at the top of a module, or set num_workers=0, which reads in threads"
            ) from error
        if not self._processes:
            self._processes = set(multiprocessing.active_children()) - before
        return results

    def close(self) -> None:
        """End the processes; the next iteration starts others."""
        self._loader = None
        self._processes = set()


def _as_it_is(result: Any) -> Any:
    return result
