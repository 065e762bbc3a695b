"""Time series at points of a map, as climate analyses ask for them."""

from . import places
from .fields import source_cube
from .layouts import CUBE
from .readers import READERS
from .workload import SCALE, Checked, fewer


class PointSeriesWarm(Checked):
    """All 2,000 times at eight random points of 180 x 360 cells, one call each, float32. Page cache warm."""

    params = [fewer(CUBE.layouts, "raw-maps", "sharded-maps"), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.open(READERS[reader], CUBE.store(layout, SCALE), source_cube(SCALE), places.series(SCALE))

    def time_8_series(self, _layout: str, reader: str) -> None:
        ask, array = READERS[reader].read, self.array
        self.found = [ask(array, place) for place in self.places]
