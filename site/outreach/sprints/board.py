"""The projector board that `sync --watch` keeps: one page, served on this machine, read from across a room.

The page asks only this machine for board.json; it says how old that is, so that a lost network shows.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

from outreach.console import progress
from outreach.errors import OutreachError
from outreach.paths import Project
from outreach.sprints.loading import load_sprints
from outreach.sprints.model import Issue, Sprint
from outreach.sprints.now import Told, answers, counts, standings
from outreach.sprints.snapshot import Snapshot, load_snapshot
from outreach.sprints.states import STATES, Standing
from outreach.writing import write_whole

PAGE = Path(__file__).with_name("board.html")


def board_data(sprint: Sprint, snapshot: Snapshot | None, now: datetime) -> dict[str, object]:
    """Return what the board shows: counts, the issues by state, answers to claims that came second."""
    known = standings(sprint, snapshot, now)
    return {
        "title": sprint.event.title,
        "as_of": snapshot.as_of if snapshot else None,
        "states": list(STATES),
        "counts": counts(known),
        "issues": [_row(issue, each) for issue, each in known.items()],
        "told": [_told(each) for each in answers(known)],
    }


@contextmanager
def watching(project: Project, event: str) -> Iterator[Callable[[Sprint, Snapshot], None]]:
    """Serve the board while the body runs; what is given is called with each new snapshot."""
    from outreach.serving import served

    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise OutreachError(
            "expected the packages starlette and uvicorn for the board, found them missing; "
            f"run `uv run outreach sprint sync {event} --watch` without --no-default-groups"
        )
    folder = project.root / "build" / "board" / event
    (sprint,) = load_sprints(project, [event])
    write_whole(folder / "index.html", PAGE.read_bytes())

    def show(sprint: Sprint, snapshot: Snapshot | None) -> None:
        # As of GitHub's clock: that of the machine at the projector may be wrong.
        data = board_data(sprint, snapshot, snapshot.moment if snapshot else datetime.now(UTC))
        write_whole(folder / "board.json", json.dumps(data, ensure_ascii=False).encode())

    show(sprint, load_snapshot(project, event))
    with served(folder) as address:
        progress.print(f"board: {address}")
        yield show


def _told(each: Told) -> dict[str, object]:
    """Return an answer as the board words it, with times on the clock of the room."""
    refused = each.refused
    return {
        "by": refused.by,
        "holder": refused.holder,
        "until": refused.until,
        "ref": each.issue.ref,
        "free": each.free.ref if each.free else None,
    }


def _row(issue: Issue, each: Standing) -> dict[str, object]:
    return {
        "ref": issue.ref,
        "title": issue.title,
        "level": issue.level,
        "minutes": issue.minutes,
        "state": each.state,
        "by": each.by,
        "until": each.until,
    }
