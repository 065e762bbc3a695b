# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "kikuchipy==0.13.1",
#   "h5py==3.16.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "kikuchipy", version = "0.13.1", requires-dist = [] }]
# ///
"""Picture and sample from nine electron backscatter patterns of nickel that kikuchipy ships.

The metadata override keeps uv from installing kikuchipy's dependencies; h5py alone reads the file."""

from importlib.metadata import distribution
from pathlib import Path

import h5py
import numpy as np
import zarr
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

HERE = Path(__file__).parent
GRID, SIDE, ENLARGED = 3, 60, 600
STOPS = np.array(
    [[22, 16, 28], [96, 14, 84], [187, 16, 133], [227, 75, 117], [229, 128, 119], [255, 240, 222]]
)

source = distribution("kikuchipy").locate_file("kikuchipy/data/kikuchipy_h5ebsd/patterns.h5")
with h5py.File(str(source)) as file:
    patterns = file["Scan 1/EBSD/Data/patterns"][()].reshape(GRID, GRID, SIDE, SIDE)
    background = file["Scan 1/EBSD/Header/static_background"][()].astype(float)


def bands(pattern: np.ndarray) -> np.ndarray:
    """Return the Kikuchi bands, 0 to 1: the pattern without detector and broad glow, enlarged ten times."""
    level = pattern / background
    level = gaussian_filter(level / gaussian_filter(level, 8, mode="nearest"), 1.0, mode="nearest")
    fine = zoom(level, ENLARGED / SIDE, order=3)
    low, high = np.percentile(fine, [3, 99.7])
    return np.clip((fine - low) / (high - low), 0, 1)


shade = np.block([[bands(pattern.astype(float)) for pattern in row] for row in patterns]) * (len(STOPS) - 1)
pixels = np.stack([np.interp(shade, np.arange(len(STOPS)), STOPS[:, band]) for band in range(3)], axis=-1)
for edge in range(ENLARGED, GRID * ENLARGED, ENLARGED):
    pixels[edge - 1 : edge + 1] = pixels[:, edge - 1 : edge + 1] = STOPS[0]
Image.fromarray(pixels.round().astype("uint8")).save(HERE / "picture.webp", quality=86, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=patterns.shape,
    chunks=(1, 1, SIDE, SIDE),
    shards=(1, GRID, SIDE, SIDE),
    dtype="uint8",
    compressors=None,
    dimension_names=("row", "column", "y", "x"),
    overwrite=True,
)
sample[...] = patterns
