"""What leaves the event's page: the sheet on paper, its QR code as a phone reads it, the list elsewhere."""

import io
import re
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, expect

from outreach.paths import Project
from outreach.serving import served
from outreach.sprints.pages import generate_sprints
from outreach.sprints.sheet import MOST
from outreach.writing import Output
from tests.browser.event_host import Host, as_page, host, opened, write_event
from tests.outreach.sprints.test_scale import big_project

__all__ = ["host"]
pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
EVENTS = ("pydata-global-2022", "zarr-summit-2025", "zarr-python-v3-docs-2024")
PAPERS = ("A4", "Letter")
# Issues with titles of 180 characters: as many as are printed at each size of type, and more than fit.
LONG = {"big-0": 500, "big-1": 44, "big-2": 24}
SITE = "https://zarr-developers.github.io/beautiful-zarr/"


def pages_of(paper: bytes) -> int:
    return len(re.findall(rb"/Type\s*/Page\b", paper))


@pytest.fixture(scope="module")
def sheets(host: Host, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The sheets of the real events, and of three whose titles are long, with addresses and codes."""
    root = tmp_path_factory.mktemp("big")
    project = big_project(root)
    for name, most in LONG.items():
        file = project.sprint_issues / name / "issues.yaml"
        head, *issues = re.split(r"(?m)^(?=  - repo)", file.read_text())
        longer = rf"\1 {'and a lot more words ' * 6}"
        file.write_text(head + re.sub(r"(title: Issue \d+ .*)", longer, "".join(issues[:most])))
    for each in (Project(ROOT), project):
        output = Output(root / "out")
        generate_sprints(each, output, site_url=SITE)
        for name, content in output.files.items():
            if name.endswith("/sheet/index.md") and not name.startswith("spring"):
                target = host.folder / "sheets" / name.split("/")[0] / "index.html"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(as_page(content.decode()))
    return host.url.replace("sprints/spring-2030/", "sheets/")


@pytest.mark.parametrize("event", [*EVENTS, *LONG])
def test_every_sheet_fits_one_page_of_paper(event: str, sheets: str, browser: Browser) -> None:
    with opened(browser) as page:
        page.goto(f"{sheets}{event}/")
        expect(page.locator(".sprint-qr")).to_be_visible()
        if event in LONG:
            assert page.locator(".sprint-sheet li").count() == min(MOST, LONG[event])
        for size in PAPERS:
            assert pages_of(page.pdf(format=size)) == 1, size


@pytest.mark.parametrize("event", EVENTS)
def test_every_sheet_of_the_built_site_fits_one_page(event: str, address: str, browser: Browser) -> None:
    with opened(browser) as page:
        page.goto(f"{address}sprints/{event}/sheet/")
        for size in PAPERS:
            assert pages_of(page.pdf(format=size)) == 1, size


@pytest.mark.parametrize("scheme", ["default", "slate"])
@pytest.mark.parametrize("medium", ["screen", "print"])
def test_a_phone_reads_the_address_from_the_code(
    medium: str, scheme: str, sheets: str, browser: Browser
) -> None:
    """By a decoder that shares nothing with the encoder, from a picture of the page."""
    with opened(browser) as page:
        page.emulate_media(media=medium)  # type: ignore[arg-type]
        page.goto(f"{sheets}pydata-global-2022/")
        page.evaluate("scheme => document.body.setAttribute('data-md-color-scheme', scheme)", scheme)
        picture = Image.open(io.BytesIO(page.screenshot(full_page=True)))
    (found,) = zxingcpp.read_barcodes(picture)
    assert found.text == f"{SITE}sprints/pydata-global-2022/"
    assert found.format == zxingcpp.BarcodeFormat.QRCode


def snippet() -> str:
    """Return the code that organisers are given to embed a list."""
    text = (ROOT / "site" / "pages" / "sprinting" / "organise.md").read_text()
    found = re.search(r"```html\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]


def test_another_site_embeds_the_list_with_the_code_of_the_page(
    host: Host, browser: Browser, project: Project, tmp_path: Path
) -> None:
    write_event(host.folder, project)
    with served(host.folder) as ours:
        page_of_others = tmp_path / "others" / "index.html"
        page_of_others.parent.mkdir()
        page_of_others.write_text(
            "<!doctype html><title>Conference</title>"
            + snippet().replace("https://SITE/sprints/EVENT/", f"{ours}sprints/spring-2030/")
        )
        with served(page_of_others.parent) as theirs, opened(browser) as page:
            assert theirs.split("/")[2] != ours.split("/")[2]
            page.goto(theirs)
            expect(page.locator("#free li")).to_have_count(1)
            expect(page.locator("#free a")).to_have_text("Say what `load` reads (starter, 45 minutes)")
            expect(page.locator("#free a")).to_have_attribute(
                "href", "https://github.com/example/array-tools/issues/12"
            )
