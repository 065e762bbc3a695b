"""What the suite measures, in words: which benchmark is which workload, what people call the readers.

The pages show the benchmarks that `WORKLOADS` names. All others stand in the downloads, and what they say
about the targets in the table of benchmarks/README.md.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Workload:
    """One kind of reading: a benchmark of the suite at fixed parameters.

    `rows` is what one timed call or loop delivers, so that times can be given per row; `limit` the benchmark
    and parameters of the yardstick.
    """

    slug: str
    title: str
    short: str
    benchmark: str
    fixed: tuple[tuple[str, str], ...]
    rows: int
    limit: tuple[str, tuple[tuple[str, str], ...]] | None = None


RANDOM_ROWS = "rows.RandomRowsWarm.time_256_rows"
MEMMAP_ROWS = "rows.MemmapRandomRowsWarm.time_256_rows"
CONSECUTIVE_ROWS = "rows.ConsecutiveRowsWarm.time_2000_rows"
STORED_BYTES = "sizes.StoreSize.track_stored_bytes"


def _random(per_call: str, slug: str, title: str, short: str) -> Workload:
    at = (("rows_per_call", per_call),)
    return Workload(slug, title, short, RANDOM_ROWS, at, 256, (MEMMAP_ROWS, at))


MINIBATCH = _random("256", "minibatch", "256 random rows in one call", "256 random rows")
ROW_BY_ROW = _random("1", "row-by-row", "256 random rows, one row per call", "One row per call")
SLAB = Workload("slab", "2,000 consecutive rows in one call", "2,000 in a run", CONSECUTIVE_ROWS, (), 2_000)
WORKLOADS = (MINIBATCH, ROW_BY_ROW, SLAB)

OURS = "zarr_partial"
BASELINE = "zarr-default"
LIMIT = "numpy.memmap"

READER_NAMES = {
    BASELINE: "zarr, default pipeline",
    "zarr-fused": "zarr, fused pipeline",
    "zarrs": "zarr, zarrs pipeline",
    OURS: "zarr_partial",
    LIMIT: "numpy.memmap",
}
SHORT_NAMES = {BASELINE: "zarr default", "zarr-fused": "zarr fused", "zarrs": "zarrs"}
LAYOUT_NAMES = {
    "raw": "raw chunks",
    "blosc-lz4": "Blosc lz4",
    "blosc-zstd": "Blosc zstd",
    "zstd": "zstd, whole chunks",
    "sharded-zstd": "sharded, zstd inside",
    "sharded-raw": "sharded, raw inside",
    "sharded-blosc": "sharded, Blosc inside",
}


def reader_name(reader: str) -> str:
    """Return what people call `reader`; one without a name of its own keeps the one in the suite."""
    return READER_NAMES.get(reader, reader)


def short_name(reader: str) -> str:
    """Return a name that fits beside a mark in a chart."""
    return SHORT_NAMES.get(reader, reader_name(reader))


def layout_name(layout: str) -> str:
    """Return what people call `layout`."""
    return LAYOUT_NAMES.get(layout, layout)
