"""The committed snapshot: gallery_data/freshness.json, written only by `outreach gallery freshness`."""

import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from outreach.errors import OutreachError
from outreach.gallery.freshness.records import Freshness, Link, Store, Trail
from outreach.gallery.layouts import Layout
from outreach.paths import Project
from outreach.writing import write_whole

NAME = "freshness.json"
FORMAT = 1
LENGTHS = ("shape", "chunks", "shards", "codecs", "dims")


def snapshot_path(project: Project) -> Path:
    """Return where the snapshot lies."""
    return project.gallery_data / NAME


def load_freshness(project: Project) -> Freshness:
    """Return what the last runs found, nothing if there was none.

    Raises
    ------
    OutreachError
        If the file is not what the command writes, because it was edited or merged by hand.
    """
    path = snapshot_path(project)
    if not path.is_file():
        return Freshness()
    try:
        data = json.loads(path.read_bytes())
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}")
        links = [
            Link(each.pop("url"), moved_to=each.pop("moved_to"), trail=_trail(each)) for each in data["links"]
        ]
        stores = [_store(each) for each in data["stores"]]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise OutreachError(
            f"{project.relative(path)}: expected what `outreach gallery freshness` writes, found {error!r}; "
            "take the file of the last commit, or delete it and run `outreach gallery freshness`"
        ) from error
    return Freshness({each.url: each for each in links}, {each.slug: each for each in stores})


def save_freshness(project: Project, freshness: Freshness) -> None:
    """Write `freshness` whole, sorted, in place of the last snapshot."""
    links = [
        {"url": url, "moved_to": link.moved_to, **asdict(link.trail)}
        for url, link in sorted(freshness.links.items())
    ]
    stores = [
        {
            "slug": slug,
            "document": store.document,
            **asdict(store.trail),
            "layout": asdict(store.layout) if store.layout else None,
        }
        for slug, store in sorted(freshness.stores.items())
    ]
    data = {"format": FORMAT, "links": links, "stores": stores}
    text = json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True)
    write_whole(snapshot_path(project), (text + "\n").encode())


def _store(data: dict[str, Any]) -> Store:
    layout = data.pop("layout")
    if layout is not None:
        for name in LENGTHS:
            layout[name] = None if layout[name] is None else tuple(layout[name])
        layout = Layout(**layout)
    return Store(data.pop("slug"), data.pop("document"), layout=layout, trail=_trail(data))


def _trail(data: dict[str, Any]) -> Trail:
    trail = Trail(**data)
    for day in (trail.checked, trail.first_failed, trail.last_good):
        if day is not None:
            date.fromisoformat(day)
    return trail
