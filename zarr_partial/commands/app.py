"""The command `zarr-partial` and its commands."""

from difflib import get_close_matches

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

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Return the command that is meant; of a name that is none, say the nearest.

        Raises
        ------
        click.UsageError
            If there is no such command.
        """
        # click suggests from 8.4 on; the extra takes earlier ones.
        name = args[0]
        if name not in self.commands and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, self.commands, n=1, cutoff=0.5)
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise click.UsageError(
                f"expected one of the commands {', '.join(self.commands)}, found {name!r}{meant}", ctx
            )
        return super().resolve_command(ctx, args)


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
