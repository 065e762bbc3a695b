"""How the command ends: exit codes, pipes, Ctrl-C, and files that are whole or not there. Real processes."""

import io
import json
import os
import pty
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr

from tests.zarr_partial.commands.running import COMMAND, SECONDS, environment, fine, in_process, refused, run
from tests.zarr_partial.stores.servers import serving, stall
from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.files import whole_file
from zarr_partial.commands.reading import LateBar


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("info", "cells.zarr"), 0),
        (("get", "cells.zarr", "-1"), 0),
        (("info", "nowhere"), 1),
        (("get", "cells.zarr", "5000"), 1),
        (("get", "cells.zarr"), 2),
        (("nonsense",), 2),
        ((), 2),
    ],
)
def test_exit_codes_are_those_of_the_help(folder, arguments, code):
    done = in_process(folder, *arguments)
    assert done.returncode == code
    assert bool(done.stdout) == (code == 0)
    assert bool(done.stderr) == (code != 0)


@pytest.mark.parametrize("arguments", [("info", "group.zarr"), ("get", "cells.zarr", "...", "--json")])
def test_a_reader_that_leaves_early_is_no_error(folder, arguments):
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment()
    ) as process:
        # Nobody reads, from before there is anything.
        process.stdout.close()
        said = process.stderr.read()
        assert process.wait(SECONDS) == 0
    assert b"Error" not in said
    assert b"error" not in said


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_disk_under_the_output_is_one_message(folder):
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [*COMMAND, "info", "cells.zarr"], cwd=folder, stdout=full, stderr=subprocess.PIPE,
            env=environment(), timeout=SECONDS, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(b"error: ")
    assert done.stderr.count(b"\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="needs a shell that can close streams")
@pytest.mark.parametrize(
    ("arguments", "closed", "code"),
    [
        ("info cells.zarr", ">&-", 1),
        ("get cells.zarr 0 --out row.npy", ">&-", 0),
        ("get cells.zarr 5000", "2>&-", 1),
        ("virtualize cells.zarr --chunks 10 -o refs.json", "2>&-", 0),
    ],
)
def test_streams_that_are_closed_from_the_start_are_no_traceback(folder, tmp_path, arguments, closed, code):
    """As some that start others do: nobody reads, or nobody wants to hear."""
    line = f"{shlex.join(COMMAND)} {arguments.replace('cells.zarr', str(folder / 'cells.zarr'))} {closed}"
    done = subprocess.run(
        ["/bin/sh", "-c", line], cwd=tmp_path, capture_output=True, env=environment(), timeout=SECONDS,
        check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert done.stderr.count(b"\n") == (code if closed == ">&-" else 0), done.stderr
    for name in ("row.npy", "refs.json"):
        assert (tmp_path / name).exists() == (name in arguments)


# A shell may have made its jobs deaf to Ctrl-C.
HEARS_CTRL_C = """
import signal
signal.signal(signal.SIGINT, signal.default_int_handler)
from zarr_partial.cli import main
main()
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_read_leaves_no_file(tmp_path, number, code):
    # So large that it is read into its file: that is there, beside its name, when the signal comes.
    options = {"shape": (10, 10**7), "chunks": (1, 10**7), "dtype": "u1", "compressors": None}
    zarr.create_array(tmp_path / "big.zarr", **options)
    values = {
        "big.zarr/zarr.json": (tmp_path / "big.zarr/zarr.json").read_bytes(),
        "big.zarr/c/3/0": b"never",
    }
    (tmp_path / "here").mkdir()
    with serving(values) as server:
        server.faults["big.zarr/c/3/0"] = stall
        command = [
            sys.executable,
            "-c",
            HEARS_CTRL_C,
            "get",
            f"{server.url}/big.zarr",
            "...",
            "--out",
            "a.npy",
        ]
        with subprocess.Popen(
            command, cwd=tmp_path / "here", stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        ) as process:
            server.wait_for(lambda: any(one.key == "big.zarr/c/3/0" for one in server.log))
            assert [path.suffixes for path in (tmp_path / "here").iterdir()] != []
            process.send_signal(number)
            out, said = process.communicate(timeout=SECONDS)
    assert (process.returncode, out) == (code, b"")
    assert b"Traceback" not in said
    assert list((tmp_path / "here").iterdir()) == []


def test_a_broken_chunk_leaves_the_file_that_was_there(folder, tmp_path):
    (tmp_path / "a.csv").write_text("mine")
    refused(folder, "get", "cut.zarr", "...", "--out", tmp_path / "a.csv", "--force", code=1)
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize("name", ["a.npy", "a.csv", "a.npz"])
def test_a_failure_in_the_midst_of_writing_leaves_nothing(folder, tmp_path, monkeypatch, name):
    def fails(*_, **__):
        raise OSError("expected room, found none")

    # Of .npy the chunk that cannot be read shows when the file is there already.
    monkeypatch.setattr("zarr_partial.commands.saving.MAX_IN_MEMORY", 10)
    monkeypatch.setattr("zarr_partial.commands.saving.csv_rows", fails)
    monkeypatch.setattr("numpy.savez_compressed", fails)
    source = "cut.zarr" if name == "a.npy" else "cells.zarr"
    refused(folder, "get", source, "...", "--out", tmp_path / name, code=1)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs a limit of the size of files")
@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        (("get", "cells.zarr", "...", "--out"), "a.npy"),
        (("get", "cells.zarr", "...", "--plot"), "a.png"),
        (("virtualize", "cells.zarr", "--chunks", "1", "-o"), "a.json"),
    ],
)
def test_a_file_that_there_is_no_room_for_is_named(folder, tmp_path, arguments, name):
    """The limit of the system stands for a disk that is full."""
    script = """
import resource
# It keeps a list of fonts in a file of its own.
import matplotlib.font_manager
resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))
from zarr_partial.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments, tmp_path / name], cwd=folder, capture_output=True,
        text=True, env=environment(), timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: expected to write {tmp_path / name}, found: "), done.stderr
    assert done.stderr.endswith("; free some space, or write elsewhere\n")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("get", "cells.zarr", "0", "--out"),
        ("get", "cells.zarr", "0", "--plot"),
        ("explain", "cells.zarr", "0", "--plot"),
        ("info", "cells.zarr", "--plot"),
    ],
)
def test_files_are_replaced_only_by_force(folder, tmp_path, arguments):
    target = tmp_path / "a.png"
    target.write_text("mine")
    message = refused(folder, *arguments, target, code=2)
    assert "found one; --force replaces it" in message
    assert target.read_text() == "mine"
    assert run(folder, *arguments, target, "--force").returncode == 0
    assert target.read_bytes().startswith(b"\x89PNG")
    assert [path.name for path in tmp_path.iterdir()] == ["a.png"]


