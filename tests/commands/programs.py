"""Both programs as processes of their own, every command in their groups, and what is left behind."""

import os
import subprocess
import sys
from pathlib import Path

import click
import psutil

from outreach.cli import outreach
from zarr_partial.commands.app import cli

ROOT = Path(__file__).parents[2]
SECONDS = 120
GROUPS = {"zarr-partial": cli, "outreach": outreach}
MODULES = {"zarr-partial": "zarr_partial.cli", "outreach": "outreach.cli"}

# A shell may have made its jobs deaf to Ctrl-C.
HEARS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
"""

# root may write where nobody may, until it gives that power away, for itself and for what it starts.
# See capabilities(7) and prctl(2).
LIKE_ANYBODY = """
import ctypes, os, sys
if sys.platform == "linux" and os.geteuid() == 0:
    libc = ctypes.CDLL(None, use_errno=True)
    PR_CAPBSET_DROP, VERSION_3 = 24, 0x20080522
    for capability in range(64):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    if libc.capset((ctypes.c_uint32 * 2)(VERSION_3, 0), (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")
"""


def commands(group, name):
    """Yield each command in a group of commands, by its words on the command line."""
    context = click.Context(group, info_name=name)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        inside = f"{name} {word}"
        if isinstance(command, click.Group):
            yield from commands(command, inside)
        else:
            yield inside, command


def groups(group, name):
    """Yield each group of commands, the outermost first."""
    yield name, group
    context = click.Context(group, info_name=name)
    for word in group.list_commands(context):
        command = group.get_command(context, word)
        if isinstance(command, click.Group):
            yield from groups(command, f"{name} {word}")


EVERY_COMMAND = dict(pair for name, group in GROUPS.items() for pair in commands(group, name))
EVERY_GROUP = dict(pair for name, group in GROUPS.items() for pair in groups(group, name))


def line(words, before=""):
    """Return the command line of a process that runs the script `before`, and then the command `words`."""
    program, *arguments = words
    script = f"{before}\nimport sys\nsys.argv[0] = {program!r}\nfrom {MODULES[program]} import main\nmain()\n"
    return [sys.executable, "-c", script, *arguments]


def environment(**variables):
    """Return the variables of a process that finds what this one imports, and leaves no byte code."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    return {**kept, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(ROOT), **variables}


def run(words, folder, before="", **options):
    """Run a command to its end in `folder`."""
    settings = {"capture_output": True, "encoding": "utf-8", "errors": "backslashreplace", **options}
    return subprocess.run(
        line(words, before), cwd=folder, timeout=SECONDS, check=False,
        **{"env": environment(), **settings},
    )  # fmt: skip


def one_message(done, code=1):
    """Return the one message of a command that failed as it should."""
    assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stderr.count("error:") == 1, done.stderr
    return done.stderr[done.stderr.index("error:") :]


def contents(root):
    """Return what is in a folder by its path: bytes of files, None for folders; caches and locks left out."""
    found = {}
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        kept = inside.parts[:2] == ("build", "cache") or inside.parts == ("build",)
        if kept or path.suffix == ".lock" or inside.parts[0] == ".git" or "__pycache__" in inside.parts:
            continue
        found[inside.as_posix()] = path.read_bytes() if path.is_file() else None
    return found


def still_running(mark):
    """Return the command lines of processes that have `mark` among their variables, and do not end."""
    marked = []
    for process in psutil.process_iter():
        try:
            if mark in process.environ().values():
                marked.append(process)
        except psutil.Error:
            # It has ended, or is somebody else's.
            continue
    _, alive = psutil.wait_procs(marked, timeout=10)
    return [process.cmdline() for process in alive]
