"""What people fill in on GitHub, made of the schema: an issue form, and the file that its web editor opens.

`outreach gallery templates` writes both; a test fails when one of them is not what the schema says now.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import click

from outreach.errors import OutreachError
from outreach.gallery.entry_text import HEADER
from outreach.gallery.fields import SEPARATOR, Field, fields
from outreach.gallery.markup import REPOSITORY
from outreach.paths import Project
from outreach.writing import write_whole

FORM = ".github/ISSUE_TEMPLATE/gallery-entry.yml"
PAGE = "site/pages/add-an-entry.md"
# The page holds the address of the web editor as the definition of this link.
LINK = re.compile(r"^\[web editor\]: .*$", re.MULTILINE)
# Upper case is no name for a folder: the check refuses it until somebody has chosen one.
NAME = "NAME-OF-YOUR-ENTRY"
# What a command fills in, or somebody else: the day, and the comparison with the sources.
NOT_ASKED = ("added", "checked")
# A form takes the text about a picture and the picture itself; other files have no place in it.
FILES = (("picture", "file"),)
# One line each: GitHub breaks lines where they break here.
INTRODUCTION = (
    "One entry for the gallery. Answer what you know and leave the rest empty: an empty field is shown as "
    '"not recorded". Nothing is guessed. A maintainer turns the answers into a pull request.'
)
PICTURE = (
    "**A picture**, if there is one that is free to publish. Drop the file into the first of these fields "
    "and fill in the others, or leave all of them empty."
)
ARRAY = (
    "**One array**, if you know how it is stored: its page then draws its chunks. "
    "What you do not know stays empty."
)


def form_fields() -> tuple[Field, ...]:
    """Return the fields that the form asks for: those that must be known first."""
    asked = [
        field
        for field in fields()
        if field.path[0] not in (*NOT_ASKED, "sample") and (field.kind != "file" or field.path in FILES)
    ]
    return tuple(sorted(asked, key=lambda field: (len(field.path) > 1, not must_be_answered(field))))


def issue_form() -> str:
    """Return the issue form: GitHub's own YAML, one field of the entry for each field of the form."""
    lines = [
        "# Made by `outreach gallery templates` from site/outreach/gallery/entry.schema.json.",
        "name: Gallery entry",
        "description: Something beautiful made with Zarr",
        'title: "Gallery: "',
        "body:",
        *_markdown(INTRODUCTION),
    ]
    before = {"picture": PICTURE, "array": ARRAY}
    for field in form_fields():
        heading = before.pop(field.path[0], None)
        lines += _markdown(heading) if heading else []
        lines += _element(field)
    return "".join(f"{line}\n" for line in lines)


def _markdown(text: str) -> Iterable[str]:
    yield from ("  - type: markdown", "    attributes:", "      value: |")
    yield from (f"        {line}" for line in text.splitlines())


def _element(field: Field) -> Iterable[str]:
    is_long = field.rule.get("maxLength", 0) > 200 and "format" not in field.rule
    several = field.is_list or is_long or field.kind == "file"
    kind = "dropdown" if field.choices else "textarea" if several else "input"
    yield from (f"  - type: {kind}", f"    id: {'-'.join(field.path)}", "    attributes:")
    yield f"      label: {json.dumps(field.label, ensure_ascii=False)}"
    yield f"      description: {json.dumps(_description(field), ensure_ascii=False)}"
    if field.choices:
        yield "      options:"
        yield from (f"        - {json.dumps(choice)}" for choice in field.choices)
    else:
        example = _example(field)
        if example:
            yield f"      placeholder: {json.dumps(example, ensure_ascii=False)}"
    if must_be_answered(field):
        yield from ("    validations:", "      required: true")


def must_be_answered(field: Field) -> bool:
    """Return whether GitHub refuses the form without this answer; without sources, the page itself is one."""
    return field.required and len(field.path) == 1 and field.path != ("sources",)


def _description(field: Field) -> str:
    more = {
        "words": "One per line",
        "rows": "One per line: " + SEPARATOR.join(name.replace("_", " ") for name in field.columns),
        "lengths": "Such as 480, 480, 3",
        "file": "Drop it here. WebP, PNG or JPEG, at least 640 pixels wide, at most 2 MB",
    }.get(field.kind)
    first = "" if field.kind == "file" else f"{field.description}."
    return " ".join(filter(None, (first, f"{more}." if more else "")))


def _example(field: Field) -> str | None:
    examples = field.rule.get("examples")
    if examples:
        example = examples[0]
        return ", ".join(example) if isinstance(example, list) else str(example)
    columns = field.rule.get("items", {}).get("properties", {})
    parts = [str(rule["examples"][0]) for rule in columns.values() if "examples" in rule]
    return SEPARATOR.join(parts) if len(parts) == len(columns) and parts else None


def starting_text() -> str:
    """Return an entry.yaml to fill in: what every entry has, each with the schema's words above it."""
    lines = [HEADER.strip(), "# Fill in what is empty; what nobody recorded stays null.", ""]
    for field in fields():
        if len(field.path) > 1 or not (field.required or field.path[0] in ("year", "licence", "zarr_format")):
            continue
        name = field.path[0]
        lines.append(f"# {field.description}" + (f": {', '.join(field.choices)}" if field.choices else ""))
        if field.kind == "words":
            lines += [f"{name}:", "  - "]
        elif field.kind == "rows":
            first, *rest = field.columns
            lines += [f"{name}:", f"  - {first}: ", *(f"    {column}: null" for column in rest)]
        else:
            lines.append(f"{name}: " + ("null" if field.can_be_unknown else ""))
    return "\n".join(lines) + "\nchecked: null\n"


def web_editor() -> str:
    """Return the address that opens GitHub's editor on a new entry.yaml, in a fork if need be."""
    name, text = quote(f"{NAME}/entry.yaml", safe=""), quote(starting_text(), safe="")
    return f"{REPOSITORY}/new/main/gallery_data?filename={name}&value={text}"


@dataclass(frozen=True, slots=True)
class Made:
    """A file, and what the schema says that it holds."""

    path: Path
    text: str

    @property
    def is_current(self) -> bool:
        """Whether the file holds that."""
        return self.path.is_file() and self.path.read_text("utf-8") == self.text


def made_of_the_schema(project: Project) -> tuple[Made, ...]:
    """Return the files with what the schema demands of them now.

    Raises
    ------
    OutreachError
        If the page has no place for the address of the web editor.
    """
    page = project.root / PAGE
    text = page.read_text("utf-8")
    if len(LINK.findall(text)) != 1:
        raise OutreachError(
            f"{PAGE}: expected one line '[web editor]: ADDRESS', found none or several; keep one"
        )
    linked = LINK.sub(lambda _: f"[web editor]: {web_editor()}", text)
    return Made(project.root / FORM, issue_form()), Made(page, linked)


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if something has to be written.")
def templates(*, check: bool) -> None:
    """Write the issue form and the web editor's address, as the schema of entries says them now.

    \b
    Examples:
      outreach gallery templates
      outreach gallery templates --check
    """
    project = Project.find()
    old = [made for made in made_of_the_schema(project) if not made.is_current]
    names = ", ".join(project.relative(made.path) for made in old)
    if check and old:
        raise OutreachError(
            f"expected files that follow from the schema, found others: {names}; "
            "run outreach gallery templates"
        )
    for made in old:
        write_whole(made.path, made.text.encode())
    click.echo(f"wrote {names}" if old else "nothing to write: issue form and page follow from the schema")
