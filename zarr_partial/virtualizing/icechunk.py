"""Virtual chunks as virtual references in an Icechunk session."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync

from zarr_partial.errors import VirtualChunksError
from zarr_partial.progress import Report
from zarr_partial.virtualizing.addresses import address_of, as_uri
from zarr_partial.virtualizing.documents import documents_of, in_format_3
from zarr_partial.virtualizing.exporting import counting
from zarr_partial.virtualizing.references import batches
from zarr_partial.virtualizing.shown import Shown

if TYPE_CHECKING:
    from icechunk import IcechunkStore

__all__ = ["write_icechunk"]


def write_icechunk(
    shown: Shown, store: "IcechunkStore", url: str | None, progress: Report | bool | None
) -> int:
    """Write metadata and virtual references; return how many chunks they are of."""
    from icechunk import VirtualChunkSpec

    metadata = in_format_3(shown.metadata, shown.array, shown.presentation)
    report = counting(progress)
    address = address_of(shown.array, url)
    # What is changed from now on is not what was looked at. Icechunk counts whole seconds.
    looked_at = datetime.now(UTC) + timedelta(seconds=1)
    documents = documents_of(metadata, shown.path)
    is_written = False
    count = 0
    for batch in batches(shown):
        if not is_written:
            sync(_write(store, documents, shown.path))
            is_written = True
        addresses = {key: as_uri(address(key)) for key in dict.fromkeys(batch.keys)}
        found = zip(
            batch.coordinates.tolist(),
            batch.keys,
            batch.offsets.tolist(),
            batch.lengths.tolist(),
            strict=True,
        )
        specs = [
            VirtualChunkSpec(at, addresses[key], offset, nbytes, last_updated_at_checksum=looked_at)
            for at, key, offset, nbytes in found
        ]
        refused = store.set_virtual_refs(f"/{shown.path}", specs, validate_containers=True) if specs else None
        if refused:
            example = next(iter(addresses.values()))
            raise VirtualChunksError(
                f"expected a virtual chunk container for {example} in the repository, found none; set one "
                "with config.set_virtual_chunk_container(icechunk.VirtualChunkContainer(...)), save it and "
                "try again with a new session"
            )
        count += len(specs)
        if report is not None:
            report(batch.done, shown.presentation.grid.nchunks)
    if not is_written:
        sync(_write(store, documents, shown.path))
    return count


async def _write(store: Any, documents: dict[str, bytes], path: str) -> None:
    array_key = f"{path}/zarr.json" if path else "zarr.json"
    if await store.exists(array_key):
        raise VirtualChunksError(
            f"expected nothing at {path or 'the root'!r} of the Icechunk store, found an array or a group; "
            "choose another path, or delete it there first"
        )
    for key, text in documents.items():
        # Groups may be there, with attributes of their own.
        if key == array_key or not await store.exists(key):
            await store.set(key, default_buffer_prototype().buffer.from_bytes(text))
