"""The real entries: they pass, and their samples are the arrays they claim to be."""

import re
import struct
import tomllib
from pathlib import Path

import numpy as np
import pytest
import zarr

import zarr_partial
from outreach.gallery.check import SCHEMA, check_gallery, checker, load_gallery
from outreach.gallery.entry_text import HEADER
from outreach.gallery.fingerprint import drawing
from outreach.gallery.layouts import read_layout
from outreach.gallery.licences import demanding
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.samples import sample_facts
from outreach.paths import Project

PROJECT = Project(Path(__file__).parents[3])
ENTRIES = load_gallery(PROJECT)
SAMPLES = [entry for entry in ENTRIES if entry.sample]


def by_slug(entry):
    return entry.slug


ARRAYS = [
    pytest.param(entry, path, id=f"{entry.slug}/{path}".rstrip("/"))
    for entry in SAMPLES
    for path, _ in read_pyramid(entry.folder / "sample.zarr").levels
]
KINDS = set(checker().schema["properties"]["kind"]["enum"])
# Who filled the community's first collection, by the folders that named what is an entry today.
FIRST_COLLECTORS = {
    *("Anelawrence", "INTeniola", "MSanKeys963", "Mubarraqqq", "OnyeEbube", "azaya89", "caviere"),
    *("marynaggita", "oguejioforO", "steph237", "zeelyha", "zobbs-git"),
}


def finest(entry) -> Path:
    return entry.folder / read_pyramid(entry.folder / "sample.zarr").name


def test_the_gallery_is_rich():
    assert len(ENTRIES) >= 60
    assert {entry.kind for entry in ENTRIES} == KINDS
    assert len({entry.domain for entry in ENTRIES}) >= 8
    datasets = [entry for entry in ENTRIES if entry.kind == "dataset" and entry.array]
    assert len([entry for entry in datasets if drawing(entry.array)]) >= 25
    assert len([entry for entry in SAMPLES if entry.picture]) >= 12


def test_the_gallery_stays_light():
    heavy = [path for path in PROJECT.gallery_data.rglob("*") if path.name != "entry.yaml" and path.is_file()]
    assert sum(path.stat().st_size for path in heavy) < 40_000_000


def test_samples_cover_the_layouts_that_readers_meet():
    layouts = [read_pyramid(entry.folder / "sample.zarr") for entry in SAMPLES]
    arrays = [pyramid.finest for pyramid in layouts]
    codecs = [{codec.partition("(")[0] for codec in layout.codecs} for layout in arrays]
    assert {layout.zarr_format for layout in arrays} == {2, 3}
    assert {len(layout.shape) for layout in arrays} >= {1, 2, 3, 4}
    assert any(not names - {"bytes"} for names in codecs), "no raw sample"
    for name in ("blosc", "zstd", "gzip", "zlib", "sharding_indexed", "transpose"):
        assert any(name in names for names in codecs), f"no sample with {name}"
    assert any(layout.dtype.startswith(">") for layout in arrays)
    assert any("bytes(endian=big)" in layout.codecs for layout in arrays)
    assert {layout.finest.zarr_format for layout in layouts if len(layout.levels) > 1} == {2, 3}


def test_one_sample_has_several_blosc_blocks_in_a_chunk():
    chunk = PROJECT.gallery_data / "one-ocean-around-antarctica" / "sample.zarr" / "0" / "c" / "0" / "0" / "0"
    # Blosc's header: the length decoded, then that of a block, four bytes each from the fifth on.
    decoded, block = struct.unpack_from("<II", chunk.read_bytes(), 4)
    assert decoded // block >= 8


def test_everyone_of_the_first_collection_is_thanked():
    assert {finder.name for entry in ENTRIES for finder in entry.found_by} >= FIRST_COLLECTORS
    for entry in ENTRIES:
        named = {word for source in entry.sources for word in re.findall(r"_data/([\w-]+)/", source.found_in)}
        assert named <= {finder.name for finder in entry.found_by}, entry.slug


def test_every_entry_tells_editors_where_its_schema_lies():
    for entry in ENTRIES:
        first = (entry.folder / "entry.yaml").read_text("utf-8").partition("\n")[0]
        assert first == HEADER.strip(), entry.slug
        assert (entry.folder / first.partition("=")[2]).resolve() == SCHEMA


def test_every_entry_passes_the_check():
    assert check_gallery(PROJECT).problems == ()


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_samples_are_the_arrays_that_the_entries_claim(entry):
    array = zarr.open_array(finest(entry), mode="r")
    claimed = entry.array
    assert array.shape == claimed.shape
    assert array.chunks == claimed.chunks
    assert array.shards == claimed.shards
    assert array.dtype == np.dtype(claimed.dtype)
    assert array.metadata.zarr_format == entry.zarr_format
    assert np.unique(array[...]).size > 1


@pytest.mark.parametrize(("entry", "path"), ARRAYS)
def test_metadata_alone_give_the_layout_that_zarr_reads(entry, path):
    layout = read_layout(entry.folder / "sample.zarr" / path)
    array = zarr.open_array(entry.folder / "sample.zarr" / path, mode="r")
    assert (layout.shape, layout.chunks, layout.shards) == (array.shape, array.chunks, array.shards)


@pytest.mark.parametrize(("entry", "path"), ARRAYS)
def test_zarr_partial_reads_every_sample_like_zarr(entry, path):
    expected = zarr.open_array(entry.folder / "sample.zarr" / path, mode="r")[...]
    with zarr_partial.open(entry.folder / "sample.zarr" / path) as array:
        np.testing.assert_array_equal(array[...], expected)


@pytest.mark.parametrize("entry", SAMPLES, ids=by_slug)
def test_snippets_run(entry, monkeypatch, capsys):
    monkeypatch.chdir(PROJECT.root)
    snippets = dict(sample_facts(entry).snippets)
    assert list(snippets) == ["zarr", "zarr_partial", "xarray", "zarrita"]
    for name in ("zarr", "zarr_partial", "xarray"):
        names: dict[str, object] = {}
        exec(compile(snippets[name], "snippet", "exec"), names)
        array = zarr.open_array(finest(entry), mode="r")
        np.testing.assert_array_equal(names["row"], array[array.shape[0] // 2])
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    ("slug", "holder"),
    [
        ("blue-marble-globe", "Copyright (c) 2011 Jeffrey Whitaker"),
        ("philippine-coastlines", "Copyright (c) 2019 Todd Karin"),
        ("sun-in-128-pixels", "Copyright (c) 2013-2025 The SunPy developers"),
        ("one-ocean-around-antarctica", "Copyright (c) 2011 Jeffrey Whitaker"),
        ("rocky-mountain-ridgelines", "Copyright (c) 2018, Earth Lab"),
        ("handwritten-digits", "Copyright (c) 2007-2026 The scikit-learn developers"),
        ("four-fates-of-a-blood-cell", "Copyright (c) 2017 F. Alexander Wolf"),
        ("crp-binding-sites", "Copyright (c) 2019 Ammar Tareen and Justin B. Kinney"),
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
