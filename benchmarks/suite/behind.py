"""zarr.Array with our codec pipeline against the same array with zarr's own pipelines and with zarrs.

All four pay for zarr's indexing and for its event loop; what differs is how chunks are read. Page cache warm.
"""

import dataclasses
from pathlib import Path
from typing import Any

from zarr.registry import register_pipeline

from . import places
from .data import source_rows
from .fields import source_cube, source_volume
from .layouts import CUBE, ONE_OF_A_KIND, ROWS, VOLUME
from .readers import READERS, Reader, installed, zarr_behind
from .workload import FEWER, SCALE, Checked, fewer

OUR_PIPELINE = zarr_behind("zarr_partial.PartialCodecPipeline")


def _open(path: Path) -> Any:
    pipeline = getattr(installed("zarr_partial"), "PartialCodecPipeline", None)
    if pipeline is None:
        raise NotImplementedError("this version of zarr_partial has no codec pipeline yet")
    # zarr finds it by the entry point of the installed package; a checkout may be older than that.
    register_pipeline(pipeline)
    return OUR_PIPELINE.open(path)


PIPELINES: dict[str, Reader] = {
    **{name: READERS[name] for name in ("zarr-default", "zarr-fused", "zarrs")},
    "zarr_partial pipeline": dataclasses.replace(OUR_PIPELINE, open=_open),
}

# Single rows take zarr's default pipeline so long that one layout of each kind must do, and none at first.
ONE_BY_ONE = {"raw", "blosc-lz4", "sharded-zstd"}
ROWS_PER_CALL = [256] if SCALE.name == "quick" else [1, 256]


class BehindZarrRowsWarm(Checked):
    """256 random rows of 4 KB by zarr.Array: one call for all of them, or one call for each."""

    params = [fewer(ROWS.layouts, "raw"), list(PIPELINES), ROWS_PER_CALL]  # noqa: RUF012
    param_names = ["layout", "pipeline", "rows_per_call"]  # noqa: RUF012

    def setup(self, layout: str, pipeline: str, rows_per_call: int) -> None:
        if rows_per_call == 1 and layout not in ONE_BY_ONE:
            raise NotImplementedError("single rows take minutes here; another layout of the kind tells")
        draw = places.one_by_one(SCALE) if rows_per_call == 1 else places.batch(SCALE)
        self.open(PIPELINES[pipeline], ROWS.store(layout, SCALE), source_rows(SCALE), draw)

    def time_256_rows(self, _layout: str, pipeline: str, rows_per_call: int) -> None:
        ask = PIPELINES[pipeline].read if rows_per_call == 1 else PIPELINES[pipeline].rows
        self.found = [ask(self.array, place) for place in self.places]


class BehindZarrPatchesWarm(Checked):
    """Eight random boxes of a volume by zarr.Array, one call each."""

    params = [fewer(VOLUME.layouts, "blosc-64"), list(PIPELINES)]  # noqa: RUF012
    param_names = ["layout", "pipeline"]  # noqa: RUF012

    def setup(self, layout: str, pipeline: str) -> None:
        store = VOLUME.store(layout, SCALE)
        self.open(PIPELINES[pipeline], store, source_volume(SCALE), places.patches(SCALE))

    def time_8_patches(self, _layout: str, pipeline: str) -> None:
        self.found = [PIPELINES[pipeline].read(self.array, place) for place in self.places]


class BehindZarrSeriesWarm(Checked):
    """All times at eight random points of a map by zarr.Array, one call each."""

    params = [fewer(CUBE.layouts, "raw-maps"), list(PIPELINES)]  # noqa: RUF012
    param_names = ["layout", "pipeline"]  # noqa: RUF012

    def setup(self, layout: str, pipeline: str) -> None:
        store = CUBE.store(layout, SCALE)
        self.open(PIPELINES[pipeline], store, source_cube(SCALE), places.series(SCALE))

    def time_8_series(self, _layout: str, pipeline: str) -> None:
        self.found = [PIPELINES[pipeline].read(self.array, place) for place in self.places]


class BehindZarrScanWarm(Checked):
    """All rows by zarr.Array in one call."""

    repeat = FEWER
    params = [fewer(ONE_OF_A_KIND, "zstd"), list(PIPELINES)]  # noqa: RUF012
    param_names = ["layout", "pipeline"]  # noqa: RUF012

    def setup(self, layout: str, pipeline: str) -> None:
        self.open(PIPELINES[pipeline], ROWS.store(layout, SCALE), source_rows(SCALE), places.everything)

    def time_all(self, _layout: str, pipeline: str) -> None:
        self.found = [PIPELINES[pipeline].read(self.array, place) for place in self.places]
