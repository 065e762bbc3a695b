"""What the runs of these tests ask about: one entry, its links, its store."""

import datetime as dt
from pathlib import Path

import zarr

from outreach.gallery.freshness.snapshot import load_freshness
from outreach.paths import Project

ENTRY = """\
title: Tides of the North Sea
kind: dataset
domain: ocean
summary: "Water levels, hour by hour, on a grid of the whole North Sea: one array, cut into years."
url: https://page.example/tides
links:
  - label: Documentation
    url: https://docs.example/tides#shape
people: [Ada Example]
found_by:
  - name: Bob Example
    url: https://page.example/list
year: 2020
licence: CC-BY-4.0
doi: 10.1000/example
zarr_format: 2
store: https://store.example/data.zarr
array:
  name: level
  shape: [40, 30]
  chunks: [10, 30]
  shards: null
  dtype: <f4
  codecs: null
  dims: [time, place]
  source: the documentation of the data set
added: 2026-01-01
checked: null
sources:
  - found_in: the documentation
    url: https://docs.example/tides
    commit: null
    date: null
"""
URLS = (
    "https://page.example/tides",
    "https://docs.example/tides",
    "https://page.example/list",
    "https://doi.org/10.1000/example",
)
GROWN = "[50, 30]; found [40, 30]: the array has grown; write the new shape [grew]"
FIRST, SECOND, THIRD = (dt.date(2026, 11, day) for day in (15, 22, 29))


def store(folder: Path, shape: tuple[int, ...] = (40, 30), chunks: tuple[int, ...] = (10, 30)) -> None:
    group = zarr.open_group(folder / "data.zarr", mode="w", zarr_format=2)
    group.create_array("level", shape=shape, chunks=chunks, dtype="<f4")


def states(project: Project) -> dict[str, str]:
    return {url: link.trail.state for url, link in load_freshness(project).links.items()}
