"""The names of fields in a key: `array["x"]`, `array["x", 2:5]`, `array[["x", "y"]]`."""

from typing import Any

import numpy as np

__all__ = ["split_fields"]


def split_fields(key: Any, dtype: np.dtype[Any]) -> tuple[str | list[str] | None, Any]:
    """Return the fields of `dtype` that `key` names, and the rest of the key.

    None for the fields where it names none, or names others than there are: zarr has the word then.
    """
    names = dtype.names
    if names is None:
        return None, key
    if isinstance(key, str):
        return (key, ...) if key in names else (None, key)
    if isinstance(key, list) and key and all(isinstance(name, str) for name in key):
        return (key, ...) if set(key) <= set(names) else (None, key)
    if isinstance(key, tuple):
        found = [entry for entry in key if isinstance(entry, str)]
        rest = tuple(entry for entry in key if not isinstance(entry, str))
        if len(found) == 1 and found[0] in names:
            return found[0], rest
    return None, key
