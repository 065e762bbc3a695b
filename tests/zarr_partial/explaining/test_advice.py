"""Advice is followed: the array is written as advised, and its plan has to be what was promised."""

import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

import numcodecs
import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, Crc32cCodec, GzipCodec, TransposeCodec, ZstdCodec

import zarr_partial as zp
from zarr_partial.explaining import hypothetical

VOCABULARY = {"BloscCodec": BloscCodec, "TransposeCodec": TransposeCodec, "numcodecs": numcodecs}
ROWS = {"shape": (4000, 250), "chunks": (1000, 250), "dtype": "f4"}
SMALLER_BLOCKS = (
    "write with compressors=BloscCodec(cname='lz4', shuffle='shuffle', blocksize=16384), "
    "which makes blocks of 65,536 bytes"
)
DEFAULT_BLOSC = BloscCodec(cname="lz4", typesize=4, shuffle="shuffle")


def written(path, options, like=None):
    array = zarr.create_array(path, **options)
    if like is None:
        rng = np.random.default_rng(0)
        like = rng.integers(0, 50, options["shape"]).astype(options["dtype"])
    array[...] = like
    return array


def follow(advice, array, options, path):
    """Write the array as the advice says, and open it."""
    if advice.change == 'open with checksums="skip"':
        return zp.open(array, checksums="skip")
    change, _, made = advice.change.partition(", which makes blocks of ")
    wanted = eval(f"dict({change.removeprefix('write with ')})", VOCABULARY)
    if "zarr_format" in wanted:
        # Codecs have other names there; how they compress is no part of what is promised.
        options = {"shape": options["shape"], "dtype": options["dtype"], "compressors": ZstdCodec()}
    partial = zp.open(written(path, {**options, **wanted}, array[...]))
    if made:
        whole = partial.explain((0,) * len(partial.shape))
        assert made == f"{whole.bytes_decoded:,} bytes"
    return partial


def check(advice, plan):
    stored_as_is = plan.unit == "Blosc block" and any(
        use.units and not use.bytes_decoded for use in plan.uses
    )
    if ("shards=" in advice.change and plan.unit == "Blosc block") or stored_as_is:
        # At most: an inner chunk of several blocks need not be decoded whole, and Blosc may find that the
        # new units do not compress.
        assert plan.bytes_decoded <= advice.bytes_decoded, str(advice)
    else:
        assert plan.bytes_decoded == advice.bytes_decoded, str(advice)
    if not advice.is_estimated:
        assert plan.bytes_read == advice.bytes_read, str(advice)
    if advice.requests is not None:
        assert plan.requests == advice.requests, str(advice)


