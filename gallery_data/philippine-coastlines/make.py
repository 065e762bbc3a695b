# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "global-land-mask==1.0.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "global-land-mask", version = "1.0.0", requires-dist = [] }]
# ///
"""Picture and sample from global-land-mask: the Philippine islands with waterlines, as on old charts."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import Blosc, blosc
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter

HERE = Path(__file__).parent
PAPER, INK = np.array([250.0, 247.0, 242.0]), np.array([29.0, 20.0, 32.0])

blosc.use_threads = False  # threads store blocks in the order in which they finish
file = "global_land_mask/globe_combined_mask_compressed.npz"
with np.load(str(distribution("global-land-mask").locate_file(file))) as stored:
    # 120 pixels a degree, from 90 north and 180 west; the file marks water with True.
    north, west = (90 - 20) * 120, (180 + 114) * 120
    land = ~stored["mask"][north : north + 1800, west : west + 1800]

# Twice as many pixels, a softened outline, and lines at growing distances from the shore.
fine = gaussian_filter(np.kron(land, np.ones((2, 2))), 1.6) > 0.5
distance = distance_transform_edt(~fine)
shores = np.cumsum(np.linspace(7, 34, 26))
width = np.linspace(1.5, 0.7, 26)
lines = np.max(
    [w * np.clip(1.6 - np.abs(distance - d), 0, 1) for d, w in zip(shores, width, strict=True)], axis=0
)
fade = np.clip(1 - distance / shores[-1], 0.18, 1)
ink = np.where(fine, 1.0, np.clip(lines, 0, 1) * fade)
pixels = PAPER + (INK - PAPER) * np.clip(ink, 0, 1)[..., None]
picture = Image.fromarray(pixels.round().astype("uint8")).resize((1800, 1800), Image.Resampling.LANCZOS)
picture.save(HERE / "picture.webp", quality=86, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    zarr_format=2,
    shape=land.shape,
    chunks=(150, 150),
    dtype="bool",
    compressors=Blosc(cname="lz4", clevel=9, shuffle=Blosc.BITSHUFFLE),
    fill_value=False,
    overwrite=True,
)
sample[...] = land  # chunks of open sea equal the fill value and are not stored
