# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "scikit-learn==1.9.1",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "scikit-learn", version = "1.9.1", requires-dist = [] }]
# ///
"""Picture and sample from the handwritten digits that scikit-learn ships.

The metadata override keeps uv from installing scikit-learn's dependencies; NumPy reads the file."""

import gzip
from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image
from scipy.ndimage import zoom
from zarr.codecs import GzipCodec

HERE = Path(__file__).parent
SIDE, ACROSS, DOWN, ENLARGED = 8, 20, 20, 90
STOPS = np.array([[22, 16, 28], [96, 14, 84], [187, 16, 133], [229, 110, 118], [255, 240, 222]])

source = distribution("scikit-learn").locate_file("sklearn/datasets/data/digits.csv.gz")
with gzip.open(str(source), "rt") as file:
    table = np.loadtxt(file, delimiter=",")
digits, labels = table[:, :-1].reshape(-1, SIDE, SIDE).astype("uint8"), table[:, -1].astype(int)

# Two rows of each digit, the boldest first, so that the eye finds both the order and the hands.
ink = digits.sum(axis=(1, 2), dtype=int)
per_digit = ACROSS * DOWN // 10
chosen = [np.flatnonzero(labels == digit) for digit in range(10)]
chosen = [which[np.argsort(-ink[which], kind="stable")][:per_digit] for which in chosen]
grid = digits[np.concatenate(chosen)].reshape(DOWN, ACROSS, SIDE, SIDE) / 16
large = [
    [np.clip(zoom(np.pad(each, 1), ENLARGED / (SIDE + 2), order=3), 0, 1) for each in row] for row in grid
]
shade = np.block(large) * (len(STOPS) - 1)
pixels = np.stack([np.interp(shade, np.arange(len(STOPS)), STOPS[:, band]) for band in range(3)], axis=-1)
picture = Image.fromarray(pixels.round().astype("uint8"))
picture.save(HERE / "picture.webp", quality=82, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=digits.shape,
    chunks=(64, SIDE, SIDE),
    dtype="uint8",
    compressors=GzipCodec(level=9),
    dimension_names=("digit", "y", "x"),
    overwrite=True,
)
sample[...] = digits

# gzip notes when it wrote; without that, the same numbers give the same bytes.
for file in (HERE / "sample.zarr").rglob("*"):
    if file.is_file() and file.read_bytes()[:2] == b"\x1f\x8b":
        file.write_bytes(file.read_bytes()[:4] + bytes(4) + file.read_bytes()[8:])
