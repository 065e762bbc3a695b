"""Paths of Windows are paths, and every name that is tracked or made is one that Windows and macOS take."""

import json
import os
import subprocess
import zipfile
from pathlib import Path, PureWindowsPath

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.storage import MemoryStore

import zarr_partial as zp
from outreach.errors import OutreachError
from outreach.gallery.rules import SLUG
from outreach.portable import MAX_PATH, is_device, mistake_in, same_everywhere
from outreach.writing import Output
from tests.commands.checkouts import make_checkout
from tests.commands.programs import ROOT, one_message, run
from tests.outreach.gallery.test_new import FLAGS
from zarr_partial.commands.completing import complete_path
from zarr_partial.commands.options import Opening
from zarr_partial.commands.selecting import parse_selection
from zarr_partial.errors import OpenError
from zarr_partial.urls import is_url
from zarr_partial.virtualizing.addresses import _of_file, as_uri

PATHS = (
    r"C:\data\cells.zarr",
    "C:/data/cells.zarr",
    "c://data/cells.zarr",
    "C:cells.zarr",
    r"\\server\share\cells.zarr",
    "//server/share/cells.zarr",
    r"\\?\C:\data\cells.zarr",
    r"data\cells.zarr",
    "folder/odd://name",
)
URLS = (
    "s3://bucket/cells.zarr",
    "https://example.org/cells.zarr",
    "file:///C:/data/cells.zarr",
    "simplecache::s3://bucket/cells.zarr",
    "gs://bucket",
    "memory://x",
)


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_windows_is_no_url(path):
    assert not is_url(path)
    assert not Opening(path, None).is_url


@pytest.mark.parametrize("url", URLS)
def test_an_address_is_one(url):
    assert is_url(url)
    assert Opening(url, None).is_url


@given(st.from_regex(r"[A-Za-z]:[\\/]{1,2}[^\x00]*", fullmatch=True))
def test_whatever_begins_with_a_drive_is_a_path(path):
    assert not is_url(path)


