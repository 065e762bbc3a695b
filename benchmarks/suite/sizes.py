"""What each layout costs on disk: the other side of every reading time."""

from .data import chosen_scale, files_under
from .layouts import LAYOUTS, store

SCALE = chosen_scale()


class StoreSize:
    """Bytes of all files of the array, metadata included."""

    version = "1"
    unit = "bytes"
    timeout = 600
    params = [list(LAYOUTS)]  # noqa: RUF012
    param_names = ["layout"]  # noqa: RUF012

    def track_stored_bytes(self, layout: str) -> int:
        return sum(file.stat().st_size for file in files_under(store(layout, SCALE)))
