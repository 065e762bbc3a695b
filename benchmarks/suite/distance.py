"""Targets for arrays behind HTTP: requests and bytes as few as can be, and the time that they take."""

from collections.abc import Iterator

import numpy as np

from . import places
from .checked import TIMED_SEED, check
from .contenders import FirstReads
from .data import source_rows
from .layouts import ROWS
from .least import least
from .race import Ratio, median_interval
from .remote import LAYOUTS
from .remote_readers import REMOTE_READERS, STORES
from .server import serving
from .session import OURS, Claim, Session
from .table import Row

WHAT = f"{places.REMOTE_ROWS} rows over HTTP, 20 ms"


def remote_requests(session: Session) -> Iterator[Row]:
    """What is asked for, as the server counts it, against the least that the layout allows."""
    for layout in LAYOUTS:
        for first in (True, False) if layout != "raw" else (True,):
            yield from _counted(session, layout, first)


def _counted(session: Session, layout: str, first: bool) -> Iterator[Row]:
    path, scale = session.path(ROWS, layout), session.scale
    reader = REMOTE_READERS[f"{OURS}, fsspec"]
    server, source = serving(path.parent), source_rows(scale)
    random = np.random.default_rng(TIMED_SEED)
    array = reader.open(path)
    reader.rows(array, places.of_every_chunk(scale))
    found = []
    for _ in range(session.effort.rounds):
        (rows,) = places.batch(scale, places.REMOTE_ROWS)(random)
        if first:
            array = reader.open(path)
        server.counts()
        answer = reader.rows(array, rows)
        found.append((server.counts(), least(path, layout, scale, rows, first=first)))
        check(answer, np.asarray(source[rows]))
    reader.close(array)
    when = "the first of an array" if first else "a later read"
    for what, at_most in (("requests", 1.0), ("nbytes", 1.05)):
        ours, fewest = ([getattr(counts, what) for counts in column] for column in zip(*found, strict=True))
        ratios = [one / other for one, other in zip(ours, fewest, strict=True)]
        ratio = Ratio(float(np.median(ratios)), *median_interval(ratios), len(ratios))
        texts = (_text(what, float(np.median(column))) for column in (ours, fewest))
        name = "requests" if what == "requests" else "bytes"
        yield Row(f"{WHAT}, {when}: {name}", layout, "at least", at_most, ratio, *texts)


def _text(what: str, count: float) -> str:
    return f"{count:.0f}" if what == "requests" else f"{count / 2**20:.2f} MiB"


def remote_rows(session: Session) -> Iterator[Row]:
    """The first read of an array, against zarr's default pipeline over the same store."""
    for layout in LAYOUTS:
        for store in STORES:
            yield _raced(session, layout, store, f"zarr-default, {store}", 0.33)


def remote_rows_and_tensorstore(session: Session) -> Iterator[Row]:
    """The same against tensorstore, which has an HTTP client of its own."""
    for layout in LAYOUTS:
        for store in STORES:
            yield _raced(session, layout, store, "tensorstore", 1.0)


def _raced(session: Session, layout: str, store: str, against: str, at_most: float) -> Row:
    path = session.path(ROWS, layout)
    ours, theirs = (FirstReads(REMOTE_READERS[name], path) for name in (f"{OURS}, {store}", against))
    draw, source = places.batch(session.scale, places.REMOTE_ROWS), source_rows(session.scale)
    claim = Claim(f"{WHAT}, {store}", layout, against.partition(",")[0], at_most)
    return session.duel(claim, ours, theirs, draw, source, session.few_rounds)
