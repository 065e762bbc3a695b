"""Values as JSON and CSV can hold them, so that nothing is lost.

| values | in JSON | in CSV |
| --- | --- | --- |
| bool, integers, floats | as they are, floats with the fewest digits that tell them apart | the same |
| NaN, infinities | "NaN", "Infinity", "-Infinity", as in Zarr's metadata | the same |
| complex | [real, imaginary] | as Python writes it |
| datetime64 | ISO 8601, "NaT" | the same |
| timedelta64 | a number of the unit that the dtype names, "NaT" | the same |
| text | text | text |
| bytes | text of one character for each byte (Latin-1) | the same |
| raw bytes (void) | hexadecimal digits | the same |
| structured | an object by field | a column for each field |
"""

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["csv_rows", "plain_json", "plain_values"]

NAMES_OF_FLOATS = {math.inf: "Infinity", -math.inf: "-Infinity"}


def plain_values(values: NDArray[Any]) -> Any:
    """Return an array as nested lists of what JSON can hold, or one such value for a 0-d array."""
    return _nested(_flat(values), values.shape)


def _flat(values: NDArray[Any]) -> list[Any]:
    """Return the elements in C order."""
    values = values.reshape(-1)
    if values.dtype.names is not None:
        fields = [plain_values(values[name]) for name in values.dtype.names]
        return [dict(zip(values.dtype.names, row, strict=True)) for row in zip(*fields, strict=True)]
    kind = values.dtype.kind
    if kind in "biu":
        return list(values.tolist())
    if kind == "f":
        return _floats(values)
    if kind == "c":
        return [list(pair) for pair in zip(_floats(values.real), _floats(values.imag), strict=True)]
    if kind == "M":
        return [str(text) for text in np.datetime_as_string(values)]
    if kind == "m":
        numbers, is_nat = values.astype(np.int64).tolist(), np.isnat(values)
        return ["NaT" if nat else number for number, nat in zip(numbers, is_nat, strict=True)]
    to_plain: Callable[[Any], Any] = plain_json
    if kind == "S":
        to_plain = lambda value: value.decode("latin-1")  # noqa: E731
    elif kind == "V":
        to_plain = lambda value: bytes(value).hex()  # noqa: E731
    elif kind in "UT":
        to_plain = str
    return [to_plain(value) for value in values]


def _floats(values: NDArray[Any]) -> list[float | str]:
    """Return floats with as many digits as their own precision takes, and the names of the others."""
    if values.dtype.itemsize < 8:
        # A float32 of 0.1 is to be written as 0.1, not as the double that is nearest to it.
        numbers = [float(str(value)) for value in values]
    else:
        numbers = values.astype(np.float64).tolist()
    if np.isfinite(values).all():
        return list(numbers)
    return [number if math.isfinite(number) else _name_of(number) for number in numbers]


def _name_of(number: float) -> str:
    return NAMES_OF_FLOATS.get(number, "NaN")


def _nested(flat: list[Any], shape: tuple[int, ...]) -> Any:
    if not shape:
        return flat[0]
    for length in reversed(shape[1:]):
        # Of no elements there are no parts to take; their number is what comes before.
        count = len(flat) // length if length else 0
        flat = [flat[i * length : (i + 1) * length] for i in range(count)]
    if 0 in shape:
        return _empty(shape)
    return flat


def _empty(shape: tuple[int, ...]) -> list[Any]:
    return [] if len(shape) == 1 or not shape[0] else [_empty(shape[1:]) for _ in range(shape[0])]


def plain_json(value: Any) -> Any:
    """Return one value of any kind, such as an attribute, as what JSON can hold."""
    if isinstance(value, dict):
        return {str(name): plain_json(entry) for name, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain_json(entry) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        return _name_of(value)
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, (np.ndarray, np.generic)):
        return plain_values(np.asarray(value))
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def csv_rows(values: NDArray[Any]) -> list[list[Any]]:
    """Return the rows of CSV for one batch of rows of values, which have at most two axes."""
    if values.dtype.names is not None:
        columns = [_cells(values[name]) for name in values.dtype.names]
        return [list(row) for row in zip(*columns, strict=True)]
    if values.ndim < 2:
        return [[cell] for cell in _cells(values)]
    cells = iter(_cells(values))
    return [[next(cells) for _ in range(values.shape[1])] for _ in range(values.shape[0])]


def _cells(values: NDArray[Any]) -> list[Any]:
    if values.dtype.kind == "c":
        return [str(value) for value in values.reshape(-1)]
    return _flat(values)
