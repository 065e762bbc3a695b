"""Turns at each host: one request at a time, a pause between two, a longer one where the host asks for it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from outreach.pace import Pace

PER_MINUTE = 60


class Hosts:
    """Who may be asked when; shared by all threads of a run."""

    def __init__(self, *, delay: float, clock: Callable[[], float], sleep: Callable[[float], object]) -> None:
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._paces: dict[str, Pace] = {}
        self._turns: dict[str, threading.Lock] = {}
        self._closed: set[str] = set()
        self._lock = threading.Lock()

    @contextmanager
    def turn(self, host: str) -> Iterator[None]:
        """Hold `host` for one request, which may begin when this is entered."""
        pace, turn = self._of(host)
        with turn:
            pace.wait()
            yield

    def hold(self, host: str, seconds: float) -> None:
        """Ask nothing more of `host` for so many seconds."""
        self._of(host)[0].hold(seconds)

    def close(self, host: str) -> None:
        """Ask nothing more of `host` in this run."""
        with self._lock:
            self._closed.add(host)

    def is_closed(self, host: str) -> bool:
        """Return whether `host` has asked for a longer rest than this run may take."""
        with self._lock:
            return host in self._closed

    def _of(self, host: str) -> tuple[Pace, threading.Lock]:
        with self._lock:
            if host not in self._paces:
                self._paces[host] = Pace(
                    delay=self._delay, clock=self._clock, sleep=self._sleep, per_minute=PER_MINUTE
                )
                self._turns[host] = threading.Lock()
            return self._paces[host], self._turns[host]
