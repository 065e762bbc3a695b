"""Pages asked for before every read, whatever it reads: the right ranges of every layout, the same values."""

from pathlib import Path

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values
from tests.zarr_partial.random_reads import mismatches
from zarr_partial import ahead
from zarr_partial.sources import pages

pytestmark = pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads")


@pytest.fixture
def asked(monkeypatch):
    """Take every page for missing; count the ranges that were asked for, each proved to lie in its buffer."""
    counted = []
    real = ahead.ask

    def misses(watch, places):
        for data, at in places:
            assert 0 <= at < data.size
        return True

    def ask(ranges):
        sizes = np.array([data.size for data in ranges.buffers])[ranges.which]
        assert (ranges.starts >= 0).all()
        assert (ranges.starts < ranges.stops).all()
        assert (ranges.stops <= sizes).all()
        counted.append(ranges.which.size)
        return real(ranges)

    monkeypatch.setattr(pages.Watch, "is_due", lambda watch: True)
    monkeypatch.setattr(pages.Watch, "misses", misses)
    monkeypatch.setattr(ahead, "FEWEST_RUNS", 0)
    monkeypatch.setattr(ahead, "ask", ask)
    with zarr.config.set({"array.rectilinear_chunks": True}):
        yield counted


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_layout_reads_the_same_when_everything_is_asked_for(tmp_path, layout, threads, asked):
    options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[layout]}
    data = values(options["dtype"])
    zarr.create_array(tmp_path / "a", shape=SHAPE, **options)[...] = data
    array = zp.open(tmp_path / "a", threads=threads)
    assert not mismatches(array, data, 0, 30)
    assert bool(asked) == array.state.is_mapped


def test_missing_chunks_are_asked_for_by_nobody(make, asked):
    array = make(fill_value=7)
    Path(array.store.root, "c/1/0").unlink()
    expected = array[...]
    partial = zp.open(array)
    np.testing.assert_array_equal(partial.oindex[[0, 6, 19, 5]], expected[[0, 6, 19, 5]])
    np.testing.assert_array_equal(partial[2:8, 1:3], expected[2:8, 1:3])
    assert asked == [2, 1]


def test_ranges_that_share_or_adjoin_pages_are_asked_for_once(tmp_path, monkeypatch):
    page = pages.PAGE_NBYTES
    raw = np.arange(64 * page // 4, dtype="<f4").reshape(64, -1)
    partial = zp.open(zarr.create_array(tmp_path / "a", data=raw, chunks=(32, page // 4), compressors=None))
    buffers = [partial.state.residency.now.leaf(number) for number in range(2)]
    requests = []
    real = pages.mapped_file

    class Watched:
        """A map that notes the advice it is given."""

        def __init__(self, number):
            self.number = number

        def madvise(self, advice, start, nbytes):
            requests.append((self.number, start // page, nbytes // page))

    maps = {id(data): Watched(number) for number, data in enumerate(buffers)}
    monkeypatch.setattr(pages, "mapped_file", lambda data: real(data)._replace(map=maps[id(data)]))
    monkeypatch.setattr(pages, "REQUEST_PAGES", 8)
    begins = [(1, 3 * page), (0, 5), (0, 9), (0, page + 1), (0, 4 * page), (1, 31 * page), (1, 4 * page - 1)]
    ends = [4 * page, 6, page - 1, page + 2, 21 * page, 32 * page, 4 * page]
    ranges = pages.Ranges(
        buffers, *np.array([(*begin, end) for begin, end in zip(begins, ends, strict=True)]).T
    )
    places = pages.ask(ranges)
    assert requests == [(0, 0, 2), (0, 4, 8), (0, 12, 8), (0, 20, 1), (1, 3, 1), (1, 31, 1)]
    starts = [data.__array_interface__["data"][0] for data in buffers]
    wanted = [*range(2), *range(4, 21)]
    assert places.tolist() == [starts[0] + at * page for at in wanted] + [
        starts[1] + at * page for at in (3, 31)
    ]


def test_no_more_is_asked_for_than_may_stay(make, monkeypatch):
    monkeypatch.setattr(pages, "REQUEST_PAGES", 1)
    monkeypatch.setattr(pages, "MAX_ASKED_PAGES", 3)
    data = np.ones((20, 10 * pages.PAGE_NBYTES // 4), dtype="<f4")
    partial = zp.open(make(data=data, chunks=(20, data.shape[1])))
    buffer = partial.state.residency.now.leaf(0)
    everything = pages.Ranges([buffer], np.array([0]), np.array([0]), np.array([buffer.size]))
    assert pages.ask(everything).size == 3
