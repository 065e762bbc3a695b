"""What each layout costs on disk: the other side of every reading time."""

from .data import files_under
from .layouts import CUBE, ROWS, VOLUME, DataSet
from .workload import SCALE


def _stored_bytes(data_set: DataSet, layout: str) -> int:
    return sum(file.stat().st_size for file in files_under(data_set.store(layout, SCALE)))


class StoreSize:
    """Bytes of all files of the array, metadata included."""

    version = "1"
    unit = "bytes"
    timeout = 600
    params = [list(ROWS.layouts)]  # noqa: RUF012
    param_names = ["layout"]  # noqa: RUF012

    def track_stored_bytes(self, layout: str) -> int:
        return _stored_bytes(ROWS, layout)


class VolumeSize:
    """Bytes of all files of the volume."""

    version = "1"
    unit = "bytes"
    timeout = 600
    params = [list(VOLUME.layouts)]  # noqa: RUF012
    param_names = ["layout"]  # noqa: RUF012

    def track_stored_bytes(self, layout: str) -> int:
        return _stored_bytes(VOLUME, layout)


class CubeSize:
    """Bytes of all files of the cube."""

    version = "1"
    unit = "bytes"
    timeout = 600
    params = [list(CUBE.layouts)]  # noqa: RUF012
    param_names = ["layout"]  # noqa: RUF012

    def track_stored_bytes(self, layout: str) -> int:
        return _stored_bytes(CUBE, layout)
