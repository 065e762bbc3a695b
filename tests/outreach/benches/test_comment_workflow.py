"""The step of bench-comment.yml, run by bash beside a `gh` that answers as GitHub's API: one comment only."""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest
import yaml

from outreach.benches.comment import MARKER
from outreach.benches.compare import as_json, compare_runs, find_run

ROOT = Path(__file__).parents[3]
HEAD = "ab" * 20
# Keeps pull requests and comments in a JSON file, and filters by the real jq.
GH = """#!{python}
import json, os, subprocess, sys
state = json.load(open(os.environ["GH_STATE"]))
args = sys.argv[1:]
assert args.pop(0) == "api", args
option = lambda name: args[args.index(name) + 1] if name in args else None
path = next(arg for arg in args if arg.startswith("repos/")).partition("?")[0].split("/")[3:]
method, body = option("--method") or "GET", option("--field")
if body:
    name, _, text = body.partition("=@")
    body = open(text).read()
if path[0] == "pulls":
    answer = {{"head": {{"sha": state["head"]}}}}
elif method == "GET":
    answer = state["comments"]
elif method == "POST":
    user = {{"login": "github-actions[bot]"}}
    state["comments"].append({{"id": 100 + len(state["comments"]), "user": user, "body": body}})
    answer = state["comments"][-1]
else:
    (answer,) = [one for one in state["comments"] if one["id"] == int(path[-1])]
    answer["body"] = body
state["asked"].append([method, "/".join(path)])
json.dump(state, open(os.environ["GH_STATE"], "w"))
if option("--jq"):
    subprocess.run(["jq", "-r", option("--jq")], input=json.dumps(answer), text=True, check=True)
"""


@pytest.fixture
def step(results, tmp_path):
    """Return what runs the step, and the state of the API afterwards."""
    if which("jq") is None or which("bash") is None:
        pytest.skip("needs bash and jq, as GitHub's runners have them")
    workflow = yaml.safe_load((ROOT / ".github/workflows/bench-comment.yml").read_text("utf-8"))
    script = workflow["jobs"]["comment"]["steps"][-1]["run"]
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gh").write_text(GH.format(python=sys.executable), "utf-8")
    (folder / "gh").chmod(0o755)
    (folder / "python3").symlink_to(sys.executable)
    report = tmp_path / "runner" / "report"
    report.mkdir(parents=True)
    run = find_run(results.write(), "0123")
    (report / "report.json").write_text(as_json(compare_runs(run, run)), "utf-8")
    state = tmp_path / "state.json"

    def run_step(number="7\n", head=HEAD, comments=()):
        (report / "number").write_text(number, "utf-8")
        if not state.is_file():
            state.write_text(json.dumps({"head": head, "comments": list(comments), "asked": []}), "utf-8")
        environment = {
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "GH_STATE": str(state), "HEAD_SHA": HEAD,
            "RUNNER_TEMP": str(report.parent), "GITHUB_WORKSPACE": str(ROOT), "GITHUB_REPOSITORY": "a/b",
            "PYTHONUTF8": "1",
        }  # fmt: skip
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr, json.loads(state.read_text("utf-8"))

    return run_step


def test_one_comment_is_written_and_then_changed(step):
    code, said, state = step()
    assert (code, len(state["comments"])) == (0, 1), said
    assert state["comments"][0]["body"].startswith(MARKER)
    code, said, state = step()
    assert (code, len(state["comments"])) == (0, 1), said
    assert [method for method, _ in state["asked"]] == ["GET", "GET", "POST", "GET", "GET", "PATCH"]


def test_comments_of_others_are_left_alone(step):
    theirs = {"id": 1, "user": {"login": "someone"}, "body": f"{MARKER} mine"}
    _, said, state = step(comments=[theirs])
    assert state["comments"][0] == theirs, said
    assert len(state["comments"]) == 2


@pytest.mark.parametrize("number", ["7; rm -rf x", "", "0", "../1", "7 8"])
def test_a_number_that_is_none_is_refused(step, number):
    code, said, state = step(number=number)
    assert (code, state["asked"]) == (1, []), said
    assert "expected the number of a pull request" in said


def test_a_pull_request_that_moved_on_gets_no_comment(step):
    code, said, state = step(head="cd" * 20)
    assert (code, state["comments"]) == (1, [])
    assert f"expected pull request 7 at {HEAD}, found {'cd' * 20}" in said
