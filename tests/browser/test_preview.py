"""The preview of an entry in a browser: complete from one folder, in any direction of writing."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from playwright.sync_api import Browser, Page

from outreach.gallery.preview import write_preview
from outreach.paths import Project
from outreach.reading import parse_yaml
from tests.browser.accessibility import violations
from tests.browser.test_site import TOO_WIDE

pytestmark = pytest.mark.browser

TITLE = "מים גבוהים e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT} \N{WATER WAVE}"
SUMMARY = "تظهر هذه الصورة قاع العين مع الأوعية الدموية التي تخرج من القرص البصري."


@pytest.fixture(scope="module")
def page_file(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The preview of an entry whose title and summary are written from right to left."""
    root = tmp_path_factory.mktemp("preview")
    folder = root / "gallery_data" / "retina-fundus"
    shutil.copytree(project.gallery_data / "retina-fundus", folder)
    (root / "site").mkdir()
    (root / "site" / "theme").symlink_to(project.theme)
    (root / "site" / "browser").symlink_to(project.browser)
    data = parse_yaml((folder / "entry.yaml").read_bytes(), "entry").data | {
        "title": TITLE,
        "summary": SUMMARY,
    }
    (folder / "entry.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")
    return write_preview(Project(root), folder)


@pytest.fixture
def opened(browser: Browser, page_file: Path) -> Iterator[Page]:
    page = browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text))
    page.on("requestfailed", lambda asked: complaints.append(asked.url))
    page.goto(page_file.as_uri(), wait_until="networkidle")
    assert complaints == []
    yield page
    page.close()


def test_the_file_alone_shows_everything(opened: Page) -> None:
    assert opened.locator("img").count() >= 3
    opened.evaluate("document.querySelectorAll('img').forEach(i => i.loading = 'eager')")
    opened.wait_for_load_state("networkidle")
    assert (
        opened.evaluate("[...document.images].filter(i => i.naturalWidth === 0).map(i => i.currentSrc)") == []
    )
    assert opened.locator("h1").inner_text() == TITLE


def test_text_runs_in_its_own_direction_and_the_page_in_ours(opened: Page) -> None:
    direction = "element => getComputedStyle(element).direction"
    assert opened.locator("h1 > span").evaluate(direction) == "rtl"
    assert opened.locator(".bz-lead").evaluate(direction) == "rtl"
    assert opened.locator(".bz-card strong > span").evaluate(direction) == "rtl"
    assert opened.locator("main").evaluate(direction) == "ltr"
    assert opened.locator(".bz-facts").first.evaluate(direction) == "ltr"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_and_axe_finds_nothing(opened: Page, project: Project, width: int, scheme: str) -> None:
    opened.set_viewport_size({"width": width, "height": 844})
    opened.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    assert opened.evaluate(TOO_WIDE) == []
    paper = {"light": "rgb(255, 255, 255)", "dark": "rgb(22, 16, 28)"}[scheme]
    assert opened.evaluate("getComputedStyle(document.body).backgroundColor") == paper
    assert violations(opened, project) == []
