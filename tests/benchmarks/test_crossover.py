"""The crossover curves: every reader at every part of a chunk, on rows of one chunk, with right values."""

import dataclasses
import json

import numpy as np
import pytest
from suite import crossover
from suite.checked import WrongValuesError
from suite.contenders import Reads
from suite.data import SCALES
from suite.race import Effort
from suite.readers import READERS

TINY = SCALES["tiny"]

pytestmark = pytest.mark.usefixtures("data_folder")


@pytest.mark.parametrize("count", [1, 30, 100])
def test_rows_are_different_ones_of_one_chunk(count):
    draw = crossover.within_one_chunk(TINY, count)
    drawn = [draw(np.random.default_rng(seed))[0] for seed in range(20)]
    assert all(np.unique(rows).size == count for rows in drawn)
    assert all(np.unique(rows // TINY.chunk_rows).size == 1 for rows in drawn)
    assert len({int(rows[0]) // TINY.chunk_rows for rows in drawn}) > 1


def test_curves_have_a_time_for_every_place_layout_reader_and_part():
    found = crossover.curves(TINY, Effort(1, 0.0, 1))
    names = {(curve["place"], curve["layout"], curve["reader"]) for curve in found}
    assert {name[:2] for name in names} == {
        (place, layout) for place in ("local", "http", "network") for layout in crossover.LAYOUTS
    }
    assert {reader for place, _, reader in names if place == "local"} >= {"zarr_partial", "zarr-default"}
    assert ("http", "blosc-lz4", "zarr_partial, first read") in names
    assert ("http", "raw", "zarr_partial, first read") not in names
    assert len(names) == len(found)
    for curve in found:
        assert curve["rows"] == [1, 3, 10, 30, 100]
        assert len(curve["seconds"]) == 5
        assert min(curve["seconds"]) > 0
        # A request and its answer take the latency at least.
        assert curve["place"] == "local" or min(curve["seconds"]) > 0.02
    json.dumps(found)


def test_a_wrong_reader_ends_the_measurement(monkeypatch):
    good = READERS["zarr-default"]
    bad = dataclasses.replace(good, rows=lambda array, rows: good.rows(array, rows) + 1)
    monkeypatch.setitem(crossover.PLACES["local"], "zarr-default", lambda _scale, path: Reads(bad, path))
    with pytest.raises(WrongValuesError):
        crossover.curves(TINY, Effort(1, 0.0, 1))
