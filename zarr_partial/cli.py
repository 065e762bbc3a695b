"""The entry point of the command line: `zarr-partial`, or `python -m zarr_partial`."""

import sys

__all__ = ["main"]

try:
    import click  # noqa: F401
except ImportError:
    print("error: expected click and rich, found none; pip install 'zarr-partial[cli]'", file=sys.stderr)  # noqa: T201
    sys.exit(1)

from zarr_partial.commands.app import cli
from zarr_partial.commands.ending import run


def main() -> None:
    """Run the command that the arguments of the process name, and end with its exit code."""
    code = run(cli)
    # Requests that were given up are torn down with the process, which asyncio would print tracebacks about.
    sys.unraisablehook = _ignore
    sys.exit(code)


def _ignore(_unraisable: object) -> None:
    """Say nothing."""
