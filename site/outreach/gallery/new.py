"""`outreach gallery new`: from answers or options to a checked folder of the gallery."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.markup import escape

from outreach.console import progress
from outreach.errors import OutreachError, explained
from outreach.gallery.adding import add_entry, choose_folder, picture_suffix, staged_entry
from outreach.gallery.fields import Field, assemble, fields
from outreach.gallery.preview import write_preview
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.questions import Answers, ask, ask_once_more
from outreach.paths import Project
from outreach.reading import Document, ProblemsError

# How the files of an entry are named in its folder.
FIXED = {("sample", "path"): "sample.zarr", ("sample", "script"): "make.py", ("licence_file",): "LICENSE.txt"}
# The schema speaks of the files in the folder; an option names those that are copied into it.
COPIED = {
    "--picture": "A picture that is free to publish, WebP, PNG or JPEG; it is copied.",
    "--sample": "A small Zarr array or OME-Zarr image to open in the page; it is copied, its facts are read.",
    "--sample-script": "The script that made the sample, make.py beside it by default; it is copied.",
    "--licence-file": "The text of a licence that demands it beside copies; it is copied.",
}


def _field_options[F: Callable[..., None]](command: F) -> F:
    """Give `command` one option for each field of the schema."""
    for field in reversed(fields()):
        several = field.is_list
        metavar = {"rows": '"' + " | ".join(field.columns).upper() + '"', "lengths": "N,N,…"}.get(field.kind)
        kind = click.Path(exists=True, path_type=Path) if field.kind == "file" else str
        note = "; repeat for several" if several else ""
        said = COPIED.get(field.option, f"{field.description}{note}.")
        command = click.option(
            field.option, field.key, multiple=several, metavar=metavar, type=kind,
            help=said,
        )(command)  # fmt: skip
    return command


@click.command()
@click.option("--slug", help="Name of the folder; made from the title otherwise.")
@_field_options
@click.option("--dry-run", is_flag=True, help="Print the entry, write nothing.")
@click.option("--no-questions", is_flag=True, help="Never ask; what is not given is not recorded.")
def new(dry_run: bool, no_questions: bool, slug: str | None, **given: Any) -> None:
    """Add an entry: answer the questions, or give the answers as options.

    \b
    Examples:
      outreach gallery new
      outreach gallery new --title "Ocean colour" --url https://example.org/ocean --dry-run
      outreach gallery new --picture ~/ocean.png --sample ~/ocean.zarr --sample-script ~/make.py
      outreach gallery new --link "Documentation | https://example.org/docs" --array-shape 4096,4096
    """
    project = Project.find()
    answers = read_options(given)
    if not no_questions:
        answers = ask(answers)
    folder = _folder(project, answers, slug, ask_again=not no_questions)
    while True:
        data, files = draft(answers)
        try:
            if dry_run:
                with staged_entry(project, folder, Document("", data, {}), files) as staged:
                    click.echo((staged / "entry.yaml").read_text("utf-8"), nl=False)
                return
            add_entry(project, folder, Document("", data, {}), files)
            break
        except ProblemsError as error:
            said = "\n".join(map(_as_option, error.problems))
            wrong = {field.path for each in error.problems if (field := field_of(each.field))}
            if no_questions or not wrong:
                raise OutreachError(said) from error
            # What only shows in the whole, such as an address that is taken, is asked again; nothing is lost.
            click.echo(f"\n{said}", err=True)
            answers = ask_once_more(answers, wrong)
    click.echo(f"wrote {project.relative(folder)}")
    try:
        page = write_preview(project, folder)
        progress.print(f"its preview is {page.as_uri()}", soft_wrap=True)
    except (OutreachError, OSError) as error:
        # The entry is there and passes the check, with or without a picture of its page.
        progress.print(f"no preview: {escape(explained(error))}", soft_wrap=True)
    click.echo(_next_steps(project.relative(folder)))


def _folder(project: Project, answers: Answers, slug: str | None, *, ask_again: bool) -> Path:
    while True:
        try:
            return choose_folder(project, answers.get(("title",)) or "", slug)
        except OutreachError as error:
            if not ask_again:
                raise
            click.echo(f"\n{error}", err=True)
            slug = click.prompt("Name of the folder", err=True)


def read_options(given: Mapping[str, Any]) -> Answers:
    """Return the values of the options that were given, by the paths of their fields."""
    answers: Answers = {}
    for field in fields():
        value = given[field.key]
        if value is None or value == ():
            continue
        if field.kind != "file":
            value = field.read(value if field.is_list else [value])
        if value is not None:
            answers[field.path] = value
    return answers


def draft(answers: Answers) -> tuple[dict[str, Any], dict[str, Path]]:
    """Return an entry's data, and which files belong beside it under which name."""
    values = dict(answers)
    today = datetime.now(UTC).date().isoformat()
    values.setdefault(("added",), today)
    files: dict[str, Path] = {}
    for field in fields():
        given = values.get(field.path)
        if field.kind == "file" and isinstance(given, Path):
            name = FIXED.get(field.path) or f"picture{picture_suffix(given)}"
            values[field.path] = name
            files[name] = given
    sample = files.get("sample.zarr")
    if sample:
        _add_facts(values, sample)
        beside = sample.resolve().parent / "make.py"
        if "make.py" not in files and beside.is_file():
            files["make.py"] = beside
        values["sample", "script"] = "make.py"
    title, url = values.get(("title",)), values.get(("url",))
    if not values.get(("sources",)):
        found_in = f"{title or 'The entry'}, the page"
        values["sources",] = [{"found_in": found_in, "url": url, "commit": None, "date": values["added",]}]
    return assemble(values), files


def _add_facts(values: Answers, sample: Path) -> None:
    """Fill in what the metadata of `sample` say and nobody said; the check compares the rest."""
    try:
        pyramid = read_pyramid(sample)
    except OutreachError:
        return  # the check says it, at the sample
    layout = pyramid.finest
    stored: dict[str, Any] = {
        "name": pyramid.name,
        "shape": list(layout.shape),
        "chunks": list(layout.chunks),
        "shards": list(layout.shards) if layout.shards else None,
        "dtype": layout.dtype,
        "codecs": list(layout.codecs),
        "dims": list(pyramid.axes) if pyramid.axes else None,
        "source": "the metadata in sample.zarr",
    }
    for name, value in stored.items():
        values.setdefault(("array", name), value)
    if values.get(("zarr_format",)) is None:
        values["zarr_format",] = layout.zarr_format


def _as_option(problem: Any) -> str:
    """Return a problem as who gave options or answers reads it: with the option in place of file and line."""
    field = field_of(problem.field)
    return f"{field.option}: {problem.message}" if field else problem.message


def field_of(name: str) -> Field | None:
    """Return the field that a message names, for example that of links for `links[0].url`."""
    plain = tuple(step.partition("[")[0] for step in name.split("."))
    known: dict[tuple[str, ...], Field] = {each.path: each for each in fields()}
    for length in range(len(plain), 0, -1):
        if plain[:length] in known:
            return known[plain[:length]]
    return None


def _next_steps(folder: str) -> str:
    return f"""
Next:
  1. look at the preview in a browser, and put right in {folder}/entry.yaml what you do not like
  2. uv run --no-default-groups --package outreach outreach gallery check {folder}
  3. git add {folder}, commit, and open a pull request"""
