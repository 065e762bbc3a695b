"""The axes of Matplotlib, in elements of the array: fills, hatching, outlines, and the words around them."""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.explaining.picture import Rectangles, Side
from zarr_partial.words import counted, format_bytes

if TYPE_CHECKING:
    from zarr_partial.report import Plan

__all__ = ["Canvas"]

FETCHED = "#e01073"
FAINTEST = 0.2  # of FETCHED, where the least share of something is fetched
MIN_OUTLINED_PIXELS = 5
MIN_MARK_PIXELS = 1.6
DOT_PIXELS = 3.2
MAX_TICKS = 7
LEGEND_INCHES = 0.5


class Canvas:
    """Draws on `ax`, and remembers what the legend has to tell.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    down, across : Side
        The axes of the array that run down and across.
    """

    def __init__(self, ax: Any, down: Side, across: Side) -> None:
        from matplotlib import rcParams

        self.ax = ax
        self.down = down
        self.across = across
        self._ink = rcParams["text.color"]
        self._paper = ax.get_facecolor()
        self._order = 2.0
        self._legend: list[Any] = []
        ax.set_xlim(float(across.bounds[0]), float(across.bounds[0] + max(1, across.extent)))
        ax.set_ylim(float(down.bounds[0] + max(1, down.extent)), float(down.bounds[0]))
        box = ax.get_window_extent()
        self.pixel = (down.extent / max(1.0, box.height), across.extent / max(1.0, box.width))
        """The size of a pixel in elements, down and across."""

    def boxes(self, chosen: NDArray[np.bool_]) -> Rectangles:
        """Return the chosen cells as rectangles."""
        rows, columns = np.nonzero(chosen)
        y, x = self.down.bounds, self.across.bounds
        return np.stack([y[rows], y[rows + 1], x[columns], x[columns + 1]], axis=1).astype(np.float64)

    def fill(self, rectangles: Rectangles, label: str, alpha: float) -> None:
        """Fill rectangles with the colour of what is fetched, never thinner than can be seen."""
        style = {"facecolor": (FETCHED, alpha), "edgecolor": "none", "linewidth": 0}
        self._add(self._visible(rectangles), style, label)

    def outline(self, rectangles: Rectangles) -> None:
        """Outline what was asked for, in ink that stands out from lines of the grid and from fills."""
        from matplotlib.patheffects import Normal, Stroke

        heights = (rectangles[:, 1] - rectangles[:, 0]) / self.pixel[0]
        widths = (rectangles[:, 3] - rectangles[:, 2]) / self.pixel[1]
        is_thin = np.minimum(heights, widths) < MIN_OUTLINED_PIXELS
        # An outline of something thin would hide what was read for it: that is filled, as thin as it is.
        thin = {"facecolor": self._ink, "edgecolor": "none", "linewidth": 0}
        is_dot = np.maximum(heights, widths) < MIN_OUTLINED_PIXELS
        self._add(self._visible(rectangles[is_thin & ~is_dot]), thin)
        self._add(self._visible(rectangles[is_dot], DOT_PIXELS), thin)
        halo = [Stroke(linewidth=2.4, foreground=self._paper), Normal()]
        style = {"facecolor": "none", "edgecolor": self._ink, "linewidth": 1.0}
        self._add(rectangles[~is_thin], {**style, "path_effects": halo})
        if len(rectangles):
            self._note(style, "selected")

    def hatch(self, chosen: NDArray[np.bool_], label: str) -> None:
        """Hatch the chosen cells, over whatever lies there."""
        style = {"facecolor": self._paper, "edgecolor": (self._ink, 0.5), "linewidth": 0, "hatch": "/////"}
        self._add(self.boxes(chosen), style, label)

    def shade(self, chosen: NDArray[np.bool_], share: NDArray[np.float64], labels: dict[float, str]) -> None:
        """Fill the chosen cells by how large a share of each is fetched; `labels` are for some shares."""
        colours = [_shaded(float(part)) for part in share[chosen]]
        self._add(self.boxes(chosen), {"facecolor": colours, "edgecolor": "none", "linewidth": 0})
        for part, label in labels.items():
            if colours:
                self._note({"facecolor": _shaded(part), "edgecolor": "none"}, label)

    def outline_cells(self, plan: "Plan", *, is_all: bool) -> None:
        """Draw hairlines between chunks and ink between shards, where there is room for them."""
        hairline = {"color": self._ink, "alpha": 0.28, "linewidth": 0.5}
        if not is_all and self._lines(self.down.bounds, self.across.bounds, **hairline):
            style = {"facecolor": "none", "edgecolor": (self._ink, 0.45), "linewidth": 0.5}
            self._note(style, "inner chunk" if plan.shard_shape is not None else "chunk")
        elif is_all:
            self._lines(self.down.bounds, self.across.bounds, **hairline)
        if plan.shard_shape is not None:
            bounds = [_shard_bounds(side, plan) for side in (self.down, self.across)]
            if self._lines(*bounds, color=self._ink, alpha=0.42, linewidth=1.8):
                self._note({"facecolor": "none", "edgecolor": (self._ink, 0.42), "linewidth": 1.8}, "shard")

    def _lines(self, rows: NDArray[Any], columns: NDArray[Any], **style: Any) -> bool:
        """Draw lines at these places if they are far enough apart; tell whether they are."""
        from matplotlib.collections import LineCollection

        drawn = False
        top, bottom = self.down.bounds[0], self.down.bounds[-1]
        left, right = self.across.bounds[0], self.across.bounds[-1]
        for places, pixel, is_row in ((rows, self.pixel[0], True), (columns, self.pixel[1], False)):
            if places.size < 2 or np.median(np.diff(places)) < MIN_OUTLINED_PIXELS * pixel:
                continue
            lines = [[(left, at), (right, at)] if is_row else [(at, top), (at, bottom)] for at in places]
            self._order += 0.1
            self.ax.add_collection(LineCollection(lines, zorder=self._order, **style), autolim=False)
            drawn = True
        return drawn

    def _visible(self, rectangles: Rectangles, pixels: float = MIN_MARK_PIXELS) -> Rectangles:
        """Return rectangles that are at least so thick, around the same middle."""
        wide = rectangles.copy()
        for low, high, pixel in ((0, 1, self.pixel[0]), (2, 3, self.pixel[1])):
            lacking = np.maximum(0, pixels * pixel - (wide[:, high] - wide[:, low])) / 2
            wide[:, low] -= lacking
            wide[:, high] += lacking
        return wide

    def _add(self, rectangles: Rectangles, style: dict[str, Any], label: str | None = None) -> None:
        from matplotlib.collections import PolyCollection

        if not len(rectangles):
            return
        y0, y1, x0, x1 = rectangles.T
        corners = np.stack([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], axis=0).transpose(2, 0, 1)
        self._order += 0.1
        self.ax.add_collection(PolyCollection(list(corners), zorder=self._order, **style), autolim=False)
        if label:
            self._note(style, label)

    def _note(self, style: dict[str, Any], label: str) -> None:
        from matplotlib.patches import Patch

        self._legend.append(Patch(label=label, **style))

    def label(self, plan: "Plan") -> None:
        """Say what is drawn: title, axes and legend."""
        ax = self.ax
        ax.set_title(_title(plan, self.down, self.across), x=0, ha="left", fontsize="medium")
        ax.tick_params(length=3, labelsize="small")
        ax.set_xlabel(_axis_label(self.across), loc="left")
        ax.set_ylabel(_axis_label(self.down), loc="top")
        for side, axis in ((self.across, ax.xaxis), (self.down, ax.yaxis)):
            places = _ticks(side)
            axis.set_ticks(places, [f"{place:,}" for place in places])
        ends = (("left", self.across, 0), ("right", self.across, -1), ("top", self.down, 0))
        for name, side, at in (*ends, ("bottom", self.down, -1)):
            # An open side is where the array goes on.
            end = 0 if at == 0 else side.length
            ax.spines[name].set_visible(int(side.bounds[at]) == end)
            ax.spines[name].set_linewidth(0.9)
        if self._legend:
            from matplotlib.transforms import ScaledTranslation

            # Below the ticks and the name of the axis, however high the picture is.
            below = ScaledTranslation(0, -LEGEND_INCHES, ax.figure.dpi_scale_trans)
            ax.legend(
                handles=self._legend,
                loc="upper left",
                bbox_to_anchor=(0, 0),
                bbox_transform=ax.transAxes + below,
                ncols=len(self._legend),
                frameon=False,
                fontsize="small",
                borderaxespad=0,
                handlelength=1.2,
                handleheight=1.2,
                columnspacing=1.4,
            )


