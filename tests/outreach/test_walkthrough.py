"""The walk-through from a fresh clone to a first checked entry, in a clean folder."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_SECONDS = 60  # of our own commands; uv's downloads are not among them here


def test_from_a_fresh_clone_to_a_checked_entry(tmp_path: Path) -> None:
    script = "from outreach.cli import main; main()"
    # The clone's own code runs, with the packages of this environment.
    command = f"env PYTHONPATH=site {shlex.quote(sys.executable)} .outreach.py"
    environment = {
        **os.environ,
        "OUTREACH": command,
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Newcomer",
        "GIT_CONFIG_KEY_1": "user.email",
        "GIT_CONFIG_VALUE_1": "newcomer@example.org",
    }
    source = tmp_path / "source"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", str(ROOT), str(source)], check=True)
    (source / ".outreach.py").write_text(f"import sys; sys.path.insert(0, 'site')\n{script}\n")
    commit = ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "launcher"]
    subprocess.run(["git", "add", "-f", ".outreach.py"], cwd=source, check=True)
    subprocess.run(commit, cwd=source, check=True)
    done = subprocess.run(
        [str(ROOT / ".ci" / "walkthrough"), str(source)],
        env=environment, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    steps = re.findall(r"^ *(\d+) s  (.+)$", done.stdout, re.MULTILINE)
    assert [name for _, name in steps] == [
        "clone", "branch", "doctor", "new entry", "check", "commit", "in all",
    ]  # fmt: skip
    assert int(steps[-1][0]) <= MOST_SECONDS
