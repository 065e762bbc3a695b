"""The targets: what zarr_partial may cost at most, against a limit or against the fastest peer.

`python -m suite.targets` measures them on this machine, contenders turn by turn in one process, and prints a
Markdown table; with a pattern after it, only the groups whose name matches. A group is a function that yields
rows of the table.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from . import behind_targets, costs, distance, epochs, matrices, places
from .checked import Draw
from .contenders import ColdReads, Decodes, Into, Reads, Takes
from .data import chosen_scale, data_folder, source_rows, warm
from .layouts import CUBE, ROWS, VOLUME, DataSet
from .race import Effort
from .readers import (
    MEMMAP,
    READERS,
    TENSORSTORE,
    TENSORSTORE_BY_MEMMAP,
    ZARR_PARTIAL,
    installed,
    open_zarr_partial,
    zarr_partial_with,
)
from .session import Claim, Session
from .table import Row, line, markdown

EFFORTS = {"full": Effort(15, 3.0, 400), "quick": Effort(9, 0.5, 100), "tiny": Effort(4, 0.0, 4)}
CONTESTANTS = READERS | {"tensorstore, memmap": TENSORSTORE_BY_MEMMAP}
RAW_LAYOUTS = ("raw", "sharded-raw")
DECODED_LAYOUTS = ("blosc-lz4", "blosc-zstd", "sharded-zstd", "sharded-blosc")


def raw_batches(session: Session) -> Iterator[Row]:
    """Raw chunks against numpy.take on the array in memory."""
    for layout in RAW_LAYOUTS:
        for rows, at_most, again in (
            (places.BATCH_ROWS, 1.5, False),
            (places.BATCH_ROWS, 1.5, True),
            (places.MANY_ROWS, 1.2, False),
        ):
            what = f"{rows:,} rows, `oindex`{', the same again' if again else ''}"
            claim = Claim(what, layout, "`np.take` in memory", at_most, again=again)
            ours = Reads(ZARR_PARTIAL, session.path(ROWS, layout))
            theirs = Takes(session.rows_in_memory)
            source = source_rows(session.scale)
            yield session.duel(claim, ours, theirs, places.batch(session.scale, rows), source)


def raw_batches_into_out(session: Session) -> Iterator[Row]:
    """The same into an output that is there already."""
    for layout in RAW_LAYOUTS:
        for rows in (places.BATCH_ROWS, places.MANY_ROWS):
            for call in ("take", "read"):
                claim = Claim(f"{rows:,} rows, `{call}(out=)`", layout, "`np.take(out=)`", 1.5)
                array = open_zarr_partial(session.path(ROWS, layout))
                out = np.empty((rows, session.scale.columns), dtype=np.float32)
                take = partial(np.take, session.rows_in_memory, axis=0)
                ours, theirs = Into(getattr(array, call), out, array.close), Into(take, np.empty_like(out))
                source = source_rows(session.scale)
                yield session.duel(claim, ours, theirs, places.batch(session.scale, rows), source)


def zip_batches(session: Session) -> Iterator[Row]:
    """A ZIP file that stores its members as they are, against the same files in a directory."""
    for layout in RAW_LAYOUTS:
        archive = ROWS.archive(layout, session.scale)
        warm(archive)
        claim = Claim(f"{places.BATCH_ROWS} rows in a ZIP file", layout, "in a directory", 1.1)
        ours, theirs = (Reads(ZARR_PARTIAL, path) for path in (archive, session.path(ROWS, layout)))
        draw, source = places.batch(session.scale), source_rows(session.scale)
        yield session.duel(claim, ours, theirs, draw, source)


def one_raw_row(session: Session) -> Iterator[Row]:
    """What one call costs, against a copy of one row of a memory map."""
    for kind in (int, np.int64):
        claim = Claim(
            f"one row, `arr[{kind.__name__}]`", "raw", "`np.array(memmap[i])`", 0.9, places.BATCH_ROWS
        )
        ours = Reads(ZARR_PARTIAL, session.path(ROWS, "raw"))
        theirs = Reads(MEMMAP, data_folder(session.scale) / "rows.npy")
        source = source_rows(session.scale)
        yield session.duel(claim, ours, theirs, places.one_by_one(session.scale, kind), source)


def decoded_batches(session: Session) -> Iterator[Row]:
    """Compressed layouts against the codec alone, on the distinct units that the rows touch."""
    for layout in DECODED_LAYOUTS:
        for threads in (1, 2):
            path = session.path(ROWS, layout)
            claim = Claim(f"256 rows, {_threads(threads)}", layout, "bare decode", 1.1)
            ours = Reads(zarr_partial_with(threads), path)
            theirs = Decodes(path, layout, session.scale, threads)
            draw, source = places.batch(session.scale), source_rows(session.scale)
            yield session.duel(claim, ours, theirs, draw, source)


def second_thread(session: Session) -> Iterator[Row]:
    """Two threads against one."""
    path = session.path(ROWS, "sharded-zstd")
    claim = Claim(f"256 rows, {_threads(2)}", "sharded-zstd", _threads(1), 0.6)
    two, one = (Reads(zarr_partial_with(threads), path) for threads in (2, 1))
    yield session.duel(claim, two, one, places.batch(session.scale), source_rows(session.scale))


def random_cells(session: Session) -> Iterator[Row]:
    """Rows of a sparse matrix, against anndata."""
    source = matrices.source_cells(session.scale)
    for layout in matrices.LAYOUTS:
        path = matrices.stored_cells(layout, session.scale)
        warm(path)
        claim = Claim(f"{places.BATCH_ROWS} random cells", layout, "anndata", 0.2)
        ours, theirs = (Reads(matrices.CELL_READERS[name], path) for name in ("zarr_partial", "anndata"))
        draw = matrices.cells_batch(session.scale)
        yield session.duel(claim, ours, theirs, draw, source, session.few_rounds)


def cold_rows(session: Session) -> Iterator[Row]:
    """Rows that have to come from the disk, against tensorstore."""
    if not hasattr(os, "posix_fadvise"):
        return
    path = session.path(ROWS, "raw")
    claim = Claim(f"{places.COLD_ROWS:,} rows, cold page cache", "raw", "tensorstore", 0.06)
    ours, theirs = ColdReads(ZARR_PARTIAL, path), ColdReads(TENSORSTORE, path)
    draw = places.batch(session.scale, places.COLD_ROWS)
    yield session.duel(claim, ours, theirs, draw, source_rows(session.scale), session.few_rounds)
    session.forget(path)


def full_scans(session: Session) -> Iterator[Row]:
    """Everything in one call, against the fastest peer."""
    for data_set, name in ((ROWS, "rows"), (VOLUME, "voxels")):
        for layout in data_set.layouts:
            claim = Claim(f"all {name}, `arr[...]`", layout, "", 1.0)
            effort = session.few_rounds
            yield _against_peers(session, claim, data_set, layout, places.everything, effort)


def patches(session: Session) -> Iterator[Row]:
    """Boxes of a volume, against the fastest peer."""
    size = " x ".join(map(str, session.scale.patch))
    for layout in VOLUME.layouts:
        claim = Claim(f"{size} voxels", layout, "", 1.0, places.PATCHES)
        draw = places.patches(session.scale)
        yield _against_peers(session, claim, VOLUME, layout, draw, session.effort)


def series(session: Session) -> Iterator[Row]:
    """All times of a point, against the fastest peer."""
    for layout in CUBE.layouts:
        claim = Claim("`arr[:, i, j]`", layout, "", 1.0, places.SERIES)
        draw = places.series(session.scale)
        yield _against_peers(session, claim, CUBE, layout, draw, session.effort)


def _against_peers(
    session: Session, claim: Claim, data_set: DataSet, layout: str, draw: Draw, effort: Effort
) -> Row:
    path = session.path(data_set, layout)
    contenders = {name: partial(Reads, reader, path) for name, reader in CONTESTANTS.items()}
    return session.contest(claim, contenders, draw, data_set.source(session.scale), effort)


def _threads(count: int) -> str:
    return "1 thread" if count == 1 else f"{count} threads"


GROUPS: dict[str, Callable[[Session], Iterator[Row]]] = {
    group.__name__: group
    for group in (
        raw_batches,
        raw_batches_into_out,
        zip_batches,
        one_raw_row,
        decoded_batches,
        second_thread,
        random_cells,
        full_scans,
        patches,
        series,
        cold_rows,
        epochs.shuffled_batches,
        distance.remote_requests,
        distance.remote_rows,
        distance.remote_rows_and_tensorstore,
        behind_targets.behind_zarr_rows,
        behind_targets.behind_zarr_nowhere_slower,
        costs.opening,
        costs.importing,
        costs.memory,
    )
}


def main(pattern: str = "") -> None:
    """Measure the groups whose name matches; rows as they come on stderr, the table on stdout."""
    chosen = {name: group for name, group in GROUPS.items() if re.search(pattern, name)}
    if not chosen:
        raise SystemExit(f"expected a pattern for one of {', '.join(GROUPS)}, found {pattern!r}")
    try:
        installed("zarr_partial")
    except NotImplementedError as absent:
        raise SystemExit(f"expected zarr_partial to be installed, found that {absent}") from absent
    scale = chosen_scale()
    session = Session(scale, EFFORTS[scale.name])
    rows = []
    for group in chosen.values():
        for row in group(session):
            sys.stderr.write(line(row) + "\n")
            rows.append(row)
    sys.stdout.write(markdown(rows))


if __name__ == "__main__":
    main(*sys.argv[1:2])
