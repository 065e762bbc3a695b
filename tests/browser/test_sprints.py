"""An event's pages in a real browser: zones across a change of clocks, its phases, paper, and no network.

The pages are generated from an event of our own and served without MkDocs, with the site's real scripts and
styles: times must be chosen, and the server must be able to go away.
"""

import json
import re
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser, Page, expect

from outreach.paths import Project
from outreach.serving import served
from outreach.sprints.board import PAGE, board_data, watching
from outreach.sprints.github_facts import Command, IssueFacts, TimelinePage
from outreach.sprints.loading import load_sprints
from outreach.sprints.pages import generate_sprints
from outreach.sprints.snapshot import Snapshot
from outreach.writing import Output
from tests.browser.event_host import SESSIONS, Host, as_page, host, opened, write_event
from tests.outreach.sprints.test_pages import project_at
from tests.outreach.sprints.test_scale import big_project

__all__ = ["host"]
pytestmark = pytest.mark.browser

ZONES = {
    "Pacific/Auckland": [
        ("Sun", "10 Mar", "22:00 GMT+13"),
        ("Sun", "10 Mar", "23:00 GMT+13"),
        ("Sun", "7 Apr", "02:00 GMT+13"),
        ("Sun", "7 Apr", "02:00 GMT+12"),
    ],
    "Asia/Kolkata": [
        ("Sun", "10 Mar", "14:30 GMT+5:30"),
        ("Sun", "10 Mar", "15:30 GMT+5:30"),
        ("Sat", "6 Apr", "18:30 GMT+5:30"),
        ("Sat", "6 Apr", "19:30 GMT+5:30"),
    ],
    "America/Los_Angeles": [
        ("Sun", "10 Mar", "01:00 GMT-8"),
        ("Sun", "10 Mar", "03:00 GMT-7"),
        ("Sat", "6 Apr", "06:00 GMT-7"),
        ("Sat", "6 Apr", "07:00 GMT-7"),
    ],
}


@pytest.mark.parametrize("zone", ZONES)
def test_hours_are_told_in_the_readers_zone_on_both_sides_of_a_change_of_clocks(
    zone: str, host: Host, browser: Browser
) -> None:
    with opened(browser, timezone_id=zone) as page:
        page.goto(host.url)
        told = page.locator(".sprint-sessions li time:first-of-type .bz-local").all_inner_texts()
    assert len(told) == len(SESSIONS)
    for text, parts in zip(told, ZONES[zone], strict=True):
        assert all(part in text for part in parts), text
        assert "for you" in text


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("now", "phase", "figure", "there"),
    [
        ("2030-03-09T09:00:00Z", "before", "1 day", False),
        ("2030-03-10T08:59:30Z", "before", "less than a minute", False),
        ("2030-03-10T09:00:00Z", "live", "27 days 6 h", True),
        ("2030-03-10T11:00:00Z", "live", "27 days 4 h", False),
        ("2030-04-06T14:30:00Z", "live", "30 min", False),
        ("2030-04-06T15:00:00Z", "after", None, False),
    ],
)
def test_countdown_live_and_after_do_not_depend_on_the_zone(
    zone: str, now: str, phase: str, figure: str | None, there: bool, host: Host, browser: Browser
) -> None:
    with opened(browser, timezone_id=zone) as page:
        page.clock.set_fixed_time(now)
        page.goto(host.url)
        shown = page.locator("[data-bz-phase]:visible")
        expect(shown).to_have_attribute("data-bz-phase", phase)
        if figure is not None:
            expect(shown.locator("[data-bz-countdown]")).to_have_text(figure)
        assert page.locator(".sprint-there").count() == there


def test_the_phase_changes_while_the_page_is_open(host: Host, browser: Browser) -> None:
    with opened(browser) as page:
        page.clock.install(time="2030-03-10T08:59:00Z")
        page.goto(host.url)
        expect(page.locator("[data-bz-phase]:visible")).to_have_attribute("data-bz-phase", "before")
        page.clock.run_for(61_000)
        expect(page.locator("[data-bz-phase]:visible")).to_have_attribute("data-bz-phase", "live")


def test_without_scripts_times_are_in_utc_and_no_phase_is_claimed(host: Host, browser: Browser) -> None:
    with opened(browser, java_script_enabled=False) as page:
        page.goto(host.url)
        expect(page.locator("[data-bz-phase]:visible")).to_have_count(0)
        expect(page.locator(".sprint-sessions")).to_contain_text("10 March 2030, 09:00 UTC")
        assert page.locator("[data-bz-item]:visible").count() == 2


