"""`outreach gallery`: check and list; the other commands have modules of their own."""

import json
import sys
from pathlib import Path
from typing import ClassVar

import click

from outreach.gallery.changed import changed_in_gallery
from outreach.gallery.check import check_gallery, load_gallery
from outreach.gallery.comment import comment_text, report_of
from outreach.groups import Commands
from outreach.paths import Project
from outreach.reading import ProblemsError


class GalleryCommands(Commands):
    """The commands below, and others: checking needs nothing of what draws pages."""

    elsewhere: ClassVar = {
        "new": ("outreach.gallery.new", "new"),
        "preview": ("outreach.gallery.preview", "preview"),
        "from-form": ("outreach.gallery.from_form", "from_form"),
        "templates": ("outreach.gallery.templates", "templates"),
        "freshness": ("outreach.gallery.freshness.cli", "freshness"),
    }


@click.group(cls=GalleryCommands)
def gallery() -> None:
    """Check, list, add and preview gallery entries.

    \b
    Examples:
      outreach gallery check                        check every entry
      outreach gallery check gallery_data/my-data   check one
      outreach gallery new                          add one, question by question
      outreach gallery preview my-data              show its page
      outreach gallery freshness                    ask every link and public store
    """


@gallery.command()
@click.argument("paths", nargs=-1, type=click.Path(exists=True, path_type=Path))
@click.option("--changed-since", metavar="COMMIT", help="Check what changed since COMMIT, by Git.")
@click.option("--json", "as_json", is_flag=True, help="Print the problems as JSON.")
@click.option("--markdown", is_flag=True, help="Print the report as a comment for a pull request.")
def check(paths: tuple[Path, ...], changed_since: str | None, *, as_json: bool, markdown: bool) -> None:
    """Check the entries at PATHS (default: all) and report everything that is wrong with them.

    \b
    Examples:
      outreach gallery check
      outreach gallery check gallery_data/blue-marble-globe
      outreach gallery check --changed-since origin/main --markdown
      outreach gallery check --json
    """
    project = Project.find()
    if changed_since is not None:
        if paths:
            raise click.UsageError("expected PATHS or --changed-since, found both; leave one out")
        paths = changed_in_gallery(project, changed_since)
    checked = check_gallery(project, paths if paths or changed_since else None)
    if as_json or markdown:
        report = report_of(checked)
        text = comment_text(report) if markdown else json.dumps(report, indent=2, ensure_ascii=False)
        click.echo(text, nl=not markdown)
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
