"""What a virtual store shows at one moment, and how it is made: one value, replaced as a whole."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from zarr.core.metadata import ArrayV2Metadata, ArrayV3Metadata
from zarr.types import AnyArray

from zarr_partial.array import PartialArray
from zarr_partial.errors import VirtualChunksError
from zarr_partial.layout import read_layout
from zarr_partial.sources.ranged import RangedSource
from zarr_partial.virtualizing.division import parse_chunks
from zarr_partial.virtualizing.documents import Documents, documents_of, virtual_metadata
from zarr_partial.virtualizing.listing import coordinates_of
from zarr_partial.virtualizing.presenting import Making, Presentation, check_blocks, present, shapes_of
from zarr_partial.virtualizing.serving import Serving
from zarr_partial.virtualizing.sources import ranged_source_of

__all__ = ["Shown", "show"]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """An array in virtual chunks.

    Attributes
    ----------
    array : zarr.Array
        The source.
    source_chunks : tuple of int
        Shape of its chunks; of inner chunks, where there are shards.
    presentation : Presentation
    metadata : ArrayV2Metadata or ArrayV3Metadata
        Of the array in virtual chunks.
    path : str
        Where in the store it appears.
    documents : dict of str to bytes
        Metadata, by key.
    source : RangedSource
    serving : Serving
    """

    array: AnyArray
    source_chunks: tuple[int, ...]
    presentation: Presentation
    metadata: ArrayV2Metadata | ArrayV3Metadata
    path: str
    documents: Documents
    source: RangedSource
    serving: Serving
    counts: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "counts", self.presentation.grid.counts)

    @property
    def root(self) -> str:
        """What the keys of the array begin with."""
        return f"{self.path}/" if self.path else ""

    @property
    def nbytes(self) -> int | None:
        """Bytes of the value of every virtual chunk, where all have as many."""
        is_raw = self.presentation.making in (Making.BYTE_RANGE, Making.GATHERED)
        return self.presentation.division.nbytes if is_raw else None

    def document(self, key: str) -> NDArray[np.uint8] | None:
        """Return the metadata document at `key`, if there is one."""
        document = self.documents.get(key)
        return None if document is None else np.frombuffer(document, dtype=np.uint8)

    def coordinates(self, key: str) -> tuple[int, ...] | None:
        """Return the virtual chunk that `key` is the key of, stored or not, or None."""
        if not key.startswith(self.root):
            return None
        return coordinates_of(key.removeprefix(self.root), self.chunk_key, self.counts)

    def source_key(self, at: tuple[int, ...]) -> str | None:
        """Return the key in the source's store of a value that is shown as it is; None for other chunks."""
        presentation = self.presentation
        if presentation.making is not Making.AS_STORED or presentation.depth:
            return None
        prefix = f"{self.array.path}/" if self.array.path else ""
        return prefix + presentation.layout.chunk_key(at)

    def chunk_key(self, at: tuple[int, ...]) -> str:
        """Return the key of a virtual chunk, relative to the array."""
        return self.metadata.encode_chunk_key(at)


def show(array: PartialArray, chunks: int | tuple[int, ...], path: str) -> Shown:
    """Return `array` in virtual chunks; some Blosc headers are looked at, and no other chunk.

    Raises
    ------
    TypeError, VirtualChunksError
        If the chunks are none that the array can be shown in.
    """
    state = array.state
    source_array = state.array
    layout = read_layout(source_array, verify=state.settings.checksums == "verify")
    shapes = shapes_of(layout)
    presentation = present(layout, parse_chunks(chunks, layout.shape, shapes[-1]))
    source, notices = ranged_source_of(source_array, state.settings)
    check_blocks(presentation, source)
    metadata = virtual_metadata(source_array, presentation)
    return Shown(
        array=source_array,
        source_chunks=shapes[-1],
        presentation=presentation,
        metadata=metadata,
        path=_checked_path(path),
        documents=documents_of(metadata, path),
        source=source,
        serving=Serving(presentation, state.settings.gap, notices=notices),
    )


def _checked_path(path: str) -> str:
    parts = path.split("/") if path else []
    if any(part in ("", ".", "..") or part.startswith(("__", ".z")) for part in parts):
        raise VirtualChunksError(
            f'expected a path of names between slashes, such as "ocean/temperature", found {path!r}'
        )
    return path
