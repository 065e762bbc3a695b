"""The gallery as a visitor meets it: facets, a shared address, Back, the keyboard alone, code to copy."""

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
FACETS = ("kind", "domain", "format", "dtype", "chunk", "values", "shards", "codec", "year")
SHOWN = """() => [...document.querySelectorAll('[data-bz-item]')].filter(e => e.offsetParent)
    .map(e => [e.querySelector('a').getAttribute('href'), {...e.dataset}])"""


def shown(page: Page) -> dict[str, dict[str, str]]:
    return dict(page.evaluate(SHOWN))


def open_more(page: Page) -> None:
    page.locator(".bz-filter summary").click()


@pytest.mark.parametrize("facet", FACETS)
def test_every_facet_narrows_to_what_has_its_token(visit: OpenPage, facet: str) -> None:
    page = visit("gallery/")
    whole = shown(page)
    open_more(page)
    box = page.locator(f".bz-filter input[name={facet}]").last
    token = box.get_attribute("value") or ""
    box.check()
    expect(page).to_have_url(re.compile(rf"[?&]{facet}="))
    expected = {slug for slug, data in whole.items() if token in data.get(facet, "").split()}
    assert set(shown(page)) == expected
    assert 0 < len(expected) < len(whole)
    expect(page.locator(".bz-count")).to_have_text(f"{len(expected)} of {len(whole)} shown")


def test_facets_and_words_combine_and_a_shared_address_shows_them(visit: OpenPage) -> None:
    page = visit("gallery/")
    open_more(page)
    page.locator(".bz-filter input[name=kind][value=dataset]").check()
    page.locator(".bz-filter input[name=shards][value=sharded]").check()
    two = set(shown(page))
    page.locator(".bz-filter [name=q]").fill("noaa")
    three = set(shown(page))
    assert 0 < len(three) < len(two)
    query = urlsplit(page.url).query
    assert parse_qs(query) == {"find": ["noaa"], "kind": ["dataset"], "shards": ["sharded"]}
    other = visit(f"gallery/?{query}")
    assert set(shown(other)) == three
    # The choice that narrows the list lies in a part of the form that opens by itself.
    expect(other.locator(".bz-filter input[name=shards][value=sharded]")).to_be_in_viewport()


def test_back_undoes_one_choice_at_a_time(visit: OpenPage) -> None:
    page = visit("gallery/")
    states = [set(shown(page))]
    for facet, token in (("kind", "dataset"), ("domain", "ocean")):
        page.locator(f".bz-filter input[name={facet}][value={token}]").check()
        states.append(set(shown(page)))
    for state in reversed(states[:-1]):
        page.go_back()
        assert set(shown(page)) == state


def test_the_keyboard_alone_narrows_the_list_and_opens_an_entry(visit: OpenPage, address: str) -> None:
    page = visit("gallery/")
    page.locator(".bz-filter [name=q]").focus()
    page.keyboard.type("chelsea")
    expect(page.locator(".bz-count")).to_contain_text("1 of ")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('[data-bz-item]') !== null"):
            break
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}gallery/chelsea-at-five-resolutions/")
    expect(page.locator("main h1")).to_have_text("What a viewer loads of a cat")


def test_the_keyboard_alone_makes_choices_opens_the_rarer_ones_and_clears_them(visit: OpenPage) -> None:
    page = visit("gallery/")
    whole = len(shown(page))
    page.locator(".bz-filter input[name=kind][value=talk]").focus()
    page.keyboard.press("Space")
    narrowed = shown(page)
    assert {data["kind"] for _, data in narrowed.items()} == {"talk"}
    page.locator(".bz-filter summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    # What is chosen by keys shows where one is.
    label = page.locator(".bz-filter label:has(:focus-visible)")
    assert label.evaluate("label => getComputedStyle(label).outlineStyle") == "solid"
    page.keyboard.press("Space")
    assert len(shown(page)) <= len(narrowed)
    page.locator(".bz-filter button[type=reset]").focus()
    page.keyboard.press("Enter")
    assert len(shown(page)) == whole


def test_on_a_phone_the_first_picture_is_on_the_first_screen(visit: OpenPage) -> None:
    page = visit("gallery/", width=390, height=844)
    expect(page.locator(".bz-card img").first).to_be_in_viewport(ratio=0.2)
    last = page.locator(".bz-filter input[name=domain]").last
    last.focus()
    page.keyboard.press("Space")
    expect(page.locator(".bz-filter label:has(:checked)")).to_be_in_viewport()


def test_cards_without_a_picture_are_read_whole(visit: OpenPage) -> None:
    for width in (1280, 390):
        page = visit("gallery/", width=width)
        cut = page.locator(".bz-card-word").evaluate_all(
            "cards => cards.filter(c => c.scrollHeight > c.clientHeight + 1).map(c => c.innerText)"
        )
        assert cut == []


def test_a_picture_far_below_is_not_looked_for_beside_another_page(visit: OpenPage, address: str) -> None:
    """Back changes the address before the page, and a picture may come near in between."""
    page = visit("gallery/", width=390, height=844)
    pictures = page.locator("main picture:has(img[loading=lazy])")
    expect(pictures.last.locator("img")).to_have_attribute("src", re.compile(re.escape(f"{address}gallery/")))
    page.evaluate("history.pushState({}, '', '../sprints/')")
    pictures.last.scroll_into_view_if_needed()
    expect(pictures.last.locator("img")).to_have_js_property("complete", True)
    assert pictures.last.evaluate("picture => picture.querySelector('img').naturalWidth") > 0


def test_no_choice_leaves_a_dead_end(visit: OpenPage) -> None:
    page = visit("gallery/?find=nothing-has-this-word")
    expect(page.locator(".bz-count")).to_contain_text("0 of ")
    page.locator(".bz-filter button[type=reset]").click()
    assert shown(page)


def test_code_and_credit_can_be_copied(visit: OpenPage) -> None:
    page = visit("gallery/chelsea-at-five-resolutions/", permissions=["clipboard-read", "clipboard-write"])
    for name, first in (("zarr", "import zarr"), ("zarrita", "import {")):
        page.locator(f"[data-bz-copy='#code-{name}']").click()
        assert page.evaluate("navigator.clipboard.readText()").startswith(first)
    page.get_by_role("button", name="Copy credit").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("Stefan van der Walt, CC0")


def test_previews_and_search_engines_find_picture_and_facts(visit: OpenPage, address: str) -> None:
    page = visit("gallery/chelsea-at-five-resolutions/")
    image = page.locator("meta[property='og:image']").get_attribute("content")
    assert image == f"{address}gallery/chelsea-at-five-resolutions/card.jpg"
    assert page.request.get(image).ok
    said = page.locator("script[type='application/ld+json']").evaluate("script => script.textContent")
    data = json.loads(said)
    assert data["name"] == "What a viewer loads of a cat"
    feed = page.locator("link[type='application/atom+xml']").evaluate("link => link.href")
    assert page.request.get(feed).text().startswith("<?xml")
