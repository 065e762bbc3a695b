"""Where encoded bytes live; each kind of place is one small class with the same operations."""

from zarr_partial.sources.local import LocalSource
from zarr_partial.sources.zip import ZipSource

__all__ = ["LocalSource", "ZipSource"]
