# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "scikit-image==0.26.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "scikit-image", version = "0.26.0", requires-dist = [] }]
# ///
"""Picture and multiscale sample from the photograph of the cat Chelsea that scikit-image ships.

The picture shows what a viewer loads that looks at her eyes: fine levels there, coarse ones around."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import Blosc, blosc
from PIL import Image

HERE = Path(__file__).parent
LEVELS, SIDE, ENLARGED = 5, 16, 5
EYES = np.array([[0.42, 0.36], [0.40, 0.62]]) * (288, 448)
# Chunks whose middle is farther than this from the nearer eye, in pixels, come from a coarser level.
REACH = (48, 86, 124, 162)

blosc.use_threads = False  # threads store blocks in the order in which they finish
source = distribution("scikit-image").locate_file("skimage/data/chelsea.png")
cat = np.asarray(Image.open(str(source)).convert("RGB"))[6:294, 2:450].astype(float)

levels = [cat]
for _ in range(LEVELS - 1):
    height, width, bands = levels[-1].shape
    levels.append(levels[-1].reshape(height // 2, 2, width // 2, 2, bands).mean(axis=(1, 3)))

canvas = np.zeros((cat.shape[0] * ENLARGED, cat.shape[1] * ENLARGED, 3))
for top in range(0, cat.shape[0], SIDE):
    for left in range(0, cat.shape[1], SIDE):
        middle = np.array([top, left]) + SIDE / 2
        away = np.hypot(*(EYES - middle).T).min()
        number = sum(away > reach for reach in REACH)
        step = 2**number
        part = levels[number][top // step : (top + SIDE) // step, left // step : (left + SIDE) // step]
        large = part.repeat(step * ENLARGED, axis=0).repeat(step * ENLARGED, axis=1)
        canvas[top * ENLARGED : (top + SIDE) * ENLARGED, left * ENLARGED : (left + SIDE) * ENLARGED] = large
picture = Image.fromarray(canvas.round().astype("uint8"))
picture.save(HERE / "picture.webp", quality=88, method=6)

# OME-Zarr 0.4: a group of Zarr format 2 whose attributes name the levels.
group = zarr.create_group(HERE / "sample.zarr", zarr_format=2, overwrite=True)
datasets = []
for number, level in enumerate(levels):
    array = group.create_array(
        str(number),
        shape=(3, *level.shape[:2]),
        chunks=(1, min(96, level.shape[0]), min(112, level.shape[1])),
        dtype="uint8",
        compressors=Blosc(cname="zstd", clevel=7, shuffle=Blosc.BITSHUFFLE),
        chunk_key_encoding={"name": "v2", "separator": "/"},
    )
    array[...] = np.moveaxis(level.round().astype("uint8"), -1, 0)
    scale = [{"type": "scale", "scale": [1.0, 2.0**number, 2.0**number]}]
    datasets.append({"path": str(number), "coordinateTransformations": scale})
axes = [{"name": "c", "type": "channel"}, *({"name": name, "type": "space"} for name in ("y", "x"))]
group.update_attributes(
    {"multiscales": [{"version": "0.4", "name": "Chelsea", "axes": axes, "datasets": datasets}]}
)
