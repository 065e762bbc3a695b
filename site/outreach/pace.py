"""How fast to ask a server: no more requests in a minute than it allows, and a pause between any two."""

import threading
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 60.0


class Pace:
    """Lets callers of any thread through, one at a time, at most `per_minute` in any minute."""

    def __init__(
        self,
        *,
        delay: float,
        clock: Callable[[], float],
        sleep: Callable[[float], object],
        per_minute: int,
    ) -> None:
        self._delay = delay
        self._clock = clock
        self._sleep = sleep
        self._per_minute = per_minute
        self._begun: deque[float] = deque()
        self._not_before = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Return when the next request may begin."""
        with self._lock:
            now = self._clock()
            begin = max(now, self._not_before)
            if len(self._begun) >= self._per_minute:
                begin = max(begin, self._begun.popleft() + WINDOW_SECONDS)
            self._begun.append(begin)
            self._not_before = begin + self._delay
        if begin > now:
            self._sleep(begin - now)

    def hold(self, seconds: float) -> None:
        """Let nobody through for so many seconds: the server has asked for a pause."""
        with self._lock:
            self._not_before = max(self._not_before, self._clock() + seconds)
