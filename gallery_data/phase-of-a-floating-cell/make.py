# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "scikit-image==0.26.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "scikit-image", version = "0.26.0", requires-dist = [] }]
# ///
"""Picture and sample from the quantitative phase image of a cell that scikit-image ships.

The picture repeats its colours every few grey levels, like contour lines on a map."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import Zlib
from PIL import Image
from scipy.ndimage import gaussian_filter, zoom

HERE = Path(__file__).parent
STOPS = np.array(
    [[22, 16, 28], [187, 16, 133], [227, 75, 117], [229, 128, 119], [255, 236, 214], [22, 16, 28]]
)
LEVELS_PER_TURN = 26

source = distribution("scikit-image").locate_file("skimage/data/cell.png")
phase = np.asarray(Image.open(str(source)))

# A square around the cell, enlarged six times; smoothing keeps noise from shattering the lines.
around = gaussian_filter(phase.astype(float), 1.8)[225:525, 250:550]
fine = zoom(around, 6, order=3)
turn = (fine / LEVELS_PER_TURN) % 1 * (len(STOPS) - 1)
pixels = np.stack([np.interp(turn, np.arange(len(STOPS)), STOPS[:, band]) for band in range(3)], axis=-1)
Image.fromarray(pixels.round().astype("uint8")).save(HERE / "picture.webp", quality=88, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    zarr_format=2,
    shape=phase.shape,
    chunks=(110, 110),
    dtype="uint8",
    order="F",
    compressors=Zlib(level=9),
    overwrite=True,
)
sample[...] = phase
