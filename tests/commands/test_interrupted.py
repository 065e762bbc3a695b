"""Ctrl-C while a command writes: exit code 130, no traceback, nothing half written, nothing left running.

The process is held where it is most delicate: everything is written to temporary files, and the first of them
is about to get its name. An audit hook of Python sees that, so the code that runs is the real one.
"""

import os
import signal
import subprocess
import uuid
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.commands.checkouts import WRITERS, hosts, make_checkout
from tests.commands.programs import (
    HEARS_CTRL_C,
    SECONDS,
    contents,
    environment,
    line,
    still_running,
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="no process groups to send Ctrl-C to here")

# In HELD_IN: a file gets its name, or with HELD_AT, a file of such a name is opened for writing.
HELD = """
import os, signal, sys, threading
held = []

def hold(event, arguments):
    if held or threading.current_thread() is not threading.main_thread():
        return
    at = os.environ.get("HELD_AT")
    if event in ("os.rename", "os.link") and not at:
        path = arguments[1]
    elif event == "open" and at and (arguments[2] or 0) & (os.O_WRONLY | os.O_RDWR):
        path = arguments[0]
    else:
        return
    path = os.path.abspath(os.fsdecode(path)) if isinstance(path, (str, bytes, os.PathLike)) else ""
    if path.startswith(os.environ["HELD_IN"]) and (at or "") in path:
        held.append(path)
        os.write(int(os.environ["TELL"]), b"held")
        signal.pause()

sys.addaudithook(hold)
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("interrupted") / "checkout")


@pytest.fixture
def temporary():
    """A folder for temporary files; its name is short, as that of a socket in it, asv's, has to be."""
    with TemporaryDirectory(prefix="t") as name:
        yield Path(name)


def interrupt(words, folder, temporary, before="", **variables):
    """Run a command until it tells through the pipe TELL that it is held; send Ctrl-C as a terminal does."""
    mark = uuid.uuid4().hex
    heard, tell = os.pipe()
    known = environment(TMPDIR=str(temporary), MARK=mark, TELL=str(tell), HELD_IN=str(folder), **variables)
    with subprocess.Popen(
        line(words, HEARS_CTRL_C + before), cwd=folder, env=known, pass_fds=[tell],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True, encoding="utf-8",
    ) as process:  # fmt: skip
        os.close(tell)
        # Nothing comes if the process ends before.
        told = os.read(heard, 4)
        os.close(heard)
        os.killpg(process.pid, signal.SIGINT) if told else None
        _, said = process.communicate(timeout=SECONDS)
    assert told, said
    assert process.returncode == 130, said
    assert "Traceback" not in said
    assert still_running(mark) == []
    assert list(temporary.iterdir()) == []
    return said


@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_ctrl_c_in_the_midst_of_writing_leaves_what_was_there(checkout, temporary, writer):
    before = contents(checkout)
    with hosts() as variables:
        said = interrupt(writer.words, checkout, temporary, writer.before + HELD, **variables)
    assert contents(checkout) == before
    if writer.command.startswith("outreach"):
        assert said.endswith("stopped\n")


# Starts a process of its own, tells that it is there, and reads on and on; neither ends by itself.
MEASURES = """
import os, signal, subprocess, sys, threading
sys.stderr.write("one row\\n")
subprocess.Popen([sys.executable, "-c", {another!r}], stdin=subprocess.PIPE)
with open(os.environ["TOLD"], "wb", buffering=0) as pipe:
    pipe.write(b"held")
threading.Event().wait()
"""
DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.pause()"
# asv puts its processes into groups of their own; those that the suite starts end with their input.
ENDS_WITH_ITS_INPUT = "import sys; sys.stdin.read()"
TOY_THAT_MEASURES = f"""
class Toy:
    version = "1"

    def time_it(self):
        exec({MEASURES.replace("{another!r}", repr(ENDS_WITH_ITS_INPUT))!r}, {{}})
"""
MEASURES = MEASURES.replace("{another!r}", repr(DEAF))


@pytest.mark.parametrize(
    ("command", "module", "text"),
    [
        ("run --quick", "toy", TOY_THAT_MEASURES),
        ("run --quick", "make", MEASURES),
        ("targets", "targets", MEASURES),
        ("crossover", "crossover", MEASURES),
    ],
    ids=["run", "run, making data", "targets", "crossover"],
)
def test_ctrl_c_ends_what_measures_and_what_that_has_started(
    checkout, tmp_path, temporary, command, module, text
):
    """The processes that measure are not those that a pipe is handed on to, so they open one by its name."""
    pipe, suite = tmp_path / "told", checkout / "benchmarks/suite" / f"{module}.py"
    os.mkfifo(pipe)
    toy = suite.read_text("utf-8")
    suite.write_text(text, "utf-8")
    before = contents(checkout)
    passing_on = f"""
import os, threading
def pass_on():
    with open({str(pipe)!r}, "rb") as told:
        os.write(int(os.environ["TELL"]), told.read(4))
threading.Thread(target=pass_on, daemon=True).start()
"""
    try:
        said = interrupt(
            ("outreach", "bench", *command.split()), checkout, temporary, passing_on, TOLD=str(pipe)
        )
        assert contents(checkout) == before
    finally:
        suite.write_text(toy, "utf-8")
    assert said.endswith("stopped\n")
    if command in ("targets", "crossover"):
        assert set(said.splitlines()) <= {"", "one row", "stopped"}
