"""Building: nothing is written when a part fails, the last good site stays, warnings are one message."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from outreach import build, hero, rendering
from outreach.benches.pages import BenchmarkFacts
from outreach.door_cards import DOORS
from outreach.errors import OutreachError
from outreach.gallery.pages import GalleryFacts, Picture
from outreach.home import home_facts
from outreach.paths import Project
from outreach.sprints.pages import SprintFacts
from outreach.writing import Output

GALLERY = GalleryFacts(
    entries=1,
    kinds=1,
    domains=2,
    pictures=(
        Picture(
            slug="sun",
            title="The <Sun> {{ config }}",
            alt='a "disc"',
            src="gallery/sun/picture-640.webp",
            srcset_avif="gallery/sun/picture-640.avif 640w",
            srcset_webp="gallery/sun/picture-640.webp 640w",
            width=640,
            height=480,
        ),
    ),
)
SPRINTS = SprintFacts(
    events=1,
    issues=46,
    slug="pydata-global-2022",
    title="Zarr sprint",
    start="2022-12-01T17:00:00+00:00",
    end="2022-12-03T18:00:00+00:00",
    bounds=None,
)
BENCHMARKS = BenchmarkFacts(
    headline="256 random rows: 1,234 × faster",
    statement="faster at 256 random rows",
    ratio=1234.5,
    spread="2.0 to 1,200 × in 3 of 4 layouts, no clear difference in 1",
    machine="Z80, 1 core, files already in memory",
    measured="2026-11-22",
    url="benchmarks/",
)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    for name in ("gallery_data", "site/pages", "site/theme"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "mkdocs.yml").write_text(
        "site_name: x\ndocs_dir: site/pages\nstrict: true\nplugins: []\n", encoding="utf-8"
    )
    return Project(tmp_path)


def good_part(name: str) -> object:
    facts = {"gallery": GALLERY, "sprints": SPRINTS, "benchmarks": BENCHMARKS}[name]

    def generate(_: Project, output: Output, **__: object) -> object:
        output.add("index.md", f"# {name}\n")
        return facts

    return generate


def bad_part(_: Project, __: Output) -> object:
    raise OutreachError("benchmarks/results/m/r.json: expected a result, found none")


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.gallery.pages.generate_gallery", good_part("gallery"))
    monkeypatch.setattr("outreach.sprints.pages.generate_sprints", good_part("sprints"))
    monkeypatch.setattr("outreach.benches.pages.generate_benchmarks", good_part("benchmarks"))
    monkeypatch.setattr(
        "outreach.figures.drawing.draw_figures", lambda _: {"figures/a.html": "<figure></figure>"}
    )


@pytest.mark.usefixtures("parts")
def test_generate_writes_the_parts_and_the_facts_of_the_home_page(project: Project) -> None:
    build.generate_pages(project)
    paths = {path.relative_to(project.root).as_posix() for path in project.root.rglob("*") if path.is_file()}
    made = {path for path in paths if not path.startswith("build/cache/")}
    assert made == {
        "mkdocs.yml",
        *(f"site/theme/generated/cards/{name}.png" for name in DOORS),
        "site/pages/gallery/index.md",
        "site/pages/sprints/index.md",
        "site/pages/benchmarks/index.md",
        "site/theme/generated/figures/a.html",
        "site/theme/generated/hero.html",
        "site/theme/generated/home_facts.html",
    }


@pytest.mark.usefixtures("parts")
def test_one_failing_part_and_nothing_is_written(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("outreach.benches.pages.generate_benchmarks", bad_part)
    with pytest.raises(OutreachError, match="expected a result"):
        build.generate_pages(project)
    assert list(project.pages.iterdir()) == []
    assert list(project.theme.iterdir()) == []


@pytest.mark.usefixtures("parts")
def test_an_unchanged_page_keeps_its_time(project: Project) -> None:
    build.generate_pages(project)
    page = project.pages / "gallery" / "index.md"
    os.utime(page, (1, 1))
    build.generate_pages(project)
    assert page.stat().st_mtime == 1


def test_titles_reach_the_home_page_as_text_only() -> None:
    html = home_facts(GALLERY, SPRINTS, BENCHMARKS)
    assert "The &lt;Sun&gt; &#123;&#123; config &#125;&#125;" in html
    assert 'alt="a &quot;disc&quot;"' in html
    assert "{" not in html
    assert "}" not in html


def test_home_facts_are_told_as_people_say_them() -> None:
    html = home_facts(GALLERY, SPRINTS, BENCHMARKS)
    assert "<b>1</b>&nbsp;entry" in html
    assert "<b>2</b>&nbsp;fields" in html
    assert "1 to 3 December 2022" in html
    assert "1,234&thinsp;&times;</span>faster at 256 random rows</p>" in html
    assert "<p>2.0 to 1,200 × in 3 of 4 layouts, no clear difference in 1.</p>" in html
    assert BENCHMARKS.headline not in html
    assert ">22 November 2026</time>\n<span>Z80, 1 core, files already in memory</span>" in html


def test_the_home_page_names_the_next_sprint_or_says_that_none_is_announced() -> None:
    none = home_facts(GALLERY, SPRINTS, BENCHMARKS)
    assert "No sprint is announced. The last was" in none
    assert "data-bz-event" not in none
    bounds = ("2022-12-01T17:00:00+00:00", "2022-12-03T18:00:00+00:00")
    announced = home_facts(GALLERY, replace(SPRINTS, bounds=bounds), BENCHMARKS)
    assert f'data-bz-event data-starts="{bounds[0]}" data-ends="{bounds[1]}">Next: <time' in announced
    assert "No sprint" not in announced


def test_home_page_without_results_says_so_and_names_no_day() -> None:
    headline = "No benchmark results in this checkout"
    nothing = BenchmarkFacts(headline, headline, None, "", "", "")
    html = home_facts(GALLERY, SPRINTS, nothing)
    assert "No benchmark results in this checkout" in html
    assert "measured" not in html


def test_the_counters_of_the_drawing_follow_from_its_layout() -> None:
    touched = {
        (i, j)
        for i in range(40)
        for j in range(40)
        if i + 1 > 10.75 and i < 14.25 and j + 1 > 18.25 and j < 22.75
    }
    assert set(hero.FRAME.touched()) == touched
    assert hero.MOSAIC.stored == 8 * 40 * 40 * 1024 * 1024 * 2 == 25 * 2**30
    assert f"<dd data-bz-read>{2 * len(touched)} MiB</dd>" in hero.counter_html()
    assert "<dd>25 GiB</dd>" in hero.counter_html()
    assert hero.hero_svg() == hero.hero_svg()
    assert hero.hero_svg().count("bz-hero__left") == len(touched)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1024, "1 KiB"), (2**20 - 1, "1 MiB"), (33_030_144, "31.5 MiB")],
)
def test_bytes_are_told_in_three_digits(count: int, text: str) -> None:
    assert hero.binary(count) == text


def test_a_page_that_warns_is_one_message_and_no_site(project: Project, tmp_path: Path) -> None:
    (project.pages / "index.md").write_text("# Home\n\n[gone](gone.md)\n", encoding="utf-8")
    with pytest.raises(OutreachError, match=r"without a warning, found 1:\n.*'gone.md'"):
        rendering.render(project, tmp_path / "out")


def test_a_good_page_is_built_and_counted(project: Project, tmp_path: Path) -> None:
    (project.pages / "index.md").write_text("# Home\n", encoding="utf-8")
    assert rendering.render(project, tmp_path / "out", site_url="http://127.0.0.1:1/x/") == 2
    assert "http://127.0.0.1:1/x/" in (tmp_path / "out" / "sitemap.xml").read_text(encoding="utf-8")


def test_a_failed_build_keeps_the_last_good_site(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> int:
        raise OutreachError("expected a page, found none")

    monkeypatch.setattr(build, "generate_pages", lambda _, **__: None)
    monkeypatch.setattr(build, "bundle", lambda _: (1, 1.0))
    monkeypatch.setattr(build, "render", broken)
    project.built_site.mkdir(parents=True)
    (project.built_site / "index.html").write_text("good", encoding="utf-8")
    with pytest.raises(OutreachError):
        build.build_site(project)
    assert [path.name for path in project.built_site.parent.iterdir()] == ["site"]
    assert (project.built_site / "index.html").read_text(encoding="utf-8") == "good"


def test_promoting_replaces_adds_and_removes(tmp_path: Path) -> None:
    staging, site = tmp_path / "next", tmp_path / "site"
    for folder, files in (
        (site, ("a", "gone/b", "was-folder/c", "was-file")),
        (staging, ("a", "was-folder", "was-file/d")),
    ):
        for name in files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(f"{folder.name}/{name}", encoding="utf-8")
    build.promote(staging, site)
    left = {path.relative_to(site).as_posix(): path.read_text() for path in site.rglob("*") if path.is_file()}
    assert left == {"a": "next/a", "was-folder": "next/was-folder", "was-file/d": "next/was-file/d"}
    assert not (site / "gone").exists()


def test_the_epoch_is_that_of_the_last_commit_and_a_given_one_wins(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with rendering.settled_environment(Project.find(Path(__file__))):
        assert int(os.environ["SOURCE_DATE_EPOCH"]) > 1_600_000_000
    assert "SOURCE_DATE_EPOCH" not in os.environ
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "7")
    with rendering.settled_environment(project):
        assert os.environ["SOURCE_DATE_EPOCH"] == "7"
    assert os.environ["SOURCE_DATE_EPOCH"] == "7"
