"""`outreach gallery from-form`: the filled issue form becomes an entry.

GitHub writes the answers as Markdown, a heading of the third level before each. The body is written by
strangers: it is read line by line, never as Markdown, and what could hide something from those who read it
on GitHub is refused.
"""

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from outreach.errors import OutreachError
from outreach.gallery.adding import add_entry, choose_folder, staged_entry
from outreach.gallery.fields import Field
from outreach.gallery.new import draft
from outreach.gallery.questions import Answers
from outreach.gallery.templates import FILES, form_fields, must_be_answered
from outreach.paths import Project
from outreach.reading import MAX_BYTES, Document, Place, Problem, ProblemsError, Step, decode

# What GitHub writes where nothing was answered; "None" stood in dropdowns once.
EMPTY = ("_No response_", "None")
HEADING = re.compile(r"### (.*\S)\s*")
# Lines that GitHub shows otherwise than they stand here.
FENCE = re.compile(r"\s{0,3}(```|~~~)")
COMMENT = "<!--"


@dataclass(frozen=True, slots=True)
class Answer:
    """The text under one heading: its lines that are not blank, with their numbers."""

    heading_line: int
    lines: tuple[tuple[int, str], ...]


def read_form(body: bytes, file: str) -> tuple[Answers, dict[tuple[Step, ...], Place]]:
    """Return the answers in `body` and where they stand; `file` names it in messages.

    Raises
    ------
    ProblemsError
        If it is too long, not UTF-8, not what the form gives, or holds what GitHub would not show.
    """
    if len(body) > MAX_BYTES:
        message = f"expected at most {MAX_BYTES // 1024} kB, found more; the form asks for a few sentences"
        raise ProblemsError((Problem(file, 1, 1, "", message),))
    text = decode(body, file)
    by_label = {field.label: field for field in form_fields()}
    problems: list[Problem] = []
    sections = _sections(text, file, by_label, problems)
    if problems:
        raise ProblemsError(tuple(sorted(problems)[:20]))
    answers: Answers = {}
    marks: dict[tuple[Step, ...], Place] = {}
    for label, answer in sections.items():
        field = by_label[label]
        value = field.read(_texts(field, answer))
        marks.update(_marks(field, answer))
        if value is not None:
            answers[field.path] = value
    return answers, marks


def _sections(
    text: str, file: str, by_label: Mapping[str, Field], problems: list[Problem]
) -> dict[str, Answer]:
    found: dict[str, Answer] = {}
    label = None
    for number, line in enumerate(text.split("\n"), 1):
        heading = HEADING.fullmatch(line)
        mistake = None
        if heading:
            label = heading[1]
            mistake = _heading_mistake(label, by_label, found)
            found.setdefault(label, Answer(number, ()))
        elif FENCE.match(line):
            mistake = f"expected plain text, found a fence of code, {line.strip()[:20]!r}; remove the line"
        elif COMMENT in line:
            mistake = (
                f"expected text that GitHub shows, found {COMMENT!r}, which hides it; remove the comment"
            )
        elif line.strip() and label is None:
            mistake = f"expected a heading of the form, found {line.strip()[:40]!r}; begin with '### Title'"
        elif line.strip() and label is not None:
            found[label] = Answer(found[label].heading_line, (*found[label].lines, (number, line.strip())))
        if mistake:
            problems.append(Problem(file, number, 1, "", mistake))
    return found


def _heading_mistake(label: str, by_label: Mapping[str, Field], found: Mapping[str, Answer]) -> str | None:
    if label in found and label in by_label:
        first = found[label].heading_line
        return (
            f"expected each heading once, found {label!r} again (first on line {first}); remove one of them"
        )
    if label not in by_label:
        near = get_close_matches(label, by_label, n=1, cutoff=0.6)
        fix = f"did you mean '### {near[0]}'?" if near else "write it as a sentence"
        return f"expected a heading of the form, found {label[:60]!r}; {fix}"
    return None


