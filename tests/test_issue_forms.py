"""The form for reports is one that GitHub takes, and what it refers to is there."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
FORM = yaml.safe_load((ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text("utf-8"))
# GitHub's syntax for issue forms: what an element may be, and what its attributes may say.
ATTRIBUTES = {
    "markdown": {"value"},
    "textarea": {"label", "description", "placeholder", "value", "render"},
    "input": {"label", "description", "placeholder", "value"},
    "dropdown": {"label", "description", "multiple", "options", "default"},
    "checkboxes": {"label", "description", "options"},
}


def test_the_form_has_a_name_a_description_and_elements():
    assert set(FORM) <= {"name", "description", "title", "labels", "assignees", "projects", "type", "body"}
    assert FORM["name"]
    assert FORM["description"]
    assert any(element["type"] != "markdown" for element in FORM["body"])


@pytest.mark.parametrize("element", FORM["body"], ids=lambda element: element.get("id", "text"))
def test_every_element_is_one_that_github_knows(element):
    assert set(element) <= {"type", "id", "attributes", "validations"}
    assert set(element["attributes"]) <= ATTRIBUTES[element["type"]]
    if element["type"] != "markdown":
        assert element["attributes"]["label"]
        assert re.fullmatch(r"[\w-]+", element["id"])
    if element["type"] == "dropdown":
        options = element["attributes"]["options"]
        assert len(options) == len(set(options)) >= 2


def test_ids_and_labels_are_not_repeated():
    asked = [element for element in FORM["body"] if element["type"] != "markdown"]
    for values in ([e["id"] for e in asked], [e["attributes"]["label"] for e in asked]):
        assert len(values) == len(set(values))


def test_what_the_form_refers_to_is_there():
    text = (ROOT / ".github/ISSUE_TEMPLATE/bug.yml").read_text("utf-8")
    for name in re.findall(r"\.\./blob/main/([\w./-]+)", text):
        assert (ROOT / name).is_file(), name
    assert "zarr-partial info --json" in text
