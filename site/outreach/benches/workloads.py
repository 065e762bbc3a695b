"""What the suite measures, in words: every benchmark of it stands on one page of the dashboard."""

from dataclasses import replace

from outreach.benches.names import BASELINE, LIMIT, OURS
from outreach.benches.panels import Fixed, Panel, Workload
from outreach.benches.quantities import MEMORY, RATE, REQUESTS, STORED

__all__ = ["BASELINE", "LIMIT", "MINIBATCH", "OURS", "ROW_BY_ROW", "SLAB", "STORED_BYTES", "WORKLOADS"]

RANDOM_ROWS = "rows.RandomRowsWarm.time_256_rows"
MEMMAP_ROWS = "rows.MemmapRandomRowsWarm.time_256_rows"
STORED_BYTES = "sizes.StoreSize.track_stored_bytes"
PEAK_PRIVATE = "memory.PeakMemoryWarm.track_private_growth"
PEAK_RESIDENT = "memory.PeakMemoryWarm.track_resident_growth"


def _random(per_call: str, slug: str, title: str, short: str, about: str) -> Panel:
    at: Fixed = (("rows_per_call", per_call),)
    return Panel(
        slug, title, short, RANDOM_ROWS, about, fixed=at, count=256, per="row", limit=(MEMMAP_ROWS, at)
    )


MINIBATCH = _random(
    "256", "minibatch", "256 random rows in one call", "256 random rows",
    "A training loop asks for a shuffled batch: 256 rows from all over the array, in one call.",
)  # fmt: skip
ROW_BY_ROW = _random(
    "1", "row-by-row", "256 random rows, one row per call", "One row per call",
    "The same 256 rows, asked for one at a time, as a Dataset with __getitem__ does. "
    "No call can help another, and what a call costs before it reads anything counts in full.",
)  # fmt: skip
SLAB = Panel(
    "slab", "2,000 consecutive rows in one call", "2,000 in a run", "rows.ConsecutiveRowsWarm.time_2000_rows",
    "Rows that follow each other, from anywhere. Nearly every byte of the chunks is wanted, "
    "so reading parts of them has little to spare: this is where partial reading should not lose.",
    count=2_000, per="row",
)  # fmt: skip
MANY = Panel(
    "many", "8,192 random rows in one call", "8,192 random rows", "rows.ManyRandomRowsWarm.time_8192_rows",
    "A twelfth of all rows, so every chunk is touched, and most Blosc blocks with "
    "them.", count=8_192, per="row",
)  # fmt: skip
ONE_RAW_ROW = Panel(
    "one-raw-row", "One row of raw chunks, arr[i]", "One raw row", "rows.OneRawRowWarm.time_256_rows",
    "What a call costs in itself: each row on its own, its number a Python int or a NumPy int64. "
    "The readers that need half a millisecond for it are in the chart above.",
    groups="number", count=256, per="row", baseline="tensorstore",
)  # fmt: skip
INTO_OUT = Panel(
    "into-out", "256 random rows into an array that is there", "256 rows into out",
    "rows.RandomRowsIntoOutWarm.time_rows", "As loaders do; read(out=) and take(out=) of zarr_partial.",
    series="call", fixed=(("rows", "256"),), count=256, per="row", baseline=None, judged=False, all_ours=True,
)  # fmt: skip
SCAN = Panel(
    "all", "The whole array in one call", "Whole array", "rows.FullScanWarm.time_all",
    "400 MB at the full scale. Every byte is wanted; what counts is decoding in threads and not copying "
    "twice.",
    per="array",
)  # fmt: skip
PATCHES = Panel(
    "patches", "Random patches of a volume", "Patches of a "
    "volume", "patches.RandomPatchesWarm.time_8_patches",
    "Boxes of 32 × 64 × 64 voxels of a uint16 volume, eight of them, one call each, as a segmentation "
    "network is trained on them.", count=8, per="patch",
)  # fmt: skip
SERIES = Panel(
    "series", "Time series at points of a map", "Point series", "series.PointSeriesWarm.time_8_series",
    "All times at eight random cells of a float32 cube, one call each, as a climate analysis asks for them. "
    "Chunks that are maps hold one value in 8,100 of what is asked for, chunks that are series one in 100.",
    count=8, per="series",
)  # fmt: skip
COLD = Panel(
    "cold", "1,024 random rows, nothing in memory", "Cold page cache", "cold.RandomRowsCold.time_1024_rows",
    "Before every call the array is closed and its files are evicted from the page cache, one by one.",
    count=1_024, per="row",
)  # fmt: skip
FIRST_REMOTE = Panel(
    "first", "64 random rows, the first read of an array", "Over HTTP, first read",
    "remote.FirstRemoteRowsWarm.time_64_rows",
    "Indexes of shards and headers of Blosc chunks must be fetched too; connections are open.",
    per="read", baseline="zarr-default, fsspec",
)  # fmt: skip
LATER_REMOTE = Panel(
    "later", "64 random rows, a later read", "Over HTTP, later "
    "read", "remote.LaterRemoteRowsWarm.time_64_rows",
    "zarr_partial keeps indexes and headers; the other readers ask again, so that the chart above holds "
    "for them.",
    per="read", baseline=None, judged=False, all_ours=True,
)  # fmt: skip
REMOTE_REQUESTS = Panel(
    "requests", "Requests of the first read", "Requests", "traffic.RemoteTraffic.track_requests",
    "As the server counts them, opening not included.", quantity=REQUESTS, baseline="zarr-default, fsspec",
    judged=False,
)  # fmt: skip
REMOTE_BYTES = replace(
    REMOTE_REQUESTS, slug="bytes", title="Bytes of the first read", short="Bytes read", quantity=STORED,
    benchmark="traffic.RemoteTraffic.track_bytes", about="Bodies that the server sent.",
)  # fmt: skip


