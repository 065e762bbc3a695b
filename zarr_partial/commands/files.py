"""Files that are written whole or not at all."""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import click

from zarr_partial.commands.ending import CommandError
from zarr_partial.errors import PartialReadError

__all__ = ["checked_target", "whole_file", "writing"]

REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS)


def checked_target(path: Path, suffixes: tuple[str, ...], option: str, *, force: bool) -> Path:
    """Return where to write, after a check of everything that can be wrong before there are data.

    Raises
    ------
    click.BadParameter
        If the suffix is none of these, there is no such folder, or there is something already.
    """
    if path.suffix.lower() not in suffixes:
        found = f"{path.suffix!r}" if path.suffix else "none"
        raise click.BadParameter(
            f"expected a file name that ends in {', '.join(suffixes)}, found {found}", param_hint=option
        )
    # What a link leads to is replaced, not the link.
    target = Path(os.path.realpath(path))
    if not target.parent.is_dir():
        raise click.BadParameter(
            f"expected a folder at {path.parent}, found none; make it", param_hint=option
        )
    if os.path.lexists(target):
        if not force:
            raise click.BadParameter(
                f"expected no {path} yet, found one; --force replaces it", param_hint=option
            )
        if not (target.is_file() or _is_written_by_us(target)):
            raise click.BadParameter(
                f"expected a file to replace at {path}, found something else", param_hint=option
            )
    return target


def _is_written_by_us(target: Path) -> bool:
    """Tell whether a folder is one that a command makes: references in Parquet."""
    return target.suffix.lower() in (".parquet", ".parq") and (target / ".zmetadata").is_file()


@contextmanager
def whole_file(target: Path, *, force: bool) -> Iterator[Path]:
    """Give the name of a file beside `target` to write to; it becomes `target` if the block ends well.

    Whatever ends the block otherwise, Ctrl-C included, leaves `target` as it was, and nothing beside it.
    What the block makes may be a folder.
    """
    # The suffix stays, by which writers know the format.
    beside = target.with_name(f".{target.stem}.{secrets.token_hex(4)}.part{target.suffix}")
    try:
        yield beside
        if force:
            if target.is_dir():
                shutil.rmtree(target)
            beside.replace(target)
        elif beside.is_dir():
            beside.rename(target)
        else:
            _claim(beside, target)
    finally:
        if beside.is_dir():
            shutil.rmtree(beside, ignore_errors=True)
        with suppress(FileNotFoundError):
            beside.unlink()


@contextmanager
def writing(target: Path) -> Iterator[None]:
    """Let errors of the disk say which file it was.

    Raises
    ------
    CommandError
        In place of them.
    """
    try:
        yield
    except PartialReadError:
        # That a chunk cannot be read has been told already.
        raise
    except OSError as error:
        remedy = "ask for permission" if error.errno in REFUSED else "free some space"
        found = error.strerror or str(error)
        raise CommandError(
            f"expected to write {target}, found: {found}; {remedy}, or write elsewhere"
        ) from error


def _claim(beside: Path, target: Path) -> None:
    """Give a file its name, unless somebody else has taken it meanwhile."""
    try:
        os.link(beside, target)
    except FileExistsError as error:
        raise CommandError(
            f"expected no {target} yet, found one that was made meanwhile; --force replaces it"
        ) from error
    except OSError:
        # Not every file system has links.
        beside.replace(target)
