"""`loader`: batches of random rows, in an order that a seed decides, read ahead in threads or processes."""

import operator
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Literal

import torch

from zarr_partial.budget import parse_nbytes
from zarr_partial.torch.ahead import ahead
from zarr_partial.torch.dataset import RowDataset
from zarr_partial.torch.order import Epoch, Order, Rows
from zarr_partial.torch.processes import Workers
from zarr_partial.torch.progress import Progress
from zarr_partial.torch.samples import cut

__all__ = ["RowLoader", "loader"]

# Rows that are read alone: NumPy lets other threads run from 500 of them on, and what was read is still in
# the processor's caches when it is used.
GATHERED_NBYTES = 1 << 22
# Where chunks have to be decoded for their rows, each is decoded once a read.
DECODED_NBYTES = 1 << 27
# A buffer has blocks enough to mix, and batches enough to mix them over.
FEWEST_BLOCKS = 16
FEWEST_BATCHES = 32
# Reads that wait for answers from elsewhere wait together.
PREFETCH, REMOTE_PREFETCH = 1, 4


def loader(
    arrays: Any,
    batch_size: int,
    *,
    labels: Any = None,
    shuffle: bool = False,
    block: int | Literal["chunk"] | None = None,
    buffer: int | None = None,
    seed: int = 0,
    drop_last: bool = False,
    num_workers: int = 0,
    start_method: Literal["fork", "spawn", "forkserver"] | None = None,
    prefetch: int | None = None,
    at_once: int | str | None = None,
    pin_memory: bool = False,
    rank: int | None = None,
    world_size: int | None = None,
    rows: Any = None,
    dtype: Any = None,
    transform: Callable[[Any], Any] | None = None,
) -> "RowLoader":
    """Return an iterable over batches of rows, as tensors.

    Every iteration is one epoch, in an order of its own that follows from `seed` and the number of the
    epoch alone: never from threads, processes or what the machine does.

    Parameters
    ----------
    arrays : RowDataset, or what it takes
        The rows.
    batch_size : int
        Rows of a batch.
    labels : array, optional
        As for `RowDataset`.
    rows : array of int, optional
        As for `RowDataset`.
    dtype : torch.dtype, optional
        As for `RowDataset`.
    transform : callable, optional
        As for `RowDataset`. It runs in the thread that asks for batches, in the order of the
        batches; with `num_workers`, in the workers.
    shuffle : bool
        Whether rows come in random order: a permutation of all rows, unless `block` is given.
    block : int or "chunk", optional
        Shuffle blocks of so many consecutive rows, and the rows of `buffer` blocks among each other. Each
        row still comes once an epoch, as early or late as any other; but rows of a block come close to
        each other, and a batch has rows of at most `buffer` blocks, or some more where it begins within
        one. The average of a batch varies as if it were one over so many blocks, as far as blocks differ.
        "chunk" is a chunk of the first array, and what that costs is one decoding of each chunk.
    buffer : int, optional
        How many blocks are shuffled together; by default 16, or more if they are fewer than 32 batches.
    seed : int
        The same on every rank.
    drop_last : bool
        Leave rows out, other ones in each epoch if they are shuffled, so that every batch is full and every
        rank has as many. Otherwise each row comes once: ranks differ by at most one row, and may by one
        batch, for which `torch.nn.parallel.DistributedDataParallel` has `join`.
    num_workers : int
        Processes that read and transform; 0, the default, reads in threads of this process. Rows that come
        from another process are copied on their way, so only a slow `transform` makes up for them.
    start_method : str, optional
        How processes start: "fork", "spawn" or "forkserver"; by default as Python does.
    prefetch : int, optional
        Reads that are asked for while a batch is used; 0 reads when a batch is asked for. By default 1, and
        4 where rows come from a store elsewhere: these are under way together, local ones one after the
        other. With `num_workers`, for each of them.
    at_once : int or str, optional
        Bytes of rows to read by one call, such as "64 MiB"; several batches share one read. By default
        4 MiB where rows can be read alone; where chunks have to be decoded for them, 128 MiB, or the buffer
        of blocks. More decodes less, and takes more memory: so many bytes `prefetch` + 1 times.
    pin_memory : bool
        Whether batches lie in page-locked memory, for ``batch.to("cuda", non_blocking=True)``.
    rank, world_size : int, optional
        Which share of the rows, of how many; by default those of `torch.distributed` where it is
        initialised, else all rows.

    Returns
    -------
    RowLoader

    Raises
    ------
    TypeError, ValueError, IndexError
        If an argument is not what is said here, or as from `RowDataset`.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> from zarr_partial.torch import loader
    >>> data = np.arange(10, dtype="f4").reshape(10, 1)
    >>> cells = zarr.create_array("cells.zarr", data=data, chunks=(5, 1), compressors=None)
    >>> batches = loader(zp.open("cells.zarr"), 4, labels=np.arange(10), shuffle=True)
    >>> [len(y) for x, y in batches]
    [4, 4, 2]
    """
    options = {"labels": labels, "rows": rows, "dtype": dtype, "transform": transform}
    if isinstance(arrays, RowDataset):
        given = [name for name, value in options.items() if value is not None]
        if given:
            raise ValueError(f"expected no {given[0]} beside a RowDataset; give it to the dataset")
        dataset = arrays
    else:
        dataset = RowDataset(arrays, **options)
    batch_size = _whole(batch_size, "batch_size", 1)
    rank, world_size = _place(rank, world_size)
    size = _block_rows(dataset, block, shuffle)
    if buffer is not None and size is None:
        raise ValueError("expected block beside buffer, found none; give block=, the rows that stay together")
    enough = max(FEWEST_BLOCKS, -(-FEWEST_BATCHES * batch_size // (size or 1)))
    order = Order(
        rows=len(dataset),
        batch_size=batch_size,
        shuffle=bool(shuffle),
        block=size,
        buffer=enough if buffer is None else _whole(buffer, "buffer", 1),
        seed=_whole(seed, "seed", 0),
        drop_last=bool(drop_last),
        rank=rank,
        world_size=world_size,
    )
    num_workers = _whole(num_workers, "num_workers", 0)
    methods = torch.multiprocessing.get_all_start_methods()
    if start_method is not None and start_method not in methods:
        raise ValueError(f"expected start_method to be one of {methods}, found {start_method!r}")
    if pin_memory and not torch.cuda.is_available():
        warnings.warn(
            "pin_memory has no effect: PyTorch finds no CUDA device to copy to", UserWarning, stacklevel=2
        )
        pin_memory = False
    return RowLoader(
        dataset,
        order,
        per_read=_batches_per_read(dataset, order, at_once, num_workers),
        num_workers=num_workers,
        start_method=start_method,
        prefetch=_default_prefetch(dataset) if prefetch is None else _whole(prefetch, "prefetch", 0),
        pin_memory=pin_memory,
    )


class RowLoader:
    """Batches of rows, epoch after epoch; made by `loader`.

    A batch is the caller's: nothing writes to its memory again. Page-locked memory goes back to PyTorch when
    the last tensor on it is gone, and is used again once no copy from it is under way.

    Attributes
    ----------
    dataset : RowDataset

    Examples
    --------
    >>> import numpy as np
    >>> from zarr_partial.torch import loader
    >>> batches = loader(np.arange(10), 4, shuffle=True, seed=3)
    >>> batches.batch_size, len(batches), batches.epoch
    (4, 3, 0)
    >>> sorted(int(number) for batch in batches for number in batch)
    [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    >>> batches.set_epoch(5)
    >>> batches.epoch
    5
    >>> batches.close()
    """

    def __init__(
        self,
        dataset: RowDataset,
        order: Order,
        *,
        per_read: int,
        num_workers: int,
        start_method: str | None,
        prefetch: int,
        pin_memory: bool,
    ) -> None:
        self.dataset = dataset
        self._order = order
        self._per_read = per_read
        self._prefetch = prefetch
        self._pin = pin_memory
        self._progress = Progress(order)
        self._workers = None
        if num_workers:
            self._workers = Workers(
                dataset,
                order.batch_size,
                count=num_workers,
                start_method=start_method,
                prefetch=prefetch,
                pin_memory=pin_memory,
            )

    def __len__(self) -> int:
        """Batches of an epoch, on this rank."""
        return self._order.batches

    @property
    def batch_size(self) -> int:
        """Rows of a batch."""
        return self._order.batch_size

    @property
    def epoch(self) -> int:
        """The epoch that the next iteration reads, or goes on with."""
        return self._progress.next_epoch

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch that the next iteration reads; without this, they follow each other.

        A state that was loaded for the same epoch stays loaded.
        """
        self._progress.set_epoch(_whole(epoch, "epoch", 0))

    def state_dict(self) -> dict[str, Any]:
        """Return where the newest iteration is, in plain numbers; batches it has given out are over.

        The state of one rank is that of all that have given out as many batches.

        Examples
        --------
        >>> import numpy as np
        >>> from zarr_partial.torch import loader
        >>> batches = loader(np.arange(10), 4, shuffle=True, seed=3)
        >>> running = iter(batches)
        >>> _ = next(running)
        >>> again = loader(np.arange(10), 4, shuffle=True, seed=3)
        >>> again.load_state_dict(batches.state_dict())
        >>> bool((next(iter(again)) == next(running)).all())
        True
        """
        return self._progress.state()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Let the next iteration go on after the batches of a state.

        Raises
        ------
        ValueError
            If the state is that of another order: other rows, seed, batch size, number of ranks, or a NumPy
            that draws another permutation.
        """
        self._progress.load(state)

    def __iter__(self) -> Iterator[Any]:
        turn = self._progress.begin()
        reads = self._reads(turn.epoch, turn.batches)
        found = self._read(reads) if self._workers is None else self._workers.batches(reads)
        return turn.counted(found)

    def _reads(self, epoch: Epoch, first: int) -> Iterator[Rows]:
        """Yield the rows of one read after the other; where a read ends does not depend on `first`."""
        while first < self._order.batches:
            last = min((first // self._per_read + 1) * self._per_read, self._order.batches)
            yield epoch.batches(first, last)
            first = last

    def _read(self, reads: Iterator[Rows]) -> Iterator[Any]:
        read = partial(self.dataset.tensors, pin=self._pin)
        # A local read has all processors to itself; two at once would only finish later, both of them.
        threads = self._prefetch if _is_remote(self.dataset) else 1
        for tensors in ahead(read, reads, self._prefetch, threads):
            for parts in cut(tensors, self._order.batch_size):
                yield self.dataset.batch(parts)

    def close(self) -> None:
        """End worker processes, if there are any; a later iteration starts others."""
        if self._workers is not None:
            self._workers.close()

    def __repr__(self) -> str:
        order = self._order
        how = "in order" if not order.shuffle else "shuffled"
        if order.block is not None:
            how = f"shuffled by blocks of {order.block:,} rows, {order.buffer:,} at a time"
        share = f", rank {order.rank} of {order.world_size}" if order.world_size > 1 else ""
        return f"<RowLoader of {order.batches:,} batches of {order.batch_size:,} rows, {how}{share}>"


def _whole(value: Any, name: str, least: int) -> int:
    try:
        if isinstance(value, bool):
            raise TypeError
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"expected {name} to be a whole number, found {value!r}") from None
    if number < least:
        raise ValueError(f"expected {name} to be at least {least}, found {number}")
    return number


def _place(rank: int | None, world_size: int | None) -> tuple[int, int]:
    if (rank is None) != (world_size is None):
        raise ValueError("expected both rank and world_size, found one of them; give both, or neither")
    if rank is None or world_size is None:
        distributed = torch.distributed
        if not (distributed.is_available() and distributed.is_initialized()):
            return 0, 1
        return distributed.get_rank(), distributed.get_world_size()
    rank, world_size = _whole(rank, "rank", 0), _whole(world_size, "world_size", 1)
    if rank >= world_size:
        raise ValueError(f"expected rank to be from 0 to {world_size - 1}, found {rank}")
    return rank, world_size


def _is_remote(dataset: RowDataset) -> bool:
    return any(column.is_remote for column in dataset.columns)


def _default_prefetch(dataset: RowDataset) -> int:
    return REMOTE_PREFETCH if _is_remote(dataset) else PREFETCH


def _block_rows(dataset: RowDataset, block: int | str | None, shuffle: bool) -> int | None:
    if block is None:
        return None
    if not shuffle:
        raise ValueError("expected shuffle=True beside block, found False; leave block out to read in order")
    if block != "chunk":
        if isinstance(block, str):
            raise ValueError(f'expected block to be a number of rows or "chunk", found {block!r}')
        return _whole(block, "block", 1)
    found = dataset.columns[0].chunk_rows()
    if found is None:
        raise ValueError(
            f"expected {dataset.columns[0].name} to have chunks of one shape for block='chunk', found none; "
            "give a number of rows"
        )
    return found


def _batches_per_read(dataset: RowDataset, order: Order, at_once: int | str | None, num_workers: int) -> int:
    is_gathered = all(column.is_gathered for column in dataset.columns)
    if at_once is None and order.block is not None and not is_gathered:
        return order.buffer_batches
    nbytes = GATHERED_NBYTES if is_gathered else DECODED_NBYTES
    if at_once is not None:
        nbytes = parse_nbytes(at_once, "at_once")
    elif num_workers:
        # What is on its way from all of them lies in shared memory, of which containers have little.
        nbytes //= num_workers
    row_nbytes = sum(column.row_nbytes for column in dataset.columns)
    return max(1, nbytes // max(1, row_nbytes * order.batch_size))
