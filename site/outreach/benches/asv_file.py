"""A file of asv that says where it is wrong: JSON with NaN and Infinity in it, parameters as Python reprs."""

import itertools
import json
import math
import reprlib
from ast import literal_eval
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from outreach.paths import Project
from outreach.reading import Problem, ProblemsError

COLUMNS = ("result", "params", "version", "started_at", "stats_ci_99_a", "stats_ci_99_b", "stats_repeat")
REMEDY = "restore the file from git, or measure again: uv run outreach bench run"


class AsvFile:
    """A JSON file that says where it is wrong."""

    def __init__(self, path: Path, project: Project) -> None:
        self.name = project.relative(path)
        try:
            self.data = json.loads(path.read_text("utf-8"))
        except FileNotFoundError:
            raise self.problem("", "expected this file beside the results, found none") from None
        except OSError as error:
            raise self.problem("", f"expected a file to read, found an error: {error.strerror}") from None
        except UnicodeDecodeError as error:
            raise self.problem("", f"expected UTF-8 text, found other bytes at {error.start}") from None
        except json.JSONDecodeError as error:
            raise self.problem(
                "", f"expected JSON, found an error: {error.msg}", line=error.lineno, column=error.colno
            ) from None
        except RecursionError:
            raise self.problem("", "expected JSON, found lists or objects nested too deeply") from None
        except ValueError:
            # Python refuses to read integers of more than some thousand digits.
            raise self.problem("", "expected numbers in JSON, found one with too many digits") from None
        if not isinstance(self.data, dict):
            raise self.problem("", f"expected a JSON object, found {type(self.data).__name__}")

    def problem(
        self, field: str, message: str, remedy: str = REMEDY, *, line: int = 1, column: int = 1
    ) -> ProblemsError:
        """Return what is wrong at `field`, to be raised."""
        return ProblemsError((Problem(self.name, line, column, field, f"{message}; {remedy}"),))

    def number(self, value: Any, field: str) -> float:
        """Return `value`, which stands at `field`, as a float; NaN and infinities are numbers to asv."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self.problem(field, f"expected a number, found {reprlib.repr(value)}")
        try:
            return float(value)
        except OverflowError:
            raise self.problem(
                field, f"expected a number below 1.8e308, found {reprlib.repr(value)}"
            ) from None

    def count(self, value: Any, field: str) -> int:
        """Return `value`, which stands at `field`, as an integer; null, of a column left out, is 0."""
        if value is None:
            return 0
        found = self.number(value, field)
        if not 0 <= found < math.inf:
            raise self.problem(field, f"expected a finite number from 0 on, found {found!r}")
        return int(found)

    def take[T](self, holder: Mapping[str, Any], key: str, kind: type[T], within: str = "") -> T:
        """Return `holder[key]`, which must be a `kind`."""
        field = f"{within}.{key}" if within else key
        if key not in holder:
            raise self.problem(field, "expected this field, found none")
        value = holder[key]
        if not isinstance(value, kind):
            raise self.problem(field, f"expected {kind.__name__}, found {type(value).__name__}")
        return value

    def texts(self, params: list[Any], field: str) -> list[tuple[str, ...]]:
        """Return parameter values as text: asv stores their reprs."""
        try:
            return [tuple(str(literal_eval(value)) for value in values) for values in params]
        except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
            raise self.problem(
                f"{field}.params", "expected lists of Python literals, found something else"
            ) from None

    def rows(self) -> dict[str, dict[str, Any] | ProblemsError]:
        """Return the cells of every benchmark by the name of their column; None in those that asv left out.

        In place of a row that is none stands what is wrong with it.
        """
        columns = list(map(str, self.take(self.data, "result_columns", list)))
        for column in COLUMNS:
            if columns.count(column) != 1:
                found = ", ".join(columns) or "none"
                raise self.problem("result_columns", f"expected the column {column!r} once, found {found}")
        rows: dict[str, dict[str, Any] | ProblemsError] = {}
        for name, row in self.take(self.data, "results", dict).items():
            if isinstance(row, list) and len(row) <= len(columns):
                rows[name] = dict(itertools.zip_longest(columns, row))
                continue
            found = f"{len(row)} columns" if isinstance(row, list) else type(row).__name__
            rows[name] = self.problem(
                f"results.{name}", f"expected a list of at most {len(columns)} columns, found {found}"
            )
        return rows
