"""Every benchmark class runs on tiny data, reads the right values, and notices wrong ones."""

import dataclasses
import inspect
import itertools

import numpy as np
import pytest
from suite import rows, sizes
from suite.checked import CheckedArray, WrongValuesError
from suite.data import SCALES, source_rows
from suite.layouts import LAYOUTS, store
from suite.readers import READERS

TINY = SCALES["tiny"]

pytestmark = pytest.mark.usefixtures("data_folder")


def classes(module):
    return [
        found
        for name, found in inspect.getmembers(module, inspect.isclass)
        if found.__module__ == module.__name__ and not name.startswith("_")
    ]


def timed(benchmark):
    return next(getattr(benchmark, name) for name in dir(benchmark) if name.startswith("time_"))


CASES = [
    pytest.param(found, params, id="-".join([found.__name__, *map(str, params)]))
    for found in classes(rows)
    for params in itertools.product(*found.params)
]


def setup_or_skip(benchmark, params):
    try:
        benchmark.setup(*params)
    except NotImplementedError as absent:
        pytest.skip(f"asv skips it too: {absent}")


def test_the_suite_has_every_layout_and_reader_of_the_dashboard():
    assert list(LAYOUTS) == ["raw", "blosc-lz4", "blosc-zstd", "sharded-zstd"]
    assert list(READERS) == ["zarr-default", "zarr-fused", "zarr_partial"]
    assert len(CASES) == 4 * 3 * 2 + 2 + 4 * 3


@pytest.mark.parametrize(("benchmark_class", "params"), CASES)
def test_benchmark_reads_the_values_of_the_source(benchmark_class, params):
    benchmark = benchmark_class()
    setup_or_skip(benchmark, params)
    timed(benchmark)(*params)
    found = np.asarray(benchmark.found)
    np.testing.assert_array_equal(found, source_rows(TINY)[benchmark.selection])
    assert found.dtype == np.float32
    benchmark.teardown(*params)


@pytest.mark.parametrize("benchmark_class", classes(rows) + classes(sizes))
def test_benchmark_pins_its_version_so_that_edits_orphan_no_results(benchmark_class):
    assert benchmark_class.version == "1"


def test_each_call_asks_for_other_rows():
    benchmark = rows.RandomRowsWarm()
    params = ("raw", "zarr-default", 256)
    asked = []
    for _ in range(3):
        benchmark.setup(*params)
        asked.append(benchmark.selection)
        benchmark.teardown(*params)
    assert not np.array_equal(asked[0], asked[1])
    assert not np.array_equal(asked[1], asked[2])


def test_all_readers_are_asked_for_the_same_rows():
    asked = []
    for reader in ("zarr-default", "zarr-fused"):
        benchmark = rows.RandomRowsWarm()
        benchmark.setup("raw", reader, 256)
        asked.append(benchmark.selection)
    np.testing.assert_array_equal(*asked)


def test_rows_one_by_one_are_asked_for_by_plain_integers():
    benchmark = rows.RandomRowsWarm()
    benchmark.setup("raw", "zarr-default", 1)
    assert len(benchmark.numbers) == 256
    assert all(type(number) is int for number in benchmark.numbers)


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
    with pytest.raises(WrongValuesError, match=message):
        CheckedArray(wrong(change), store("raw", TINY), TINY)


def test_a_reader_that_goes_wrong_later_is_caught_after_the_call(monkeypatch):
    benchmark = rows.RandomRowsWarm()
    params = ("raw", "zarr-default", 256)
    benchmark.setup(*params)
    monkeypatch.setitem(rows.READERS, "zarr-default", wrong(neighbour_value))
    timed(benchmark)(*params)
    with pytest.raises(WrongValuesError, match="expected the source's values"):
        benchmark.teardown(*params)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_store_size_counts_every_byte_of_the_array(layout):
    found = sizes.StoreSize().track_stored_bytes(layout)
    raw = TINY.rows * TINY.columns * 4
    assert found > raw if layout == "raw" else 0 < found < raw
