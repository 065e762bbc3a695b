"""Make all data of one scale, so that no benchmark has to: `python -m suite.make` describes them as JSON."""

import json
import sys
from contextlib import suppress

from .data import chosen_scale, data_folder, files_under, source_rows
from .layouts import DATA_SETS, ROWS
from .matrices import LAYOUTS, stored_cells
from .own_formats import FORMATS
from .zipped import LAYOUTS as ZIPPED


def make() -> None:
    """Make what is missing; print where it lies and what it is, as one line of JSON."""
    scale = chosen_scale()
    for data_set in DATA_SETS.values():
        for layout in data_set.layouts:
            data_set.store(layout, scale)
    for layout in ZIPPED:
        ROWS.archive(layout, scale)
    # Without the package there is nothing that writes its format, and nothing that reads it.
    for own in FORMATS.values():
        with suppress(NotImplementedError):
            own.stored(scale)
    for layout in LAYOUTS:
        with suppress(NotImplementedError):
            stored_cells(layout, scale)
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
