"""Random patches of a volume, as a segmentation network is trained on them."""

from . import places
from .fields import source_volume
from .layouts import VOLUME
from .readers import READERS
from .workload import SCALE, Checked, fewer


class RandomPatchesWarm(Checked):
    """Eight random boxes of 32 x 64 x 64 voxels of (256, 512, 512) uint16, one call each. Page cache warm."""

    params = [fewer(VOLUME.layouts, "raw-64", "blosc-64", "sharded-128"), list(READERS)]  # noqa: RUF012
    param_names = ["layout", "reader"]  # noqa: RUF012

    def setup(self, layout: str, reader: str) -> None:
        self.open(READERS[reader], VOLUME.store(layout, SCALE), source_volume(SCALE), places.patches(SCALE))

    def time_8_patches(self, _layout: str, reader: str) -> None:
        ask, array = READERS[reader].read, self.array
        self.found = [ask(array, place) for place in self.places]
