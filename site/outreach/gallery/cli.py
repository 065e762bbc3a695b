"""`outreach gallery`: check, list, new, freshness."""

import json
import sys
from pathlib import Path

import click

from outreach.gallery.check import check_gallery, load_gallery
from outreach.gallery.freshness.cli import freshness
from outreach.gallery.new import new
from outreach.paths import Project
from outreach.reading import ProblemsError


@click.group()
def gallery() -> None:
    """Check, list and add gallery entries.

    \b
    Examples:
      outreach gallery check                        check every entry
      outreach gallery check gallery_data/my-data   check one
      outreach gallery new                          add one, question by question
      outreach gallery freshness                    ask every link and public store
    """


@gallery.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
def check(paths: tuple[Path, ...], as_json: bool) -> None:
    """Check the entries at PATHS (default: all) and report everything that is wrong with them.

    \b
    Examples:
      outreach gallery check
      outreach gallery check gallery_data/blue-marble-globe
      outreach gallery check --json
    """
    checked = check_gallery(Project.find(), paths or None)
    if as_json:
        report = {
            "entries": len(checked.entries),
            "problems": [problem.as_dict() for problem in checked.problems],
        }
        click.echo(json.dumps(report, indent=2, ensure_ascii=False))
        if checked.problems:
            sys.exit(1)
        return
    if checked.problems:
        raise ProblemsError(checked.problems)
    count = len(checked.entries)
    pictures = sum(entry.picture is not None for entry in checked.entries)
    samples = sum(entry.sample is not None for entry in checked.entries)
    noun = "entry" if count == 1 else "entries"
    click.echo(
        f"{count} {noun} checked, {pictures} with a picture, {samples} with a sample; nothing to put right"
    )


@gallery.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the list as JSON.")
def list_entries(as_json: bool) -> None:
    """List every entry, as the gallery shows them.

    \b
    Examples:
      outreach gallery list
      outreach gallery list --json
    """
    entries = load_gallery(Project.find())
    if as_json:
        fields = ("slug", "title", "kind", "domain", "url", "zarr_format", "added")
        rows = [{name: getattr(entry, name) for name in fields} for entry in entries]
        click.echo(json.dumps(rows, indent=2, ensure_ascii=False))
        return
    width = max((len(entry.slug) for entry in entries), default=0)
    for entry in entries:
        click.echo(f"{entry.slug:<{width}}  {entry.kind:<9}  {entry.domain:<16}  {entry.title}")


gallery.add_command(new)
gallery.add_command(freshness)
