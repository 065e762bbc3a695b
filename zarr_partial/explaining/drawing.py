"""Drawing a plan with Matplotlib: hairlines wait, magenta is fetched, ink outlines what was asked for.

Chunks are told apart by fill, hatching and outline, so that it reads without colour too.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_partial.explaining.canvas import Canvas
from zarr_partial.explaining.picture import (
    Cells,
    Side,
    block_rectangles,
    cells_of,
    selected_rectangles,
    share_of_units,
    sides,
)

if TYPE_CHECKING:
    from zarr_partial.report import Plan

__all__ = ["draw"]

# How much of the colour a chunk gets that is touched and not read whole.
TINT = 0.2
WIDTH_INCHES = 7.2
LINE_INCHES = 2.0


def draw(plan: "Plan", ax: Any, axes: tuple[int, int] | None) -> Any:
    """Draw `plan` into `ax`, or into a figure of its own, and return the axes."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError("expected Matplotlib, found none; pip install 'zarr-partial[plot]'") from error
    down, across = _sides(plan, axes)
    if ax is None:
        size = (WIDTH_INCHES, _height(down, across))
        ax = plt.subplots(figsize=size, layout="constrained")[1]
    canvas = Canvas(ax, down, across)
    if down.extent and across.extent:
        _draw(plan, canvas)
    canvas.label(plan)
    return ax


def _sides(plan: "Plan", axes: tuple[int, int] | None) -> tuple[Side, Side]:
    ndim = len(plan.array_shape)
    if axes is not None and ndim > 1:
        try:
            axes = range(ndim)[axes[0]], range(ndim)[axes[1]]
        except IndexError as error:
            raise ValueError(f"expected two axes of {ndim}, found {axes}") from error
        if axes[0] == axes[1]:
            raise ValueError(f"expected two different axes, found axis {axes[0]} twice")
    per_shard = (1,) * ndim
    if plan.shard_shape:
        per_shard = tuple(outer // n for outer, n in zip(plan.shard_shape, plan.chunk_shape, strict=True))
    return sides(
        plan.array_shape,
        plan.grid_shape,
        plan.chunk_shape,
        per_shard,
        plan.uses.coordinates,
        plan.picture.edges,
        axes,
    )


def _height(down: Side, across: Side) -> float:
    """Return a height in inches that keeps the proportions, unless they are extreme."""
    if down.axis < 0:
        return LINE_INCHES
    ratio = down.extent / max(1, across.extent)
    return 1.4 + WIDTH_INCHES * min(0.8, max(0.3, ratio))


def _draw(plan: "Plan", canvas: "Canvas") -> None:
    """Draw from the ground up: cells, what is read of them, their outlines, what was asked for."""
    down, across, uses, picture = canvas.down, canvas.across, plan.uses, plan.picture
    cells = cells_of(down, across, uses.coordinates, uses.missing)
    lost = (cells.stored == 0) & (cells.missing > 0)
    together = down.chunks_per_cell * across.chunks_per_cell
    if together > 1:
        labels = {1 / together: f"1 of {together:,} chunks touched", 1.0: f"all {together:,}"}
        canvas.shade(cells.stored > 0, np.minimum(1, cells.stored / cells.chunks), labels)
        canvas.hatch(lost, "touched, not stored")
        return
    name = "inner chunk" if plan.shard_shape is not None else "chunk"
    shows_elements = False
    if plan.unit in ("whole chunk", "inner chunk"):
        canvas.fill(canvas.boxes(cells.stored > 0), f"{name}s decoded", 1)
    else:
        shows_elements = _draw_inside(plan, canvas, cells)
    canvas.hatch(lost, "touched, not stored")
    canvas.outline_cells(plan, is_all=bool((cells.stored + cells.missing > 0).all()))
    if not shows_elements and picture.selection is not None and plan.bytes_wanted:
        canvas.outline(selected_rectangles(picture.selection, down, across, canvas.pixel))


def _draw_inside(plan: "Plan", canvas: "Canvas", cells: Cells) -> bool:
    """Draw which elements or blocks are read, over the tint of their chunks; tell if it was elements."""
    down, across, uses, picture = canvas.down, canvas.across, plan.uses, plan.picture
    touched = cells.stored > 0
    inside = None
    is_blocks = plan.unit == "Blosc block" and bool(plan.bytes_decoded)
    if not is_blocks and picture.selection is not None:
        inside = selected_rectangles(picture.selection, down, across, canvas.pixel)
    elif picture.raw is not None:
        inside = block_rectangles(picture, plan.array_shape, plan.chunk_shape, uses.missing, down, across)
    if inside is None:
        read = share_of_units(down, across, uses.coordinates, uses.units, uses.units_in_chunk)
        canvas.shade(touched, read, {0.0: "few blocks decoded", 1.0: "all blocks"})
        return False
    name = "inner chunk" if plan.shard_shape is not None else "chunk"
    canvas.fill(canvas.boxes(touched), f"{name} touched", TINT)
    canvas.fill(inside, "blocks decoded" if is_blocks else "elements read", 1)
    return not is_blocks
