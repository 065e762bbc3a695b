"""Every folder in bad/ replaces files of the good sprint; expected.txt holds what the checker says about it.

OUTREACH_REWRITE_GOLDEN=1 writes expected.txt anew; read the difference before you commit it.
"""

import os
import shutil
from pathlib import Path

import pytest

from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.reading import ProblemsError
from outreach.sprints.loading import check_sprints, choose_folders, load_sprints
from outreach.sprints.pages import generate_sprints
from outreach.writing import Output

HERE = Path(__file__).parent
CASES = sorted(path.name for path in (HERE / "bad").iterdir() if path.is_dir())
REWRITE = os.environ.get("OUTREACH_REWRITE_GOLDEN") == "1"


def make_project(root: Path, *layers: Path) -> Project:
    for name in ("gallery_data", "sprint_issues"):
        (root / name).mkdir(parents=True, exist_ok=True)
    (root / "mkdocs.yml").touch()
    for layer in layers:
        shutil.copytree(
            layer, root / "sprint_issues", dirs_exist_ok=True, ignore=shutil.ignore_patterns("expected.txt")
        )
    return Project(root)


def test_the_corpus_is_not_empty() -> None:
    assert len(CASES) >= 30


@pytest.mark.parametrize("case", CASES)
def test_bad_data_is_refused_with_the_expected_message(case: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, HERE / "good", HERE / "bad" / case)
    sprints, problems = check_sprints(project, choose_folders(project, []))
    assert problems, f"{case} is accepted"
    assert not sprints
    said = "".join(f"{problem}\n" for problem in problems)
    golden = HERE / "bad" / case / "expected.txt"
    if REWRITE:
        golden.write_text(said)
    assert said == golden.read_text()


@pytest.mark.parametrize("case", CASES)
def test_messages_name_file_line_and_field(case: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, HERE / "good", HERE / "bad" / case)
    for problem in check_sprints(project, choose_folders(project, []))[1]:
        changed = (project.root / problem.file).read_text().splitlines()
        assert problem.file.startswith("sprint_issues/")
        assert 1 <= problem.line <= len(changed)
        assert "expected" in problem.message
        assert "found" in problem.message


def test_the_good_sprint_has_no_problem(tmp_path: Path) -> None:
    project = make_project(tmp_path, HERE / "good")
    assert [sprint.event.slug for sprint in load_sprints(project)] == ["spring-2030"]


def test_every_field_is_required(tmp_path: Path) -> None:
    """Dropping any one line of an issue is noticed: only two fields may be left out."""
    lines = (HERE / "good" / "spring-2030" / "issues.yaml").read_text().splitlines(keepends=True)
    project = make_project(tmp_path, HERE / "good")
    file = project.sprint_issues / "spring-2030" / "issues.yaml"
    for index in range(2, len(lines)):
        if lines[index].strip().startswith(("prints:", "outcome:", "- repo:")):
            continue
        file.write_text("".join(lines[:index] + lines[index + 1 :]))
        assert check_sprints(project, choose_folders(project, []))[1], f"{lines[index].strip()} is not missed"


@pytest.mark.parametrize(
    "name", ["spring-2030/event.yaml", "spring-2030/issues.yaml", "projects.yaml", "levels.yaml"]
)
def test_a_missing_file_is_named(name: str, tmp_path: Path) -> None:
    project = make_project(tmp_path, HERE / "good")
    (project.sprint_issues / name).unlink()
    with pytest.raises(ProblemsError, match=f"sprint_issues/{name}:1:1: expected a readable file"):
        load_sprints(project)


def test_no_event_at_all_is_an_error(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    with pytest.raises(OutreachError, match="expected an event"):
        load_sprints(project)


def test_a_problem_leaves_the_output_untouched(tmp_path: Path) -> None:
    project = make_project(tmp_path, HERE / "good", HERE / "bad" / "issues-twice")
    output = Output(tmp_path / "out")
    with pytest.raises(ProblemsError):
        generate_sprints(project, output)
    assert output.files == {}
