"""Make all data of one scale, so that no benchmark has to: `python -m suite.make` prints where they lie."""

from .data import chosen_scale, data_folder, files_under, source_rows
from .layouts import LAYOUTS, store


def make() -> int:
    """Make what is missing; print the folder above the data and its size in bytes."""
    scale = chosen_scale()
    source_rows(scale)
    for layout in LAYOUTS:
        store(layout, scale)
    folder = data_folder(scale)
    print(folder.parent)  # noqa: T201
    print(sum(file.stat().st_size for file in files_under(folder)))  # noqa: T201
    return 0


if __name__ == "__main__":
    raise SystemExit(make())
