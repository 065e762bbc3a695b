"""`outreach generate` and `outreach build`: entries, sprints and results become pages; pages become the site.

Steps: generate the three parts, write what changed, bundle the browser modules, let MkDocs build into a
neighbouring folder, and move the result into place. A failure in any step leaves the last good site alone.
"""

import os
import shutil
from pathlib import Path

import click

from outreach import hero
from outreach.bundle import bundle
from outreach.console import progress, step
from outreach.door_cards import door_cards
from outreach.home import home_facts
from outreach.paths import Project
from outreach.rendering import render
from outreach.writing import Output


def generate_pages(project: Project, *, site_url: str | None = None) -> None:
    """Write every generated page and the live facts of the home page; nothing at all if any part fails."""
    from outreach.benches.pages import generate_benchmarks
    from outreach.gallery.pages import generate_gallery
    from outreach.sprints.pages import generate_sprints

    folders = {name: Output(project.pages / name) for name in ("gallery", "sprints", "benchmarks")}
    with step("gallery") as remarks:
        gallery = generate_gallery(project, folders["gallery"])
        remarks.append(f"{gallery.entries} entries")
    with step("sprints") as remarks:
        sprints = generate_sprints(project, folders["sprints"], site_url=site_url)
        remarks.append(f"{sprints.issues} issues, {sprints.events} event{'' if sprints.events == 1 else 's'}")
    with step("benchmarks") as remarks:
        benchmarks = generate_benchmarks(project, folders["benchmarks"])
        remarks.append(f"measured {benchmarks.measured[:10]}" if benchmarks.measured else "no results")
    home = Output(project.theme / "generated")
    home.add("home_facts.html", home_facts(gallery, sprints, benchmarks))
    home.add("hero.html", hero.hero_svg() + "\n" + hero.counter_html() + "\n")
    for name, card in door_cards(project.pictures_cache).items():
        home.add(name, card)
    outputs = [*folders.values(), home]
    with step("write") as remarks:
        written = sum(output.finish() for output in outputs)
        remarks.append(f"{written} of {sum(len(output.files) for output in outputs)} files changed")


def build_site(project: Project, *, site_url: str | None = None, site: Path | None = None) -> None:
    """Generate, bundle and render into `site` (default: build/site), which is replaced only on success."""
    site = site or project.built_site
    generate_pages(project, site_url=site_url or os.environ.get("SITE_URL"))
    with step("browser modules") as remarks:
        count, kilobytes = bundle(project)
        remarks.append(f"{count} files, {kilobytes:.1f} kB gzipped")
    staging = site.with_name(f".{site.name}-next")
    shutil.rmtree(staging, ignore_errors=True)
    try:
        with step("mkdocs --strict") as remarks:
            pages = render(project, staging, site_url=site_url)
            remarks.append(f"{pages} pages")
        promote(staging, site)
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def promote(staging: Path, site: Path) -> None:
    """Move every file of `staging` into `site` and remove what `staging` lacks; no file is half there."""
    wanted = {path.relative_to(staging) for path in staging.rglob("*") if path.is_file()}
    for name in sorted(wanted):
        target = site / name
        if target.is_dir():
            shutil.rmtree(target)
        if not target.parent.is_dir():
            _make_folder(target.parent)
        (staging / name).replace(target)
    for path in sorted(site.rglob("*"), reverse=True):
        if path.is_dir():
            if not any(path.iterdir()):
                path.rmdir()
        elif path.relative_to(site) not in wanted:
            path.unlink()


def _make_folder(folder: Path) -> None:
    for above in (folder, *folder.parents):
        if above.is_file():
            above.unlink()
            break
    folder.mkdir(parents=True)


@click.command()
def generate() -> None:
    """Turn gallery entries, sprint lists and benchmark results into pages under site/pages.

    \b
    Example:
      outreach generate
    """
    generate_pages(Project.find(), site_url=os.environ.get("SITE_URL"))


@click.command()
@click.option("--site-url", metavar="URL", help="The address the site will have  [default: SITE_URL].")
def build(site_url: str | None) -> None:
    """Build the whole site into build/site.

    \b
    Examples:
      outreach build
      outreach build --site-url https://example.org/beautiful-zarr/
    """
    project = Project.find()
    build_site(project, site_url=site_url)
    progress.print(f"built {project.relative(project.built_site)}/index.html")
