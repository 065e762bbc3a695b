"""Arrays that zarr wrote, served by a local web and compared with what an entry says of them."""

import copy
import gzip
import json
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st
from zarr.codecs import BloscCodec, TransposeCodec, ZstdCodec

from outreach.errors import OutreachError
from outreach.gallery.entries import Array, Entry
from outreach.gallery.freshness import stores
from outreach.gallery.freshness.asking import TOO_LONG, Client, Reply, Settings
from outreach.gallery.freshness.records import Reading
from outreach.gallery.freshness.stores import (
    MAX_METADATA_BYTES,
    differences,
    documents,
    read_store,
    store_address,
)
from tests.outreach.gallery import fake_web as fakes

HOST = "store.example"
BLOSC = "blosc(cname=zstd, clevel=3, shuffle=shuffle, typesize=4)"
BASE = f"https://{HOST}/data.zarr"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[fakes.FakeWeb]:
    with fakes.fake_web() as web:
        web.serves(HOST, tmp_path)
        yield web


def entry(**changes: Any) -> Entry:
    array = Array("sst", (40, 30, 20), (10, 30, 20), None, None, None, None, "the README")
    facts: dict[str, Any] = {
        "slug": "tides", "folder": Path("tides"), "title": "Tides", "kind": "dataset", "domain": "ocean",
        "summary": "", "url": "https://page.example/", "people": (), "year": None, "licence": None,
        "doi": None,
        "licence_file": None, "zarr_format": None, "added": "2026-01-01", "checked": None, "sources": (),
        "store": BASE,
    }  # fmt: skip
    about = {name: changes.pop(name) for name in list(changes) if name in Array.__slots__}
    return Entry(**{**facts, "array": replace(array, **about), **changes})


def make(folder: Path, zarr_format: int, *, consolidated: bool = False, **options: Any) -> None:
    group = zarr.open_group(folder / "data.zarr", mode="w", zarr_format=zarr_format)  # type: ignore[arg-type]
    options = {"shape": (40, 30, 20), "chunks": (10, 30, 20), "dtype": "float32", **options}
    group.create_array("sst", **options)
    if consolidated:
        zarr.consolidate_metadata(folder / "data.zarr", zarr_format=zarr_format)  # type: ignore[arg-type]


def read(web: fakes.FakeWeb, about: Entry) -> Reading:
    settings = Settings(delay=0.0, timeout=5.0)
    with Client(settings, transport=fakes.ToLoopback(web.port), sleep=lambda _: None) as client:
        reading = read_store(client, about)
    assert reading is not None
    return reading


def told(web: fakes.FakeWeb, about: Entry) -> dict[str, tuple[str, Any]]:
    reading = read(web, about)
    assert reading.layout is not None, reading
    found = differences(about, reading.layout)
    return {".".join(map(str, each.field)): (each.kind, each.store) for each in found}


@pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("stated", [2, 3, None])
@pytest.mark.parametrize("only_consolidated", [False, True])
def test_both_formats_are_read_from_any_document_that_tells(
    web: fakes.FakeWeb, tmp_path: Path, zarr_format: int, stated: int | None, only_consolidated: bool
) -> None:
    make(tmp_path, zarr_format, consolidated=True)
    if only_consolidated:
        (tmp_path / "data.zarr" / "sst" / (".zarray" if zarr_format == 2 else "zarr.json")).unlink()
    about = entry(zarr_format=stated)
    reading = read(web, about)
    tried = {document.name for document in documents("sst", stated)}
    if only_consolidated and (".zmetadata" if zarr_format == 2 else "zarr.json") not in tried:
        assert (reading.state, reading.layout) == ("gone", None)
        return
    assert reading.state == "read"
    found = {".".join(map(str, each.field)): each.kind for each in differences(about, reading.layout)}
    assert found.get("zarr_format") == (
        None if stated == zarr_format else "differs" if stated else "unrecorded"
    )
    assert {found[name] for name in found if name != "zarr_format"} == {"unrecorded"}
    assert sum(len(each) for each in web.paths(HOST)) < 200


