"""Arrays opened through a source of ranges that `open` does not choose for them."""

from dataclasses import replace
from pathlib import Path

import zarr

from zarr_partial.array import PartialArray
from zarr_partial.fetching import batches, reading
from zarr_partial.fetching.fetcher import Fetcher
from zarr_partial.fetching.reading import Remote
from zarr_partial.sources.pread import PreadSource
from zarr_partial.state import State


def read_by_pread(path, **options):
    """Open a local array whose chunk files are read, not mapped."""
    array = zarr.open_array(path, mode="r")
    partial = PartialArray(array, **options)
    state = partial.state
    if state.residency is not None:
        source = PreadSource(Path(array.store.root, array.path))
        remote = Remote(Fetcher(state.layout), source)
        own = replace(state, residency=None, rows=None, remote=remote)
        assert isinstance(own, State)
        partial._state = own
    return partial


def limit_batches(monkeypatch, limit):
    """Cut reads into batches of so many bytes."""
    monkeypatch.setattr(
        reading, "batches_of", lambda selection, layout: batches.batches_of(selection, layout, limit)
    )
