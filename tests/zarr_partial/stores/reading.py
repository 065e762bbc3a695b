"""Local arrays read by ranges, and reads cut into small batches."""

import zarr_partial as zp
from zarr_partial.fetching import batches, reading


def read_by_pread(path, **options):
    """Open a local array whose chunk files are read, not mapped."""
    return zp.open(path, io="pread", **options)


def limit_batches(monkeypatch, limit):
    """Cut reads into batches of so many bytes."""
    monkeypatch.setattr(
        reading, "batches_of", lambda selection, layout: batches.batches_of(selection, layout, limit)
    )
