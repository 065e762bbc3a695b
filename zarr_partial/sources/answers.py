"""Answers from a place where each takes its time: all that ask are answered at once, under a limit.

Each goes on as soon as its own answers are there, and waits for nobody else's.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zarr_partial.sources.ranged import Asked, Request, step

__all__ = ["Answers"]

Bytes = NDArray[np.uint8]


class _Round[T]:
    """What one of those who ask has asked for, and the answers so far."""

    def __init__(self, number: int, asked: Asked[T], requests: Sequence[Request]) -> None:
        self.number = number
        self.asked = asked
        self.requests = requests
        self.bodies: list[Bytes | None] = [None] * len(requests)
        self.left = len(requests)


class Answers[T]:
    """The results of all that ask for ranges. What they ask first is found out here, in this thread.

    Parameters
    ----------
    fetch : callable
        Answers one request.
    asked : sequence of Asked
    limit : int
        How many requests wait for their answers at any moment.
    """

    def __init__(
        self,
        fetch: Callable[[Request], Awaitable[Bytes | None]],
        asked: Sequence[Asked[T]],
        limit: int,
    ) -> None:
        self._fetch = fetch
        self._limit = limit
        self._results: list[T | None] = [None] * len(asked)
        self._waiting: deque[tuple[_Round[T], int]] = deque()
        self._workers = 0
        for number, one in enumerate(asked):
            self._go_on(number, one, None)

    @property
    def are_complete(self) -> bool:
        """Whether nothing is left to be asked."""
        return not self._waiting and not self._workers

    def results(self) -> list[T]:
        """Return the result of each, in their order."""
        return self._results  # type: ignore[return-value]  # all have one, once they are complete

    async def complete(self) -> list[T]:
        """Ask and answer until all have their result; one failure gives the rest up."""
        try:
            async with asyncio.TaskGroup() as group:
                self._hire(group)
        except BaseExceptionGroup as errors:
            # What the others raised when they were given up is of no interest.
            first = _first(errors)
            raise first from first.__cause__
        return self.results()

    def _go_on(self, number: int, asked: Asked[T], bodies: list[Bytes | None] | None) -> None:
        """Send the answers to one of those who ask, and queue what it asks for next."""
        try:
            requests = step(asked, bodies)
            while not requests:
                requests = asked.send([])
        except StopIteration as end:
            self._results[number] = end.value
            return
        going = _Round(number, asked, requests)
        self._waiting.extend((going, at) for at in range(len(requests)))

    def _hire(self, group: asyncio.TaskGroup) -> None:
        for _ in range(min(self._limit - self._workers, len(self._waiting))):
            self._workers += 1
            group.create_task(self._work(group))

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while self._waiting:
            going, at = self._waiting.popleft()
            going.bodies[at] = await self._fetch(going.requests[at])
            going.left -= 1
            if not going.left:
                self._go_on(going.number, going.asked, going.bodies)
                self._hire(group)
        self._workers -= 1


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    error = errors.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error