def test_all_facts_of_shards_and_codecs_are_compared(web: fakes.FakeWeb, tmp_path: Path) -> None:
    make(
        tmp_path, 3, shards=(20, 30, 20), dimension_names=["time", "lat", "lon"],
        compressors=[BloscCodec(cname="zstd", clevel=3, shuffle="shuffle", typesize=4)],
    )  # fmt: skip
    same = entry(
        zarr_format=3, shards=(20, 30, 20), dtype="float32", dims=("time", "lat", "lon"),
        codecs=("sharding_indexed", "bytes(little)", BLOSC),
    )  # fmt: skip
    assert told(web, same) == {}
    assert told(web, replace(same, array=replace(same.array, shards=(40, 30, 20)))) == {
        "array.shards": ("differs", [20, 30, 20])
    }
    other = ("sharding_indexed", "bytes(little)", "blosc(cname=lz4, clevel=3)")
    assert list(told(web, replace(same, array=replace(same.array, codecs=other)))) == ["array.codecs"]
    fewer = replace(same, array=replace(same.array, codecs=("bytes(little)",), shards=None))
    assert list(told(web, fewer)) == ["array.shards", "array.codecs"]
    renamed = replace(same, array=replace(same.array, dims=("t", "lat", "lon")))
    assert told(web, renamed) == {"array.dims": ("differs", ["time", "lat", "lon"])}


@pytest.mark.parametrize(
    ("shape", "chunks", "kinds"),
    [
        ((41, 30, 20), (10, 30, 20), {"array.shape": "grew"}),
        ((39, 30, 20), (10, 30, 20), {"array.shape": "differs"}),
        ((41, 31, 20), (10, 30, 20), {"array.shape": "differs"}),
        ((40, 30, 21), (10, 30, 20), {"array.shape": "differs"}),
        ((40, 30, 20), (5, 30, 20), {"array.chunks": "differs"}),
        ((80, 30, 20), (5, 30, 20), {"array.shape": "grew", "array.chunks": "differs"}),
    ],
)
def test_growth_of_the_first_axis_is_told_apart(
    web: fakes.FakeWeb, tmp_path: Path, shape: tuple[int, ...], chunks: tuple[int, ...], kinds: dict[str, str]
) -> None:
    make(tmp_path, 2, shape=shape, chunks=chunks)
    found = told(web, entry(zarr_format=2))
    assert {name: kind for name, (kind, _) in found.items() if kind != "unrecorded"} == kinds


@pytest.mark.parametrize(
    ("zarr_format", "stored", "claimed", "same"),
    [
        (2, "<f4", "<f4", True),
        (2, "<f4", "float32", True),
        (2, "<f4", ">f4", False),
        (2, "|u1", "uint8", True),
        (2, "|b1", "bool", True),
        (2, "<u2", "int16", False),
        (3, "float32", "<f4", True),
        (3, "float32", "float64", False),
    ],
)
def test_a_type_may_be_written_in_two_ways(
    web: fakes.FakeWeb, tmp_path: Path, zarr_format: int, stored: str, claimed: str, same: bool
) -> None:
    make(tmp_path, zarr_format, dtype=np.dtype(stored))
    kind = told(web, entry(dtype=claimed)).get("array.dtype", ("", None))[0]
    assert kind == ("" if same else "differs")


@pytest.mark.parametrize(
    ("claimed", "same"),
    [
        (("blosc(cname=lz4, clevel=5, shuffle=1, blocksize=0)",), True),
        (("blosc(cname=lz4)",), True),
        (("blosc",), True),
        (("blosc(cname=zstd)",), False),
        (("zstd",), False),
        ((), False),
    ],
)
def test_codecs_need_only_hold_what_the_entry_states(
    web: fakes.FakeWeb, tmp_path: Path, claimed: tuple[str, ...], same: bool
) -> None:
    from numcodecs import Blosc

    make(tmp_path, 2, compressors=[Blosc(cname="lz4", clevel=5, shuffle=1)])
    assert ("array.codecs" not in told(web, entry(codecs=claimed))) is same


