"""MkDocs, run in this process: a strict build whose warnings become one message."""

import logging
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from outreach.errors import OutreachError
from outreach.paths import Project


class _Warnings(logging.Handler):
    """Collects what MkDocs and its plugins complain about."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message of `record`."""
        self.messages.append(record.getMessage())


@contextmanager
def settled_environment(project: Project) -> Iterator[None]:
    """Set what makes builds repeatable and quiet: the time of the last commit, and no talk of MkDocs 2.

    A `SOURCE_DATE_EPOCH` that is set already wins. Afterwards the environment is what it was: the next
    project built in this process has another last commit.
    """
    settled = {
        "SOURCE_DATE_EPOCH": os.environ.get("SOURCE_DATE_EPOCH") or _commit_time(project),
        "NO_MKDOCS_2_WARNING": "true",
        "DISABLE_MKDOCS_2_WARNING": "true",
    }
    before = {name: os.environ.get(name) for name in settled}
    os.environ.update(settled)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def render(project: Project, site_dir: Path, *, site_url: str | None = None) -> int:
    """Build the pages into `site_dir`; return how many HTML pages there are.

    Parameters
    ----------
    project
        The checkout.
    site_dir
        An empty or missing folder.
    site_url
        The address that the site will have; default: `SITE_URL` of the environment, as mkdocs.yml says.

    Raises
    ------
    OutreachError
        If MkDocs, in strict mode, warns about anything.
    """
    with settled_environment(project):
        _build(project, site_dir, {"site_url": site_url} if site_url else {})
    return sum(1 for _ in site_dir.rglob("*.html"))


def _build(project: Project, site_dir: Path, chosen: dict[str, str]) -> None:
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, MkDocsException

    warnings = _Warnings()
    logger = logging.getLogger("mkdocs")
    logger.addHandler(warnings)
    try:
        config = load_config(str(project.root / "mkdocs.yml"), strict=True, site_dir=str(site_dir), **chosen)
        config.plugins.on_startup(command="build", dirty=False)
        build(config)
        config.plugins.on_shutdown()
    except (Abort, MkDocsException) as error:
        found = warnings.messages or [str(error)]
        listed = "\n".join(f"  {message}" for message in found)
        raise OutreachError(
            f"expected MkDocs to build without a warning, found {len(found)}:\n{listed}\n"
            "put the pages right and build again"
        ) from error
    finally:
        logger.removeHandler(warnings)


def _commit_time(project: Project) -> str:
    try:
        asked = subprocess.run(
            ["git", "log", "-1", "--format=%ct"],  # noqa: S607  (git is where the person installed it)
            cwd=project.root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "0"  # an archive without history: any fixed time is as good
    return asked.stdout.strip() or "0"
