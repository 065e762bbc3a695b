"""The other sources: a volume of voxels and a cube of maps over time, smooth with noise, as instruments see.

Each is a sum of plane waves with noise on top, rounded to what an instrument resolves: codecs find something
to save, but not everything. Made once, seeded, like the rows.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .data import SEED, Scale, Shape, data_folder, made

WAVES = 12
# Along each axis; the least is still longer than a patch.
WAVELENGTHS = (70, 400)
SLAB_STEPS = 16


def source_volume(scale: Scale) -> np.memmap:
    """Return the volume, uint16, as a read-only memory map: grey values around 800, noise of 12."""

    def make(draft: Path) -> None:
        _make(draft, scale.volume, np.dtype(np.uint16), level=800, swing=60, noise=12, step=1)

    return np.load(made(data_folder(scale) / "volume.npy", make), mmap_mode="r")


def source_cube(scale: Scale) -> np.memmap:
    """Return the cube (time, latitude, longitude), float32: kelvins to two decimals, noise of 0.5."""

    def make(draft: Path) -> None:
        _make(draft, scale.cube, np.dtype(np.float32), level=285, swing=5, noise=0.5, step=0.01)

    return np.load(made(data_folder(scale) / "cube.npy", make), mmap_mode="r")


def _make(
    draft: Path, shape: Shape, dtype: np.dtype[Any], *, level: float, swing: float, noise: float, step: float
) -> None:
    field = np.lib.format.open_memmap(draft, mode="w+", dtype=dtype, shape=shape)
    first, others = _waves(shape)
    for start in range(0, shape[0], SLAB_STEPS):
        slab = field[start : start + SLAB_STEPS]
        smooth = (first[start : start + SLAB_STEPS] @ others).reshape(slab.shape)
        random = np.random.default_rng([SEED, start])
        grey = level + swing * smooth + noise * random.standard_normal(slab.shape, dtype=np.float32)
        slab[:] = (np.round(grey / step) * step).astype(dtype)
    field.flush()


def _waves(shape: Shape) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return two matrices whose product is a sum of plane waves: one row per step, one column per cell."""
    random = np.random.default_rng(SEED)
    turns = 2 * np.pi / random.uniform(*WAVELENGTHS, (3, WAVES)) * random.choice([-1, 1], (3, WAVES))
    axes = [np.exp(1j * np.outer(np.arange(length), turn)) for length, turn in zip(shape, turns, strict=True)]
    cells = np.einsum("yk,xk->kyx", axes[1], axes[2]).reshape(WAVES, -1)
    # The real part of a product of complex numbers, as one product of real matrices.
    first = np.concatenate([axes[0].real, -axes[0].imag], axis=1)
    return first.astype(np.float32), np.concatenate([cells.real, cells.imag]).astype(np.float32)
