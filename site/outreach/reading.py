"""YAML files of the gallery, the sprints and the results: read strictly, remembering where everything stands.

Steps: bytes, text, events (where everything dangerous is refused before anything is built), nodes, values.
Scalars follow YAML's core schema narrowed to what survives a round trip: `NO`, `14:00`, `3.10`, `007` and
dates stay the text that was written.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.yaml_mistakes import explain

MAX_BYTES = 64 * 1024
MAX_DEPTH = 20

type Step = str | int
type Place = tuple[int, int]

# Characters that no editor shows: C0 and C1 controls, separators, zero width, and marks that reorder text.
# U+200C and U+200D stay: Persian, Hindi and emoji are written with them.
HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufffe\uffff]"
)


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to put right: where it stands (line and column from 1) and what to do."""

    file: str
    line: int
    column: int
    field: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: "
        return f"{place}{self.field}: {self.message}" if self.field else f"{place}{self.message}"

    def as_dict(self) -> dict[str, str | int]:
        """Return the problem for `--json`."""
        return asdict(self)


class ProblemsError(OutreachError):
    """Everything that is wrong with some files, one line each."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML file says, and where it says it.

    Attributes
    ----------
    file : str
        The file as messages name it: relative to the checkout.
    data : Any
        Dictionaries, lists, `str`, `int`, `float`, `bool` and `None`.
    marks : Mapping
        Path of a value to (line, column) from 1: of the key in a mapping, of the item in a list.
    """

    file: str
    data: Any
    marks: Mapping[tuple[Step, ...], Place]

    def problem(self, path: tuple[Step, ...], message: str) -> Problem:
        """Return a problem at `path`, or at the nearest part of it that the file holds."""
        known = path
        while known and known not in self.marks:
            known = known[:-1]
        line, column = self.marks.get(known, (1, 1))
        return Problem(self.file, line, column, field_name(path), message)


def field_name(path: tuple[Step, ...]) -> str:
    """Return `path` as messages write it, for example `links[0].url`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def read_yaml(path: Path, project: Project, *, limit: int = MAX_BYTES) -> Document:
    """Return what the YAML file at `path` holds; lists of many items may ask for a higher `limit`, in bytes.

    Raises
    ------
    ProblemsError
        If the file cannot be read, is not UTF-8, exceeds `limit` or `MAX_DEPTH`, holds control
        characters, anchors, aliases, tags, duplicate fields or several documents, is no valid YAML, or is
        neither a mapping nor a list.
    """
    return parse_yaml(_read_bytes(path, project.relative(path), limit), project.relative(path))


def parse_yaml(content: bytes, file: str) -> Document:
    """Return what `content` holds, named `file` in messages; raises as `read_yaml` does."""
    text = decode(content, file)
    try:
        problems = list(_refused(text, file))
        if problems:
            raise ProblemsError(tuple(problems))
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        line, column, message = explain(error, text)
        raise ProblemsError((Problem(file, line, column, "", message),)) from error
    if not isinstance(root, yaml.MappingNode | yaml.SequenceNode):
        found, fix = "an empty file", "write the first one"
        if root is not None:
            found, fix = f"the text {_short(root.value)}", "write a space after each colon"
        message = f'expected lines like "field: value", found {found}; {fix}'
        raise ProblemsError((Problem(file, 1, 1, "", message),))
    builder = _Builder(file)
    data = builder.value(root, ())
    if builder.problems:
        raise ProblemsError(tuple(sorted(builder.problems)))
    return Document(file, data, builder.marks)


class _Loader(yaml.CSafeLoader):
    """PyYAML's fast loader with the narrowed core schema instead of YAML 1.1's guesses."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's own name


def _resolve(kind: str, pattern: str, first: str) -> None:
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{kind}", re.compile(pattern), list(first))


_resolve("null", r"^(?:~|null|Null|NULL|)$", "~nN")
_Loader.yaml_implicit_resolvers[""] = [("tag:yaml.org,2002:null", re.compile("^$"))]
_resolve("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF")
_resolve("int", r"^-?(?:0|[1-9][0-9]{0,17})$", "-0123456789")
_resolve("float", r"^-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,17}$", "-0123456789")


