"""The array viewer on the gallery's samples: its values are zarr's, it asks for no more than it shows."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import zarr
from playwright.sync_api import Browser, Page, expect

from outreach.gallery.check import load_gallery
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.viewer_page import DECODER_KB, SCRIPT_KB
from outreach.node import install_packages
from outreach.paths import Project
from tests.browser.loopback import Store, standing
from tests.browser.viewing import VIEWER, assert_same_planes, count, open_address, open_sample, settle

pytestmark = pytest.mark.browser

PROJECT = Project.find(Path(__file__))
SAMPLES = [entry for entry in load_gallery(PROJECT) if entry.sample]
SHARDED = "blue-marble-globe"
OpenPage = Callable[..., Page]
LAYOUT_SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value;
    }).observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => setTimeout(() => done(sum)));
})"""
# The rest of the page is judged with the pages.
AXE = """async () => (await axe.run('[data-bz-viewer]')).violations.map(v => v.id + ': ' +
    v.nodes.slice(0, 3).map(n => n.html.slice(0, 160) + ' | ' + n.failureSummary).join(' ; '))"""


@pytest.fixture
def look(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Open a page as `visit` does; a chunk that is not stored answers 404, which Chromium calls an error."""
    contexts = []
    wrong: list[str] = []

    def open_page(path: str, width: int = 1280, height: int = 800, **options: object) -> Page:
        options = {"reduced_motion": "reduce", **options}
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("console", lambda said: wrong.append(said.text) if "404" not in said.text else None)
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert wrong == []


@pytest.fixture(scope="module")
def reader(browser: Browser) -> Iterator[Page]:
    """One page that goes from sample to sample."""
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    wrong: list[str] = []
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(str(error)))
    yield page
    context.close()
    assert wrong == []


@pytest.fixture
def store() -> Iterator[Store]:
    with standing(Store(PROJECT.gallery_data / SHARDED / "sample.zarr")) as serving:
        yield serving


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry.slug)
def test_every_value_is_that_of_zarr(reader: Page, address: str, entry) -> None:
    page = reader
    page.goto(f"{address}gallery/{entry.slug}/")
    requested: list[str] = []
    page.on("request", lambda asked: requested.append(asked.url))
    # A folder's name is no request: before the click, nothing of the sample is asked for.
    assert not page.evaluate(
        "performance.getEntriesByType('resource').some(e => e.name.includes('sample.zarr'))"
    )
    open_sample(page)
    assert 0 < count(page, "fetched") <= count(page, "chunks")
    assert any("sample.zarr" in url for url in requested)
    folder = entry.folder / "sample.zarr"
    levels = [zarr.open_array(folder / path, mode="r") for path, _ in read_pyramid(folder).levels]
    assert_same_planes(page, levels)


def test_colour_can_be_looked_at_channel_by_channel(look: OpenPage) -> None:
    page = look("gallery/chelsea-at-five-resolutions/")
    open_sample(page)
    page.get_by_label("As colour").uncheck()
    expect(page.locator(".bz-viewer-slider")).to_have_count(1)
    folder = PROJECT.gallery_data / "chelsea-at-five-resolutions" / "sample.zarr"
    assert_same_planes(page, [zarr.open_array(folder / str(level), mode="r") for level in range(5)])


def test_only_what_is_seen_is_fetched_and_the_count_is_that_of_the_server(
    look: OpenPage, store: Store, address: str
) -> None:
    page = look(f"gallery/viewer/?url={store.address}")
    expect(page.locator("[data-bz-said]")).to_contain_text("Nothing has been asked of it yet")
    page.wait_for_load_state("networkidle")
    assert store.asked == []
    page.locator("[data-bz-viewer-page] button").click()
    settle(page)

    def agree() -> set[str | None]:
        assert count(page, "requests") == len(store.asked)
        assert count(page, "bytes") == sum(asked.size for asked in store.asked)
        parts = [(asked.key, asked.range) for asked in store.asked if asked.range]
        assert len(parts) == len(set(parts)), "a part was fetched twice"
        chunks = {place for place in parts if not place[1].startswith("bytes=-")}
        assert count(page, "fetched") == len(chunks)
        return chunks

    first = agree()
    assert 0 < len(first) < 162 / 2
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    settle(page)
    second = agree()
    assert first < second
    # What was fetched is kept.
    page.keyboard.press("Home")
    settle(page)
    assert agree() == second
    page.locator(".bz-viewer-more summary", has_text="Every request").click()
    rows = page.locator(".bz-viewer-requests tbody tr")
    expect(rows).to_have_count(len(store.asked))
    ranged = next(
        number for number, asked in enumerate(store.asked) if asked.range and "=-" not in asked.range
    )
    row = rows.nth(ranged).inner_text()
    assert store.asked[ranged].key in row
    assert "chunk " in row
    assert f"{store.asked[ranged].size:,}" in row


def test_what_nobody_looks_at_any_more_is_cancelled(look: OpenPage, store: Store) -> None:
    page = look("gallery/viewer/")
    open_address(page, store.address)
    before = count(page, "fetched")
    page.evaluate(
        """() => { const stage = document.querySelector('.bz-viewer-canvases');
        for (const key of ['0', 'Home']) stage.dispatchEvent(new KeyboardEvent('keydown', {key})) }"""
    )
    settle(page)
    assert count(page, "fetched") == before
    expect(page.locator(".bz-viewer-trouble")).to_be_empty()


def test_the_keyboard_alone_opens_moves_reads_and_closes(look: OpenPage) -> None:
    page = look("gallery/handwritten-digits/")
    page.locator("[data-bz-open]").focus()
    page.keyboard.press("Enter")
    settle(page)
    array = zarr.open_array(PROJECT.gallery_data / "handwritten-digits" / "sample.zarr", mode="r")
    expect(page.locator(".bz-viewer-canvases")).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowUp")
    settle(page)
    expect(page.locator(".bz-viewer-value")).to_contain_text(f"digit 1, y 3, x 4 = {array[1, 3, 4]}")
    expect(page.locator("[aria-live=polite]", has_text="digit 1")).to_contain_text("y 3, x 4")
    for key in ("+", "-", "0", "Home", "c"):
        page.keyboard.press(key)
    expect(page.get_by_label("Show chunks")).not_to_be_checked()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.type") == "range"
    page.keyboard.press("End")
    expect(page.locator(".bz-viewer-slider output")).to_have_text("1796 of 0 to 1796")
    page.get_by_role("button", name="Close").focus()
    page.keyboard.press("Enter")
    expect(page.locator(VIEWER)).to_have_count(0)
    expect(page.locator(".bz-entry-picture img")).to_be_visible()
    expect(page.locator("[data-bz-open]")).to_be_focused()


def test_the_pointer_reads_the_value_below_it_and_drags(look: OpenPage) -> None:
    page = look("gallery/rocky-mountain-ridgelines/")
    open_sample(page)
    box = page.locator(".bz-viewer-canvases").bounding_box()
    assert box
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    array = zarr.open_array(PROJECT.gallery_data / "rocky-mountain-ridgelines" / "sample.zarr", mode="r")
    expect(page.locator(".bz-viewer-value")).to_contain_text(f"y 93, x 76 = {array[93, 76]} · chunk 2, 2")
    before = count(page, "fetched")
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 5, steps=4)
    page.mouse.up()
    settle(page)
    assert count(page, "fetched") > before


def test_two_fingers_come_nearer(look: OpenPage) -> None:
    page = look("gallery/chelsea-at-five-resolutions/", width=390, height=844, has_touch=True)
    open_sample(page)
    expect(page.locator(".bz-viewer-controls")).to_contain_text("Level 2 of 0 to 4 is drawn.")
    box = page.locator(".bz-viewer-canvases").bounding_box()
    assert box
    middle, height = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    devtools = page.context.new_cdp_session(page)
    for kind, apart in (("touchStart", 20), ("touchMove", 60), ("touchMove", 150), ("touchEnd", 0)):
        points = [{"x": middle + side * apart, "y": height, "id": side + 1} for side in (-1, 1)]
        touches = {"type": kind, "touchPoints": points if apart else []}
        devtools.send("Input.dispatchTouchEvent", touches)
    settle(page)
    expect(page.locator(".bz-viewer-controls")).to_contain_text("Level 0 of 0 to 4 is drawn.")


def test_limits_and_colours_can_be_set(look: OpenPage) -> None:
    page = look("gallery/rocky-mountain-ridgelines/")
    open_sample(page)
    maps = page.get_by_label("Colormap").locator("option").all_inner_texts()
    assert maps == ["gray", "viridis", "magma", "cividis", "RdBu_r"]
    pixel = """() => { const copy = new OffscreenCanvas(1, 1).getContext('2d');
        copy.drawImage(document.querySelector('.bz-viewer-canvases canvas'), -420, -250);
        return [...copy.getImageData(0, 0, 1, 1).data] }"""
    page.get_by_label("Colormap").select_option("viridis")
    page.get_by_label("From", exact=True).fill("100000")
    page.get_by_label("To", exact=True).fill("200000")
    page.get_by_label("To", exact=True).press("Enter")
    settle(page)
    assert page.evaluate(pixel) == [68, 1, 84, 255]
    page.get_by_role("button", name="Auto").click()
    settle(page)
    assert page.evaluate(pixel) != [68, 1, 84, 255]


def test_leaving_and_coming_back_finds_the_picture_and_a_live_button(look: OpenPage, address: str) -> None:
    page = look("gallery/sun-in-128-pixels/")
    page.evaluate("window.stayed = true")
    open_sample(page)
    page.locator(".bz-crumb a").click()
    page.wait_for_url(f"{address}gallery/")
    expect(page.locator(VIEWER)).to_have_count(0)
    page.go_back()
    page.wait_for_url(f"{address}gallery/sun-in-128-pixels/")
    expect(page.locator(".bz-entry-picture img")).to_be_visible()
    open_sample(page)
    assert count(page, "fetched") > 0
    assert page.evaluate("window.stayed === true"), "expected instant navigation, found a full reload"


def test_without_scripts_the_picture_stays(look: OpenPage) -> None:
    page = look("gallery/sun-in-128-pixels/", java_script_enabled=False)
    expect(page.locator(".bz-entry-picture img")).to_be_visible()
    expect(page.locator(".bz-open")).to_be_hidden()


@pytest.mark.parametrize(
    ("slug", "width", "scheme"),
    [
        ("handwritten-digits", 1280, "light"),
        ("one-ocean-around-antarctica", 1280, "dark"),
        ("one-ocean-around-antarctica", 390, "light"),
        ("handwritten-digits", 390, "dark"),
    ],
)
def test_the_open_viewer_stands_still_fits_and_satisfies_axe(
    look: OpenPage, slug: str, width: int, scheme: str
) -> None:
    install_packages(PROJECT, tests=True)
    page = look(f"gallery/{slug}/", width=width, height=844, color_scheme=scheme)
    open_sample(page)
    page.locator(".bz-viewer-more summary", has_text="Every request").click()
    assert page.evaluate(LAYOUT_SHIFT) <= 0.1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.add_script_tag(path=PROJECT.browser / "node_modules" / "axe-core" / "axe.min.js")
    assert page.evaluate(AXE) == []


def test_the_sizes_told_before_the_click_are_near_the_truth(site: Path, address: str) -> None:
    assert address
    chunks = site / "assets" / "generated" / "chunks"
    told = {"viewer": SCRIPT_KB, **DECODER_KB}
    found = {
        name: sum(len(gzip.compress(path.read_bytes(), 9)) for path in chunks.glob(f"{name}-*.js")) / 1000
        for name in told
    }
    assert {name: pytest.approx(size, rel=0.15) for name, size in told.items()} == found
