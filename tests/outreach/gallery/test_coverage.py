"""Proof that the bad entries reach all that the checker can say: each rule of the schema, each line."""

import dis
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from outreach.gallery import addresses, layouts, licences, pyramids, rules
from outreach.gallery.check import check_gallery, checker
from outreach.paths import Project
from outreach.reading import ProblemsError, read_yaml
from tests.outreach.gallery.grown import CASES as GROWN
from tests.outreach.gallery.test_bad_entries import BAD, CASES, grow

PROJECT = Project(Path(__file__).parents[3])
MODULES = (rules, pyramids, layouts, licences, addresses)
# Keywords of the schema that refuse something; the rest describe.
REFUSING = {
    *("type", "enum", "const", "minLength", "maxLength", "pattern", "format", "additionalProperties"),
    *("minItems", "maxItems", "uniqueItems", "minimum", "maximum"),
}

type Path_ = tuple[str | int, ...]


def constraints(schema: dict[str, Any], path: Path_ = ()) -> Iterator[Path_]:
    """Yield where each constraint stands; every required field is one."""
    for keyword, value in schema.items():
        here = (*path, keyword)
        if keyword in REFUSING:
            yield here
        elif keyword == "required":
            yield from ((*here, name) for name in value)
        elif keyword == "properties":
            for name, inner in value.items():
                yield from constraints(inner, (*here, name))
        elif keyword == "items":
            yield from constraints(value, here)
        elif keyword == "$ref":
            yield from constraints(checker().schema["$defs"][value.rpartition("/")[2]], path)


def broken(data: object) -> Iterator[Path_]:
    validator = Draft202012Validator(checker().schema, format_checker=checker()._validator.format_checker)
    for error in validator.iter_errors(data):
        path = tuple(step for step in error.absolute_schema_path if step != "$ref")
        if error.validator == "required":
            yield from ((*path, name) for name in error.validator_value if name not in error.instance)
        else:
            yield path


def test_every_rule_of_the_schema_is_broken_by_some_bad_entry():
    reached: set[Path_] = set()
    for case in CASES:
        project = Project(BAD / case)
        for file in project.gallery_data.glob("*/entry.yaml"):
            try:
                reached.update(broken(read_yaml(file, project).data))
            except ProblemsError:
                continue
    wanted = set(constraints(checker().schema))
    assert len(wanted) > 150
    assert {"/".join(map(str, path)) for path in wanted - reached} == set()


class Watch:
    """What runs of some modules: their lines, and the ways that their conditional jumps went."""

    TOOL = 4

    def __init__(self, modules: tuple[ModuleType, ...]) -> None:
        self.files = {module.__file__ for module in modules}
        self.lines: set[tuple[str, int]] = set()
        self.ways: dict[tuple[str, str, int], set[int]] = {}

    def __enter__(self) -> "Watch":
        watching = sys.monitoring
        watching.use_tool_id(self.TOOL, "bad entries")
        watching.register_callback(self.TOOL, watching.events.LINE, self._line)
        watching.register_callback(self.TOOL, watching.events.BRANCH, self._branch)
        watching.set_events(self.TOOL, watching.events.LINE | watching.events.BRANCH)
        return self

    def __exit__(self, *_: object) -> None:
        sys.monitoring.set_events(self.TOOL, 0)
        sys.monitoring.free_tool_id(self.TOOL)

    def _line(self, code: CodeType, line: int) -> None:
        if code.co_filename in self.files:
            self.lines.add((code.co_filename, line))

    def _branch(self, code: CodeType, offset: int, destination: int) -> None:
        if code.co_filename in self.files:
            self.ways.setdefault((code.co_filename, code.co_qualname, offset), set()).add(destination)


@pytest.fixture(scope="module")
def watched(tmp_path_factory) -> Watch:
    with Watch(MODULES) as watch:
        for case in CASES:
            check_gallery(Project(BAD / case))
        for case in GROWN:
            check_gallery(grow(case, tmp_path_factory.mktemp("grown")))
        assert check_gallery(PROJECT).problems == ()
    return watch


def functions(code: CodeType) -> Iterator[CodeType]:
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            if inner.co_flags & 1:  # a function: classes and annotations run when the module is imported
                yield inner
            yield from functions(inner)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__.rpartition(".")[2])
def test_every_line_and_every_way_of_our_rules_is_reached(module, watched):
    assert module.__file__
    source = Path(module.__file__).read_text("utf-8")
    text = source.splitlines()
    missed: set[str] = set()
    for code in functions(compile(source, module.__file__, "exec")):
        lines = {line for _, _, line in code.co_lines() if line and line != code.co_firstlineno}
        missed |= {text[line - 1] for line in lines if (module.__file__, line) not in watched.lines}
        for step in dis.get_instructions(code):
            said = text[(step.line_number or 1) - 1].strip()
            # `with` and `except` jump where an exception of another kind passes; none may.
            if step.opname.startswith("POP_JUMP") and not said.startswith(("with ", "except ")):
                ways = watched.ways.get((module.__file__, code.co_qualname, step.offset), set())
                missed |= {f"one way only: {said}"} if len(ways) == 1 else set()
    assert missed == set()


def test_the_schema_is_one_that_editors_understand():
    Draft202012Validator.check_schema(checker().schema)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://example.org/tides/", "https://www.example.org/tides?utm_source=x&s=20#map", True),
        ("https://example.org/tides?source=blog", "https://example.org/tides", True),
        ("https://view.org/?source=https://a.org/x", "https://view.org/?source=https://a.org/y", False),
        ("https://example.org/tides?page=2", "https://example.org/tides", False),
        ("https://EXAMPLE.org.:443/index.html", "https://example.org", True),
        ("https://example.org/a%7Eb%c3%a9", "https://example.org/a~b%C3%A9", True),
        ("https://example.org/a%2Fb", "https://example.org/a/b", False),
        ("https://example.org/Tides", "https://example.org/tides", False),
        ("https://example.org/tides?b=1&a=2", "https://example.org/tides?a=2&b=1", True),
        ("https://github.com/Ada/Sea.git", "https://www.github.com/ada/sea/", True),
        ("https://github.com/Ada/Sea/blob/main/A.md", "https://github.com/ada/sea/blob/main/A.md", True),
        ("https://github.com/ada/sea/blob/main/A.md", "https://github.com/ada/sea/blob/main/a.md", False),
        ("https://github.com/ada", "https://github.com/ada/sea", False),
        ("https://dx.doi.org/10.1000/ABC", "https://doi.org/10.1000/abc", True),
    ],
)
def test_addresses_that_differ_by_how_they_were_shared_are_one(one, other, same):
    assert (addresses.canonical(one) == addresses.canonical(other)) is same


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Café del Mar \N{WATER WAVE} №7", "cafe-del-mar-no7"),
        ("e\N{COMBINING ACUTE ACCENT}te\N{COMBINING ACUTE ACCENT}", "ete"),
        ("\N{WATER WAVE}", "entry"),
        ("海の温度", "entry"),
    ],
)
def test_slugs_are_made_of_any_title(title, slug):
    assert rules.suggest_slug(title) == slug
    assert rules.SLUG.fullmatch(slug)
