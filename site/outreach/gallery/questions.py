"""The questions of `outreach gallery new`: each answer is checked at once, by the rule of its field.

What everybody knows is asked first. Picture, sample, the facts of an array and what is rarely known follow,
each group only if one says so.
"""

import json
import re
from collections.abc import Callable, Collection, Iterable
from pathlib import Path
from typing import Any

import click

from outreach.errors import OutreachError
from outreach.gallery.adding import picture_suffix
from outreach.gallery.check import checker
from outreach.gallery.fields import SEPARATOR, Field, assemble, fields
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.rules import FORMATS, picture_mistake, sample_size_mistake
from outreach.reading import field_name, parse_yaml

ALWAYS = ("title", "url", "kind", "domain", "summary", "people", "year", "licence", "zarr_format")
# The question before a group, and how the paths of its fields begin; the first answer opens the rest.
GROUPS = (
    ("Have you a picture that is free to publish?", ("picture",)),
    ("Have you a small Zarr array of it, at most 2 MB, for visitors to open?", ("sample",)),
    ("Do you know shape, chunks and codecs of one of its arrays?", ("array",)),
    (
        "Is there more: links, a DOI, the address of the store, who found it, a licence text, sources?",
        ("links", "found_by", "licence_file", "doi", "store", "stored", "checked", "sources"),
    ),
)

type Answers = dict[tuple[str, ...], Any]


def ask(given: Answers) -> Answers:
    """Return `given`, completed by what a person answers."""
    answers = dict(given)
    by_path = {field.path: field for field in fields()}
    for name in ALWAYS:
        _ask(by_path[name,], answers)
    for question, starts in GROUPS:
        group = [field for field in fields() if field.path[0] in starts]
        if starts == ("array",) and answers.get(("sample", "path")):
            continue  # the sample's own metadata say it
        known = any(answers.get(field.path) is not None for field in group)
        if known or click.confirm(f"\n{question}", default=False, err=True):
            for field in group:
                _ask(field, answers)
    return answers


def ask_once_more(answers: Answers, wrong: Collection[tuple[str, ...]]) -> Answers:
    """Return `answers` with new ones for the fields at the paths `wrong`."""
    kept = {path: value for path, value in answers.items() if path not in wrong}
    for field in fields():
        if field.path in wrong:
            _ask(field, kept)
    return kept


def _ask(field: Field, answers: Answers) -> None:
    if answers.get(field.path) is not None or field.path == ("sample", "script"):
        return
    click.echo(f"\n{field.description}.", err=True)
    if field.choices:
        click.echo(f"  {', '.join(field.choices)}", err=True)
    hint = _hint(field)
    prompt = f"{field.label} ({hint})" if hint else field.label
    answers[field.path] = click.prompt(
        prompt, default="", show_default=False, value_proc=_reader(field), err=True
    )


def _hint(field: Field) -> str:
    columns = SEPARATOR.join(name.replace("_", " ") for name in field.columns)
    how = {
        "words": "commas between several",
        "rows": f"{columns}; semicolons between several",
        "lengths": "such as 480, 480, 3",
        "file": "path of the folder" if field.path == ("sample", "path") else "path of the file",
    }.get(field.kind, "")
    return "; ".join(filter(None, (how, "" if field.required else "empty: not recorded")))


def _reader(field: Field) -> Callable[[str], Any]:
    """Return what turns typed text into the value of `field`, or says what is wrong with it."""

    def read(text: str) -> Any:
        if field.kind == "file":
            return _file(field, text.strip())
        # Codecs have commas in brackets, which part nothing.
        parting = {"words": r",(?![^(]*\))", "rows": ";"}.get(field.kind)
        value = field.read(re.split(parting, text) if parting else [text])
        mistake = next(iter(mistakes(field, value)), None)
        if mistake:
            raise click.UsageError(mistake)
        return value

    return read


def mistakes(field: Field, value: Any) -> Iterable[str]:
    """Yield what the checker has to say of `value` as the value of `field`, whatever the others hold."""
    if value is None and field.required:
        yield "expected an answer, found none; type it, or stop with Ctrl+C"
        return
    data = assemble({field.path: value})
    document = parse_yaml(json.dumps(data).encode(), "answer")
    name = field_name(field.path)
    for problem in checker().problems(document):
        if problem.field == name or problem.field.startswith((f"{name}.", f"{name}[")):
            yield problem.message


def _file(field: Field, text: str) -> Path | None:
    if not text:
        if field.can_be_unknown:
            return None
        raise click.UsageError("expected the path of a file, found nothing; type it, or stop with Ctrl+C")
    path = Path(text.strip("'\"")).expanduser()
    if not path.exists():
        raise click.UsageError(f"expected a file or folder, found none at {path}; check its name")
    mistake = None
    if field.path == ("picture", "file"):
        suffix = picture_suffix(path)
        if suffix not in FORMATS:
            raise click.UsageError(f"expected a file that ends in {', '.join(FORMATS)}, found {path.name!r}")
        mistake = picture_mistake(path.resolve(), suffix)
    elif field.path == ("sample", "path"):
        mistake = sample_size_mistake(path.resolve()) or _unreadable(path)
    if mistake:
        raise click.UsageError(mistake)
    return path


def _unreadable(sample: Path) -> str | None:
    try:
        read_pyramid(sample)
    except OutreachError as error:
        return str(error)
    return None
