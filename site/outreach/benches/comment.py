"""The comment that two runs make under a pull request: `python3 -m outreach.benches.comment report.json`.

The report is what `outreach bench compare --json` prints. In CI it was made by a job that ran the code of the
pull request, and nobody vouches for it: every field is checked, and what enters the text loses whatever
Markdown, HTML or a mention would make something else of. Only the standard library is needed.
"""

import json
import math
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from outreach.benches.quantities import TIME, Kind, ratio_text, value_text

MARKER = "<!-- outreach bench compare -->"
MAX_BYTES, MAX_PAIRS, MAX_TEXT, SHOWN_ROWS = 20_000_000, 20_000, 200, 40
STATES = frozenset({"measured", "skipped", "failed", "not measured"})
QUIET = frozenset({"no change", "skipped", "not measured", "new", "gone"})
SIDES = ("before", "after")


class ReportError(Exception):
    """A report that is none; the message says what was expected and what was found."""


def as_report(data: Any) -> dict[str, Any]:
    """Return `data` if it is a report.

    Raises
    ------
    ReportError
        If it is not.
    """
    report = _fields(data, "the report", {"before": dict, "after": dict, "pairs": list})
    for side in SIDES:
        facts = _fields(report[side], side, {"commit": str, "cpu": str, "cores": int, "scale": str})
        if not re.fullmatch("[0-9a-f]{40}", facts["commit"]):
            raise ReportError(f"{side}.commit: expected a full commit id, found {facts['commit'][:50]!r}")
    if len(report["pairs"]) > MAX_PAIRS:
        raise ReportError(f"pairs: expected at most {MAX_PAIRS:,}, found {len(report['pairs']):,}")
    for number, pair in enumerate(report["pairs"]):
        _check_pair(pair, f"pairs[{number}]")
    return report


def _check_pair(data: Any, place: str) -> None:
    kinds: dict[str, type] = {"benchmark": str, "params": dict, "kind": str, "verdict": str}
    pair = _fields(data, place, kinds | dict.fromkeys(SIDES, dict))
    if pair["kind"] not in set(Kind):
        raise ReportError(f"{place}.kind: expected one of {', '.join(Kind)}, found {pair['kind'][:50]!r}")
    if not all(isinstance(value, str) for value in pair["params"].values()):
        raise ReportError(f"{place}.params: expected texts, found something else")
    for name, value in (("ratio", pair.get("ratio")), *((side, pair[side].get("value")) for side in SIDES)):
        known = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
        if value is not None and not known:
            raise ReportError(f"{place}.{name}: expected a positive number or null, found {value!r:.50}")
    for side in SIDES:
        if pair[side].get("state") not in STATES:
            raise ReportError(f"{place}.{side}.state: expected one of {', '.join(sorted(STATES))}")


def _fields(data: Any, place: str, kinds: dict[str, type]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise ReportError(f"{place}: expected fields, found {type(data).__name__}")
    for name, kind in kinds.items():
        if not isinstance(data.get(name), kind):
            raise ReportError(
                f"{place}.{name}: expected {kind.__name__}, found {type(data.get(name)).__name__}"
            )
    return data


def comment_text(report: dict[str, Any]) -> str:
    """Return the comment: what changed, worse first, and the rest in figures."""
    before, after, pairs = report["before"], report["after"], report["pairs"]
    changed = sorted((pair for pair in pairs if pair["verdict"] not in QUIET), key=_rank)
    lines = [MARKER, "### Benchmarks of this change", "", _plain(sentence(pairs)), ""]
    if changed:
        lines += [
            "| benchmark | parameters | before | after | verdict |",
            "| --- | --- | ---: | ---: | --- |",
        ]
        lines += [f"| {' | '.join(map(_plain, row_texts(pair)))} |" for pair in changed[:SHOWN_ROWS]]
        if len(changed) > SHOWN_ROWS:
            lines += ["", f"{len(changed) - SHOWN_ROWS} more changed; the JSON of the run has all."]
    else:
        lines += ["No number changed."]
    where = (
        f"`{before['commit'][:12]}` and `{after['commit'][:12]}`, one after the other on "
        f"{_plain(after['cpu'])}, "
        f"{after['cores']} cores, {_plain(after['scale'])} scale. Changed means that the 99 % intervals "
        "do not "
        f"touch and the factor is above {TIME.noise}; shared machines are noisy, so look twice at what "
        "has no "
        "reason to change."
    )
    return "\n".join([*lines, "", where]) + "\n"


def sentence(pairs: list[dict[str, Any]]) -> str:
    """Return how many numbers have each verdict."""
    counts: dict[str, int] = {}
    for pair in pairs:
        counts[pair["verdict"]] = counts.get(pair["verdict"], 0) + 1
    told = ", ".join(
        f"{count} {verdict}" for verdict, count in sorted(counts.items(), key=lambda one: -one[1])
    )
    return f"{len(pairs)} numbers: {told}."


def row_texts(pair: dict[str, Any]) -> Iterator[str]:
    """Yield benchmark, parameters, both numbers and the verdict of a pair as texts."""
    yield pair["benchmark"]
    yield ", ".join(pair["params"].values())
    for side in SIDES:
        value = pair[side].get("value")
        yield pair[side]["state"] if value is None else value_text(value, Kind(pair["kind"]), precise=True)
    ratio = pair.get("ratio") if pair["verdict"] not in QUIET else None
    yield pair["verdict"] if ratio is None else f"{ratio_text(max(ratio, 1 / ratio))} × {pair['verdict']}"


def _rank(pair: dict[str, Any]) -> tuple[bool, float, str, str]:
    ratio = pair.get("ratio")
    factor = 0.0 if ratio is None else max(ratio, 1 / ratio)
    return ratio is not None and ratio > 1, -factor, pair["benchmark"], str(pair["params"])


def _plain(text: str) -> str:
    """Return `text` without what Markdown, HTML or mentions would make something else of."""
    return "".join(letter for letter in text[:MAX_TEXT] if letter.isalnum() or letter in " .,:;-_+×%µ³/()='^")


def main(arguments: list[str]) -> int:
    """Print the comment of the report that `arguments` names; return the exit code."""
    if len(arguments) != 1:
        sys.stderr.write("expected one file; usage: python3 -m outreach.benches.comment report.json\n")
        return 2
    try:
        with Path(arguments[0]).open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise ReportError(f"expected at most {MAX_BYTES:,} bytes, found more")
        sys.stdout.write(comment_text(as_report(json.loads(content))))
    except (ReportError, OSError, ValueError, RecursionError) as error:
        sys.stderr.write(f"error: expected a report of outreach bench compare, found none: {error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
