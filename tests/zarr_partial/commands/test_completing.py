"""Completion in the shell: the script for each, and what TAB shows, in a real process and a real bash."""

import os
import shutil
import subprocess

import pytest
import zarr

from tests.zarr_partial.commands.running import SECONDS, environment, fine, in_process
from tests.zarr_partial.running import run_script


def completed(folder, line):
    """Return what bash would be told for a line that ends where TAB was pressed."""
    words = line.split(" ")
    variables = {
        "_ZARR_PARTIAL_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words) - 1),
    }
    done = in_process(folder, **variables)
    assert (done.returncode, done.stderr) == (0, "")
    return [found.partition(",")[2] for found in done.stdout.splitlines() if found]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("zarr-partial in", ["info"]),
        ("zarr-partial get --mo", ["--mode"]),
        ("zarr-partial info group.zarr --path ", ["obs/", "raw/"]),
        ("zarr-partial info group.zarr --path ra", ["raw/"]),
        ("zarr-partial info group.zarr --path raw/", ["raw/X"]),
        ("zarr-partial get consolidated.zarr 0 --path obs/", ["obs/n"]),
        ("zarr-partial info group.zip --path ", ["obs/", "raw/"]),
        ("zarr-partial info group.zip --path obs/", ["obs/n"]),
        ("zarr-partial info nowhere.zarr --path ", []),
        ("zarr-partial info group.zarr --path ../", []),
        ("zarr-partial info https://example.org/a.zarr --path ", []),
    ],
)
def test_tab_knows_commands_options_and_paths(folder, line, found):
    assert completed(folder, line) == found


def test_tab_looks_at_a_bounded_part_of_a_folder(tmp_path, monkeypatch):
    from zarr_partial.commands import completing

    group = zarr.create_group(tmp_path / "a.zarr")
    for n in range(20):
        group.create_group(f"g{n}")
    monkeypatch.setattr(completing, "MAX_ENTRIES", 7)
    assert len(list(completing._in_folder(tmp_path / "a.zarr", ""))) <= 7


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_there_is_a_script_for_each_shell(folder, shell):
    script = in_process(folder, "--completion", shell).stdout
    assert f"_ZARR_PARTIAL_COMPLETE={shell}_complete" in script


@pytest.mark.skipif(shutil.which("bash") is None, reason="no bash")
def test_bash_takes_the_script(folder, tmp_path):
    command = tmp_path / "zarr-partial"
    import sys

    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m zarr_partial "$@"\n')
    command.chmod(0o755)
    script = """
        eval "$(zarr-partial --completion bash)"
        COMP_WORDS=(zarr-partial info group.zarr --path r) COMP_CWORD=4
        $(complete -p zarr-partial | sed 's/.*-F \\([^ ]*\\) .*/\\1/') zarr-partial
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    variables = environment(PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    done = subprocess.run(
        ["bash", "--norc", "-c", script], cwd=folder, env=variables, capture_output=True, text=True,
        timeout=SECONDS, check=True,
    )  # fmt: skip
    assert done.stdout == "raw/\n"


def test_help_and_tab_import_neither_zarr_nor_numpy(folder):
    run_script("""
        import os, sys
        os.environ.update(_ZARR_PARTIAL_COMPLETE="bash_complete", COMP_WORDS="zarr-partial info x --path ",
                          COMP_CWORD="4")
        sys.argv = ["zarr-partial"]
        from zarr_partial.cli import main
        try:
            main()
        except SystemExit as end:
            assert not end.code
        assert not {"zarr", "numpy", "rich"} & set(sys.modules), sorted(sys.modules)
    """)
    fine(folder, "--help")


@pytest.mark.parametrize(
    ("absent", "arguments", "message"),
    [
        (
            "click",
            "'info', 'a'",
            "error: expected click and rich, found none; pip install 'zarr-partial[cli]'",
        ),
        (
            "rich",
            "'info', sys.argv[1]",
            "error: expected click and rich, found one of them only; pip install 'zarr-partial[cli]'",
        ),
        ("matplotlib", "'get', sys.argv[1], '0', '--plot', 'a.png'", "pip install 'zarr-partial[plot]'"),
    ],
)
def test_an_extra_that_is_absent_is_named(folder, tmp_path, absent, arguments, message):
    done = run_script(
        f"""
        import os, sys
        os.chdir(sys.argv[2])
        sys.modules[{absent!r}] = None
        sys.argv = ["zarr-partial", {arguments}]
        try:
            from zarr_partial.cli import main
            main()
        except SystemExit as end:
            assert end.code == 1
        """,
        folder / "cells.zarr",
        tmp_path,
    )
    assert message in done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
    assert list(tmp_path.iterdir()) == []
