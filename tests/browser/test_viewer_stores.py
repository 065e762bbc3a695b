"""The array viewer on other people's stores: what it shows exactly, what it refuses, and in which words."""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import zarr
from numcodecs import LZ4, Blosc, Delta, Shuffle
from playwright.sync_api import Browser, Page, expect
from zarr.codecs import BytesCodec, Crc32cCodec, ShardingCodec, TransposeCodec, ZstdCodec

from outreach.paths import Project
from tests.browser.loopback import Store, standing
from tests.browser.viewing import VIEWER, assert_same_planes, count, open_address, plane, settle

pytestmark = pytest.mark.browser

GALLERY = Project.find(Path(__file__)).gallery_data
SHARDED = GALLERY / "blue-marble-globe" / "sample.zarr"
GZIPPED = GALLERY / "handwritten-digits" / "sample.zarr"
RAW = GALLERY / "retina-fundus" / "sample.zarr"
BLOSC = GALLERY / "sun-in-128-pixels" / "sample.zarr"
Serve = Callable[..., Store]
Damage = Callable[[bytes], bytes]


@pytest.fixture(scope="module")
def page(browser: Browser, address: str) -> Iterator[Page]:
    """One page for all: each test pastes another address."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(f"{address}gallery/viewer/")
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Serve a folder; with what the store does, or leaves undone."""
    closing = []

    def start(folder: Path, **manners: object) -> Store:
        around = standing(Store(folder, **manners))  # type: ignore[arg-type]
        closing.append(around)
        return around.__enter__()

    yield start
    for around in closing:
        around.__exit__(None, None, None)


def failure(page: Page, kind: str) -> str:
    """Return what the notice over the stage says, which must be of this kind."""
    notice = page.locator(f"[data-bz-failure={kind}]")
    expect(notice).to_be_visible()
    return notice.inner_text()


def random_of(dtype: str, shape: tuple[int, ...]) -> np.ndarray:
    random = np.random.default_rng(3)
    bits = random.integers(0, 256, (*shape, np.dtype(dtype).itemsize), dtype="u1")
    return bits.view(dtype).reshape(shape) if dtype != "bool" else random.integers(0, 2, shape).astype(bool)


INTEGERS = ("int8", "int16", "uint16", "int32", "uint32", "int64", "uint64")


@pytest.mark.parametrize("zarr_format", [2, 3])
@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, "float16", "float32", "float64"])
def test_every_data_type_keeps_its_bits(
    page: Page, serve: Serve, tmp_path: Path, dtype: str, zarr_format: int
) -> None:
    values = random_of(dtype, (9, 7))
    if dtype.startswith("float"):
        info = np.finfo(dtype)
        values[0] = [np.nan, np.inf, -np.inf, -0.0, info.max, info.tiny, info.smallest_subnormal]
    elif dtype != "bool":
        values[0, :2] = [np.iinfo(dtype).max, np.iinfo(dtype).min]
    # Of what is not stored, all is the fill value: here one that a double cannot hold.
    fill = {"uint64": 2**64 - 1, "int64": -(2**63) + 1, "float32": np.nan}.get(dtype, 1)
    array = zarr.create_array(
        tmp_path, shape=(9, 12), chunks=(4, 3), dtype=values.dtype.newbyteorder(">"),
        fill_value=fill, zarr_format=zarr_format, compressors=None,
    )  # fmt: skip
    array[:, :6] = values[:, :6]
    store = serve(tmp_path)
    open_address(page, store.address)
    assert_same_planes(page, [array])
    assert count(page, "fetched") == 6
    assert count(page, "bytes") == sum(asked.size for asked in store.asked)


def test_64_bit_integers_are_told_with_all_their_digits(page: Page, serve: Serve, tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path, shape=(3, 3), chunks=(3, 3), dtype="uint64")
    array[...] = 2**64 - 2
    open_address(page, serve(tmp_path).address)
    page.keyboard.press("Shift+ArrowRight")
    expect(page.locator(".bz-viewer-value")).to_contain_text(f"= {2**64 - 2}")


