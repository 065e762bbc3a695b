# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "logomaker==0.8.7",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "logomaker", version = "0.8.7", requires-dist = [] }]
# ///
"""Picture and sample from the binding sites of a bacterial protein that logomaker ships.

The metadata override keeps uv from installing logomaker's dependencies; the file is plain text."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image
from zarr.codecs import ZstdCodec

HERE = Path(__file__).parent
LETTERS = "ACGT"
CELL, GAP, ROWS = 64, 3, 26
COLOURS = np.array([[229, 128, 119], [255, 240, 222], [96, 14, 84], [225, 35, 116]])
NIGHT = np.array([22, 16, 28])

source = distribution("logomaker").locate_file("logomaker/examples/datafiles/crp_sites.fa")
lines = Path(str(source)).read_text().splitlines()
words = [line.strip().upper() for line in lines if line.strip() and line[0] not in ">#"]
sites = np.array([[LETTERS.index(letter) for letter in word] for word in words], dtype="uint8")

# The sites that come nearest to the common word stand above; columns where all agree become stripes.
counts = np.stack([(sites == letter).sum(axis=0) for letter in range(4)])
common = counts / len(sites)
score = np.log2(common[sites, np.arange(sites.shape[1])] + 1e-3).sum(axis=1)
order = np.argsort(-score, kind="stable")
best = sites[order][np.linspace(0, len(sites) - 1, ROWS).astype(int)]
information = np.clip(2 + (common * np.log2(common + 1e-9)).sum(axis=0), 0, 2) / 2
strength = 0.22 + 0.78 * np.clip(information / information.max(), 0, 1) ** 0.6
agrees = best == common.argmax(axis=0)
weight = np.where(agrees, strength, strength * 0.55)[..., None]
cells = NIGHT + (COLOURS[best] - NIGHT) * weight
pixels = np.repeat(np.repeat(cells, CELL, axis=0), CELL, axis=1)
edge = np.arange(max(pixels.shape[:2])) % CELL >= CELL - GAP
pixels[edge[: pixels.shape[0]]] = NIGHT
pixels[:, edge[: pixels.shape[1]]] = NIGHT
Image.fromarray(pixels.round().astype("uint8")).save(HERE / "picture.webp", quality=88, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=sites.shape,
    chunks=(25, sites.shape[1]),
    shards=(100, sites.shape[1]),
    dtype="uint8",
    compressors=ZstdCodec(level=19),
    dimension_names=("site", "position"),
    attributes={"letters": LETTERS},
    overwrite=True,
)
sample[...] = sites
