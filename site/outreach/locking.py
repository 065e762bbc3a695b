"""One run at a time of what writes a snapshot; the second says so rather than wait."""

from collections.abc import Iterator
from contextlib import contextmanager

from outreach.errors import OutreachError
from outreach.paths import Project


@contextmanager
def alone(project: Project, name: str, what: str) -> Iterator[None]:
    """Hold the lock `name` of the checkout; a lock whose process has ended is free.

    Parameters
    ----------
    project
        The checkout; its folder build/ holds the lock.
    name
        Of the lock's file, without its ending.
    what
        What runs, as the message names it: "sync of spring".

    Raises
    ------
    OutreachError
        If another process or thread holds it.
    """
    from filelock import FileLock, Timeout

    path = project.root / "build" / f"{name}.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(path, blocking=False):
            yield
    except Timeout as error:
        raise OutreachError(
            f"expected to be the only {what}, found another running; wait for it, or stop it"
        ) from error
