"""What reads chunks for `zarr.Array`, behind `PartialCodecPipeline`."""
