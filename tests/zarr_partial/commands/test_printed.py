"""What the commands print, character by character, and the one message for each mistake."""

import json
import os
from pathlib import Path

import pytest
import zarr

from tests.zarr_partial.commands.running import fine, refused, run
from tests.zarr_partial.running import ROOT

GOLDEN = Path(__file__).with_name("golden")


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("info.txt", ("info", "sharded.zarr")),
        ("info.json", ("info", "sharded.zarr", "--json")),
        ("info_group.json", ("info", "group.zarr", "--path", "raw", "--json")),
        ("explain.txt", ("explain", "sharded.zarr", "[3, 55, 999], ::2")),
        ("explain.json", ("explain", "sharded.zarr", "[3, 55, 999], ::2", "--json")),
        ("advice.txt", ("explain", "checked.zarr", "3")),
        ("advice_followed.txt", ("explain", "checked.zarr", "3", "--checksums", "skip")),
        ("get.txt", ("get", "sharded.zarr", "[3, -1], :5")),
        ("get.json", ("get", "sharded.zarr", "[3, 999], :2", "--json")),
        ("help.txt", ("--help",)),
    ],
)
def test_output_is_as_agreed(folder, name, arguments):
    printed = fine(folder, *arguments)
    golden = GOLDEN / name
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(printed, "utf-8")
    assert printed == golden.read_text("utf-8")


@pytest.mark.parametrize(("name", "columns"), [("group.txt", 100), ("group_narrow.txt", 60)])
def test_arrays_of_a_group_are_as_agreed(folder, name, columns):
    done = run(folder, "info", "group.zip", COLUMNS=str(columns))
    assert done.returncode == 0
    golden = GOLDEN / name
    printed = f"{done.stdout}--- standard error\n{done.stderr}"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(printed, "utf-8")
    assert printed == golden.read_text("utf-8")


MISTAKES = [
    (("info", "nowhere"), 1, "expected a Zarr array at nowhere, found nothing; check the path"),
    (("info", "."), 1, "open one of the folders in it: cells.zarr, checked.zarr"),
    (("info", "empty.zarr"), 1, "expected a group with arrays at empty.zarr, found an empty one"),
    (("info", "group.zarr", "--plot", "a.png"), 2, "expected an array to plot, found a group"),
    (("info", "cells.zarr", "--storage-option", "a=b"), 2, "expected a URL to pass options to"),
    (("info", "cells.zarr", "--storage-option", "a"), 2, "expected KEY=VALUE, found 'a'"),
    (("get", "group.zarr", "0"), 1, "found a group without arrays of its own"),
    (("explain", "cells.zarr", "1000"), 1, "cells.zarr has shape (1000, 12), [1000] does not fit it"),
    (("explain", "cells.zarr", "10", "--mode", "blocks"), 1, "block index out of bounds"),
    (("explain", "cut.zarr", "0"), 1, "expected at least the"),
    (("explain", "cells.zarr", "zp.open"), 2, "expected integers, slices such as 0:10"),
    (("explain", "cells.zarr"), 2, "Missing argument 'SELECTION'"),
    (("explain", "cells.zarr", "0", "--checksums", "no"), 2, "'no' is not one of 'verify', 'skip'"),
    (("explain", "cells.zarr", "0", "--gap", "wide"), 1, "expected gap to be"),
    (("explain", "cells.zarr", "0", "--plot", "a.gif"), 2, "expected a file name that ends in .png, .svg"),
    (("get", "cells.zarr", "-1001"), 1, "[-1001] does not fit it"),
    (("get", "cells.zarr", "0", "--jsn"), 2, "--jsn"),
    (("get", "cells.zarr", "0", "--field", "x"), 1, "found 'x' where there are none, as float32 has none"),
    (("get", "cells.zarr", "0", "--out", "a.txt"), 2, "in .npy, .npz, .csv, .json, .png, found '.txt'"),
    (("get", "cells.zarr", "0", "--out", "no/a.npy"), 2, "expected a folder at no, found none"),
    (("get", "cells.zarr", "0", "--out", "a.json", "--json"), 2, "expected one of --json and --out"),
    (("get", "cells.zarr", "@no.txt"), 2, "no.txt: expected a file of integers"),
    (("get", "cut.zarr", "0"), 1, "chunk 'c/0/0'"),
    (("get", "huge.zarr", "..."), 2, "256 MB to show, found 10000000 x 10000000 float64, 800 TB"),
    (("get", "huge.zarr", "..., 0", "--json"), 2, "expected at most 100,000 values to print"),
    (("get", "huge.zarr", "...", "--out", "a.npy"), 1, "expected room for 800 TB"),
    (("get", "huge.zarr", "..., 0:9", "--out", "a.csv"), 2, "expected at most 20,000,000 values for .csv"),
    (("read",), 2, "expected one of the commands info, explain, get, virtualize, found 'read'"),
]  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "message"), MISTAKES, ids=lambda value: str(value)[:40])
def test_mistakes_get_one_message(folder, arguments, code, message):
    before = sorted(folder.iterdir())
    assert message in refused(folder, *arguments, code=code)
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("command", ["", "info", "explain", "get", "virtualize"])
def test_help_has_examples(folder, command):
    assert "Examples:" in fine(folder, *command.split(), "--help")


