"""Every benchmark class runs on tiny data, reads the right values, and notices wrong ones."""

import ctypes
import dataclasses
import inspect
import itertools
import mmap
import subprocess
import sys

import numpy as np
import pytest
from suite import (
    behind,
    cached,
    cells,
    checked,
    cold,
    limits,
    memory,
    opening,
    own_formats,
    patches,
    places,
    remote,
    rows,
    series,
    sizes,
    through_dask,
    through_xarray,
    traffic,
    training,
    virtual,
    zipped,
)
from suite.checked import CheckedArray, WrongValuesError
from suite.data import SCALES, files_under, source_rows
from suite.fields import source_cube, source_volume
from suite.layouts import CUBE, ROWS, VOLUME
from suite.least import least
from suite.readers import READERS

TINY = SCALES["tiny"]

pytestmark = pytest.mark.usefixtures("data_folder")

SOURCES = {
    behind: source_rows,
    rows: source_rows,
    cached: source_rows,
    limits: source_rows,
    remote: source_rows,
    through_xarray: source_rows,
    through_dask: lambda scale: source_rows(scale).max(axis=0),
    patches: source_volume,
    series: source_cube,
    virtual: source_rows,
    cold: source_rows,
    own_formats: source_rows,
    zipped: source_rows,
}

# Where a module reads other sources too.
SOURCES_OF_CLASSES = {
    behind.BehindZarrPatchesWarm: source_volume,
    behind.BehindZarrSeriesWarm: source_cube,
}


def classes(module):
    return [
        found
        for name, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and hasattr(found, "version") and not name.startswith("_")
    ]


def timed(benchmark):
    (name,) = (name for name in dir(benchmark) if name.startswith("time_"))
    return getattr(benchmark, name)


def cases(*modules):
    return [
        pytest.param(module, found, params, id="-".join([found.__name__, *map(str, params)]))
        for module in modules
        for found in classes(module)
        for params in itertools.product(*found.params)
    ]


EVERY_CLASS = [
    found
    for module in (*SOURCES, cells, opening, memory, sizes, traffic, training)
    for found in classes(module)
]


def test_the_suite_has_every_layout_and_reader():
    assert list(ROWS.layouts) == [
        "raw", "blosc-lz4", "blosc-zstd", "zstd", "sharded-zstd", "sharded-raw", "sharded-blosc"
    ]  # fmt: skip
    assert list(VOLUME.layouts) == ["raw-64", "raw-128", "blosc-64", "blosc-128", "sharded-128"]
    assert list(CUBE.layouts) == ["raw-maps", "raw-series", "blosc-maps", "blosc-series", "sharded-maps"]
    assert list(READERS) == ["zarr-default", "zarr-fused", "zarrs", "tensorstore", "zarr_partial"]


def test_the_suite_has_every_class():
    assert sorted(found.__name__ for found in EVERY_CLASS) == [
        "BareDecodeWarm", "BehindZarrPatchesWarm", "BehindZarrRowsWarm", "BehindZarrScanWarm",
        "BehindZarrSeriesWarm", "BlockBatchesWarm", "ConsecutiveCellsWarm",
        "ConsecutiveRowsInOwnFormatsWarm", "ConsecutiveRowsWarm", "CubeSize", "FirstRemoteRowsWarm",
        "FullScanWarm", "ImportWarm", "LaterRemoteRowsWarm", "ManyRandomRowsWarm",
        "MaximumThroughDaskWarm", "MemmapRandomRowsWarm", "OneRawRowWarm", "OpenWarm", "PatchTraffic",
        "PeakMemoryWarm",
        "PointSeriesWarm", "RandomCellsWarm", "RandomPatchesWarm", "RandomRowsByThreadsWarm",
        "RandomRowsCachedWarm", "RandomRowsCold", "RandomRowsFromZipWarm", "RandomRowsInOwnFormatsWarm",
        "RandomRowsInZipWarm", "RandomRowsIntoOutWarm", "RandomRowsThroughXarrayWarm", "RandomRowsWarm",
        "RemoteTraffic", "SeriesTraffic", "ShuffledBatchesWarm", "StoreSize", "TakeInMemoryWarm",
        "VirtualRowsWarm", "VolumeSize",
    ]  # fmt: skip


