"""What a pull request changes is checked, and nothing else: with real Git."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from outreach.cli import outreach
from outreach.errors import OutreachError
from outreach.gallery.changed import changed_in_gallery
from outreach.gallery.comment import as_report
from outreach.paths import Project
from tests.outreach.gallery.conftest import BAD


def git(project: Project, *arguments: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=project.root, check=True, capture_output=True, timeout=60)


@pytest.fixture
def pulled(checkout) -> Project:
    """A checkout on a branch that left main, which went on: with a broken entry that is not ours."""
    git(checkout, "init", "-q", "-b", "main")
    copy(checkout, "stray-file", "left")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "first")
    git(checkout, "switch", "-qc", "mine")
    (checkout.root / "README.md").write_text("mine\n")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "mine")
    git(checkout, "switch", "-q", "main")
    copy(checkout, "licence-bsd", "on-main")
    git(checkout, "add", "-A")
    git(checkout, "commit", "-qm", "main goes on")
    git(checkout, "switch", "-q", "mine")
    return checkout


def copy(project: Project, case: str, name: str) -> Path:
    folder = project.gallery_data / name
    shutil.copytree(BAD / case / "gallery_data" / "north-sea-tides", folder)
    entry = folder / "entry.yaml"
    entry.write_text(entry.read_text("utf-8").replace("example.org/tides", f"example.org/{name}"))
    return folder


def commit(project: Project) -> None:
    git(project, "add", "-A")
    git(project, "commit", "-qm", "more")


def check(*arguments: str) -> Result:
    return CliRunner().invoke(outreach, ["gallery", "check", *arguments])


def test_nothing_changed_is_nothing_checked(pulled):
    assert changed_in_gallery(pulled, "main") == ()
    assert check("--changed-since", "main").output.startswith("0 entries checked")


def test_only_what_the_branch_changed_is_checked(pulled):
    copy(pulled, "address-twice", "new-one")
    copy(pulled, "several-problems", "broken one`$(touch x)`")
    (pulled.gallery_data / "notes.txt").write_text("to do\n")
    (pulled.gallery_data / "link").symlink_to("/etc")
    commit(pulled)
    names = [path.name for path in changed_in_gallery(pulled, "main")]
    assert names == ["broken one`$(touch x)`", "link", "new-one", "notes.txt"]
    done = check("--changed-since", "main", "--json")
    assert done.exit_code == 1
    found = as_report(json.loads(done.output))
    assert [entry["slug"] for entry in found["passed"]] == ["new-one"]
    files = {problem["file"] for problem in found["problems"]}
    assert files == {"gallery_data/broken one`$(touch x)`/entry.yaml", "gallery_data/notes.txt", "link"}


def test_a_removed_entry_is_not_checked_and_a_changed_picture_is(pulled):
    (pulled.gallery_data / "north-sea-tides" / "picture.webp").write_bytes(b"")
    shutil.rmtree(pulled.gallery_data / "left")
    commit(pulled)
    assert [path.name for path in changed_in_gallery(pulled, "main")] == ["north-sea-tides"]
    done = check("--changed-since", "main", "--markdown")
    assert done.exit_code == 1
    assert "### Gallery check: 1 thing to put right" in done.output


def test_the_whole_report_of_good_changes(pulled):
    copy(pulled, "address-twice", "new-one")
    commit(pulled)
    done = check("--changed-since", "main", "--markdown")
    assert done.exit_code == 0
    assert "nothing to put right" in done.output


@pytest.mark.parametrize("since", ["nowhere", "--output=x", ""])
def test_a_commit_that_git_does_not_know_is_said(pulled, since):
    with pytest.raises(OutreachError, match="expected a commit"):
        changed_in_gallery(pulled, since)
    assert not (pulled.root / "x").exists()


def test_paths_and_a_commit_together_are_a_wrong_command(pulled):
    assert check("gallery_data/left", "--changed-since", "main").exit_code == 2


def test_a_file_beside_the_entries_is_a_stray_also_by_itself(pulled):
    (pulled.gallery_data / "notes.txt").write_text("to do\n")
    (pulled.gallery_data / "README.md").write_text("# Gallery data\n")
    assert "expected one folder per entry" in str(check("gallery_data/notes.txt").exception)
    assert check("gallery_data/README.md").exit_code == 0
