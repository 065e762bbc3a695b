"""From the folder sprint_issues/ to sprints, with everything that is wrong collected on the way."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outreach.checking import Checker
from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.reading import MAX_BYTES, Document, Problem, ProblemsError, read_yaml
from outreach.sprints.model import Event, Issue, LevelRule, Repository, Sprint
from outreach.sprints.rules import event_problems, issue_problems, list_problems

HERE = Path(__file__).parent
SHARED_FILES = ("projects.yaml", "levels.yaml")
SCHEMAS = ("event", "issues", "projects", "levels")
# A list of 500 issues, the most that the schema allows, takes some 450 kB.
ISSUES_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Shared:
    """What all events refer to."""

    repositories: tuple[Repository, ...]
    rules: tuple[LevelRule, ...]


@cache
def checker(name: str) -> Checker:
    """Return the checker of one of `SCHEMAS`."""
    return Checker(HERE / f"{name}.schema.json")


def event_folders(project: Project) -> list[Path]:
    """Return the folders of the events, sorted by name."""
    root = project.sprint_issues
    if not root.is_dir():
        return []
    return sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def choose_folders(project: Project, names: Sequence[str]) -> list[Path]:
    """Return the folders of the events called `names`; of all events if there are none.

    Raises
    ------
    OutreachError
        If there is no event at all, or none of that name.
    """
    folders = {path.name: path for path in event_folders(project)}
    if not folders:
        raise OutreachError(
            f"expected an event, that is a folder in {project.relative(project.sprint_issues)}/, found none; "
            "add a folder with event.yaml and issues.yaml"
        )
    for name in names:
        if name not in folders:
            raise OutreachError(
                f"expected one of the events {', '.join(folders)}, found {name!r}; "
                "name an event by its folder in sprint_issues/"
            )
    return [folders[name] for name in dict.fromkeys(names)] if names else list(folders.values())


def check_sprints(project: Project, folders: Iterable[Path]) -> tuple[list[Sprint], list[Problem]]:
    """Return the sprints in `folders` that are right, newest first, and all problems of the others."""
    shared, problems = _read_shared(project)
    sprints: list[Sprint] = []
    for folder in folders:
        sprint, wrong = _read_sprint(project, folder, shared)
        problems += wrong
        if sprint is not None:
            sprints.append(sprint)
    sprints.sort(key=lambda sprint: sprint.event.slug)
    sprints.sort(key=lambda sprint: sprint.event.first_moment, reverse=True)
    return sprints, problems


def load_sprints(project: Project, names: Sequence[str] = ()) -> list[Sprint]:
    """Return the sprints called `names` (default: all that are real, so no template), newest first.

    Raises
    ------
    ProblemsError
        If anything in their files, or in the files they share, is wrong.
    """
    sprints, problems = check_sprints(project, choose_folders(project, names))
    if problems:
        raise ProblemsError(tuple(problems))
    return sprints if names else [sprint for sprint in sprints if sprint.event.status != "template"]


def load_repositories(project: Project) -> tuple[Repository, ...]:
    """Return the projects of projects.yaml.

    Raises
    ------
    ProblemsError
        If anything in the files that events share is wrong.
    """
    shared, problems = _read_shared(project)
    if shared is None:
        raise ProblemsError(tuple(problems))
    return shared.repositories


def read_issues(project: Project, folder: Path) -> Document:
    """Return issues.yaml of `folder` as it was written, with its marks."""
    return read_yaml(folder / "issues.yaml", project, limit=ISSUES_BYTES)


def _read(project: Project, path: Path, schema: str) -> tuple[Document | None, list[Problem]]:
    try:
        document = read_yaml(path, project, limit=ISSUES_BYTES if schema == "issues" else MAX_BYTES)
    except ProblemsError as error:
        return None, list(error.problems)
    problems = checker(schema).problems(document)
    return (None, problems) if problems else (document, [])


def _read_shared(project: Project) -> tuple[Shared | None, list[Problem]]:
    projects, problems = _read(project, project.sprint_issues / "projects.yaml", "projects")
    levels, wrong = _read(project, project.sprint_issues / "levels.yaml", "levels")
    problems = problems + wrong
    if projects is not None:
        problems += list_problems(projects, "projects", "repo", "repository")
    if levels is not None:
        problems += list_problems(levels, "rules", "id", "rule")
    if projects is None or levels is None or problems:
        return None, problems
    repositories = tuple(Repository.read(item) for item in projects.data["projects"])
    return Shared(repositories, tuple(LevelRule(**item) for item in levels.data["rules"])), []


def _read_sprint(
    project: Project, folder: Path, shared: Shared | None
) -> tuple[Sprint | None, list[Problem]]:
    event, problems = _read(project, folder / "event.yaml", "event")
    issues, wrong = _read(project, folder / "issues.yaml", "issues")
    problems = problems + wrong
    if event is not None:
        problems += event_problems(event, folder.name)
    if event is not None and issues is not None and shared is not None:
        hosts = [host["name"] for host in event.data["hosts"]]
        repos = [repository.repo for repository in shared.repositories]
        problems += issue_problems(issues, hosts, repos, [rule.id for rule in shared.rules])
    if event is None or issues is None or shared is None or problems:
        return None, problems
    listed = tuple(
        sorted((Issue.read(item) for item in issues.data["issues"]), key=lambda issue: issue.order)
    )
    used = {issue.repo.lower() for issue in listed}
    named = {issue.judged for issue in listed}
    return (
        Sprint(
            Event.read(event.data),
            listed,
            tuple(item for item in shared.repositories if item.repo.lower() in used),
            tuple(rule for rule in shared.rules if rule.id in named),
        ),
        [],
    )