def test_codecs_that_the_checker_does_not_know_are_read(web: fakes.FakeWeb, tmp_path: Path) -> None:
    make(tmp_path, 3, filters=[TransposeCodec(order=(2, 0, 1))], compressors=[ZstdCodec(level=1)])
    path = tmp_path / "data.zarr/sst/zarr.json"
    path.write_text(path.read_text().replace('"zstd"', '"made.up-codec"'))
    found = told(web, entry(zarr_format=3))
    assert found["array.codecs"][1][-1].startswith("made.up-codec(")


def deep() -> bytes:
    return b"[" * 200_000


@pytest.mark.parametrize(
    ("answer", "state", "note"),
    [
        (fakes.html, "unreadable", "HTML in place of JSON"),
        (fakes.status(200, b'{"zarr_format": 2, "shape"'), "unreadable", "no whole JSON"),
        (fakes.status(200, b"\xff\xfe"), "unreadable", "no whole JSON"),
        (fakes.status(200, deep()), "unreadable", "no whole JSON"),
        (fakes.status(200, b"[]"), "unreadable", "metadata of no Zarr array"),
        (fakes.status(200, b'{"zarr_format": 2}'), "unreadable", "no usable 'shape'|no usable 'order'"),
        (fakes.status(200, b"{" + b" " * MAX_METADATA_BYTES), "unreadable", TOO_LONG),
        (
            fakes.status(200, gzip.compress(b" " * 50_000_000), Content_Encoding="gzip"),
            "unreadable",
            TOO_LONG,
        ),
        (fakes.status(200, b"no gzip", Content_Encoding="gzip"), "unreachable", "no whole answer"),
        (fakes.cut_off, "unreachable", "no whole answer"),
        (fakes.status(500), "failing", None),
        (fakes.status(429), "refused", None),
        (fakes.redirect(301, "/data.zarr/sst/.zarray"), "unreachable", "more than 5 redirects"),
    ],
)
def test_what_is_no_metadata_is_said_in_words(
    web: fakes.FakeWeb, answer: fakes.Says, state: str, note: str | None
) -> None:
    web.says(f"{BASE}/sst/.zarray", answer)
    reading = read(web, entry(zarr_format=2))
    assert (reading.state, reading.layout) == (state, None)
    if note:
        assert any(part in (reading.reply.note or "") for part in note.split("|")), reading.reply.note
    else:
        assert reading.reply.note is None


@pytest.mark.parametrize(
    "changes",
    [
        {"data_type": "float32\n::error::boo"},
        {"data_type": "`<img src=x>`"},
        {"data_type": "x" * 300},
        {"codecs": [{"name": "bytes\r\n## Heading"}]},
        {"node_type": "```\n<script>alert(1)</script>"},
        {"shape": [1] * 40, "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [1] * 40}}},
    ],
)
def test_words_of_a_server_stay_words(web: fakes.FakeWeb, tmp_path: Path, changes: dict[str, Any]) -> None:
    make(tmp_path, 3)
    path = tmp_path / "data.zarr/sst/zarr.json"
    path.write_text(json.dumps(json.loads(path.read_bytes()) | changes))
    reading = read(web, entry(zarr_format=3))
    assert reading.state == "unreadable"
    note = reading.reply.note or ""
    assert note.isprintable()
    assert "`" not in note
    assert len(note) < 200


VALID = {
    2: {
        "zarr_format": 2, "shape": [4, 6], "chunks": [2, 3], "dtype": "<f4", "order": "C", "fill_value": 0,
        "filters": [{"id": "delta"}], "compressor": {"id": "blosc", "cname": "lz4"},
    },
    3: {
        "zarr_format": 3, "node_type": "array", "shape": [4, 6], "data_type": "float32", "fill_value": 0,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": [2, 3]}},
        "codecs": [
            {
                "name": "sharding_indexed",
                "configuration": {
                    "chunk_shape": [1, 3], "codecs": [{"name": "bytes"}], "index_codecs": [{"name": "bytes"}],
                },
            }
        ],
        "dimension_names": ["y", "x"],
    },
}  # fmt: skip
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    steps = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(each for step, inner in steps for each in places(inner, (*path, step)))]


