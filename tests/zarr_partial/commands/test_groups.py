"""What is in a group: in folders, archives and behind addresses; many arrays, broken ones, and none."""

import json
import shutil
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import zarr
from zarr.core.group import AsyncGroup, GroupMetadata
from zarr.storage import MemoryStore, StorePath

from tests.zarr_partial.commands.running import fine, refused, run
from tests.zarr_partial.stores.kinds import s3_server
from tests.zarr_partial.stores.servers import serving, status
from tests.zarr_partial.stores.watching import Watched
from zarr_partial.commands.listing import AT_ONCE, NAMES_PER_ARRAY, list_arrays


def paths(folder, *arguments):
    done = run(folder, "info", *arguments, "--json")
    assert done.returncode == 0, done
    shown = json.loads(done.stdout)
    assert shown["node"] == "group"
    return [array["path"] for array in shown["arrays"]], shown


def values_under(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


@pytest.mark.parametrize("source", ["group.zarr", "group.zip", "consolidated.zarr"])
def test_arrays_in_all_depths_are_listed(folder, source):
    found, shown = paths(folder, source)
    assert found == ["obs/n", "raw/X"]
    assert [group["path"] for group in shown["groups"]] == ["obs", "raw"]
    assert shown["listed_by"] == ("consolidated" if "consolidated" in source else "listed")
    assert shown["arrays"][1]["shape"] == [1000, 12]


def test_paths_are_what_path_takes(folder):
    found, _ = paths(folder, "group.zip", "--path", "raw")
    assert found == ["raw/X"]
    assert json.loads(fine(folder, "info", "group.zip", "--path", found[0], "--json"))["node"] == "array"
    assert (
        "Next: zarr-partial info group.zip --path raw/X"
        in run(folder, "info", "group.zip", "--path", "raw").stderr
    )


def test_what_is_stored_is_the_bytes_of_chunks(folder):
    for source in ("group.zarr", "group.zip"):
        _, shown = paths(folder, source)
        assert [array["stored_nbytes"] for array in shown["arrays"]] == [56, 48_000]
    assert json.loads(fine(folder, "info", "huge.zarr", "--json"))["stored_nbytes"] == 0


def test_too_many_files_are_not_counted(folder, monkeypatch):
    monkeypatch.setattr("zarr_partial.commands.sizes.MAX_FILES", 10)
    assert json.loads(fine(folder, "info", "cells.zarr", "--json"))["stored_nbytes"] is None
    assert "stored" not in fine(folder, "info", "cells.zarr")


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    folder = tmp_path_factory.mktemp("many")
    group = zarr.create_group(folder / "many.zarr")
    for name in "ab":
        group.create_array(f"{name}/0000", data=np.zeros(2))
        document = (folder / "many.zarr" / name / "0000/zarr.json").read_bytes()
        for n in range(1, 3 * AT_ONCE):
            (folder / "many.zarr" / name / f"{n:04}").mkdir()
            (folder / "many.zarr" / name / f"{n:04}/zarr.json").write_bytes(document)
    return folder


def test_no_more_arrays_are_listed_than_asked_for(many):
    found, shown = paths(many, "many.zarr")
    assert (len(found), shown["is_cut"]) == (200, True)
    found, shown = paths(many, "many.zarr", "--limit", "1000")
    assert (len(found), shown["is_cut"]) == (6 * AT_ONCE, False)
    done = run(many, "info", "many.zarr", "--limit", "3")
    assert "3 arrays or more" in done.stdout
    assert "There are more than the 3 arrays asked for; --limit lists more." in done.stderr


def test_no_more_of_large_groups_is_looked_at_than_is_listed():
    memory = MemoryStore()
    for n in range(10):
        group = zarr.create_group(memory, path=f"g{n}")
        for name in "abcdefghij":
            group.create_array(name, shape=(1,), dtype="i4")
    store = Watched(memory)
    listing = list_arrays(zarr.Group(AsyncGroup(GroupMetadata(zarr_format=3), StorePath(store))), 2)
    assert (len(listing.arrays), listing.is_cut) == (2, True)
    # In two depths.
    assert len({key for key, _ in store.gets if key.endswith("zarr.json")}) <= 2 * 2 * NAMES_PER_ARRAY


def test_a_broken_array_does_not_hide_the_others(folder, tmp_path):
    shutil.copytree(folder / "group.zarr", tmp_path / "group.zarr")
    (tmp_path / "group.zarr/stray.txt").write_text("no array")
    document = tmp_path / "group.zarr/obs/n/zarr.json"
    document.write_text(document.read_text().replace('"bytes"', '"nobody knows"'))
    done = run(tmp_path, "info", "group.zarr")
    assert done.returncode == 0
    assert "raw/X" in done.stdout
    assert "obs/n: expected an array that zarr opens, found" in done.stderr
    document.write_text("{")
    assert "raw/X" in run(tmp_path, "info", "group.zarr").stdout
    found, shown = paths(tmp_path, "group.zarr")
    assert (found, [one["path"] for one in shown["broken"]]) == (["raw/X"], ["obs/n"])


@pytest.fixture(scope="module")
def conventions(tmp_path_factory):
    folder = tmp_path_factory.mktemp("conventions")
    pyramid = {"ome": {"version": "0.5", "multiscales": [{"datasets": [{"path": "0"}, {"path": "1"}]}]}}
    image = zarr.create_group(folder / "image.zarr", attributes=pyramid)
    for level, size in enumerate((64, 32)):
        image.create_array(str(level), data=np.zeros((3, size, size), "u2"), chunks=(1, 32, 32))
    columns = {"kind": pd.Categorical(["a", "b"] * 25), "n": range(50)}
    obs = pd.DataFrame(columns, index=[f"c{i}" for i in range(50)])
    matrix = scipy.sparse.random(50, 20, 0.2, format="csr", dtype="f4", rng=np.random.default_rng(0))
    with warnings.catch_warnings():
        # Of anndata about pandas, and about strings.
        warnings.simplefilter("ignore")
        import anndata

        anndata.AnnData(matrix, obs=obs).write_zarr(folder / "cells.zarr")
    return folder


@pytest.mark.filterwarnings("ignore:.*does not have a Zarr V3 specification")
@pytest.mark.parametrize(
    ("source", "kind", "some"),
    [
        ("image.zarr", "OME-Zarr image", ["0", "1"]),
        ("cells.zarr", "AnnData", ["X/data", "X/indices", "X/indptr", "obs/kind/codes", "obs/n"]),
    ],
)
def test_images_and_cells_are_told_by_their_attributes(conventions, source, kind, some):
    found, shown = paths(conventions, source)
    assert shown["kind"] == kind
    assert set(some) <= set(found)
    # From a plain server, which lists nothing: by consolidated metadata, or by what the attributes name.
    values = values_under(conventions)
    consolidated = json.loads(values["cells.zarr/zarr.json"])
    assert consolidated.pop("consolidated_metadata")
    values["cells.zarr/zarr.json"] = json.dumps(consolidated).encode()
    with serving(values) as server:
        guessed, shown = paths(conventions, f"{server.url}/{source}")
    assert (guessed, shown["listed_by"]) == (found, "guessed")


def test_a_server_that_does_not_list_is_told_apart_from_an_empty_group(folder):
    values = values_under(folder / "group.zarr")
    with serving(values) as server:
        said = refused(folder, "info", server.url, code=1)
        assert "servers without a listing, as of plain HTTP, do not say what they have; name an array" in said
        shown = json.loads(fine(folder, "info", server.url, "--path", "raw/X", "--json"))
        assert (shown["shape"], shown["stored_nbytes"]) == ([1000, 12], None)
        consolidated = values_under(folder / "consolidated.zarr")
        server.values = consolidated
        assert paths(folder, server.url)[0] == ["obs/n", "raw/X"]


def test_values_come_by_ranges_from_an_address(folder, data):
    with serving(values_under(folder / "cells.zarr")) as server:
        shown = json.loads(fine(folder, "get", server.url, "[3, 4], :2", "--json"))
        assert shown["values"] == data[[3, 4], :2].tolist()
        assert [one.range for one in server.asked()] == ["bytes=144-199"]


@pytest.mark.parametrize(
    ("fault", "message"),
    [(status(403), "403"), (status(500), "500"), (status(404), "found neither zarr.json nor .zarray")],
    ids=["forbidden", "broken", "nothing"],
)
def test_a_server_that_refuses_is_one_message(folder, fault, message):
    with serving(values_under(folder / "cells.zarr")) as server:
        for name in ("zarr.json", ".zarray", ".zgroup", ".zattrs", ".zmetadata"):
            server.values.setdefault(name, b"")
            server.faults[name] = fault
        for arguments in (("info",), ("get", "0")):
            said = refused(folder, arguments[0], server.url, *arguments[1:], code=1)
            assert message in said
            assert server.url in said


@pytest.mark.parametrize("url", ["nosuch://a/b", "http://127.0.0.1:1/a.zarr"])
def test_an_address_that_leads_nowhere_is_one_message(folder, url):
    assert url in refused(folder, "info", url, code=1)


def test_a_bucket_is_listed_and_read_with_storage_options(folder, data):
    with s3_server(values_under(folder / "group.zarr"), "groups") as address:
        options = (
            f"endpoint_url={address}", "key=test", "secret=test", 'client_kwargs={"region_name":"us-east-1"}',
        )  # fmt: skip
        given = [word for option in options for word in ("--storage-option", option)]
        assert paths(folder, "s3://groups", *given)[0] == ["obs/n", "raw/X"]
        shown = json.loads(fine(folder, "get", "s3://groups", "-1, :3", "--path", "raw/X", *given, "--json"))
        assert shown["values"] == data[-1, :3].tolist()
