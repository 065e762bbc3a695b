"""Many workers and one object store: how fast they can be, what it costs, and a simulation to check that by.

The model is the least of four limits, each a line of arithmetic. The simulation knows nothing of them: it
sends requests through a store that admits so many a second, waits, and shares its bandwidth.
"""

import heapq
import math
from dataclasses import dataclass

import numpy as np

__all__ = ["Reader", "Store", "dollars", "limits", "rows_per_second", "simulate"]


@dataclass(frozen=True, slots=True)
class Store:
    """An object store and the network before it; every number is an assumption.

    Attributes
    ----------
    latency_seconds : float
        From a request to the first byte of its answer, on average.
    connection_bytes_per_second : float
        How fast one answer comes.
    network_bytes_per_second : float
        How fast all answers of all workers together can come.
    requests_per_second : float
        How many requests the store admits.
    dollars_per_request : float
    """

    latency_seconds: float = 0.1
    connection_bytes_per_second: float = 90e6
    network_bytes_per_second: float = 12.5e9
    requests_per_second: float = 5_500
    dollars_per_request: float = 0.0004 / 1_000


@dataclass(frozen=True, slots=True)
class Reader:
    """How a worker gets its rows: rows and bytes of one request, and how many requests are on their way."""

    name: str
    rows_per_request: float
    bytes_per_request: float
    in_flight: int = 16


def limits(store: Store, reader: Reader, workers: int) -> dict[str, float]:
    """Return, for each thing that can be short, the requests per second that it allows."""
    seconds = store.latency_seconds + reader.bytes_per_request / store.connection_bytes_per_second
    return {
        "the workers": workers * reader.in_flight / seconds,
        "the network": store.network_bytes_per_second / reader.bytes_per_request,
        "the store": store.requests_per_second,
    }


def rows_per_second(store: Store, reader: Reader, workers: int) -> float:
    """Return the rows that all workers together get in a second."""
    return reader.rows_per_request * min(limits(store, reader, workers).values())


def dollars(store: Store, reader: Reader, rows: float) -> float:
    """Return what the requests for so many rows cost."""
    return rows / reader.rows_per_request * store.dollars_per_request


def simulate(store: Store, reader: Reader, workers: int, *, seed: int, rounds: int = 30) -> float:
    """Return the rows per second of a simulated run, its first rounds left out.

    Every worker keeps its requests in flight. A request queues for admission, waits for a time drawn from a
    log-normal distribution with the mean of the store, queues for the network, and comes at the speed of its
    connection; then the worker sends the next.
    """
    rng = np.random.default_rng(seed)
    slots = workers * reader.in_flight
    warm_up, total = slots * rounds // 3, slots * rounds
    sigma = 0.5
    waits = rng.lognormal(math.log(store.latency_seconds) - sigma**2 / 2, sigma, total + slots).tolist()
    admission, transfer = (
        1 / store.requests_per_second,
        reader.bytes_per_request / store.network_bytes_per_second,
    )
    own = reader.bytes_per_request / store.connection_bytes_per_second
    admitted = sent = 0.0
    # A time, and what happens then: a request is made (0), or its answer is ready to be sent (1).
    events = [(float(start), 0) for start in rng.uniform(0, store.latency_seconds, slots)]
    heapq.heapify(events)
    done = 0
    begin = 0.0
    while done < total:
        now, is_ready = heapq.heappop(events)
        if is_ready:
            sent = max(now, sent) + transfer
            heapq.heappush(events, (sent + max(0.0, own - transfer), 0))
            done += 1
            if done == warm_up:
                begin = sent
        else:
            admitted = max(now, admitted) + admission
            heapq.heappush(events, (admitted + waits[done % len(waits)], 1))
    return reader.rows_per_request * (total - warm_up) / (sent - begin)
