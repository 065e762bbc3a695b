"""The package as it is when it is installed: with its entry point."""

import os
from importlib.metadata import entry_points
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
ENTRY_POINT = "[zarr.codec_pipeline]\nzarr_partial = zarr_partial:PartialCodecPipeline\n"


@pytest.fixture(scope="session")
def installed(tmp_path_factory):
    """Return the environment of a process that finds this clone, and its entry point."""
    paths = [str(ROOT)]
    if not any(
        entry.value.startswith("zarr_partial:") for entry in entry_points(group="zarr.codec_pipeline")
    ):
        # An environment that was made before there was one.
        folder = tmp_path_factory.mktemp("metadata")
        about = folder / "zarr_partial_entry_point-0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: zarr-partial-entry-point\nVersion: 0\n")
        (about / "entry_points.txt").write_text(ENTRY_POINT)
        paths.append(str(folder))
    variables = {name: value for name, value in os.environ.items() if not name.startswith("ZARR_")}
    return variables | {"PYTHONPATH": os.pathsep.join(paths)}