@pytest.mark.parametrize(("module", "benchmark_class", "params"), cases(*SOURCES))
def test_benchmark_reads_the_values_of_the_source(module, benchmark_class, params):
    benchmark = benchmark_class()
    try:
        benchmark.setup(*params)
    except NotImplementedError as absent:
        pytest.skip(f"asv skips it too: {absent}")
    timed(benchmark)(*params)
    source = SOURCES_OF_CLASSES.get(benchmark_class, SOURCES[module])(TINY)
    if benchmark_class is limits.BareDecodeWarm:
        # It decodes and throws away; the rows made of the same units stand for it.
        benchmark.found = [benchmark.array.rows(benchmark.places[0])]
    for found, place in zip(benchmark.found, benchmark.places, strict=True):
        np.testing.assert_array_equal(found, source[place])
        assert found.dtype == source.dtype
    assert sum(found.nbytes for found in benchmark.found) > 0
    benchmark.teardown(*params)


@pytest.mark.parametrize(("layout", "reader"), [*itertools.product(*opening.OpenWarm.params)])
def test_what_was_opened_reads_the_source(layout, reader):
    benchmark = opening.OpenWarm()
    benchmark.setup(layout, reader)
    benchmark.time_open(layout, reader)
    found = checked.read(READERS[reader], benchmark.array, 3)
    np.testing.assert_array_equal(found, source_rows(TINY)[3])
    benchmark.teardown(layout, reader)
    assert benchmark.array is None


@pytest.mark.parametrize("name", ["timeraw_zarr", "timeraw_zarr_partial_after_zarr"])
def test_imports_run_in_a_fresh_process(name):
    timed_code = getattr(opening.ImportWarm(), name)()
    code = "\n".join(timed_code[::-1]) if isinstance(timed_code, tuple) else timed_code
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("benchmark_class", EVERY_CLASS)
def test_benchmark_pins_its_version_so_that_edits_orphan_no_results(benchmark_class):
    assert benchmark_class.version == "1"


@pytest.mark.parametrize(
    ("benchmark_class", "params"),
    [
        (rows.RandomRowsWarm, ("raw", "zarr-default", 256)),
        (patches.RandomPatchesWarm, ("raw-64", "zarr-default")),
        (series.PointSeriesWarm, ("raw-maps", "zarr-default")),
    ],
)
def test_each_call_asks_for_other_places(benchmark_class, params):
    benchmark = benchmark_class()
    asked = []
    for _ in range(3):
        benchmark.setup(*params)
        asked.append(repr(benchmark.places))
        benchmark.teardown(*params)
    assert len(set(asked)) == 3


def test_nothing_of_a_cold_array_is_in_memory(tmp_path):
    benchmark = cold.RandomRowsCold()
    params = ("raw", "zarr-default")
    for _ in range(2):
        benchmark.setup(*params)
        # Opening reads the metadata again.
        files = files_under(ROWS.store("raw", TINY) / "c")
        if any(in_memory(file) for file in files):
            pytest.skip("this file system keeps its pages, as tmpfs does")
        benchmark.time_1024_rows(*params)
        assert any(in_memory(file) for file in files)
        benchmark.teardown(*params)


