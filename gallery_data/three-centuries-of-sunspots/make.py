# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "statsmodels==0.15.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "statsmodels", version = "0.15.0", requires-dist = [] }]
# ///
"""Picture and sample from the yearly sunspot numbers that statsmodels ships.

The metadata override keeps uv from installing statsmodels' dependencies; NumPy reads the file."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image, ImageDraw
from zarr.codecs import ZstdCodec

HERE = Path(__file__).parent
SIZE, OVERSAMPLING, CYCLE = 1800, 2, 11.05
NIGHT, STOPS = (22, 16, 28), np.array([[84, 18, 78], [187, 16, 133], [229, 128, 119], [255, 240, 222]])

source = distribution("statsmodels").locate_file("statsmodels/datasets/sunspots/sunspots.csv")
years, counts = np.loadtxt(str(source), delimiter=",", skiprows=1, unpack=True)

# A spiral that turns once in 11.05 years: what recurs with the Sun's cycle lies on the same side.
turns = (years - years[0]) / CYCLE
width = SIZE * OVERSAMPLING
picture = Image.new("RGB", (width, width), NIGHT)
draw = ImageDraw.Draw(picture)
radius = width * (0.075 + 0.385 * (turns / turns.max()) ** 0.8)
angle = 2 * np.pi * turns - np.pi / 2
for away, around, count in zip(radius, angle, counts, strict=True):
    x, y = width / 2 + away * np.cos(around), width / 2 + away * np.sin(around)
    size = width * (0.0016 + 0.0175 * np.sqrt(count / counts.max()) * (0.55 + 0.45 * away / radius.max()))
    shade = [np.interp(count / counts.max() * 3, range(4), STOPS[:, band]) for band in range(3)]
    draw.ellipse((x - size, y - size, x + size, y + size), fill=tuple(round(value) for value in shade))
picture = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
picture.save(HERE / "picture.webp", quality=90, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=counts.shape,
    chunks=(11,),
    shards=(110,),
    dtype="float32",
    compressors=ZstdCodec(level=9),
    dimension_names=("year",),
    attributes={"first_year": int(years[0])},
    overwrite=True,
)
sample[...] = counts
