"""The site as a visitor meets it: in a real Chromium, below a sub-path, on a desk and on a phone."""

import gzip
import re
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect

from outreach.paths import Project
from tests.browser.accessibility import violations_in_both_schemes
from tests.browser.conftest import visiting

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
WIDTHS = {1280: 800, 390: 844}
# Between desk and phone the columns fold.
EVERY_WIDTH = {**WIDTHS, 768: 1024}
# A4 with the margins of 12 mm that the sheet of a sprint has; other pages have narrower columns or as wide.
PAPER: ViewportSize = {"width": 703, "height": 1000}
SCRIPT_BUDGET_KB = 150

TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] :
    [...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
# Nobody scrolls paper and nobody opens what is folded there.
CUT_ON_PAPER = """() => [...document.querySelectorAll('main *')].filter(e => e.checkVisibility() &&
    !e.closest('svg, .bz-unseen') && e.clientWidth > 0 &&
    (getComputedStyle(e).overflowX !== 'visible' && e.scrollWidth > e.clientWidth + 1
    || e.matches('details:not([open]) > :not(summary)') && e.getBoundingClientRect().height === 0))
    .slice(0, 5).map(e => e.outerHTML.slice(0, 120))"""
LAYOUT_SHIFT = """() => new Promise(done => {
    let sum = 0;
    new PerformanceObserver(list => {
        for (const e of list.getEntries()) if (!e.hadRecentInput) sum += e.value;
    }).observe({type: 'layout-shift', buffered: true});
    requestAnimationFrame(() => setTimeout(() => done(sum)));
})"""
SEARCH_WORKER = "new URL(JSON.parse(document.getElementById('__config').textContent).search, location).href"


@pytest.fixture(scope="session")
def main_pages(site: Path, address: str) -> dict[str, str]:
    assert address
    entry = min(path.parent.name for path in site.glob("gallery/*/index.html"))
    event = min(path.parents[1].name for path in site.glob("sprints/*/sheet/index.html"))
    return {
        "home": "",
        "gallery": "gallery/",
        "entry": f"gallery/{entry}/",
        "sample": "gallery/chelsea-at-five-resolutions/",
        "viewer": "gallery/viewer/",
        "people": "gallery/people/",
        "datasets": "gallery/data-sets/",
        "adding": "add-an-entry/",
        "dashboard": "benchmarks/",
        "sprint": f"sprints/{event}/",
        "sheet": f"sprints/{event}/sheet/",
        "newcomers": "sprinting/first-pull-request/",
        "organisers": "sprinting/organise/",
        "projects": "sprints/projects/",
        "library": "library/first-read/",
        "stores": "library/where-arrays-live/",
        "reference": "library/reference/",
        "selection": "library/try-it/",
        "figure": "library/scaling/",
        "maintainers": "maintaining/architecture/",
        "contribute": "contribute/",
    }


NAMES = (
    *("home", "gallery", "entry", "sample", "viewer", "people", "datasets", "adding", "dashboard", "sprint"),
    *("sheet", "newcomers", "organisers", "projects", "library", "stores", "reference", "contribute"),
    *("selection", "figure", "maintainers"),
)


def shown(page: Page) -> int:
    return page.locator("[data-bz-item]:visible").count()


@pytest.mark.parametrize("door", ["Gallery", "Benchmarks", "Library", "Sprints"])
def test_four_doors_open_without_a_full_reload(visit: OpenPage, address: str, door: str) -> None:
    page = visit()
    page.evaluate("window.stayed = true")
    page.locator(".bz-home h2").get_by_role("link", name=door, exact=True).click()
    page.wait_for_url(f"{address}{door.lower()}/")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator(".bz-tabs [aria-current]")).to_have_text(door)
    assert page.evaluate("window.stayed === true"), "expected instant navigation, found a full reload"


def test_a_door_stays_marked_on_pages_that_are_in_no_navigation(
    visit: OpenPage, main_pages: dict[str, str]
) -> None:
    expect(visit(main_pages["entry"]).locator(".bz-tabs [aria-current]")).to_have_text("Gallery")
    expect(visit(main_pages["sprint"]).locator(".bz-tabs [aria-current]")).to_have_text("Sprints")