def _read_bytes(path: Path, file: str, most: int) -> bytes:
    try:
        with path.open("rb") as handle:
            content = handle.read(most + 1)
    except OSError as error:
        message = f"expected a readable file, found none ({error.strerror}); check its name and permissions"
        raise ProblemsError((Problem(file, 1, 1, "", message),)) from error
    if len(content) > most:
        limit = f"expected at most {most // 1024} kB"
        message = f"{limit}, found more; keep descriptions short and link to the rest"
        raise ProblemsError((Problem(file, 1, 1, "", message),))
    return content


def decode(content: bytes, file: str) -> str:
    """Return `content` as text with plain line ends.

    Raises
    ------
    ProblemsError
        If it is not UTF-8, or holds characters that no editor shows; `file` names it in the message.
    """
    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        line, column = _place(content[: error.start].decode("utf-8", "replace"))
        message = f"expected UTF-8, found the byte 0x{content[error.start]:02x}; save the file as UTF-8"
        raise ProblemsError((Problem(file, line, column, "", message),)) from error
    problems = []
    for found in HIDDEN.finditer(text):
        message = f"expected visible characters, found U+{ord(found[0]):04X}; remove it"
        problems.append(Problem(file, *_place(text[: found.start()]), "", message))
    if problems:
        raise ProblemsError(tuple(problems[:20]))
    return text


def _place(before: str) -> Place:
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def _refused(text: str, file: str) -> Iterator[Problem]:
    """Yield what YAML allows and we do not; stops where going on would cost time or memory."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=_Loader):
        place = _place_of(event.start_mark)
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                yield Problem(
                    file, *place, "", "expected one document, found another after '---'; remove the line"
                )
                return
        elif isinstance(event, yaml.AliasEvent):
            message = (
                f"expected plain text, found the alias '*{event.anchor}'; write the value out, or quote it"
            )
            yield Problem(file, *place, "", message)
        elif isinstance(event, yaml.NodeEvent):
            if event.anchor is not None:
                message = f"expected no anchor, found '&{event.anchor}'; remove it, or quote the value"
                yield Problem(file, *place, "", message)
            tag: str | None = getattr(event, "tag", None)
            if tag is not None:
                message = f"expected no tag, found {_short(tag)}; remove it, or quote the value"
                yield Problem(file, *place, "", message)
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > MAX_DEPTH:
                message = f"expected at most {MAX_DEPTH} levels, found more; flatten the file"
                yield Problem(file, *place, "", message)
                return
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


class _Builder:
    """Turns nodes into values, noting marks and what is wrong on the way."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.marks: dict[tuple[Step, ...], Place] = {}
        self.problems: list[Problem] = []

    def value(self, node: yaml.Node, path: tuple[Step, ...]) -> Any:
        self.marks.setdefault(path, _start(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: tuple[Step, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self._refuse(key, path, "expected a field name, found a list or mapping; write a plain name")
                continue
            name: str = key.value
            here = (*path, name)
            if name in result:
                first = self.marks[here][0]
                self._refuse(
                    key, here, f"expected each field once, found it again (first on line {first}); keep one"
                )
                continue
            self.marks[here] = _start(key)
            if HIDDEN.search(name):
                self._refuse(
                    key, path, f"expected visible characters, found {_short(name)}; remove the escapes"
                )
            result[name] = self.value(value, here)
        return result

    def _scalar(self, node: yaml.Node, path: tuple[Step, ...]) -> str | int | float | bool | None:
        text: str = node.value
        kind = node.tag.rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text[0] in "tT"
        if kind == "int":
            return int(text)
        if kind == "float" and repr(float(text)) == text:
            return float(text)
        hidden = HIDDEN.search(text)
        if hidden:
            self._refuse(
                node, path, f"expected visible characters, found U+{ord(hidden[0]):04X} by escape; remove it"
            )
        return text

    def _refuse(self, node: yaml.Node, path: tuple[Step, ...], message: str) -> None:
        self.problems.append(Problem(self.file, *_start(node), field_name(path), message))


def _start(node: yaml.Node) -> Place:
    return _place_of(node.start_mark)


def _place_of(mark: Any) -> Place:
    return mark.line + 1, mark.column + 1


def _short(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:57] + "...")
