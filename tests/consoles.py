"""Console blocks of Markdown pages: what stands behind `$` is run by a shell, and what it prints compared.

`...` in the expected output stands for anything, as in doctests.
"""

import doctest
import os
import stat
import subprocess
import sys
from pathlib import Path

from sybil.parsers.markdown import CodeBlockParser

ROOT = Path(__file__).parents[1]
SECONDS = 60


def console_parser(commands):
    """Return the parser of Sybil; commands of this project get scripts in the folder `commands`."""
    script = commands / "zarr-partial"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m zarr_partial "$@"\n')
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    found = {
        **os.environ,
        "COLUMNS": "100",
        "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }

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
