"""The real entries: they pass, and their samples are the arrays they claim to be."""

import tomllib
from pathlib import Path

import numpy as np
import pytest
import zarr

import zarr_partial
from outreach.gallery.check import check_gallery, load_gallery
from outreach.gallery.layouts import read_layout
from outreach.gallery.licences import demanding
from outreach.gallery.samples import sample_facts
from outreach.paths import Project

PROJECT = Project(Path(__file__).parents[3])
ENTRIES = load_gallery(PROJECT)
SAMPLES = [entry for entry in ENTRIES if entry.sample]


def by_slug(entry):
    return entry.slug


def test_the_gallery_is_varied():
    assert len(ENTRIES) >= 12
    assert len({entry.kind for entry in ENTRIES}) >= 5
    assert len({entry.domain for entry in ENTRIES}) >= 6
    assert len([entry for entry in SAMPLES if entry.picture]) >= 6
    assert {entry.zarr_format for entry in SAMPLES} == {2, 3}
    assert sum(path.stat().st_size for path in PROJECT.gallery_data.rglob("*")) < 12_000_000


def test_every_entry_passes_the_check():
    assert check_gallery(PROJECT).problems == ()


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_samples_are_the_arrays_that_the_entries_claim(entry):
    array = zarr.open_array(entry.folder / "sample.zarr", mode="r")
    claimed = entry.array
    assert array.shape == claimed.shape
    assert array.chunks == claimed.chunks
    assert array.shards == claimed.shards
    assert array.dtype == np.dtype(claimed.dtype)
    assert array.metadata.zarr_format == entry.zarr_format
    assert np.unique(array[...]).size > 1


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_metadata_alone_give_the_layout_that_zarr_reads(entry):
    layout = read_layout(entry.folder / "sample.zarr")
    array = zarr.open_array(entry.folder / "sample.zarr", mode="r")
    assert (layout.shape, layout.chunks, layout.shards) == (array.shape, array.chunks, array.shards)


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_zarr_partial_reads_every_sample_like_zarr(entry):
    expected = zarr.open_array(entry.folder / "sample.zarr", mode="r")[...]
    with zarr_partial.open(entry.folder / "sample.zarr") as array:
        np.testing.assert_array_equal(array[...], expected)


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_snippets_run(entry, monkeypatch, capsys):
    monkeypatch.chdir(PROJECT.root)
    for _, code in sample_facts(entry.folder / "sample.zarr", entry.slug).snippets:
        names: dict[str, object] = {}
        exec(compile(code, "snippet", "exec"), names)
        array = zarr.open_array(entry.folder / "sample.zarr", mode="r")
        np.testing.assert_array_equal(names["row"], array[array.shape[0] // 2])
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("slug", "holder"),
    [
        ("blue-marble-globe", "Copyright (c) 2011 Jeffrey Whitaker"),
        ("philippine-coastlines", "Copyright (c) 2019 Todd Karin"),
        ("sun-in-128-pixels", "Copyright (c) 2013-2025 The SunPy developers"),
    ],
)
def test_notices_that_licences_demand_lie_beside_the_copies(slug, holder):
    entry = next(entry for entry in ENTRIES if entry.slug == slug)
    assert holder in (entry.folder / entry.licence_file).read_text("utf-8")


@pytest.mark.parametrize(
    ("expression", "licence"),
    [
        ("MIT", "MIT"),
        ("(CC-BY-4.0 AND BSD-3-Clause)", "BSD-3-Clause"),
        ("Apache-2.0 WITH LLVM-exception", "Apache-2.0"),
        ("MIT-0", None),
        ("0BSD", None),
        ("CC-BY-4.0", None),
        ("LicenseRef-public-domain", None),
        (None, None),
    ],
)
def test_licences_that_demand_their_text_are_known(expression, licence):
    assert demanding(expression) == licence


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_scripts_pin_every_dependency(entry):
    script = (entry.folder / "make.py").read_text("utf-8")
    block = script.split("# ///")[1].partition("\n")[2].replace("\n# ", "\n").removeprefix("# ")
    dependencies = tomllib.loads(block)["dependencies"]
    assert dependencies
    assert all("==" in dependency for dependency in dependencies)
