"""Plans: what a selection would read and why, in words and numbers; the counts are tested in `explaining`."""

import json
import os
import tracemalloc
from mmap import PAGESIZE
from pathlib import Path

import numpy as np
import pytest
import zarr
from numcodecs import PackBits
from zarr.codecs import BloscCodec, Crc32cCodec, ZstdCodec

import zarr_partial as zp
from zarr_partial.explaining import sampling

BLOSC = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=128)
RECORDS = np.array([(1, 2.5), (3, 4.5)] * 10, dtype=[("n", "<i4"), ("x", "<f8")])


def chunk_file(array, key="c/0/0"):
    return Path(array.store.root, key)


def test_plan_of_raw_rows_reads_what_is_wanted(make):
    plan = zp.open(make()).explain([0, 1, 19])
    assert (plan.chunks, plan.units, plan.requests) == (2, 18, 2)
    assert plan.bytes_wanted == plan.bytes_read == 72
    assert (plan.bytes_decoded, plan.amplification) == (0, 1)
    assert plan.shape == (3, 6)
    assert plan.advice == ()


def test_plan_of_blosc_rows_counts_blocks(make):
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    array = make(data=data, chunks=(100, 20), compressors=BLOSC)
    plan = zp.open(array).explain((slice(0, 2), slice(None)))
    assert (plan.chunks, plan.units, plan.units_in_chunks, plan.unit) == (1, 2, 63, "Blosc block")
    assert plan.bytes_decoded == 256
    assert plan.bytes_read < chunk_file(array).stat().st_size
    assert "Of 63 Blosc blocks, only the 2 with selected elements are decoded." in plan.reasons


def test_plan_says_when_partial_reading_gains_nothing(make):
    ones = np.ones((20, 600), "f4")
    one_block = zp.open(make(data=ones, chunks=(5, 600), compressors=BloscCodec(cname="lz4"))).explain(0)
    assert one_block.reasons == (
        "The touched chunk is a single Blosc block, so it is decoded whole: smaller blocks would help.",
    )
    data = np.arange(2000, dtype="<i4").reshape(100, 20)
    every = zp.open(make("b.zarr", data=data, chunks=(100, 20), compressors=BLOSC)).explain(...)
    assert every.reasons == (
        "The selection touches every block of its chunks, so partial decoding saves nothing here.",
    )
    assert every.advice == ()


def test_plan_of_whole_chunks_gives_the_reason(make):
    array = make(compressors=ZstdCodec())
    plan = zp.open(array).explain(0)
    assert (plan.access, plan.unit) == ("Whole(codec 'zstd')", "whole chunk")
    assert plan.bytes_read == chunk_file(array).stat().st_size
    assert plan.bytes_decoded == 120
    assert "codec 'zstd' has no way into the middle" in plan.reasons[0]
    every = zp.open(array).explain(...)
    assert "takes every element of them, so partial reading could save nothing" in every.reasons[0]
    assert every.advice == ()


def test_plan_of_shards_counts_inner_chunks_and_indexes(make):
    array = make(shards=(10, 6))
    plan = zp.open(array).explain([0, 7, 11])
    assert (plan.chunks, plan.shards, plan.grid_shape, plan.chunk_shape) == (3, 2, (4, 1), (5, 6))
    # An index of two entries and a checksum in each shard.
    assert plan.index_nbytes == 2 * (2 * 16 + 4)
    assert plan.bytes_read == 3 * 24 + plan.index_nbytes
    assert plan.requests == 3 + 2
    assert "3 of 4 inner chunks in 2 shards" in str(plan)
    assert "Of each of the 2 touched shards the index is read as well" in plan.reasons[-1]


def test_inner_chunks_that_meet_in_a_shard_are_one_request(make):
    plan = zp.open(make(shards=(20, 6))).explain(slice(0, 10))
    assert (plan.chunks, plan.requests) == (2, 2)
    assert [use.requests for use in plan.uses] == [1, 0]


def test_plan_of_coordinates_counts_their_chunks(make):
    plan = zp.open(make()).explain(([0, 7, 6, 0], [1, 2, 3, 1]))
    assert (plan.shape, plan.chunks, plan.units, plan.bytes_read) == ((4,), 2, 3, 12)


def test_plan_of_a_mask_counts_its_chunks(make):
    mask = np.zeros((20, 6), dtype=bool)
    mask[3:6, 2] = True
    plan = zp.open(make()).explain(mask)
    assert (plan.selection, plan.shape, plan.chunks, plan.units) == ("[<20 x 6 bool>]", (3,), 2, 3)