def _traffic(of: str, benchmark: str) -> tuple[Panel, Panel]:
    about = (
        "Counted by a server, because no process can count what another library maps: the same parts of the "
        "same files are read on a local disk, where asking again costs little."
    )
    asked = replace(
        REMOTE_REQUESTS, title=f"Requests for one {of}", benchmark=f"traffic.{benchmark}.track_requests",
        about=about,
    )  # fmt: skip
    came = replace(
        REMOTE_BYTES, title=f"Bytes for one {of}", benchmark=f"traffic.{benchmark}.track_bytes", about="",
    )  # fmt: skip
    return asked, came


ZIP = Panel(
    "zip", "256 random rows from a ZIP file", "From a ZIP file", "zipped.RandomRowsFromZipWarm.time_256_rows",
    "Members are stored as they are, as ZipStore and zip -0 do.", count=256, per="row",
)  # fmt: skip
ZIP_OURS = Panel(
    "zip-and-directory", "The same by zarr_partial, directory and ZIP file", "ZIP and directory",
    "rows.RandomRowsInZipWarm.time_256_rows", series="place", count=256, per="row", baseline=None,
    judged=False, all_ours=True,
)  # fmt: skip
CELLS = Panel(
    "random-cells", "256 random cells of a sparse matrix", "Random "
    "cells", "cells.RandomCellsWarm.time_256_cells",
    "Rows of the matrix X as anndata stores it: CSR, one count in twenty.", count=256, per="row",
    baseline="anndata",
)  # fmt: skip
CELLS_SLAB = Panel(
    "consecutive-cells", "A twentieth of all cells, one after the other", "Consecutive cells",
    "cells.ConsecutiveCellsWarm.time_slab", "Nearly all that is decoded is wanted.", per="read",
    baseline="anndata",
)  # fmt: skip
SHUFFLED = Panel(
    "shuffled", "Batches shuffled row by row", "Shuffled batches",
    "training.ShuffledBatchesWarm.track_rows_per_second",
    "Batches of 256 rows as tensors; every row once an epoch, any row in any batch. One epoch, or its first "
    "seconds, so there is one number each and no interval.",
    series="loader", quantity=RATE, baseline="DataLoader, zarr",
)  # fmt: skip
BLOCKS = replace(
    SHUFFLED, slug="blocks", title="Batches shuffled by blocks of 512 rows", short="Batches by blocks",
    benchmark="training.BlockBatchesWarm.track_rows_per_second", baseline="annbatch",
    about="Blocks are shuffled, and the rows of 16 of them at a time: less random, and faster.",
)  # fmt: skip


