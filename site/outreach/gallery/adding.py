"""A new entry comes into the gallery: made and checked elsewhere, then moved into place as a whole.

Steps: choose the folder's name, write text and copy files into a folder under build/, check it there with
the rules of `gallery check`, rename it to gallery_data/NAME. Whatever fails, gallery_data stays as it was.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from outreach.errors import OutreachError
from outreach.gallery.addresses import canonical
from outreach.gallery.check import problems_of
from outreach.gallery.entry_text import entry_text
from outreach.gallery.rules import (
    MAX_PICTURE_BYTES,
    MAX_SLUG,
    SLUG,
    sample_size_mistake,
    slug_words,
    suggest_slug,
)
from outreach.paths import Project
from outreach.reading import MAX_BYTES, Document, Problem, ProblemsError, parse_yaml, read_yaml
from outreach.writing import write_whole


def choose_folder(project: Project, title: str, slug: str | None) -> Path:
    """Return the folder for a new entry, named `slug` or after its title.

    Raises
    ------
    OutreachError
        If the name is no slug, is taken, or cannot be made of the title.
    """
    if slug is None:
        slug = slug_words(title)
        if not slug:
            raise OutreachError(
                f"expected a title with Latin letters to name the folder after, found {title!r}; "
                "choose a name with --slug, such as --slug sea-temperature"
            )
    if not SLUG.fullmatch(slug) or len(slug) > MAX_SLUG:
        fix = f"try {suggest_slug(slug)!r}"
        raise OutreachError(f"expected lower-case words joined by hyphens for --slug, found {slug!r}; {fix}")
    folder = project.gallery_data / slug
    # Some file systems take two names that differ in case for one; gallery_data must fit them all.
    taken = {path.name.casefold(): path for path in project.gallery_data.iterdir()}
    if slug in taken:
        found = project.relative(project.gallery_data) + f"/{taken[slug].name}"
        raise OutreachError(f"expected a new folder, found {found}; choose another with --slug")
    return folder


def add_entry(project: Project, folder: Path, document: Document, files: Mapping[str, Path]) -> None:
    """Make `folder` with the data of `document` and copies of `files`, named as there.

    Raises
    ------
    ProblemsError
        If `gallery check` would refuse it; problems stand where `document` says that its values stand.
    """
    with staged_entry(project, folder, document, files) as staged:
        if folder.exists():
            raise OutreachError(
                f"expected a new folder, found {project.relative(folder)}; choose another with --slug"
            )
        staged.rename(folder)


def picture_suffix(path: Path) -> str:
    """Return the suffix of a picture in the gallery that is a copy of `path`."""
    return path.suffix.lower().replace(".jpeg", ".jpg")


@contextmanager
def staged_entry(
    project: Project, folder: Path, document: Document, files: Mapping[str, Path]
) -> Iterator[Path]:
    """Give a checked entry, still outside of the gallery, that goes away after the body."""
    build = project.root / "build"
    is_new = not build.exists()
    above = build / f".adding-{uuid4().hex}"
    staged = above / folder.name
    try:
        staged.mkdir(parents=True)
        _fill(staged, document.data, files)
        # The text that is published is what passes the check, not only the values that it was made of.
        parse_yaml((staged / "entry.yaml").read_bytes(), project.relative(folder / "entry.yaml"))
        problems = problems_of(document, staged)
        problems += shared_address(project, document)
        if problems:
            raise ProblemsError(tuple(sorted(problems)))
        yield staged
    finally:
        shutil.rmtree(above, ignore_errors=True)
        if is_new:
            with suppress(OSError):
                build.rmdir()


def _fill(staged: Path, data: Mapping[str, Any], files: Mapping[str, Path]) -> None:
    # A name typed with another encoding than UTF-8 becomes bytes that the reader of YAML refuses in words.
    write_whole(staged / "entry.yaml", entry_text(data).encode("utf-8", "surrogateescape"))
    for name, given in files.items():
        source = given.resolve()
        if source.is_dir():
            mistake = sample_size_mistake(source)
            if mistake:
                raise OutreachError(f"{given}: {mistake}")
            shutil.copytree(source, staged / name, symlinks=True)
        else:
            most = MAX_PICTURE_BYTES if name.startswith("picture.") else MAX_BYTES
            _copy(given, staged / name, most)


def _copy(source: Path, target: Path, most: int) -> None:
    if not source.is_file():
        raise OutreachError(f"expected a file, found none at {source}; check its name")
    # One byte more than allowed is enough for the check to refuse it.
    with source.open("rb") as handle:
        write_whole(target, handle.read(most + 1))


def shared_address(project: Project, document: Document) -> list[Problem]:
    """Return the problem that an entry of the gallery has the address of `document` already, if one has."""
    url = document.data.get("url")
    if not isinstance(url, str):
        return []
    for other in sorted(project.gallery_data.glob("*/entry.yaml")):
        try:
            known = read_yaml(other, project).data
        except ProblemsError:
            continue  # `gallery check` reports it; a new entry need not wait for it
        same = isinstance(known, dict) and isinstance(known.get("url"), str)
        if same and canonical(known["url"]) == canonical(url):
            where = project.relative(other)
            message = f"expected a new address, found the one in {where}; add to that entry instead"
            return [document.problem(("url",), message)]
    return []
