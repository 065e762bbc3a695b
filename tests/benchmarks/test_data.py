"""The data are made once, whole or not at all, the same everywhere."""

import dataclasses

import numpy as np
import pytest
import zarr
from suite.data import SCALES, chosen_scale, data_folder, made, source_rows
from suite.layouts import LAYOUTS, store
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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layout_holds_the_source(layout, fresh_folder):
    array = zarr.open_array(store(layout, TINY), mode="r")
    np.testing.assert_array_equal(array[...], source_rows(TINY))
    assert array.chunks == ((10, 50) if layout == "sharded-zstd" else (100, 50))
    assert array.shards == ((100, 50) if layout == "sharded-zstd" else None)


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
    ("reader", "pipeline"), [("zarr-default", "BatchedCodecPipeline"), ("zarr-fused", "FusedCodecPipeline")]
)
def test_zarr_reads_through_the_pipeline_that_the_reader_names(reader, pipeline, fresh_folder):
    array = READERS[reader].open(store("raw", TINY))
    assert type(array.async_array.codec_pipeline).__name__ == pipeline


def test_an_absent_zarr_partial_is_skipped(monkeypatch, tmp_path):
    monkeypatch.setitem(__import__("sys").modules, "zarr_partial", None)
    with pytest.raises(NotImplementedError, match="zarr_partial is not installed"):
        READERS["zarr_partial"].open(tmp_path)
