"""How often a read of chunks that are elsewhere waits for answers, and how much it asks for each time."""

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, ZstdCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from zarr_partial.fetching import batches
from zarr_partial.fetching.needs import needs_of
from zarr_partial.layout import read_layout
from zarr_partial.selection import getitem
from zarr_partial.sources import store

# Several blocks a chunk.
BLOSC = BloscCodec(cname="lz4", blocksize=1 << 14)
LAYOUTS = {
    "raw": ({"chunks": (100, 500), "compressors": None}, 1),
    "blosc": ({"chunks": (100, 500), "compressors": BLOSC}, 2),
    "zstd": ({"chunks": (100, 500), "compressors": ZstdCodec()}, 1),
    "shards": ({"chunks": (10, 500), "shards": (100, 500), "compressors": ZstdCodec()}, 2),
    "shards of blosc": ({"chunks": (50, 500), "shards": (100, 500), "compressors": BLOSC}, 3),
}
DATA = np.random.default_rng(0).integers(0, 9, (4_000, 500)).astype("f4")
ROWS = np.random.default_rng(1).integers(0, len(DATA), 60)


def made(settings):
    memory = MemoryStore()
    zarr.create_array(memory, data=DATA, **settings)
    return memory


@pytest.fixture
def waits(monkeypatch):
    """The requests of every wait, as the source was told them."""
    seen = []
    answer_in_rounds, answer_async = store.answer_in_rounds, store.StoreSource.answer_async

    def watched(asked, fetch):
        def watched_fetch(requests):
            seen.append(list(requests))
            return fetch(requests)

        return answer_in_rounds(asked, watched_fetch)

    async def watched_ahead(source, asked):
        seen.append(asked)
        return await answer_async(source, asked)

    monkeypatch.setattr(store, "answer_in_rounds", watched)
    # All but the first batch of a read are fetched ahead.
    monkeypatch.setattr(store.StoreSource, "answer_async", watched_ahead)
    return seen


@pytest.mark.parametrize("layout", LAYOUTS)
def test_rows_of_all_chunks_take_as_few_waits_as_the_layout_allows(layout, waits):
    settings, first = LAYOUTS[layout]
    arr = zp.open(made(settings))
    np.testing.assert_array_equal(arr.oindex[ROWS], DATA[ROWS])
    assert len(waits) == first
    waits.clear()
    np.testing.assert_array_equal(arr.oindex[ROWS], DATA[ROWS])
    assert len(waits) == 1


def test_few_rows_of_many_large_blosc_chunks_are_one_batch(waits, monkeypatch):
    # The chunks decode to 8 MB, far more than a batch holds; the rows are a few blocks of them.
    monkeypatch.setattr(batches, "BATCH_NBYTES", 1 << 20)
    monkeypatch.setattr(batches, "BLOCK_NBYTES", 1 << 14)
    monkeypatch.setattr(batches.batches_of, "__defaults__", (1 << 20,))
    arr = zp.open(made(LAYOUTS["blosc"][0]))
    few = ROWS[:40]
    np.testing.assert_array_equal(arr.oindex[few], DATA[few])
    np.testing.assert_array_equal(arr.vindex[few, few % 500], DATA[few, few % 500])
    # Two for the rows; the points need other chunks' headers only where the rows had none.
    assert len(waits) == 3
    waits.clear()
    np.testing.assert_array_equal(arr[...], DATA)
    assert len(waits) > 4


@pytest.mark.parametrize("gap", [0, 100, 1 << 15])
@pytest.mark.parametrize(
    "key",
    [
        np.s_[5:95], np.s_[5:95:7], np.s_[:100, 3:499:5], np.s_[7, 2:9],
    ],
    ids=str,
)  # fmt: skip
def test_needs_hold_every_selected_byte_and_nothing_beyond_the_gap(key, gap):
    array = zarr.open_array(made({"chunks": (100, 500), "compressors": None}), mode="r")
    layout = read_layout(array, verify=True)
    (need,) = needs_of(getitem(key, array.shape), layout, gap)
    wanted = np.zeros((100, 500), bool)
    wanted[key] = True
    wanted = np.repeat(wanted.ravel(), 4)
    covered = np.zeros_like(wanted)
    for first, stop in zip(need.firsts.tolist(), need.stops.tolist(), strict=True):
        assert not covered[first:stop].any()
        covered[first:stop] = True
        assert wanted[first]
        assert wanted[stop - 1]
        holes = np.diff(np.flatnonzero(wanted[first:stop])) - 1
        assert holes.max(initial=0) <= gap
    assert covered[wanted].all()
