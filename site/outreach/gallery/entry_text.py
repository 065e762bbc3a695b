"""An entry's data as the text of its entry.yaml, written as a person would write it.

Whatever YAML could read as something else is in quotes; long sentences are folded.
"""

import json
import re
import textwrap
from collections.abc import Mapping
from typing import Any

HEADER = "# yaml-language-server: $schema=../../site/outreach/gallery/entry.schema.json\n"
WIDTH = 96
PLAIN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
# What YAML 1.1, and with it some editors, reads as true, false or null.
NOT_PLAIN = ("true", "false", "null", "yes", "no", "on", "off", "y", "n")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
# One space between words: only such text comes back from folded lines as it went in.
FOLDABLE = re.compile(r"[^\s#]\S*(?: \S+)+")


def entry_text(data: Mapping[str, Any]) -> str:
    """Return the YAML of an entry: reading it gives `data` again."""
    return HEADER + "".join(f"{line}\n" for line in _mapping(data, 0))


def _mapping(data: Mapping[str, Any], depth: int) -> list[str]:
    indent = "  " * depth
    lines: list[str] = []
    for name, value in data.items():
        if isinstance(value, dict):
            lines += [f"{indent}{name}:", *_mapping(value, depth + 1)]
        elif isinstance(value, list) and value and not all(isinstance(item, int) for item in value):
            lines.append(f"{indent}{name}:")
            for item in value:
                if isinstance(item, dict):
                    first, *rest = _mapping(item, depth + 2)
                    lines += [f"{indent}  - {first.lstrip()}", *rest]
                else:
                    lines.append(f"{indent}  - {_scalar(item)}")
        elif isinstance(value, str) and len(value) > WIDTH - 10 and FOLDABLE.fullmatch(value):
            lines += [f"{indent}{name}: >-", *_folded(value, indent + "  ")]
        elif isinstance(value, list):
            lines.append(f"{indent}{name}: [{', '.join(map(str, value))}]")
        else:
            lines.append(f"{indent}{name}: {_scalar(value)}")
    return lines


def _folded(text: str, indent: str) -> list[str]:
    return textwrap.wrap(
        text, WIDTH, initial_indent=indent, subsequent_indent=indent,
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if not isinstance(value, str):
        return str(value)
    plain = PLAIN.fullmatch(value) and value not in NOT_PLAIN
    # A JSON string is a YAML string; dates are text in our schema, and written without quotes.
    return value if plain or DATE.fullmatch(value) else json.dumps(value, ensure_ascii=False)
