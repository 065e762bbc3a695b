"""The committed snapshot of an event's issues: snapshot.json beside issues.yaml, written only by sync."""

import json
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from outreach.errors import OutreachError
from outreach.locking import alone
from outreach.paths import Project
from outreach.sprints.github_facts import IssueFacts
from outreach.writing import write_whole

NAME = "snapshot.json"
FORMAT = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What GitHub said of an event's issues; `as_of` is GitHub's clock when the reading began."""

    as_of: str
    issues: dict[str, IssueFacts]

    @property
    def moment(self) -> datetime:
        """`as_of` in UTC."""
        return datetime.fromisoformat(self.as_of)


def snapshot_path(project: Project, event: str) -> Path:
    """Return where the snapshot of `event` lies."""
    return project.sprint_issues / event / NAME


def load_snapshot(project: Project, event: str) -> Snapshot | None:
    """Return the snapshot of `event`, None if there has been no sync.

    Raises
    ------
    OutreachError
        If the file is not what sync writes, because it was edited or merged by hand.
    """
    path = snapshot_path(project, event)
    if not path.is_file():
        return None
    try:
        data = json.loads(path.read_bytes())
        if data["format"] != FORMAT:
            raise ValueError(f"format {data['format']!r}")
        as_of = datetime.fromisoformat(data["as_of"])
        if as_of.tzinfo is None:
            raise ValueError("as_of without a zone")
        facts = [IssueFacts.of(item) for item in data["issues"]]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise OutreachError(
            f"{project.relative(path)}: expected what `outreach sprint sync` writes, found {error!r}; "
            f"take the file of the last commit, or delete it and run `outreach sprint sync {event}`"
        ) from error
    return Snapshot(data["as_of"], {item.name: item for item in facts})


def save_snapshot(project: Project, event: str, snapshot: Snapshot) -> None:
    """Write `snapshot` whole, sorted, in place of the last one."""
    issues = [asdict(snapshot.issues[name]) for name in sorted(snapshot.issues)]
    data = {"format": FORMAT, "event": event, "as_of": snapshot.as_of, "issues": issues}
    text = json.dumps(data, indent=1, ensure_ascii=False)
    write_whole(snapshot_path(project, event), (text + "\n").encode())


def only_one(project: Project, event: str) -> AbstractContextManager[None]:
    """Return the lock of the event's sync; entering it raises OutreachError if another sync is running."""
    return alone(project, f"sync-{event}", f"sync of {event}")


def iso(moment: datetime) -> str:
    """Return `moment` in UTC as the snapshot writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
