"""Reads in threads, a few ahead of whoever uses what they return."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

__all__ = ["ahead"]


def ahead[T, R](work: Callable[[T], R], items: Iterable[T], depth: int, threads: int) -> Iterator[R]:
    """Yield what `work` returns for each item, in their order, with `depth` of them asked for ahead.

    So many `threads` share them; without depth, the caller does them. An error is raised where its result
    would have come. When the iterator is closed, calls that have not begun never do; running ones are not
    waited for.
    """
    left = iter(items)
    if not depth:
        yield from map(work, left)
        return
    process = os.getpid()
    pool = ThreadPoolExecutor(min(threads, depth), thread_name_prefix="zarr_partial_rows")
    begun: deque[Future[R]] = deque()

    def top_up() -> None:
        for item in left:
            begun.append(pool.submit(work, item))
            if len(begun) >= depth:
                break

    try:
        top_up()
        while begun:
            if os.getpid() != process:
                raise RuntimeError(
                    "expected to go on in the process that began, found a fork of it; begin anew"
                )
            result = begun.popleft().result()
            top_up()
            yield result
            # Memory of a batch is the caller's alone.
            del result
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
