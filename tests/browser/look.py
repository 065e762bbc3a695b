"""Take pictures of pages of the built site, and lay them side by side on sheets, for people to look at.

Build the site first (`uv run outreach build`); then
`uv run python tests/browser/look.py OUTFOLDER [PAGE...]`, where a page is an address below the site's root
such as `library/scaling/`. Without pages it takes all of them: of the gallery's entries one of each kind.
"""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from conftest import ARGUMENTS, find_chromium
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, sync_playwright

from outreach.serving import served

# Width and height of the window. A4 without margins of 12 mm is 703 px wide: what is printed is looked at so.
WINDOWS = {1280: 800, 768: 1024, 390: 844}
PAPER = 703
VIEWS = ("light", "dark", "print")
SHEET, GAP, LABEL = 1560, 8, 14
SHOWN = {1280: 510, PAPER: 380, 768: 380, 390: 252}  # columns of a sheet: what can still be read


def every_page(site: Path) -> Iterator[str]:
    """Every page of the site, of the entries the first of each kind, and an address that has no page."""
    entries = json.loads((site / "gallery" / "gallery.json").read_text(encoding="utf-8"))["entries"]
    first = {entry["kind"]: entry["slug"] for entry in reversed(entries)}
    others = {f"gallery/{entry['slug']}/" for entry in entries} - {
        f"gallery/{slug}/" for slug in first.values()
    }
    for path in sorted(site.rglob("index.html")):
        name = path.parent.relative_to(site).as_posix().removeprefix(".")
        if (address := f"{name}/" if name else "") not in others:
            yield address
    yield "nowhere/"


def take(browser: Browser, address: str, pages: list[str], width: int, view: str, out: Path) -> list[Path]:
    """Write a picture of each whole page as a window of this width shows it, or paper."""
    medium, scheme = ("print", "light") if view == "print" else ("screen", view)
    context = browser.new_context(
        viewport={"width": width, "height": WINDOWS.get(width, 1000)}, reduced_motion="reduce"
    )
    page = context.new_page()
    page.emulate_media(media=medium, color_scheme=scheme)  # type: ignore[arg-type]
    taken = []
    for name in pages:
        page.goto(address + name, wait_until="networkidle")
        # Lazy pictures load when they come near; a full-page picture never scrolls.
        page.evaluate("document.querySelectorAll('img[loading]').forEach(i => i.loading = 'eager')")
        # What is not in sight may not be laid out.
        page.add_style_tag(content="* { content-visibility: visible !important }")
        page.wait_for_load_state("networkidle")
        title = name.strip("/").replace("/", "-") or "home"
        taken.append(out / f"{title}-{width}-{view}.png")
        page.screenshot(path=taken[-1], full_page=True)
    context.close()
    return taken


def lay_out(pictures: list[Path], width: int, view: str, out: Path) -> None:
    """Cut each picture into columns as high as a sheet, and fill sheets with them, in order."""
    columns = [column for picture in pictures for column in cut(picture, SHOWN[width])]
    per_sheet = SHEET // (SHOWN[width] + GAP)
    for number in range(0, len(columns), per_sheet):
        sheet = Image.new("RGB", (SHEET, SHEET), "#888")
        for place, column in enumerate(columns[number : number + per_sheet]):
            sheet.paste(column, (place * (SHOWN[width] + GAP), 0))
        sheet.save(out / f"sheet-{width}-{view}-{number // per_sheet:03}.png")


def cut(path: Path, width: int) -> Iterator[Image.Image]:
    with Image.open(path) as opened:
        picture = opened.convert("RGB").resize(
            (width, round(opened.height * width / opened.width)), Image.Resampling.LANCZOS
        )
    room = SHEET - LABEL
    for top in range(0, picture.height, room):
        column = Image.new("RGB", (width, SHEET), "#888")
        ImageDraw.Draw(column).text((2, 1), f"{path.stem} {top // room + 1}", fill="#fff")
        column.paste(picture.crop((0, top, width, min(top + room, picture.height))), (0, LABEL))
        yield column


def main() -> None:
    """Write PAGE-WIDTH-VIEW.png for every page, width and view, and sheet-WIDTH-VIEW-NUMBER.png."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("pages", nargs="*")
    parser.add_argument("--width", type=int, action="append", choices=WINDOWS, help="default: all three")
    parser.add_argument("--view", action="append", choices=VIEWS, help="default: all three")
    asked = parser.parse_intermixed_args()
    site = Path(__file__).parents[2] / "build" / "site"
    pages = asked.pages or list(every_page(site))
    asked.out.mkdir(parents=True, exist_ok=True)
    with served(site) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_chromium(), args=list(ARGUMENTS))
        for view in asked.view or VIEWS:
            for width in (PAPER,) if view == "print" else asked.width or WINDOWS:
                lay_out(take(browser, address, pages, width, view, asked.out), width, view, asked.out)
        browser.close()


if __name__ == "__main__":
    main()
