"""Plans: what a selection would read, counted without reading it."""

from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

import zarr_partial as zp

BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=128)


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


def test_plan_of_raw_rows_reads_what_is_wanted(make):
    plan = zp.open(make()).explain([0, 1, 19])
    assert (plan.chunks, plan.units, plan.requests) == (2, 18, 2)
    assert plan.bytes_wanted == plan.bytes_read == 72
    assert (plan.bytes_decoded, plan.amplification) == (0, 1)
    assert plan.shape == (3, 6)


def test_plan_of_blosc_rows_counts_blocks(make):
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    partial = zp.open(make(data=data, chunks=(100, 20), compressors=BLOSC))
    plan = partial.explain((slice(0, 2), slice(None)))
    assert (plan.chunks, plan.units, plan.unit) == (1, 2, "Blosc block")
    assert plan.bytes_decoded == 256
    assert (
        plan.bytes_read
        < chunk_file(make("b.zarr", data=data, chunks=(100, 20), compressors=BLOSC)).stat().st_size
    )
    assert "Of 63 Blosc blocks, only the 2 with selected elements are decoded." in str(plan)


def test_plan_says_when_partial_reading_gains_nothing(make):
    ones = np.ones((20, 600), "f4")
    one_block = zp.open(make(data=ones, chunks=(5, 600), compressors=BloscCodec(cname="lz4"))).explain(0)
    assert "single Blosc block" in one_block.reasons[0]
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    every = zp.open(make("b.zarr", data=data, chunks=(100, 20), compressors=BLOSC)).explain(...)
    assert "touches every block" in every.reasons[0]


def test_plan_of_whole_chunks_gives_the_reason(make):
    array = make(compressors=zarr.codecs.ZstdCodec())
    plan = zp.open(array).explain(0)
    assert plan.access == "Whole(codec 'zstd')"
    assert plan.bytes_read == chunk_file(array).stat().st_size
    assert plan.bytes_decoded == 120
    assert "Chunks are read and decoded whole, by zarr: codec 'zstd'." in str(plan)


def test_plan_of_shards_does_not_guess(make):
    plan = zp.open(make(shards=(10, 6))).explain(0)
    assert (plan.chunks, plan.bytes_read, plan.amplification) == (1, None, None)
    assert "not known before reading" in str(plan)


def test_plan_of_coordinates_counts_their_chunks(make):
    plan = zp.open(make()).explain(([0, 7, 6], [1, 2, 3]))
    assert (plan.shape, plan.chunks) == ((3,), 2)


def test_plan_raises_zarrs_errors(make):
    partial = zp.open(make())
    with pytest.raises(IndexError, match="out of bounds"):
        partial.explain(99)
    with pytest.raises(zarr.errors.NegativeStepError):
        partial.explain(slice(None, None, -1))


def test_plan_of_nothing_and_of_missing_chunks(make):
    array = make(compressors=BLOSC)
    nothing = zp.open(array).explain(slice(0, 0))
    assert (nothing.chunks, nothing.bytes_wanted, nothing.amplification) == (0, 0, None)
    chunk_file(array).unlink()
    missing = zp.open(array).explain(0)
    assert (missing.chunks, missing.bytes_read) == (1, 0)
    assert "1 of them missing" in str(missing)


def test_plan_as_table_and_picture(make):
    plan = zp.open(make()).explain((slice(None), 0))
    assert "<table>" in plan._repr_html_()
    ax = plan.plot()
    assert ax.get_title() == "4 chunks touched"
    ax.figure.clear()


@pytest.mark.parametrize(
    ("key", "requests"),
    [((...,), 4), ((slice(None), 0), 4), ((0, slice(None)), 6), ((slice(0, 5), [0, 1, 3]), 2)],
    ids=["everything", "a column", "a row", "columns with a gap"],
)
def test_plan_of_f_order_merges_along_columns(make, key, requests):
    plan = zp.open(make(zarr_format=2, order="F")).explain(key)
    assert plan.requests == requests
    assert plan.bytes_read == plan.bytes_wanted


def test_plan_of_a_strided_read_is_counted_not_listed(make):
    data = np.zeros((3000, 2000), "u1")
    plan = zp.open(make(data=data + 1, chunks=(3000, 2000))).explain(
        (slice(None, None, 2), slice(None, None, 2))
    )
    assert plan.requests == plan.bytes_read == plan.units == 1500 * 1000


def test_plan_of_chunks_that_blosc_stored_says_so(make):
    noise = np.random.default_rng(0).integers(0, 256, (20, 600)).astype("u1")
    plan = zp.open(make(data=noise, chunks=(20, 600), compressors=BloscCodec(cname="lz4", clevel=1))).explain(
        3
    )
    assert plan.reasons == (
        "Blosc stored these chunks uncompressed, so only the selected elements are read.",
    )
    assert (plan.bytes_read, plan.bytes_decoded) == (616, 0)


def test_plan_of_missing_whole_chunks_reads_nothing(make):
    array = make(compressors=zarr.codecs.ZstdCodec())
    chunk_file(array).unlink()
    plan = zp.open(array).explain(slice(0, 10))
    assert (plan.chunks, plan.units, plan.bytes_decoded) == (2, 1, 120)
    assert "1 of them missing" in str(plan)


def test_plan_of_irregular_keys_asks_zarr(make):
    mask = np.array([True, False, False, False, False, True])
    plan = zp.open(make(chunks=(5, 3))).explain(([0, 7], mask))
    assert (plan.shape, plan.chunks) == ((2, 2), 4)
