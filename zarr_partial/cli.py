"""`zarr-partial info | explain`: what an array is, and what reading a part of it would cost.

A command parses, calls the library and prints.
"""

import ast
import json
import sys
from typing import Any

__all__ = ["main", "parse_selection"]

try:
    import click
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table
except ImportError:
    print("expected click and rich, found none; pip install 'zarr-partial[cli]'", file=sys.stderr)  # noqa: T201
    sys.exit(1)

import zarr_partial as zp
from zarr_partial.describing import facts
from zarr_partial.settings import Checksums
from zarr_partial.words import NO_BREAK, with_units

errors = Console(stderr=True, highlight=False)

path_option = click.option("--path", metavar="NAME", help="Where in SOURCE the array is, such as raw/X.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
checksums_option = click.option(
    "--checksums",
    type=click.Choice(["verify", "skip"]),
    default="verify",
    show_default=True,
    help="Whether checksums are compared, for which chunks are read whole.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="zarr-partial")
def cli() -> None:
    """Look at Zarr arrays: how they are laid out, and what reading a part of one costs.

    \b
    Examples:
      zarr-partial info cells.zarr
      zarr-partial explain cells.zarr "0:10, ::100"
      zarr-partial explain cells.zarr "[3, 99, 2500]" --json

    Exit codes: 0 fine, 1 wrong data or a selection that does not fit them, 2 wrong command line.
    """


@cli.command()
@click.argument("source")
@path_option
@checksums_option
@json_option
def info(source: str, path: str | None, checksums: Checksums, as_json: bool) -> None:
    """Show the layout of the array at SOURCE (a folder, a URL, or a ZIP file), and how it is read.

    \b
    Examples:
      zarr-partial info cells.zarr
      zarr-partial info experiment.zarr --path raw/X --json
    """
    array = zp.open(source, path, checksums=checksums)
    if as_json:
        _print_json({"source": source, "path": path, **facts(array.state)})
    else:
        _print_table(array.describe(), source)


@cli.command()
@click.argument("source")
@click.argument("selection")
@path_option
@checksums_option
@json_option
def explain(source: str, selection: str, path: str | None, checksums: Checksums, as_json: bool) -> None:
    """Show what array[SELECTION] reads from SOURCE, why, and what would help, without reading it.

    SELECTION is written as between NumPy's brackets: integers, slices, lists and an ellipsis. Put it
    in quotes; put -- before one that begins with a minus sign. Only headers of Blosc chunks and indexes
    of shards are looked at. JSON lists the first 1,000 touched chunks one by one.

    \b
    Examples:
      zarr-partial explain cells.zarr "[3, 99, 2500]"
      zarr-partial explain image.zarr "0, ..., 100:200, 100:200"
      zarr-partial explain cells.zarr "[3, 99], [0, 5]" --json
      zarr-partial explain cells.zarr -- "-1"
    """
    try:
        key = parse_selection(selection)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SELECTION") from error
    array = zp.open(source, path, checksums=checksums)
    try:
        plan = array.explain(key)
    except IndexError as error:
        raise IndexError(
            f"{source} has shape {array.shape}, [{selection}] does not fit it: {error}"
        ) from error
    if as_json:
        _print_json({"source": source, "path": path, **plan.as_dict()})
    else:
        _print_table(list(plan.rows()), source)


def parse_selection(text: str) -> Any:
    """Return the key that `array[text]` would get, made of literals only.

    Raises
    ------
    ValueError
        If `text` is anything but integers, slices, lists of integers or truth values, and an ellipsis.
    """
    candidates = [text]
    if text.strip().startswith("[") and text.strip().endswith("]"):
        # Copied with its brackets, as `explain` prints it.
        candidates.append(text.strip()[1:-1])
    for candidate in candidates:
        try:
            parsed = ast.parse(f"array[{candidate}]", mode="eval").body
            if isinstance(parsed, ast.Subscript) and isinstance(parsed.value, ast.Name):
                return _literal(parsed.slice)
        except (SyntaxError, ValueError):
            continue
    raise ValueError(
        "expected integers, slices such as 0:10, lists such as [3, 99] and ..., "
        f"as in array[0:10, [3, 99]], found {text!r}"
    )


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Tuple):
        return tuple(_literal(entry) for entry in node.elts)
    if isinstance(node, ast.Slice):
        bounds = [part and _literal(part) for part in (node.lower, node.upper, node.step)]
        if not all(bound is None or type(bound) is int for bound in bounds) or bounds[2] == 0:
            raise ValueError("not a slice")
        return slice(*bounds)
    value = ast.literal_eval(node)
    plain = value is Ellipsis or type(value) is int
    if not plain and not (isinstance(value, list) and all(type(item) in (int, bool) for item in value)):
        raise ValueError("not a selection")
    return value


def _print_table(rows: list[tuple[str, str]], title: str) -> None:
    table = Table(show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    before = ""
    for name, text in rows:
        # A name that several rows have is written once; a number stays with its unit.
        table.add_row("" if name == before else name, escape(with_units(text)))
        before = name
    console = Console(highlight=False)
    console.print(escape(title), style="bold", soft_wrap=True)
    with console.capture() as printed:
        console.print(table)
    click.echo(printed.get().replace(NO_BREAK, " "), nl=False)


def _print_json(data: dict[str, Any]) -> None:
    click.echo(json.dumps(data, indent=2))


def main() -> None:
    """Run the command; what is wrong with the data or the selection is one message and exit code 1."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except (zp.PartialReadError, IndexError) as error:
        errors.print(f"[bold red]error:[/bold red] {escape(str(error))}", soft_wrap=True)
        sys.exit(1)
