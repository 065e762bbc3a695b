"""The page on architecture matches the code: its modules exist, its layers hold, its arrows are imports."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "zarr_partial"
PAGE = (ROOT / "site/pages/maintaining/architecture.md").read_text("utf-8")
# A row of the table of layers: its number, and the modules in it.
LAYERS = {
    int(number): re.findall("`(\\w+)`", modules)
    for number, modules in re.findall(r"^\| (\d) [^|]+\| ((?:`\w+` ?)+)\|", PAGE, re.MULTILINE)
}
LAYER_OF = {module: number for number, modules in LAYERS.items() for module in modules}
ARROWS = re.findall(r"^([a-z_.]+) +-> ([a-z_.]+)$", PAGE, re.MULTILINE)


def parts():
    """Return every module of the library, with the part of it that it belongs to."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.name != "__init__.py" or len(inside.parts) > 1:
            yield path, inside.parts[0].removesuffix(".py")


def imports(path, *, everywhere=False):
    """Return what a file imports when it is imported, as dotted names; or wherever it does."""
    tree = ast.parse(path.read_text("utf-8"))
    nodes = ast.walk(tree) if everywhere else tree.body
    for node in nodes:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own(names):
    return {name.removeprefix("zarr_partial.") for name in names if name.startswith("zarr_partial.")}


def test_every_module_is_in_one_layer():
    named = [module for modules in LAYERS.values() for module in modules]
    assert sorted(named) == sorted({part for _, part in parts()})


def test_layers_are_told_from_the_top_to_the_bottom():
    assert len(LAYERS) == 8
    assert all(above == below + 1 for above, below in pairwise(LAYERS))


@pytest.mark.parametrize(("path", "part"), list(parts()), ids=lambda value: getattr(value, "stem", ""))
def test_imports_stay_in_their_layer_or_go_down(path, part):
    wrong = {name for name in own(imports(path)) if LAYER_OF.get(name.partition(".")[0], 0) > LAYER_OF[part]}
    assert wrong == set()


@pytest.mark.parametrize(("user", "used"), ARROWS, ids=" ".join)
def test_every_arrow_is_an_import(user, used):
    path = PACKAGE / f"{user.replace('.', '/')}.py"
    found = own(imports(path, everywhere=True))
    assert any(name == used or name.startswith(f"{used}.") for name in found), found


def test_there_are_arrows():
    assert len(ARROWS) >= 12
    assert ("gather", "plan") in ARROWS


@pytest.mark.parametrize("module", ["selection", "plan", "gather"])
def test_planning_and_gathering_know_nothing_of_zarr(module):
    """zarr may be named for its errors: no read of it is."""
    found = {name for name in imports(PACKAGE / f"{module}.py", everywhere=True) if name.startswith("zarr.")}
    assert found == set()


def test_the_library_imports_nothing_of_the_rest():
    for path, _ in parts():
        tops = {name.partition(".")[0] for name in imports(path, everywhere=True)}
        assert tops & {"outreach", "benchmarks", "suite", "tests"} == set(), path


def test_folders_and_files_that_the_pages_name_exist():
    lacking = set()
    for page in (ROOT / "site/pages/maintaining").rglob("*.md"):
        text = page.read_text("utf-8")
        roots = "zarr_partial|site|benchmarks|gallery_data|sprint_issues|tests|\\.ci"
        for name in re.findall(rf"`((?:{roots})/[\w./-]*)`", text):
            # What is generated is there after a build only.
            if "generated" not in name and not (ROOT / name).exists():
                lacking.add(f"{page.name}: {name}")
    assert lacking == set()


def test_every_decision_is_dated_and_fits_on_a_screen():
    index = (ROOT / "site/pages/maintaining/index.md").read_text("utf-8")
    records = sorted((ROOT / "site/pages/maintaining/decisions").glob("*.md"))
    assert len(records) >= 5
    for record in records:
        text = record.read_text("utf-8")
        assert len(text.splitlines()) <= 60, record.name
        (date,) = re.findall(r"^Recorded (\d{4}-\d\d-\d\d);", text, re.MULTILINE)
        assert re.search(rf"\(decisions/{record.name}\) \| {date} \|", index), record.name
        headings = re.findall(r"^## (.*)$", text, re.MULTILINE)
        assert headings[0] == "The question"
        assert {"Chosen", "Not chosen", "What it costs"} <= set(headings), record.name
        assert headings[-1] == "Think again when", record.name
