"""What the smallest independently readable unit of a chunk is, and how to get at it."""

from zarr_partial.access.blosc import Blosc, BloscFrames
from zarr_partial.access.raw import Raw
from zarr_partial.access.shard import Shard
from zarr_partial.access.whole import Whole

__all__ = ["Access", "Blosc", "BloscFrames", "Raw", "Shard", "Whole"]

Access = Raw | Blosc | Shard | Whole
