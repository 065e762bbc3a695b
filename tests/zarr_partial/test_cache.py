"""The cache of decoded units: its setting, its counters, what it decodes, and when it forgets."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec

import zarr_partial as zp
from tests.zarr_partial.cached_arrays import (
    DATA,
    LAYOUTS,
    RAW,
    STORED_ROWS,
    at_once,
    count_decodes,
    expected,
    watch_budget,
    write,
)
from zarr_partial.budget import CacheInfo, parse_nbytes


@pytest.mark.parametrize(
    ("text", "nbytes"),
    [
        ("256 MiB", 2**28), ("1 GB", 10**9), ("64 kB", 64_000), ("64kib", 65_536), ("1.5 KiB", 1536),
        ("100", 100), ("100 B", 100), (" 2 TiB ", 2**41), ("0", 0), (0, 0), (12, 12), (np.int64(12), 12),
    ],
)  # fmt: skip
def test_budget_is_understood(text, nbytes):
    assert parse_nbytes(text, "cache") == nbytes


@pytest.mark.parametrize("cache", ["", "MiB", "1 MiBi", "1 iB", "-1 MB", "1e6", "12 XB", "a lot", -1])
def test_budget_that_is_no_number_of_bytes(tmp_path, cache):
    write(tmp_path / "a", "zstd")
    with pytest.raises(ValueError, match=r'expected cache to be .* like 2\*\*28 or "256 MiB", found .*;'):
        zp.open(tmp_path / "a", cache=cache)


@pytest.mark.parametrize("cache", [1.5, None, True, b"1"])
def test_budget_of_another_type(tmp_path, cache):
    write(tmp_path / "a", "zstd")
    with pytest.raises(TypeError, match=r"expected cache to be .* found .*; 0 is no cache"):
        zp.open(tmp_path / "a", cache=cache)


def test_without_a_cache_nothing_is_kept_or_counted(tmp_path):
    partial = zp.open(write(tmp_path / "a", "zstd"))
    partial[:40]
    assert partial.cache_info() == CacheInfo()


def test_counters_of_whole_chunks(tmp_path):
    partial = zp.open(write(tmp_path / "a", "zstd"), cache="1 MB")
    nbytes = 20 * 60 * 4
    partial[:40]
    assert partial.cache_info() == CacheInfo(0, 2, 0, 0, 2, 2 * nbytes, 1_000_000)
    partial[30:50, 3:5]
    assert partial.cache_info() == CacheInfo(1, 3, 0, 0, 3, 3 * nbytes, 1_000_000)
    partial.oindex[[5, 45, 46]]
    assert partial.cache_info() == CacheInfo(4, 3, 0, 0, 3, 3 * nbytes, 1_000_000)


def test_only_touched_blocks_are_decoded_and_counted(tmp_path, monkeypatch):
    decodes = count_decodes(monkeypatch)
    partial = zp.open(write(tmp_path / "a", "blosc"), cache="1 MB")
    # Rows of 240 bytes in blocks of 1,024.
    np.testing.assert_array_equal(partial[0], DATA[0])
    assert partial.cache_info().nbytes == 1024
    np.testing.assert_array_equal(partial.oindex[[0, 3, 4]], DATA[[0, 3, 4]])
    assert decodes == {(0, 0): 1, (0, 1): 1}
    # The last block of the chunk is shorter.
    np.testing.assert_array_equal(partial[49], DATA[49])
    assert partial.cache_info().nbytes == 2 * 1024 + 50 * 240 % 1024


@pytest.mark.parametrize("name", LAYOUTS)
def test_what_was_decoded_is_not_decoded_again(tmp_path, monkeypatch, name):
    decodes = count_decodes(monkeypatch)
    partial, data = zp.open(write(tmp_path / "a", name), cache="1 MB", threads=2), expected()
    rng = np.random.default_rng(1)
    for _ in range(40):
        rows, columns = rng.integers(-400, 400, 9), rng.integers(0, 60, 9)
        np.testing.assert_array_equal(partial.oindex[rows], data[rows])
        np.testing.assert_array_equal(partial.oindex[rows, columns], data[np.ix_(rows, columns)])
        np.testing.assert_array_equal(partial.vindex[rows, columns], data[rows, columns])
        start, stop = sorted(rng.integers(0, 400, 2).tolist())
        np.testing.assert_array_equal(partial[start:stop:3, ::7], data[start:stop:3, ::7])
        np.testing.assert_array_equal(partial[int(rows[0])], data[rows[0]])
    np.testing.assert_array_equal(partial[...], data)
    assert name == "blosc, stored" or set(decodes.values()) == {1}
    info = partial.cache_info()
    # Chunks that reach beyond the array, or beyond the stored rows, are stored whole.
    assert STORED_ROWS * 240 <= info.nbytes <= 400 * 75 * 4
    assert (info.evictions, info.bypasses) == (0, 0)
    assert name == "blosc, stored" or info.misses == len(decodes) == info.units


@pytest.mark.parametrize("name", LAYOUTS)
def test_sixteen_threads_that_ask_at_once_decode_each_unit_once(tmp_path, monkeypatch, name):
    decodes = count_decodes(monkeypatch)
    data = expected()
    for seed in range(3):
        partial = zp.open(write(tmp_path / "a", name), cache="1 MB", threads=2)
        rows = np.random.default_rng(seed).integers(0, 400, 50)
        decodes.clear()
        for found in at_once(lambda _: partial.oindex[rows]):  # noqa: B023 - over before the next turn
            np.testing.assert_array_equal(found, data[rows])
        assert name == "blosc, stored" or set(decodes.values()) == {1}
        assert partial.cache_info().bypasses == 0


@pytest.mark.parametrize("name", LAYOUTS)
@pytest.mark.parametrize("budget", [0.1, 0.3, 0.7])
def test_budget_is_never_exceeded(tmp_path, monkeypatch, name, budget):
    held = watch_budget(monkeypatch)
    partial, data = zp.open(write(tmp_path / "a", name), cache=int(budget * DATA.nbytes)), expected()
    rng = np.random.default_rng(2)
    keys = [np.sort(rng.integers(0, 400, int(rng.integers(1, 12)))) for _ in range(128)]

    def read(number):
        for rows in keys[number::16]:
            np.testing.assert_array_equal(partial.oindex[rows], data[rows])
            np.testing.assert_array_equal(partial.oindex[rows, 5:8], data[rows, 5:8])

    assert at_once(read) == [None] * 16
    assert 0 <= min(held) <= max(held) <= budget * DATA.nbytes
    assert max(held) > budget * DATA.nbytes / 4
    info = partial.cache_info()
    cache = partial.state.cache.now()
    there = [image.units.count_bytes(image.states == 2) for image in cache.images.values() if image.nbytes]
    assert info.nbytes == sum(there)
    assert info.evictions > 0


def test_trace_of_reads_decodes_each_block_once(tmp_path, monkeypatch):
    """5,000 reads over 100 chunks of 8 blocks: 800 blocks, where whole chunks would be decoded in vain."""
    decodes = count_decodes(monkeypatch)
    data = np.random.default_rng(0).integers(0, 30, (100, 8 * 64)).astype("<i4")
    blosc = BloscCodec(cname="lz4", blocksize=256, typesize=4, shuffle="shuffle")
    partial = zp.open(
        zarr.create_array(tmp_path / "a", data=data, chunks=(1, 512), compressors=blosc), cache=data.nbytes
    )
    rng = np.random.default_rng(3)
    asked = set()
    for place in rng.integers(0, 800, 5000).tolist():
        chunk, block = divmod(place, 8)
        part = np.s_[chunk, block * 64 + 3 : block * 64 + 50]
        np.testing.assert_array_equal(partial[part], data[part])
        asked.add((chunk, block))
    assert set(decodes) == asked
    assert set(decodes.values()) == {1}
    assert partial.cache_info() == CacheInfo(
        5000 - len(asked), len(asked), 0, 0, len(asked), 256 * len(asked), data.nbytes
    )


def test_least_recently_used_chunks_go_first(tmp_path, monkeypatch):
    decodes = count_decodes(monkeypatch)
    partial = zp.open(write(tmp_path / "a", "zstd"), cache=10 * 20 * 240)
    for chunk in range(10):
        partial[20 * chunk]
    partial.oindex[np.arange(0, 100, 20)]  # the short path, of the first five
    partial[105, 2:3]  # the ordinary one, of the sixth
    decodes.clear()
    partial[200]
    # Down to seven eighths of the budget, with the new one: three go.
    assert partial.cache_info().evictions == 3
    partial.oindex[[0, 20, 40, 60, 80, 100, 180]]
    assert decodes == {(10, -1): 1}
    partial.oindex[[120, 140, 160]]
    assert decodes == {(10, -1): 1, (6, -1): 1, (7, -1): 1, (8, -1): 1}


def test_blocks_of_one_chunk_make_room_for_others(tmp_path):
    array = write(tmp_path / "a", "blosc")
    partial, data = zp.open(array, cache=3 * 1024), expected()
    for row in [0, 10, 20, 30, 40, 0, 10, 45]:
        np.testing.assert_array_equal(partial[row], data[row])
        assert partial.cache_info().nbytes <= 3 * 1024
    assert partial.cache_info().bypasses == 0
    np.testing.assert_array_equal(partial[:30], data[:30])
    assert partial.cache_info().bypasses == 1


def test_what_does_not_fit_leaves_the_cache_as_it_is(tmp_path, monkeypatch):
    partial, data = zp.open(write(tmp_path / "a", "zstd"), cache=3 * 20 * 240), expected()
    partial[:40]
    before = partial.cache_info()
    np.testing.assert_array_equal(partial[...], data)
    rows = np.arange(0, 400, 20)
    np.testing.assert_array_equal(partial.oindex[rows], data[rows])
    after = partial.cache_info()
    assert (after.units, after.misses, after.evictions) == (before.units, before.misses, 0)
    assert after.bypasses == 2


def test_memory_of_evicted_chunks_is_used_again(tmp_path):
    partial = zp.open(write(tmp_path / "a", "zstd"), cache=4 * 20 * 240)
    for row in range(400):
        partial[row]
    slots = partial.state.cache.now()._slots
    assert len(slots._free) == slots._per_slab - len(partial.state.cache.now().images) + 1


def test_images_outlive_their_eviction_under_a_reader(tmp_path):
    partial, data = zp.open(write(tmp_path / "a", "zstd"), cache=20 * 240), expected()
    partial[0]
    held = partial.state.cache.now().images[0].data
    for row in range(0, 380, 20):
        partial[row]
    assert 0 not in partial.state.cache.now().images
    np.testing.assert_array_equal(held.view("<i4").reshape(20, 60), data[:20])


def test_refresh_forgets_what_was_decoded(tmp_path):
    array = write(tmp_path / "a", "blosc")
    partial = zp.open(tmp_path / "a", cache="1 MB")
    partial[:10]
    array[5] = -1
    np.testing.assert_array_equal(partial[5], DATA[5])
    partial.refresh()
    assert partial.cache_info() == CacheInfo(budget=1_000_000)
    assert (partial[5] == -1).all()


def test_closed_arrays_have_no_cache(tmp_path):
    partial = zp.open(write(tmp_path / "a", "blosc"), cache="1 MB")
    partial[:10]
    partial.close()
    with pytest.raises(ValueError, match="expected an open array"):
        partial.cache_info()


def test_pickled_arrays_keep_the_setting_and_begin_empty(tmp_path):
    partial = zp.open(write(tmp_path / "a", "blosc"), cache="1 MB")
    partial[:10]
    again = pickle.loads(pickle.dumps(partial))
    assert again.cache_info() == CacheInfo(budget=1_000_000)
    np.testing.assert_array_equal(again[:10], DATA[:10])
    assert again.cache_info().misses > 0


@pytest.mark.parametrize("options", [RAW, {"chunks": (20, 60), "dtype": str}], ids=["raw", "strings"])
def test_layouts_that_need_no_cache_or_are_zarrs_to_read(tmp_path, options):
    dtype = options.get("dtype", DATA.dtype)
    options = {"shape": DATA.shape, "dtype": dtype, **options}
    array = zarr.create_array(tmp_path / "a", **options)
    array[:] = DATA.astype(array.dtype)
    partial = zp.open(array, cache="1 MB")
    np.testing.assert_array_equal(partial[3:9], array[3:9])
    assert partial.cache_info() == CacheInfo(budget=1_000_000)


def damage(folder, key):
    path = Path(folder, key)
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)


@pytest.mark.parametrize("name", ["blosc", "zstd"])
def test_every_thread_that_asks_for_a_damaged_chunk_gets_its_error(tmp_path, name):
    array = write(tmp_path / "a", name)
    damage(tmp_path / "a", "c/0/0")
    partial, data = zp.open(array, cache="1 MB", threads=2), expected()
    for found in at_once(lambda _: partial[:50]):
        assert isinstance(found, zp.CorruptChunkError)
        assert "chunk 'c/0/0'" in str(found)
    assert partial.cache_info().nbytes % (20 * 240 if name == "zstd" else 1024) == 0
    # Others are read, and whoever asks together with the damaged one has not broken them.
    with pytest.raises(zp.CorruptChunkError):
        partial[:200]
    np.testing.assert_array_equal(partial[50:200], data[50:200])
    write(tmp_path / "a", name)
    partial.refresh()
    np.testing.assert_array_equal(partial[:50], data[:50])


def test_readers_wait_for_a_decoder_and_try_themselves_when_it_fails(tmp_path, monkeypatch):
    """The first decode fails when the others already wait; the second succeeds for all of them."""
    from zarr_partial import filling

    partial, data = zp.open(write(tmp_path / "a", "zstd"), cache="1 MB"), expected()
    decode, calls = filling.decode_whole, []

    def flaky(leaf, encoded, out, name):
        calls.append(name.number)
        if len(calls) == 1:
            raise zp.UnreadableChunkError("once", key=name.key)
        return decode(leaf, encoded, out, name)

    monkeypatch.setattr(filling, "decode_whole", flaky)
    found = at_once(lambda _: partial[3])
    assert sum(isinstance(item, zp.UnreadableChunkError) for item in found) == 1
    for item in found:
        if not isinstance(item, zp.UnreadableChunkError):
            np.testing.assert_array_equal(item, data[3])
    assert len(calls) == 2


def test_explain_says_how_much_is_decoded_already(tmp_path):
    partial = zp.open(write(tmp_path / "a", "blosc"), cache=40 * 1024)
    said = lambda key: partial.explain(key).reasons[-1]  # noqa: E731
    assert said(np.s_[0:8]) == "Of 1 unit that it touches, 0 are decoded already, in the cache."
    partial[0]
    assert said(np.s_[0:8]) == "Of 2 units that it touches, 1 are decoded already, in the cache."
    assert said(0) == "All that it touches is decoded already, in the cache: nothing is read or decoded now."
    assert said(...) == "More than the cache may hold, 41 kB: it is read past the cache."
    assert not partial.explain(np.s_[:0]).reasons[-1].endswith("cache.")


def test_reads_into_an_output_come_out_of_the_cache(tmp_path):
    partial, data = zp.open(write(tmp_path / "a", "blosc"), cache="1 MB"), expected()
    rows = np.array([5, 390, 70])
    for _ in range(2):
        out = np.empty((3, 60), data.dtype)
        assert partial.take(rows, out=out) is out
        np.testing.assert_array_equal(out, data[rows])
        spread = np.zeros((60, 3), data.dtype).T
        partial.read(rows, out=spread)
        np.testing.assert_array_equal(spread, data[rows])
    told = []
    np.testing.assert_array_equal(partial.read(np.s_[3:9], progress=lambda *now: told.append(now)), data[3:9])
    assert told[-1] == (6 * 240, 6 * 240)
    misses = partial.cache_info().misses
    partial.take(rows, out=out)
    assert partial.cache_info().misses == misses


def test_zero_dimensional_results_and_errors_are_those_of_zarr(tmp_path):
    array = write(tmp_path / "a", "zstd")
    partial = zp.open(array, cache="1 MB")
    for _ in range(2):
        assert type(partial[3, 4]) is type(array[3, 4])
        assert partial[3, 4] == array[3, 4]
        assert partial[:0].shape == (0, 60)
        for key in (400, -401, np.array([3, 400])):
            with pytest.raises(IndexError):
                partial[key]
            with pytest.raises(IndexError):
                partial.oindex[key]


def test_addresses_looked_up_while_images_go_away_are_not_used(tmp_path):
    """What the short path found is forgotten if leaves were dropped between its first and its last look."""
    partial, data = zp.open(write(tmp_path / "a", "zstd"), cache=4 * 20 * 240), expected()
    rows = np.array([0, 25, 50])
    partial.oindex[rows]
    table = partial.state.cache.now().rows
    addresses = table.addresses

    class Interrupted:
        def __getitem__(self, indices):
            found = addresses[indices]
            table.addresses = addresses
            for row in range(100, 380, 20):
                partial[row, 2:3]
            return found

    assert partial.state.rows.many(rows) is not None
    table.addresses = Interrupted()
    assert partial.state.rows.many(rows) is None
    partial.oindex[rows]
    table.addresses = Interrupted()
    np.testing.assert_array_equal(partial.oindex[rows], data[rows])
