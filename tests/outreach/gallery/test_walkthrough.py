"""The page "Add an entry in 15 minutes", walked: its own commands, in a clone, with real Git.

Only what lies outside of this machine is replaced: the fork's address leads to a repository on disk, uv runs
the packages that are installed here, and `gh` prints a filled form.
"""

import os
import re
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.outreach.gallery.conftest import ROOT
from tests.outreach.gallery.filled import ANSWERS, filled

PAGE = "site/pages/add-an-entry.md"
FORK = "https://github.com/YOU/beautiful-zarr"
LANE = "uv run --no-default-groups --package outreach outreach gallery"
MOST_SECONDS = 240  # of our commands on a busy machine; a person's reading and typing has the rest
TYPED = (
    "Sea ice, week by week", "https://example.org/sea-ice", "dataset", "ocean",
    "How far the ice reaches, one map a week, in chunks of a whole year.", "Ben Example", "", "", "",
    "n", "n", "n", "n",
)  # fmt: skip
FOUND = {"Title": "From a form", "Address": "https://example.org/from-a-form"}
UV = """#!/bin/sh
if [ "$1 $2 $3 $4 $5" != "run --no-default-groups --package outreach outreach" ]; then
  echo "unexpected: uv $*" >&2
  exit 64
fi
shift 5
PYTHONPATH="$PWD/site" exec '{python}' -c 'from outreach.cli import main; main()' "$@"
"""


def blocks(page: str, heading: str) -> list[str]:
    """Return the commands that the page shows below `heading`."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```bash\n(.*?)^```", section, re.MULTILINE | re.DOTALL)


def script(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.write_text(text)
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


@pytest.fixture
def fork(tmp_path: Path) -> Path:
    """A bare repository in place of the fork on GitHub."""
    bare = tmp_path / "fork.git"
    subprocess.run(["git", "clone", "-q", "--bare", "--no-hardlinks", str(ROOT), str(bare)], check=True)
    return bare


@pytest.fixture
def environment(tmp_path: Path, fork: Path) -> dict[str, str]:
    commands = tmp_path / "commands"
    commands.mkdir()
    script(commands, "uv", UV.format(python=sys.executable))
    (tmp_path / "body.md").write_text(filled(ANSWERS | FOUND), newline="")
    script(commands, "gh", f'#!/bin/sh\n[ "$1 $2" = "issue view" ] && cat {tmp_path}/body.md\n')
    settings = {f"url.{fork}.insteadOf": FORK, "user.name": "Newcomer", "user.email": "new@example.org"}
    git = {"GIT_CONFIG_COUNT": str(len(settings)), "GIT_TERMINAL_PROMPT": "0"}
    for number, (key, value) in enumerate(settings.items()):
        git |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return {**os.environ, **git, "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}"}


def test_the_page_leads_from_a_fork_to_a_branch_that_passes(tmp_path, fork, environment):
    page = (ROOT / PAGE).read_text("utf-8")
    own, form = blocks(page, "On your own machine"), blocks(page, "With the form")
    assert [block.count(LANE) for block in own] == [0, 1, 1, 1, 1]
    assert [block.count(LANE) for block in form] == [1]
    # What one adds by the form is committed by the last block, with what was made before.
    shown = "".join([*own[:-1], *form, own[-1]])
    started = time.monotonic()
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", shown],
        cwd=tmp_path, env=environment, input="\n".join(TYPED) + "\n",
        capture_output=True, text=True, check=False, timeout=MOST_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert time.monotonic() - started < MOST_SECONDS
    assert done.stdout.count("wrote gallery_data/") == 3
    assert "1 entry checked" in done.stdout
    assert "nothing to put right" in done.stdout

    def git(*arguments: str) -> str:
        line = ["git", "-C", str(fork), *arguments]
        return subprocess.run(line, check=True, capture_output=True, text=True).stdout

    changed = git("diff", "--name-only", "HEAD", "ocean-colour").split()
    slugs = ("from-a-form", "ocean-colour-day-by-day", "sea-ice-week-by-week")
    assert changed == [f"gallery_data/{slug}/entry.yaml" for slug in slugs]
    # And the workflow's own command finds the same.
    report = subprocess.run(
        ["bash", "-c", f"{LANE} check --changed-since origin/HEAD --markdown"],
        cwd=tmp_path / "beautiful-zarr", env=environment,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert report.returncode == 0, report.stdout + report.stderr
    assert all(f"\n{slug}: " in report.stdout for slug in slugs)


@pytest.mark.parametrize(
    "name", ["CONTRIBUTING.md", "gallery_data/README.md", "site/pages/contribute.md", PAGE]
)
def test_every_command_of_the_light_lane_that_is_written_down_exists(name):
    from outreach.gallery.cli import gallery

    written = set(re.findall(rf"{re.escape(LANE)} ([a-z-]+)", (ROOT / name).read_text("utf-8")))
    assert {"new", "check"} <= written
    assert written <= set(gallery.list_commands(None))  # type: ignore[arg-type]