def in_memory(file):
    """Say whether any page of the file is in the page cache, as the kernel tells by mincore."""
    size = file.stat().st_size
    libc = ctypes.CDLL(None, use_errno=True)
    with file.open("rb") as handle, mmap.mmap(handle.fileno(), size, access=mmap.ACCESS_COPY) as mapped:
        pages = (ctypes.c_ubyte * -(-size // mmap.PAGESIZE))()
        address = ctypes.addressof(held := ctypes.c_char.from_buffer(mapped))
        failed = libc.mincore(ctypes.c_void_p(address), ctypes.c_size_t(size), pages)
        del held
    assert not failed
    return any(page & 1 for page in pages)


def test_all_readers_are_asked_for_the_same_rows():
    asked = []
    for reader in ("zarr-default", "zarr-fused"):
        benchmark = rows.RandomRowsWarm()
        benchmark.setup("raw", reader, 256)
        asked.append(benchmark.places[0])
    np.testing.assert_array_equal(*asked)


@pytest.mark.parametrize(("number", "kind"), [("int", int), ("int64", np.int64)])
def test_rows_one_by_one_are_asked_for_by_integers_of_the_kind_named(number, kind):
    benchmark = rows.OneRawRowWarm()
    benchmark.setup("numpy.memmap", number)
    assert len(benchmark.places) == 256
    assert all(type(place) is kind for place in benchmark.places)


def test_patches_and_series_reach_every_end_of_their_arrays():
    random = np.random.default_rng(0)
    corners = [place for _ in range(300) for place in places.patches(TINY)(random)]
    for axis, (length, size) in enumerate(zip(TINY.volume, TINY.patch, strict=True)):
        starts = {place[axis].start for place in corners}
        assert (min(starts), max(starts)) == (0, length - size)
        assert {place[axis].stop - place[axis].start for place in corners} == {size}
    points = [place for _ in range(100) for place in places.series(TINY)(random)]
    for axis in (1, 2):
        found = {place[axis] for place in points}
        assert (min(found), max(found)) == (0, TINY.cube[axis] - 1)


def wrong(change):
    good = READERS["zarr-default"]
    return dataclasses.replace(good, rows=lambda array, indices: change(good.rows(array, indices)))


def neighbour_value(found):
    found[-1, -1] += 1
    return found


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (neighbour_value, "found 1 of 12800 others"),
        (lambda found: found[:-1], r"expected float32\[256, 50\], found float32\[255, 50\]"),
        (lambda found: found.astype("f8"), r"found float64\[256, 50\]"),
        (lambda found: found.tolist(), "expected an array, found list"),
    ],
    ids=["one value", "one row short", "dtype", "no array"],
)
def test_a_wrong_reader_is_caught_before_anything_is_timed(change, message):
    path, source = ROWS.store("raw", TINY), source_rows(TINY)
    with pytest.raises(WrongValuesError, match=message):
        CheckedArray(wrong(change), path, source, places.batch(TINY))


def test_a_reader_that_goes_wrong_later_is_caught_after_the_call(monkeypatch):
    benchmark = rows.RandomRowsWarm()
    params = ("raw", "zarr-default", 256)
    benchmark.setup(*params)
    monkeypatch.setitem(rows.READERS, "zarr-default", wrong(neighbour_value))
    timed(benchmark)(*params)
    with pytest.raises(WrongValuesError, match="expected the source's values"):
        benchmark.teardown(*params)


def test_an_answer_too_few_is_caught():
    benchmark = rows.RandomRowsWarm()
    params = ("raw", "zarr-default", 1)
    benchmark.setup(*params)
    timed(benchmark)(*params)
    benchmark.found.pop()
    with pytest.raises(WrongValuesError, match="expected 256 answers, found 255"):
        benchmark.teardown(*params)


@pytest.mark.parametrize(
    ("benchmark_class", "source"),
    [(sizes.StoreSize, source_rows), (sizes.VolumeSize, source_volume), (sizes.CubeSize, source_cube)],
)
def test_store_size_counts_every_byte_of_the_array(benchmark_class, source):
    benchmark = benchmark_class()
    for layout in benchmark.params[0]:
        found = benchmark.track_stored_bytes(layout)
        nbytes = source(TINY).nbytes
        # Metadata, shard indexes, and edge chunks stored full size.
        assert found > nbytes if "raw" in layout else found > 0
    assert benchmark.params[0]