@st.composite
def cases(draw):
    """Options of an array with chunks of a few kB, and a key that takes little of it."""
    ndim = draw(st.integers(1, 3))
    low, high = {1: (2000, 4000), 2: (40, 80), 3: (15, 25)}[ndim]
    shape = tuple(draw(st.integers(low, high)) for _ in range(ndim))
    chunks = tuple(draw(st.sampled_from([n // 2 // 6 * 6, n // 6 * 6])) for n in shape)
    dtype = draw(st.sampled_from(["u1", "<f4", "<f8"]))
    options = {"shape": shape, "chunks": chunks, "dtype": dtype}
    if draw(st.sampled_from([True, True, False])):
        options["compressors"] = draw(
            st.sampled_from(
                [
                    None,
                    [BloscCodec(cname="zstd")],
                    [BloscCodec(cname="lz4")],
                    [BloscCodec(cname="zstd", blocksize=2**12)],
                    [ZstdCodec()],
                    [GzipCodec(level=1)],
                    [Crc32cCodec()],
                ]
            )
        )
        if options["compressors"] is not None and draw(st.booleans()):
            options["shards"] = tuple(size * draw(st.integers(1, 2)) for size in chunks)
        if ndim > 1 and draw(st.sampled_from([True, False, False])):
            options["filters"] = [TransposeCodec(order=tuple(draw(st.permutations(range(ndim)))))]
    else:
        options["zarr_format"] = 2
        options["order"] = draw(st.sampled_from("CF"))
        options["filters"] = draw(st.sampled_from([None, [numcodecs.Shuffle(np.dtype(dtype).itemsize)]]))
        compressor = st.sampled_from([None, numcodecs.Blosc("zstd", shuffle=1), numcodecs.Zlib(1)])
        options["compressors"] = draw(compressor)
    return options, draw(keys(shape))


@st.composite
def keys(draw, shape):
    if draw(st.sampled_from([True, False, False])):
        rng = np.random.default_rng(draw(st.integers(0, 99)))
        points = tuple(rng.integers(0, n, draw(st.shared(st.integers(1, 40), key="points"))) for n in shape)
        return points if len(shape) > 1 else points[0]
    entries = []
    for n in shape:
        start = draw(st.integers(0, n - 1))
        few = slice(start, start + draw(st.integers(1, 4)))
        entries.append(draw(st.sampled_from([start, few, slice(None), slice(start, None, 50)])))
    return tuple(entries)


@contextmanager
def small_units():
    """Let units be small enough to be worth it in arrays of a few kB, which are quick to write."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hypothetical, "MIN_UNIT_NBYTES", 128)
        patch.setattr(hypothetical, "UNIT_NBYTES", 32)
        hypothetical.blocksizes.cache_clear()
        yield
    hypothetical.blocksizes.cache_clear()


@settings(max_examples=120)
@given(case=cases())
def test_advice_comes_to_what_it_says(case, tmp_path_factory):
    options, key = case
    folder = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
    array = written(folder / "a.zarr", options)
    with small_units():
        now = zp.open(array).explain(key)
    note(str(now))
    for number, advice in enumerate(now.advice):
        then = follow(advice, array, options, folder / f"{number}.zarr").explain(key)
        check(advice, then)
        costs = [max(plan.bytes_read, plan.bytes_decoded) for plan in (then, now)]
        if now.bytes_decoded and not advice.is_estimated:
            assert 2 * costs[0] <= costs[1]
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("options", "key", "changes"),
    [
        (
            {"compressors": DEFAULT_BLOSC},
            5,
            [
                SMALLER_BLOCKS,
                "write with chunks=(20, 250), shards=(1000, 250)",
                "write with compressors=None",
            ],
        ),
        (
            {"compressors": BloscCodec(cname="zstd")},
            (slice(None), 5),
            [
                "write with filters=[TransposeCodec(order=(1, 0))]",
                "write with chunks=(1000, 5), shards=(1000, 250)",
                "write with compressors=None",
            ],
        ),
        (
            {"compressors": ZstdCodec()},
            (slice(100, 150), slice(100, 200)),
            ["write with chunks=(50, 250), shards=(1000, 250)", "write with compressors=None"],
        ),
        ({"compressors": Crc32cCodec()}, 5, ['open with checksums="skip"']),
        (
            {"compressors": [ZstdCodec(), Crc32cCodec()]},
            5,
            ["write with chunks=(20, 250), shards=(1000, 250)", "write with compressors=None"],
        ),
        ({"compressors": [BloscCodec(cname="zstd"), Crc32cCodec()]}, 5, ['open with checksums="skip"']),
        ({"compressors": None}, (slice(None), 5), ["write with filters=[TransposeCodec(order=(1, 0))]"]),
        ({"compressors": None}, 5, []),
        ({"compressors": ZstdCodec()}, slice(100, 3000), []),
        ({"compressors": ZstdCodec()}, slice(0, 0), []),
        (
            {"compressors": ZstdCodec(), "chunks": (10, 10), "shards": (1000, 250)},
            5,
            ["write with chunks=(20, 250), shards=(1000, 250)"],
        ),
        (
            {"zarr_format": 2, "compressors": numcodecs.Zlib(1), "filters": [numcodecs.Shuffle(4)]},
            5,
            [
                "write with zarr_format=3, chunks=(20, 250), shards=(1000, 250)",
                "write with filters=None, compressors=None",
            ],
        ),
    ],
    ids=[
        "row of Blosc", "column of Blosc", "window of zstd", "checksums", "checksums of zstd",
        "checksums of Blosc", "column of raw", "row of raw", "most of zstd", "nothing", "long index",
        "format 2",
    ],
)  # fmt: skip
def test_advice_fits_the_selection(tmp_path, options, key, changes):
    plan = zp.open(written(tmp_path / "a.zarr", {**ROWS, **options})).explain(key)
    assert [advice.change for advice in plan.advice] == changes


def test_advice_says_what_it_comes_to(tmp_path):
    plan = zp.open(written(tmp_path / "a.zarr", {**ROWS, "compressors": ZstdCodec()})).explain(5)
    inner, raw = plan.advice
    assert (inner.bytes_decoded, inner.is_estimated) == (20_000, True)
    assert inner.effect.startswith("20 kB would be decoded instead of 1 MB; about ")
    assert inner.effect.endswith("if it compresses as well as now")
    assert (raw.bytes_read, raw.bytes_decoded, raw.requests, raw.is_estimated) == (1000, 0, 1, False)
    assert raw.effect.startswith("1 kB would be read and nothing decoded, and the touched chunks would take")
    assert f"advice        {raw.change}: 1 kB would be read and nothing" in str(plan)


def test_advice_counts_missing_chunks_out(tmp_path):
    array = written(tmp_path / "a.zarr", {**ROWS, "compressors": ZstdCodec()})
    Path(tmp_path, "a.zarr/c/1/0").unlink()
    rows = np.array([0, 500, 1000, 1500, 2000, 2500, 3000, 3500])
    stored = rows // 1000 != 1
    whole_rows, points = (zp.open(array).explain(key).advice[0] for key in (rows, (rows, np.arange(8))))
    assert whole_rows.change == "write with chunks=(20, 250), shards=(1000, 250)"
    assert whole_rows.bytes_decoded == np.count_nonzero(stored) * 20_000
    assert points.change == "write with chunks=(1000, 5), shards=(1000, 250)"
    places = {
        (row // 1000, column // 5) for row, column in zip(rows[stored], np.arange(8)[stored], strict=True)
    }
    assert points.bytes_decoded == len(places) * 20_000
