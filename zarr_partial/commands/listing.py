"""The arrays of a group and of the groups in it: by consolidated metadata, or level by level."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import zarr
from zarr.core.group import AsyncGroup
from zarr.core.sync import sync
from zarr.storage import LocalStore, ZipStore
from zarr.types import AnyArray

from zarr_partial.commands.conventions import names_in

__all__ = ["Listing", "list_arrays"]

DOCUMENTS = {"zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"}
# How many metadata documents are waited for at once.
AT_ONCE = 64
# Names that are looked at in each depth for each array that may be listed: stray files, and groups.
NAMES_PER_ARRAY = 4
# Deeper than anybody nests groups on purpose.
MAX_DEPTH = 64


@dataclass(slots=True)
class Listing:
    """What is in a group; paths are relative to it, sorted.

    Attributes
    ----------
    arrays : dict from str to zarr.Array
    groups : dict from str to zarr.Group
        The groups in the group.
    broken : dict from str to str
        Nodes that zarr cannot open, and why.
    how : str
        "consolidated", "listed", or "guessed": from the attributes, where the store cannot list.
    is_cut : bool
        Whether there are more than were looked at.
    """

    arrays: dict[str, AnyArray] = field(default_factory=dict)
    groups: dict[str, zarr.Group] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    how: str = "listed"
    is_cut: bool = False


def list_arrays(group: zarr.Group, limit: int) -> Listing:
    """Return up to `limit` arrays that are in `group`, in whatever depth."""
    if group.metadata.consolidated_metadata is not None:
        listing = _consolidated(group, limit)
    else:
        listing = sync(_walk(group._async_group, limit))
    for found in (listing.arrays, listing.groups, listing.broken):
        entries = sorted(found.items())
        found.clear()
        found.update(entries)  # type: ignore[arg-type]
    return listing


def _consolidated(group: zarr.Group, limit: int) -> Listing:
    listing = Listing(how="consolidated")
    metadata = group.metadata.consolidated_metadata
    assert metadata is not None, "asked before"
    for path in sorted(metadata.flattened_metadata):
        if len(listing.arrays) >= limit:
            listing.is_cut = True
            break
        try:
            node: Any = group[path]
        except Exception as error:
            # Whatever a codec or a data type nobody knows raises; the others are fine.
            listing.broken[path] = f"{type(error).__name__}: {error}"
            continue
        _put(listing, path, node)
    return listing


def _put(listing: Listing, path: str, node: "AnyArray | zarr.Group") -> None:
    if isinstance(node, zarr.Group):
        listing.groups[path] = node
    else:
        listing.arrays[path] = node


async def _walk(group: AsyncGroup, limit: int) -> Listing:
    """Look at one level after the other, at all groups of a level at once."""
    listing = Listing()
    level: dict[str, AsyncGroup] = {"": group}
    gate = asyncio.Semaphore(AT_ONCE)
    room = limit * NAMES_PER_ARRAY
    for _ in range(MAX_DEPTH):
        found = await asyncio.gather(*(_names(one, room, gate) for one in level.values()))
        paths: list[tuple[AsyncGroup, str, str]] = []
        for (path, parent), (names, is_cut, is_guessed) in zip(level.items(), found, strict=True):
            listing.is_cut |= is_cut
            if is_guessed:
                listing.how = "guessed"
            paths += [(parent, name, f"{path}/{name}".lstrip("/")) for name in names]
        listing.is_cut |= len(paths) > room
        level = {}
        for path, node in await _nodes(paths[:room], gate):
            if isinstance(node, str):
                listing.broken[path] = node
            elif isinstance(node, AsyncGroup):
                level[path] = node
                listing.groups[path] = zarr.Group(node)
            elif len(listing.arrays) < limit:
                listing.arrays[path] = zarr.Array(node)
            else:
                listing.is_cut = True
        if not level:
            return listing
        if len(listing.arrays) >= limit:
            break
    listing.is_cut = True
    return listing


async def _names(group: AsyncGroup, limit: int, gate: asyncio.Semaphore) -> tuple[list[str], bool, bool]:
    """Return the names in a group, whether there are more, and whether they were guessed."""
    names: list[str] = []
    store, prefix = group.store_path.store, group.store_path.path
    async with gate:
        try:
            names = [name.rstrip("/") async for name in store.list_dir(prefix) if name not in DOCUMENTS]
        except (NotImplementedError, OSError, ValueError):
            names = []
    if names or isinstance(store, (LocalStore, ZipStore)):
        names.sort()
        return names[:limit], len(names) > limit, False
    guessed = sorted(set(names_in(group.attrs)))
    return guessed[:limit], len(guessed) > limit, bool(guessed)


async def _nodes(paths: list[tuple[AsyncGroup, str, str]], gate: asyncio.Semaphore) -> list[tuple[str, Any]]:
    """Return the nodes at these paths, text for those that cannot be opened; what is no node is left out."""

    async def node(parent: AsyncGroup, name: str, path: str) -> tuple[str, Any]:
        async with gate:
            try:
                return path, await parent.getitem(name)
            except KeyError:
                return path, None
            except Exception as error:
                return path, f"{type(error).__name__}: {error}"

    found = await asyncio.gather(*(node(*one) for one in paths))
    return [(path, one) for path, one in found if one is not None]
