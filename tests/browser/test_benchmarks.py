"""The benchmark pages as a visitor meets them: charts, filters, tips, addresses, downloads, no scripts."""

import csv
import gzip
import io
import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from outreach.benches.workloads import WORKLOADS
from outreach.paths import Project
from tests.browser.accessibility import violations_in_both_schemes
from tests.browser.test_site import LAYOUT_SHIFT, WIDTHS

pytestmark = pytest.mark.browser

OpenPage = Callable[..., Page]
ROWS = "benchmarks/rows/"
DRAWN = "figure .bz-chart canvas"


def charts_of(page: Page) -> Page:
    """Wait until the first chart is drawn by uPlot."""
    expect(page.locator(DRAWN).first).to_be_attached()
    return page


def test_charts_are_drawn_over_the_built_ones_without_moving_the_page(visit: OpenPage) -> None:
    page = visit(ROWS)
    figure = page.locator("figure[data-bz-chart]").first
    built = figure.locator("svg").evaluate("svg => svg.getAttribute('height')")
    charts_of(page)
    assert figure.locator(".bz-chart").evaluate("box => box.clientHeight") == int(built)
    assert page.evaluate(LAYOUT_SHIFT) <= 0.1
    # Those who hear the page keep the words of the built drawing.
    expect(figure.locator("svg title").first).to_have_text(re.compile("256 random rows in one call"))


def test_uplot_is_loaded_only_where_a_chart_comes_near(visit: OpenPage) -> None:
    def scripts(page: Page) -> list[str]:
        loaded: list[str] = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
        return [url for url in loaded if "uPlot" in url]

    assert scripts(visit("benchmarks/")) == []
    assert len(scripts(charts_of(visit(ROWS)))) == 1