SHARD = ShardingCodec(
    chunk_shape=(5, 3, 4),
    index_location="start",
    codecs=[BytesCodec(endian="big"), ZstdCodec(), Crc32cCodec()],
)
LAYOUTS = {
    "index at the start of shards": {"shards": (10, 6, 8), "serializer": SHARD, "chunks": None},
    "sharded in axes of another order": {
        "shards": (10, 6, 8), "chunks": (5, 3, 4), "filters": [TransposeCodec(order=(2, 0, 1))],
    },
    "axes of another order": {"chunks": (5, 3, 4), "filters": [TransposeCodec(order=(2, 0, 1))]},
    "F order": {"chunks": (5, 3, 4), "order": "F", "zarr_format": 2, "compressors": Blosc(cname="lz4")},
    "filters": {
        "chunks": (5, 3, 4), "zarr_format": 2,
        "filters": [Delta("<i4"), Shuffle(4)], "compressors": LZ4(),
    },
    "keys with slashes": {
        "chunks": (5, 3, 4), "zarr_format": 2,
        "chunk_key_encoding": {"name": "v2", "separator": "/"},
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LAYOUTS)
def test_every_layout_gives_the_values_of_zarr(page: Page, serve: Serve, tmp_path: Path, name: str) -> None:
    settings = dict(LAYOUTS[name])
    chunks, serializer = settings.pop("chunks"), settings.pop("serializer", None)
    if serializer is not None:
        settings = {"chunks": settings["shards"], "serializer": serializer, "compressors": None}
        chunks = settings.pop("chunks")
    array = zarr.create_array(
        tmp_path, shape=(11, 8, 9), dtype="int32", chunks=chunks, fill_value=7, **settings
    )
    array[:, :6, :] = random_of("int32", (11, 6, 9))
    open_address(page, serve(tmp_path).address)
    assert_same_planes(page, [array])


def test_an_array_without_axes_is_told(page: Page, serve: Serve, tmp_path: Path) -> None:
    zarr.create_array(tmp_path, shape=(), dtype="float64")[...] = 2.5
    open_address_of_value(page, serve(tmp_path).address)
    expect(page.locator(".bz-viewer-value")).to_have_text("The array has no axes; its value is 2.5.")


def open_address_of_value(page: Page, address: str) -> None:
    page.locator("#viewer-url").fill(address)
    page.locator("[data-bz-viewer-page] button").click()


def test_a_group_of_arrays_offers_them(page: Page, serve: Serve, tmp_path: Path) -> None:
    group = zarr.create_group(tmp_path, zarr_format=2)
    group.create_array("wind", shape=(4, 4), chunks=(2, 2), dtype="int16")[...] = 5
    zarr.consolidate_metadata(tmp_path)
    store = serve(tmp_path)
    open_address(page, store.address)
    assert "a group of 1 arrays" in failure(page, "metadata")
    page.get_by_role("button", name="wind").click()
    expect(page.locator("#viewer-url")).to_have_value(f"{store.address}wind/")
    settle(page)
    assert plane(page, 0, {})[0] == [4, 4]


def test_a_server_that_ignores_ranges_is_refused(page: Page, serve: Serve) -> None:
    store = serve(SHARDED, ranges=False)
    open_address(page, store.address)
    said = failure(page, "range")
    assert "this server ignores Range requests" in said
    assert "wrong numbers" in said
    # Nothing wrong may be drawn below the words.
    assert count(page, "fetched") == 0
    # Nor does it wait for whole shards: the metadata is all that was taken.
    assert count(page, "bytes") == (SHARDED / "zarr.json").stat().st_size
    assert len(store.asked) <= 8


def test_a_store_that_lets_no_browser_in_is_told_from_one_that_is_not_there(page: Page, serve: Serve) -> None:
    open_address(page, serve(SHARDED, cors=False).address)
    said = failure(page, "cors")
    assert "The browser forbids it" in said
    assert "Access-Control-Allow-Origin" in said
    with standing(Store(SHARDED)) as gone:
        address = gone.address
    open_address(page, address)
    assert "found none" in failure(page, "unreachable")
    page.context.set_offline(True)
    open_address(page, address)
    assert "this device is offline" in failure(page, "offline")
    page.context.set_offline(False)


def test_where_no_metadata_are_it_is_told_what_was_looked_for(
    page: Page, serve: Serve, tmp_path: Path
) -> None:
    open_address(page, serve(tmp_path).address)
    assert "looked for zarr.json, .zarray, .zattrs, .zgroup" in failure(page, "missing")


def test_a_part_that_comes_short_is_no_value(page: Page, serve: Serve) -> None:
    open_address(page, serve(SHARDED, cut=frozenset({"c/1/2/0"})).address)
    trouble = page.locator(".bz-viewer-trouble")
    expect(trouble).to_contain_text("of c/1/2/0, found")
    expect(trouble).to_contain_text("bytes instead of")
    assert 0 < count(page, "fetched") < 40


@pytest.mark.parametrize(
    ("source", "key", "damage", "says"),
    [
        (GZIPPED, "c/0/0/0", lambda body: body[:-9], "Failed to decode gzip"),
        (RAW, "c/2/2/0", lambda body: body[:-9], "values in chunk 2, 2, 0"),
        (BLOSC, "4.4", lambda body: body[:60], "60 are there"),
        (BLOSC, "4.4", lambda _: b"<!doctype html>..", "first byte is 60"),
        (SHARDED, "c/1/2/0", lambda body: body[:-9] + b"?" + body[-8:], "the checksum is"),
    ],
    ids=["gzip cut", "raw cut", "blosc cut", "a page for a chunk", "index of a shard"],
)  # fmt: skip
def test_a_damaged_chunk_is_told_and_leaves_the_others(
    page: Page,
    serve: Serve,
    tmp_path: Path,
    source: Path,
    key: str,
    damage: Callable[[bytes], bytes],
    says: str,
) -> None:
    folder = tmp_path / "damaged"
    shutil.copytree(source, folder)
    whole = (folder / key).read_bytes()
    (folder / key).write_bytes(damage(whole))
    open_address(page, serve(folder).address)
    trouble = page.locator(".bz-viewer-trouble")
    expect(trouble).to_contain_text(says)
    before = count(page, "fetched")
    assert before > 0 or source == GZIPPED
    # Mended, and asked for again, it is there.
    (folder / key).write_bytes(whole)
    trouble.get_by_role("button", name="Try again").click()
    expect(trouble).to_be_empty()
    settle(page)
    assert count(page, "fetched") > before


def changed(source: Path, folder: Path, **fields: object) -> Path:
    shutil.copytree(source, folder)
    metadata = json.loads((folder / "zarr.json").read_text())
    (folder / "zarr.json").write_text(json.dumps(metadata | fields))
    return folder


@pytest.mark.parametrize(
    ("fields", "kind", "says"),
    [
        ({"data_type": "string"}, "dtype", '"string"'),
        ({"data_type": "complex64"}, "dtype", '"complex64"'),
        ({"codecs": [{"name": "bytes"}, {"name": "pcodec"}]}, "codec", '"pcodec"'),
        ({"chunk_grid": {"name": "rectilinear", "configuration": {}}}, "metadata", '"rectilinear"'),
        ({"shape": "many"}, "metadata", "whole numbers as shape"),
    ],
)
def test_what_cannot_be_shown_right_is_refused_by_name(
    page: Page, serve: Serve, tmp_path: Path, fields: dict[str, object], kind: str, says: str
) -> None:
    store = serve(changed(GZIPPED, tmp_path / "changed", **fields))
    open_address(page, store.address)
    assert says in failure(page, kind)
    assert not [asked for asked in store.asked if asked.key.startswith("c/")]


def test_a_large_chunk_is_fetched_only_after_a_question(page: Page, serve: Serve, tmp_path: Path) -> None:
    array = zarr.create_array(tmp_path, shape=(8050, 2000), chunks=(8050, 2000), dtype="uint8")
    array[...] = 1
    store = serve(tmp_path)
    page.locator("#viewer-url").fill(store.address)
    page.locator("[data-bz-viewer-page] button").click()
    notice = page.locator(".bz-viewer-notice")
    expect(notice).to_contain_text("one chunk of 16.1 MB of values")
    size = (tmp_path / "c/0/0").stat().st_size
    expect(notice).to_contain_text(
        f"As stored, the first is {size} B." if size < 1000 else "As stored, the first is"
    )
    assert {asked.method for asked in store.asked if asked.key == "c/0/0"} == {"HEAD"}
    notice.get_by_role("button", name="Fetch them").click()
    expect(notice).to_be_hidden()
    # What was drawn before the question has settled long ago.
    expect(page.locator(".bz-viewer-counter")).to_have_attribute("data-fetched", "1")


@pytest.mark.parametrize(
    "text", ["javascript:alert(1)", "http://example.org/a", "data.zarr", "s3://bucket/a"]
)
def test_other_addresses_are_refused_before_anybody_is_asked(page: Page, text: str) -> None:
    requested: list[str] = []
    page.on("request", lambda asked: requested.append(asked.url))
    page.locator("#viewer-url").fill(text)
    page.locator("[data-bz-viewer-page] button").click()
    expect(page.locator("[data-bz-said]")).to_contain_text("Expected the https address of a Zarr array")
    expect(page.locator(VIEWER)).to_have_count(0)
    assert requested == []


@pytest.mark.parametrize("shape", [(2_000_000, 2_000_000), (2_000_000_000,)], ids=["plane", "line"])
def test_an_array_of_millions_of_chunks_opens_at_a_few_of_them(
    page: Page, serve: Serve, tmp_path: Path, shape: tuple[int, ...]
) -> None:
    zarr.create_array(tmp_path, shape=shape, chunks=(10,) * len(shape), dtype="int16")
    open_address(page, serve(tmp_path).address)
    notice = page.locator(".bz-viewer-notice")
    expect(notice).to_be_hidden()
    said = page.locator("[data-bz-count=requests]")
    expect(said).to_have_text(re.compile(r"\d+ requests, \d+ chunks not stored"))
    assert count(page, "requests") < 100
    page.keyboard.press("0")
    expect(notice).to_contain_text(f"chunks of {2 * 10 ** len(shape)} B of values each")
    assert notice.get_by_role("button").all_inner_texts() == ["Look at less"]
    notice.get_by_role("button").click()
    settle(page)
    expect(notice).to_be_hidden()


def test_the_address_is_kept_in_that_of_the_page(page: Page, serve: Serve, address: str) -> None:
    store = serve(GZIPPED)
    open_address(page, f"{store.address}zarr.json")
    assert page.evaluate("new URLSearchParams(location.search).get('url')") == store.address
    assert page.url.startswith(f"{address}gallery/viewer/?url=")