def test_plan_of_a_field_reads_whole_elements(make):
    plan = zp.open(make(data=RECORDS, chunks=(10,))).explain(("n", slice(0, 4)))
    assert (plan.selection, plan.shape, plan.dtype) == ("['n', 0:4]", (4,), np.dtype("<i4"))
    assert (plan.bytes_wanted, plan.bytes_read) == (16, 48)
    assert "elements are read whole" in plan.reasons[-1]


def test_plan_raises_zarrs_errors(make):
    partial = zp.open(make())
    with pytest.raises(IndexError, match="out of bounds"):
        partial.explain(99)
    with pytest.raises(zarr.errors.NegativeStepError):
        partial.explain(slice(None, None, -1))


@pytest.mark.parametrize("shards", [None, (10, 6)], ids=["blosc", "blosc in shards"])
def test_plan_of_a_damaged_header_says_so(make, shards):
    array = make(compressors=BLOSC, shards=shards)
    file = chunk_file(array)
    data = bytearray(file.read_bytes())
    data[4:8] = b"\xff" * 4
    file.write_bytes(data)
    with pytest.raises(zp.CorruptChunkError, match="header that says 4294967295"):
        zp.open(array).explain(0)


def test_plan_of_a_raw_chunk_of_another_length_says_so(make):
    array = make()
    chunk_file(array).write_bytes(b"123")
    with pytest.raises(zp.CorruptChunkError, match="expected 120 bytes"):
        zp.open(array).explain(0)


def test_plan_of_a_damaged_index_says_so(make):
    array = make(shards=(10, 6))
    file = chunk_file(array)
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    with pytest.raises(zp.CorruptChunkError, match="checksum"):
        zp.open(array).explain(0)


def test_plan_of_nothing_and_of_missing_chunks(make):
    array = make(compressors=BLOSC)
    nothing = zp.open(array).explain(slice(0, 0))
    assert (nothing.chunks, nothing.bytes_wanted, nothing.amplification) == (0, 0, None)
    chunk_file(array).unlink()
    missing = zp.open(array).explain(0)
    assert (missing.chunks, missing.missing, missing.bytes_read) == (1, 1, 0)
    assert missing.uses[0].is_missing
    assert "1 of them missing" in str(missing)
    assert missing.reasons == ("No touched chunk is stored: the result is the fill value, or empty.",)


@pytest.mark.parametrize(
    ("key", "requests"),
    [
        ((...,), 4),
        ((slice(None), 0), 4),
        ((0, slice(None)), 6),
        ((slice(0, 5), [0, 1, 3]), 2),
        # The last row of one column and the first of the next are neighbours.
        (([0, 4], slice(None)), 7),
    ],
    ids=["everything", "a column", "a row", "columns with a gap", "first and last rows"],
)
def test_plan_of_f_order_merges_along_columns(make, key, requests):
    plan = zp.open(make(zarr_format=2, order="F")).explain(key)
    assert plan.requests == requests
    assert plan.bytes_read == plan.bytes_wanted


def test_plan_of_a_strided_read_is_counted_not_listed(make):
    data = np.zeros((3000, 2000), "u1")
    partial = zp.open(make(data=data + 1, chunks=(3000, 2000)))
    plan = partial.explain((slice(None, None, 2), slice(None, None, 2)))
    assert plan.requests == plan.bytes_read == plan.units == 1500 * 1000
    # In every other row, every element is wanted or is on the page of one that is.
    assert f"about {3000 * 2000 // PAGESIZE + 1:,} pages" in plan.reasons[1]


def test_plan_of_chunks_that_blosc_stored_says_so(make):
    noise = np.random.default_rng(0).integers(0, 256, (20, 600)).astype("u1")
    compressors = BloscCodec(cname="lz4", clevel=1)
    plan = zp.open(make(data=noise, chunks=(20, 600), compressors=compressors)).explain(3)
    assert plan.reasons == (
        "Blosc stored these chunks uncompressed, so only the selected elements are read.",
    )
    assert (plan.bytes_read, plan.bytes_decoded) == (616, 0)


def test_plan_of_missing_whole_chunks_reads_nothing(make):
    array = make(compressors=ZstdCodec())
    chunk_file(array).unlink()
    plan = zp.open(array).explain(slice(0, 10))
    assert (plan.chunks, plan.missing, plan.units, plan.bytes_decoded) == (2, 1, 1, 120)


