"""Make all data of one scale, so that no benchmark has to: `python -m suite.make` describes them as JSON."""

import json
import sys

from .data import chosen_scale, data_folder, files_under, source_rows
from .layouts import DATA_SETS


def make() -> None:
    """Make what is missing; print where it lies and what it is, as one line of JSON."""
    scale = chosen_scale()
    for data_set in DATA_SETS.values():
        for layout in data_set.layouts:
            data_set.store(layout, scale)
    folder = data_folder(scale)
    facts = {
        "folder": str(folder.parent),
        "made_bytes": sum(file.stat().st_size for file in files_under(folder)),
        "rows": scale.rows,
        "columns": scale.columns,
        "dtype": str(source_rows(scale).dtype),
        "chunk_rows": scale.chunk_rows,
        "inner_chunk_rows": scale.inner_rows,
    }
    sys.stdout.write(json.dumps(facts) + "\n")


if __name__ == "__main__":
    make()
