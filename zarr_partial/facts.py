"""What the metadata of an array say, under the names that zarr and NumPy give it."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from zarr.types import AnyArray

from zarr_partial.access import Access
from zarr_partial.describing import describe
from zarr_partial.pickled import Unopened
from zarr_partial.state import State
from zarr_partial.words import html_table

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
    def _described(self) -> AnyArray:
        """The array as its metadata were, which are known without opening it."""
        unopened = self._unopened
        return unopened.array if self._state is None and unopened is not None else self.state.array

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

    def __repr__(self) -> str:
        if self._state is None and self._unopened is not None:
            array = self._unopened.array
            return (
                f"<PartialArray {' x '.join(map(str, array.shape)) or '0-d'} {array.dtype}, not opened yet>"
            )
        if self._state is None:
            return "<PartialArray, closed>"
        shape = " x ".join(map(str, self.shape)) or "0-d"
        return f"<PartialArray {shape} {self.dtype}, {self.access}>"

    def _repr_html_(self) -> str:
        return html_table(self.describe())

    def describe(self) -> list[tuple[str, str]]:
        """Return what there is to know about the array, as pairs of a name and a text.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> zp.open(zarr.array(range(4), dtype="i4")).describe()[:2]
        [('shape', '4'), ('dtype', 'int32')]
        """
        return describe(self.state)