def test_minutes_and_skills_narrow_and_the_link_is_copied(host: Host, browser: Browser) -> None:
    with opened(browser, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto(host.url)
        page.locator("select[name=minutes]").select_option("60")
        page.locator("input[name=skills][value=writing]").check()
        assert page.locator("[data-bz-item]:visible").count() == 1
        page.locator("[data-bz-share]").click()
        expect(page.locator("[data-bz-share]")).to_have_text("Copied")
        address = page.evaluate("navigator.clipboard.readText()")
        assert address == f"{host.url}?minutes=60&skills=writing#choose"
        page.goto(address)
        assert page.locator("[data-bz-item]:visible").count() == 1


def test_a_lane_leads_to_its_issues(host: Host, browser: Browser) -> None:
    with opened(browser) as page:
        page.goto(host.url)
        page.locator(".sprint-lanes").get_by_role("link", name="no code").click()
        page.wait_for_url(re.compile(r"\?skills=no-code#choose$"))
        assert page.locator("[data-bz-item]:visible").count() == 1


def keep(page: Page, url: str) -> None:
    """Open the page and wait until it says that it works without a network."""
    page.goto(url)
    expect(page.locator("[data-bz-offline]")).to_be_visible()


def test_once_opened_it_works_without_a_network(host: Host, browser: Browser) -> None:
    with opened(browser) as page:
        keep(page, host.url)
        host.stop()
        try:
            page.goto(f"{host.url}?skills=writing")
            expect(page.locator("h1")).to_have_text("Spring sprint")
            # The scripts and the styles were kept too.
            assert page.locator("[data-bz-item]:visible").count() == 1
            columns = page.evaluate("getComputedStyle(document.querySelector('.sprint-lanes')).display")
            assert columns == "grid"
            page.goto(f"{host.url}sheet/")
            expect(page.locator(".sprint-sheet h1")).to_have_text("Spring sprint")
            assert page.evaluate("fetch('../event.ics').then(got => got.text())").startswith(
                "BEGIN:VCALENDAR"
            )
        finally:
            host.start()


def test_after_an_update_the_new_page_is_shown_and_kept(
    host: Host, browser: Browser, project: Project
) -> None:
    with opened(browser) as page:
        keep(page, host.url)
        write_event(host.folder, project, title="Spring sprint, now in room 8")
        try:
            keep(page, host.url)
            expect(page.locator("h1")).to_have_text("Spring sprint, now in room 8")
            host.stop()
            page.reload()
            expect(page.locator("h1")).to_have_text("Spring sprint, now in room 8")
        finally:
            host.stop()
            write_event(host.folder, project)
            host.start()


def test_the_worker_reaches_no_further_than_the_events_pages(host: Host, browser: Browser) -> None:
    with opened(browser) as page:
        keep(page, host.url)
        scopes = page.evaluate(
            "navigator.serviceWorker.getRegistrations().then(all => all.map(each => each.scope))"
        )
        assert scopes == [host.url]
        home = host.url.replace("sprints/spring-2030/", "sprints/")
        (host.folder / "sprints" / "index.html").write_text("<title>Sprints</title><h1>Sprints</h1>")
        page.goto(home)
        assert page.evaluate("navigator.serviceWorker.controller") is None
        host.stop()
        try:
            with pytest.raises(Exception, match="ERR_CONNECTION_REFUSED"):
                page.goto(home)
        finally:
            host.start()


def test_the_worker_keeps_nothing_that_is_not_of_the_event(host: Host, browser: Browser) -> None:
    """Material swaps pages without leaving the first, so its worker sees what the others ask for."""
    other = host.folder / "gallery"
    other.mkdir(exist_ok=True)
    (other / "index.html").write_text("<title>Gallery</title>")
    (other / "picture.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg"/>')
    with opened(browser) as page:
        keep(page, host.url)
        page.reload()
        assert page.evaluate("navigator.serviceWorker.controller !== null")
        for path in ("/gallery/", "/gallery/picture.svg"):
            assert page.evaluate("path => fetch(path).then(got => got.status)", path) == 200
        keep(page, host.url)
        kept = page.evaluate(
            "caches.keys().then(all => Promise.all(all.map(name => caches.open(name).then(c => c.keys())))"
            ".then(lists => lists.flat().map(each => new URL(each.url).pathname)))"
        )
    assert "/sprints/spring-2030/" in kept
    assert [path for path in kept if not path.startswith(("/sprints/spring-2030/", "/assets/"))] == []


FILTER_MS = 50
PRESS = """name => {
    const box = document.querySelector(name);
    const begun = performance.now();
    box.click();
    document.body.getBoundingClientRect();
    return performance.now() - begun;
}"""


def test_a_choice_among_five_hundred_issues_is_shown_at_once(
    host: Host, browser: Browser, project: Project, tmp_path: Path
) -> None:
    output = Output(tmp_path / "out")
    generate_sprints(big_project(tmp_path), output)
    target = host.folder / "sprints" / "big-0" / "index.html"
    target.parent.mkdir(exist_ok=True)
    target.write_text(as_page(output.files["big-0/index.md"].decode()))
    with opened(browser) as page:
        page.goto(host.url.replace("spring-2030", "big-0"))
        shown = page.locator("[data-bz-item]:visible")
        assert shown.count() == 500
        # Neighbours on a shared machine only make it slower: the best of three rounds is what it takes.
        rounds = [
            median(page.evaluate(PRESS, f"input[name={name}]") for name in ("level", "skills", "level") * 3)
            for _ in range(3)
        ]
    print(f"medians {', '.join(f'{each:.1f}' for each in rounds)} ms")  # noqa: T201 - shown by pytest -rP
    assert min(rounds) < FILTER_MS


def test_the_board_shows_counts_names_and_its_age(browser: Browser, tmp_path: Path) -> None:
    pages = Output(tmp_path / "out")
    generate_sprints(project_at(tmp_path), pages)
    project = Project(tmp_path)
    (sprint,) = load_sprints(project, ["spring-2030"])
    evil = "<img src=x onerror=alert(1)>"
    command = Command("2030-04-01T11:30:00Z", evil, "claim")
    facts = IssueFacts(
        sprint.issues[0].repo, 12, "issue", "example/array-tools#12", state="open",
        timeline=(TimelinePage(None, 1, (command,), (), ()),),
    )  # fmt: skip
    with watching(project, "spring-2030") as show, opened(browser) as page:
        folder = tmp_path / "build" / "board" / "spring-2030"
        snapshot = Snapshot("2030-04-01T12:00:00Z", {facts.name: facts})
        show(sprint, snapshot)
        data = board_data(sprint, snapshot, snapshot.moment)
        (folder / "board.json").write_text(json.dumps(data))
        with served(folder) as address:
            page.clock.set_fixed_time("2030-04-01T12:20:00Z")
            page.goto(address)
            expect(page.get_by_role("heading", level=1)).to_have_text("Spring sprint")
            expect(page.locator("#counts")).to_contain_text("1claimed")
            expect(page.locator("[data-states='claimed,PR open']")).to_contain_text(f"@{evil}")
            assert page.locator("img").count() == 0
            expect(page.get_by_role("status")).to_contain_text("20 minutes ago: no newer answer from GitHub")


def test_the_board_fits_the_projector_and_shows_the_rest_in_turns(browser: Browser, tmp_path: Path) -> None:
    rows = [
        {"ref": f"array-tools#{number}", "title": f"Issue {number}", "level": "starter", "minutes": 45,
         "state": "open", "by": None, "until": None}
        for number in range(1, 41)
    ]  # fmt: skip
    states = ("open", "claimed", "PR open", "merged", "closed", "gone")
    told = {
        "by": "bob",
        "holder": "ada",
        "until": "2030-04-01T13:00:00Z",
        "ref": "array-tools#7",
        "free": None,
    }
    data = {
        "title": "Spring sprint", "as_of": "2030-04-01T12:00:00Z", "states": states,
        "counts": dict.fromkeys(states, 0), "issues": rows, "told": [told],
    }  # fmt: skip
    (tmp_path / "index.html").write_bytes(PAGE.read_bytes())
    (tmp_path / "board.json").write_text(json.dumps(data))
    with served(tmp_path) as address, opened(browser, timezone_id="Asia/Kolkata") as page:
        page.clock.install(time="2030-04-01T12:01:00Z")
        page.goto(address)
        shown = page.locator("[data-states=open] li")
        expect(shown.first).to_contain_text("Issue 1")
        expect(page.locator("#told li")).to_have_text(
            "@bob: @ada claimed array-tools#7 first, until 18:30. "
            "No other issue is free; ask a mentor whom to pair with."
        )
        fits = "document.documentElement.scrollHeight <= innerHeight"
        assert page.evaluate(fits)
        # Read at once: the page fills its lists anew whenever an answer comes.
        titles = "[...document.querySelectorAll('[data-states=open] li')].map(row => row.firstChild.data)"
        seen: list[str] = []
        for _ in rows:
            seen += page.evaluate(titles)
            if seen[-1] == rows[-1]["title"]:
                break
            page.clock.run_for(15_000)
            assert page.evaluate(fits)
        assert seen == [row["title"] for row in rows]
        page.clock.run_for(15_000)
        expect(shown.first).to_contain_text("Issue 1")
