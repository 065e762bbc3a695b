"""A gallery entry as values, once its file has passed the checks."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from outreach.reading import Document


@dataclass(frozen=True, slots=True)
class Array:
    """What is known of one array; `None` means not recorded. `shape` and the others count elements."""

    name: str
    shape: tuple[int, ...] | None
    chunks: tuple[int, ...] | None
    shards: tuple[int, ...] | None
    dtype: str | None
    codecs: tuple[str, ...] | None
    dims: tuple[str, ...] | None
    source: str
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Image:
    """The picture of an entry, as the entry describes it."""

    file: str
    alt: str
    credit: str
    licence: str
    source: str
    made: str


@dataclass(frozen=True, slots=True)
class Sample:
    """The small array in an entry's folder, as the entry describes it."""

    path: str
    script: str
    about: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where facts were read, and the commit or day of the copy that was read."""

    found_in: str
    url: str | None
    commit: str | None
    date: str | None


@dataclass(frozen=True, slots=True)
class Link:
    """A further page."""

    label: str
    url: str


@dataclass(frozen=True, slots=True)
class Finder:
    """Someone who showed an entry to the community before it was one."""

    name: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One checked entry; its files lie in `folder`."""

    slug: str
    folder: Path
    title: str
    kind: str
    domain: str
    summary: str
    url: str
    people: tuple[str, ...]
    year: int | None
    licence: str | None
    doi: str | None
    licence_file: str | None
    zarr_format: int | None
    added: str
    checked: str | None
    sources: tuple[Source, ...]
    links: tuple[Link, ...] = ()
    found_by: tuple[Finder, ...] = ()
    store: str | None = None
    stored: str | None = None
    array: Array | None = None
    picture: Image | None = None
    sample: Sample | None = None

    @property
    def doi_url(self) -> str | None:
        """The address that the DOI stands for."""
        return f"https://doi.org/{quote(self.doi, safe='/:;()')}" if self.doi else None


def build_entry(document: Document, folder: Path) -> Entry:
    """Return the entry that `document`, free of problems, describes."""
    data: Mapping[str, Any] = document.data
    picture, sample = data.get("picture"), data.get("sample")
    return Entry(
        slug=folder.name,
        folder=folder,
        **{name: data[name] for name in ("title", "kind", "domain", "url", "year", "licence")},
        **{name: data[name] for name in ("zarr_format", "added", "checked")},
        summary=" ".join(data["summary"].split()),
        people=tuple(data["people"]),
        doi=data.get("doi"),
        licence_file=data.get("licence_file"),
        sources=tuple(Source(**source) for source in data["sources"]),
        links=tuple(Link(**link) for link in data.get("links", [])),
        found_by=tuple(Finder(**finder) for finder in data.get("found_by", [])),
        store=data.get("store"),
        stored=data.get("stored"),
        array=_array(data.get("array")),
        picture=Image(**picture) if picture else None,
        sample=Sample(**sample) if sample else None,
    )


def _array(data: Mapping[str, Any] | None) -> Array | None:
    if not data:
        return None
    values: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in data.items()
    }
    return Array(**values)
