"""Which epoch a loader is in, how many batches of it were given out, and states to go on from."""

from collections.abc import Iterator
from typing import Any

from zarr_partial.torch.order import Epoch, Order

__all__ = ["Progress", "Turn"]

VERSION = 1


class Turn:
    """One iteration over an epoch, and how many batches of it are over."""

    def __init__(self, epoch: Epoch, batches: int) -> None:
        self.epoch = epoch
        self.batches = batches
        self.is_over = False

    def counted(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Yield the batches; each counts as given out from the moment that it is."""
        for batch in batches:
            self.batches += 1
            yield batch
        self.is_over = True


class Progress:
    """What a loader knows between two batches.

    Attributes
    ----------
    next_epoch : int
        The epoch of the next iteration.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self.next_epoch = 0
        self._skipped = 0
        self._newest: Turn | None = None
        self._drawn: Epoch | None = None

    def _epoch(self, number: int) -> Epoch:
        """Return an epoch, drawn once: a permutation of many rows takes seconds."""
        if self._drawn is None or self._drawn.number != number:
            self._drawn = Epoch(self._order, number)
        return self._drawn

    def begin(self) -> Turn:
        """Begin the next epoch, or go on with the one that a state was loaded for."""
        self._newest = Turn(self._epoch(self.next_epoch), self._skipped)
        self.next_epoch, self._skipped = self.next_epoch + 1, 0
        return self._newest

    def set_epoch(self, epoch: int) -> None:
        """Choose the next epoch."""
        if epoch != self.next_epoch:
            self._skipped = 0
        self.next_epoch = epoch
        self._newest = None

    def state(self) -> dict[str, Any]:
        """Return the epoch, its batches that are over, and what decides the order."""
        turn = self._newest
        if turn is None or turn.is_over:
            epoch, batches = self._epoch(self.next_epoch), self._skipped
        else:
            epoch, batches = turn.epoch, turn.batches
        return {
            "version": VERSION,
            "epoch": epoch.number,
            "batches": batches,
            "order": self._order.facts() | {"check": epoch.check()},
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a state; raises ValueError if it is that of another order."""
        missing = {"version", "epoch", "batches", "order"} - set(state)
        if missing or state["version"] != VERSION:
            raise ValueError(
                f"expected a state of version {VERSION} with epoch, batches and order, "
                f"found {sorted(state)}; give what state_dict() returned"
            )
        facts = self._order.facts()
        stored = dict(state["order"])
        check = stored.pop("check", None)
        for name in sorted({*facts, *stored}):
            if facts.get(name) != stored.get(name):
                raise ValueError(
                    f"expected a state of a loader with {name}={facts.get(name)}, found one with "
                    f"{name}={stored.get(name)}; make the loader as it was, or begin the epoch anew"
                )
        if self._epoch(state["epoch"]).check() != check:
            raise ValueError(
                f"expected epoch {state['epoch']} in the order of the state, found another permutation: "
                "another version of NumPy drew it; go on with that one, or begin the epoch anew"
            )
        if not 0 <= state["batches"] <= self._order.batches:
            raise ValueError(
                f"expected from 0 to {self._order.batches} batches to be over, found {state['batches']}"
            )
        self.next_epoch, self._skipped = state["epoch"], state["batches"]
        self._newest = None
