"""Work in a thread of its own: browser tests leave an event loop running in the main one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor


def in_thread(work, *arguments):
    """Return what `work` returns."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments).result()


def run(coroutine):
    """Do as `asyncio.run`, whatever runs in this thread."""
    return in_thread(asyncio.run, coroutine)