def _behind(slug: str, title: str, of: Panel, method: str, **fixed: str) -> Panel:
    return replace(
        of, slug=slug, title=title, short=f"Pipeline: {of.short}", benchmark=f"behind.{method}", about="",
        series="pipeline", fixed=tuple(fixed.items()), limit=None,
    )  # fmt: skip


CACHED = Panel(
    "warm", "256 random rows, all decoded before", "Warm caches", "cached.RandomRowsCachedWarm.time_256_rows",
    "Caches of 1 GiB that hold the whole array decoded. numpy.take reads the same rows from memory: the "
    "limit.",
    count=256, per="row", baseline="tensorstore",
)  # fmt: skip
OWN_ROWS = Panel(
    "random", "256 random rows, each format by its own reader", "Other formats, random rows",
    "own_formats.RandomRowsInOwnFormatsWarm.time_256_rows",
    "numpy.memmap on one .npy file has no chunks, codecs or metadata to look at. h5py is asked row by row, "
    "which is its faster way.", series="format", groups=None, count=256, per="row", baseline="h5py, "
    "contiguous",
)  # fmt: skip
OWN_SLAB = replace(
    OWN_ROWS, slug="consecutive", title="2,000 consecutive rows, each format by its own reader",
    short="Other formats, consecutive rows", about="", count=2_000,
    benchmark="own_formats.ConsecutiveRowsInOwnFormatsWarm.time_2000_rows",
)  # fmt: skip


def _peak(slug: str, benchmark: str, what: str, title: str, about: str) -> Panel:
    return Panel(slug, title, title, benchmark, about, fixed=(("what", what),), quantity=MEMORY, judged=False)


PRIVATE = "Belongs to the process alone: what a reader can run out of."
RESIDENT = (
    "Counts pages of mapped files too, which the page cache holds anyway and the kernel takes back: "
    "for readers that map files this is no need of memory."
)
PEAKS = (
    _peak("private-few", PEAK_PRIVATE, "few rows", "Private memory while 200 rows are read", PRIVATE),
    _peak("private-all", PEAK_PRIVATE, "all", "Private memory while all rows are read", PRIVATE),
    _peak("resident-few", PEAK_RESIDENT, "few rows", "Resident memory while 200 rows are read", RESIDENT),
    _peak("resident-all", PEAK_RESIDENT, "all", "Resident memory while all rows are read", RESIDENT),
)


def _size(slug: str, title: str, benchmark: str) -> Panel:
    return Panel(
        slug,
        title,
        title,
        benchmark,
        series="layout",
        groups=None,
        quantity=STORED,
        baseline=None,
        judged=False,
    )


