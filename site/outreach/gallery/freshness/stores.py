"""What a public store says of the array that an entry describes, read from its metadata alone.

Steps: the documents that may tell, the array's own before the group's consolidated ones; the first that is
there; what it says, beside what the entry says.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from outreach.errors import OutreachError
from outreach.gallery.entries import Array, Entry
from outreach.gallery.freshness.records import Reading
from outreach.gallery.layouts import Layout, layout_of, stored_codecs
from outreach.gallery.snippets import PLAIN_PATH, over_https
from outreach.reading import Step

if TYPE_CHECKING:
    from outreach.gallery.freshness.asking import Client, Reply

# Of all documents of one entry together.
MAX_METADATA_BYTES = 1_000_000
# Buckets that do not list their keys answer 403 for one that is not there.
ABSENT = (403, 404, 410)
MAX_AXES = 32
MAX_LENGTH = 10**15
PLAIN_TEXT = re.compile(r"[\w .,:;=<>|'()\[\]+*/-]{1,200}", re.ASCII)
KINDS = {"f": "float", "i": "int", "u": "uint", "c": "complex", "b": "bool"}


@dataclass(frozen=True, slots=True)
class Document:
    """A metadata document of a store: its name, and how to find the array's metadata in it."""

    name: str
    zarr_format: int
    inside: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """One fact that the store tells otherwise; `kind` is differs, grew or unrecorded."""

    field: tuple[Step, ...]
    kind: str
    entry: Any
    store: Any


def store_address(entry: Entry) -> str | None:
    """Return the https address of the store, if the entry names one array in it."""
    if entry.store is None or entry.array is None or not PLAIN_PATH.fullmatch(entry.array.name):
        return None
    return over_https(entry.store.rstrip("/"))


def documents(path: str, zarr_format: int | None) -> Iterator[Document]:
    """Yield the documents that may describe the array at `path`, the likeliest first."""
    version_2 = Document(f"{path}/.zarray", 2, ())
    version_3 = Document(f"{path}/zarr.json", 3, ())
    all_2 = Document(".zmetadata", 2, ("metadata", f"{path}/.zarray"))
    all_3 = Document("zarr.json", 3, ("consolidated_metadata", "metadata", path))
    if zarr_format == 2:
        yield from (version_2, all_2, version_3)
    elif zarr_format == 3:
        yield from (version_3, all_3, version_2)
    else:
        yield from (version_3, version_2, all_2, all_3)


def read_store(client: "Client", entry: Entry) -> Reading | None:
    """Return what the store of `entry`, which has an address, says; None if the run ended first."""
    address, array = store_address(entry), entry.array
    assert address is not None
    assert array is not None
    left = MAX_METADATA_BYTES
    absent: Reply | None = None
    for document in documents(array.name, entry.zarr_format):
        reply = client.document(f"{address}/{document.name}", left)
        if reply is None:
            return None
        if reply.status in ABSENT:
            # "Not there" says more than "not allowed".
            absent = reply if absent is None or reply.status != 403 else absent
            continue
        if reply.note is not None or reply.status != 200:
            state = "unreadable" if reply.status == 200 else reply.state
            return Reading("failing" if state in ("fine", "moved") else state, reply, document.name)
        left -= len(reply.body)
        try:
            layout = _layout(reply, document)
        except OutreachError as error:
            note = str(error).partition(";")[0]
            return Reading("unreadable", replace(reply, note=note), document.name)
        if layout is not None:
            return Reading("read", reply, document.name, layout)
        if left <= 0:
            break
        absent = absent or replace(reply, status=404)
    assert absent is not None
    return Reading(absent.state, absent)


def _layout(reply: "Reply", document: Document) -> Layout | None:
    """Return what the array's part of a document says; None if a document of a group does not hold it."""
    try:
        data = json.loads(reply.body)
    except (ValueError, RecursionError) as error:
        found = "HTML in place of JSON" if "html" in reply.kind else "no whole JSON"
        raise OutreachError(found) from error
    for step in document.inside:
        data = data.get(step) if isinstance(data, dict) else None
    if data is None and document.inside:
        return None
    try:
        layout = layout_of(data, document.zarr_format)
        codecs = tuple(_codec(*codec) for codec in stored_codecs(data, document.zarr_format))
    except OutreachError as error:
        raise OutreachError(f"metadata of another kind ({_short(error)})") from error
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        raise OutreachError(f"metadata of no Zarr array (no usable {_short(error)})") from error
    lengths = (*layout.shape, *layout.chunks, *(layout.shards or ()))
    if len(layout.shape) > MAX_AXES or max(lengths, default=0) > MAX_LENGTH:
        raise OutreachError("metadata of an array that no entry can describe")
    if len(codecs) > MAX_AXES or not all(map(_is_plain, (layout.dtype, *codecs))):
        raise OutreachError("metadata of an array that no entry can describe")
    dims = layout.dims if layout.dims and all(map(_is_plain, layout.dims)) else None
    return replace(layout, codecs=codecs, dims=dims)


