"""The words by which visitors narrow the gallery: what an entry says, reduced to a few tokens for each facet.

Where nothing is recorded there is no token, so that a choice never shows what is only supposed.
"""

import re
from collections.abc import Sequence
from math import prod

from outreach.gallery.entries import Array, Entry
from outreach.gallery.fingerprint import codec_family

# Name in the form and in the address, the legend, and whether it is about storage.
FACETS = (
    ("kind", "Kind", False),
    ("domain", "Domain", False),
    ("format", "Zarr format", True),
    ("dtype", "Data type", True),
    ("chunk", "Shape of a chunk", True),
    ("values", "Values in a chunk", True),
    ("shards", "Shards", True),
    ("codec", "Codecs", True),
    ("year", "Year", True),
)
LETTERS = {"u": "uint", "i": "int", "f": "float", "c": "complex"}
# Values in a chunk, up to and including each; the last class is open.
SIZES = ((10_000, "to-10-thousand"), (100_000, "to-100-thousand"), (1_000_000, "to-1-million"))
LARGEST = "over-1-million"


def facet_tokens(entry: Entry) -> dict[str, tuple[str, ...]]:
    """Return the tokens of `entry` by the name of the facet, each facet of FACETS once."""
    array = entry.array
    return {
        "kind": (entry.kind,),
        "domain": (entry.domain,),
        "format": (str(entry.zarr_format),) if entry.zarr_format else (),
        "dtype": dtype_tokens(array.dtype) if array and array.dtype else (),
        "chunk": (chunk_form(array.chunks),) if array and array.chunks else (),
        "values": (chunk_size(array.chunks),) if array and array.chunks else (),
        "shards": shard_tokens(array) if array else (),
        "codec": codec_tokens(array) if array else (),
        "year": (str(entry.year),) if entry.year else (),
    }


def choices(entries: Sequence[Entry]) -> dict[str, tuple[str, ...]]:
    """Return the tokens that occur, by facet, in the order in which people look for them."""
    found: dict[str, set[str]] = {name: set() for name, _, _ in FACETS}
    for entry in entries:
        for name, tokens in facet_tokens(entry).items():
            found[name].update(tokens)
    return {name: tuple(sorted(tokens, key=_order)) for name, tokens in found.items()}


def dtype_tokens(dtype: str) -> tuple[str, ...]:
    """Return `uint16` for uint16, <u2 and >u2, and `big-endian` beside it for the last."""
    match = re.fullmatch(r"([<>|])([uifcb])(\d+)", dtype)
    if match is None:
        return (dtype,) if re.fullmatch(r"[a-z]+\d*", dtype) else ()
    order, letter, size = match.groups()
    name = "bool" if letter == "b" else f"{LETTERS[letter]}{8 * int(size)}"
    return (name, "big-endian") if order == ">" and size != "1" else (name,)


def chunk_form(chunks: Sequence[int]) -> str:
    """Return the form of a chunk by how many of its sides are longer than 1: line, plane or block."""
    long = sum(side > 1 for side in chunks)
    return "block" if long > 2 else "plane" if long == 2 else "line"


def chunk_size(chunks: Sequence[int]) -> str:
    """Return the class of the number of values in a chunk."""
    return next((name for most, name in SIZES if prod(chunks) <= most), LARGEST)


def shard_tokens(array: Array) -> tuple[str, ...]:
    """Return `sharded`, `not-sharded`, or nothing where codecs and shards are both unknown."""
    if array.shards:
        return ("sharded",)
    return ("not-sharded",) if array.codecs is not None else ()


def codec_tokens(array: Array) -> tuple[str, ...]:
    """Return the codecs by which visitors filter: `bytes` only where it stands alone, as `raw`."""
    if array.codecs is None:
        return ()
    families = {codec_family(codec) for codec in array.codecs}
    packed = {
        "sharding" if name == "sharding_indexed" else name for name in families - {"bytes", "transpose"}
    }
    return tuple(sorted(packed if packed - {"sharding"} else packed | {"raw"}))


def _order(token: str) -> tuple[int, str]:
    sizes = [name for _, name in SIZES] + [LARGEST]
    return (sizes.index(token) + 1 if token in sizes else 0, token)