@pytest.mark.parametrize("name", ["gallery", "sprint"])
def test_search_narrows_the_list_and_survives_reload_and_back(
    visit: OpenPage, main_pages: dict[str, str], name: str
) -> None:
    page = visit(main_pages[name])
    whole = shown(page)
    assert whole >= 10
    word = re.findall(r"[a-z]{5,}", page.locator("[data-bz-item]").first.get_attribute("data-text") or "")[0]
    page.locator(".bz-filter [name=q]").fill(word)
    expect(page).to_have_url(re.compile(rf"\?find={word}$"))
    narrowed = shown(page)
    assert 0 < narrowed < whole
    expect(page.locator(".bz-count")).to_have_text(f"{narrowed} of {whole} shown")
    page.reload()
    expect(page.locator(".bz-count")).to_have_text(f"{narrowed} of {whole} shown")
    assert shown(page) == narrowed
    page.locator(".bz-filter button[type=reset]").click()
    expect(page.locator(".bz-count")).to_have_text(f"{whole} of {whole} shown")
    assert shown(page) == whole
    page.go_back()
    expect(page.locator(".bz-filter [name=q]")).to_have_value(word)
    expect(page.locator(".bz-count")).to_have_text(f"{narrowed} of {whole} shown")
    assert shown(page) == narrowed


def test_choices_combine_and_a_shared_address_restores_them(
    visit: OpenPage, main_pages: dict[str, str]
) -> None:
    page = visit(main_pages["sprint"])
    whole = shown(page)
    page.locator(".bz-filter select[name=minutes]").select_option(index=1)
    by_time = shown(page)
    assert 0 < by_time < whole
    page.locator(".bz-filter input[type=checkbox]").first.check()
    both = shown(page)
    assert both < by_time
    query = urlsplit(page.url).query
    assert shown(visit(f"{main_pages['sprint']}?{query}")) == both


def test_leaving_a_filtered_list_and_coming_back_keeps_it(
    visit: OpenPage, main_pages: dict[str, str], address: str
) -> None:
    page = visit(main_pages["gallery"])
    page.locator(".bz-filter input[type=checkbox]").first.check()
    narrowed, filtered = shown(page), page.url
    page.locator(".bz-tabs").get_by_role("link", name="Sprints").click()
    page.wait_for_url(f"{address}sprints/")
    page.go_back()
    page.wait_for_url(filtered)
    expect(page.locator(".bz-count")).to_contain_text(f"{narrowed} of ")
    assert shown(page) == narrowed


@pytest.mark.parametrize("name", ["gallery", "sprint"])
def test_without_scripts_the_whole_list_is_there(
    visit: OpenPage, main_pages: dict[str, str], name: str
) -> None:
    page = visit(main_pages[name], java_script_enabled=False)
    assert shown(page) == page.locator("[data-bz-item]").count() >= 10
    expect(page.locator(".bz-filter")).to_be_hidden()


def test_without_scripts_the_scheme_of_the_system_holds(visit: OpenPage) -> None:
    page = visit(java_script_enabled=False, color_scheme="dark")
    expect(page.locator("body")).to_have_css("background-color", "rgb(22, 16, 28)")


@pytest.mark.parametrize(("scheme", "paper"), [("light", "rgb(255, 255, 255)"), ("dark", "rgb(22, 16, 28)")])
def test_the_scheme_follows_the_system_and_the_switch_turns_it(
    visit: OpenPage, scheme: str, paper: str
) -> None:
    page = visit(color_scheme=scheme)
    expect(page.locator("body")).to_have_css("background-color", paper)
    page.locator("label[for^=__palette]:visible").click()
    expect(page.locator("body")).not_to_have_css("background-color", paper)


@pytest.fixture(scope="module")
def standing(
    request: pytest.FixtureRequest, browser: Browser, address: str, main_pages: dict[str, str]
) -> Iterator[Page]:
    """A page at a width, loaded once for all tests that look at it; they run one after the other."""
    name, width = request.param
    with visiting(browser, address) as open_page:
        yield open_page(main_pages[name], width=width, height=EVERY_WIDTH[width], color_scheme="light")


def at(*widths: int) -> pytest.MarkDecorator:
    """Run a test for every page at each of `widths`."""
    every = list(product(NAMES, widths))
    ids = [f"{name}-{width}" for name, width in every]
    return pytest.mark.parametrize("standing", every, ids=ids, indirect=True)


@at(*EVERY_WIDTH)
def test_pages_fit_their_window_and_stand_still(standing: Page) -> None:
    page = standing
    page.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    page.wait_for_load_state("networkidle")
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(LAYOUT_SHIFT) <= 0.1


@at(768)
def test_paper_shows_all_of_a_page(standing: Page, address: str) -> None:
    page = standing
    page.set_viewport_size(PAPER)
    page.emulate_media(media="print")
    # Addresses of this site are of no use on paper.
    own = f"[...document.querySelectorAll('main a[href^=\"{address}\"]')]"
    assert page.evaluate(f"{own}.filter(a => getComputedStyle(a, '::after').content !== 'none').length") == 0
    assert page.evaluate(TOO_WIDE) == []
    assert page.evaluate(CUT_ON_PAPER) == []


