"""Pictures on disk: of a plan, of the grid of an array, of values. Matplotlib is needed for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.files import whole_file, writing
from zarr_partial.commands.printing import printable

if TYPE_CHECKING:
    from zarr_partial.array import PartialArray
    from zarr_partial.report import Plan

__all__ = ["check_drawable", "needs_matplotlib", "save_grid", "save_image", "save_plan", "save_values"]

DOTS_PER_INCH = 150
WIDTH_INCHES, HEIGHT_INCHES = 7.2, 4.2
COLOUR = "#e01073"


def needs_matplotlib() -> None:
    """Find out whether there is Matplotlib before anything is read for it.

    Raises
    ------
    ImportError
        If there is none.
    """
    try:
        import matplotlib as mpl
    except ImportError as error:
        raise ImportError("expected Matplotlib, found none; pip install 'zarr-partial[plot]'") from error
    # No window is wanted, wherever the process runs.
    mpl.use("agg")
    # The same picture is the same file.
    mpl.rcParams["svg.hashsalt"] = "zarr-partial"


def save_plan(plan: "Plan", target: Path, *, force: bool) -> None:
    """Draw which chunks a selection touches, and what is read of each."""
    needs_matplotlib()
    _save(plan.plot().figure, target, force=force)


def save_grid(array: "PartialArray", target: Path, *, force: bool) -> None:
    """Draw the chunks of an array, and its shards, where there are some."""
    needs_matplotlib()
    # A selection of nothing touches nothing: what is drawn of it is the grid.
    nothing = (slice(0, 0),) * array.ndim if array.ndim else ()
    axes = array.explain(nothing).plot()
    axes.set_title(_words(array), x=0, ha="left", fontsize="medium", parse_math=False)
    _save(axes.figure, target, force=force)


def _words(array: "PartialArray") -> str:
    known = dict(array.describe())
    shards = f" in shards of {known['shards']}" if "shards" in known else ""
    lines = f"{known['shape']} {known['dtype']}", f"chunks of {known['chunks']}{shards}: {known['grid']}"
    return "\n".join(map(printable, lines))


def check_drawable(shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    """Refuse what has no picture: more than two axes longer than 1, and what is no number.

    Raises
    ------
    CommandError
    """
    axes = tuple(length for length in shape if length != 1)
    if len(axes) > 2 and not _is_colours(shape, dtype):
        raise CommandError(
            f"expected a result of one or two axes to draw, found shape {shape}; "
            "give an integer for each of the others"
        )
    if 0 in shape or dtype.kind not in "biufmM":
        found = f"{dtype}" if 0 not in shape else f"shape {shape}"
        raise CommandError(f"expected numbers to draw, found {found}; --field takes one field")


def _is_colours(shape: tuple[int, ...], dtype: np.dtype[Any]) -> bool:
    return len(shape) == 3 and shape[-1] in (3, 4) and dtype == np.uint8


def save_values(values: NDArray[Any], title: str, target: Path, *, force: bool) -> None:
    """Draw a line of values along one axis, or an image along two."""
    needs_matplotlib()
    from matplotlib.figure import Figure

    check_drawable(values.shape, values.dtype)
    is_colours = _is_colours(values.shape, values.dtype)
    drawn = values if is_colours else _numbers(np.atleast_1d(values.squeeze()))
    figure = Figure(figsize=(WIDTH_INCHES, HEIGHT_INCHES), layout="constrained")
    axes = figure.subplots()
    if drawn.ndim == 1:
        axes.plot(drawn, color=COLOUR, linewidth=1, marker="." if drawn.size <= 200 else "")
        axes.set_xlabel("index in the result")
    else:
        image = axes.imshow(drawn, interpolation="nearest", aspect="equal" if is_colours else "auto")
        if not is_colours:
            figure.colorbar(image)
    axes.set_title(printable(title), loc="left", fontsize="medium", parse_math=False)
    _save(figure, target, force=force)


def save_image(values: NDArray[Any], beside: Path) -> None:
    """Write one pixel for each value: grey from least to most, or what colours three or four bytes are."""
    needs_matplotlib()
    from matplotlib.image import imsave

    is_colours = _is_colours(values.shape, values.dtype)
    drawn = values if is_colours else np.atleast_2d(_numbers(values.squeeze()))
    imsave(beside, drawn, cmap="gray", format="png")


def _numbers(values: NDArray[Any]) -> NDArray[Any]:
    """Return values as Matplotlib takes them."""
    if values.dtype.kind in "mM":
        is_nat = np.isnat(values)
        numbers = values.astype(np.int64).astype(np.float64)
        numbers[is_nat] = np.nan
        return numbers
    if values.dtype.kind in "bf":
        return np.asarray(values, dtype=np.float64 if values.dtype.itemsize == 8 else np.float32)
    return np.asarray(values, dtype=values.dtype.newbyteorder("="))


@contextmanager
def _plain_errors() -> Iterator[None]:
    try:
        yield
    except ValueError as error:
        raise CommandError(f"expected a picture that Matplotlib can draw, found: {error}") from error


def _save(figure: Any, target: Path, *, force: bool) -> None:
    suffix = target.suffix.lower().removeprefix(".")
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(suffix)
    with _plain_errors(), writing(target), whole_file(target, force=force) as beside:
        figure.savefig(beside, format=suffix, dpi=DOTS_PER_INCH, metadata=undated)
