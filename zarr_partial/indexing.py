"""`oindex`, `vindex` and `blocks`: zarr's other ways to index, read in parts."""

from typing import TYPE_CHECKING, Any

from zarr_partial import selection as selections
from zarr_partial.answer import answer, answer_rows

if TYPE_CHECKING:
    from zarr_partial.array import PartialArray

__all__ = ["BlockIndex", "CoordinateIndex", "OrthogonalIndex"]


class OrthogonalIndex:
    """`array.oindex`: one integer, slice, integer array or mask per axis, each on its own."""

    def __init__(self, array: "PartialArray") -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        state = self._array.state
        if state.rows is not None and (rows := answer_rows(key, state)) is not None:
            return rows
        selection = selections.orthogonal(key, state.layout.shape)
        return answer(selection, state, lambda: state.array.oindex[key], threads=self._array.threads)

    def __repr__(self) -> str:
        return f"{self._array!r}.oindex"


class CoordinateIndex:
    """`array.vindex`: points, by integer arrays that broadcast together or by one mask of the whole array."""

    def __init__(self, array: "PartialArray") -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        state = self._array.state
        selection = selections.coordinates(key, state.layout.shape)
        return answer(selection, state, lambda: state.array.vindex[key], threads=self._array.threads)

    def __repr__(self) -> str:
        return f"{self._array!r}.vindex"


class BlockIndex:
    """`array.blocks`: whole chunks, by their place in the grid; whole shards, where there are shards."""

    def __init__(self, array: "PartialArray") -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        state = self._array.state
        layout = state.layout
        has_blocks = bool(layout.grid.chunk_shape) or layout.mosaic is not None
        selection = (
            selections.blocks(key, layout.shape, layout.begin, layout.grid.counts) if has_blocks else None
        )
        return answer(selection, state, lambda: state.array.blocks[key], threads=self._array.threads)

    def __repr__(self) -> str:
        return f"{self._array!r}.blocks"