@pytest.mark.parametrize("layout", remote.LAYOUTS)
def test_traffic_is_what_the_read_asked_the_server_for(layout):
    try:
        ours = traffic.RemoteTraffic().counts(layout, "zarr_partial, fsspec")
        whole = traffic.RemoteTraffic().counts(layout, "zarr-default, fsspec")
    except NotImplementedError as absent:
        pytest.skip(f"asv skips it too: {absent}")
    (rows,) = places.batch(TINY, places.REMOTE_ROWS)(np.random.default_rng(checked.TIMED_SEED))
    fewest = least(ROWS.store(layout, TINY), layout, TINY, rows, first=True)
    assert ours.requests == fewest.requests
    # Headers of Blosc chunks are asked for by a guess of their length.
    assert fewest.nbytes <= ours.nbytes <= 1.05 * fewest.nbytes
    chunks = np.unique(rows // TINY.chunk_rows).size
    assert whole.requests >= chunks
    if layout == "raw":
        assert whole.nbytes == chunks * TINY.chunk_rows * TINY.columns * 4


@pytest.mark.parametrize("benchmark_class", [traffic.PatchTraffic, traffic.SeriesTraffic])
@pytest.mark.parametrize("reader", ["zarr_partial, fsspec", "tensorstore"])
def test_a_part_of_an_array_asks_for_no_more_than_its_whole_chunks(benchmark_class, reader):
    benchmark = benchmark_class()
    for layout in benchmark.arrays.layouts:
        try:
            found, whole = (benchmark.counts(layout, name) for name in (reader, "zarr-default, fsspec"))
        except NotImplementedError as absent:
            pytest.skip(f"asv skips it too: {absent}")
        assert 0 < found.nbytes <= whole.nbytes
        assert found.requests > 0


def test_both_numbers_of_traffic_come_from_one_read():
    benchmark = traffic.PatchTraffic()
    counted = benchmark.setup_cache()
    counts = [*counted.values()]
    assert [benchmark.track_requests(counted, *at) for at in counted] == [found.requests for found in counts]
    assert [benchmark.track_bytes(counted, *at) for at in counted] == [found.nbytes for found in counts]
    with pytest.raises(NotImplementedError):
        benchmark.setup(counted, "raw-64", "a reader that is not there")


@pytest.mark.parametrize(
    ("benchmark_class", "loader"),
    [
        (found, loader)
        for found in (training.ShuffledBatchesWarm, training.BlockBatchesWarm)
        for loader in found.loaders
    ],
)
@pytest.mark.parametrize("layout", ["raw", "sharded-zstd"])
# What Python says at every fork of a process with threads: workers of PyTorch's loaders are forked.
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded, use of fork:DeprecationWarning")
def test_loaders_give_batches_of_the_source(benchmark_class, layout, loader):
    try:
        benchmark = benchmark_class()
        benchmark.setup(layout, loader)
        assert benchmark.track_rows_per_second(layout, loader) > 0
    except NotImplementedError as absent:
        pytest.skip(f"asv skips it too: {absent}")


@pytest.mark.parametrize(
    ("benchmark_class", "loader"),
    [
        (found, loader)
        for found in (training.ShuffledBatchesWarm, training.BlockBatchesWarm)
        for loader in found.loaders
    ],
)
def test_without_torch_and_annbatch_every_loader_is_skipped_before_it_is_timed(
    benchmark_class, loader, monkeypatch
):
    for package in ("torch", "annbatch"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(NotImplementedError, match="is not installed"):
        benchmark_class().setup("raw", loader)


def test_wrong_batches_are_caught():
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")
    rows, numbers = torch.from_numpy(source_rows(TINY)[:4].copy()), torch.arange(4)
    assert training.rows_per_second([(rows, numbers)], 1, source_rows(TINY), 4) > 0
    with pytest.raises(WrongValuesError, match="expected the source's values"):
        training.rows_per_second([(rows + 1, numbers)], 1, source_rows(TINY), 4)