def test_a_link_is_kept_and_what_it_leads_to_replaced(folder, tmp_path):
    (tmp_path / "old.npy").write_text("mine")
    (tmp_path / "link.npy").symlink_to("old.npy")
    fine(folder, "get", "cells.zarr", "0", "--out", tmp_path / "link.npy", "--force")
    assert (tmp_path / "link.npy").is_symlink()
    assert np.load(tmp_path / "old.npy").shape == (12,)


def test_a_file_that_somebody_made_meanwhile_is_kept(tmp_path):
    target = tmp_path / "a.txt"

    def write():
        with whole_file(target, force=False) as beside:
            beside.write_text("ours")
            target.write_text("theirs")

    with pytest.raises(CommandError, match="made meanwhile"):
        write()
    assert [path.read_text() for path in tmp_path.iterdir()] == ["theirs"]


def test_new_files_have_the_permissions_of_others(folder, tmp_path):
    (tmp_path / "other").write_text("")
    fine(folder, "get", "cells.zarr", "0", "--out", tmp_path / "a.npy")
    assert (tmp_path / "a.npy").stat().st_mode == (tmp_path / "other").stat().st_mode


HOSTILE = "\x1b]0;owned\x07\x1b[2J\u202e\x9b31m\nerror: all is well"


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    group = zarr.create_group(folder / "group.zarr")
    name = HOSTILE.replace("/", "")
    group.create_array(name, data=np.zeros(3), attributes={HOSTILE: HOSTILE}, dimension_names=[HOSTILE])
    text = group.create_array("text", shape=(2,), dtype=str)
    text[:] = np.array([HOSTILE, "b"], dtype=object)
    broken = group.create_array("broken", data=np.zeros(3))
    document = Path(str(broken.store.root), "broken/zarr.json")
    metadata = json.loads(document.read_text())
    metadata["codecs"] = [{"name": HOSTILE, "configuration": {}}]
    document.write_text(json.dumps(metadata))
    return folder