def _is_plain(word: object) -> bool:
    return isinstance(word, str) and PLAIN_TEXT.fullmatch(word) is not None


def _short(error: Exception) -> str:
    # The words of a server: they end in a report that people and workflows read.
    said = str(error).partition(";")[0]
    return "".join(each if PLAIN_TEXT.fullmatch(each) else "?" for each in said[:100])


def _codec(name: str, settings: Mapping[str, Any]) -> str:
    shown = sorted(
        f"{key}={value}"
        for key, value in settings.items()
        if key != "id" and isinstance(value, int | float | str) and not re.search(r"[(),]", str(value))
    )
    return f"{name}({', '.join(shown)})" if shown else name


def differences(entry: Entry, layout: Layout) -> list[Difference]:
    """Return what `layout` says otherwise than `entry`, in the order of the entry's fields."""
    array = entry.array
    if array is None:
        return []
    found = [
        _compared(("zarr_format",), entry.zarr_format, layout.zarr_format),
        _compared(("array", "shape"), array.shape, layout.shape),
        _compared(("array", "chunks"), array.chunks, layout.chunks),
        _shards(array, layout),
        _compared(("array", "dtype"), array.dtype, layout.dtype, same=_same_dtype(array.dtype, layout.dtype)),
        _compared(("array", "codecs"), array.codecs, layout.codecs, same=_same_codecs(array, layout)),
    ]
    if layout.dims is not None:
        found.append(_compared(("array", "dims"), array.dims, layout.dims))
    return [each for each in found if each is not None]


def _compared(path: tuple[Step, ...], claimed: Any, stored: Any, *, same: bool = False) -> Difference | None:
    if claimed == stored or same:
        return None
    if claimed is None:
        kind = "unrecorded"
    elif path == ("array", "shape") and _grew(claimed, stored):
        kind = "grew"
    else:
        kind = "differs"
    return Difference(path, kind, _listed(claimed), _listed(stored))


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _grew(claimed: tuple[int, ...], stored: tuple[int, ...]) -> bool:
    return claimed[1:] == stored[1:] and len(claimed) == len(stored) and stored[0] > claimed[0]


def _shards(array: Array, layout: Layout) -> Difference | None:
    # Without codecs, "null" is not recorded; with codecs, it says that there are no shards.
    if array.shards is None and array.codecs is not None and layout.shards is not None:
        return Difference(("array", "shards"), "differs", None, list(layout.shards))
    return _compared(("array", "shards"), array.shards, layout.shards)


def _same_dtype(claimed: str | None, stored: str) -> bool:
    """Return whether both are one type; the order of bytes counts only where both state it."""
    if claimed is None or _plain(claimed) != _plain(stored):
        return False
    orders = {each[0] for each in (claimed, stored) if each[0] in "<>"}
    return len(orders) < 2


def _plain(dtype: str) -> str:
    parts = re.fullmatch(r"[<>|]?([fiucb])(\d+)", dtype)
    if not parts:
        return dtype
    return "bool" if parts[1] == "b" else f"{KINDS[parts[1]]}{int(parts[2]) * 8}"


def _same_codecs(array: Array, layout: Layout) -> bool:
    """Return whether every codec and every setting that the entry states is in the store."""
    if array.codecs is None or len(array.codecs) != len(layout.codecs):
        return False
    for claimed, stored in zip(array.codecs, layout.codecs, strict=True):
        name, settings = _settings(claimed)
        there_name, there = _settings(stored)
        values = {setting.partition("=")[2] for setting in there}
        if name != there_name or not all(each in there or each in values for each in settings):
            return False
    return True


def _settings(codec: str) -> tuple[str, set[str]]:
    name, _, inside = codec.partition("(")
    return name, {each.strip() for each in inside.removesuffix(")").split(",") if each.strip()}
