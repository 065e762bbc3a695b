"""The commands of `zarr-partial`, one a module; none of them imports zarr before it has something to read."""
