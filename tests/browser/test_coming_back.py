"""What can be used on a page can be used again after Back, Forward and links, and runs once, not twice.

Material swaps pages without reloading, so that what a page leaves behind stays for all that follow: a clock
that ticks, a frame that is asked for, something that listens to the window.
"""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.viewing import VIEWER, open_address, open_sample

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
Use = Callable[[Page], None]

# Counts what runs on, and what is copied; from now on, in this window.
WATCH = """() => {
    const clocks = new Set(), frames = new Set();
    const {setInterval, clearInterval, requestAnimationFrame, cancelAnimationFrame} = window;
    window.setInterval = (...given) => { const id = setInterval(...given); clocks.add(id); return id; };
    window.clearInterval = id => { clocks.delete(id); clearInterval(id); };
    window.requestAnimationFrame = act => {
        const id = requestAnimationFrame(now => { frames.delete(id); act(now); });
        frames.add(id);
        return id;
    };
    window.cancelAnimationFrame = id => { frames.delete(id); cancelAnimationFrame(id); };
    const write = navigator.clipboard.writeText.bind(navigator.clipboard);
    window.watched = {clocks, frames, copies: [], steps: 0};
    const push = history.pushState.bind(history);
    history.pushState = (...given) => { window.watched.steps += 1; push(...given); };
    navigator.clipboard.writeText = text => { window.watched.copies.push(text); return write(text); };
}"""
LISTENERS = """JSON.stringify([window, document, document.body, navigator.serviceWorker].map(target =>
    Object.entries(getEventListeners(target)).map(([type, all]) => `${type} ${all.length}`).sort()))"""


def steps(page: Page) -> int:
    """Return how many steps have been added to the history."""
    return int(page.evaluate("watched.steps"))


def turn_the_scheme(page: Page) -> None:
    body, switch = page.locator("body"), page.locator("label[for^=__palette]:visible")
    paper = body.evaluate("body => getComputedStyle(body).backgroundColor")
    switch.click()
    expect(body).not_to_have_css("background-color", paper)
    switch.click()
    expect(body).to_have_css("background-color", paper)


def search(page: Page) -> None:
    field = page.locator(".md-search__input")
    field.click()
    field.fill("")
    # The search listens to keys, not to what is put in at once.
    page.keyboard.type("marble")
    found = page.locator(".md-search-result__link[href*='gallery/blue-marble-globe/']").first
    # The worker reads the whole index first, anew after each arrival.
    expect(found).to_be_visible(timeout=20_000)
    page.keyboard.press("Escape")
    expect(page.locator("[data-md-toggle=search]")).not_to_be_checked()


def stop_the_drawing(page: Page) -> None:
    window, pause = page.locator(".bz-hero__window"), page.locator("[data-bz-pause]")
    expect(window).not_to_have_attribute("d", window.get_attribute("d") or "")
    pause.click()
    expect(pause).to_have_text("Play")
    stopped = window.get_attribute("d")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert window.get_attribute("d") == stopped


def choose(page: Page, box: str) -> None:
    """Make a choice of a filter, and take it back: one step each."""
    count, whole = page.locator(".bz-count"), page.locator("[data-bz-item]").count()
    expect(count).to_have_text(f"{whole} of {whole} shown")
    before = steps(page)
    page.locator(box).check()
    expect(count).not_to_have_text(f"{whole} of {whole} shown")
    narrowed = page.locator("[data-bz-item]:visible").count()
    expect(count).to_have_text(f"{narrowed} of {whole} shown")
    page.locator(".bz-filter button[type=reset]").click()
    expect(count).to_have_text(f"{whole} of {whole} shown")
    assert steps(page) == before + 2


def copy(page: Page, button: str, begins: str) -> None:
    page.evaluate("watched.copies = []")
    page.locator(button).first.click()
    expect(page.locator(button).first).to_have_text("Copied")
    (copied,) = page.evaluate("watched.copies")
    assert copied.startswith(begins)


def look_at_a_sample(page: Page) -> None:
    open_sample(page)
    assert page.locator(VIEWER).count() == 1
    assert page.locator(f"{VIEWER} [data-bz-failure]").count() == 0
    page.get_by_role("button", name="Close").click()
    expect(page.locator(VIEWER)).to_have_count(0)
    expect(page.locator("[data-bz-open]")).to_be_visible()


def look_at_an_address(page: Page) -> None:
    open_address(page, page.evaluate("new URL('../handwritten-digits/sample.zarr', location).href"))
    assert page.locator(VIEWER).count() == 1
    assert page.locator(f"{VIEWER} [data-bz-failure]").count() == 0
    page.get_by_role("button", name="Close").click()
    expect(page.locator(VIEWER)).to_have_count(0)