@pytest.mark.parametrize(
    "arguments",
    [
        ("info", "group.zarr"),
        ("info", "group.zarr", "--json"),
        ("info", "group.zarr", "--path", HOSTILE),
        ("info", "group.zarr", "--path", "broken"),
        ("info", f"group.zarr{HOSTILE}"),
        ("get", "group.zarr", "0", "--path", "text"),
        ("get", "group.zarr", "...", "--path", "text"),
        ("get", "group.zarr", "9", "--path", HOSTILE),
        ("get", "group.zarr", "0", "--path", HOSTILE, "--field", HOSTILE),
        ("get", "group.zarr", HOSTILE),
        ("explain", "group.zarr", "0", "--path", HOSTILE),
        (HOSTILE,),
        ("info", "--checksums", HOSTILE, "group.zarr"),
    ],
    ids=lambda arguments: "-".join(arguments)[:30].encode("unicode_escape").decode(),
)
@pytest.mark.parametrize("columns", [100, 30])
def test_nothing_in_the_data_steers_a_terminal(hostile, arguments, columns):
    done = run(hostile, *arguments, COLUMNS=str(columns))
    for text in (done.stdout, done.stderr):
        odd = [char for char in text if not char.isprintable() and char != "\n"]
        assert odd == []
        assert not any(line.startswith("error: all is well") for line in text.split("\n"))


@pytest.mark.parametrize(
    "variables",
    [
        {"PYTHONIOENCODING": "ascii"},
        {"PYTHONIOENCODING": "latin-1"},
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    ],
    ids=str,
)
def test_terminals_without_utf_8_get_what_they_can_show(tmp_path, variables):
    zarr.create_array(tmp_path / "a.zarr", data=np.zeros(3), attributes={"unit": "µ漢", "long": "x" * 99})
    done = subprocess.run(
        [*COMMAND, "info", "a.zarr"], cwd=tmp_path, capture_output=True, timeout=SECONDS, check=True,
        env=environment(**variables),
    )  # fmt: skip
    assert done.stderr == b""
    assert "\\u6f22" in done.stdout.decode("latin-1" if "latin" in str(variables) else "ascii")


def in_terminal(folder, *arguments, **variables):
    """Run the command in a terminal, and return everything that it wrote there."""
    ours, theirs = pty.openpty()
    # Not in the variables: the terminal itself says how wide it is.
    known = {name: value for name, value in environment(TERM="xterm-256color", **variables).items()
             if name != "COLUMNS"}  # fmt: skip
    import fcntl
    import struct
    import termios

    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=known
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 65536):
                written += part
        except OSError:  # how Linux says that nobody has the other end any more
            pass
        process.wait(SECONDS)
    os.close(ours)
    return written.decode().replace("\r\n", "\n")


def test_a_narrow_terminal_has_no_line_that_is_wider(folder):
    written = re.sub(r"\x1b\[[0-9;]*m", "", in_terminal(folder, "explain", "packed.zarr", "[3, 999]"))
    assert "why" in written
    assert max(map(len, written.splitlines())) == 60


def test_colours_come_to_terminals_only_and_not_against_no_color(folder):
    assert "\x1b[" in in_terminal(folder, "info", "nowhere")
    assert "\x1b[" not in in_terminal(folder, "info", "nowhere", NO_COLOR="1")
    assert "\x1b[" not in in_process(folder, "info", "nowhere").stderr


@pytest.mark.parametrize(("seconds", "lines"), [([0, 0, 0.1, 0.2], 0), ([0, 0, 1, 1, 2, 2, 3, 3], 1)])
def test_progress_is_shown_once_a_read_takes_long(seconds, lines):
    stream = io.StringIO()
    stream.isatty = lambda: True
    clock = iter(seconds)
    bar = LateBar(stream, lambda: next(clock, seconds[-1]))
    for done in (1, 2, 3):
        bar(done * 10**6, 3 * 10**6)
    assert stream.getvalue().count("\n") == lines
    assert ("100%" in stream.getvalue()) == bool(lines)