OPEN = Panel(
    "open", "Open an array by its path", "Open", "opening.OpenWarm.time_open",
    "Metadata are read and parsed; no chunk is touched.", per="open",
)  # fmt: skip
IMPORT_ZARR = Panel(
    "import-zarr", "import zarr, in a fresh process", "import zarr", "opening.ImportWarm.timeraw_zarr",
    series=None, groups=None, baseline=None, judged=False,
)  # fmt: skip
IMPORT_OURS = replace(
    IMPORT_ZARR, slug="import-zarr-partial", title="from zarr_partial import open, after import zarr",
    short="import "
    "zarr_partial", benchmark="opening.ImportWarm.timeraw_zarr_partial_after_zarr", all_ours=True,
)  # fmt: skip
XARRAY = replace(
    MINIBATCH, slug="xarray", title="256 random rows through Xarray", short="Through Xarray", limit=None,
    benchmark="through_xarray.RandomRowsThroughXarrayWarm.time_256_rows", fixed=(),
    about="A lazily indexed variable, by isel. What Xarray costs is in every number.",
)  # fmt: skip
DASK = Panel(
    "dask", "The largest value of every column, through Dask", "Through Dask",
    "through_dask.MaximumThroughDaskWarm.time_maximum",
    "On threads, in blocks of Dask's own choice. What Dask costs is in every number.", per="reduction",
)  # fmt: skip


def _virtual(reader: str, name: str) -> Panel:
    return Panel(
        f"virtual-{reader.replace('_', '-')}", f"256 random rows from virtual chunks, by {name}",
        f"Virtual chunks, {name}", "virtual.VirtualRowsWarm.time_256_rows",
        "The array as stored, and shown in chunks of one row and of ten by virtual_chunks.",
        series="chunks", fixed=(("reader", reader),), count=256, per="row", baseline="as "
        "stored", judged=False,
    )  # fmt: skip


def _limit(slug: str, title: str, name: str, rows: str) -> Panel:
    return Panel(
        f"{slug}-{rows}", f"{title}, {int(rows):,} rows", title, f"limits.{name}", series="threads",
        fixed=(("rows", rows),), count=int(rows), per="row", baseline=None, judged=False,
        all_ours=slug == "by-threads",
    )  # fmt: skip


TAKE = Panel(
    "take", "numpy.take on the array in memory", "numpy.take", "limits.TakeInMemoryWarm.time_rows",
    "The limit for raw chunks. NumPy buffers an output while an index may be out of bounds; with "
    "mode=clip it "
    "does not.", series="result", groups="rows", baseline=None, judged=False, per="call",
)  # fmt: skip

