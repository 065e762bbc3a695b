# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "earthpy==1.0.0",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "scipy==1.18.1",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "earthpy", version = "1.0.0", requires-dist = [] }]
# ///
"""Picture and sample from the elevations of Rocky Mountain National Park that earthpy ships.

The metadata override keeps uv from installing earthpy's dependencies; Pillow reads the file."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import GZip
from PIL import Image, ImageDraw
from scipy.ndimage import zoom

HERE = Path(__file__).parent
WIDTH, HEIGHT, LINES, OVERSAMPLING = 1800, 1800, 74, 2
NIGHT, STOPS = (22, 16, 28), np.array([[187, 16, 133], [227, 75, 117], [229, 128, 119], [255, 240, 222]])

source = distribution("earthpy").locate_file("earthpy/example-data/rmnp-dem.tif")
elevation = np.asarray(Image.open(str(source))).astype("uint16")

# One line for each slice from north to south; what lies nearer hides what lies behind it.
height = (elevation - elevation.min()) / float(np.ptp(elevation))
slices = zoom(height, (LINES / height.shape[0], WIDTH / 2 / height.shape[1]), order=3).clip(0, 1)
size = WIDTH * OVERSAMPLING, HEIGHT * OVERSAMPLING
picture = Image.new("RGB", size, NIGHT)
draw = ImageDraw.Draw(picture)
x = np.linspace(0.05, 0.95, slices.shape[1]) * size[0]
taper = np.clip(np.minimum(np.arange(x.size), np.arange(x.size)[::-1]) / 60, 0, 1) ** 1.5
for number, line in enumerate(slices):
    base = size[1] * (0.21 + 0.72 * number / (LINES - 1))
    y = base - size[1] * 0.19 * (line * taper) ** 1.25
    points = list(zip(x.tolist(), y.tolist(), strict=True))
    draw.polygon([(x[0], base + 9), *points, (x[-1], base + 9)], fill=NIGHT)
    for first, second, high in zip(points, points[1:], (line * taper)[1:], strict=False):
        shade = [np.interp(high * 3, range(4), STOPS[:, band]) for band in range(3)]
        draw.line([first, second], fill=tuple(round(value) for value in shade), width=5)
picture = picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
picture.save(HERE / "picture.webp", quality=88, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    zarr_format=2,
    shape=elevation.shape,
    chunks=(32, 32),
    dtype=">u2",
    compressors=GZip(level=9),
    overwrite=True,
)
sample[...] = elevation

# gzip notes when it wrote; without that, the same numbers give the same bytes.
for file in (HERE / "sample.zarr").rglob("*"):
    if file.is_file() and file.read_bytes()[:2] == b"\x1f\x8b":
        file.write_bytes(file.read_bytes()[:4] + bytes(4) + file.read_bytes()[8:])