def test_version_is_that_of_the_package(folder):
    from importlib.metadata import version

    assert version("zarr-partial") in fine(folder, "--version")


def test_explain_counts_blocks(folder):
    printed = fine(folder, "explain", "packed.zarr", "[3, 999]")
    for text in ("2 of the", "Blosc blocks", "amplification", "only the 2 with selected elements"):
        assert text in printed
    shown = json.loads(fine(folder, "explain", "packed.zarr", "[3, 999]", "--json"))
    assert (shown["units"], shown["chunks"], shown["bytes_wanted"]) == (2, 2, 96)
    assert [use["key"] for use in shown["uses"]] == ["c/0/0", "c/1/0"]
    assert shown["advice"][-1]["change"] == "write with compressors=None"


def test_names_are_written_once_and_numbers_stay_with_their_units(folder):
    lines = fine(folder, "explain", "packed.zarr", "[3, 999]").splitlines()
    assert sum("advice" in line for line in lines) == 1
    assert not any(line.rstrip(" │").endswith(tuple("0123456789")) for line in lines if "instead of" in line)
    assert "\N{NO-BREAK SPACE}" not in "".join(lines)


def test_explain_counts_what_other_modes_touch(folder):
    shown = {
        mode: json.loads(fine(folder, "explain", "cells.zarr", "[0, 5], [1, 2]", "--mode", mode, "--json"))
        for mode in ("basic", "orthogonal", "coordinate")
    }
    assert [found["bytes_wanted"] for found in shown.values()] == [8, 16, 8]
    assert shown["orthogonal"]["selection"] == ".oindex[[0, 5], [1, 2]]"


def test_a_selection_may_begin_with_a_minus_sign(folder):
    shown = json.loads(fine(folder, "explain", "cells.zarr", "--json", "-2:, 0"))
    assert (shown["selection"], shown["shape"]) == ("[-2:, 0]", [2])


def test_io_and_gap_change_the_plan(folder):
    here = json.loads(fine(folder, "explain", "cells.zarr", "[0, 2]", "--json"))
    arguments = ("[0, 2]", "--io", "store", "--gap", "48", "--cache", "1 MB", "--json")
    store = json.loads(fine(folder, "explain", "cells.zarr", *arguments))
    assert (here["bytes_read"], here["requests"]) == (96, 2)
    assert (store["bytes_read"], store["requests"]) == (144, 1)
    assert any("in the cache" in reason for reason in store["reasons"])


FIELDS_OF = {
    "`info`, an array": ("info", "cells.zarr"),
    "`info`, a group": ("info", "group.zarr"),
    "`explain`": ("explain", "cells.zarr", "0"),
    "`get`": ("get", "cells.zarr", "0"),
    "`virtualize`": ("virtualize", "cells.zarr", "--chunks", "10"),
}


@pytest.mark.parametrize("name", FIELDS_OF)
def test_fields_of_json_are_those_of_the_page(folder, name):
    page = (ROOT / "site/pages/library/command-line.md").read_text("utf-8")
    (row,) = (line for line in page.splitlines() if line.startswith(f"| {name} |"))
    fields = row.rstrip("| ").rpartition("|")[2].replace("`", "").split()
    assert list(json.loads(fine(folder, *FIELDS_OF[name], "--json"))) == fields


def test_text_in_json_is_as_it_was_written(tmp_path):
    texts = {"a": "[1,   2]", "b": "[\n 1,\n 2\n]", "c": ["x  y", 1.5, None], "d": [[1, 2], []]}
    zarr.create_array(tmp_path / "a.zarr", shape=(3,), dtype="i4", attributes=texts)
    assert json.loads(fine(tmp_path, "info", "a.zarr", "--json"))["attributes"] == texts
