"""The command `zarr-partial` and its commands."""

import click

from zarr_partial.commands.completing import completion_option
from zarr_partial.commands.explain import explain
from zarr_partial.commands.get import get
from zarr_partial.commands.info import info
from zarr_partial.commands.virtualize import virtualize

__all__ = ["cli"]


class Commands(click.Group):
    """Commands in the order in which people meet them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="zarr-partial")
@completion_option
def cli() -> None:
    """Look at Zarr arrays, and read parts of them: in folders, ZIP files and behind URLs.

    \b
    Examples:
      zarr-partial info cells.zarr
      zarr-partial explain cells.zarr "0:10, ::100"
      zarr-partial get cells.zarr "[3, 99, 2500]" --out rows.npy
      zarr-partial virtualize cells.zarr --chunks 10 -o refs.json

    Exit codes: 0 fine, 1 wrong data or a selection that does not fit them, 2 wrong command line,
    130 interrupted. Data go to standard output, everything else to standard error.
    """


cli.add_command(info)
cli.add_command(explain)
cli.add_command(get)
cli.add_command(virtualize)
