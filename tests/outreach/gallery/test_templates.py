"""Issue form and web editor follow from the schema, and are what GitHub takes."""

import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from click.testing import CliRunner

from outreach.cli import outreach
from outreach.gallery.check import SCHEMA, check_gallery, checker
from outreach.gallery.entry_text import HEADER
from outreach.gallery.fields import fields
from outreach.gallery.markup import REPOSITORY
from outreach.gallery.templates import FORM, NAME, PAGE, form_fields, made_of_the_schema, web_editor
from outreach.paths import Project
from tests.outreach.gallery.conftest import ROOT

PROJECT = Project(ROOT)
FORM_DATA = yaml.safe_load((ROOT / FORM).read_text("utf-8"))
ELEMENTS = [element for element in FORM_DATA["body"] if element["type"] != "markdown"]
# What GitHub's documentation of issue forms allows for each type of element.
ATTRIBUTES = {
    "input": {"label", "description", "placeholder"},
    "textarea": {"label", "description", "placeholder"},
    "dropdown": {"label", "description", "options"},
}


def test_form_and_page_are_what_the_schema_says_now():
    stale = [str(made.path) for made in made_of_the_schema(PROJECT) if not made.is_current]
    assert stale == [], "run: uv run outreach gallery templates"


def test_the_command_mends_what_drifted_and_with_check_only_says_so(tmp_path, monkeypatch):
    for name in ("mkdocs.yml", FORM, PAGE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "gallery_data").mkdir()
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert "nothing to write" in run.invoke(outreach, ["gallery", "templates", "--check"]).output
    form = (tmp_path / FORM).read_text("utf-8")
    (tmp_path / FORM).write_text(form.replace("dataset", "datum"), encoding="utf-8")
    found = run.invoke(outreach, ["gallery", "templates", "--check"])
    assert FORM in str(found.exception)
    assert run.invoke(outreach, ["gallery", "templates"]).output == f"wrote {FORM}\n"
    assert (tmp_path / FORM).read_text("utf-8") == form
    (tmp_path / PAGE).write_text("no link", encoding="utf-8")
    assert "keep one" in str(run.invoke(outreach, ["gallery", "templates"]).exception)


def test_the_form_asks_for_every_field_but_those_that_it_cannot_hold():
    asked = {field.path for field in form_fields()}
    left = {".".join(field.path) for field in fields()} - {".".join(path) for path in asked}
    assert left == {"added", "checked", "licence_file", "sample.path", "sample.script", "sample.about"}
    assert len(ELEMENTS) == len(asked)
    schema = checker().schema["properties"]
    choices = {element["id"]: element["attributes"].get("options") for element in ELEMENTS}
    for name in ("kind", "domain"):
        assert choices[name] == schema[name]["enum"]


def test_the_form_is_one_that_github_takes():
    assert {"name", "description", "body"} <= set(FORM_DATA) <= {"name", "description", "title", "body"}
    ids = [element["id"] for element in ELEMENTS]
    labels = [element["attributes"]["label"] for element in ELEMENTS]
    assert len(set(ids)) == len(ids)
    assert len(set(labels)) == len(labels)
    for element in ELEMENTS:
        assert set(element) <= {"type", "id", "attributes", "validations"}
        assert re.fullmatch(r"[A-Za-z0-9_-]+", element["id"])
        assert set(element["attributes"]) <= ATTRIBUTES[element["type"]]
        options = element["attributes"].get("options", ["one"])
        assert options
        assert all(isinstance(option, str) and option.casefold() != "none" for option in options)
        assert len(set(options)) == len(options)
        assert element.get("validations", {"required": True}) == {"required": True}
    required = {element["id"] for element in ELEMENTS if "validations" in element}
    assert required == {"title", "kind", "domain", "summary", "url", "people"}


def test_the_web_editor_opens_on_an_entry_that_only_needs_answers(checkout):
    address = urlsplit(web_editor())
    assert address.geturl().startswith(f"{REPOSITORY}/new/main/gallery_data?")
    assert len(address.geturl()) < 4000
    query = {name: value for name, (value,) in parse_qs(address.query, keep_blank_values=True).items()}
    assert query["filename"] == f"{NAME}/entry.yaml"
    text = query["value"]
    assert text.startswith(HEADER)

    unchanged = checkout.gallery_data / NAME
    unchanged.mkdir()
    (unchanged / "entry.yaml").write_text(text, encoding="utf-8")
    problems = {problem.field for problem in check_gallery(checkout, [unchanged]).problems}
    assert {"", "title", "kind", "domain", "summary", "url", "people[0]", "added"} <= problems
    (unchanged / "entry.yaml").unlink()
    unchanged.rmdir()

    folder = checkout.gallery_data / "ocean-colour"
    folder.mkdir()
    (folder / "entry.yaml").write_text(fill_in(text), encoding="utf-8")
    assert check_gallery(checkout, [folder]).problems == ()


def fill_in(text: str) -> str:
    """Return the editor's text as somebody fills it in who knows nothing that may stay null."""
    answers = {
        "title: ": "Ocean colour",
        "kind: ": "dataset",
        "domain: ": "ocean",
        "summary: ": "Chlorophyll at the sea surface, one map a day.",
        "url: ": "https://example.org/ocean",
        "  - ": "Ada Example",
        "added: ": "2026-11-22",
        "  - found_in: ": "The page itself",
    }
    for start, answer in answers.items():
        assert text.count(f"\n{start}\n") == 1, start
        text = text.replace(f"\n{start}\n", f"\n{start}{answer}\n")
    return text


def test_the_published_schema_is_the_one_of_the_check_and_editors_find_it():
    schema = json.loads(SCHEMA.read_text("utf-8"))
    assert schema == checker().schema
    devcontainer = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    known = devcontainer["customizations"]["vscode"]["settings"]["yaml.schemas"]
    ((path, pattern),) = known.items()
    assert (ROOT / path) == SCHEMA
    assert list(ROOT.glob(pattern))


@pytest.mark.parametrize(("command", "port"), [("serve", 8000), ("gallery preview", 8001)])
def test_the_devcontainer_forwards_the_ports_that_commands_take(command, port):
    devcontainer = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    shown = CliRunner().invoke(outreach, [*command.split(), "--help"]).output
    assert f"[default: {port};" in shown
    assert port in devcontainer["forwardPorts"]
    assert command in devcontainer["portsAttributes"][str(port)]["label"]
