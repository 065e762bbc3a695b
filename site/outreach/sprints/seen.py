"""What pages show of an event's states: as of the snapshot, never as of the clock."""

from dataclasses import dataclass

from outreach.sprints.model import Issue, Sprint
from outreach.sprints.now import Told, answers, counts, standings
from outreach.sprints.snapshot import Snapshot
from outreach.sprints.states import Standing, State

# In the order in which the form offers them: GitHub's, where there is a snapshot, and the list's own.
SHOWN = ("open", "claimed", "PR open", "in progress", "merged", "done", "overtaken", "closed", "gone")
SETTLED = frozenset({"merged", "done", "overtaken", "closed", "gone"})


@dataclass(frozen=True, slots=True)
class Seen:
    """The states of an event's issues at the moment of its snapshot; `as_of` is None if there is none.

    `told` has an answer for each whose claim came second, until the event is over.
    """

    as_of: str | None
    known: dict[Issue, Standing]
    told: tuple[Told, ...]

    @classmethod
    def of(cls, sprint: Sprint, snapshot: Snapshot | None) -> "Seen":
        """Return what `snapshot` says of the issues of `sprint`."""
        at = snapshot.moment if snapshot else sprint.event.first_moment
        known = standings(sprint, snapshot, at)
        told = tuple(answers(known)) if snapshot and at < sprint.event.last_moment else ()
        return cls(snapshot.as_of if snapshot else None, known, told)

    @property
    def counts(self) -> dict[State, int]:
        """How many issues are in each state."""
        return counts(self.known)

    def state(self, issue: Issue) -> str:
        """Return one of `SHOWN`: what is recorded of an outcome says more than "closed" or "open"."""
        each = self.known.get(issue)
        if each is None or (each.why == "" and issue.outcome and each.state in ("open", "closed")):
            return issue.standing
        return each.state

    def settled(self, issue: Issue) -> bool:
        """Whether nothing is left to begin."""
        return self.state(issue) in SETTLED
