"""Values: printed, as JSON, in files and drawn, against what zarr and NumPy have."""

import csv
import json

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from tests.zarr_partial.commands.running import fine, refused, run
from zarr_partial.commands.plain import plain_values

RECORDS = np.array(
    [(0, 0.1, b"ab", "2020-01-01"), (1, np.nan, b"\xff", "NaT")],
    dtype=[("n", "<i4"), ("x", "<f4"), ("s", "S2"), ("t", "<M8[D]")],
)
VALUES = {
    "float32": (
        np.array([0.1, np.nan, np.inf, -np.inf, -0.0], "f4"),
        [0.1, "NaN", "Infinity", "-Infinity", -0.0],
    ),
    "float16": (np.array([0.1], "f2"), [0.1]),
    "float64": (np.array([0.1, np.nan]), [0.1, "NaN"]),
    "big-endian": (np.array([1, 258], ">i4"), [1, 258]),
    "uint64": (np.array([2**64 - 1], "u8"), [2**64 - 1]),
    "bool": (np.array([True, False]), [True, False]),
    "complex": (np.array([1 + 2j, complex(0, np.nan)]), [[1.0, 2.0], [0.0, "NaN"]]),
    "datetime": (np.array(["2020-01-01T12", "NaT"], "M8[s]"), ["2020-01-01T12:00:00", "NaT"]),
    "timedelta": (np.array([5, "NaT"], "m8[s]"), [5, "NaT"]),
    "bytes": (np.array([b"a\xff", b""], "S2"), ["a\xff", ""]),
    "text": (np.array(["é\x1b", ""], "U2"), ["é\x1b", ""]),
    "variable text": (np.array(["é" * 40, ""], np.dtypes.StringDType()), ["é" * 40, ""]),
    "records": (
        RECORDS,
        [
            {"n": 0, "x": 0.1, "s": "ab", "t": "2020-01-01"},
            {"n": 1, "x": "NaN", "s": "\xff", "t": "NaT"},
        ],
    ),
    "no axis": (np.array(4.5), 4.5),
    "no values": (np.zeros((2, 0, 3)), [[], []]),
}  # fmt: skip


@pytest.fixture(scope="module")
def arrays(tmp_path_factory):
    folder = tmp_path_factory.mktemp("values")
    for name, (values, _) in VALUES.items():
        zarr.create_array(folder / f"{name}.zarr", data=values)
    return folder


@pytest.mark.filterwarnings("ignore:.*does not have a Zarr V3 specification")
@pytest.mark.parametrize("name", VALUES)
def test_json_has_every_value(arrays, name):
    shown = json.loads(fine(arrays, "get", f"{name}.zarr", "...", "--json"))
    assert shown["values"] == VALUES[name][1]
    assert shown["shape"] == list(VALUES[name][0].shape)


@given(npst.arrays(st.sampled_from(["i2", "f4", "f8", "?", "u8", "M8[ms]"]), npst.array_shapes(min_side=0)))
def test_plain_values_are_nested_as_the_array_is(values):
    found = plain_values(values)
    text = json.loads(json.dumps(found, allow_nan=False))
    if values.size:
        read = np.array(text, dtype=values.dtype if values.dtype.kind != "f" else None).astype(values.dtype)
        np.testing.assert_array_equal(read, values)
    assert np.array(found, dtype=object).shape == values.shape[: np.array(found, dtype=object).ndim]


@pytest.mark.parametrize(
    ("selection", "mode"),
    [
        ("[3, -1], ::5", "basic"),
        ("999", "basic"),
        ("3, 4", "basic"),
        ("[7, 3], [1, 11]", "basic"),
        ("[7, 3], [1, 11]", "orthogonal"),
        ("[7, 3], [1, 11]", "coordinate"),
        ("1, 0", "blocks"),
        ("5:5", "basic"),
        ("...", "basic"),
    ],
)
@pytest.mark.parametrize("source", ["sharded.zarr", "packed.zarr"])
def test_npy_is_what_zarr_reads(folder, tmp_path, source, selection, mode):
    fine(folder, "get", source, selection, "--mode", mode, "--out", tmp_path / "values.npy")
    array = zarr.open_array(folder / source)
    indexer = {"basic": array, "orthogonal": array.oindex, "coordinate": array.vindex, "blocks": array.blocks}
    want = np.asarray(eval(f"indexer[mode][{selection}]", {}, {"indexer": indexer, "mode": mode}))
    found = np.load(tmp_path / "values.npy")
    np.testing.assert_array_equal(found, want, strict=True)


@pytest.mark.parametrize("source", ["packed.zarr", "sharded.zarr"])
def test_a_large_result_is_read_straight_into_its_file(folder, data, tmp_path, monkeypatch, source):
    monkeypatch.setattr("zarr_partial.commands.saving.MAX_IN_MEMORY", 100)
    fine(folder, "get", source, "3:900:2", "--out", tmp_path / "values.npy")
    np.testing.assert_array_equal(np.load(tmp_path / "values.npy"), data[3:900:2], strict=True)