@pytest.mark.parametrize("path", PATHS)
def test_what_is_not_at_a_path_of_windows_is_looked_for_as_a_file(path, tmp_path, monkeypatch):
    """Elsewhere these are odd names of files; no file system of another kind is asked for."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpenError, match="found nothing; check the path"):
        zp.open(path)
    said = one_message(run(("zarr-partial", "info", path), tmp_path))
    assert said == f"error: expected a Zarr array at {path}, found nothing; check the path\n"


@pytest.mark.skipif(os.name == "nt", reason="there a path of this kind begins at a drive")
@pytest.mark.parametrize("path", ["C:/data/cells.zarr", "c://data/cells.zarr", r"C:\cells.zarr"])
def test_an_array_at_such_a_path_is_read_and_completed(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    group = zarr.create_group(Path(path))
    group.create_array("X", data=np.arange(4))
    np.testing.assert_array_equal(zp.open(path, "X")[1:3], [1, 2])
    assert run(("zarr-partial", "get", path, "3", "--path", "X"), tmp_path).stdout == "3\n"
    assert "X" in run(("zarr-partial", "info", path), tmp_path).stdout
    import click

    context = click.Context(click.Command("info"))
    context.params["source"] = path
    assert [item.value for item in complete_path(context, click.Argument(["path"]), "")] == ["X"]


@pytest.mark.parametrize(
    ("path", "address"),
    [
        (r"C:\data\cells.zarr", "file:///C:/data/cells.zarr"),
        (r"C:\with space\50%.zarr", "file:///C:/with space/50%.zarr"),
        # Four slashes: as fsspec, and the file systems behind it, take a folder of another machine.
        (r"\\server\share\cells.zarr", "file:////server/share/cells.zarr"),
    ],
)
def test_references_lead_to_files_of_windows(path, address):
    assert _of_file(PureWindowsPath(path)) == address
    assert as_uri(address) == address.replace("%", "%25").replace(" ", "%20")


def test_the_address_of_a_file_is_the_path_that_fsspec_finds_it_by(monkeypatch):
    local = pytest.importorskip("fsspec.implementations.local")
    monkeypatch.setattr(local.os, "sep", "\\")
    for path in (r"C:\data\cells.zarr", r"\\server\share\cells.zarr"):
        found = local.LocalFileSystem._strip_protocol(_of_file(PureWindowsPath(path)))
        assert PureWindowsPath(found) == PureWindowsPath(path)


@pytest.mark.skipif(os.name == "nt", reason="there the name below is that of a file in a folder")
def test_rows_are_read_from_a_file_with_backslashes_and_a_drive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(r"C:\rows.txt").write_text("3 1\n")
    rows, rest = parse_selection(r"@C:\rows.txt, ::2")
    np.testing.assert_array_equal(rows, [3, 1])
    assert rest == slice(None, None, 2)


def test_references_are_not_written_to_a_url_and_are_to_a_drive(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    zarr.create_array("a.zarr", data=np.arange(4), chunks=(2,), compressors=None)
    virtual = zp.virtual_chunks("a.zarr", 1)
    with pytest.raises(zp.VirtualChunksError, match="expected a local path"):
        virtual.to_json("s3://bucket/refs.json")
    Path("C:").mkdir(exist_ok=True)
    assert virtual.to_json("C://refs.json") == 4
    assert json.loads(Path("C:/refs.json").read_text())["version"] == 1


def test_an_archive_with_backslashes_says_to_pack_it_again(tmp_path):
    """Some programs on Windows name members so, against the specification; zarr finds none of them."""
    store = MemoryStore()
    zarr.create_array(store, name="cells", data=np.arange(4), zarr_format=2)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for key, value in store._store_dict.items():
            member = zipfile.ZipInfo("x")
            member.filename = key.replace("/", "\\")
            archive.writestr(member, value.to_bytes())
    with pytest.raises(OpenError, match=r"a\.zip, path 'cells', found members named with backslashes"):
        zp.open(tmp_path / "a.zip", "cells")


@pytest.mark.parametrize(
    ("name", "mistake"),
    [
        ("a:b", "':' in 'a:b'"),
        ("pages/why?.md", "'?' in 'why?.md'"),
        ("a\\b", r"'\\' in 'a\\b'"),
        ("a\x01", r"'\x01' in 'a\x01'"),
        ("dir./x", "'dir.', which ends in '.'"),
        ("x ", "'x ', which ends in ' '"),
        ("gallery/con/index.md", "'con', the name of a device on Windows"),
        ("NUL.txt", "'NUL.txt', the name of a device on Windows"),
        ("lpt9.a.b", "'lpt9.a.b', the name of a device on Windows"),
        ("caf\udce9", r"'caf\udce9', with characters that do not show"),
        ("x" * (MAX_PATH + 1), "one of 201 characters"),
    ],
)
def test_names_that_windows_forbids_are_refused_in_generated_folders(tmp_path, name, mistake):
    assert (mistake_in(name) or "").startswith(mistake)
    with pytest.raises(OutreachError, match="that every system takes, found"):
        Output(tmp_path).add(name, "x")


@pytest.mark.parametrize("name", ["console", "com0", "a.b", ".zarray", "0.0", "c/0/0", "common.con", "é.md"])
def test_names_that_only_look_like_it_are_taken(tmp_path, name):
    Output(tmp_path).add(name, "x")


@pytest.mark.parametrize(
    "names", [("a.md", "A.md"), ("straße", "STRASSE"), ("caf\u00e9", "cafe\u0301")], ids=ascii
)
def test_two_names_that_are_one_elsewhere_are_refused(tmp_path, names):
    output = Output(tmp_path)
    output.add(names[0], "x")
    with pytest.raises(OutreachError, match="which are one on Windows or macOS"):
        output.add(names[1], "x")


@given(st.from_regex(SLUG, fullmatch=True).filter(lambda slug: len(slug) <= 60))
def test_every_slug_but_a_device_is_the_name_of_a_folder(slug):
    assert is_device(slug) or mistake_in(slug) is None
    assert same_everywhere(slug) == slug


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return make_checkout(tmp_path_factory.mktemp("windows") / "checkout")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gallery", "new", "--no-questions", *FLAGS, "--slug", "aux"), "found 'aux', a device on Windows"),
        (
            ("sprint", "new", "--no-questions", "--slug", "con", "--title", "Zarr sprint", "--starts",
             "2030-04-07T09:00", "--ends", "2030-04-07T17:00", "--zone", "UTC", "--format", "both"),
            "found 'con', a device on Windows; write it such as con-2030",
        ),
    ],
    ids=["entry", "event"],
)  # fmt: skip
def test_a_device_is_no_name_for_an_entry_or_an_event(checkout, words, said):
    assert said in one_message(run(("outreach", *words), checkout))
    assert not list(checkout.glob("*/aux")) + list(checkout.glob("*/con"))


@pytest.mark.parametrize("name", ["con", "nul.1", "machine."])
def test_a_device_is_no_name_for_a_machine(checkout, name):
    done = run(("outreach", "bench", "run", "--machine", name), checkout)
    assert done.returncode == 2
    assert f"found '{name}'" in " ".join(done.stderr.split())


def mistakes(paths):
    """Return what is wrong with paths, and which two are one on Windows or macOS, folders included."""
    folders = {str(above) for path in paths for above in Path(path).parents} | set(paths)
    found = [mistake for path in sorted(paths) if (mistake := mistake_in(path))]
    first = {}
    for path in sorted(folders):
        other = first.setdefault(same_everywhere(path), path)
        found += [f"{other} and {path}"] if other != path else []
    return found


def test_every_tracked_name_is_one_everywhere():
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout
    paths = os.fsdecode(listed).split("\0")[:-1]
    assert len(paths) > 1000
    assert mistakes(paths) == []


def test_mistakes_are_seen_in_folders_too():
    assert mistakes(["a/B/x", "a/b/y", "c:/d"]) == ["':' in 'c:'", "a/B and a/b"]
