"""The built site as files: hidden ones included, every link resolving, the same bytes each time."""

import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

import pytest
from PIL import Image

import zarr_partial
from outreach.build import build_site
from outreach.paths import Project
from outreach.portable import mistake_in, same_everywhere

pytestmark = pytest.mark.usefixtures("address")

LINKS = {"a": "href", "link": "href", "img": "src", "script": "src", "source": "src", "use": "href"}


class Links(HTMLParser):
    """Collects the ids of a page and what it refers to."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if "id" in given:
            self.ids.add(given["id"])
        if given.get(LINKS.get(tag, "")):
            self.links.add(given[LINKS[tag]])
        for candidate in given.get("srcset", "").split(","):
            if candidate.strip():
                self.links.add(candidate.split()[0])


@pytest.fixture(scope="module")
def pages(site: Path, address: str) -> dict[str, Links]:
    found = {}
    for path in sorted(site.rglob("*.html")):
        name = path.relative_to(site).as_posix()
        found[address + name.removesuffix("index.html")] = Links(path.read_text(encoding="utf-8"))
    return found


def test_there_are_pages_behind_every_door(pages: dict[str, Links], address: str) -> None:
    for door in ("", "gallery/", "benchmarks/", "library/", "sprints/", "contribute/", "404.html"):
        assert address + door in pages
    assert sum(url.startswith(f"{address}gallery/") for url in pages) > 10


def test_every_name_is_one_on_windows_and_macos_too(site: Path) -> None:
    """Whoever unpacks the site there gets all of it."""
    paths = [path.relative_to(site).as_posix() for path in site.rglob("*")]
    assert [mistake for path in paths if (mistake := mistake_in(path))] == []
    assert len(set(map(same_everywhere, paths))) == len(paths)


def test_every_internal_link_and_anchor_resolves(pages: dict[str, Links], site: Path, address: str) -> None:
    broken = set()
    for url, page in pages.items():
        for link in page.links:
            target = urlsplit(urljoin(url, link))
            if f"{target.scheme}://{target.netloc}/" != address.removesuffix("beautiful-zarr/"):
                continue
            bare = target._replace(query="", fragment="").geturl()
            if not bare.startswith(address):
                broken.add(f"{url}: {link} leaves the sub-path")
                continue
            if bare in pages:
                fragment = unquote(target.fragment)
                if fragment and not fragment.startswith(":~:") and fragment not in pages[bare].ids:
                    broken.add(f"{url}: {link} has no such anchor")
            elif not (site / unquote(bare.removeprefix(address))).is_file():
                broken.add(f"{url}: {link} leads nowhere")
    assert broken == set()


def test_outside_links_are_https(pages: dict[str, Links], address: str) -> None:
    outside = {
        link
        for page in pages.values()
        for link in page.links
        if re.match(r"[a-z]+:", link) and not link.startswith((address, "mailto:"))
    }
    assert outside
    assert {link for link in outside if not link.startswith("https://")} == set()


def test_hidden_files_of_samples_arrive(site: Path, project: Project) -> None:
    made = {
        path.relative_to(project.pages) for path in project.pages.glob("gallery/**/.z*") if path.is_file()
    }
    assert made, "expected a Zarr v2 sample in the gallery"
    assert {name for name in made if not (site / name).is_file()} == set()


def test_two_builds_give_the_same_bytes(site: Path, project: Project, address: str, tmp_path: Path) -> None:
    def digests(folder: Path) -> dict[str, str]:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    again = tmp_path / "again"
    build_site(project, site_url=address, site=again)
    assert digests(again) == digests(site)


def test_no_page_speaks_of_the_machine_that_built_it(site: Path, project: Project) -> None:
    found = set()
    for path in site.rglob("*"):
        if path.suffix in {".html", ".json", ".js", ".xml", ".svg", ".csv"}:
            text = path.read_text(encoding="utf-8")
            found |= {path.name for marker in (str(project.root), str(Path.home()) + "/") if marker in text}
    assert found == set()


def test_every_page_has_one_first_heading_and_a_description(site: Path) -> None:
    wrong = set()
    for path in site.rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        if len(re.findall(r"<h1[\s>]", text)) != 1 or '<meta name="description" content="' not in text:
            wrong.add(path.relative_to(site).as_posix())
    assert wrong == set()


def test_titles_are_there_and_tell_the_pages_of_a_door_apart(site: Path) -> None:
    titles: dict[tuple[str, str], list[str]] = {}
    for path in sorted(site.rglob("*.html")):
        found = re.search(r"<title>([^<]*)</title>", path.read_text(encoding="utf-8"))
        name, title = path.relative_to(site).as_posix(), found[1].strip() if found else ""
        assert title, name
        titles.setdefault((name.partition("/")[0], title), []).append(name)
    assert {title: names for title, names in titles.items() if len(names) > 1} == {}


def test_it_is_said_that_this_is_a_community_project(site: Path, project: Project) -> None:
    said = "community project, not an official Zarr site"
    silent = {
        path.relative_to(site).as_posix()
        for path in site.rglob("*.html")
        if said not in path.read_text(encoding="utf-8").partition("<footer")[2]
    }
    assert silent == set()
    home = (site / "index.html").read_text(encoding="utf-8").partition("<footer")[0]
    for text in (
        home,
        (site / "maintaining" / "index.html").read_text(encoding="utf-8").partition("<footer")[0],
        (project.root / "CONTRIBUTING.md").read_text(encoding="utf-8"),
        (project.root / "README.md").read_text(encoding="utf-8"),
    ):
        assert said in re.sub(r"\s+", " ", text)


def test_every_page_has_a_card_to_be_shared_with(site: Path, address: str) -> None:
    cards: dict[str, tuple[int, int]] = {}
    for path in site.rglob("index.html"):
        text = path.read_text(encoding="utf-8")
        found = dict(re.findall(r'<meta property="og:([a-z_]+)" content="([^"]+)">', text))
        assert {"title", "description", "url", "image"} <= set(found), path
        assert found["url"] == address + path.relative_to(site).as_posix().removesuffix("index.html"), path
        image = found["image"]
        assert image.startswith(address), path
        if image not in cards:
            with Image.open(site / image.removeprefix(address)) as card:
                cards[image] = card.size
    assert set(cards.values()) == {(1200, 630)}
    assert len(cards) > 100


def test_the_reference_has_every_public_name(site: Path) -> None:
    ids = Links((site / "library" / "reference" / "index.html").read_text(encoding="utf-8")).ids
    assert {name for name in zarr_partial.__all__ if f"zarr_partial.{name}" not in ids} == set()
