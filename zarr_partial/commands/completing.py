"""Completion of names in a store for the shell: quick, bounded, and silent about whatever goes wrong."""

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path
from zipfile import ZipFile

import click
from click.shell_completion import CompletionItem

from zarr_partial.urls import is_url

__all__ = ["complete_path", "completion_option"]

# More than a terminal shows; a folder of chunks may have millions of entries.
MAX_ENTRIES = 1000
DOCUMENTS = ("zarr.json", ".zarray", ".zgroup")


def complete_path(ctx: click.Context, _param: click.Parameter, incomplete: str) -> list[CompletionItem[str]]:
    """Return the arrays and groups whose paths begin as far as typed; nothing for URLs."""
    # While the last option has no value yet, click has not told the arguments apart.
    source = ctx.params.get("source") or next(iter(ctx.args), None)
    if not isinstance(source, str) or is_url(source) or ".." in incomplete.split("/"):
        return []
    # Whatever is wrong with the source, the command says it, not TAB.
    with suppress(Exception):
        place = Path(source).expanduser()
        parent, _, begun = incomplete.rpartition("/")
        find = _in_archive if place.is_file() else _in_folder
        # A shell would take what is not printable for something else.
        names = (name for name in find(place, parent) if name.startswith(begun) and name.isprintable())
        prefix = f"{parent}/" if parent else ""
        return [CompletionItem(f"{prefix}{name}") for name in sorted(islice(names, MAX_ENTRIES))]
    return []


def _in_folder(place: Path, parent: str) -> Iterator[str]:
    """Yield the names of nodes in the group `parent` of a local folder, those of groups with a slash."""
    for entry in islice((place / parent).iterdir(), MAX_ENTRIES):
        for document in DOCUMENTS:
            if (entry / document).is_file():
                yield entry.name + _slash(document, (entry / document).read_bytes)
                break


def _in_archive(place: Path, parent: str) -> Iterator[str]:
    """Yield the names of nodes in the group `parent` of a ZIP file, those of groups with a slash."""
    prefix = f"{parent}/" if parent else ""
    with ZipFile(place) as archive:
        for name in archive.namelist():
            node, _, document = name.rpartition("/")
            inside = node.removeprefix(prefix)
            if document in DOCUMENTS and node.startswith(prefix) and inside and "/" not in inside:
                yield inside + _slash(document, partial(archive.read, name))


def _slash(document: str, read: Callable[[], bytes]) -> str:
    """Return what tells a group from an array, whose metadata are in such a document."""
    is_group = document == ".zgroup" or (
        document == "zarr.json" and json.loads(read()).get("node_type") == "group"
    )
    return "/" if is_group else ""


def _show_script(ctx: click.Context, _param: click.Parameter, shell: str | None) -> None:
    if shell is None or ctx.resilient_parsing:
        return
    from click.shell_completion import get_completion_class

    kind = get_completion_class(shell)
    assert kind is not None, "one of the choices"
    root = ctx.find_root()
    click.echo(kind(root.command, {}, "zarr-partial", "_ZARR_PARTIAL_COMPLETE").source())
    ctx.exit()


completion_option = click.option(
    "--completion",
    type=click.Choice(["bash", "zsh", "fish"]),
    callback=_show_script,
    is_eager=True,
    expose_value=False,
    help='Print the script that completes commands in a shell: eval "$(zarr-partial --completion bash)".',
)
