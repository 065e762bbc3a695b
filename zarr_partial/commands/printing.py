"""What reaches the terminal: tables, JSON and messages, with nothing in them that steers a terminal.

Names, attributes and messages come from data that anybody may have written. Whatever is not printable,
escape sequences and marks that turn the direction of writing included, is shown as its escaped form.
"""

import json
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, TextIO

import click

__all__ = [
    "PipeClosedError",
    "has_output",
    "note",
    "printable",
    "show_error",
    "write",
    "write_json",
    "write_rows",
    "write_table",
]


# A list of numbers, of null, true and false, as `json` spreads it over lines; no text has a line end.
LEAVES = re.compile(r"\[\n[^\[\]{}\"]*\]")
# Wider than any table of ours.
MAX_WIDTH = 10_000


class PipeClosedError(Exception):
    """Who reads our output has seen enough."""


def printable(text: str) -> str:
    """Return the text in one line, with everything escaped that a terminal would act on, not show."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
    )


def has_output() -> bool:
    """Tell whether there is a standard output: whoever starts the process may have closed it."""
    stream: TextIO | None = sys.stdout
    return stream is not None


def write(text: str) -> None:
    """Write text to standard output now.

    Raises
    ------
    PipeClosedError
        If nobody reads it any more.
    OSError
        If there is no standard output.
    """
    if not has_output():
        raise OSError("expected a standard output to write to, found it closed; redirect it, or use --out")
    try:
        # Not by click, which would write UTF-8 to a terminal that says it takes ASCII only.
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError as error:
        raise PipeClosedError from error


def write_json(data: Any) -> None:
    """Write JSON in ASCII, which every terminal and every encoding can take."""
    text = json.dumps(data, indent=2, allow_nan=False)
    # Shapes and rows of numbers in one line each.
    write(
        LEAVES.sub(lambda leaf: " ".join(leaf[0].split()).replace("[ ", "[").replace(" ]", "]"), text) + "\n"
    )


def write_rows(rows: Iterable[tuple[str, str]], title: str) -> None:
    """Write pairs of a name and a text as a table; a name that several rows have is written once."""
    from rich.table import Table
    from rich.text import Text

    from zarr_partial.words import with_units

    table = Table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for name, text in rows:
        # A number stays with its unit.
        table.add_row("" if name == before else name, Text(with_units(printable(text))))
        before = name
    write_table(table, title)


def write_table(table: Any, title: str, *, only_if_it_fits: bool = False) -> bool:
    """Write a table of rich under its title; tell whether it was written.

    `only_if_it_fits` writes none whose cells need several lines in this terminal.
    """
    from rich.measure import measure_renderables
    from rich.text import Text

    from zarr_partial.words import NO_BREAK

    console = _console()
    if only_if_it_fits:
        unbounded = console.options.update(width=MAX_WIDTH)
        if measure_renderables(console, unbounded, [table]).maximum > console.width:
            return False
    with console.capture() as printed:
        console.print(Text(printable(title), style="bold"), soft_wrap=True)
        console.print(table)
    lines = printed.get().replace(NO_BREAK, " ").split("\n")
    write("\n".join(line.rstrip() for line in lines))
    return True


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False)


def note(lines: str | Sequence[str]) -> None:
    """Write to standard error what is not data."""
    for line in [lines] if isinstance(lines, str) else lines:
        click.echo(printable(line), err=True)


def show_error(message: str, hint: str | None = None) -> None:
    """Write an error to standard error; lines after the first, and the hint, are indented."""
    from os import environ

    lines = [printable(line) for line in message.splitlines()] or ["no reason is known"]
    lines += [hint] if hint else []
    colour = False if environ.get("NO_COLOR") else None
    prefix = click.style("error:", fg="red", bold=True)
    click.echo(f"{prefix} " + "\n  ".join(lines), err=True, color=colour)
