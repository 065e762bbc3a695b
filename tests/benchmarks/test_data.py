"""The data are made once, whole or not at all, the same everywhere."""

import dataclasses
import os
import sys

import numpy as np
import pytest
import zarr
from suite.data import SCALES, chosen_scale, data_folder, evict, made, source_rows, warm
from suite.fields import source_cube, source_volume
from suite.layouts import DATA_SETS, ROWS
from suite.readers import READERS

TINY = SCALES["tiny"]


@pytest.fixture
def fresh_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ZARR_PARTIAL_BENCH_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


def test_an_interrupted_make_is_not_taken_for_data(tmp_path):
    def interrupted(draft):
        draft.write_bytes(b"half")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        made(tmp_path / "rows.npy", interrupted)
    assert list(tmp_path.iterdir()) == []
    assert made(tmp_path / "rows.npy", lambda draft: draft.write_bytes(b"whole")).read_bytes() == b"whole"


def test_what_is_there_is_not_made_again(tmp_path):
    (tmp_path / "rows.npy").write_bytes(b"first")
    assert made(tmp_path / "rows.npy", lambda draft: draft.write_bytes(b"second")).read_bytes() == b"first"


def test_a_process_that_was_faster_wins(tmp_path):
    target = tmp_path / "raw.zarr"

    def make(draft):
        draft.mkdir()
        target.mkdir()
        (target / "zarr.json").write_text("theirs")

    assert (made(target, make) / "zarr.json").read_text() == "theirs"
    assert [path.name for path in tmp_path.iterdir()] == ["raw.zarr"]


def test_rows_are_seeded_counts_and_the_smaller_scale_is_the_head_of_the_larger(fresh_folder):
    longer = dataclasses.replace(TINY, name="longer", rows=TINY.rows + 200)
    rows = source_rows(TINY)
    assert rows.dtype == np.float32
    assert rows.shape == (1_000, 50)
    np.testing.assert_array_equal(rows, source_rows(longer)[: TINY.rows])
    assert 0.75 < float(rows.mean()) < 0.85
    assert set(np.unique(rows)) >= {0, 1, 2, 3}


@pytest.mark.parametrize("source", [source_volume, source_cube])
def test_fields_are_smooth_with_noise_and_the_same_each_time(source, tmp_path, monkeypatch):
    fields = []
    for attempt in ("one", "two"):
        monkeypatch.setenv("ZARR_PARTIAL_BENCH_DATA", str(tmp_path / attempt))
        fields.append(np.array(source(TINY), dtype=np.float64))
    field = fields[0]
    np.testing.assert_array_equal(*fields)
    # Neighbours differ by less than cells far apart, but never by nothing: codecs have real work.
    neighbours = np.abs(np.diff(field, axis=1)).mean()
    half = field.shape[2] // 2
    assert 0 < neighbours < np.abs(field[..., :half] - field[..., -half:]).mean()
    assert (np.diff(field, axis=1) == 0).mean() < 0.1


SHAPES = {
    "raw": ((100, 50), None),
    "blosc-lz4": ((100, 50), None),
    "blosc-zstd": ((100, 50), None),
    "zstd": ((100, 50), None),
    "sharded-zstd": ((10, 50), (100, 50)),
    "sharded-raw": ((10, 50), (100, 50)),
    "sharded-blosc": ((10, 50), (100, 50)),
    "raw-64": ((8, 8, 8), None),
    "raw-128": ((16, 16, 16), None),
    "blosc-64": ((8, 8, 8), None),
    "blosc-128": ((16, 16, 16), None),
    "sharded-128": ((4, 4, 4), (16, 16, 16)),
    "raw-maps": ((10, 6, 6), None),
    "raw-series": ((40, 4, 4), None),
    "blosc-maps": ((10, 6, 6), None),
    "blosc-series": ((40, 4, 4), None),
    "sharded-maps": ((10, 3, 3), (10, 6, 6)),
}


@pytest.mark.parametrize(
    ("data_set", "layout"),
    [(name, layout) for name, data_set in DATA_SETS.items() for layout in data_set.layouts],
)
def test_layout_holds_the_source(data_set, layout, fresh_folder):
    chosen = DATA_SETS[data_set]
    array = zarr.open_array(chosen.store(layout, TINY), mode="r")
    np.testing.assert_array_equal(array[...], chosen.source(TINY))
    assert (array.chunks, array.shards) == SHAPES[layout]
    assert ("raw" in layout) == (not array.compressors)


@pytest.mark.skipif(not hasattr(os, "RWF_NOWAIT"), reason="asks Linux what it has in memory")
def test_evicted_bytes_are_no_longer_in_the_page_cache(tmp_path):
    path = tmp_path / "chunk"
    path.write_bytes(bytes(1 << 20))
    warm(path)
    assert in_memory(path)
    evict(path)
    if in_memory(path):
        pytest.skip("this file system has nothing but memory, or reads without its page cache")
    assert path.read_bytes() == bytes(1 << 20)


def in_memory(path):
    """Whether the first page of `path` can be read without waiting for a disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return os.preadv(descriptor, [bytearray(4096)], 0, os.RWF_NOWAIT) == 4096
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)


def test_data_lie_outside_the_repository_by_default(monkeypatch, tmp_path):
    monkeypatch.delenv("ZARR_PARTIAL_BENCH_DATA", raising=False)
    monkeypatch.setattr("suite.data.sys.platform", "linux")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert data_folder(TINY) == tmp_path / "zarr-partial-bench" / "tiny-v1"


def test_unknown_scale_names_the_known_ones(monkeypatch):
    monkeypatch.setenv("ZARR_PARTIAL_BENCH_SCALE", "huge")
    chosen_scale.cache_clear()
    with pytest.raises(ValueError, match="one of full, quick, tiny, found 'huge'"):
        chosen_scale()
    chosen_scale.cache_clear()


@pytest.mark.parametrize(
    ("reader", "pipeline"),
    [
        ("zarr-default", "BatchedCodecPipeline"),
        ("zarr-fused", "FusedCodecPipeline"),
        ("zarrs", "ZarrsCodecPipeline"),
    ],
)
def test_zarr_reads_through_the_pipeline_that_the_reader_names(reader, pipeline, fresh_folder):
    array = READERS[reader].open(ROWS.store("raw", TINY))
    assert type(array.async_array.codec_pipeline).__name__ == pipeline


@pytest.mark.parametrize(
    ("reader", "module"),
    [("zarr_partial", "zarr_partial"), ("zarrs", "zarrs"), ("tensorstore", "tensorstore")],
)
def test_an_absent_reader_is_skipped(reader, module, monkeypatch, tmp_path):
    for name in list(sys.modules):
        if name.partition(".")[0] == module:
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Absent(module), *sys.meta_path])
    with pytest.raises(NotImplementedError, match=f"{module} is not installed"):
        READERS[reader].open(tmp_path)


class Absent:
    """Finds nothing under one name, as where the package is not installed."""

    def __init__(self, name):
        self.name = name

    def find_spec(self, fullname, path=None, target=None):
        if fullname == self.name:
            raise ModuleNotFoundError(f"No module named {fullname!r}", name=fullname)
        return
