"""Options that several commands have, and the array or group that they open."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zarr_partial.commands.completing import complete_path
from zarr_partial.commands.ending import CommandError
from zarr_partial.commands.selecting import MODES, SelectionParameter
from zarr_partial.urls import is_url

if TYPE_CHECKING:
    from zarr import Group

    from zarr_partial.array import PartialArray

__all__ = [
    "PICTURES",
    "Opening",
    "SelectionCommand",
    "field_option",
    "force_option",
    "json_option",
    "mode_option",
    "opening_options",
    "plot_option",
    "selection_argument",
    "source_argument",
]

type Decorator = Callable[[Callable[..., None]], Callable[..., None]]

PICTURES = (".png", ".svg", ".pdf")

source_argument = click.argument("source", type=click.Path(path_type=str))
selection_argument = click.argument("selection", type=SelectionParameter())
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
force_option = click.option("--force", is_flag=True, help="Replace files that are there already.")
mode_option = click.option(
    "--mode",
    type=click.Choice(MODES),
    default="basic",
    show_default=True,
    help="How lists are understood: as array[...], .oindex, .vindex or .blocks understands them.",
)
field_option = click.option("--field", metavar="NAME", help="Only this field of structured elements.")
plot_option = click.option(
    "--plot",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Draw a picture, as .png, .svg or .pdf.",
)


class SelectionCommand(click.Command):
    """A command whose selection may begin with a minus sign: what begins so with a digit is no option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Shield negative numbers from being taken for options."""
        end = args.index("--") if "--" in args else len(args)
        return super().parse_args(
            ctx, [*(f" {arg}" if _is_negative(arg) else arg for arg in args[:end]), *args[end:]]
        )


def _is_negative(arg: str) -> bool:
    return arg.startswith("-") and arg[1:].lstrip().startswith(tuple("0123456789"))


@dataclass(frozen=True, slots=True)
class Opening:
    """What the command line says about where an array is and how it is read.

    Attributes
    ----------
    source : str
    path : str or None
    storage_options : dict or None
        For URLs.
    reading : dict
        Of the arguments that `zarr_partial.open` takes, those that were given.
    """

    source: str
    path: str | None
    storage_options: dict[str, Any] | None = None
    reading: dict[str, Any] = field(default_factory=dict)

    @property
    def is_url(self) -> bool:
        """Whether something else than this machine's file system is asked."""
        return is_url(self.source)

    @property
    def title(self) -> str:
        """The source, and the path in it."""
        return f"{self.source}, {self.path}" if self.path else self.source

    def array(self) -> "PartialArray":
        """Open the array.

        Raises
        ------
        PartialReadError, CommandError
            If there is none, or it cannot be read in the way that was asked for.
        """
        import zarr_partial as zp

        try:
            return zp.open(self.source, self.path, storage_options=self.storage_options, **self.reading)
        except (zp.PartialReadError, MemoryError):
            raise
        except Exception as error:
            raise self._failed(error) from error

    def node(self) -> "PartialArray | Group":
        """Open the array, or the group that is there instead.

        Raises
        ------
        PartialReadError, CommandError
            If there is neither.
        """
        import zarr
        from zarr.storage import ZipStore

        from zarr_partial.finding import UNOPENABLE

        place = Path(self.source)
        # As a path, or zarr would take a drive of Windows for a scheme.
        source: Any = self.source if self.is_url else place
        try:
            store = ZipStore(place, mode="r") if place.suffix == ".zip" and place.is_file() else source
            found = zarr.open(store, path=self.path, mode="r", storage_options=self.storage_options)
        except UNOPENABLE:
            # It has the words for what is there.
            return self.array()
        except Exception as error:
            raise self._failed(error) from error
        return found if isinstance(found, zarr.Group) else self.array()

    def _failed(self, error: Exception) -> Exception:
        """Return what to raise for what a store, or the library that it goes through, raises."""
        if isinstance(error, (ValueError, TypeError)) and not self.is_url:
            return CommandError(str(error))
        return CommandError(
            f"expected a Zarr array or group at {self.title}, that can be read in the way asked for, "
            f"found {type(error).__name__}: {error}; check the address, the network and the options"
        )


def opening_options(*names: str) -> Decorator:
    """Return the options that say where and, of those that change how, the ones of these names.

    Together they become one argument, `opening`.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        def opened(
            source: str, path: str | None, storage_option: tuple[tuple[str, Any], ...], **others: Any
        ) -> None:
            reading = {name: others.pop(name) for name in names}
            given = {name: value for name, value in reading.items() if value is not None}
            options = dict(storage_option) or None
            if options and not is_url(source):
                raise click.BadParameter(
                    f"expected a URL to pass options to, found {source}; leave them out",
                    param_hint="--storage-option",
                )
            command(opening=Opening(source, path, options, given), **others)

        opened.__doc__ = command.__doc__
        opened.__name__ = command.__name__
        # click collects parameters on the function.
        opened.__dict__.update(command.__dict__)
        options: list[Decorator] = [path_option, storage_option, *(READING[name] for name in names)]
        decorated: Callable[..., None] = opened
        for option in reversed(options):
            decorated = option(decorated)
        return source_argument(decorated)

    return decorate


class StorageOption(click.ParamType[Any]):
    """`KEY=VALUE`; the value is JSON where it can be read so, else text."""

    name = "KEY=VALUE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the key and the value."""
        if not isinstance(value, str):
            return value
        key, equals, text = value.partition("=")
        if not equals or not key:
            self.fail(f"expected KEY=VALUE, found {value!r}", param, ctx)
        try:
            return key, json.loads(text)
        except ValueError:
            return key, text


path_option = click.option(
    "--path",
    metavar="NAME",
    shell_complete=complete_path,
    help="Where in SOURCE the array is, such as raw/X.",
)
storage_option = click.option(
    "--storage-option",
    type=StorageOption(),
    multiple=True,
    help="For URLs, an option of the file system (fsspec), such as anon=true. May be repeated.",
)
READING: dict[str, Decorator] = {
    "checksums": click.option(
        "--checksums",
        type=click.Choice(["verify", "skip"]),
        help="Whether checksums are compared, for which chunks are read whole; verify by default.",
    ),
    "io": click.option(
        "--io",
        type=click.Choice(["auto", "mmap", "pread", "store"]),
        help="How bytes are had; auto by default.",
    ),
    "gap": click.option(
        "--gap",
        metavar="BYTES",
        help='Ranges with no more between them are fetched as one, such as "1 MiB"; 32 KiB by default.',
    ),
    "cache": click.option(
        "--cache",
        metavar="BYTES",
        help='How much may be kept decoded, such as "256 MiB"; nothing by default.',
    ),
    "max_requests": click.option(
        "--max-requests", type=click.IntRange(min=1), help="Requests at once; 128 by default."
    ),
    "threads": click.option(
        "--threads", type=click.IntRange(min=1), help="Threads that decode; one a processor by default."
    ),
}
