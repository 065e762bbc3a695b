"""What a YAML error means to someone who has never read the specification."""

import re

import yaml

# Part of PyYAML's message, then what was expected and what to do. First match wins.
MEANINGS = (
    ("mapping values are not allowed", "expected one ': ' per line", "put the value in quotes"),
    ("unknown escape character", "expected \\\\ or a known escape in double quotes", "use single quotes"),
    ("while scanning a quoted scalar", "expected a closing quote", "close the quote that opens here"),
    ("while scanning an anchor", "expected plain text", "a value that starts with '&' needs quotes"),
    ("while scanning an alias", "expected plain text", "a value that starts with '*' needs quotes"),
    ("while scanning a tag", "expected plain text", "a value that starts with '!' needs quotes"),
    ("while parsing a tag", "expected plain text", "a value that starts with '!' needs quotes"),
    ("undefined tag handle", "expected plain text", "a value that starts with '!' needs quotes"),
    ("cannot start any token", "expected plain text", "put the value in quotes"),
    ("while scanning a directive", "expected 'field: value'", "a line that starts with '%' needs quotes"),
    (
        "while scanning a block scalar",
        "expected '|' or '>' and then only indented lines",
        "put the text below it",
    ),
    (
        "could not find expected ':'",
        "expected 'field: value'",
        "add the colon and a space, or indent the line",
    ),
    ("while parsing a flow", "expected a closing bracket", "close the bracket that opens here"),
    (
        "block sequence entries are not allowed",
        "expected '- ' on a line of its own",
        "move it to the next line",
    ),
    ("while parsing a block collection", "expected '- ' here", "align it with the item before"),
    ("while parsing a block mapping", "expected the next field here", "align it with the field before"),
    (
        "did not find expected <document start>",
        "expected 'field: value'",
        "indent the line like its neighbours",
    ),
)


def explain(error: yaml.YAMLError, text: str) -> tuple[int, int, str]:
    """Return line and column (from 1) of the mistake, and a message: expected, found, fix."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return 1, 1, f"expected valid YAML, found none; YAML says: {error}"
    said = f"{error.context or ''}; {error.problem or ''}"
    expected, fix = next(
        ((expected, fix) for part, expected, fix in MEANINGS if part in said),
        ("expected valid YAML", f"YAML says: {error.problem}"),
    )
    # An unclosed quote or bracket is noticed at the end of the file, a missing colon on the next line;
    # what helps is where it began.
    opened_here = ("opens here" in fix or "could not find" in said) and error.context_mark is not None
    mark = error.context_mark if opened_here else error.problem_mark
    if mark is None:
        return 1, 1, f"{expected}; {fix}"
    lines = text.split("\n")
    line = min(mark.line, len(lines) - 1)
    found = lines[line].strip()
    if found.startswith("\t") or "\t" in lines[line][: mark.column + 1]:
        return line + 1, mark.column + 1, "expected spaces, found a tab; indent with spaces"
    if "one ': '" in expected and (before := _without_colon(lines, line)) is not None:
        # The line without its colon runs on into the next, and only there YAML notices.
        return before + 1, 1, f"expected 'field: value', found {lines[before].strip()!r}; add the colon"
    found = found if len(found) <= 60 else found[:57] + "..."
    if re.search(r"""^(- )?[\w-]+: *['"]""", found) and "next field" in expected:
        expected, fix = (
            "nothing after the closing quote",
            "write the quote inside twice, or use the other kind outside",
        )
        expected = f"expected {expected}"
    elif (
        "one ': '" in expected
        and lines[line][:1] == " "
        and mark.line
        and not lines[line - 1].rstrip().endswith(":")
    ):
        fix = "align it with the field above, or put the value in quotes"
    elif "quotes" in fix and (example := _quoted(found)):
        fix = f"{fix}, as in {example}"
    return line + 1, mark.column + 1, f"{expected}, found {found!r}; {fix}"


def _without_colon(lines: list[str], line: int) -> int | None:
    """Return the line before `line` if it begins a field but has no colon."""
    before = next((number for number in range(line - 1, -1, -1) if lines[number].strip()), None)
    if before is None or not re.match(r"(\s*- )?[a-z_]+ [^:]+$", lines[before]):
        return None
    return before


def _quoted(line: str) -> str | None:
    """Return `line` with its value in quotes, if it is a short plain 'field: value'."""
    parts = re.fullmatch(r"((?:- )?[\w-]+: )([^'\"#]+)", line)
    return f"{parts[1]}'{parts[2]}'" if parts and not line.endswith("...") else None
