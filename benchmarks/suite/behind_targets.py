"""Targets of our codec pipeline behind zarr.Array, against zarr's default and its fused pipeline."""

from collections.abc import Iterator

from . import places
from .behind import PIPELINES
from .checked import Draw
from .contenders import Reads
from .layouts import CUBE, ROWS, VOLUME, DataSet
from .session import Claim, Session
from .table import Row

OURS = PIPELINES["zarr_partial pipeline"]
# What the pipeline gains, by layout: against which other, and at most how much of its time.
GAINS = {
    "raw": (("zarr-default", 0.04), ("zarr-fused", 0.2)),
    "blosc-lz4": (("zarr-default", 0.25),),
    "blosc-zstd": (("zarr-default", 0.25),),
}
NEVER_ABOVE = 1.05


def behind_zarr_rows(session: Session) -> Iterator[Row]:
    """256 random rows, and one."""
    draw = places.batch(session.scale)
    for layout in ROWS.layouts:
        for other, at_most in GAINS.get(layout, (("zarr-default", NEVER_ABOVE),)):
            yield _row(session, ROWS, layout, "256 rows", other, at_most, draw)
    single = places.one_by_one(session.scale)
    yield _row(session, ROWS, "raw", "one row", "zarr-default", 0.4, single, places.BATCH_ROWS)


def behind_zarr_nowhere_slower(session: Session) -> Iterator[Row]:
    """Everything else that the suite reads."""
    for layout in ROWS.layouts:
        for what, draw in (("2,000 rows", places.slab(session.scale)), ("all rows", places.everything)):
            yield _row(session, ROWS, layout, what, "zarr-default", NEVER_ABOVE, draw)
    size = " x ".join(map(str, session.scale.patch))
    for layout in VOLUME.layouts:
        draw = places.patches(session.scale)
        yield _row(
            session, VOLUME, layout, f"{size} voxels", "zarr-default", NEVER_ABOVE, draw, places.PATCHES
        )
    for layout in CUBE.layouts:
        draw = places.series(session.scale)
        yield _row(session, CUBE, layout, "`arr[:, i, j]`", "zarr-default", NEVER_ABOVE, draw, places.SERIES)


def _row(
    session: Session,
    data_set: DataSet,
    layout: str,
    what: str,
    other: str,
    at_most: float,
    draw: Draw,
    per: int = 1,
) -> Row:
    path = session.path(data_set, layout)
    claim = Claim(f"{what} behind `zarr.Array`", layout, other, at_most, per)
    pair = Reads(OURS, path), Reads(PIPELINES[other], path)
    return session.duel(claim, *pair, draw, data_set.source(session.scale), session.few_rounds)