def _texts(field: Field, answer: Answer) -> list[str]:
    lines = [text for _, text in answer.lines]
    if len(lines) == 1 and lines[0] in EMPTY:
        return []
    # Lines of a long answer are one paragraph; the checker counts its characters.
    return lines if field.is_list else [" ".join(" ".join(lines).split())]


def _marks(field: Field, answer: Answer) -> Iterator[tuple[tuple[Step, ...], Place]]:
    first = answer.lines[0][0] if answer.lines else answer.heading_line
    yield field.path, (first, 1)
    if field.is_list:
        for index, (number, _) in enumerate(answer.lines):
            yield (*field.path, index), (number, 1)


@click.command("from-form")
@click.argument(
    "form", metavar="FILE", type=click.Path(exists=True, dir_okay=False, allow_dash=True, path_type=Path)
)
@click.option("--slug", help="Name of the folder; made from the title otherwise.")
@click.option(
    "--picture", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The picture that was dropped into the form, downloaded.",
)  # fmt: skip
@click.option("--no-picture", is_flag=True, help="Leave out the picture that the form describes.")
@click.option(
    "--licence-file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The text of the picture's licence, where it demands it beside copies.",
)  # fmt: skip
@click.option("--added", help="The day of adding; today otherwise.")
@click.option("--dry-run", is_flag=True, help="Print the entry, write nothing.")
def from_form(
    form: Path,
    slug: str | None,
    picture: Path | None,
    licence_file: Path | None,
    added: str | None,
    *,
    no_picture: bool,
    dry_run: bool,
) -> None:
    """Turn the filled issue form in FILE, or standard input for -, into an entry: one folder, nothing else.

    \b
    Examples:
      outreach gallery from-form issue.md --dry-run
      outreach gallery from-form issue.md --picture ~/Downloads/ocean.png
      gh issue view 123 --json body --jq .body | outreach gallery from-form -
    """
    project = Project.find()
    name = "form" if str(form) == "-" else form.name
    answers, marks = read_form(_read(form), name)
    _settle_picture(answers, picture, leave_out=no_picture)
    if licence_file:
        answers["licence_file",] = licence_file
    answers["added",] = added or datetime.now(UTC).date().isoformat()
    folder = choose_folder(project, str(answers.get(("title",), "")), slug)
    data, files = draft(answers)
    document = Document(name, data, marks)
    try:
        if dry_run:
            with staged_entry(project, folder, document, files) as staged:
                click.echo((staged / "entry.yaml").read_text("utf-8"), nl=False)
            return
        add_entry(project, folder, document, files)
    except ProblemsError as error:
        raise ProblemsError(tuple(_in_words_of_the_form(each, answers) for each in error.problems)) from error
    click.echo(f"wrote {project.relative(folder)}; look at it with outreach gallery preview {folder.name}")


def _in_words_of_the_form(problem: Problem, answers: Answers) -> Problem:
    """Return a problem that tells of a missing answer by its heading; the checker speaks of YAML."""
    for field in form_fields():
        if (problem.field,) == field.path and must_be_answered(field) and field.path not in answers:
            message = f"expected an answer below '### {field.label}', found none; write it there"
            return replace(problem, message=message)
    return problem


def _read(form: Path) -> bytes:
    if str(form) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1)
    with form.open("rb") as handle:
        return handle.read(MAX_BYTES + 1)


def _settle_picture(answers: Answers, picture: Path | None, *, leave_out: bool) -> None:
    """Put the downloaded picture in place of the form's link to it, or say that it is missing."""
    about: dict[tuple[str, ...], Any] = {path: answers[path] for path in answers if path[0] == "picture"}
    if picture and leave_out:
        raise click.UsageError("expected --picture or --no-picture, found both; choose one")
    if leave_out:
        for path in about:
            del answers[path]
    elif picture:
        answers[FILES[0]] = picture
    elif about:
        raise OutreachError(
            "expected the picture that the form describes, found no file; "
            "download it and add --picture FILE, or leave it out with --no-picture"
        )
