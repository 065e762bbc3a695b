"""The whole site, built once and served below a sub-path, and a real Chromium to look at it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from outreach.build import build_site
from outreach.paths import Project
from outreach.serving import served

PREFIX = "/beautiful-zarr/"
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

OpenPage = Callable[..., Page]


def find_chromium() -> str | None:
    """Return where a Chromium lies on this machine."""
    return next((found for name in NAMES if (found := which(name))), None)


@pytest.fixture(scope="session")
def project() -> Project:
    return Project.find(Path(__file__))


@pytest.fixture(scope="session")
def site(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the site is built into, once its address is known."""
    folder = tmp_path_factory.mktemp("built") / "site"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def address(project: Project, site: Path) -> Iterator[str]:
    """The address of the site, sub-path included, which the build was told."""
    with served(site, PREFIX) as url:
        build_site(project, site_url=url, site=site)
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = find_chromium()
    if chromium is None:
        pytest.skip(f"found none of {', '.join(NAMES)}: install Chromium to run the browser tests")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield launched
        launched.close()


@pytest.fixture
def visit(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Open a page of the site in a fresh context; afterwards, none may have complained or gone elsewhere."""
    with visiting(browser, address) as open_page:
        yield open_page


@contextmanager
def visiting(browser: Browser, address: str) -> Iterator[OpenPage]:
    """Do what `visit` does, for whatever keeps its pages longer than one test."""
    contexts = []
    complaints: list[str] = []
    requested: list[str] = []

    def open_page(path: str = "", width: int = 1280, height: int = 800, **options: object) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(f"{said.type}: {said.text}"))
        page.on("pageerror", lambda error: complaints.append(f"error: {error}"))
        page.on("request", lambda asked: requested.append(asked.url))
        # What the console says of these names no address.
        page.on(
            "response",
            lambda got: complaints.append(f"error: {got.status} {got.url}") if got.status > 399 else None,
        )
        page.goto(address + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [said for said in complaints if said.startswith(("error", "warning"))] == []
    assert requested
    assert [url for url in requested if not url.startswith((address, "data:", "blob:"))] == []
