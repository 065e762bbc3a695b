"""Who answers an indexing: the short path, our own reader, or zarr; and where the result goes."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray
from zarr.types import AnyArray

from zarr_partial import selection as selections
from zarr_partial.delegate import ask_zarr, read_by_zarr, touched_chunks
from zarr_partial.errors import CorruptChunkError
from zarr_partial.fetching.reading import read_in_batches
from zarr_partial.fields import split_fields
from zarr_partial.parts import ask_for_parts
from zarr_partial.progress import Report
from zarr_partial.read import read_selection
from zarr_partial.selection import Coordinates, Points, Selection
from zarr_partial.state import State
from zarr_partial.threads import in_background
from zarr_partial.tiles import read_tiles

__all__ = [
    "answer",
    "answer_async",
    "answer_getitem",
    "answer_read",
    "answer_rows",
    "answer_take",
    "prefetch",
    "prefetch_selection",
]

Out = NDArray[Any] | None


def answer(
    selection: Selection | Coordinates | None,
    state: State,
    ask: Callable[[], Any],
    *,
    threads: int,
    out: Out = None,
    report: Report | None = None,
) -> Any:
    """Return what `selection` selects, or what zarr answers to `ask` where reading it is zarr's part."""
    if selection is None:
        # zarr alone knows which chunks such a key touches; most are errors.
        return _into(ask(), out)
    cached = _read_cached(selection, state, threads, out, report)
    if cached is not None:
        result = cached
    elif state.remote is not None:
        result = state.remote.read(selection, threads=threads, out=out, report=report)
    elif state.tiles is not None:
        result = read_tiles(selection, state.tiles, threads=threads, out=out)
    elif state.residency is not None:
        chunks = state.residency.chunks
        if report is None:
            result = read_selection(selection, chunks(), threads=threads, out=out)
        else:
            result = read_in_batches(
                selection, state.layout, lambda _: chunks(), threads=threads, out=out, report=report
            )
    else:
        return _into(
            read_by_zarr(ask, state.array, state.layout, lambda: touched_chunks(selection, state.layout)), out
        )
    return _as_asked(result, selection, out)


def _read_cached(
    selection: Selection | Coordinates, state: State, threads: int, out: Out, report: Report | None
) -> NDArray[Any] | None:
    """Read through the cache; None where there is none, or where the ordinary way has to be gone."""
    if state.cache is None:
        return None
    try:
        found = state.cache.read(selection, threads=threads, out=out)
    except CorruptChunkError:
        if state.remote is None:
            raise
        # The ordinary way finds out whether the chunk was replaced meanwhile.
        return None
    if found is not None and report is not None:
        report(found.nbytes, found.nbytes)
    return found


def _as_asked(result: NDArray[Any], selection: Selection | Coordinates, out: Out) -> Any:
    """Return a scalar where zarr does."""
    return result[()] if selection.scalar and not selection.shape and out is None else result


async def answer_async(key: Any, state: State, *, threads: int) -> Any:
    """Return `zarr.Array[key]` as `answer_getitem` does, without blocking the event loop."""
    selection = None
    if state.remote is not None and state.cache is None:
        fields, rest = split_fields(key, state.layout.dtype)
        selection = selections.getitem(rest, state.layout.shape) if fields is None else None
    if selection is None or state.remote is None:
        return await asyncio.to_thread(answer_getitem, key, state, threads=threads)
    return _as_asked(await state.remote.read_async(selection, threads=threads), selection, None)


def answer_getitem(
    key: Any, state: State, *, threads: int, out: Out = None, report: Report | None = None
) -> Any:
    """Return `zarr.Array[key]`, or NumPy's answer where `key` names fields of a structured dtype."""
    fields, key = split_fields(key, state.layout.dtype)
    array, layout = state.array, state.layout
    selection = selections.getitem(key, layout.shape)
    if fields is not None:
        # A scalar's field would lose its byte order.
        whole = np.asarray(answer(selection, state, lambda: array[key], threads=threads))
        # A copy of its own, so that the other fields need not stay in memory.
        return _into(whole[fields].copy(), out)
    if selection is None:
        touched: Callable[[], Iterable[tuple[int, ...]]] = lambda: ask_zarr(array, key)[1]  # noqa: E731
        return _into(read_by_zarr(lambda: array[key], array, layout, touched), out)
    return answer(selection, state, lambda: array[key], threads=threads, out=out, report=report)


