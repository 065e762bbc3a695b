"""What a group holds, as a table, as lines where the terminal is narrow, and as JSON."""

from dataclasses import dataclass
from typing import Any

from zarr import Group

import zarr_partial as zp
from zarr_partial.access import Shard
from zarr_partial.commands.conventions import kind_of
from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.listing import Listing, list_arrays
from zarr_partial.commands.options import Opening
from zarr_partial.commands.printing import note, printable, write, write_json, write_table
from zarr_partial.commands.sizes import Counting
from zarr_partial.describing import facts
from zarr_partial.words import counted, format_bytes, times

__all__ = ["show_group"]

HEADERS = ("path", "shape", "dtype", "chunks", "shards", "codecs", "access", "bytes", "stored")


@dataclass(frozen=True, slots=True)
class Entry:
    """One array of a group: its path from the source, and what is known of it."""

    path: str
    array: zp.PartialArray
    stored: int | None

    def as_dict(self) -> dict[str, Any]:
        """Return what JSON says of it."""
        known = facts(self.array.state)
        names = ("shape", "dtype", "chunks", "shards", "codecs", "access", "unit", "nbytes")
        return {"path": self.path, **{name: known[name] for name in names}, "stored_nbytes": self.stored}

    def cells(self) -> list[str]:
        """Return what the table says of it, in the order of its headers."""
        known = facts(self.array.state)
        chunks, shards = known["chunks"], known["shards"]
        access = self.array.access
        inner = access.inner if isinstance(access, Shard) else access
        of_shards = "Shard of " if isinstance(access, Shard) else ""
        return [
            self.path,
            times(known["shape"]) or "0-d",
            str(self.array.dtype),
            "of several shapes" if chunks is None else times(chunks) or "one",
            "" if shards is None else times(shards) or "of several shapes",
            ", ".join(known["codecs"]) or "none",
            of_shards + type(inner).__name__,
            "" if known["nbytes"] is None else format_bytes(known["nbytes"]),
            "" if self.stored is None else format_bytes(self.stored),
        ]


def show_group(group: Group, opening: Opening, limit: int, *, as_json: bool) -> None:
    """Print up to `limit` arrays of a group.

    Raises
    ------
    CommandError
        If there are none.
    """
    listing = list_arrays(group, limit)
    prefix = f"{opening.path.strip('/')}/" if opening.path else ""
    entries = _entries(listing, opening, prefix)
    if as_json:
        write_json(_as_dict(group, listing, opening, entries, prefix))
        return
    for path, error in listing.broken.items():
        note(f"{prefix}{path}: expected an array that zarr opens, found {error}")
    if not entries:
        raise CommandError(_nothing_found(listing, opening))
    kind = kind_of(group.attrs)
    more = " or more" if listing.is_cut else ""
    words = [opening.title, kind or "group", f"{counted(len(entries), 'array')}{more}"]
    _write_table(entries, ", ".join(words))
    _say_what_next(entries, listing, opening, limit)


def _entries(listing: Listing, opening: Opening, prefix: str) -> list[Entry]:
    counting = Counting()
    entries = []
    for path, array in listing.arrays.items():
        try:
            opened = zp.open(array, **opening.reading)
        except Exception as error:
            # Whatever an unheard-of layout raises must not hide the other arrays.
            listing.broken[path] = f"{type(error).__name__}: {error}"
            continue
        entries.append(Entry(prefix + path, opened, counting.nbytes(array)))
    return entries


def _as_dict(
    group: Group, listing: Listing, opening: Opening, entries: list[Entry], prefix: str
) -> dict[str, Any]:
    return {
        "source": opening.source,
        "path": opening.path,
        "node": "group",
        "zarr_format": group.metadata.zarr_format,
        "kind": kind_of(group.attrs),
        "listed_by": listing.how,
        "is_cut": listing.is_cut,
        "arrays": [entry.as_dict() for entry in entries],
        "groups": [
            {"path": prefix + path, "kind": kind_of(found.attrs)} for path, found in listing.groups.items()
        ],
        "broken": [{"path": prefix + path, "error": error} for path, error in listing.broken.items()],
    }


def _write_table(entries: list[Entry], title: str) -> None:
    from rich.box import SQUARE
    from rich.table import Table
    from rich.text import Text

    rows = [entry.cells() for entry in entries]
    # A column that says nothing is left out.
    shown = [i for i, _ in enumerate(HEADERS) if any(row[i] for row in rows)]
    table = Table(box=SQUARE)
    for i in shown:
        table.add_column(HEADERS[i], justify="right" if HEADERS[i] in ("bytes", "stored") else "left")
    for row in rows:
        table.add_row(*(Text(printable(row[i])) for i in shown))
    if write_table(table, title, only_if_it_fits=True):
        return
    write(f"{printable(title)}\n")
    for row in rows:
        said = dict(zip(HEADERS, row, strict=True))
        words = [f"{said['shape']} {said['dtype']}", f"chunks {said['chunks']}"]
        words += [f"shards {said['shards']}"] if said["shards"] else []
        words += [said["codecs"], said["access"]] + ([said["bytes"]] if said["bytes"] else [])
        words += [f"{said['stored']} stored"] if said["stored"] else []
        write(f"{printable(said['path'])}\n  {printable(', '.join(words))}\n")


def _say_what_next(entries: list[Entry], listing: Listing, opening: Opening, limit: int) -> None:
    if listing.how == "guessed":
        note("The store does not list names; these are the ones that the attributes name.")
    if listing.is_cut:
        note(f"There are more than the {counted(limit, 'array')} asked for; --limit lists more.")
    note(f"Next: zarr-partial info {_quoted(opening.source)} --path {_quoted(entries[0].path)}")


def _quoted(text: str) -> str:
    import shlex

    return shlex.quote(text)


def _nothing_found(listing: Listing, opening: Opening) -> str:
    expected = f"expected a group with arrays at {opening.title}, found"
    if listing.broken:
        return f"{expected} only some that zarr cannot open"
    if opening.is_url:
        return (
            f"{expected} one whose store lists none: servers without a listing, as of plain HTTP, do not say "
            "what they have; name an array with --path, or consolidate the metadata where it is written"
        )
    return f"{expected} {'groups without arrays' if listing.groups else 'an empty one'}"
