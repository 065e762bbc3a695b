"""A JSON Schema, and everything in a document that breaks it, in words that help.

The schema may say things for people: `x-expected` replaces the phrase after "expected" (patterns need it),
and `x-fix` the advice at the end. Formats are in `outreach.formats`.
"""

import json
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, cast

from jsonschema import Draft202012Validator, FormatChecker, ValidationError

from outreach.formats import FORMATS, FormatError
from outreach.reading import Document, Problem, Step

KINDS = {
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "fields",
    "null": "null",
}


class Checker:
    """The rules of the JSON Schema (2020-12) file `schema`."""

    def __init__(self, schema: Path) -> None:
        self.schema: dict[str, Any] = json.loads(schema.read_text("utf-8"))
        formats = FormatChecker(formats=())
        for name, check in FORMATS.items():
            formats.checks(name, raises=FormatError)(_as_check(check))
        self._validator = Draft202012Validator(self.schema, format_checker=formats)

    def problems(self, document: Document) -> list[Problem]:
        """Return everything in `document` that breaks the schema, in the order of the file."""
        found = set()
        for error in self._validator.iter_errors(document.data):
            for path, message in _explain(error):
                found.add(document.problem(path, message))
        return sorted(found)


def _as_check(check: Any) -> Any:
    def accepts(value: object) -> bool:
        if isinstance(value, str):
            check(value)
        return True

    return accepts


def _explain(error: ValidationError) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Yield the path and the message of each thing that `error` is about."""
    path = tuple(error.absolute_path)
    rule, limit = str(error.validator), cast("Any", error.validator_value)
    found: Any = error.instance
    said: Mapping[str, Any] = error.schema if isinstance(error.schema, Mapping) else {}
    if rule in ("anyOf", "oneOf") and error.context and "x-expected" not in said:
        yield from _explain(min(error.context, key=_distance))
    elif rule == "required":
        for name in (name for name in limit if name not in found):
            yield (*path, name), _missing(name, said)
    elif rule in ("additionalProperties", "unevaluatedProperties"):
        known = sorted(said.get("properties", {}))
        for name in (name for name in found if name not in known):
            yield (*path, name), _unknown(name, known)
    elif rule == "format" and isinstance(error.cause, FormatError):
        yield path, str(error.cause)
    else:
        expected, fix = _rule(rule, limit, found)
        expected, fix = said.get("x-expected", expected), said.get("x-fix", fix)
        yield path, f"expected {expected}, found {show(found)}" + (f"; {fix}" if fix else "")


def _distance(error: ValidationError) -> tuple[bool, int]:
    # Of several alternatives, the one that got deepest is the one that was meant; a wrong type was not meant.
    return error.validator == "type", -len(error.absolute_path)


def _missing(name: str, said: Mapping[str, Any]) -> str:
    field = said.get("properties", {}).get(name, {})
    types = field.get("type", [])
    example = field.get("examples", [None])[0]
    if "null" in types or None in field.get("enum", []):
        fix = f"add '{name}: null' if it is not recorded"
    elif isinstance(example, str | int):
        fix = f"add it, for example '{name}: {example}'"
    else:
        fix = f"add '{name}'"
    description = field.get("description", "").split(". ")[0].rstrip(".")
    return f"expected this field, found none; {fix}" + (f" ({description})" if description else "")


def _unknown(name: str, known: list[str]) -> str:
    near = get_close_matches(name.lower(), known, n=1, cutoff=0.5)
    fix = f"did you mean '{near[0]}'?" if near else "remove it"
    return f"expected one of {', '.join(known)}; found {show(name)}; {fix}"


def _rule(rule: str, limit: Any, found: Any) -> tuple[str, str]:
    """Return what was expected and what to do, for the rules of JSON Schema that compare one value."""
    if rule == "type":
        return _wrong_type([limit] if isinstance(limit, str) else limit, found)
    if rule == "enum":
        choices = ["null" if choice is None else str(choice) for choice in limit]
        near = [] if found is None else get_close_matches(str(found).lower(), choices, n=1, cutoff=0.5)
        return f"one of {', '.join(choices)}", f"did you mean '{near[0]}'?" if near else "choose one"
    if rule == "const":
        return show(limit), ""
    size = len(found) if isinstance(found, str | list | dict) else 0
    counted = {
        "minLength": (f"at least {limit} characters", f"it has {size}; write more"),
        "maxLength": (f"at most {limit} characters", f"it has {size}; shorten it"),
        "minItems": (f"at least {limit} in the list", "add one"),
        "maxItems": (f"at most {limit} in the list", f"it has {size}; remove some"),
        "uniqueItems": ("each item once", "remove the repeated one"),
        "minimum": (f"at least {limit}", ""),
        "maximum": (f"at most {limit}", ""),
        "exclusiveMinimum": (f"more than {limit}", ""),
        "pattern": (f"text that matches {limit}", ""),
        "not": ("something else", ""),
    }
    return counted.get(rule, (f"what the rule '{rule}' allows", ""))


def _wrong_type(kinds: list[str], found: Any) -> tuple[str, str]:
    expected = " or ".join(KINDS[kind] for kind in kinds)
    if "string" in kinds and isinstance(found, int | float):
        return expected, "put it in quotes"
    if isinstance(found, str) and found.strip("-0123456789.") == "" and {"integer", "number"} & set(kinds):
        return expected, "remove the quotes, and zeros in front or behind"
    if "array" in kinds and not isinstance(found, list):
        return expected, "write one item per line, each after '- '"
    if kinds == ["object"]:
        return expected, "write lines like 'field: value'"
    if found is None:
        return expected, "fill it in"
    return expected, ""


def show(value: Any) -> str:
    """Return `value` as messages show it: short, and in quotes if it is text."""
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case str():
            return repr(value if len(value) <= 60 else value[:57] + "...")
        case list():
            return f"a list of {len(value)}"
        case dict():
            return f"fields ({', '.join(sorted(map(str, value))[:4])})" if value else "no fields"
        case _:
            return str(value)
