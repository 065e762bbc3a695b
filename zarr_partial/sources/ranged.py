"""What a source of byte ranges has to do: fetch many of them at once."""

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Asked",
    "RangedSource",
    "Request",
    "answer_in_rounds",
    "bodies_of",
    "drive",
    "drive_async",
    "step",
]

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Request:
    """Bytes `start` up to `stop` of the value at `key`; a negative `start` counts from its end.

    Attributes
    ----------
    key : str
        Relative to the array.
    start : int
    stop : int or None
        None for the end of the value.
    """

    key: str
    start: int = 0
    stop: int | None = None

    @property
    def nbytes(self) -> int | None:
        """How many bytes are asked for; None for all that there are from `start` on."""
        if self.start < 0:
            return -self.start
        return None if self.stop is None else self.stop - self.start

    def __str__(self) -> str:
        if self.start < 0:
            return f"the last {-self.start} bytes"
        if self.stop is None:
            return "all bytes" if self.start == 0 else f"the bytes from {self.start} on"
        return f"bytes {self.start} to {self.stop - 1}"


# Asks for ranges, is sent what came, and returns its result: whoever drives it may wait in any way.
type Asked[T] = Generator[Sequence[Request], list[Bytes | None], T]


class RangedSource(Protocol):
    """A place from which byte ranges are fetched into memory, many at once."""

    def answer[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Return the results of all that ask for ranges; none has to wait for the others' answers.

        They are sent None where there is no such key, and fewer bytes, perhaps none, where a value ends
        before a range does.

        Raises
        ------
        UnreadableChunkError
            If a request fails; the others are given up. The error names key, range and cause.
        ChangedError
            If the place can tell that a value was replaced since it was first looked at.
        """

    async def answer_async[T](self, asked: Sequence[Asked[T]]) -> list[T]:
        """Do as `answer`, without blocking the event loop; cancelling gives all requests up."""


def drive[T](asked: Asked[T], source: RangedSource) -> T:
    """Answer what is asked for until there is a result."""
    return source.answer([asked])[0]


async def drive_async[T](asked: Asked[T], source: RangedSource) -> T:
    """Do as `drive`, without blocking the event loop."""
    return (await source.answer_async([asked]))[0]


def bodies_of(requests: Sequence[Request]) -> Asked[list[Bytes | None]]:
    """Ask for ranges, and return what came."""
    return (yield requests)


def answer_in_rounds[T](
    asked: Sequence[Asked[T]], fetch: Callable[[list[Request]], list[Bytes | None]]
) -> list[T]:
    """Answer all together, for sources in which nothing is on its way: first questions first."""
    results: dict[int, T] = {}
    bodies: list[list[Bytes | None] | None] = [None] * len(asked)
    going = list(range(len(asked)))
    while going:
        rounds: list[tuple[int, Sequence[Request]]] = []
        for number in going:
            try:
                rounds.append((number, step(asked[number], bodies[number])))
            except StopIteration as end:
                results[number] = end.value
        wanted = [request for _, requests in rounds for request in requests]
        found = iter(fetch(wanted) if wanted else [])
        for number, requests in rounds:
            bodies[number] = [next(found) for _ in requests]
        going = [number for number, _ in rounds]
    return [results[number] for number in range(len(asked))]


def step[T](asked: Asked[T], bodies: list[Bytes | None] | None) -> Sequence[Request]:
    """Return what is asked for next; `bodies` are the answers to what was asked before, None at first."""
    return next(asked) if bodies is None else asked.send(bodies)
