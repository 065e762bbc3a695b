"""What there is to know about an open array, in words."""

from zarr_partial.report import format_bytes
from zarr_partial.state import State

__all__ = ["describe"]


def describe(state: State) -> list[tuple[str, str]]:
    """Return what there is to know about the array, as pairs of a name and a text."""
    layout, array = state.layout, state.array
    grid = layout.grid
    times = " x ".join
    shards = array.shards if grid.chunk_shape else None
    kind = "shards" if shards else "chunks"
    chunk_shape = array.chunks if shards else grid.chunk_shape
    chunks = times(map(str, chunk_shape)) or ("one" if not layout.shape else "of several shapes")
    return [
        ("shape", times(map(str, layout.shape)) or "0-d"),
        ("dtype", str(layout.dtype)),
        ("chunks", chunks),
        *([("shards", times(map(str, shards)))] if shards else []),
        ("grid", f"{grid.nchunks:,} {kind} ({times(map(str, grid.counts)) or 'one'})"),
        ("bytes", f"{format_bytes(array.nbytes)} decoded"),
        ("fill value", str(array.fill_value)),
        ("format", f"Zarr v{array.metadata.zarr_format}"),
        ("access", str(state.access)),
    ]
