"""What a page says of its links and its store."""

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from outreach.gallery.freshness.records import Freshness, Link, Trail
from outreach.gallery.freshness.snapshot import save_freshness
from outreach.gallery.pages import generate_gallery
from outreach.paths import Project
from outreach.writing import Output
from tests.outreach.gallery import fake_web as fakes
from tests.outreach.gallery.freshness.runs import FIRST, SECOND, THIRD, URLS, store


def page(project: Project, folder: Path) -> str:
    output = Output(folder)
    generate_gallery(project, output)
    return output.files["north-sea-tides/index.md"].decode()


def test_a_page_says_what_is_broken_and_offers_the_archive(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result], tmp_path: Path
) -> None:
    assert 'Links last tried: <span class="bz-unrecorded">not recorded</span>.' in page(project, tmp_path)
    freshness(FIRST)
    fine = page(project, tmp_path)
    assert 'Links last tried: <time datetime="2026-11-15">2026-11-15</time>; 4 answer.' in fine
    assert 'read on <time datetime="2026-11-15">2026-11-15</time>: as written here' in fine
    assert "web.archive.org" not in fine
    web.says(URLS[0], fakes.status(410))
    web.says(URLS[1], fakes.hang_up)
    web.says(URLS[2], fakes.status(403))
    store(tmp_path / "store", (50, 30), (20, 30))
    freshness(SECOND)
    once = page(project, tmp_path)
    assert "1 answers, 1 refuses programs, 2 failed when last tried" in once
    assert "web.archive.org" not in once
    assert "grown since to 50 × 30; chunks there: 20 × 30" in once
    freshness(THIRD)
    twice = page(project, tmp_path)
    assert (
        'This link has led nowhere since <time datetime="2026-11-22">2026-11-22</time>; last tried '
        '<time datetime="2026-11-29">2026-11-29</time>: status 410. <a href="https://web.archive.org/web/20261115/'
        'https://page.example/tides" rel="external noopener">'
    ) in twice
    assert "</time>: no whole answer. <a href" in twice
    assert "https://web.archive.org/web/20261115/https://docs.example/tides" in twice
    assert "1 answers, 1 refuses programs, 2 are broken" in twice
    assert page(project, tmp_path) == twice


def test_a_store_that_stays_away_is_said_on_the_page(
    web: fakes.FakeWeb, project: Project, freshness: Callable[..., Result], tmp_path: Path
) -> None:
    address = "https://store.example/data.zarr/level/.zarray"
    web.says(address, fakes.status(500))
    freshness(FIRST)
    assert 'not read on <time datetime="2026-11-15">2026-11-15</time> (status 500)' in page(project, tmp_path)
    freshness(SECOND)
    assert "no metadata there since <time" in page(project, tmp_path)


def test_text_from_servers_stays_text(project: Project, tmp_path: Path) -> None:
    trail = Trail("unreachable", "2026-11-22", None, "<script>alert(1)</script>", "2026-11-15", None)
    save_freshness(project, Freshness({URLS[0]: Link(URLS[0], trail, None)}))
    assert "<script>alert" not in page(project, tmp_path)
