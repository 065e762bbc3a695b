"""What the timed classes share: open once per process, draw new places before each call, check after it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from .checked import CheckedArray, Draw
from .data import chosen_scale
from .readers import Reader

SCALE = chosen_scale()

# For classes whose calls, or whose preparations, take most of a second: the eight samples that an interval
# needs, over both rounds where there are two.
FEWER = (4, 20, 0.5) if SCALE.rounds > 1 else (8, 10, 0.2)


def fewer(values: Iterable[str], *at_quick: str) -> list[str]:
    """Return the values of a parameter; at the quick scale only those that a first look needs."""
    return [value for value in values if SCALE.name != "quick" or value in at_quick]


class Checked:
    """Base of classes with one timed call each, whose answer `teardown` compares with the source.

    asv runs `setup` before and `teardown` after every timed call.
    """

    # Without a fixed version any edit of this file would orphan all earlier results. Raise it by hand when
    # the meaning of the numbers changes.
    version = "1"
    repeat = SCALE.repeat
    rounds = SCALE.rounds
    timeout = 600
    # The values were checked before, by reading; a first look needs no other warming up. asv's own is -1.
    warmup_time = 0.0 if SCALE.name == "quick" else -1

    opened: CheckedArray | None = None
    found: list[Any] | None = None

    def open(self, reader: Reader, path: Path, source: NDArray[Any], draw: Draw) -> None:
        """Prepare the next call: `self.array`, and new `self.places` to read."""
        if self.opened is None:
            self.opened = CheckedArray(reader, path, source, draw)
        self.array = self.opened.array
        self.places = self.opened.fresh()
        self.found = None

    def teardown(self, *_params: object) -> None:
        """Compare what the call found with the source."""
        if self.opened is not None and self.found is not None:
            self.opened.check_all(self.found, self.places)
