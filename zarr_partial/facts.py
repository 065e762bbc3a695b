"""What the metadata of an array say, under the names that zarr and NumPy give it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zarr_partial.access import Access
from zarr_partial.state import State

__all__ = ["ArrayFacts"]


class ArrayFacts:
    """The facts of an array that is open."""

    _state: State | None

    @property
    def state(self) -> State:
        """What is known of the array now; raises `ValueError` once it is closed."""
        state = self._state
        if state is None:
            raise ValueError("expected an open array, found a closed one; open it again")
        return state

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""
        return self.state.layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, as zarr returns them."""
        return self.state.layout.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.state.array.size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, decoded."""
        return self.state.array.nbytes

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk; of an inner chunk, where there are shards."""
        return self.state.array.chunks

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of a shard, or None."""
        return self.state.array.shards

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Chunks along each axis; shards, where there are shards."""
        return self.state.layout.grid.counts

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The attributes stored with the array."""
        return self.state.array.attrs

    @property
    def fill_value(self) -> Any:
        """What elements of missing chunks hold."""
        return self.state.array.fill_value

    @property
    def access(self) -> Access:
        """How chunks are read: `Raw`, `Blosc`, `Shard` of one of these or, with the reason, `Whole`."""
        return self.state.access

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]
