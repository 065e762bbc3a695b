"""All gallery entries, checked: the schema, the rules of one entry, then what entries must not share."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from outreach.checking import Checker
from outreach.errors import OutreachError
from outreach.gallery.addresses import canonical
from outreach.gallery.entries import Entry, build_entry
from outreach.gallery.rules import RULES
from outreach.paths import Project
from outreach.reading import Document, Problem, ProblemsError, read_yaml

SCHEMA = Path(__file__).with_name("entry.schema.json")
# Files that may lie beside the entries' folders.
BESIDE = ("README.md", "freshness.json")


@dataclass(frozen=True, slots=True)
class Checked:
    """The outcome of a check: `entries` are those without a problem."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


@cache
def checker() -> Checker:
    """Return the checker of entries, made once."""
    return Checker(SCHEMA)


def check_gallery(project: Project, folders: Iterable[Path] | None = None) -> Checked:
    """Check the entries in `folders` (default: all), also against every other entry.

    Raises
    ------
    OutreachError
        If a folder is not directly in gallery_data.
    """
    everything = sorted(path for path in project.gallery_data.iterdir() if path.is_dir())
    if folders is not None:
        folders = list(folders)
        if any(path.resolve() == project.gallery_data.resolve() for path in folders):
            folders = None
    wanted = everything if folders is None else sorted({_folder(project, path) for path in folders})
    problems = _strays(project) if folders is None else []
    documents: dict[Path, Document] = {}
    for folder in everything:
        try:
            documents[folder] = read_yaml(folder / "entry.yaml", project)
        except ProblemsError as error:
            problems += error.problems if folder in wanted else ()
    for folder in wanted:
        if folder in documents:
            problems += problems_of(documents[folder], folder)
    problems += [problem for folder, problem in _shared_addresses(documents) if folder in wanted]
    problems += [problem for folder, problem in _shared_names(documents) if folder in wanted]
    broken = {problem.file for problem in problems}
    entries = [
        build_entry(documents[folder], folder)
        for folder in wanted
        if folder in documents and documents[folder].file not in broken
    ]
    return Checked(tuple(entries), tuple(sorted(set(problems))))


def load_gallery(project: Project) -> tuple[Entry, ...]:
    """Return every entry: pictures first, then newest first, then by name.

    Raises
    ------
    ProblemsError
        If anything is wrong with any of them.
    """
    checked = check_gallery(project)
    if checked.problems:
        raise ProblemsError(checked.problems)
    entries = sorted(checked.entries, key=lambda entry: entry.slug)
    entries.sort(key=lambda entry: entry.added, reverse=True)
    return tuple(sorted(entries, key=lambda entry: (entry.picture is None, entry.array is None)))


def problems_of(document: Document, folder: Path) -> list[Problem]:
    """Return what is wrong with one entry by itself."""
    found = set(checker().problems(document))
    if isinstance(document.data, dict):
        for rule in RULES:
            found.update(rule(document, folder))
    return sorted(found)


def _folder(project: Project, path: Path) -> Path:
    folder = path.resolve()
    folder = folder.parent if folder.is_file() else folder
    if folder.parent != project.gallery_data.resolve():
        raise OutreachError(
            f"expected a folder in gallery_data, found {project.relative(path)}; give gallery_data/NAME"
        )
    return project.gallery_data / folder.name


def _strays(project: Project) -> list[Problem]:
    problems = []
    for path in sorted(project.gallery_data.iterdir()):
        if path.is_symlink() or (not path.is_dir() and path.name not in BESIDE):
            message = "expected one folder per entry, found this file; move it into its folder, or remove it"
            problems.append(
                Problem(project.relative(path) if not path.is_symlink() else path.name, 1, 1, "", message)
            )
    return problems


def _shared_addresses(documents: dict[Path, Document]) -> list[tuple[Path, Problem]]:
    first: dict[str, Document] = {}
    found = []
    for folder, document in documents.items():
        url = document.data.get("url") if isinstance(document.data, dict) else None
        if not isinstance(url, str):
            continue
        known = first.setdefault(canonical(url), document)
        if known is not document:
            message = (
                f"expected an address of its own, found the one in {known.file}; add to that entry instead"
            )
            found.append((folder, document.problem(("url",), message)))
    return found


def _shared_names(documents: dict[Path, Document]) -> list[tuple[Path, Problem]]:
    # Windows and macOS keep one folder of two whose names differ in case, or in how an accent is encoded.
    first: dict[str, Path] = {}
    found = []
    for folder, document in sorted(
        documents.items(), key=lambda item: (item[0].name != item[0].name.lower(), item[0])
    ):
        known = first.setdefault(unicodedata.normalize("NFKC", folder.name).casefold(), folder)
        if known != folder:
            message = (
                f"expected a folder name of its own, found that of {known.name} in other letters; rename it"
            )
            found.append((folder, document.problem((), message)))
    return found
