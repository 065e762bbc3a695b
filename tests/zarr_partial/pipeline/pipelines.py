"""Opening one array behind several pipelines, and finding out who read its chunks."""

import contextlib
import logging

import zarr
from zarr.registry import register_pipeline

import zarr_partial as zp

DEFAULT = "zarr.core.codec_pipeline.BatchedCodecPipeline"
OURS = "zarr_partial.PartialCodecPipeline"

# As the entry point of an installed package does.
register_pipeline(zp.PartialCodecPipeline)


def behind(pipeline, source, **options):
    """Open an array, or several of a group, behind a pipeline."""
    with zarr.config.set({"codec_pipeline.path": pipeline}):
        array = zarr.open_array(source, **{"mode": "r", **options})
    assert f"{type(array.async_array.codec_pipeline).__module__}." in pipeline
    return array


@contextlib.contextmanager
def left_to_zarr(caplog):
    """Collect what the pipeline says of chunks that zarr reads, because we failed to."""
    with caplog.at_level(logging.DEBUG, "zarr_partial.pipelining.batch"):
        caplog.clear()
        said = []
        yield said
        said += [record.getMessage() for record in caplog.records if record.name.startswith("zarr_partial")]
