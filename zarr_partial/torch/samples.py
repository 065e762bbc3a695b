"""The shape of a batch: one tensor, a tuple of tensors or a dict of them; and its rows as samples."""

from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch.utils.data import default_collate

__all__ = ["Samples", "collate", "cut", "rows_of"]


class Samples(list[Any]):
    """The rows of a batch, one by one, as collating functions want them; and the batch itself.

    Attributes
    ----------
    batch
        The tensors that the samples are views of.
    """

    def __init__(self, batch: Any) -> None:
        super().__init__(rows_of(batch))
        self.batch = batch


def collate(samples: Any) -> Any:
    """Return the batch that samples of a `RowDataset` were read as, without copying it together again.

    For ``DataLoader(dataset, batch_size=256, collate_fn=collate)``. Samples from elsewhere are collated as
    PyTorch does by default.

    Parameters
    ----------
    samples
        What `RowDataset.__getitems__` returned, or a list of samples of another kind.

    Examples
    --------
    >>> import numpy as np
    >>> from torch.utils.data import DataLoader
    >>> from zarr_partial.torch import RowDataset, collate
    >>> dataset = RowDataset(np.arange(6))
    >>> next(iter(DataLoader(dataset, batch_size=4, collate_fn=collate)))
    tensor([0, 1, 2, 3])
    """
    return samples.batch if isinstance(samples, Samples) else default_collate(samples)


def rows_of(batch: Any) -> list[Any]:
    """Return the rows of a batch, each in the shape of the batch.

    Raises
    ------
    TypeError, ValueError
        If it is nothing that a transform may return, or its parts have different lengths.
    """
    if isinstance(batch, torch.Tensor):
        if batch.layout is not torch.strided:
            return [batch[at] for at in range(batch.shape[0])]
        return list(batch.unbind(0))
    if isinstance(batch, Mapping):
        _check_lengths(batch.values())
        return [dict(zip(batch, row, strict=True)) for row in zip(*map(rows_of, batch.values()), strict=True)]
    if isinstance(batch, (tuple, list)):
        _check_lengths(batch)
        return [type(batch)(row) for row in zip(*map(rows_of, batch), strict=True)]
    raise TypeError(
        f"expected transform to return tensors, or a tuple or dict of them, found {type(batch).__name__}"
    )


def _check_lengths(parts: Any) -> None:
    lengths = {len(part) for part in parts if isinstance(part, torch.Tensor)}
    if len(lengths) > 1:
        raise ValueError(
            f"expected transform to return parts with one row each, found {sorted(lengths)} rows"
        )


def cut(parts: list[torch.Tensor], size: int) -> Iterator[list[torch.Tensor]]:
    """Yield consecutive batches of `size` rows, the last one with what is left; views of the `parts`."""
    count = parts[0].shape[0]
    if count <= size:
        yield parts
        return
    for start in range(0, count, size):
        yield [_between(part, start, min(start + size, count)) for part in parts]


def _between(part: torch.Tensor, start: int, stop: int) -> torch.Tensor:
    if part.layout is torch.strided:
        return part[start:stop]
    ends = part.crow_indices()
    begin, end = int(ends[start]), int(ends[stop])
    columns, values = part.col_indices()[begin:end], part.values()[begin:end]
    size = (stop - start, *part.shape[1:])
    return torch.sparse_csr_tensor(ends[start : stop + 1] - begin, columns, values, size=size)
