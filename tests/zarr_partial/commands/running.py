"""The command as a stranger runs it: in this process, which is quick, or in one of its own."""

import contextlib
import io
import os
import subprocess
import sys
from unittest.mock import patch

from tests.zarr_partial.running import ROOT, in_thread
from zarr_partial.commands.app import cli
from zarr_partial.commands.ending import run as run_cli

COMMAND = [sys.executable, "-m", "zarr_partial"]
SECONDS = 60


def environment(**variables):
    """Return the variables of this process with others; those that change what is printed are fixed."""
    odd = ("NO_COLOR", "FORCE_COLOR", "LINES")
    kept = {name: value for name, value in os.environ.items() if name not in odd}
    return {**kept, "COLUMNS": "100", "PYTHONPATH": str(ROOT), **variables}


def in_process(folder, *arguments, **variables):
    """Run the command in a process of its own; a traceback is a failure."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        timeout=SECONDS,
        check=False,
        env=environment(**variables),
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def run(folder, *arguments, **variables):
    """Run the command here, as its process would; return its exit code and what it printed."""
    arguments = list(map(str, arguments))
    out, err = io.StringIO(), io.StringIO()
    with (
        contextlib.chdir(folder),
        patch.dict(os.environ, environment(**variables), clear=True),
        patch.object(sys, "argv", ["zarr-partial", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = in_thread(run_cli, cli)
    return subprocess.CompletedProcess(arguments, code, out.getvalue(), err.getvalue())


def fine(folder, *arguments, **variables):
    """Run the command, which has to end well without a word on standard error; return what it printed."""
    done = run(folder, *arguments, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def refused(folder, *arguments, code, **variables):
    """Run the command, which has to refuse and print nothing; return its one message."""
    done = run(folder, *arguments, **variables)
    assert (done.returncode, done.stdout) == (code, ""), done
    assert done.stderr.startswith("error: "), done.stderr
    return done.stderr
