"""How soon a page is seen on a phone with a slow line: when the largest thing on the first screen is painted.

Build the site first (`uv run outreach build`); then `uv run python tests/browser/loading.py [KIND...]` loads
every kind of page three times with nothing kept, and prints the table of the page for maintainers.
"""

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

KINDS = {
    "home": "",
    "gallery": "gallery/",
    "entry with a picture": "gallery/blue-marble-globe/",
    "entry with a sample": "gallery/chelsea-at-five-resolutions/",
    "viewer": "gallery/viewer/",
    "people": "gallery/people/",
    "table of data sets": "gallery/data-sets/",
    "how to add an entry": "add-an-entry/",
    "benchmarks": "benchmarks/",
    "one workload": "benchmarks/rows/",
    "history": "benchmarks/history/",
    "tutorial": "library/first-read/",
    "figure to drag over": "library/try-it/",
    "drawn figures": "library/scaling/",
    "reference": "library/reference/",
    "sprints": "sprints/",
    "event": "sprints/pydata-global-2022/",
    "list to print": "sprints/pydata-global-2022/sheet/",
    "first pull request": "sprinting/first-pull-request/",
    "for maintainers": "maintaining/architecture/",
}
GOAL_MS, FAR_MS = 2_500, 5_000
LOADS = 3
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
# Lighthouse's slow 4G and its phone, whose processor is a quarter as fast.
SLOW_4G = {
    "offline": False, "latency": 150,
    "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8,
}  # fmt: skip
FREE = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
SLOWDOWN = 4
# Pictures on the first screen are there, the face too, and two frames have been painted since.
SEEN = """async () => {
    const near = [...document.images].filter(
        i => i.getBoundingClientRect().top < innerHeight && i.checkVisibility());
    await Promise.all(near.map(i => i.decode().catch(() => undefined)));
    await document.fonts.ready;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const entry = await new Promise(done => new PerformanceObserver(list => done(list.getEntries().at(-1)))
        .observe({type: 'largest-contentful-paint', buffered: true}));
    const {element, startTime, url} = entry;
    const name = element === null ? '(gone)' : element.tagName.toLowerCase();
    const text = (element?.textContent ?? '').trim().replace(/\\s+/g, ' ');
    const said = url !== '' ? url.split('/').at(-1) : text;
    return [startTime, name, said.length > 40 ? said.slice(0, 39) + '…' : said];
}"""
PICTURES = r"""() => performance.getEntriesByType('resource')
    .filter(e => /\.(avif|webp|png|jpe?g|gif|svg)$/.test(new URL(e.name).pathname))
    .reduce((sum, e) => sum + e.encodedBodySize, 0)"""


@dataclass(frozen=True, slots=True)
class Seen:
    """When the largest thing on the first screen was painted, what it is, and pictures that came unasked."""

    milliseconds: float
    what: str
    picture_bytes: int


def load(browser: Browser, url: str) -> Seen:
    """Load the page once on the slow phone, with nothing kept from earlier loads."""
    context = browser.new_context(**PHONE)
    try:
        page = context.new_page()
        phone = context.new_cdp_session(page)
        phone.send("Network.enable")
        phone.send("Network.emulateNetworkConditions", SLOW_4G)
        phone.send("Emulation.setCPUThrottlingRate", {"rate": SLOWDOWN})
        page.goto(url, wait_until="load")
        milliseconds, name, said = page.evaluate(SEEN)
        # What else comes without being asked for may come quickly.
        phone.send("Network.emulateNetworkConditions", FREE)
        phone.send("Emulation.setCPUThrottlingRate", {"rate": 1})
        page.wait_for_load_state("networkidle")
        return Seen(milliseconds, f"`{name}`, {said}", page.evaluate(PICTURES))
    finally:
        context.close()


def row(kind: str, loads: list[Seen]) -> str:
    """Return a line of the table: the median of the loads, and what was largest then."""
    middle = sorted(loads, key=lambda seen: seen.milliseconds)[len(loads) // 2]
    seconds = median(seen.milliseconds for seen in loads) / 1000
    return f"| {kind} | {seconds:.1f} s | {middle.what} | {middle.picture_bytes / 1000:.0f} kB |"


def main(kinds: list[str], site: Path) -> None:
    """Print the table."""
    from conftest import ARGUMENTS, find_chromium

    from outreach.serving import served

    print("| kind of page | largest paint | what | pictures |\n| --- | --: | --- | --: |")  # noqa: T201
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for kind in kinds:
            print(row(kind, [load(browser, address + KINDS[kind]) for _ in range(LOADS)]), flush=True)  # noqa: T201
        browser.close()


if __name__ == "__main__":
    unknown = [name for name in sys.argv[1:] if name not in KINDS]
    if unknown:
        sys.exit(f"expected kinds of pages out of {', '.join(KINDS)}; found {', '.join(unknown)}")
    main(sys.argv[1:] or list(KINDS), Path(__file__).parents[2] / "build" / "site")
