"""Lazy indexing with zarr-indexing: selections of selections, and one read in parts at the end.

zarr-indexing says which elements a view has, as a transform from places in the result to places in the
array. Three steps read one: an axis of the array for every output of the transform; a selection of these
axes, into the result seen with its axes in the order of the array; what repeats is copied from there.
Outputs that depend on each other, as those of `vindex`, are read point by point.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.answer import answer, answer_rows
from zarr_partial.array import PartialArray
from zarr_partial.selection import Axis, Coordinates, Points, Selection, Span

try:
    from zarr_indexing import ArrayMap, BoundsCheckError, ConstantMap, DimensionMap, LazyArray
except ImportError as error:
    raise ImportError(
        f"expected the package zarr-indexing, 0.3 or later, found: {error}; "
        'install it, for example by pip install "zarr-partial[lazy]"'
    ) from error

if TYPE_CHECKING:
    from zarr_indexing import IndexTransform, OutputIndexMap, ReadContext

    from zarr_partial.state import State

__all__ = ["PartialReader", "lazy_array"]

# Coordinates take 8 bytes for each axis of each point.
POINTS_AT_ONCE = 1 << 18


def lazy_array(array: PartialArray) -> LazyArray:
    """Return a `zarr_indexing.LazyArray` over `array`: indexing reads nothing, `result()` reads in parts.

    It has one part, so that a selection is one read, planned as a whole. `with_parts` divides the read,
    which costs time and gains nothing, unless parts are read one by one.

    Parameters
    ----------
    array : PartialArray

    Returns
    -------
    zarr_indexing.LazyArray
        Of the shape and dtype of `array`. It needs the package zarr-indexing, extra ``lazy``.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> from zarr_partial.lazy import lazy_array
    >>> squares = zarr.create_array("squares.zarr", data=np.arange(100) ** 2, chunks=(10,))
    >>> last = lazy_array(zp.open("squares.zarr"))[-10:]
    >>> last[::-3].result()
    array([9801, 9216, 8649, 8100])
    """
    return LazyArray(array).with_reader(PartialReader()).unpartitioned()


class PartialReader:
    """A `zarr_indexing.Reader` for `PartialArray`: touched bytes are read, and no box around them.

    The readers that zarr-indexing brings read the smallest box around a selection; the box around two
    rows may be the whole array. This one has no state; views and threads may share it.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> from zarr_indexing import LazyArray
    >>> from zarr_partial.lazy import PartialReader
    >>> cubes = zarr.create_array("cubes.zarr", data=np.arange(10) ** 3, chunks=(5,))
    >>> LazyArray(zp.open("cubes.zarr")).with_reader(PartialReader()).oindex[[9, 2]].result()
    array([729,   8])
    """

    __slots__ = ()

    def read_into(self, source: PartialArray, context: "ReadContext", out: NDArray[Any], /) -> None:
        """Fill `out` with the elements of `source` that ``context.transform`` names.

        Raises
        ------
        TypeError
            If `source` is not a `PartialArray`.
        BoundsCheckError
            If the transform leaves the array, which those made by indexing do not.
        CorruptChunkError, UnreadableChunkError
            If a touched chunk is damaged or cannot be had.

        Examples
        --------
        Called by zarr-indexing, when a view is read:

        >>> import numpy as np, zarr, zarr_partial as zp
        >>> from zarr_partial.lazy import lazy_array
        >>> lazy_array(zp.open(zarr.array(np.arange(9), chunks=(3,))))[2:8][::-3].result()
        array([7, 4])
        """
        if not isinstance(source, PartialArray):
            raise TypeError(
                f"expected a PartialArray under the view, found {type(source).__name__}; "
                "open it with zarr_partial.open, or use a reader of zarr_indexing"
            )
        transform = context.transform
        if out.size == 0:
            return
        state = source.state
        if not state.layout.shape:
            out[...] = source[()]
            return
        axes = [_axis(output, transform, length) for output, length in _outputs(transform, state)]
        dimensions = [_dimension(output) for output in transform.output]
        used = [dimension for dimension in dimensions if dimension is not None]
        if any(axis is None for axis in axes) or len(set(used)) < len(used):
            _read_points(transform, state, out, source.threads)
        else:
            selection = Selection(tuple(axis for axis in axes if axis is not None))
            flipped = {
                output.input_dimension
                for output in transform.output
                if isinstance(output, DimensionMap) and output.stride < 0
            }
            _read_product(selection, used, flipped, state, out, source.threads)


def _outputs(transform: "IndexTransform", state: "State") -> Iterator[tuple["OutputIndexMap", int]]:
    return zip(transform.output, state.layout.shape, strict=True)


def _dimension(output: "OutputIndexMap") -> int | None:
    """Return the dimension of the result that an output follows, or None for one that stands still."""
    if isinstance(output, DimensionMap):
        return output.input_dimension if output.stride else None
    if isinstance(output, ArrayMap) and len(output.dependency_axes) == 1:
        return output.dependency_axes[0]
    return None


def _axis(output: "OutputIndexMap", transform: "IndexTransform", length: int) -> Axis | None:
    """Return what of one axis of the array is selected, ascending where it is regular; None for points."""
    if isinstance(output, ConstantMap):
        return _within(Span(output.offset, 1, 1, drop=True), output.offset, output.offset, length)
    if isinstance(output, DimensionMap):
        low = transform.domain.inclusive_min[output.input_dimension]
        high = transform.domain.exclusive_max[output.input_dimension]
        ends = (output.offset + output.stride * low, output.offset + output.stride * (high - 1))
        first, last = min(ends), max(ends)
        step = abs(output.stride)
        span = Span(first, step, high - low) if step else Span(first, 1, 1, drop=True)
        return _within(span, first, last, length)
    if output.index_array.size == 1:
        only = int(output.offset + output.stride * output.index_array.item())
        return _within(Span(only, 1, 1, drop=True), only, only, length)
    if len(output.dependency_axes) != 1:
        return None
    values = _coordinates(output, transform).ravel()
    return _within(Points(values), int(values.min()), int(values.max()), length)


def _within[A: Axis](axis: A, first: int, last: int, length: int) -> A:
    """Return `axis`, whose lowest and highest indices are told, if it is within its length."""
    if first < 0 or last >= length:
        raise BoundsCheckError(f"expected indices from 0 to {length - 1}, found {first} to {last}")
    return axis


def _read_product(
    selection: Selection,
    dimensions: list[int],
    flipped: set[int],
    state: "State",
    out: NDArray[Any],
    threads: int,
) -> None:
    """Read `selection`, whose axes are these dimensions of `out`, and repeat it along all others."""
    places = tuple(
        slice(None, None, -1 if dimension in flipped else None) if dimension in dimensions else 0
        for dimension in range(out.ndim)
    )
    ordered = sorted(dimensions)
    target = out[(*places, ...)].transpose([ordered.index(dimension) for dimension in dimensions])
    first, *rest = selection.axes
    whole = all(axis.count == length for axis, length in zip(rest, state.layout.shape[1:], strict=True))
    is_rows = isinstance(first, Points) and whole and all(isinstance(axis, Span) for axis in rest)
    if not is_rows or answer_rows(first.indices(), state, target) is None:
        key = tuple(_key(axis) for axis in selection.axes)
        answer(selection, state, lambda: state.array.oindex[key], threads=threads, out=target)
    if 0 in places:
        out[...] = out[tuple(slice(0, 1) if place == 0 else slice(None) for place in places)]


def _key(axis: Axis) -> Any:
    """Return what zarr calls this axis of a selection."""
    if isinstance(axis, Points):
        return axis.values
    return axis.start if axis.drop else slice(axis.start, axis.start + axis.step * axis.count, axis.step)


def _read_points(transform: "IndexTransform", state: "State", out: NDArray[Any], threads: int) -> None:
    """Read element by element, many at a time: outputs may depend on each other in any way."""
    meshes = []
    for output, length in _outputs(transform, state):
        mesh = _coordinates(output, transform)
        _within(Points(mesh), int(mesh.min()), int(mesh.max()), length)
        meshes.append(np.broadcast_to(mesh, out.shape))
    for begin in range(0, out.size, POINTS_AT_ONCE):
        numbers = np.arange(begin, min(begin + POINTS_AT_ONCE, out.size))
        places = np.unravel_index(numbers, out.shape)
        out[places] = _read_some(tuple(mesh[places] for mesh in meshes), state, threads)


def _read_some(vectors: tuple[NDArray[np.int64], ...], state: "State", threads: int) -> Any:
    points = Coordinates(vectors, vectors[0].shape)
    return answer(points, state, lambda: state.array.vindex[vectors], threads=threads)


def _coordinates(output: "OutputIndexMap", transform: "IndexTransform") -> NDArray[np.int64]:
    """Return the indices that an output takes, with every dimension of the result or length 1 there."""
    rank = transform.input_rank
    if isinstance(output, ConstantMap):
        return np.full((1,) * rank, output.offset, dtype=np.int64)
    if isinstance(output, ArrayMap):
        return output.offset + output.stride * output.index_array.astype(np.int64)
    low = transform.domain.inclusive_min[output.input_dimension]
    high = transform.domain.exclusive_max[output.input_dimension]
    values = output.offset + output.stride * np.arange(low, high, dtype=np.int64)
    return values.reshape([-1 if axis == output.input_dimension else 1 for axis in range(rank)])
