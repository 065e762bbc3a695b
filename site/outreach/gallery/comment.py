"""The report of a check as one comment under a pull request.

Nothing but the standard library is needed, so that the job that may write comments installs nothing. What
the check says holds text of strangers; it stands in a fence of code, where GitHub shows it as it is.
"""

import json
import re
import sys
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outreach.gallery.check import Checked

# By this first line the comment is found again.
MARKER = "<!-- outreach gallery check -->"
GUIDE = "https://github.com/zarr-developers/beautiful-zarr/blob/main/site/pages/add-an-entry.md"
COMMAND = "uv run --no-default-groups --package outreach outreach gallery check"
HOW = (
    "Each says the file and line, the field, what was expected, what was found, and what to do. "
    'Edit the file here with the pencil under "Files changed".'
)
MAX_PROBLEMS, MAX_ENTRIES, MAX_TEXT, WIDTH = 40, 40, 400, 88
# Characters that a terminal or a page obeys instead of showing them.
UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)

type Report = dict[str, Any]


def report_of(checked: "Checked") -> Report:
    """Return the outcome of a check as JSON holds it."""
    entries = [
        {
            "slug": entry.slug,
            "title": entry.title,
            "picture": bool(entry.picture),
            "sample": bool(entry.sample),
        }
        for entry in checked.entries
    ]
    return {
        "entries": len(entries),
        "passed": entries,
        "problems": [
            {
                name: _utf8(value) if isinstance(value, str) else value
                for name, value in each.as_dict().items()
            }
            for each in checked.problems
        ],
    }


def _utf8(text: str) -> str:
    # Names of files that are not UTF-8 reach us with halves of characters, which no JSON may hold.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def as_report(data: object) -> Report:
    """Return `data`, read from a file nobody vouches for, if it is a report.

    Raises
    ------
    ValueError
        If it is anything else.
    """
    if not isinstance(data, dict) or set(data) != {"entries", "passed", "problems"}:
        raise ValueError("expected a report with entries, passed and problems")
    kinds = {"slug": str, "title": str, "picture": bool, "sample": bool}
    problem_kinds = {"file": str, "line": int, "column": int, "field": str, "message": str}
    for name, wanted in (("passed", kinds), ("problems", problem_kinds)):
        if not isinstance(data[name], list) or not all(_has(item, wanted) for item in data[name]):
            raise ValueError(f"expected a list of records in {name!r}, each with {', '.join(wanted)}")
    if type(data["entries"]) is not int or data["entries"] != len(data["passed"]):
        raise ValueError("expected as many entries as have passed")
    return data


def _has(item: object, kinds: Mapping[str, type]) -> bool:
    return (
        isinstance(item, dict)
        and set(item) == set(kinds)
        and all(type(item[name]) is kind for name, kind in kinds.items())
    )


def comment_text(report: Report) -> str:
    """Return the Markdown of the comment, below GitHub's limit of 65,536 characters."""
    problems, passed = report["problems"], report["passed"]
    lines = [MARKER]
    if problems:
        things = "1 thing" if len(problems) == 1 else f"{len(problems)} things"
        lines += [f"### Gallery check: {things} to put right", ""]
        shown = [line for problem in problems[:MAX_PROBLEMS] for line in _problem(problem)]
        lines += _fenced(shown[:-1])
        if len(problems) > MAX_PROBLEMS:
            lines += [f"and {len(problems) - MAX_PROBLEMS} more.", ""]
        # GitHub breaks lines of comments where they break here.
        lines += [f"{HOW} In your clone, this says the same:", "", *_fenced([COMMAND])]
        lines += [f"Push, and this comment changes with the check. About entries: [the guide]({GUIDE})."]
    else:
        lines += ["### Gallery check: nothing to put right", ""]
        if passed:
            lines += _fenced(_passed(passed))
            lines += ["Thank you. A maintainer reads it next, and merges it or asks."]
        else:
            lines += ["No entry was added or changed."]
    return "\n".join(lines) + "\n"


def _problem(problem: Mapping[str, Any]) -> list[str]:
    place = f"{_shown(problem['file'])}, line {problem['line']}"
    if problem["field"]:
        place += f", {_shown(problem['field'])}"
    indent = "    "
    told = textwrap.wrap(_shown(problem["message"]), WIDTH, initial_indent=indent, subsequent_indent=indent)
    return [place, *told, ""]


def _passed(passed: list[Mapping[str, Any]]) -> list[str]:
    lines = []
    for entry in passed[:MAX_ENTRIES]:
        has = [f"a {name}" for name in ("picture", "sample") if entry[name]]
        more = f" (with {' and '.join(has)})" if has else ""
        lines.append(f"{_shown(entry['slug'])}: {_shown(entry['title'])}{more}")
    if len(passed) > MAX_ENTRIES:
        lines.append(f"and {len(passed) - MAX_ENTRIES} more")
    return lines


def _fenced(lines: list[str]) -> list[str]:
    # A fence ends with as many backticks as it began with: one more than any line has.
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", *lines, fence, ""]


def _shown(text: str) -> str:
    plain = UNSEEN.sub("\N{REPLACEMENT CHARACTER}", text)
    return plain if len(plain) <= MAX_TEXT else plain[: MAX_TEXT - 3] + "..."


def main(arguments: list[str]) -> int:
    """Print the comment of the report in a file: `python3 -m outreach.gallery.comment REPORT`."""
    if len(arguments) != 1:
        sys.stderr.write("expected one file; usage: python3 -m outreach.gallery.comment REPORT\n")
        return 2
    try:
        report = as_report(json.loads(Path(arguments[0]).read_text("utf-8")))
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {arguments[0]}: expected the report of a check, found none ({error})\n")
        return 1
    sys.stdout.write(comment_text(report))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
