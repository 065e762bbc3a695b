"""Work in a thread or a process of its own."""

import asyncio
import os
import subprocess
import sys
import textwrap
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[2]


def in_thread(work, *arguments):
    """Return what `work` returns; browser tests leave an event loop running in the main thread."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work, *arguments).result()


def run(coroutine):
    """Do as `asyncio.run`, whatever runs in this thread."""
    return in_thread(asyncio.run, coroutine)


def run_script(script, *arguments, options=(), timeout=60, **environment):
    """Run a Python script in a process of its own, which has to end well; return what it said.

    The script may import `tests`; what is in `environment` is added to the environment.
    """
    done = subprocess.run(
        [sys.executable, *options, "-c", textwrap.dedent(script), *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
    return done