WORKLOADS = (
    Workload(
        "rows", "Random rows", "A few rows from all over a big table: how long does each take?",
        (MINIBATCH, ROW_BY_ROW, MANY, ONE_RAW_ROW, INTO_OUT),
        "The limit is numpy.memmap on one .npy file with the same rows: no chunks, no codec, no metadata. "
        "Its single rows are copied, because a view that nobody touched is no read.",
    ),
    Workload("consecutive", "Consecutive rows", "A slab from the middle: is anything lost?", (SLAB,)),
    Workload("scan", "Full scan", "The whole array at once: is anything lost?", (SCAN,)),
    Workload("patches", "Patches of a volume", "Small boxes of a microscopy volume: how long does each "
    "take?", (PATCHES, *_traffic("patch", "PatchTraffic"))),
    Workload("series", "Point time series", "All times at one place of a climate cube: how long does that "
    "take?", (SERIES, *_traffic("series", "SeriesTraffic"))),
    Workload(
        "cold", "Cold page cache", "The first read after a restart, when nothing is in memory: what does "
        "the disk add?", (COLD,),
        "Only the page cache of this system is emptied. A virtual machine's host, or the disk, may hold the "
        "data in a cache of its own.",
    ),
    Workload(
        "remote", "Over HTTP, 20 ms away", "Rows of an array in an object store: what do round trips cost?",
        (FIRST_REMOTE, LATER_REMOTE, REMOTE_REQUESTS, REMOTE_BYTES),
        "A process on the same machine waits 20 ms before every answer. Latency is as over a network, "
        "bandwidth is not, which favours readers that fetch whole chunks. zarr and zarr_partial read through "
        "the same store, fsspec's or obstore's, and share its connections; tensorstore has an HTTP client of "
        "its own.",
    ),
    Workload(
        "zip", "In a ZIP file", "An array in one file: is anything lost?", (ZIP, ZIP_OURS),
        "zarr reads through its ZipStore, tensorstore through its zip driver. zarrs reads no archives and "
        "is left out.",
    ),
    Workload("cells", "Cells of AnnData", "Rows of a sparse single-cell matrix: how long does each "
    "take?", (CELLS, CELLS_SLAB)),
    Workload(
        "training", "Training loaders", "Shuffled batches of tensors: how many rows a second?",
        (SHUFFLED, BLOCKS),
        "annbatch reads through the zarrs pipeline, as its documentation asks for; it draws single rows and "
        "reads 8,192 of them at once. Nothing is done with a batch. PyTorch must be installed, or all of "
        "this "
        "is skipped.",
    ),
    Workload(
        "behind-zarr", "Behind zarr.Array", "The same zarr.Array with another codec pipeline: what does "
        "that gain?",
        (_behind("behind-rows", "256 random rows in one call", MINIBATCH, "BehindZarrRowsWarm.time_256_rows",
                 rows_per_call="256"),
         _behind("behind-row-by-row", "256 random rows, one row per call", ROW_BY_ROW,
                 "BehindZarrRowsWarm.time_256_rows", rows_per_call="1"),
         _behind("behind-patches", "Random patches of a volume", PATCHES,
                 "BehindZarrPatchesWarm.time_8_patches"),
         _behind("behind-series", "Time series at points of a map", SERIES,
                 "BehindZarrSeriesWarm.time_8_series"),
         _behind("behind-scan", "The whole array in one call", SCAN, "BehindZarrScanWarm.time_all")),
        "All pay for zarr's indexing and its event loop; what differs is how chunks are read.",
    ),
    Workload(
        "caches", "Caches, off and warm", "Everything fits in memory: does partial reading still matter?",
        (replace(MINIBATCH, slug="off", title="256 random rows, caches off", judged=False,
                 about="No reader keeps decoded chunks; the page cache holds the encoded ones."), CACHED),
    ),
    Workload(
        "own-formats", "Other formats", "What if the data were not in Zarr at all?", (OWN_ROWS, OWN_SLAB),
        "The same rows, chunked and compressed as near to the Zarr layouts as each format comes. A package "
        "that is not installed is skipped.",
    ),
    Workload(
        "memory", "Peak memory", "How much memory does a read take?", PEAKS,
        "Growth of a process of its own above its level before the read, sampled until the read ends; one "
        "number each, so no verdicts.",
    ),
    Workload(
        "sizes", "Size on disk", "What does each layout cost to keep?",
        (_size("rows-size", "Rows, bytes of all files", STORED_BYTES),
         _size("volume-size", "Volume, bytes of all files", "sizes.VolumeSize.track_stored_bytes"),
         _size("cube-size", "Cube, bytes of all files", "sizes.CubeSize.track_stored_bytes")),
    ),
    Workload("opening", "Before the first read", "Importing the library, opening an array: what does it "
    "cost to begin?",
             (OPEN, IMPORT_ZARR, IMPORT_OURS)),
    Workload(
        "through", "Through other libraries", "Under Xarray and Dask, and by zarr from virtual chunks: "
        "what is left of the gain?",
        (XARRAY, DASK, _virtual("zarr-default", "zarr default"), _virtual("zarr-fused", "zarr fused"),
         _virtual("zarr_partial", "zarr_partial")),
    ),
    Workload(
        "limits", "The limits", "What can no reader beat?",
        (TAKE, *(_limit(slug, title, name, rows) for rows in ("256", "8192") for slug, title, name in (
            ("bare", "The bare decode of the touched units", "BareDecodeWarm.time_units"),
            ("by-threads", "The same rows by zarr_partial", "RandomRowsByThreadsWarm.time_rows")))),
        "For raw chunks the limit is numpy.take on the array in memory; for compressed ones the bare decode "
        "of the distinct units that the rows touch, with as many threads.",
    ),
)  # fmt: skip
JUDGED = tuple((workload, panel) for workload in WORKLOADS for panel in workload.panels if panel.judged)
