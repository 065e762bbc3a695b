"""Targets for training: batches of random rows as tensors, against the fastest other loader."""

import statistics
from collections.abc import Iterator
from functools import partial

from .data import source_rows
from .layouts import ONE_OF_A_KIND, ROWS
from .race import Ratio, median_interval
from .session import FINALISTS, OURS, Session
from .table import Row
from .training import LOADERS, SECONDS, measured

# Of an epoch each, which takes seconds.
ROUNDS = 3


def shuffled_batches(session: Session) -> Iterator[Row]:
    """Rows a second of whole epochs, shuffled row by row, or of their first seconds."""
    for layout in ONE_OF_A_KIND:
        row = _raced(session, layout)
        if row is not None:
            yield row


def _raced(session: Session, layout: str) -> Row | None:
    path, source = session.path(ROWS, layout), source_rows(session.scale)
    rate = partial(measured, path=path, source=source, seconds=SECONDS)
    rates: dict[str, list[float]] = {}
    for name in LOADERS:
        try:
            rates[name] = [rate(name)]
        except NotImplementedError:
            continue
    peers = sorted((name for name in rates if OURS not in name), key=lambda name: -rates[name][0])
    if OURS not in rates or not peers:
        return None
    # The first round warms up what it can, and says who goes on.
    racers = [OURS, *peers[:FINALISTS]]
    rounds = [{name: rate(name) for name in racers} for _ in range(ROUNDS)]
    best = max(racers[1:], key=lambda name: statistics.median(found[name] for found in rounds))
    ratios = [found[best] / found[OURS] for found in rounds]
    ours, theirs = (statistics.median(found[name] for found in rounds) for name in (OURS, best))
    return Row(
        "batches of 256 random rows as tensors, time per row",
        layout,
        best,
        0.33,
        Ratio(statistics.median(ratios), *median_interval(ratios), len(ratios)),
        f"{ours:,.0f} rows/s",
        f"{theirs:,.0f} rows/s",
    )
