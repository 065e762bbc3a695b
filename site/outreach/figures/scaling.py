"""A thousand workers: the model as lines, the simulation as dots."""

import math
from functools import cache

from outreach.figures.scaling_model import Reader, Store, dollars, limits, rows_per_second, simulate
from outreach.figures.svg import curve, dot, figure, line, svg, table, text
from outreach.paths import Project

STORE = Store()
ROW_NBYTES, CHUNK_NBYTES, NEIGHBOURS = 4_000, 4_000_000, 16
READERS = (
    Reader("whole chunks", 1, CHUNK_NBYTES),
    Reader("parts", 1, ROW_NBYTES),
    Reader(f"parts, {NEIGHBOURS} neighbouring rows", NEIGHBOURS, NEIGHBOURS * ROW_NBYTES),
)
WORKERS = (1, 3, 10, 30, 100, 300, 1000)
KINDS = ("peer", "ours", "ours strong")
LEFT, RIGHT = 13.0, 99.0
TOP, PLOT = 34, 250
HEIGHT = TOP + PLOT + 28
LOW, HIGH = 100.0, 200_000.0


@cache
def simulated() -> dict[tuple[str, int], float]:
    """Return rows per second by reader and number of workers, as simulated."""
    return {
        (reader.name, workers): simulate(STORE, reader, workers, seed=workers, rounds=_rounds(workers))
        for reader in READERS
        for workers in WORKERS
    }


def _rounds(workers: int) -> int:
    # As many as it takes for the average to settle; of many workers each does few.
    return max(4, 600 // workers) if workers < 100 else 4


def scaling(_: Project) -> str:
    """Return the figure with the tables of its assumptions and costs."""
    found = simulated()
    last = WORKERS[-1]
    drawing = svg(
        "scaling",
        HEIGHT,
        "Rows per second of many workers on one object store",
        " ".join(
            f"{reader.name.capitalize()}: {rows_per_second(STORE, reader, 1):,.0f} rows a second by one "
            f"worker, "
            f"{rows_per_second(STORE, reader, last):,.0f} by {last:,}, where {_short(reader, last)} is short."
            for reader in READERS
        ),
        _parts(found),
    )
    assumed = table(
        "What is assumed of the store",
        ("assumed", "value"),
        (
            ("time to the first byte", f"{1e3 * STORE.latency_seconds:g} ms"),
            ("one connection", f"{STORE.connection_bytes_per_second / 1e6:g} MB/s"),
            ("the network of all workers", f"{STORE.network_bytes_per_second / 1e9:g} GB/s"),
            ("requests the store admits", f"{STORE.requests_per_second:,.0f} a second"),
            ("price of 1,000 requests", f"{1e3 * STORE.dollars_per_request:g} dollars"),
            ("requests on their way, per worker", f"{READERS[0].in_flight}"),
        ),
        (1,),
    )
    costs = table(
        "What a million rows take",
        ("reader", "GB", "requests", "dollars", f"seconds, {last:,} workers", "short then"),
        (
            (
                reader.name,
                f"{1e6 / reader.rows_per_request * reader.bytes_per_request / 1e9:,.0f}",
                f"{1e6 / reader.rows_per_request:,.0f}",
                f"{dollars(STORE, reader, 1e6):.3g}",
                f"{1e6 / rows_per_second(STORE, reader, last):,.0f}",
                _short(reader, last),
            )
            for reader in READERS
        ),
        (1, 2, 3, 4),
    )
    caption = (
        f"Random rows of {ROW_NBYTES:,} bytes from chunks of {CHUNK_NBYTES / 1e6:g} MB, both axes by "
        f"factors. Lines: "
        "the model. Dots: a simulation of single requests. All numbers about the store are assumptions, "
        "none was "
        "measured."
    )
    return figure("scaling", drawing, caption, beside=assumed + costs)


def _short(reader: Reader, workers: int) -> str:
    allowed = limits(STORE, reader, workers)
    return min(allowed, key=allowed.__getitem__)


def _x(workers: float) -> float:
    return LEFT + math.log(workers) / math.log(WORKERS[-1]) * (RIGHT - LEFT)


def _y(rows: float) -> float:
    return TOP + (math.log(HIGH) - math.log(rows)) / (math.log(HIGH) - math.log(LOW)) * PLOT


def _parts(found: dict[tuple[str, int], float]) -> list[str]:
    parts = [text(0, 14, "rows per second", "quiet")]
    for rows in (100, 1_000, 10_000, 100_000):
        parts += [line(LEFT, _y(rows), RIGHT, _y(rows)), text(0, _y(rows) + 4, f"{rows:,}", "num")]
    for workers in (1, 10, 100, 1000):
        parts.append(line(_x(workers), TOP, _x(workers), TOP + PLOT))
        anchor = "end" if workers == WORKERS[-1] else "middle"
        parts.append(text(_x(workers), HEIGHT - 6, f"{workers:,}", "num", anchor))
    parts.append(text(_x(31), HEIGHT - 6, "workers", "quiet", "middle"))
    steps = [10 ** (step / 20) for step in range(61)]
    for reader, kind in zip(READERS, KINDS, strict=True):
        parts.append(curve([(_x(at), _y(_model(reader, at))) for at in steps], kind))
        for workers in WORKERS:
            rate = found[reader.name, workers]
            parts.append(
                dot(
                    _x(workers),
                    _y(rate),
                    kind,
                    f"{reader.name}, {workers:,} workers: {rate:,.0f} rows a second, simulated",
                    3.5,
                )
            )
    for reader, kind, lift in zip(READERS, KINDS, (20, -10, -12), strict=True):
        y = _y(_model(reader, WORKERS[-1])) + lift
        parts.append(text(RIGHT, y, reader.name, "quiet" if kind == "peer" else "strong", "end"))
    return parts


def _model(reader: Reader, workers: float) -> float:
    # Between whole numbers of workers the line goes on.
    allowed = limits(STORE, reader, 1)
    allowed["the workers"] *= workers
    return reader.rows_per_request * min(allowed.values())
