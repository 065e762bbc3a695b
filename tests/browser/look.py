"""Take pictures of the main pages, for people to look at.

Build the site first (`uv run outreach build`); then
`uv run python tests/browser/look.py OUTFOLDER [PAGE...]`.
"""

import sys
from pathlib import Path

from conftest import ARGUMENTS, find_chromium
from playwright.sync_api import sync_playwright

from outreach.serving import served

PAGES = (
    "",
    "gallery/",
    "benchmarks/",
    "benchmarks/rows/",
    "sprints/",
    "sprints/pydata-global-2022/",
    "library/",
    "library/first-read/",
    "library/how-it-works/",
    "library/where-arrays-live/",
    "library/reference/",
    "library/try-it/",
    "library/blosc-chunk/",
    "library/shard/",
    "library/address-gather/",
    "library/cold-reads/",
    "library/when-it-loses/",
    "library/rent-or-buy/",
    "library/scaling/",
    "maintaining/",
    "maintaining/architecture/",
    "maintaining/decisions/addresses/",
    "contribute/",
    "nowhere/",
)


def main(out: Path, pages: tuple[str, ...], site: Path) -> None:
    """Write PAGE-WIDTH-SCHEME.png for every page, width and scheme."""
    out.mkdir(parents=True, exist_ok=True)
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for width, height in ((1280, 800), (390, 844)):
            for scheme in ("light", "dark"):
                context = browser.new_context(
                    viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
                )
                page = context.new_page()
                for name in pages:
                    page.goto(address + name, wait_until="networkidle")
                    # Lazy pictures load when they come near; a full-page picture never scrolls.
                    page.evaluate(
                        "document.querySelectorAll('img[loading]').forEach(i => i.loading = 'eager')"
                    )
                    page.wait_for_load_state("networkidle")
                    title = name.strip("/").replace("/", "-") or "home"
                    page.screenshot(path=out / f"{title}-{width}-{scheme}.png", full_page=True)
                context.close()
        browser.close()


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("expected an output folder, found none; run: uv run python tests/browser/look.py OUTFOLDER")
    root = Path(__file__).parents[2]
    main(Path(sys.argv[1]), tuple(sys.argv[2:]) or PAGES, root / "build" / "site")
