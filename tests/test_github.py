"""What stands in .github: workflows that their checkers accept, with as few rights as they need."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
COMMANDS = Path(sys.executable).parent


def run(command: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(COMMANDS / command), *arguments], cwd=ROOT, env={**os.environ, "NO_COLOR": "1"},
        capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip


def test_actionlint_finds_nothing():
    done = run("actionlint", *map(str, WORKFLOWS))
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_zizmor_finds_nothing():
    done = run("zizmor", "--offline", "--no-progress", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_checkers_would_find_something(tmp_path):
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "on: pull_request_target\njobs:\n  one:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n"
    )
    assert "potentially untrusted" in run("actionlint", str(bad)).stdout
    assert "template-injection" in run("zizmor", "--offline", "--no-progress", str(bad)).stdout


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_actions_are_pinned_and_rights_are_given_job_by_job(path):
    text = path.read_text("utf-8")
    for line in re.findall(r"^.*\buses:.*$", text, re.MULTILINE):
        assert re.search(r"uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$", line), line
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {}
    triggers = workflow[True]  # YAML 1.1 reads `on` so
    for job in workflow["jobs"].values():
        assert job["timeout-minutes"] <= 120
        # Of a workflow that pull requests start, what may write is for the main branch alone.
        if "pull_request" in triggers and "github.ref == 'refs/heads/main'" not in job.get("if", ""):
            assert set(job.get("permissions", {}).values()) <= {"read"}
        for step in job["steps"]:
            if "actions/checkout" in step.get("uses", ""):
                assert step["with"]["persist-credentials"] is False


def test_what_may_write_a_comment_runs_no_code_of_the_pull_request():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "gallery-comment.yml").read_text("utf-8"))
    assert workflow[True] == {"workflow_run": {"workflows": ["gallery"], "types": ["completed"]}}
    (job,) = workflow["jobs"].values()
    assert job["permissions"] == {"actions": "read", "contents": "read", "pull-requests": "write"}
    checkout = next(step for step in job["steps"] if "actions/checkout" in step.get("uses", ""))
    # Without a ref it is the default branch, as for every workflow_run.
    assert set(checkout["with"]) == {"persist-credentials"}
    commands = [step["run"] for step in job["steps"] if "run" in step]
    assert not [command for command in commands if re.search(r"\b(uv|pip|npm|node)\b", command)]


def test_the_versions_of_uv_are_the_same_everywhere():
    files = [*WORKFLOWS, ROOT / ".devcontainer" / "devcontainer.json"]
    found = {
        version for path in files for version in re.findall(r'(?:version: "|uv==)([\d.]+)', path.read_text())
    }
    assert len(found) == 1


def test_templates_lead_to_pages_that_are_there():
    for path in [*(ROOT / ".github").rglob("*.md"), *(ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml")]:
        for target in re.findall(r"beautiful-zarr/blob/main/([\w./-]+\w)", path.read_text("utf-8")):
            assert (ROOT / target).is_file(), f"{path}: {target}"