def test_npz_csv_and_json_files_hold_the_values(folder, data, tmp_path):
    for name in ("a.npz", "a.csv", "a.json", "A.NPY"):
        fine(folder, "get", "packed.zarr", "10:13, ::4", "--out", tmp_path / name)
    want = data[10:13, ::4]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["A.NPY", "a.csv", "a.json", "a.npz"]
    np.testing.assert_array_equal(np.load(tmp_path / "a.npz")["values"], want, strict=True)
    np.testing.assert_array_equal(np.load(tmp_path / "A.NPY"), want, strict=True)
    np.testing.assert_array_equal(np.loadtxt(tmp_path / "a.csv", delimiter=","), want)
    assert json.loads((tmp_path / "a.json").read_text()) == want.tolist()


@pytest.mark.filterwarnings("ignore:.*does not have a Zarr V3 specification")
def test_csv_of_records_has_a_column_for_each_field(arrays, tmp_path):
    fine(arrays, "get", "records.zarr", "...", "--out", tmp_path / "a.csv")
    with (tmp_path / "a.csv").open(newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [["n", "x", "s", "t"], ["0", "0.1", "ab", "2020-01-01"], ["1", "NaN", "ÿ", "NaT"]]


@pytest.mark.filterwarnings("ignore:.*does not have a Zarr V3 specification")
def test_one_field_of_records(arrays):
    assert fine(arrays, "get", "records.zarr", "-1", "--field", "n") == "1\n"
    shown = json.loads(
        fine(arrays, "get", "records.zarr", "[1, 0]", "--field", "n", "--mode", "orthogonal", "--json")
    )
    assert (shown["values"], shown["dtype"], shown["field"]) == ([1, 0], "<i4", "n")


def test_text_of_any_length_is_an_npy_of_the_longest(arrays, tmp_path):
    fine(arrays, "get", "variable text.zarr", "...", "--out", tmp_path / "a.npy")
    assert np.load(tmp_path / "a.npy").tolist() == ["é" * 40, ""]


def test_an_excerpt_says_what_is_left_out(folder):
    done = run(folder, "get", "cells.zarr", "...")
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) == 7
    assert done.stderr == "Shortened: 1000 x 12 float32. All values: --json, or --out FILE.\n"
    assert fine(folder, "get", "cells.zarr", "5, 7") == "67.0\n"


def test_stats_say_what_was_read(folder):
    done = run(folder, "get", "sharded.zarr", "[3, 999]", "--stats")
    # Two rows, and two indexes of 10 entries and a checksum.
    assert "2 x 12 float32, 96 B; 424 B read in 4 byte ranges; 2 chunks touched; " in done.stderr
    done = run(folder, "get", "sharded.zarr", "[3, 999], [0, 1]", "--mode", "orthogonal", "--stats")
    assert "2 x 2 float32, 16 B; 344 B read in 4 byte ranges; 2 chunks touched; " in done.stderr


def test_rows_of_a_file_are_read(folder, data, tmp_path):
    (tmp_path / "rows.txt").write_text("3\n-1\n")
    shown = json.loads(fine(folder, "get", "cells.zarr", f"@{tmp_path / 'rows.txt'}, 0", "--json"))
    assert shown["values"] == data[[3, -1], 0].tolist()


def test_pictures_are_those_of_the_values(folder, data, tmp_path):
    from matplotlib.image import imread

    fine(folder, "get", "packed.zarr", "10:40", "--out", tmp_path / "a.png")
    pixels = imread(tmp_path / "a.png")[..., 0]
    assert pixels.shape == (30, 12)
    np.testing.assert_allclose(pixels, np.linspace(0, 1, 360).reshape(30, 12), atol=1 / 128)
    for name in ("line.svg", "line.png", "line.pdf"):
        fine(folder, "get", "cells.zarr", "5", "--plot", tmp_path / name)
    fine(folder, "get", "cells.zarr", "5:50", "--plot", tmp_path / "image.svg", "--out", tmp_path / "b.npy")
    assert "cells.zarr [5:50]" in (tmp_path / "image.svg").read_text()
    np.testing.assert_array_equal(np.load(tmp_path / "b.npy"), data[5:50])


@pytest.mark.parametrize(
    ("source", "message"),
    [("text.zarr", "expected numbers to draw, found <U2"), ("no values.zarr", "found shape (2, 0, 3)")],
)
@pytest.mark.filterwarnings("ignore:.*does not have a Zarr V3 specification")
def test_what_has_no_picture_is_refused(arrays, tmp_path, source, message):
    assert message in refused(arrays, "get", source, "...", "--plot", tmp_path / "a.png", code=1)
    assert list(tmp_path.iterdir()) == []


def test_plots_of_layouts_are_written(folder, tmp_path):
    run(folder, "info", "sharded.zarr", "--plot", tmp_path / "grid.svg")
    run(folder, "explain", "packed.zarr", "[3, 999]", "--plot", tmp_path / "plan.svg")
    assert "chunks of 50 x 12 in shards of 500 x 12: 2 shards (2 x 1)" in (tmp_path / "grid.svg").read_text()
    assert "2 of 2 chunks touched" in (tmp_path / "plan.svg").read_text()
