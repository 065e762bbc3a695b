"""Groups of commands: imported when called, and of a name that is none the nearest one is told."""

import importlib
from collections.abc import Mapping
from difflib import get_close_matches
from typing import ClassVar, override

import click


class Commands(click.Group):
    """Commands of its own, and those that `elsewhere` names.

    Attributes
    ----------
    elsewhere
        Names of commands, each with its module, imported when it is called, and its name there.
    """

    elsewhere: ClassVar[Mapping[str, tuple[str, str]]] = {}

    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.elsewhere]

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.elsewhere:
            return super().get_command(ctx, cmd_name)
        module, name = self.elsewhere[cmd_name]
        command: click.Command = getattr(importlib.import_module(module), name)
        return command

    @override
    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        # click suggests from 8.4 on, and only commands that are imported already.
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            fix = f"did you mean {near[0]!r}?" if near else f"see {ctx.command_path} --help"
            raise click.UsageError(
                f"expected one of the commands {', '.join(known)}, found {name!r}; {fix}", ctx
            )
        return super().resolve_command(ctx, args)