def turn_the_axis(page: Page) -> None:
    canvas = page.locator("figure .bz-chart canvas")
    expect(canvas.first).to_be_attached()
    before, picture = steps(page), canvas.first.evaluate("canvas => canvas.toDataURL()")
    page.get_by_label("linear").check()
    page.wait_for_function(
        "old => document.querySelector('figure .bz-chart canvas').toDataURL() !== old", arg=picture
    )
    page.get_by_label("log", exact=True).check()
    assert steps(page) == before + 2
    per_chart = page.locator(".bz-chart").evaluate_all(
        "boxes => boxes.map(box => box.querySelectorAll('canvas').length)"
    )
    assert set(per_chart) == {1}


def take_the_numbers(page: Page) -> None:
    for name in ("CSV", "JSON"):
        with page.expect_download() as caught:
            page.get_by_role("link", name=name, exact=True).click()
        assert caught.value.path().stat().st_size > 0


def move_the_selection(page: Page) -> None:
    top = page.locator("[name=top]")
    page.locator("[data-bz-panel=whole] svg.is-live").focus()
    page.keyboard.press("ArrowDown")
    # By its own height, and once.
    expect(top).to_have_value("234")
    page.get_by_role("button", name="Reset").click()
    expect(page).not_to_have_url(re.compile("rows="))


def read_the_times(page: Page) -> None:
    for element in page.locator("time[data-bz-local], time[data-bz-age]").all():
        assert element.locator(".bz-local, .bz-stale").count() == 1


def open_the_event(page: Page) -> None:
    expect(page.locator("[data-bz-phase]:visible")).to_have_count(1)
    expect(page.locator("[data-bz-offline]")).to_be_visible()


# What the pages have, each by what uses it; and what must then be on the page as often as the first time.
PAGES: dict[str, tuple[tuple[Use, ...], str]] = {
    "": ((stop_the_drawing, search, turn_the_scheme, read_the_times), ".bz-hero svg"),
    "gallery/": ((lambda page: choose(page, "input[name=kind][value=dataset]"), search), ".bz-filter input"),
    "gallery/handwritten-digits/": (
        (look_at_a_sample, lambda page: copy(page, "[data-bz-copy='#code-zarr']", "import zarr")),
        "[data-bz-copy]:visible",
    ),
    "gallery/viewer/": ((look_at_an_address,), "[data-bz-viewer-page]:visible"),
    "benchmarks/": ((read_the_times, take_the_numbers), "time[data-bz-age]"),
    "benchmarks/rows/": ((turn_the_axis, turn_the_scheme), "figure svg"),
    "library/first-read/": ((lambda page: copy(page, ".bz-copy--block", ""),), ".bz-copy--block:visible"),
    "library/try-it/": ((move_the_selection,), "[data-bz-try] svg"),
    "sprints/pydata-global-2022/": (
        (
            open_the_event,
            read_the_times,
            lambda page: choose(page, "input[name=skills] >> nth=0"),
            lambda page: copy(page, "[data-bz-share]", "http://127.0.0.1"),
        ),
        "time .bz-local",
    ),
}


def heading(page: Page, text: str) -> None:
    expect(page.locator("main h1")).to_have_text(text, use_inner_text=True)


def traces(page: Page, counted: str) -> dict[str, Any]:
    """Say what there is of each kind, once what was begun is over; the countdown of an event runs on."""
    clocks = page.locator("[data-bz-event]").count()
    page.wait_for_function(
        "clocks => watched.frames.size === 0 && watched.clocks.size === clocks", arg=clocks
    )
    session = page.context.new_cdp_session(page)
    said = session.send(
        "Runtime.evaluate",
        {"expression": LISTENERS, "includeCommandLineAPI": True, "returnByValue": True},
    )
    session.detach()
    return {
        "listeners": said["result"]["value"],
        counted: page.locator(counted).count(),
    }


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.strip("/").replace("/", " ") or "home")
def test_everything_works_after_leaving_and_coming_back(visit: OpenPage, address: str, path: str) -> None:
    uses, counted = PAGES[path]
    options = {"timezone_id": "Pacific/Auckland", "permissions": ["clipboard-read", "clipboard-write"]}
    page = visit(path, **options)
    page.evaluate("window.stayed = true")
    page.evaluate(WATCH)
    here = page.locator("main h1").inner_text()
    door = "Sprints" if path.startswith("gallery/") else "Gallery"

    def use() -> None:
        for each in uses:
            each(page)

    def leave() -> None:
        page.locator(".bz-tabs").get_by_role("link", name=door, exact=True).click()
        heading(page, door)

    use()
    leave()
    page.go_back()
    heading(page, here)
    # What is used makes new steps, so that there is no Forward after it.
    page.go_forward()
    heading(page, door)
    page.go_back()
    heading(page, here)
    use()
    once = traces(page, counted)
    leave()
    page.go_back()
    heading(page, here)
    use()
    assert page.evaluate("window.stayed === true"), "expected instant navigation, found a full reload"
    found = traces(page, counted)
    for _ in range(60):
        if found == once:
            break
        # What Material listens to for one turn of the search or of a menu goes a frame or two later.
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        found = traces(page, counted)
    assert found == once
