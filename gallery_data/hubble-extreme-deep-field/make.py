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
"""Picture and sample from the Hubble eXtreme Deep Field as scikit-image ships it, every pixel as it is.

The picture is the whole image; the sample is its middle."""

from importlib.metadata import distribution
from pathlib import Path

import numpy as np
import zarr
from PIL import Image
from zarr.codecs import ZstdCodec

HERE = Path(__file__).parent

source = distribution("scikit-image").locate_file("skimage/data/hubble_deep_field.jpg")
field = np.asarray(Image.open(str(source)).convert("RGB"))
Image.fromarray(field).save(HERE / "picture.webp", quality=93, method=6)

part = field[109:763, 125:875]
sample = zarr.create_array(
    HERE / "sample.zarr",
    shape=part.shape,
    chunks=(109, 125, 3),
    dtype="uint8",
    compressors=ZstdCodec(level=19),
    dimension_names=("y", "x", "colour"),
    overwrite=True,
)
sample[...] = part
