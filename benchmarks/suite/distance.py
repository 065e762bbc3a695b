"""Targets for arrays behind HTTP: requests and bytes as few as can be, and the time that they take."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from . import places
from .checked import TIMED_SEED, check
from .contenders import FirstReads, LaterReads, Reads
from .data import source_rows
from .layouts import ROWS
from .least import least
from .race import Ratio, median_interval
from .readers import Reader
from .remote import LAYOUTS
from .remote_readers import REMOTE_READERS, STORES
from .server import serving
from .session import OURS, Claim, Session
from .table import Row

# Of raw chunks nothing has to be known.
CASES = [(layout, first) for layout in LAYOUTS for first in (True, False) if first or layout != "raw"]
WHAT = f"{places.REMOTE_ROWS} rows over HTTP, 20 ms"


def remote_requests(session: Session) -> Iterator[Row]:
    """What is asked for, as the server counts it, against the least that the layout allows."""
    for layout, first in CASES:
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
    for what, at_most in (("requests", 1.0), ("nbytes", 1.05)):
        ours, fewest = ([getattr(counts, what) for counts in column] for column in zip(*found, strict=True))
        ratios = [one / other for one, other in zip(ours, fewest, strict=True)]
        ratio = Ratio(float(np.median(ratios)), *median_interval(ratios), len(ratios))
        texts = (_text(what, float(np.median(column))) for column in (ours, fewest))
        name = "requests" if what == "requests" else "bytes"
        yield Row(f"{name} of {WHAT}, {_when(first)}", layout, "at least", at_most, ratio, *texts)


def _text(what: str, count: float) -> str:
    return f"{count:.0f}" if what == "requests" else f"{count / 2**20:.2f} MiB"


def remote_rows(session: Session) -> Iterator[Row]:
    """Against zarr's default pipeline over the same store."""
    yield from _raced(session, {store: f"zarr-default, {store}" for store in STORES}, 0.33)


def remote_rows_and_tensorstore(session: Session) -> Iterator[Row]:
    """Against tensorstore, which has an HTTP client of its own."""
    yield from _raced(session, dict.fromkeys(STORES, "tensorstore"), 1.0)


def _raced(session: Session, against: dict[str, str], at_most: float) -> Iterator[Row]:
    """Race the first read of an array, and a later one where that makes a difference."""
    draw, source = places.batch(session.scale, places.REMOTE_ROWS), source_rows(session.scale)
    for layout, first in CASES:
        path = session.path(ROWS, layout)
        for store, other in against.items():
            ours, theirs = (
                _reads(REMOTE_READERS[name], path, session, first) for name in (f"{OURS}, {store}", other)
            )
            claim = Claim(f"{WHAT}, {store}, {_when(first)}", layout, other.partition(",")[0], at_most)
            yield session.duel(claim, ours, theirs, draw, source, session.few_rounds)


def _reads(reader: Reader, path: Path, session: Session, first: bool) -> Reads:
    if first:
        return FirstReads(reader, path)
    return LaterReads(reader, path, places.of_every_chunk(session.scale))


def _when(first: bool) -> str:
    return "the first" if first else "a later one"
