"""Where encoded bytes live; each kind of place is one small class with the same operations."""

from zarr_partial.sources.local import LocalSource

__all__ = ["LocalSource"]
