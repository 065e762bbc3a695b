"""How a command ends: its exit code, and one message where something is wrong.

0 is fine, 1 wrong data or a selection that does not fit them, 2 a wrong command line, 130 Ctrl-C, 143 a
request to end. Whoever reads the output of a pipe may leave early: that is fine.
"""

import os
import signal
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

import click

from zarr_partial.commands.printing import PipeClosedError, has_output, show_error

__all__ = ["CommandError", "run"]

MISSING_EXTRA = "expected click and rich, found one of them only; pip install 'zarr-partial[cli]'"
FINE, WRONG_DATA, INTERRUPTED, TERMINATED = 0, 1, 130, 143


# Of click 8.2 and later.
_NO_ARGUMENTS: tuple[type[Exception], ...] = tuple(
    kind for kind in [getattr(click.exceptions, "NoArgsIsHelpError", None)] if kind is not None
)


class CommandError(Exception):
    """Something is wrong that is neither the command line nor has an error of the library."""


def run(cli: click.Group) -> int:
    """Run the command of this process, and return its exit code."""
    _stand_in_for_closed()
    _take_any_text()
    # So that nothing half-written stays behind where a batch system ends the process.
    with suppress(ValueError):  # only the main thread may say so
        signal.signal(signal.SIGTERM, _terminate)
    try:
        code = cli.main(prog_name="zarr-partial", standalone_mode=False)
        if has_output():
            sys.stdout.flush()
    except click.ClickException as error:
        if isinstance(error, _NO_ARGUMENTS):
            # It carries the help.
            error.show()
            return error.exit_code
        show_error(error.format_message(), _hint(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except (PipeClosedError, BrokenPipeError):
        # The interpreter flushes once more when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except Exception as error:
        message = _message(error)
        if message is None:
            raise
        show_error(message)
        return WRONG_DATA
    return code if isinstance(code, int) else FINE


def _hint(error: click.ClickException) -> str | None:
    if not isinstance(error, click.UsageError) or error.ctx is None:
        return None
    return f"see {error.ctx.command_path} --help"


def _message(error: Exception) -> str | None:
    """Return what there is to say about an error that a user can do something about, else None."""
    from zarr.errors import BaseZarrError

    from zarr_partial.errors import PartialReadError

    if isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] == "rich":
        return MISSING_EXTRA
    if isinstance(error, MemoryError):
        return f"expected enough memory, found too little: {str(error) or 'no more can be had'}; select less"
    if isinstance(error, (CommandError, PartialReadError, BaseZarrError, IndexError, ImportError, OSError)):
        return str(error) or type(error).__name__
    return None


def _stand_in_for_closed() -> None:
    """Let messages go nowhere if there is no standard error; keep its number, and that of the output."""
    errors: TextIO | None = sys.stderr
    if not has_output():
        # A file that is opened next would be taken for the output.
        os.open(os.devnull, os.O_WRONLY)
    if errors is None:
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115 - as long as the process


def _take_any_text() -> None:
    """Let characters that the terminal's encoding lacks come out escaped."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _terminate(_number: int, _frame: FrameType | None) -> None:
    sys.exit(TERMINATED)