def test_plan_of_irregular_keys_is_zarrs(make):
    mask = np.array([True, False, False, False, False, True])
    array = make(chunks=(5, 3))
    plan = zp.open(array).explain(([0, 7], mask))
    assert (plan.shape, plan.chunks) == ((2, 2), 4)
    assert plan.bytes_read == plan.bytes_decoded == 4 * 60
    assert plan.reasons == ("zarr reads this form of selection, in whole chunks.",)
    sharded = zp.open(make("s.zarr", chunks=(5, 3), shards=(10, 6))).explain(([0, 7], mask))
    assert (sharded.chunks, sharded.shards, sharded.chunk_shape) == (4, 1, (5, 3))
    assert (sharded.requests, sharded.bytes_read, sharded.bytes_decoded) == (None, None, None)


def test_plan_of_codecs_that_only_zarr_knows(make):
    data = np.ones((20, 6), dtype=bool)
    array = make(data=data, zarr_format=2, filters=[PackBits()])
    plan = zp.open(array).explain(slice(3, 8))
    assert (plan.chunks, plan.units, plan.bytes_decoded) == (2, 2, 60)
    assert plan.bytes_read == sum(chunk_file(array, f"{row}.0").stat().st_size for row in (0, 1))
    assert plan.reasons == ("Chunks are read and decoded whole, by zarr: filter 'packbits'.",)


def test_plan_of_checksums_says_that_they_cover_whole_chunks(make):
    plain, compressed = (
        zp.open(make(f"{name}.zarr", compressors=codecs)).explain(3).reasons[0]
        for name, codecs in (("a", Crc32cCodec()), ("b", [ZstdCodec(), Crc32cCodec()]))
    )
    assert plain == "Touched chunks are read whole: a checksum covers all of one."
    assert compressed == "Touched chunks are read and decoded whole: a checksum covers all of one."


def test_plan_of_variable_strings_and_of_no_axes(make):
    strings = zp.open(make(data=np.array(["a", "bcd"] * 10, dtype="T"), chunks=(5,), compressors=None))
    plan = strings.explain(slice(3, 7))
    assert (plan.chunks, plan.bytes_decoded, plan.chunk_shape) == (2, None, (5,))
    single = zp.open(make("s.zarr", data=np.array(7), chunks=())).explain(())
    assert (single.shape, single.chunks, single.grid_shape) == ((), 1, ())


def test_plan_of_chunks_of_several_shapes(tmp_path):
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = zarr.create_array(
            tmp_path / "a.zarr", shape=(10,), chunks=[[3, 7]], dtype="i4", compressors=None
        )
        array[:] = 1
        plan = zp.open(array).explain(slice(2, 4))
        assert (plan.chunks, plan.chunk_shape, plan.grid_shape) == (2, (), (2,))
        assert (plan.bytes_decoded, plan.bytes_read, plan.requests) == (0, 8, 2)
        assert [use.units_in_chunk for use in plan.uses] == [3, 7]


def test_planning_reads_no_payload(make):
    data = np.random.default_rng(0).normal(size=(400, 500)).round(1)
    array = make(data=data, chunks=(200, 500), compressors=BLOSC)
    shown = zp.open(array).explain([5, 300]).as_dict()
    # All bytes but headers and tables of blocks are overwritten: the plan is the same.
    for row in (0, 1):
        file = chunk_file(array, f"c/{row}/0")
        content = bytearray(file.read_bytes())
        table = 16 + 4 * (800_000 // 128)
        content[table:] = bytes(len(content) - table)
        file.write_bytes(content)
    assert zp.open(array).explain([5, 300]).as_dict() == shown


def test_planning_keeps_no_map(make):
    partial = zp.open(make(compressors=BLOSC))
    partial.explain(...)
    assert len(partial.state.residency.now) == 0


def test_plan_of_mapped_chunks_is_of_the_bytes_that_a_read_would_get(make):
    array = make(compressors=BLOSC)
    partial = zp.open(array)
    before = partial.explain(0).as_dict()
    assert partial[0].tolist() == [0, 1, 2, 3, 4, 5]
    chunk_file(array).unlink()
    assert partial.explain(0).as_dict() == before
    partial.refresh()
    assert partial.explain(0).missing == 1


def test_of_very_many_chunks_a_sample_is_scaled(make, monkeypatch):
    data = np.ones((400, 60), "f4")
    partial = zp.open(make(data=data, chunks=(2, 3), shards=(20, 30), compressors=ZstdCodec()))
    key = (slice(None), [0, 7, 8, 40])
    exact = partial.explain(key)
    monkeypatch.setattr(sampling, "MAX_LEAVES", 100)
    monkeypatch.setattr(sampling, "SAMPLED_LEAVES", 80)
    plan = partial.explain(key)
    assert plan.is_estimated
    assert not exact.is_estimated
    assert len(plan.uses) < len(exact.uses)
    # All chunks are the same here, so scaling is exact.
    for name in ("chunks", "shards", "units", "requests", "bytes_read", "bytes_decoded", "index_nbytes"):
        assert getattr(plan, name) == getattr(exact, name), name
    assert "counts are scaled up" in plan.reasons[-1]


@pytest.mark.parametrize(
    ("key", "chunks"),
    [
        (..., 2**80),
        ((slice(None, None, 2**30), slice(5, None)), 2**10 * (2**40 - 5)),
        ((slice(None, None, 2), 7), 2**39),
        (([1, 5, 1], [2**40 - 1, 7, 2**40 - 1]), 2),
    ],
    ids=["everything", "steps", "a column", "points"],
)
def test_plan_of_more_chunks_than_can_be_numbered(tmp_path, key, chunks):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(2**40, 2**40), chunks=(1, 1), dtype="u1")
    plan = zp.open(array).explain(key)
    assert plan.chunks == plan.missing == chunks
    assert len(plan.uses) < 200_000


