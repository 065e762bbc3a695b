"""Programs that this one starts and waits for: none of them outlives it, whatever ends it.

Each is the head of a process group of its own. A terminal then tells only us of Ctrl+C, and we end the
program as it wants to be ended: by the same signal, once, with time to put away its own files and processes.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

# asv needs 0.2 s to end its processes and remove its folders; what does not end meanwhile is killed.
GRACE_SECONDS = 10.0


@contextmanager
def child(arguments: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a program that ends with the body; its output is text, in which odd file names survive."""
    group: dict[str, Any] = {"process_group": 0} if os.name == "posix" else {}
    process = subprocess.Popen(  # noqa: S603  (fixed programs; their arguments are ours)
        arguments, stdin=subprocess.DEVNULL, encoding="utf-8", errors="surrogateescape", **group, **options
    )
    try:
        yield process
        process.wait()
    except BaseException:
        _end(process)
        raise
    finally:
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def captured(
    arguments: list[str], *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; return its exit code and what it printed."""
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with child(arguments, cwd=cwd, env=env, **streams) as process:
        said, complained = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, said, complained)


def followed(
    arguments: list[str], *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, with its standard error shown line by line; return what it printed.

    What it complains of once it is interrupted is not shown.
    """
    with TemporaryFile("w+", encoding="utf-8") as kept:
        with child(arguments, cwd=cwd, env=env, stdout=kept, stderr=subprocess.PIPE) as process:
            assert process.stderr is not None, "it was asked for"
            for line in process.stderr:
                sys.stderr.write(line)
                sys.stderr.flush()
        kept.seek(0)
        return subprocess.CompletedProcess(arguments, process.returncode, kept.read())


def _end(process: subprocess.Popen[str]) -> None:
    """End a program and what it has started."""
    if os.name != "posix":
        process.terminate()
        process.wait()
        return
    process.send_signal(signal.SIGINT)
    try:
        until = time.monotonic() + GRACE_SECONDS
        while process.poll() is None and time.monotonic() < until:
            # Its last words are read, or it would wait for somebody to read them. What it has started may
            # hold the other end of the pipe for ever, so the end of the program itself is what counts.
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=0.1)
    finally:
        # Also where somebody presses Ctrl+C again. macOS says of a group of the dead that it is not ours.
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
