"""Runs of the one axis of `data` and of `indices`: the same of both, at the same time where that helps."""

import asyncio
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.answer import answer, prefetch_selection
from zarr_partial.array import PartialArray
from zarr_partial.selection import Selection, Span
from zarr_partial.state import State
from zarr_partial.stretches import Stretches
from zarr_partial.threads import in_background

__all__ = ["ask_for_both", "read_both", "read_both_async", "read_elements", "selection_of"]

Pair = tuple[NDArray[Any], NDArray[Any]]


def selection_of(starts: NDArray[np.int64], stops: NDArray[np.int64]) -> Selection:
    """Return the elements `starts` up to `stops`, run by run, as a selection: rows in order are one run."""
    stretches = Stretches(starts, stops)
    if stretches.starts.size > 1:
        return Selection((stretches,))
    start = int(stretches.starts[0]) if stretches.starts.size else 0
    return Selection((Span(start, 1, stretches.count),))


def read_both(arrays: tuple[PartialArray, PartialArray], selection: Selection) -> Pair:
    """Return what `selection` selects from both arrays."""
    first, second = arrays
    if first.state.remote is None:
        # Every processor is at work on one of them already.
        return read_elements(first, selection), read_elements(second, selection)
    later = in_background(partial(read_elements, second, selection))
    try:
        return read_elements(first, selection), later.result()
    finally:
        later.cancel()


async def read_both_async(arrays: tuple[PartialArray, PartialArray], selection: Selection) -> Pair:
    """Do as `read_both`, without blocking the event loop."""
    if not all(_is_fetched(array.state) for array in arrays):
        return await asyncio.to_thread(read_both, arrays, selection)
    tasks = [asyncio.ensure_future(_read_async(array, selection)) for array in arrays]
    try:
        first, second = await asyncio.gather(*tasks)
    except BaseException:
        # The other one is given up, too, and heard out: nobody else asks it for its error.
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        raise
    return first, second


def ask_for_both(arrays: tuple[PartialArray, PartialArray], selection: Selection) -> None:
    """Begin to fetch what a read of `selection` needs, and do not wait for it."""
    for array in arrays:
        prefetch_selection(selection, array.state)


def _is_fetched(state: State) -> bool:
    return state.remote is not None and state.cache is None


async def _read_async(array: PartialArray, selection: Selection) -> NDArray[Any]:
    assert array.state.remote is not None, "asked of what is fetched only"
    return await array.state.remote.read_async(selection, threads=array.threads)


def read_elements(array: PartialArray, selection: Selection) -> NDArray[Any]:
    """Return what `selection` selects from an array with one axis."""
    state = array.state
    (axis,) = selection.axes

    def ask() -> Any:
        if isinstance(axis, Span):
            return state.array[axis.start : axis.start + axis.count]
        return state.array.oindex[axis.indices()]

    return np.asarray(answer(selection, state, ask, threads=array.threads))
