"""The reference has every public name, and each says what it takes and looks like in use."""

import importlib
import inspect
import re
from pathlib import Path

import griffe
import pytest
import yaml

import zarr_partial as zp

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "site/pages/library/reference.md").read_text("utf-8")
LISTED = re.findall(r"^::: (\S+)$", PAGE, re.MULTILINE)
CLASSES = [path for path in LISTED if path.rpartition(".")[2][0].isupper()]
FUNCTIONS = [path for path in LISTED if path not in CLASSES]
# What the parts of the library tell each other; left out of the page as well.
UNLISTED = ("matrix", "state")
EXAMPLES = "\nExamples\n--------\n"


def public(module):
    return [f"{module}.{name}" for name in importlib.import_module(module).__all__]


def found(path):
    module, _, name = path.rpartition(".")
    if module == "zarr_partial.torch":
        pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")
    return getattr(importlib.import_module(module), name)


def bases(kind):
    return [base for base in kind.__mro__ if base.__module__.startswith("zarr_partial")]


def own_members(kind):
    """Return the public methods and properties that this project wrote, by name."""
    members = {}
    for base in reversed(bases(kind)):
        members |= {name: value for name, value in vars(base).items() if not name.startswith("_")}
    return {
        name: value
        for name, value in members.items()
        if name not in UNLISTED and (inspect.isfunction(value) or isinstance(value, (property, classmethod)))
    }


def test_every_public_name_is_on_the_page_once():
    wanted = {
        *public("zarr_partial"),
        *public("zarr_partial.torch"),
        *public("zarr_partial.lazy"),
        "zarr_partial.sparse.CompressedArray",
        "zarr_partial.sparse.RowsPlan",
        "zarr_partial.report.Advice",
        "zarr_partial.budget.CacheInfo",
    }
    assert sorted(LISTED) == sorted(wanted)


def test_what_the_page_leaves_out_is_left_out():
    settings = yaml.safe_load(re.sub(r"!ENV.*", "null", (ROOT / "mkdocs.yml").read_text("utf-8")))
    (options,) = (plugin["mkdocstrings"] for plugin in settings["plugins"] if "mkdocstrings" in plugin)
    filters = options["handlers"]["python"]["options"]["filters"]
    assert filters == ["!^_", *(f"!^{name}$" for name in UNLISTED)]


@pytest.mark.parametrize("path", LISTED)
def test_it_has_an_example(path):
    doc = inspect.getdoc(found(path))
    assert EXAMPLES in doc, f"{path}: expected a section Examples in its docstring"
    assert ">>> " in doc.split(EXAMPLES)[1]


@pytest.mark.parametrize("path", CLASSES)
def test_its_methods_and_attributes_are_in_an_example(path):
    kind = found(path)
    shown = "".join((inspect.getdoc(base) or "").partition(EXAMPLES)[2] for base in bases(kind))
    # What is common to matrices is shown with rows, the more usual ones.
    if issubclass(kind, zp.CSCArray) or path.endswith("CompressedArray"):
        shown += inspect.getdoc(zp.CSRArray)
    members = own_members(kind)
    shown += "".join((inspect.getdoc(value) or "").partition(EXAMPLES)[2] for value in members.values())
    lacking = [
        name
        for name, value in members.items()
        # Some are called by zarr or zarr-indexing: then their own example shows when.
        if EXAMPLES not in (inspect.getdoc(value) or "") and not re.search(rf"\.{name}\b", shown)
    ]
    assert lacking == []


@pytest.mark.parametrize("path", FUNCTIONS)
def test_what_it_takes_is_described(path):
    """Every parameter in the signature is in the section Parameters, and nothing else is."""
    thing = found(path)
    assert inspect.isfunction(thing)
    sections = griffe.Docstring(inspect.getdoc(thing), parser="numpy").parse()
    described = [
        name.strip()
        for section in sections
        if section.kind is griffe.DocstringSectionKind.parameters
        for parameter in section.value
        for name in parameter.name.split(",")
    ]
    assert sorted(described) == sorted(inspect.signature(thing).parameters)


@pytest.mark.parametrize("path", [path for path in LISTED if path.endswith("Error")])
def test_what_raises_it_says_so(path):
    error = found(path)
    assert issubclass(error, zp.PartialReadError)
    assert error.__name__ in PAGE
