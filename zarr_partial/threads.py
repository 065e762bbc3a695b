"""One pool of threads per process, made when first needed; a forked child makes its own."""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from operator import length_hint

__all__ = ["default_threads", "for_each", "in_background"]

# Threads that wait for answers from elsewhere cost next to nothing.
MAX_WAITING = 32

_pools: dict[tuple[int, int], ThreadPoolExecutor] = {}


def default_threads() -> int:
    """Return how many processors this process may use."""
    count = getattr(os, "process_cpu_count", os.cpu_count)
    return count() or 1


def for_each[T](work: Callable[[T], None], items: Iterable[T], *, threads: int) -> None:
    """Call `work` on every item, in up to `threads` threads of which the caller is one.

    An item is made when a thread is free for it, by one thread at a time. After an error no further item
    is begun, and the error is raised once the running ones are over: nobody writes to an output that the
    caller has given up.
    """
    if threads == 1:
        for item in items:
            work(item)
        return
    left = iter(items)
    turn = threading.Lock()
    failed = False

    def drain() -> None:
        nonlocal failed
        try:
            while True:
                with turn:
                    # A generator that has raised is over, too.
                    if failed:
                        return
                    try:
                        item = next(left)
                    except StopIteration:
                        return
                work(item)
        except BaseException:
            failed = True
            raise

    helpers: list[Future[None]] = []
    # At the end of the interpreter, or at a limit, there are no more threads: the caller does it all.
    with suppress(RuntimeError):
        count = min(threads, length_hint(items, threads)) - 1
        helpers.extend(_pool(threads).submit(drain) for _ in range(count))
    try:
        drain()
    finally:
        # One that has not begun by now has nothing left to do, and is not waited for.
        failures = [None if helper.cancel() else helper.exception() for helper in helpers]
    for failure in failures:
        if failure is not None:
            raise failure


def in_background[T](work: Callable[[], T]) -> Future[T]:
    """Begin `work` in another thread; where none can start, do it now."""
    try:
        return _pool(MAX_WAITING).submit(work)
    except RuntimeError:
        done: Future[T] = Future()
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)
        return done


def _pool(threads: int) -> ThreadPoolExecutor:
    # A child of a fork has another process id, so it never waits for its parent's threads.
    key = (os.getpid(), threads)
    pool = _pools.get(key)
    if pool is None:
        pool = _pools.setdefault(key, ThreadPoolExecutor(threads, thread_name_prefix="zarr_partial"))
    return pool
