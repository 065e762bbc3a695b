"""Folders that may not be written to, and disks that are full: one message, exit code 1, and nothing left."""

import json
import os
import sys

import pytest

from tests.commands.checkouts import WRITERS, hosts, make_checkout
from tests.commands.programs import LIKE_ANYBODY, contents, environment, one_message, run

CAN_BE_REFUSED = os.name == "posix" and (os.geteuid() != 0 or sys.platform == "linux")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("no-room") / "checkout")


@pytest.fixture
def read_only(checkout):
    """The checkout, with no folder and no file in it that may be written to."""
    paths = [path for path in [checkout, *checkout.rglob("*")] if not path.is_symlink()]
    modes = {path: path.stat().st_mode for path in paths}
    for path, mode in modes.items():
        path.chmod(mode & 0o555)
    yield checkout
    for path, mode in modes.items():
        path.chmod(mode)


@pytest.mark.skipif(not CAN_BE_REFUSED, reason="here nothing can be refused to whoever runs the tests")
@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_a_folder_that_may_not_be_written_to_is_named(read_only, writer):
    before = contents(read_only)
    with hosts() as variables:
        done = run(writer.words, read_only, LIKE_ANYBODY + writer.before, env=environment(**variables))
    said = one_message(done)
    assert str(read_only) in said
    assert "Permission denied" in said
    assert "check the path, permissions and disk" in said or "ask for permission, or write elsewhere" in said
    assert contents(read_only) == before


# A file system of its own, which nobody else sees and which ends with the process.
# It takes the place of the checkout; what is in it when the command has ended is the last line of the output.
FULL = """
import atexit, ctypes, json, os, shutil, sys, tempfile
from pathlib import Path

here = Path.cwd()
with tempfile.TemporaryDirectory() as aside:
    shutil.copytree(here, f"{aside}/copy", symlinks=True)
    try:
        os.unshare(os.CLONE_NEWNS)
    except OSError:
        sys.exit(77)
    libc = ctypes.CDLL(None, use_errno=True)
    MS_REC, MS_PRIVATE = 0x4000, 1 << 18
    libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)
    if libc.mount(b"tmpfs", os.fsencode(here), b"tmpfs", 0, b"size=16m"):
        sys.exit(77)
    shutil.copytree(f"{aside}/copy", here, symlinks=True, dirs_exist_ok=True)
os.chdir(here)
# Folders take no room there; files take whole pages, of which a few are left.
with open("filler", "wb", buffering=0) as filler:
    try:
        while filler.write(bytes(4096)):
            pass
    except OSError:
        os.truncate("filler", os.path.getsize("filler") - int(os.environ["LEFT"]))
from tests.commands.programs import contents
before = contents(here)

def report():
    after = contents(here)
    names = sorted(name for name in {**before, **after} if before.get(name, "") != after.get(name, ""))
    print(json.dumps(names))

atexit.register(report)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="no file system of its own for a process here")
@pytest.mark.parametrize("writer", WRITERS, ids=str)
def test_a_full_disk_is_one_message_and_leaves_what_was_there(checkout, writer):
    with hosts() as variables:
        done = run(writer.words, checkout, FULL + writer.before, env=environment(LEFT="0", **variables))
    if done.returncode == 77:
        pytest.skip("whoever runs the tests may not mount a file system")
    said = one_message(done)
    assert str(checkout) in said
    # How much is free is looked at before a large read begins.
    assert "No space left on device" in said or "found 0 B free" in said
    assert "check the path, permissions and disk" in said or ", or write elsewhere" in said
    assert json.loads(done.stdout.splitlines()[-1]) == []
