"""The command as a stranger runs it: a real process, exact exit codes, one message, no traceback."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.codecs import BloscCodec, Crc32cCodec

from zarr_partial.cli import parse_selection

GOLDEN = Path(__file__).with_name("golden")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cli")
    data = np.arange(12_000, dtype="<f4").reshape(1000, 12)
    zarr.create_array(folder / "cells.zarr", data=data, chunks=(100, 12), compressors=None)
    blosc = BloscCodec(cname="zstd", shuffle="shuffle", blocksize=1024)
    zarr.create_array(folder / "packed.zarr", data=data, chunks=(500, 12), compressors=blosc)
    zarr.create_group(folder / "group.zarr").create_array("raw/X", data=data)
    zarr.create_array(folder / "sharded.zarr", data=data, chunks=(50, 12), shards=(500, 12), compressors=None)
    zarr.create_array(folder / "checked.zarr", data=data, chunks=(500, 12), compressors=Crc32cCodec())
    zarr.create_array(folder / "cut.zarr", data=data, chunks=(500, 12), compressors=blosc)
    os.truncate(folder / "cut.zarr/c/0/0", 30)
    return folder


def run(folder, *arguments):
    # The same as the installed script, without depending on where it was installed to.
    command = [sys.executable, "-c", "from zarr_partial.cli import main; main()", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "100"},
    )
    assert "Traceback" not in done.stderr
    return done


def test_info_shows_the_layout(folder):
    done = run(folder, "info", "cells.zarr")
    assert done.returncode == 0
    for text in ("1000 x 12", "float32", "100 x 12", "10 chunks", "48 kB decoded", "Raw(<f4, C order)"):
        assert text in done.stdout


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("info.txt", ("info", "sharded.zarr")),
        ("info.json", ("info", "sharded.zarr", "--json")),
        ("explain.txt", ("explain", "sharded.zarr", "[3, 55, 999], ::2")),
        ("explain.json", ("explain", "sharded.zarr", "[3, 55, 999], ::2", "--json")),
        ("advice.txt", ("explain", "checked.zarr", "3")),
        ("advice_followed.txt", ("explain", "checked.zarr", "3", "--checksums", "skip")),
    ],
)
def test_output_is_as_agreed(folder, name, arguments):
    done = run(folder, *arguments)
    assert (done.returncode, done.stderr) == (0, "")
    golden = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(done.stdout, "utf-8")
    assert done.stdout == golden.read_text("utf-8")


def test_info_of_an_array_in_a_group_as_json(folder):
    done = run(folder, "info", "group.zarr", "--path", "raw/X", "--json")
    shown = json.loads(done.stdout)
    assert (shown["shape"], shown["path"]) == ([1000, 12], "raw/X")


def test_explain_counts_blocks(folder):
    done = run(folder, "explain", "packed.zarr", "[3, 999]")
    assert done.returncode == 0
    for text in ("2 of the", "Blosc blocks", "amplification", "only the 2 with selected elements"):
        assert text in done.stdout
    shown = json.loads(run(folder, "explain", "packed.zarr", "[3, 999]", "--json").stdout)
    assert (shown["units"], shown["chunks"], shown["bytes_wanted"]) == (2, 2, 96)
    assert [use["key"] for use in shown["uses"]] == ["c/0/0", "c/1/0"]
    assert shown["advice"][-1]["change"] == "write with compressors=None"


def test_names_are_written_once_and_numbers_stay_with_their_units(folder):
    lines = run(folder, "explain", "packed.zarr", "[3, 999]").stdout.splitlines()
    assert sum("advice" in line for line in lines) == 1
    assert not any(line.rstrip(" │").endswith(tuple("0123456789")) for line in lines if "instead of" in line)
    assert "\N{NO-BREAK SPACE}" not in "".join(lines)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("info", "nowhere"), 1, "expected a Zarr array at nowhere, found nothing; check the path"),
        (("info", "group.zarr", "--path", "raw"), 1, "found a group with the arrays X; open one of them"),
        (("info", "."), 1, "open one of the folders in it: cells.zarr, checked.zarr, cut.zarr, group.zarr"),
        (("explain", "cells.zarr", "1000"), 1, "cells.zarr has shape (1000, 12), [1000] does not fit it"),
        (("explain", "cut.zarr", "0"), 1, "expected at least the"),
        (("explain", "cells.zarr", "zp.open"), 2, "expected integers, slices such as 0:10"),
        (("explain", "cells.zarr"), 2, "Missing argument 'SELECTION'"),
        (("explain", "cells.zarr", "0", "--checksums", "no"), 2, "'no' is not one of 'verify', 'skip'"),
        (("read",), 2, "No such command 'read'"),
    ],
)
def test_mistakes_get_one_message(folder, arguments, code, message):
    done = run(folder, *arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stdout == ""


def test_help_has_examples(folder):
    for arguments in (("--help",), ("info", "--help"), ("explain", "--help")):
        done = run(folder, *arguments)
        assert done.returncode == 0
        assert "Examples:" in done.stdout


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("3", 3),
        ("-1", -1),
        ("0:10, ::2", (slice(0, 10), slice(None, None, 2))),
        ("[3, -99], ...", ([3, -99], ...)),
        ("[True, False]", [True, False]),
        ("[3, 99]", [3, 99]),
        ("[0:10, 3]", (slice(0, 10), 3)),
        ("[[3, 99]]", [3, 99]),
    ],
)
def test_selection_is_read_as_numpy_would(text, key):
    assert parse_selection(text) == key


@pytest.mark.parametrize(
    "text", ["", "a", "1.5", "None", "'x'", "__import__('os')", "1][2", "True", "[['a']]", "0:'a'", "(1"]
)
def test_what_is_no_selection_is_refused(text):
    with pytest.raises(ValueError, match="expected integers, slices such as 0:10"):
        parse_selection(text)
