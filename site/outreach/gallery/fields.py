"""The schema as a list of fields that one can ask for: as an option, as a question, in a form.

One list serves all three ways, so that none of them can lack a field of the schema.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from outreach.gallery.check import checker

# How people call what the schema abbreviates, and one item of what it names in the plural.
NAMES = {"url": "address", "doi": "DOI", "dtype": "data type", "dims": "axes", "alt": "description"}
ONE = {"people": "person", "links": "link", "sources": "source", "codecs": "codec", "dims": "dim"}
SEPARATOR = " | "
LENGTHS = re.compile(r"[\s,×x\[\]()]+")

type Path = tuple[str, ...]
type Kind = str


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the schema, for example `picture.alt`.

    `kind` is "text", "number", "choice", "words" (a list of text), "lengths" (a list of whole numbers),
    "rows" (a list of small records, with `columns`) or "file" (a file or folder beside entry.yaml).
    `required`: wherever the entry has its group, for example any field of the picture, it has this field.
    """

    path: Path
    kind: Kind
    rule: Mapping[str, Any]
    columns: tuple[str, ...] = ()
    required: bool = False

    @property
    def key(self) -> str:
        """The field as Python names it: `picture_alt`."""
        return "_".join(self.path)

    @property
    def option(self) -> str:
        """The field as an option: `--picture-alt`; `--link` for one of the links."""
        *above, last = self.path
        if self.kind == "file":
            last = {"file": "", "path": ""}.get(last, last)
        elif self.is_list:
            last = ONE.get(last, last)
        return "--" + "-".join(filter(None, (*above, last))).replace("_", "-")

    @property
    def label(self) -> str:
        """The field as a heading: `Picture: description`."""
        text = ": ".join(NAMES.get(step, step).replace("_", " ") for step in self.path)
        return text[0].upper() + text[1:]

    @property
    def description(self) -> str:
        """What the schema says of it, without a full stop."""
        return str(self.rule["description"])

    @property
    def choices(self) -> tuple[str, ...]:
        """What may be chosen, without "not recorded"."""
        return tuple(str(each) for each in self.rule.get("enum", ()) if each is not None)

    @property
    def is_list(self) -> bool:
        """Whether it holds several things, each given by itself."""
        return self.kind in ("words", "rows")

    @property
    def can_be_unknown(self) -> bool:
        """Whether it may be null."""
        kinds = self.rule.get("type", ())
        return "null" in kinds or None in self.rule.get("enum", ())

    def read(self, texts: Sequence[str]) -> Any:
        """Return the value that `texts` (several only for a list) mean; None if they are all empty.

        What cannot be read stays text, so that the checker says what is wrong with it.
        """
        given = [text.strip() for text in texts if text.strip()]
        if not given:
            return None
        if self.kind == "words":
            return [] if given == ["none"] and self.can_be_unknown else given
        if self.kind == "rows":
            return [_row(text, self.columns) for text in given]
        if self.kind == "lengths":
            return [_number(part) for part in LENGTHS.split(given[0]) if part]
        if self.kind == "number" or (self.kind == "choice" and self.can_be_unknown):
            return _number(given[0])
        return given[0]


@cache
def fields() -> tuple[Field, ...]:
    """Return the fields of an entry, in the order of the schema."""
    return tuple(_fields(checker().schema, ()))


def _fields(schema: Mapping[str, Any], above: Path) -> list[Field]:
    found = []
    for name, said in schema["properties"].items():
        path = (*above, name)
        if "properties" in said:
            found += _fields(said, path)
            continue
        shared = checker().schema["$defs"].get(said.get("$ref", "").rpartition("/")[2], {})
        rule = {**shared, **said}
        columns = tuple(rule.get("items", {}).get("properties", ()))
        field = Field(path, _kind(rule), rule, columns)
        needed = name in schema["required"] and not field.can_be_unknown
        found.append(replace(field, required=needed))
    return found


def _kind(rule: Mapping[str, Any]) -> Kind:
    kinds = rule.get("type", ())
    kinds = (kinds,) if isinstance(kinds, str) else kinds
    items = rule.get("items", {})
    if rule.get("x-file"):
        return "file"
    if "enum" in rule:
        return "choice"
    if rule.get("$ref", "").endswith("/lengths"):
        return "lengths"
    if "array" in kinds:
        return "rows" if items.get("type") == "object" else "words"
    return "number" if "integer" in kinds else "text"


def _number(text: str) -> int | str:
    # isdigit() is true of "²", which int() refuses; int() also refuses thousands of digits.
    plain = text.isascii() and text.isdecimal() and len(text) <= 15 and (text == "0" or text[0] != "0")
    return int(text) if plain else text


def _row(text: str, columns: tuple[str, ...]) -> dict[str, str | None]:
    parts = [part.strip() or None for part in text.split(SEPARATOR.strip(), len(columns) - 1)]
    return dict(zip(columns, parts + [None] * (len(columns) - len(parts)), strict=True))


def assemble(values: Mapping[Path, Any]) -> dict[str, Any]:
    """Return the data of an entry from the values of its fields, in the order of the schema.

    What must be there and is not known is null; other fields without a value are left out.
    """
    return _assembled(checker().schema, (), values)


def _assembled(schema: Mapping[str, Any], above: Path, values: Mapping[Path, Any]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for name, rule in schema["properties"].items():
        path = (*above, name)
        value = values.get(path)
        if "properties" in rule:
            inside = any(found is not None for known, found in values.items() if known[: len(path)] == path)
            value = _assembled(rule, path, values) if inside else None
        if value is not None or name in schema["required"]:
            data[name] = value
    return data