def test_plan_of_half_a_million_chunks_takes_megabytes(tmp_path):
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(1000, 500), chunks=(1, 1), shards=(100, 100), dtype="u1"
    )
    array[:100, :100] = 1
    partial = zp.open(array)
    tracemalloc.start()
    try:
        plan = partial.explain(...)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (plan.chunks, plan.shards, plan.missing) == (500_000, 50, 490_000)
    # Less than 400 bytes for each chunk.
    assert peak < 200_000_000
    assert len(plan.uses) == 500_000
    assert plan.uses[-1].coordinates == (999, 499)


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({}, [3, 17, 18]),
        ({"compressors": BLOSC}, [3, 17, 18]),
        ({"compressors": ZstdCodec()}, [3, 17, 18]),
        ({"shards": (5, 6), "chunks": (1, 6), "compressors": BLOSC}, [3, 17, 18]),
    ],
    ids=["raw", "blosc", "zstd", "shards"],
)
def test_only_touched_files_are_looked_at(make, monkeypatch, options, key):
    partial = zp.open(make(**options))
    looked_at = set()

    def watch(name):
        real = getattr(os, name)

        def watched(path, *rest, **named):
            looked_at.add(str(path).partition("/a.zarr/")[2])
            return real(path, *rest, **named)

        monkeypatch.setattr(os, name, watched)

    watch("open")
    watch("stat")
    partial.explain(key)
    assert looked_at == {"c/0/0", "c/3/0"}


def test_plan_as_json_says_everything(make):
    array = make(shards=(10, 6), compressors=ZstdCodec())
    shown = json.loads(json.dumps(zp.open(array).explain([0, 19]).as_dict(uses=1)))
    assert shown["chunks"] == shown["units"] == 2
    assert shown["uses_left_out"] == 1
    (use,) = shown["uses"]
    assert (use["coordinates"], use["key"], use["units"]) == ([0, 0], "c/0/0", 1)
    assert use["bytes_decoded"] == 120
    assert set(zp.Plan.__dataclass_fields__) - {"picture"} <= set(shown)


def test_uses_are_a_sequence(make):
    uses = zp.open(make()).explain([0, 7, 19]).uses
    assert [use.key for use in uses] == ["c/0/0", "c/1/0", "c/3/0"]
    assert uses[-1] == uses[2] == uses[1:][1]
    with pytest.raises(IndexError, match="among 3 chunks"):
        uses[3]
    assert repr(uses) == "<3 chunk uses>"


def test_plan_as_html_takes_the_notebooks_colours(make):
    html = zp.open(make("<b>.zarr", compressors=ZstdCodec())).explain((slice(None), 0))._repr_html_()
    assert html.startswith("<table")
    assert html.count("<th") == html.count("</th>")
    assert "color:#" not in html
    assert "background:none" in html
    assert "[:, 0]" in html


def test_plan_keeps_numbers_and_units_on_one_line(make):
    data = np.random.default_rng(0).normal(size=(4000, 100)).astype("f4")
    text = str(zp.open(make(data=data, chunks=(1000, 100), compressors=ZstdCodec())).explain([1, 5, 9]))
    assert max(map(len, text.splitlines())) <= 100
    assert "\N{NO-BREAK SPACE}" not in text
    for line in text.splitlines():
        assert not line[-1:].isdigit() or "of" in line or "x" in line, line
