# /// script
# requires-python = ">=3.12"
# dependencies = [
#   "sunpy==7.0.5",
#   "numcodecs==0.17.1",
#   "numpy==2.5.5",
#   "pillow==13.0.0",
#   "zarr==3.4.2",
# ]
# [tool.uv]
# dependency-metadata = [{ name = "sunpy", version = "7.0.5", requires-dist = [] }]
# ///
"""Picture and sample from a small image of the Sun that sunpy ships for its tests: one square per pixel.

The metadata override keeps uv from installing sunpy's dependencies; the FITS file is plain enough to read
by hand."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from numcodecs import Blosc, blosc
from PIL import Image

HERE = Path(__file__).parent
SIDE, BLOCK = 128, 14
STOPS = np.array(
    [[22, 16, 28], [70, 16, 62], [187, 16, 133], [227, 75, 117], [240, 150, 110], [255, 244, 226]]
)

blosc.use_threads = False  # threads store blocks in the order in which they finish
fits = Path(str(distribution("sunpy").locate_file("sunpy/data/test/aia_171_level1.fits"))).read_bytes()
# The header ends with a card "END", padded to 2880 bytes; big-endian doubles follow, bottom row first.
start = (fits.index(b"END" + b" " * 77) // 2880 + 1) * 2880
sun = np.frombuffer(fits, ">f8", SIDE * SIDE, start).reshape(SIDE, SIDE)

# The corona is faint and the active regions are bright: a logarithm shows both.
bright = np.clip(np.log10(np.clip(sun[::-1], 1, None)) / np.log10(2600), 0, 1) ** 1.9 * (len(STOPS) - 1)
colours = np.stack([np.interp(bright, np.arange(len(STOPS)), STOPS[:, band]) for band in range(3)], axis=-1)
pixels = np.kron(colours, np.ones((BLOCK, BLOCK, 1)))
pixels[::BLOCK] = pixels[:, ::BLOCK] = STOPS[0]
Image.fromarray(pixels.round().astype("uint8")).save(HERE / "picture.webp", quality=90, method=6)

sample = zarr.create_array(
    HERE / "sample.zarr",
    zarr_format=2,
    shape=sun.shape,
    chunks=(16, 16),
    dtype=">f8",
    compressors=Blosc(cname="zstd", clevel=7, shuffle=Blosc.SHUFFLE),
    overwrite=True,
)
sample[...] = sun
