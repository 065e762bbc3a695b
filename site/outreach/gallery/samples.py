"""What a sample really holds, read through zarr and zarr_partial rather than from its entry."""

from dataclasses import dataclass
from math import ceil, prod
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """A sample's size and layout. `file_count` counts stored chunks or shards, not metadata."""

    access: str
    metadata: str
    chunk_count: int
    file_count: int
    stored_bytes: int
    array_bytes: int
    snippets: tuple[tuple[str, str], ...]


def sample_facts(folder: Path, slug: str) -> SampleFacts:
    """Return the facts of the sample in `folder`, an array that zarr opens."""
    import zarr

    import zarr_partial

    array = zarr.open_array(folder, mode="r")
    files = [path for path in folder.rglob("*") if path.is_file() and not _is_metadata(path)]
    counts = [ceil(length / chunk) for length, chunk in zip(array.shape, array.chunks, strict=True)]
    with zarr_partial.open(folder) as partial:
        access = str(partial.access)
    return SampleFacts(
        access=access,
        metadata="zarr.json" if array.metadata.zarr_format == 3 else ".zarray",
        chunk_count=prod(counts),
        file_count=len(files),
        stored_bytes=sum(path.stat().st_size for path in files),
        array_bytes=array.nbytes,
        snippets=_snippets(slug, array.shape[0]),
    )


def sample_files(folder: Path) -> dict[str, bytes]:
    """Return every file of the sample, hidden ones included, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _is_metadata(path: Path) -> bool:
    return path.name in ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")


def _snippets(slug: str, rows: int) -> tuple[tuple[str, str], ...]:
    path, row = f'\n    "gallery_data/{slug}/sample.zarr"', rows // 2
    zarr_code = f'import zarr\n\narray = zarr.open_array({path}, mode="r"\n)\nrow = array[{row}]'
    partial_code = f"import zarr_partial as zp\n\narray = zp.open({path}\n)\nrow = array[{row}]"
    return (("zarr", zarr_code), ("zarr_partial", f"{partial_code}\nprint(array.explain({row}))"))
