"""The `outreach` command. Subcommands are imported when called, so that the light lane needs no MkDocs."""

import importlib
import sys
from typing import override

import click
from rich.markup import escape

from outreach.console import progress
from outreach.errors import OutreachError, explained

COMMANDS = {
    "generate": ("outreach.build", "generate"),
    "build": ("outreach.build", "build"),
    "serve": ("outreach.serve", "serve"),
    "gallery": ("outreach.gallery.cli", "gallery"),
    "sprint": ("outreach.sprints.cli", "sprint"),
    "bench": ("outreach.benches.cli", "bench"),
    "doctor": ("outreach.doctor_cli", "doctor"),
}


class LazyGroup(click.Group):
    """A click group whose commands live in the modules that `COMMANDS` names."""

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, name = COMMANDS[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(
    cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
def outreach() -> None:
    """Build the Beautiful Zarr site from gallery entries, sprint lists and benchmark results.

    \b
    Examples:
      outreach serve                  build the site, serve it, rebuild on change
      outreach gallery check          check every gallery entry
      outreach bench run --quick      measure, in three minutes
    """


def main() -> None:
    """Run the command; turn what the user can put right into one message and exit code 1."""
    try:
        outreach(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        progress.print("stopped")
        sys.exit(130)
    except (OutreachError, OSError) as error:
        progress.print(f"[bold red]error:[/bold red] {escape(explained(error))}", soft_wrap=True)
        sys.exit(1)
