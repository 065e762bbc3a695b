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
"""Picture and sample from the weekly carbon dioxide record of Mauna Loa that statsmodels ships.

The metadata override keeps uv from installing statsmodels' dependencies; NumPy reads the file."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image, ImageDraw

HERE = Path(__file__).parent
SIZE, OVERSAMPLING = 1800, 2
PAPER, STOPS = (255, 255, 255), np.array([[229, 128, 119], [227, 75, 117], [187, 16, 133], [40, 12, 52]])

source = distribution("statsmodels").locate_file("statsmodels/datasets/co2/co2.csv")
table = np.genfromtxt(str(source), delimiter=",", skip_header=1, dtype=[("day", "U8"), ("co2", "f4")])
days = np.array([f"{day[:4]}-{day[4:6]}-{day[6:]}" for day in table["day"]], dtype="datetime64[D]")
level = table["co2"]

# Once around is a year, outwards is more; weeks without a value are bridged in the picture only.
known = np.isfinite(level)
weeks = np.arange(level.size)
fine = np.linspace(0, level.size - 1, level.size * 6)
smooth = np.interp(fine, weeks[known], np.convolve(level[known], np.ones(5) / 5, mode="same"))[18:-18]
year = 1970 + np.interp(fine, weeks, days.astype(float))[18:-18] / 365.2425
low, high = smooth.min(), smooth.max()
width = SIZE * OVERSAMPLING
radius = width * (0.07 + 0.38 * (smooth - low) / (high - low))
angle = 2 * np.pi * (year % 1) - np.pi / 2
x, y = width / 2 + radius * np.cos(angle), width / 2 + radius * np.sin(angle)
picture = Image.new("RGB", (width, width), PAPER)
draw = ImageDraw.Draw(picture)
for number in range(len(x) - 1):
    age = number / (len(x) - 2) * 3
    shade = tuple(round(np.interp(age, range(4), STOPS[:, band])) for band in range(3))
    draw.line((x[number], y[number], x[number + 1], y[number + 1]), fill=shade, width=9)
    draw.ellipse((x[number] - 4, y[number] - 4, x[number] + 4, y[number] + 4), fill=shade)
picture = picture.resize((SIZE, SIZE), Image.Resampling.LANCZOS)
picture.save(HERE / "picture.webp", quality=90, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    zarr_format=2,
    shape=level.shape,
    chunks=(104,),
    dtype="<f4",
    fill_value=np.nan,
    compressors=None,
    attributes={"first_week": str(days[0]), "unit": "ppmv"},
    overwrite=True,
)
sample[...] = level
