"""Selections as they are written on a command line, and the ways that zarr has to read one."""

import ast
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import click

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from zarr_partial.array import PartialArray
    from zarr_partial.report import Plan
    from zarr_partial.selection import Coordinates, Selection

__all__ = [
    "INDEXERS",
    "MODES",
    "Mode",
    "SelectionParameter",
    "fitting",
    "parse_selection",
    "plan_of",
    "select",
    "with_field",
]

Mode = Literal["basic", "orthogonal", "coordinate", "blocks"]
MODES = get_args(Mode)
# The attributes of arrays that index in these ways.
INDEXERS = {"orthogonal": "oindex", "coordinate": "vindex", "blocks": "blocks"}
# The name of a file goes on to the next comma or bracket.
FILE = re.compile(r"@([^,\[\]]+)")


class SelectionParameter(click.ParamType[Any]):
    """What stands between the brackets of `array[...]`; its value is the key, and the text as given."""

    name = "selection"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text and the key that it stands for."""
        if not isinstance(value, str):
            return value
        try:
            return value.strip(), parse_selection(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def parse_selection(text: str) -> Any:
    """Return the key that `array[text]` would get, made of literals, and of `@FILE` for rows in a file.

    Raises
    ------
    ValueError
        If `text` is anything but integers, slices, lists of integers or truth values, files of these,
        and an ellipsis.
    """
    files: dict[str, NDArray[Any]] = {}

    def placeholder(match: re.Match[str]) -> str:
        name = f"rows_from_file_{len(files)}"
        files[name] = _rows_in(Path(match[1].strip()))
        return name

    written = FILE.sub(placeholder, text.strip())
    candidates = [written]
    if written.startswith("[") and written.endswith("]"):
        # Copied with its brackets, as `explain` prints it.
        candidates.append(written[1:-1])
    for candidate in candidates:
        try:
            parsed = ast.parse(f"array[{candidate}]", mode="eval").body
            if isinstance(parsed, ast.Subscript) and isinstance(parsed.value, ast.Name):
                return _literal(parsed.slice, files)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            continue
    raise ValueError(
        "expected integers, slices such as 0:10, lists such as [3, 99], @FILE and ..., "
        f"as in array[0:10, [3, 99]], found {text!r}"
    )


def _literal(node: ast.expr, files: "dict[str, NDArray[Any]]") -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_literal(entry, files) for entry in node.elts)
    if isinstance(node, ast.Slice):
        bounds = [part and _literal(part, files) for part in (node.lower, node.upper, node.step)]
        if not all(bound is None or type(bound) is int for bound in bounds) or bounds[2] == 0:
            raise ValueError("not a slice")
        return slice(*bounds)
    if isinstance(node, ast.Name) and node.id in files:
        return files[node.id]
    value = ast.literal_eval(node)
    plain = value is Ellipsis or type(value) is int
    if not plain and not (isinstance(value, list) and all(type(item) in (int, bool) for item in value)):
        raise ValueError("not a selection")
    return value


def _rows_in(path: Path) -> "NDArray[np.int64] | NDArray[np.bool_]":
    """Return the integers in a text file, or the vector of integers or truth values in an .npy file."""
    import numpy as np

    rows: NDArray[Any] | None = None
    text = ""
    try:
        if path.suffix == ".npy":
            rows = np.load(path, allow_pickle=False)
        else:
            text = path.read_text("utf-8")
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"{path}: expected a file of integers, found: {error}") from error
    if rows is None:
        return _integers_in(text, path)
    if rows.ndim != 1 or rows.dtype.kind not in "iub":
        raise ValueError(
            f"{path}: expected a vector of integers or truth values, "
            f"found shape {rows.shape} and dtype {rows.dtype}"
        )
    return rows if rows.dtype.kind == "b" else rows.astype(np.int64)


def _integers_in(text: str, path: Path) -> "NDArray[np.int64]":
    import numpy as np

    found: list[int] = []
    for number, line in enumerate(text.splitlines(), start=1):
        for word in line.partition("#")[0].replace(",", " ").split():
            try:
                found.append(int(word))
            except ValueError:
                raise ValueError(f"{path}, line {number}: expected an integer, found {word!r}") from None
    try:
        return np.array(found, dtype=np.int64)
    except OverflowError as error:
        raise ValueError(f"{path}: expected integers of 64 bits, found {max(found, key=abs)}") from error


def select(array: "PartialArray", key: Any, mode: Mode) -> "Selection | Coordinates | None":
    """Return what the key selects, or None where only zarr knows, or has an error for it."""
    from zarr_partial import selection as selections

    layout = array.state.layout
    if mode == "basic":
        return selections.getitem(key, layout.shape)
    if mode == "orthogonal":
        return selections.orthogonal(key, layout.shape)
    if mode == "coordinate":
        return selections.coordinates(key, layout.shape)
    if not layout.grid.chunk_shape and layout.mosaic is None:
        return None
    return selections.blocks(key, layout.shape, layout.begin, layout.grid.counts)


def plan_of(array: "PartialArray", key: Any, mode: Mode, field: str | None = None) -> "Plan | None":
    """Return what reading `key` would cost; None where a mode is used that only zarr can plan."""
    if mode == "basic":
        return array.explain(key if field is None else with_field(key, field))
    selection = select(array, key, mode)
    if selection is None:
        _ask_zarr(array, key, mode)
        return None
    from zarr_partial.explain import explain_selection
    from zarr_partial.words import shown_key

    dtype = array.dtype if field is None else array.dtype[field]
    shown = f".{INDEXERS[mode]}{shown_key(key)}"
    return explain_selection(array.state, selection, None, shown, dtype)


@contextmanager
def fitting(array: "PartialArray", text: str, source: str) -> Iterator[None]:
    """Let errors about a selection say which array it does not fit."""
    try:
        yield
    except IndexError as error:
        raise IndexError(f"{source} has shape {array.shape}, [{text}] does not fit it: {error}") from error


def with_field(key: Any, field: str) -> Any:
    """Return the key of one field of what `key` selects."""
    return (field, *key) if isinstance(key, tuple) else (field, key)


def _ask_zarr(array: "PartialArray", key: Any, mode: Mode) -> None:
    """Let zarr say what is wrong with a key that is not understood here, without reading anything."""
    from zarr.core import indexing

    grid = array.state.array._async_array._chunk_grid
    if mode == "orthogonal":
        indexing.OrthogonalIndexer(key, array.shape, grid)
    elif mode == "coordinate":
        indexing.CoordinateIndexer(key, array.shape, grid)
    elif mode == "blocks":
        indexing.BlockIndexer(key, array.shape, grid)
