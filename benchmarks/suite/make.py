"""Make all data of one scale, so that no benchmark has to: `python -m suite.make` describes them as JSON."""

import json
import sys

from .data import chosen_scale, data_folder, files_under, source_rows
from .layouts import LAYOUTS, store


def make() -> None:
    """Make what is missing; print where it lies and what it is, as one line of JSON."""
    scale = chosen_scale()
    rows = source_rows(scale)
    for layout in LAYOUTS:
        store(layout, scale)
    folder = data_folder(scale)
    facts = {
        "folder": str(folder.parent),
        "made_bytes": sum(file.stat().st_size for file in files_under(folder)),
        "rows": scale.rows,
        "columns": scale.columns,
        "dtype": str(rows.dtype),
        "chunk_rows": scale.chunk_rows,
        "inner_chunk_rows": scale.inner_rows,
    }
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    make()
