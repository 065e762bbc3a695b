"""Servers that answer otherwise than they were asked: the values are those of zarr, or an error is."""

import numpy as np
import pytest
import zarr

from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.pipeline.pipelines import DEFAULT, OURS, behind
from tests.zarr_partial.stores import servers

pytest.importorskip("aiohttp", reason="URLs need aiohttp: uv sync --group stores")
pytest.importorskip("fsspec", reason="URLs need fsspec: uv sync --group stores")

SELECTIONS = {
    "row": lambda a: a[70],
    "rows in order": lambda a: a[20:30],
    "rows": lambda a: a.oindex[np.array([7, 99, 30])],
    "column": lambda a: a[:, 3],
    "all": lambda a: a[...],
}
FAULTS = {
    "no ranges": servers.whole_with_200,
    "short": servers.short,
    "cut": servers.cut,
    "too long": lambda handler, value, first, stop: handler.send(value, first, min(stop + 3, len(value))),
}


@pytest.fixture
def served(tmp_path):
    values = np.random.default_rng(1).integers(0, 99, (100, 40)).astype("<f4")
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(50, 40), compressors=None)
    files = (file for file in tmp_path.rglob("*") if file.is_file())
    with servers.serving({file.relative_to(tmp_path).as_posix(): file.read_bytes() for file in files}) as one:
        yield one


@pytest.mark.parametrize("fault", list(FAULTS))
@pytest.mark.parametrize("selection", list(SELECTIONS))
def test_answers_of_another_length_are_not_taken_for_what_was_asked(served, selection, fault):
    """Clients do not tell; a range from the beginning of a chunk would be values of other rows."""
    array, ours = (behind(pipeline, f"{served.url}/a.zarr") for pipeline in (DEFAULT, OURS))
    served.faults |= {"a.zarr/c/0/0": FAULTS[fault], "a.zarr/c/1/0": FAULTS[fault]}
    read = SELECTIONS[selection]
    found, expected = outcome(lambda: read(ours)), outcome(lambda: read(array))
    assert_same(found, expected)


def test_a_whole_chunk_that_came_for_a_range_is_not_asked_for_again(served):
    ours = behind(OURS, f"{served.url}/a.zarr")
    served.faults["a.zarr/c/1/0"] = servers.whole_with_200
    served.asked()
    ours[70]
    assert [one.key for one in served.asked()] == ["a.zarr/c/1/0"]
