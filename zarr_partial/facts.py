"""What the metadata of an array say, under the names that zarr and NumPy give it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from zarr_partial.access import Access
from zarr_partial.pickled import Unopened
from zarr_partial.state import State

__all__ = ["ArrayFacts"]


class _NoChunkShapeError(NotImplementedError, AttributeError):
    """Chunks differ in shape. For `getattr` with a default, as Dask asks, there are no `chunks` then."""


class ArrayFacts:
    """The facts of an array that is open."""

    _state: State | None
    _unopened: Unopened | None

    @property
    def state(self) -> State:
        """What is known of the array now; raises `ValueError` once it is closed.

        The first use of an array that was pickled opens it, or raises `OpenError`.
        """
        state = self._state
        if state is None:
            unopened = self._unopened
            if unopened is None:
                raise ValueError("expected an open array, found a closed one; open it again")
            state = unopened.open()
            # Another thread may have closed the array meanwhile.
            if self._unopened is unopened:
                self._state = state
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
        try:
            return self.state.array.chunks
        except NotImplementedError as error:
            raise _NoChunkShapeError(str(error)) from error

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of a shard, or None."""
        return self.state.array.shards

    @property
    def read_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of all chunks along each axis, equal or not; of inner chunks, where there are shards."""
        return self.state.array.read_chunk_sizes

    @property
    def write_chunk_sizes(self) -> tuple[tuple[int, ...], ...]:
        """Lengths of the chunks along each axis, whatever their shapes; of shards, where there are shards."""
        return self.state.array.write_chunk_sizes

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
