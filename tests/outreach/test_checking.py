"""The one checker: what its messages say, and where."""
# ruff: noqa: E501 - a message stands on one line here, as it does in a terminal

import json

import pytest
from jsonschema import Draft202012Validator

from outreach.checking import Checker, show
from outreach.formats import FORMATS, FormatError
from outreach.reading import parse_yaml

SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "description": "What it is called. More.", "examples": ["tides"]},
        "level": {"enum": ["starter", "expert"]},
        "minutes": {"type": "integer", "minimum": 5, "maximum": 90},
        "tags": {"type": "array", "uniqueItems": True, "maxItems": 2, "items": {"type": "string"}},
        "code": {
            "type": "string",
            "pattern": "^[a-z]+$",
            "x-expected": "small letters",
            "x-fix": "drop the rest",
        },
        "place": {
            "anyOf": [{"type": "null"}, {"type": "object", "required": ["city"], "properties": {"city": {}}}]
        },
        "url": {"type": ["string", "null"], "format": "https-url"},
    },
}


@pytest.fixture(scope="module")
def checker(tmp_path_factory) -> Checker:
    path = tmp_path_factory.mktemp("schema") / "schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    return Checker(path)


@pytest.mark.parametrize(
    ("yaml", "expected"),
    [
        ("name: a", []),
        ("name: a\nurl: null", []),
        ("{}", ["1:1: name: expected this field, found none; add it, for example 'name: tides' (What it is called)"]),
        ("name: 7", ["1:1: name: expected text, found 7; put it in quotes"]),
        ("name:", ["1:1: name: expected text, found nothing; fill it in"]),
        ("name: a\nlevel: Starter", ["2:1: level: expected one of starter, expert, found 'Starter'; did you mean 'starter'?"]),
        ("name: a\nlevel: zzz", ["2:1: level: expected one of starter, expert, found 'zzz'; choose one"]),
        ("name: a\nminutes: 3", ["2:1: minutes: expected at least 5, found 3"]),
        ("name: a\nminutes: 300", ["2:1: minutes: expected at most 90, found 300"]),
        ("name: a\nminutes: '30'", ["2:1: minutes: expected a whole number, found '30'; remove the quotes, and zeros in front or behind"]),
        ("name: a\ntags: x", ["2:1: tags: expected a list, found 'x'; write one item per line, each after '- '"]),
        ("name: a\ntags: [x, x]", ["2:1: tags: expected each item once, found a list of 2; remove the repeated one"]),
        ("name: a\ntags: [x, y, z]", ["2:1: tags: expected at most 2 in the list, found a list of 3; it has 3; remove some"]),
        ("name: a\ntags: [1]", ["2:8: tags[0]: expected text, found 1; put it in quotes"]),
        ("name: a\ncode: A1", ["2:1: code: expected small letters, found 'A1'; drop the rest"]),
        ("name: a\nplace: {}", ["2:1: place.city: expected this field, found none; add 'city'"]),
        ("- a", ["1:1: expected fields, found a list of 1; write lines like 'field: value'"]),
        ("name: a\nnmae: b", ["2:1: nmae: expected one of code, level, minutes, name, place, tags, url; found 'nmae'; did you mean 'name'?"]),
        ("name: a\nqqqq: b", ["2:1: qqqq: expected one of code, level, minutes, name, place, tags, url; found 'qqqq'; remove it"]),
    ],
)  # fmt: skip
def test_messages_say_expected_found_and_fix(checker, yaml, expected):
    found = [str(problem).removeprefix("f:") for problem in checker.problems(parse_yaml(yaml.encode(), "f"))]
    assert found == expected


def test_all_problems_are_reported_in_the_order_of_the_file(checker):
    problems = checker.problems(parse_yaml(b"level: x\nname: 1\nminutes: 1\n", "f"))
    assert [problem.field for problem in problems] == ["level", "name", "minutes"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("https-url", "https://example.org"),
        ("https-url", "https://EXAMPLE.org:443/a?b=c#d"),
        ("https-url", "https://xn--bcher-kva.example/%C3%BC"),
        ("spdx", "MIT"),
        ("spdx", "MIT OR Apache-2.0"),
        ("spdx", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("spdx", "LicenseRef-public-domain"),
        ("date", "2024-02-29"),
        ("date-time", "2022-12-02T17:00:00+00:00"),
        ("date-time", "2022-12-02T17:00:00Z"),
        ("time", "09:30"),
        ("time-zone", "Pacific/Auckland"),
    ],
)
def test_formats_accept(name, text):
    FORMATS[name](text)


@pytest.mark.parametrize(
    ("name", "text", "fix"),
    [
        ("https-url", "http://example.org", "try 'https://example.org'"),
        ("https-url", "javascript:alert(1)", "copy it from the browser"),
        ("https-url", "data:text/html,x", "copy it from the browser"),
        ("https-url", "//example.org", "copy it from the browser"),
        ("https-url", "https://user:pass@example.org", "remove what stands before '@'"),
        ("https-url", "https://example.org:8080/", "remove ':8080'"),
        ("https-url", "https://127.0.0.1/", "expected a public host name"),
        ("https-url", "https://[::1]/", "expected a public host name"),
        ("https-url", "https://[::1", "copy it from the browser"),
        ("https-url", 'https://example.org/"onmouseover="x', "percent-encode"),
        ("https-url", "https://example.org/a b", "percent-encode"),
        ("https-url", "https://еxample.org/", "percent-encode"),
        ("spdx", "BSD", "try 'BSD-3-Clause'"),
        ("spdx", "mit", "try 'MIT'"),
        ("spdx", "Apache License, Version 2.0", "try 'Apache-2.0'"),
        ("spdx", "public domain", "try 'LicenseRef-public-domain'"),
        ("spdx", "all rights reserved", "look it up"),
        ("spdx", "MIT AND (", "look it up"),
        ("spdx", "", "write null"),
        ("date", "3/4/25", "write year-month-day"),
        ("date", "2023-02-29", "no day of any calendar"),
        ("date", "20230228", "write year-month-day"),
        ("date-time", "2022-12-02T17:00:00", "offset from UTC"),
        ("date-time", "tomorrow", "write it such as"),
        ("time", "24:00", "write hours and minutes"),
        ("time-zone", "Europe/Berln", "did you mean 'Europe/Berlin'?"),
    ],
)
def test_formats_refuse_and_say_what_to_write(name, text, fix):
    with pytest.raises(FormatError) as caught:
        FORMATS[name](text)
    assert fix in str(caught.value)
    assert str(caught.value).startswith("expected ")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "nothing"),
        (True, "true"),
        ("x" * 100, f"'{'x' * 57}...'"),
        ([1], "a list of 1"),
        ({}, "no fields"),
    ],
)
def test_values_are_shown_short(value, shown):
    assert show(value) == shown


def test_our_schemas_are_valid(request):
    schemas = sorted((request.config.rootpath / "site" / "outreach").rglob("*.schema.json"))
    assert schemas
    for schema in schemas:
        Draft202012Validator.check_schema(json.loads(schema.read_text("utf-8")))
