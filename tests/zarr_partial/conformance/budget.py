"""How many cases the long tests run: a plain `pytest` stays quick, `pytest --cases 100000` looks further.

A case is one selection of one array compared with zarr, or one damaged file.
"""

import math

SELECTIONS_PER_ARRAY = 8

asked_for: int | None = None


def cases(usual):
    """Return how many cases to run: `usual`, or what `--cases` says."""
    return usual if asked_for is None else asked_for


def arrays(usual):
    """Return how many arrays make `usual` cases, each with `SELECTIONS_PER_ARRAY` selections."""
    return math.ceil(cases(usual) / SELECTIONS_PER_ARRAY)