def prefetch(key: Any, state: State) -> None:
    """Begin, and do not wait for, what makes the answer to `key` come sooner."""
    selection = selections.getitem(key, state.layout.shape) if state.is_ours else None
    if selection is not None:
        prefetch_selection(selection, state)


def prefetch_selection(selection: Selection | Coordinates, state: State) -> None:
    """Do as `prefetch`, for a selection."""
    if 0 in selection.shape or not state.is_ours:
        return
    ahead = state.cache or state.remote
    if ahead is not None:
        ahead.prefetch(selection)
    elif state.residency is not None and isinstance(selection, Selection):
        in_background(partial(ask_for_parts, selection, state.residency.chunks()))


def answer_rows(key: Any, state: State, out: Out = None) -> NDArray[Any] | None:
    """Return whole rows by the short path, or None for a key, a layout or an `out` that has none."""
    if state.rows is None:
        return None
    if type(key) is not np.ndarray or key.ndim != 1 or key.dtype != np.int64 or not key.dtype.isnative:
        return None
    if out is not None and not (
        type(out) is np.ndarray
        and out.flags.carray
        and out.dtype == state.layout.dtype
        and out.shape == (key.size, *state.layout.shape[1:])
    ):
        return None
    return state.rows.many(np.ascontiguousarray(key), out)


def answer_read(
    key: Any, state: State, out: NDArray[Any], *, threads: int, report: Report | None = None
) -> NDArray[Any]:
    """Read `zarr.Array[key]` into `out`, whose shape and dtype are checked before anything is read."""
    if type(key) is np.ndarray and answer_rows(key, state, out) is not None:
        return out
    fields, rest = split_fields(key, state.layout.dtype)
    selection = selections.getitem(rest, state.layout.shape)
    if selection is None or fields is not None:
        answered = answer_getitem(key, state, threads=threads)
        found = np.asarray(answered)
        # A scalar may have lost the byte order, and a string its type.
        _check_out(out, found.shape, found.dtype if fields is not None else state.layout.dtype)
        out[...] = answered
    else:
        _check_out(out, selection.shape, state.layout.dtype)
        answer(selection, state, lambda: state.array[rest], threads=threads, out=out, report=report)
    return out


def answer_take(indices: ArrayLike, axis: int | None, state: State, out: Out, *, threads: int) -> Any:
    """Return what `numpy.take` takes from the whole array."""
    layout, array = state.layout, state.array
    if not layout.shape or 0 in layout.shape:
        # Of an array without elements NumPy checks some indices and not others.
        return _into(np.take(np.asarray(array[...]), cast("Any", indices), axis), out)
    selection, shape = selections.take(indices, axis, layout.shape)
    if out is not None:
        _check_out(out, shape, layout.dtype)
    if 0 in shape:
        return np.empty(shape, layout.dtype) if out is None else out
    result = None
    if isinstance(selection, Selection) and isinstance(selection.axes[0], Points) and out is None:
        result = answer_rows(selection.axes[0].values, state)
    if result is None:
        # With several axes of indices, those of `out` have to be laid one after the other to fit.
        fits = out is not None and (out.shape == selection.shape or out.flags.c_contiguous)
        target = out.reshape(selection.shape) if out is not None and fits else None
        result = answer(
            selection, state, lambda: _ask_zarr_for(selection, array), threads=threads, out=target
        )
        if target is not None:
            return out
    result = np.asarray(result).reshape(shape)
    # NumPy gives a scalar, not a 0-d array.
    return _into(result, out) if shape or out is not None else result[()]


def _ask_zarr_for(selection: Selection | Coordinates, array: AnyArray) -> Any:
    if isinstance(selection, Coordinates):
        return array.vindex[selection.vectors]
    return array.oindex[tuple(axis.indices() for axis in selection.axes)]


def _into(found: Any, out: Out) -> Any:
    if out is None:
        return found
    out[...] = found
    return out


def _check_out(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"expected out to be a NumPy array, found {type(out).__name__}")
    if out.shape != shape or out.dtype != dtype:
        raise ValueError(
            f"expected out of shape {shape} and dtype {dtype}, found {out.shape} and {out.dtype}; "
            f"make it with numpy.empty({shape}, {dtype.str!r})"
        )
    if not out.flags.writeable:
        raise ValueError("expected out that can be written to, found a read-only array; give a copy")
