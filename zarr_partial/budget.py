"""How much a cache may hold, as people say it, and what it has done so far."""

import operator
import re
from dataclasses import dataclass
from typing import Any

__all__ = ["CacheInfo", "parse_nbytes"]

FACTORS = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
WRITTEN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?)b?\s*", re.IGNORECASE)


def parse_nbytes(given: Any, name: str) -> int:
    """Return how many bytes `given` is: an integer, or text such as "256 MiB", "1 GB" or "64 kB".

    `name` is that of the argument, for the errors.

    Raises
    ------
    TypeError, ValueError
        If it is nothing of the kind, or negative.
    """
    expected = f'expected {name} to be a number of bytes, like 2**28 or "256 MiB"'
    if isinstance(given, str):
        match = WRITTEN.fullmatch(given)
        if match is None or (match[3] and not match[2]):
            raise ValueError(f"{expected}, found {given!r}; write a number and kB, MB, GB, KiB, MiB or GiB")
        number, prefix, binary = match.groups()
        return int(float(number) * (1024 if binary else 1000) ** FACTORS[prefix.lower()])
    try:
        if isinstance(given, bool):
            raise TypeError
        nbytes = operator.index(given)
    except TypeError:
        raise TypeError(f"{expected}, found {given!r}; 0 is no {name}") from None
    if nbytes < 0:
        raise ValueError(f"{expected}, found {nbytes}; 0 is no {name}")
    return nbytes


@dataclass(frozen=True, slots=True)
class CacheInfo:
    """What a cache of decoded units holds, and has done since the array was opened or refreshed.

    A unit is what decodes on its own: a Blosc block, an inner chunk or a chunk.

    Attributes
    ----------
    hits : int
        Units that reads found decoded. A read of whole rows that are all here counts each row once.
    misses : int
        Units that reads had to have decoded.
    evictions : int
        Units dropped to make room.
    bypasses : int
        Reads that went past the cache, since what they touch does not fit into it.
    units : int
        Units that are here now.
    nbytes : int
        Their bytes, decoded.
    budget : int
        How many bytes there may be.

    Examples
    --------
    >>> import zarr, zarr_partial as zp
    >>> arr = zp.open(zarr.array(range(100), chunks=(10,)), cache="1 MiB")
    >>> _ = arr[5], arr[5]
    >>> info = arr.cache_info()
    >>> info.hits, info.misses, info.units, info.nbytes, info.budget
    (1, 1, 1, 80, 1048576)
    """

    hits: int = 0
    misses: int = 0
    evictions: int = 0
    bypasses: int = 0
    units: int = 0
    nbytes: int = 0
    budget: int = 0