def _shaded(share: float) -> tuple[str, float]:
    return FETCHED, FAINTEST + (1 - FAINTEST) * share


def _shard_bounds(side: Side, plan: "Plan") -> NDArray[np.int64]:
    """Return where shards begin within what is shown of an axis, and where that ends."""
    if side.axis < 0:
        return side.bounds
    low, high = int(side.bounds[0]), int(side.bounds[-1])
    edges = plan.picture.edges
    if edges is not None:
        first, last = edges[side.axis].holding(np.array([low, high - 1])).tolist()
        return np.append(edges[side.axis].begins(np.arange(first, last + 1)), high)
    assert plan.shard_shape, "without edges they have one shape"
    size = plan.shard_shape[side.axis]
    return np.unique(np.append(np.arange(-(-low // size) * size, high, size), high))


def _ticks(side: Side) -> list[int]:
    """Return a few of the places where cells begin, and the end of the array."""
    if side.axis < 0 or not side.extent:
        return []
    places: list[int] = side.bounds[:: -(-side.bounds.size // MAX_TICKS)].tolist()
    end = int(side.bounds[-1])
    return [*(place for place in places if end - place >= side.extent / (2 * MAX_TICKS)), end]


def _axis_label(side: Side) -> str:
    if side.axis < 0:
        return ""
    text = f"axis {side.axis}"
    return f"{text}, cut out of {side.length:,}" if side.is_cut else text


def _title(plan: "Plan", down: Side, across: Side) -> str:
    """Return what is touched, and what it costs, in two or three lines."""
    kind = "inner chunk" if plan.shard_shape is not None else "chunk"
    first = f"{plan.chunks:,} of {counted(math.prod(plan.grid_shape), kind)} touched"
    if plan.unit == "Blosc block" and plan.bytes_decoded:
        first += f", {plan.units:,} of {counted(plan.units_in_chunks, 'block')} decoded"
    costs = [f"{format_bytes(plan.bytes_wanted)} wanted"]
    if plan.bytes_read is not None:
        costs.append(f"{format_bytes(plan.bytes_read)} read")
    if plan.bytes_decoded:
        costs.append(f"{format_bytes(plan.bytes_decoded)} decoded")
    lines = [first, ", ".join(costs)]
    shown = {down.axis, across.axis}
    others = [axis for axis in range(len(plan.array_shape)) if axis not in shown]
    if others:
        along = "axis " + str(others[0]) if len(others) == 1 else "axes " + ", ".join(map(str, others))
        lines.append(f"touched anywhere along {along}")
    return "\n".join(lines)
