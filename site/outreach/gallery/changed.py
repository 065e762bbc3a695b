"""Which entries a pull request changes, as Git knows it."""

import subprocess
from pathlib import Path

from outreach.errors import OutreachError
from outreach.paths import Project


def changed_in_gallery(project: Project, since: str) -> tuple[Path, ...]:
    """Return what lies directly in gallery_data and differs from where this branch left `since`.

    What was removed is not there any more, and so not among it.

    Raises
    ------
    OutreachError
        If Git is missing, or knows no such commit.
    """
    if not since or since.startswith("-"):
        raise OutreachError(f"expected a commit for --changed-since, found {since!r}; try origin/main")
    names = _git(
        project, "diff", "--name-only", "-z", "--no-renames", f"{since}...HEAD", "--", "gallery_data"
    )
    top = {Path(name).parts[1] for name in names.split("\0") if len(Path(name).parts) > 1}
    paths = (project.gallery_data / name for name in sorted(top))
    return tuple(path for path in paths if path.is_symlink() or path.exists())


def _git(project: Project, *arguments: str) -> str:
    line = ["git", "-C", str(project.root), *arguments]
    try:
        done = subprocess.run(line, capture_output=True, check=True)  # noqa: S603 - git, with its arguments apart
    except FileNotFoundError as error:
        raise OutreachError("expected git, found none; install it, or give the paths to check") from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
        raise OutreachError(
            f"expected a commit that Git knows, found: {said}; run git fetch, or give the paths to check"
        ) from error
    return done.stdout.decode("utf-8", "surrogateescape")