def test_the_script_budget_holds_with_every_chart_drawn(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    loaded = page.evaluate("performance.getEntriesByType('resource').map(e => e.name)")
    bodies = [page.request.get(url).body() for url in {url for url in loaded if url.endswith(".js")}]
    assert sum(len(gzip.compress(body, 9)) for body in bodies) / 1000 <= 150


def test_readers_are_narrowed_in_charts_and_tables_and_the_address_says_so(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    whole = page.locator(".bz-chart").first.evaluate("box => box.clientHeight")
    page.get_by_label("tensorstore", exact=True).check()
    page.get_by_label("zarr_partial", exact=True).check()
    expect(page).to_have_url(re.compile(r"\?reader=tensorstore&reader=zarr-partial$"))
    head = page.locator("table.bz-bench-ratios").first.locator("thead")
    expect(head.get_by_text("zarr fused")).to_be_hidden()
    expect(head.get_by_text("tensorstore")).to_be_visible()
    assert page.locator(".bz-chart").first.evaluate("box => box.clientHeight") < whole
    address = page.url
    page.reload()
    charts_of(page)
    expect(page.get_by_label("tensorstore", exact=True)).to_be_checked()
    expect(
        page.locator("table.bz-bench-ratios").first.locator("thead").get_by_text("zarr fused")
    ).to_be_hidden()
    page.get_by_role("button", name="Reset").click()
    expect(page.get_by_label("tensorstore", exact=True)).not_to_be_checked()
    page.go_back()
    expect(page).to_have_url(address)
    expect(page.get_by_label("tensorstore", exact=True)).to_be_checked()


def test_the_axis_turns_linear_and_back(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    picture = page.locator(DRAWN).first
    before = picture.evaluate("canvas => canvas.toDataURL()")
    page.get_by_label("linear").check()
    expect(page).to_have_url(re.compile(r"\?axis=linear$"))
    expect(page.locator("[data-bz-axis]").first).to_have_text("linear")
    page.wait_for_function(
        "before => document.querySelector('figure .bz-chart canvas').toDataURL() !== before", arg=before
    )
    page.get_by_label("log", exact=True).check()
    expect(page).not_to_have_url(re.compile("axis"))
    expect(page.locator("[data-bz-axis]").first).to_have_text("logarithmic")


def test_a_tip_says_what_lies_under_the_pointer(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    over = page.locator(".bz-chart .u-over").first
    tip = page.locator(".bz-chart-tip").first
    expect(tip).to_be_hidden()
    # The first row of the first group: as far down as head and heading are high.
    over.hover(position={"x": 40, "y": 26 + 28 + 11})
    expect(tip).to_be_visible()
    name = page.locator("tr[data-bz-mark]").first
    expect(tip.locator("b")).to_have_text(
        f"{name.get_attribute('data-name')}, {name.get_attribute('data-group')}"
    )
    expect(tip).to_contain_text("99 %:")
    page.mouse.move(0, 0)
    expect(tip).to_be_hidden()


def test_arrow_keys_step_through_a_chart(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    chart, tip = page.locator(".bz-chart").first, page.locator(".bz-chart-tip").first
    chart.focus()
    names = page.locator("tr[data-bz-mark]").evaluate_all("rows => rows.slice(0, 2).map(r => r.dataset.name)")
    for name in names:
        page.keyboard.press("ArrowDown")
        expect(tip.locator("b")).to_have_text(re.compile(rf"^{re.escape(name)},"))
    page.keyboard.press("ArrowUp")
    expect(tip.locator("b")).to_have_text(re.compile(rf"^{re.escape(names[0])},"))
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_chart_takes_the_colours_of_the_other_scheme(visit: OpenPage) -> None:
    page = charts_of(visit(ROWS))
    before = page.locator(DRAWN).first.evaluate("canvas => canvas.toDataURL()")
    page.locator("label[for^=__palette]:visible").click()
    page.wait_for_function(
        "before => document.querySelector('figure .bz-chart canvas').toDataURL() !== before", arg=before
    )


def test_history_has_a_line_for_each_reader_and_its_numbers_by_commit(visit: OpenPage) -> None:
    page = visit("benchmarks/history/")
    chart = page.locator("[data-bz-chart]").first
    chart.scroll_into_view_if_needed()
    expect(chart.locator("canvas")).to_be_attached()
    chart.locator(".bz-chart").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator(".bz-chart-tip")).to_contain_text("zarr_partial")


def test_leaving_and_coming_back_draws_again(visit: OpenPage, address: str) -> None:
    page = charts_of(visit(ROWS))
    page.locator(".bz-bench-up a").click()
    page.wait_for_url(f"{address}benchmarks/")
    page.go_back()
    page.wait_for_url(f"{address}{ROWS}")
    charts_of(page)


def test_without_scripts_pictures_and_tables_are_there(visit: OpenPage) -> None:
    page = visit(ROWS, java_script_enabled=False)
    expect(page.locator("figure svg.bz-bench-chart").first).to_be_visible()
    expect(page.locator("table.bz-bench-ratios").first).to_be_visible()
    expect(page.locator("form[data-bz-charts]")).to_be_hidden()
    page.locator("summary", has_text="Every number with its interval").first.click()
    expect(page.locator("table.bz-bench-intervals").first).to_be_visible()
    assert page.locator(".bz-chart").count() == 0


def test_dates_tell_their_age_and_old_ones_are_marked(visit: OpenPage) -> None:
    page = visit("benchmarks/")
    expect(page.locator("time[data-bz-age] .bz-local, time[data-bz-age] .bz-stale").first).to_be_visible()


@pytest.mark.parametrize(("days", "words"), [(181, "may be out of date"), (-3, "in the future")])
def test_stale_data_and_dates_to_come_are_marked(
    visit: OpenPage, address: str, days: int, words: str
) -> None:
    page = visit("contribute/")
    page.goto("about:blank")
    measured = page.request.get(f"{address}benchmarks/results.json").json()["environments"][0]["measured"]
    page.clock.set_fixed_time(_days_after(measured, days))
    page.goto(f"{address}benchmarks/")
    expect(page.locator("time[data-bz-age] .bz-stale").first).to_contain_text(words)


def _days_after(iso: str, days: int) -> str:
    from datetime import date, timedelta

    return f"{date.fromisoformat(iso) + timedelta(days=days)}T12:00:00Z"


def test_downloads_hold_the_same_numbers_and_no_nan(visit: OpenPage) -> None:
    page = visit("benchmarks/")
    for name in ("CSV", "JSON"):
        with page.expect_download() as caught:
            page.get_by_role("link", name=name, exact=True).click()
        content = caught.value.path().read_text("utf-8")
        if name == "CSV":
            rows = list(csv.DictReader(io.StringIO(content)))
        else:
            found = json.loads(content, parse_constant=lambda constant: pytest.fail(constant))
            assert len(found["measurements"]) == len(rows) > 100
            assert {row["state"] for row in rows} <= {"measured", "skipped", "failed", "not measured"}


def test_every_page_fits_a_phone(visit: OpenPage, address: str) -> None:
    page = visit("benchmarks/", width=390, height=844)
    wide = {}
    for slug in ("", "history/", *(f"{workload.slug}/" for workload in WORKLOADS)):
        page.goto(f"{address}benchmarks/{slug}", wait_until="domcontentloaded")
        wide[slug] = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert {slug: by for slug, by in wide.items() if by > 0} == {}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", [ROWS, "benchmarks/history/", "benchmarks/memory/", "benchmarks/remote/"])
def test_axe_finds_nothing_with_charts_drawn(
    visit: OpenPage, project: Project, path: str, width: int
) -> None:
    page = visit(path, width=width, height=WIDTHS[width], color_scheme="light", reduced_motion="reduce")
    if page.locator("[data-bz-chart]").count():
        page.locator("[data-bz-chart]").first.scroll_into_view_if_needed()
        charts_of(page)
    assert violations_in_both_schemes(page, project) == []
