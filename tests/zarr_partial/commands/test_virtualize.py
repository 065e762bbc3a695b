"""References that `virtualize` writes, opened by those who read them."""

import json

import fsspec
import numpy as np
import pytest
import zarr
from zarr.storage import FsspecStore

from tests.zarr_partial.commands.running import fine, refused, run
from tests.zarr_partial.stores.servers import serving


def opened(references, **options):
    """Return what is at the root of references, as kerchunk's readers open it."""
    files = fsspec.filesystem(
        "reference", fo=str(references), asynchronous=True, skip_instance_cache=True, **options
    )
    return zarr.open(FsspecStore(files, read_only=True, path=""), mode="r")


# Of pandas about the reader that fsspec chooses for references.
OF_PANDAS = pytest.mark.filterwarnings("ignore:.*fastparquet")


def written(folder, out, *arguments):
    done = run(folder, "virtualize", *arguments, "-o", out)
    assert (done.returncode, done.stdout) == (0, ""), done
    return done.stderr


@pytest.mark.parametrize("source", ["cells.zarr", "group.zip --path raw/X"])
def test_references_in_json_are_the_array_in_smaller_chunks(folder, data, tmp_path, source):
    said = written(folder, tmp_path / "refs.json", *source.split(), "--chunks", "20")
    assert said == f"{tmp_path / 'refs.json'}: 50 references, in chunks of 20 x 12\n"
    array = opened(tmp_path / "refs.json")
    assert array.chunks == (20, 12)
    np.testing.assert_array_equal(array[:], data)


@OF_PANDAS
def test_references_in_parquet_are_the_array_in_smaller_chunks(folder, data, tmp_path):
    written(folder, tmp_path / "refs.parquet", "cells.zarr", "--chunks", "20", "--name", "counts")
    group = opened(tmp_path / "refs.parquet", lazy=True)
    assert group["counts"].chunks == (20, 12)
    np.testing.assert_array_equal(group["counts"][:], data)
    assert [path.name for path in tmp_path.iterdir()] == ["refs.parquet"]


def test_references_lead_where_url_says(folder, data, tmp_path):
    values = {
        f"served/{path.relative_to(folder / 'cells.zarr').as_posix()}": path.read_bytes()
        for path in (folder / "cells.zarr").rglob("*")
        if path.is_file()
    }
    with serving(values) as server:
        url = f"{server.url}/served"
        written(folder, tmp_path / "refs.json", "cells.zarr", "--chunks", "20", "--url", url)
        references = json.loads((tmp_path / "refs.json").read_text())["refs"]
        assert references["c/1/0"][0] == f"{url}/c/0/0"
        np.testing.assert_array_equal(
            opened(tmp_path / "refs.json", remote_protocol="http", remote_options={"asynchronous": True})[
                30:50
            ],
            data[30:50],
        )


def test_without_a_file_it_says_what_would_be(folder):
    assert "10 x 12, 100 of them" in fine(folder, "virtualize", "cells.zarr", "--chunks", "10")
    shown = json.loads(fine(folder, "virtualize", "cells.zarr", "--chunks", "10", "--json"))
    assert (shown["chunks"], shown["count"], shown["references"]) == ([10, 12], 100, None)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("cells.zarr",), 2, "Missing option '--chunks'"),
        (("cells.zarr", "--chunks", "ten"), 2, "expected lengths such as 1000,1000, found 'ten'"),
        (("cells.zarr", "--chunks", "7"), 1, "take one of 2, 4, 5, 10, 20, 25"),
        (("cells.zarr", "--chunks", "10", "-o", "a.txt"), 2, "in .json, .parquet, .parq, found '.txt'"),
        (("cells.zarr", "--chunks", "10,3", "-o", "a.json"), 1, "take chunks whose bytes lie together"),
        (("huge.zarr", "--chunks", "10", "-o", "a.json"), 1, "decoded whole: codec 'zstd'"),
    ],
)
def test_what_cannot_be_shown_is_refused(folder, arguments, code, message):
    before = sorted(folder.iterdir())
    assert message in refused(folder, "virtualize", *arguments, code=code)
    assert sorted(folder.iterdir()) == before


@OF_PANDAS
@pytest.mark.parametrize("name", ["refs.json", "refs.parquet"])
def test_references_are_replaced_only_by_force(folder, tmp_path, name):
    written(folder, tmp_path / name, "cells.zarr", "--chunks", "20")
    again = ("virtualize", "cells.zarr", "--chunks", "10", "-o", tmp_path / name)
    assert "found one; --force replaces it" in refused(folder, *again, code=2)
    assert run(folder, *again, "--force").returncode == 0
    found = opened(tmp_path / name, **({"lazy": True} if "parquet" in name else {}))
    assert (found if "json" in name else found["data"]).chunks == (10, 12)


def test_a_folder_that_is_no_references_is_not_replaced(folder, tmp_path):
    (tmp_path / "mine.parquet").mkdir()
    (tmp_path / "mine.parquet/a.txt").write_text("mine")
    said = refused(
        folder,
        "virtualize",
        "cells.zarr",
        "--chunks",
        "10",
        "-o",
        tmp_path / "mine.parquet",
        "--force",
        code=2,
    )
    assert "expected a file to replace" in said
    assert (tmp_path / "mine.parquet/a.txt").read_text() == "mine"
