"""Memory of one read in a process of its own: `python -m suite.peak LAYOUT READER READ` obeys `memory.py`.

Steps: import, open, read one row, say so, wait for a line, read, say what was read, wait, check. The row
comes first so that modules, threads and the map of one chunk are there before the growth is counted.
"""

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .checked import check, read
from .data import chosen_scale, source_rows
from .layouts import ROWS
from .readers import READERS

FEW_ROWS = 200


def few_rows(total: int) -> NDArray[np.int64]:
    """Return 200 row numbers at equal distances: in chunks of two blocks or more, as many blocks."""
    return np.arange(FEW_ROWS, dtype=np.int64) * (total // FEW_ROWS)


def main(layout: str, reader_name: str, what: str) -> None:
    """Obey one line on stdin; answer "ready", then "read" and the bytes of the result, on stdout."""
    scale = chosen_scale()
    reader, path = READERS[reader_name], ROWS.store(layout, scale)
    array = reader.open(Path(path))
    places = few_rows(scale.rows) if what == "few rows" else ...
    read(reader, array, 1)
    _say("ready")
    sys.stdin.readline()
    found = read(reader, array, places)
    _say(f"read {found.nbytes}")
    sys.stdin.readline()
    check(found, np.asarray(source_rows(scale)[places]))
    _say("right")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
