"""How much data there is, where it lies, and the source rows: made once, seeded, outside the repository.

The rows are counts like those of a single-cell experiment: Poisson, mean 0.8, as float32, so that codecs
have real work and no run of zeros flatters anyone. Each block of rows has its own seed, which makes the
quick data the head of the full data.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

SEED = 0
MEAN_COUNT = 0.8
SEEDED_BLOCK_ROWS = 100

# Part of the folder's name: raise it whenever the rows or a layout change, so that nobody measures old data.
DATA_VERSION = 1


type Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Scale:
    """How much data there is and how long to look at it.

    `repeat` is asv's (fewest samples, most samples, seconds) in each of `rounds` processes. Eight samples in
    all are the fewest that give asv a finite 99 % interval of the median. `cube_steps` and `cube_cells` are
    the time steps of a chunk and the grid cells along both sides of a chunk that holds all times.
    """

    name: str
    repeat: tuple[int, int, float]
    rounds: int
    rows: int
    columns: int
    chunk_rows: int
    inner_rows: int
    slab_rows: int
    volume: Shape
    volume_chunk: int
    patch: Shape
    cube: Shape
    cube_chunk: Shape
    cube_inner_cells: int
    cube_cells: int


# `tiny` is for the tests.
SCALES = {
    scale.name: scale
    for scale in (
        Scale(
            name="full", repeat=(5, 40, 0.4), rounds=2,
            rows=100_000, columns=1_000, chunk_rows=1_000, inner_rows=10, slab_rows=2_000,
            volume=(256, 512, 512), volume_chunk=64, patch=(32, 64, 64),
            cube=(2_000, 180, 360), cube_chunk=(100, 90, 90), cube_inner_cells=15, cube_cells=10,
        ),
        Scale(
            name="quick", repeat=(8, 20, 0.1), rounds=1,
            rows=10_000, columns=1_000, chunk_rows=1_000, inner_rows=10, slab_rows=2_000,
            volume=(128, 256, 256), volume_chunk=64, patch=(32, 64, 64),
            cube=(500, 90, 180), cube_chunk=(100, 90, 90), cube_inner_cells=15, cube_cells=10,
        ),
        Scale(
            name="tiny", repeat=(2, 2, 0.01), rounds=1,
            rows=1_000, columns=50, chunk_rows=100, inner_rows=10, slab_rows=150,
            volume=(24, 40, 36), volume_chunk=8, patch=(4, 8, 8),
            cube=(40, 12, 18), cube_chunk=(10, 6, 6), cube_inner_cells=3, cube_cells=4,
        ),
    )
}  # fmt: skip


@cache
def chosen_scale() -> Scale:
    """Return the scale that the environment variable ZARR_PARTIAL_BENCH_SCALE names; by default `full`."""
    name = os.environ.get("ZARR_PARTIAL_BENCH_SCALE", "full")
    if name not in SCALES:
        raise ValueError(
            f"expected ZARR_PARTIAL_BENCH_SCALE to be one of {', '.join(SCALES)}, found {name!r}"
        )
    return SCALES[name]


def data_folder(scale: Scale) -> Path:
    """Return the folder of `scale`: under ZARR_PARTIAL_BENCH_DATA, else under the user's cache folder."""
    chosen = os.environ.get("ZARR_PARTIAL_BENCH_DATA")
    root = Path(chosen) if chosen else _user_cache() / "zarr-partial-bench"
    return root / f"{scale.name}-v{DATA_VERSION}"


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def made(path: Path, make: Callable[[Path], None]) -> Path:
    """Return `path`, first made by `make` under another name if it is absent.

    The name appears in one step, after the last byte: what an interrupted run leaves is never taken for data.
    """
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent, prefix=".making-") as draft_folder:
        draft = Path(draft_folder) / path.name
        make(draft)
        try:
            draft.rename(path)
        except OSError:
            if not path.exists():
                raise
            # Another process made the same data in the meantime; its copy is as good.
    return path


def source_rows(scale: Scale) -> np.memmap:
    """Return the rows, shape (rows, columns), float32, as a read-only memory map of an .npy file."""
    path = made(data_folder(scale) / "rows.npy", lambda draft: _make_rows(draft, scale))
    return np.load(path, mmap_mode="r")


def _make_rows(draft: Path, scale: Scale) -> None:
    rows = np.lib.format.open_memmap(draft, mode="w+", dtype=np.float32, shape=(scale.rows, scale.columns))
    for start in range(0, scale.rows, SEEDED_BLOCK_ROWS):
        block = rows[start : start + SEEDED_BLOCK_ROWS]
        block[:] = np.random.default_rng([SEED, start]).poisson(MEAN_COUNT, block.shape)
    rows.flush()


def warm(path: Path) -> None:
    """Read every byte under `path`, so that its pages are in the page cache."""
    for file in files_under(path):
        with file.open("rb", buffering=0) as handle:
            while handle.read(1 << 22):
                pass


def evict(path: Path) -> None:
    """Take every byte under `path` out of the page cache, as far as the kernel listens.

    Raises
    ------
    NotImplementedError
        Where a process cannot ask for that.
    """
    if not hasattr(os, "posix_fadvise"):
        raise NotImplementedError("only POSIX systems let a process empty the page cache")
    for file in files_under(path):
        descriptor = os.open(file, os.O_RDONLY)
        try:
            # Pages that are not on the disk yet would stay.
            os.fsync(descriptor)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def files_under(path: Path) -> list[Path]:
    """Return the file at `path`, or all files of the folder."""
    return [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