@at(1280)
def test_scripts_stay_within_their_budget(standing: Page) -> None:
    page = standing
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    worker = page.evaluate(SEARCH_WORKER)
    scripts = {url for url in loaded if url.endswith(".js")} | {worker}
    inline = page.evaluate("[...document.scripts].map(script => script.textContent).join()")
    bodies = [page.request.get(url).body() for url in sorted(scripts)] + [inline.encode()]
    assert len(scripts) >= 3
    assert sum(len(gzip.compress(body, 9)) for body in bodies) / 1000 <= SCRIPT_BUDGET_KB


@at(*WIDTHS)
def test_axe_finds_nothing(standing: Page, project: Project) -> None:
    standing.emulate_media(reduced_motion="reduce")
    assert violations_in_both_schemes(standing, project) == []


KNOWN = {
    "an entry": ("blue marble globe", "gallery/blue-marble-globe/"),
    "an issue": ("zarr visualization to docs", "sprints/pydata-global-2022/"),
    "a function": ("virtual_chunks", "library/reference/"),
    "a method": ("explain", "library/reference/"),
    "a benchmark": ("256 random rows in one call", "benchmarks/rows/"),
    "a guide": ("anndata", "library/anndata/"),
    "a page for maintainers": ("zensical", "maintaining/zensical/"),
}


@pytest.mark.parametrize("kind", KNOWN)
def test_search_finds_one_of_each_kind(visit: OpenPage, address: str, kind: str) -> None:
    words, place = KNOWN[kind]
    page = visit("contribute/")
    page.locator(".md-search__input").click()
    page.keyboard.type(words)
    link = page.locator(f".md-search-result__link[href^='{address}{place}']").first
    expect(link).to_be_visible()
    # The words are marked in what the link leads to; it opens without a full reload.
    page.evaluate("window.stayed = true")
    link.click()
    page.wait_for_url(re.compile(re.escape(address + place)))
    assert page.evaluate("window.stayed === true"), "expected instant navigation, found a full reload"


def test_the_drawing_moves_counts_and_can_be_stopped(visit: OpenPage) -> None:
    page = visit()
    window = page.locator(".bz-hero__window")
    before = window.get_attribute("d")
    expect(window).not_to_have_attribute("d", before or "")
    expect(page.locator("[data-bz-read]")).to_have_text(re.compile(r"^\d+ MiB$"))
    page.locator("[data-bz-pause]").click()
    expect(page.locator("[data-bz-pause]")).to_have_text("Play")
    stopped = window.get_attribute("d")
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert window.get_attribute("d") == stopped


def test_reduced_motion_shows_the_finished_frame(visit: OpenPage) -> None:
    page = visit(reduced_motion="reduce")
    expect(page.locator("[data-bz-pause]")).to_be_hidden()
    assert page.locator(".bz-hero__risen path").count() == 3 * 25


def test_the_menu_of_a_phone_opens_without_scripts(visit: OpenPage) -> None:
    page = visit(width=390, height=844, java_script_enabled=False)
    page.locator(".bz-menu").click()
    link = page.locator(".bz-nav").get_by_role("link", name="Entries")
    expect(link).to_be_in_viewport()


def test_the_current_page_is_in_view_in_a_list_longer_than_the_window(visit: OpenPage) -> None:
    page = visit("library/scaling/", width=1280, height=500)
    expect(page.locator(".bz-nav [aria-current=page]")).to_be_in_viewport()
    assert page.evaluate("window.scrollY") == 0


def test_a_missing_page_offers_the_doors(browser: object, address: str, visit: OpenPage) -> None:
    page = visit("contribute/")
    answer = page.request.get(f"{address}nowhere/at/all/")
    assert answer.status == 404
    page.set_content(answer.text())
    expect(page.get_by_role("heading", level=1)).to_have_text("This chunk is missing")
    hrefs = page.locator("article li a").evaluate_all("links => links.map(a => a.getAttribute('href'))")
    assert [urlsplit(href).path.rstrip("/").rsplit("/", 1)[-1] for href in hrefs] == [
        "gallery",
        "benchmarks",
        "library",
        "sprints",
    ]


def test_times_are_told_in_the_readers_zone(visit: OpenPage, main_pages: dict[str, str]) -> None:
    page = visit(main_pages["sprint"], timezone_id="Pacific/Auckland")
    assert page.locator("time[data-bz-local]").count() > 0
    expect(page.locator("time[data-bz-local] .bz-local").first).to_contain_text("GMT+13 for you")
