# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "scanpy==1.11.5",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "scanpy", version = "1.11.5", requires-dist = [] }]
# ///
"""Picture and sample from the simulated blood progenitors that scanpy ships.

The metadata override keeps uv from installing scanpy's dependencies; NumPy reads the file."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image
from scipy.ndimage import gaussian_filter1d
from zarr.codecs import BytesCodec, GzipCodec, TransposeCodec

HERE = Path(__file__).parent
CELL, GENE, GAP, FATES = 10, 38, 6, 4
STOPS = np.array(
    [[22, 16, 28], [96, 14, 84], [187, 16, 133], [227, 75, 117], [229, 128, 119], [255, 240, 222]]
)

source = distribution("scanpy").locate_file("scanpy/datasets/krumsiek11.txt")
cells = np.loadtxt(str(source))[:, 1:].astype("float32")

# Four runs of 160 steps, one below the other; in each, a stripe for every gene.
runs = cells.reshape(FATES, -1, cells.shape[1])
height = FATES * (cells.shape[1] * GENE) + (FATES - 1) * 4 * GAP
canvas = np.full((height, runs.shape[1] * CELL, 3), STOPS[0], dtype=float)
for number, run in enumerate(runs):
    fine = gaussian_filter1d(np.repeat(run, CELL, axis=0), CELL, axis=0)
    shade = np.clip(fine.T, 0, 1) * (len(STOPS) - 1)
    stripes = np.stack(
        [np.interp(shade, np.arange(len(STOPS)), STOPS[:, band]) for band in range(3)], axis=-1
    )
    top = number * (cells.shape[1] * GENE + 4 * GAP)
    block = np.repeat(stripes, GENE, axis=0)
    block[np.arange(len(block)) % GENE >= GENE - GAP] = STOPS[0]
    canvas[top : top + len(block)] = block
Image.fromarray(canvas.round().astype("uint8")).save(HERE / "picture.webp", quality=86, method=6)

# Genes lie innermost in memory no more: one gene over all cells is one run of bytes.
sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=cells.shape,
    chunks=(80, cells.shape[1]),
    dtype="float32",
    filters=TransposeCodec(order=(1, 0)),
    serializer=BytesCodec(endian="big"),
    compressors=GzipCodec(level=9),
    dimension_names=("cell", "gene"),
    overwrite=True,
)
sample[...] = cells

# gzip notes when it wrote; without that, the same numbers give the same bytes.
for file in (HERE / "sample.zarr").rglob("*"):
    if file.is_file() and file.read_bytes()[:2] == b"\x1f\x8b":
        file.write_bytes(file.read_bytes()[:4] + bytes(4) + file.read_bytes()[8:])
