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
"""Picture and sample from the photograph of a retina that scikit-image ships.

The picture is the whole photograph; the sample is the optic disc, uncompressed."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image

HERE = Path(__file__).parent

source = distribution("scikit-image").locate_file("skimage/data/retina.jpg")
retina = np.asarray(Image.open(str(source)).convert("RGB"))
Image.fromarray(retina).save(HERE / "picture.webp", quality=92, method=6)

disc = retina[480:960, 90:570]
sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=disc.shape,
    chunks=(96, 96, 3),
    dtype="uint8",
    compressors=None,
    dimension_names=("y", "x", "colour"),
    overwrite=True,
)
sample[...] = disc
