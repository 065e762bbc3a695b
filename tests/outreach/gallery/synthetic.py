"""A gallery of any size, the same one each time, for what must stay quick with a thousand entries."""

import itertools
from pathlib import Path

import numpy as np
from PIL import Image

from outreach.paths import Project

WORDS = (
    *("ocean", "wave", "reef", "ice", "cloud", "river", "forest", "soil", "cell", "nerve", "bone", "leaf"),
    *("star", "dust", "comet", "orbit", "crystal", "alloy", "grain", "signal", "gauge", "tide", "current"),
    *("storm", "drought", "glacier", "canyon", "ridge", "valley", "delta"),
)
KINDS = ("dataset", "dataset", "dataset", "tool", "viewer", "notebook", "article", "talk", "paper")
DOMAINS = ("astronomy", "bioimaging", "climate", "general", "genomics", "geospatial", "ocean", "neuroscience")
CODECS = (
    ["blosc(cname=zstd, clevel=5)"],
    ["bytes", "zstd(level=3)"],
    ["sharding_indexed", "bytes", "zstd"],
    ["gzip"],
)


def synthetic_gallery(root: Path, count: int, pictures: int) -> Project:
    """Return a checkout in `root` with `count` entries, the first `pictures` with a picture of their own."""
    random = np.random.default_rng(7)
    pairs = itertools.islice(itertools.cycle(itertools.product(WORDS, WORDS)), count)
    for number, (first, second) in enumerate(pairs):
        folder = root / "gallery_data" / f"{first}-{second}-{number}"
        folder.mkdir(parents=True)
        with_picture = number < pictures
        if with_picture:
            coarse = Image.fromarray(random.integers(0, 256, (10, 16, 3), dtype="uint8"))
            coarse.resize((960, 600), Image.Resampling.BICUBIC).save(folder / "picture.png")
        text = _entry(number, first, second, random)
        (folder / "entry.yaml").write_text(text + (PICTURE if with_picture else ""), encoding="utf-8")
    return Project(root)


PICTURE = """\
picture:
  file: picture.png
  alt: Soft spots of many colours, drawn by chance, that flow into one another.
  credit: Nobody, drawn by chance
  licence: CC0-1.0
  source: https://example.org/chance
  made: Random numbers, enlarged sixty times with smooth interpolation.
"""


def _entry(number: int, first: str, second: str, random: np.random.Generator) -> str:
    shape = random.integers(1, 40_000, 3)
    chunks = np.maximum(1, shape // random.integers(1, 30, 3))
    codecs = CODECS[number % len(CODECS)]
    shards = [int(side) * 2 for side in chunks] if "sharding_indexed" in codecs else None
    story = " ".join(random.choice(WORDS, 24).tolist())
    return f"""\
title: The {first} and the {second}, number {number}
kind: {KINDS[number % len(KINDS)]}
domain: {DOMAINS[number % len(DOMAINS)]}
summary: About {story}.
url: https://example.org/{first}/{second}/{number}
people: [Person {number % 211}, Group of the {second}]
year: {2010 + number % 16}
licence: {"CC-BY-4.0" if number % 3 else "null"}
zarr_format: {2 + number % 2}
array:
  name: {first}
  shape: {shape.tolist()}
  chunks: {chunks.tolist()}
  shards: {shards or "null"}
  dtype: {("float32", "uint16", "int8")[number % 3]}
  codecs: {codecs!r}
  dims: [time, latitude, longitude]
  source: drawn by chance
added: 2026-{1 + number % 12:02}-{1 + number % 28:02}
checked: null
sources:
  - found_in: drawn by chance
    url: null
    commit: null
    date: null
"""
