"""Console and shell blocks of Markdown pages.

Of a console block, what stands behind `$` is run by a shell, and what it prints compared; `...` in the
expected output stands for anything, as in doctests. Of a shell block every command is run, except for what
would need the internet: of `pip install ".[extra]"` the extras are looked up in pyproject.toml, and what
names an address is given to the parser of the command line, and no further.
"""

import doctest
import os
import re
import shlex
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import click
from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parents[1]
SECONDS = 60


def environment(commands):
    """Return the environment of commands; those of this project get scripts in the folder `commands`."""
    for name, module in (("zarr-partial", "zarr_partial"), ("python", None)):
        script = commands / name
        how = f'exec "{sys.executable}"' + (f" -m {module}" if module else "")
        script.write_text(f'#!/bin/sh\n{how} "$@"\n')
        script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return {
        **os.environ,
        "COLUMNS": "100",
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }


def console_parser(commands):
    """Return the parser of Sybil for console blocks."""
    found = environment(commands)

    def evaluate(example):
        for command, expected in steps(example.parsed):
            done = subprocess.run(
                command,
                shell=True,
                env=found,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                timeout=SECONDS,
                check=False,
            )
            if not doctest.OutputChecker().check_output(expected, done.stdout, doctest.ELLIPSIS):
                return f"$ {command}\nexpected:\n{expected}found:\n{done.stdout}"
        return None

    return CodeBlockParser(language="console", evaluator=evaluate)


def steps(block):
    """Yield each command of a block with the output that is written below it."""
    command, output = None, []
    for line in [*block.splitlines(), None]:
        if line is not None and not line.startswith("$ "):
            assert command is not None, f"expected a command behind $, found {line!r}"
            output.append(f"{line}\n")
            continue
        if command is not None:
            yield command, "".join(output)
        command, output = line and line[2:], []


def shell_parser(commands):
    """Return the parser of Sybil for shell blocks."""
    found = environment(commands)

    def evaluate(example):
        for line in filter(None, example.parsed.splitlines()):
            if line.startswith("pip install "):
                check_extras(line)
            elif "://" in line:
                check_arguments(line)
            else:
                done = subprocess.run(
                    ["bash", "-ec", line],
                    env=found,
                    capture_output=True,
                    encoding="utf-8",
                    timeout=SECONDS,
                    check=False,
                )
                assert done.returncode == 0, f"$ {line}\n{done.stdout}{done.stderr}"

    return CodeBlockParser(language="bash", evaluator=evaluate)


def check_extras(line):
    """Raise unless the line installs this project, with extras that it has."""
    (extras,) = re.fullmatch(r'pip install "\.\[([a-z,]+)\]"', line).groups()
    has = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(extras.split(",")) <= set(has), f"expected extras among {sorted(has)}, found: {line}"


def check_arguments(line):
    """Raise unless the command line of zarr-partial takes these arguments; nothing is opened."""
    from zarr_partial.commands.app import cli

    program, name, *arguments = shlex.split(line)
    assert program == "zarr-partial"
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, f"expected a command of zarr-partial, found {name!r}"
    command.make_context(name, arguments)
