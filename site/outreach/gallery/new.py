"""`outreach gallery new`: from answers or flags to a checked entry.yaml."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from outreach.errors import OutreachError
from outreach.gallery.addresses import canonical
from outreach.gallery.check import checker
from outreach.gallery.rules import SLUG, suggest_slug
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError, parse_yaml, read_yaml
from outreach.writing import write_whole

HEADER = "# yaml-language-server: $schema=../../site/outreach/gallery/entry.schema.json\n"


@click.command()
@click.option("--title", help="What it is called.")
@click.option("--url", help="The page a visitor should open first (https).")
@click.option("--kind", help="Such as dataset, tool or talk.")
@click.option("--domain", help="Such as climate, genomics or general.")
@click.option("--summary", help="One to three sentences in your own words.")
@click.option("--person", "people", multiple=True, help="Who made it; repeat for several.")
@click.option("--year", type=int, help="The year it was published.")
@click.option("--licence", help="Its licence as an SPDX id, such as CC-BY-4.0.")
@click.option("--zarr-format", type=int, help="2 or 3.")
@click.option("--slug", help="Name of the folder; made from the title otherwise.")
@click.option("--added", help="The day of adding; today otherwise.")
@click.option("--dry-run", is_flag=True, help="Print the entry, write nothing.")
@click.option("--no-questions", is_flag=True, help="Never ask; what is not given is not recorded.")
def new(dry_run: bool, no_questions: bool, slug: str | None, added: str | None, **given: Any) -> None:
    """Add an entry: answer the questions, or give the answers as options.

    \b
    Examples:
      outreach gallery new
      outreach gallery new --title "Ocean colour" --url https://example.org/ocean --dry-run
    """
    project = Project.find()
    answers = _answers({**given, "people": list(given["people"])}, ask=not no_questions)
    slug = slug or suggest_slug(answers["title"] or "")
    if not SLUG.fullmatch(slug):
        fix = f"try {suggest_slug(slug)!r}"
        raise OutreachError(f"expected lower-case words joined by hyphens for --slug, found {slug!r}; {fix}")
    folder = project.gallery_data / slug
    if folder.exists():
        raise OutreachError(
            f"expected a new folder, found {project.relative(folder)}; choose another with --slug"
        )
    text = entry_text(answers, added or datetime.now(UTC).date().isoformat())
    problems = _problems(project, text, folder)
    if problems:
        raise ProblemsError(tuple(problems))
    if dry_run:
        click.echo(text, nl=False)
        return
    write_whole(folder / "entry.yaml", text.encode())
    click.echo(_next_steps(project.relative(folder)))


def entry_text(answers: dict[str, Any], added: str) -> str:
    """Return the YAML of an entry with `answers`; every text is quoted where YAML could misread it."""
    rows = {
        **{name: answers[name] for name in ("title", "kind", "domain", "summary", "url", "people")},
        **{name: answers[name] for name in ("year", "licence", "zarr_format")},
        "added": added,
        "checked": None,
    }
    lines = [f"{name}: {_scalar(value)}" for name, value in rows.items() if name != "people"]
    people = "".join(f"\n  - {_scalar(person)}" for person in rows["people"]) or " []"
    lines.insert(5, f"people:{people}")
    source = f"sources:\n  - found_in: {_scalar(answers['title'])}\n    url: {_scalar(answers['url'])}"
    lines.append(f"{source}\n    commit: null\n    date: {added}")
    return HEADER + "\n".join(lines) + "\n"


def _scalar(value: Any) -> str:
    # A JSON string is a YAML string; only plain words are left without quotes.
    if isinstance(value, str) and not SLUG.fullmatch(value.lower()):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and (value.lower() in ("true", "false", "null") or value.isdigit()):
        return json.dumps(value)
    return "null" if value is None else str(value)


def _answers(given: dict[str, Any], *, ask: bool) -> dict[str, Any]:
    """Return `given`, completed by questions; each answer is checked at once by the rule of its field."""
    answers = dict(given)
    if not ask:
        return answers
    properties = checker().schema["properties"]
    optional = ("year", "licence", "zarr_format")
    for name, rule in properties.items():
        if name not in answers or answers[name] not in (None, []):
            continue
        click.echo(f"\n{rule['description']}.", err=True)
        choices = [str(choice) for choice in rule.get("enum", []) if choice is not None]
        if choices:
            click.echo(f"  {', '.join(choices)}", err=True)
        hint = (
            "empty: not recorded"
            if name in optional
            else "commas between several"
            if name == "people"
            else ""
        )
        prompt = f"{name} ({hint})" if hint else name
        answers[name] = click.prompt(
            prompt, default="", show_default=False, value_proc=_reader(name), err=True
        )
    return answers


def _reader(name: str) -> Callable[[str], Any]:
    """Return what turns typed text into the value of field `name`, or says what is wrong with it."""

    def read(text: str) -> Any:
        text = text.strip()
        value: Any = text or None
        if name == "people":
            value = [person.strip() for person in text.split(",") if person.strip()]
        # isdigit() is true of "²", which int() refuses; int() also refuses thousands of digits.
        elif name in ("year", "zarr_format") and text.isascii() and text.isdecimal() and len(text) < 10:
            value = int(text)
        document = parse_yaml(json.dumps({name: value}).encode(), "answer")
        wrong = [problem for problem in checker().problems(document) if problem.field.startswith(name)]
        if wrong:
            raise click.UsageError(wrong[0].message)
        return value

    return read


def _problems(project: Project, text: str, folder: Path) -> list[Problem]:
    document = parse_yaml(text.encode(), project.relative(folder / "entry.yaml"))
    problems = checker().problems(document)
    url = document.data["url"]
    for other in sorted(project.gallery_data.glob("*/entry.yaml")):
        try:
            known = read_yaml(other, project).data
        except ProblemsError:
            continue  # `gallery check` reports it; a new entry need not wait for it
        same = isinstance(known, dict) and isinstance(known.get("url"), str) and isinstance(url, str)
        if same and canonical(known["url"]) == canonical(url):
            where = project.relative(other)
            message = f"expected a new address, found the one in {where}; add to that entry instead"
            problems.append(document.problem(("url",), message))
    return problems


def _next_steps(folder: str) -> str:
    return f"""wrote {folder}/entry.yaml

Next:
  1. open it, and add the array's facts or a picture if you have them
     (see the entries beside it)
  2. uv run --no-default-groups --package outreach outreach gallery check {folder}
  3. git add {folder}, commit, and open a pull request"""
