"""The prose of a file: what people read of Markdown, YAML, Python, TypeScript and templates, with its lines.

Code is taken out: fences and spans, tags, addresses, commands, doctests, types of parameters. Everything that
goes is replaced by as many spaces, so that a place in the prose is a place in the file.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import yaml

WORDS_OF_A_SENTENCE = 3
# What these fields hold is somebody else's: titles of issues, names, addresses, commands, labels.
NOT_OURS = frozenset(
    {"first_command", "labels", "people", "name", "credit", "url", "found_in", "path", "wheel", "command"}
)
MARKDOWN = (
    r"\A---\n.*?\n---\n",  # read apart: its title and description
    r"(?ms)^ *(```|~~~).*?^ *\1 *$",
    r"(?s)<!--.*?-->",
    r"(?s)<(pre|code|kbd|samp|script|style)\b.*?</\1>",
    r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)",
    r"\]\([^)\s]*[^)]*\)",
    r"(?m)^\[[^\]]+\]: .*$",
    r"(?s)</?[a-zA-Z][^<>]*>",
    r"\{[%{#].*?[%}#]\}",
    r"(?<=[\s)>\]])\{:?[^{}\n]*\}",
)
ADDRESS = r"(?:[a-z][a-z0-9+]*://|www\.)[^\s)>\"']+"
COMMAND = re.compile(r"^\s*(?:\$|>>>|\.\.\.|import |from \S+ import |uv run|pip |git |python |npm |conda )")
RUN = r"\bpython -m [\w.]+"


def prose(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the number of each line that holds prose, and the prose of it."""
    text = path.read_text(encoding="utf-8")
    kind = {".md": _markdown, ".yaml": _yaml, ".yml": _yaml, ".py": _python, ".ts": _typescript}.get(
        path.suffix, _markdown
    )
    for number, line in kind(text):
        said = _blank(RUN, _blank(ADDRESS, line))
        if said.strip() and not COMMAND.search(said):
            yield number, said


def _blank(pattern: str, text: str, flags: int = 0) -> str:
    return re.sub(pattern, lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=flags)


def _lines(text: str, first: int = 1) -> Iterator[tuple[int, str]]:
    yield from enumerate(text.split("\n"), first)


def _markdown(text: str) -> Iterator[tuple[int, str]]:
    front = re.match(r"\A---\n(.*?)\n---\n", text, flags=re.DOTALL)
    if front:
        for number, line in _lines(front[1], 2):
            if re.match(r"(title|description):", line):
                yield number, re.sub(r"^\w+:", "", line)
    for pattern in MARKDOWN:
        text = _blank(pattern, text, re.DOTALL if pattern.startswith(r"\A") else 0)
    yield from _lines(text)


def _yaml(text: str) -> Iterator[tuple[int, str]]:
    def walk(node: yaml.Node, field: str) -> Iterator[tuple[int, str]]:
        if isinstance(node, yaml.MappingNode):
            of_issue = any(key.value == "number" for key, _ in node.value)
            for key, value in node.value:
                if key.value not in NOT_OURS and not (of_issue and key.value == "title"):
                    yield from walk(value, key.value)
        elif isinstance(node, yaml.SequenceNode):
            for item in node.value:
                yield from walk(item, field)
        elif isinstance(node, yaml.ScalarNode) and len(node.value.split()) >= WORDS_OF_A_SENTENCE:
            yield from _lines(_blank(r"`[^`]*`", node.value), node.start_mark.line + 1)

    root = yaml.compose(text, yaml.CSafeLoader)
    if root is not None:
        yield from walk(root, "")


def _python(text: str) -> Iterator[tuple[int, str]]:
    docstrings = set()
    nodes = list(ast.walk(ast.parse(text)))
    for node in nodes:
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                docstrings.add(first.value)
                if isinstance(first.value.value, str):
                    yield from _docstring(first.value.value, first.lineno)
    for node in nodes:
        if not isinstance(node, ast.Constant) or not isinstance(node.value, str) or node in docstrings:
            continue
        if len(node.value.split()) >= WORDS_OF_A_SENTENCE and "\n" not in node.value.strip():
            yield node.lineno, _plain(node.value)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT and "noqa" not in token.string and "type:" not in token.string:
            yield token.start[0], _plain(token.string)


def _docstring(text: str, first: int) -> Iterator[tuple[int, str]]:
    text = _blank(r"(?m)^ *(?:\w+, )*[*\w]+ : .*$", text)
    text = _blank(r"(?ms)^ *\\b *\n.*?(?=^ *$|\Z)", text)
    yield from _lines(_plain(text), first)


def _plain(text: str) -> str:
    """Take the code spans and tags out of a comment or a message."""
    return _blank(r"(?s)<[^<>]*>", _blank(r"(?s)(`+)(?!`).*?(?<!`)\1(?!`)", text))


def _typescript(text: str) -> Iterator[tuple[int, str]]:
    for number, line in _lines(text):
        for said in re.findall(r"(?:^|\s)//(.*)$|^\s*/?\*\*?(.*)$", line):
            yield number, _plain("".join(said))
        for said in re.findall(r'"([^"\n]*)"', line):
            if len(said.split()) >= WORDS_OF_A_SENTENCE:
                yield number, _plain(said)
