"""`RowDataset`: rows of Zarr arrays as samples, a batch of them in one read."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset

from zarr_partial.torch.columns import Column, column_of
from zarr_partial.torch.numbers import row_number, row_numbers
from zarr_partial.torch.order import Rows
from zarr_partial.torch.samples import Samples, rows_of

__all__ = ["RowDataset"]


class RowDataset(Dataset[Any]):
    """Rows of one or several Zarr arrays, for `torch.utils.data.DataLoader` and any sampler.

    `DataLoader` reads all rows of a batch by one call of `__getitems__`. Pass it `collate` as `collate_fn`
    and the batch is not copied again.

    Parameters
    ----------
    arrays : PartialArray, zarr.Array, array in memory or CSR matrix; or a tuple, list or dict of them
        What a sample is made of, row by row along the first axis; all of one length. A sample of one array
        is a tensor, of several a tuple of tensors, of a dict a dict. Rows of CSR matrices become sparse
        tensors.
    labels : the same, one array, optional
        Becomes the last element of the sample. Zarr arrays of up to 64 MiB are read once and kept.
    rows : slice, vector of int, or mask, optional
        Which rows take part, for example those of a training set; by default all.
    dtype : torch.dtype, or a tuple or dict of them, optional
        What to convert `arrays` to; None keeps what is stored, in native byte order. Labels stay as they are.
    transform : callable, optional
        Called with a batch, in the shape of a sample but with the rows along the first axis, and returns
        one. A single sample is a batch of one row for it.

    Raises
    ------
    TypeError
        If PyTorch has no tensors of such elements, as of strings and times; the message says what to do.
    ValueError
        If the lengths differ.
    IndexError
        If `rows` are no row numbers, or a mask of another length.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> from zarr_partial.torch import RowDataset
    >>> data = np.arange(12, dtype="f4").reshape(6, 2)
    >>> cells = zarr.create_array("cells.zarr", data=data, chunks=(3, 2), compressors=None)
    >>> dataset = RowDataset(zp.open("cells.zarr"), labels=np.arange(6) % 2)
    >>> dataset[5]
    (tensor([10., 11.]), tensor(1))
    >>> dataset[[0, 3]]
    (tensor([[0., 1.],
            [6., 7.]]), tensor([0, 1]))
    """

    def __init__(
        self,
        arrays: Any,
        labels: Any = None,
        *,
        rows: Any = None,
        dtype: Any = None,
        transform: Callable[[Any], Any] | None = None,
    ) -> None:
        self._names: tuple[Any, ...] | None = tuple(arrays) if isinstance(arrays, Mapping) else None
        self._is_single = labels is None and not isinstance(arrays, (Mapping, tuple, list))
        if self._names is not None and labels is not None:
            raise ValueError("expected no labels beside a dict of arrays; put them into it under a name")
        self.columns = _columns(arrays, labels, dtype)
        lengths = {column.name: column.rows for column in self.columns}
        if len(set(lengths.values())) > 1:
            found = ", ".join(f"{name} {length}" for name, length in lengths.items())
            raise ValueError(f"expected arrays of one length, found {found} rows")
        stored = self.columns[0].rows
        self._rows = None if rows is None else row_numbers(rows, stored)
        self._length = stored if self._rows is None else self._rows.size
        self.transform = transform

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, key: Any) -> Any:
        """Return one sample for an integer, a batch for a slice, a list, a vector or a mask of rows."""
        number = row_number(key, self._length)
        if number is None:
            return self.batch(self.tensors(row_numbers(key, self._length)))
        (sample,) = rows_of(self.batch(self.tensors(slice(number, number + 1))))
        return sample

    def __getitems__(self, keys: Sequence[int]) -> Samples:
        """Return the samples of several rows, read together; `DataLoader` asks so for a batch."""
        batch = self.batch(self.tensors(row_numbers(keys, self._length)))
        samples = Samples(batch)
        if len(samples) != len(keys):
            raise ValueError(f"expected transform to keep {len(keys)} rows, found {len(samples)} after it")
        return samples

    def tensors(self, places: Rows, *, pin: bool = False) -> list[torch.Tensor]:
        """Return rows of every array, as stored and converted, without `transform`.

        Parameters
        ----------
        places : slice or vector of int64
            Places among the rows that take part, all of them within bounds.
        pin : bool
            Whether into page-locked memory, from which copies to a GPU need not be waited for.

        Examples
        --------
        >>> import numpy as np
        >>> from zarr_partial.torch import RowDataset
        >>> RowDataset(np.arange(6), labels=np.arange(6) % 2).tensors([5, 1])
        [tensor([5, 1]), tensor([1, 1])]
        """
        rows = places if self._rows is None else _run(self._rows[places])
        return [column.read(rows, pin=pin) for column in self.columns]

    def batch(self, tensors: list[torch.Tensor]) -> Any:
        """Return tensors of every array in the shape of a sample, transformed.

        Examples
        --------
        >>> import numpy as np
        >>> from zarr_partial.torch import RowDataset
        >>> dataset = RowDataset(np.arange(6), transform=lambda rows: -rows)
        >>> dataset.batch(dataset.tensors([5, 1]))
        tensor([-5, -1])
        """
        if self._is_single:
            found: Any = tensors[0]
        elif self._names is None:
            found = tuple(tensors)
        else:
            found = dict(zip(self._names, tensors, strict=True))
        return found if self.transform is None else self.transform(found)

    def __repr__(self) -> str:
        names = ", ".join(column.name for column in self.columns)
        return f"<RowDataset of {self._length:,} rows: {names}>"


def _columns(arrays: Any, labels: Any, dtype: Any) -> tuple[Column, ...]:
    if isinstance(arrays, Mapping):
        given = [(value, f"arrays[{name!r}]") for name, value in arrays.items()]
        dtypes = [dtype.get(name) for name in arrays] if isinstance(dtype, Mapping) else [dtype] * len(given)
        unknown = set(dtype) - set(arrays) if isinstance(dtype, Mapping) else set()
        if unknown:
            raise ValueError(f"expected dtypes of {list(arrays)}, found one of {unknown.pop()!r}")
    elif isinstance(arrays, (tuple, list)):
        given = [(value, f"arrays[{at}]") for at, value in enumerate(arrays)]
        dtypes = list(dtype) if isinstance(dtype, (tuple, list)) else [dtype] * len(given)
        if len(dtypes) != len(given):
            raise ValueError(f"expected {len(given)} dtypes, one for each array, found {len(dtypes)}")
    else:
        given, dtypes = [(arrays, "arrays")], [dtype]
    if not given:
        raise ValueError("expected at least one array, found none")
    columns = [column_of(value, name, kind) for (value, name), kind in zip(given, dtypes, strict=True)]
    if labels is not None:
        columns.append(column_of(labels, "labels", None, keep=True))
    return tuple(columns)


def _run(rows: Any) -> Rows:
    """Return consecutive rows as the slice that they are."""
    if rows.size and rows[-1] - rows[0] == rows.size - 1 and (np.diff(rows) == 1).all():
        return slice(int(rows[0]), int(rows[-1]) + 1)
    found: Rows = rows
    return found