@given(data=st.data(), zarr_format=st.sampled_from([2, 3]))
def test_metadata_with_anything_in_it_give_a_layout_or_words(data: st.DataObject, zarr_format: int) -> None:
    changed = copy.deepcopy(VALID[zarr_format])
    path = data.draw(st.sampled_from([place for place in places(changed) if place]))
    inside: Any = changed
    for step in path[:-1]:
        inside = inside[step]
    inside[path[-1]] = data.draw(ANYTHING)
    reply = Reply(BASE, 200, body=json.dumps(changed).encode())
    layout, words = None, ""
    try:
        layout = stores._layout(reply, stores.Document("", zarr_format, ()))
    except OutreachError as error:
        words = str(error)
    assert words.isprintable()
    assert (layout is None) == bool(words)
    if layout:
        differences(entry(), layout)
        assert json.loads(json.dumps(asdict(layout)))["zarr_format"] == zarr_format


def test_a_packed_document_is_unpacked(web: fakes.FakeWeb, tmp_path: Path) -> None:
    make(tmp_path, 2)
    plain = (tmp_path / "data.zarr/sst/.zarray").read_bytes()
    web.says(f"{BASE}/sst/.zarray", fakes.status(200, gzip.compress(plain), Content_Encoding="gzip"))
    assert read(web, entry(zarr_format=2)).state == "read"


def test_all_documents_of_an_entry_share_one_limit(web: fakes.FakeWeb) -> None:
    body = json.dumps({"node_type": "group", "filler": " " * (MAX_METADATA_BYTES - 100)}).encode()
    web.says(f"{BASE}/zarr.json", fakes.status(200, body))
    web.says(f"{BASE}/sst/.zarray", fakes.status(200, b" " * 200))
    assert read(web, entry(zarr_format=3)).reply.note == TOO_LONG


@pytest.mark.parametrize(
    ("codes", "state"),
    [((404, 404, 404), "gone"), ((403, 403, 403), "refused"), ((403, 404, 403), "gone")],
)
def test_a_store_that_is_not_there_is_gone_or_refused(
    web: fakes.FakeWeb, codes: tuple[int, ...], state: str
) -> None:
    for name, code in zip(("sst/zarr.json", "zarr.json", "sst/.zarray"), codes, strict=True):
        web.says(f"{BASE}/{name}", fakes.status(code))
    assert read(web, entry(zarr_format=3)).state == state


def test_a_group_in_place_of_the_array_is_said_so(web: fakes.FakeWeb, tmp_path: Path) -> None:
    zarr.open_group(tmp_path / "data.zarr/sst", mode="w", zarr_format=3)
    reading = read(web, entry(zarr_format=3))
    assert reading.reply.note == "metadata of another kind (expected an array, found a group)"


@pytest.mark.parametrize(
    ("changes", "address"),
    [
        ({"store": "s3://bucket/a/b.zarr/"}, "https://bucket.s3.amazonaws.com/a/b.zarr"),
        ({"store": "gs://bucket/b.zarr"}, "https://storage.googleapis.com/bucket/b.zarr"),
        ({"store": None}, None),
        ({"name": "a pressure-level variable"}, None),
        ({"array": None}, None),
    ],
)
def test_stores_are_read_over_https_where_the_array_is_named(
    changes: dict[str, Any], address: str | None
) -> None:
    assert store_address(entry(**changes)) == address
