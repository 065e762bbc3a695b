"""What a sample really holds, read through zarr and zarr_partial rather than from its entry."""

import importlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

from outreach.errors import OutreachError
from outreach.gallery.entries import Entry
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.snippets import Snippet, sample_snippets
from outreach.paths import Project
from outreach.reading import Problem, ProblemsError

if TYPE_CHECKING:
    import zarr

MAX_SAMPLE_MEMORY = 500_000_000


@dataclass(frozen=True, slots=True)
class SampleFacts:
    """A sample's size and layout, of all its levels; `access` is that of the finest.

    `file_count` counts stored chunks or shards, not metadata. `all_bytes` counts both.
    `decoders` are the codecs for which a browser must load a decoder.
    """

    access: str
    metadata: str
    levels: tuple[tuple[int, ...], ...]
    chunk_count: int
    file_count: int
    stored_bytes: int
    all_bytes: int
    array_bytes: int
    decoders: tuple[str, ...]
    snippets: tuple[Snippet, ...]


def read_samples(project: Project, entries: Sequence[Entry]) -> dict[str, SampleFacts]:
    """Return the facts of every sample by the slug of its entry, each read whole.

    Raises
    ------
    ProblemsError
        If zarr or zarr_partial cannot read one of them.
    OutreachError
        If zarr is not installed.
    """
    folders = {entry.slug: entry.folder / entry.sample.path for entry in entries if entry.sample}
    if folders:
        _need_zarr()
    problems = [
        problem
        for folder in folders.values()
        for path, _ in read_pyramid(folder).levels
        for problem in sample_problems(project, folder / path)
    ]
    if problems:
        raise ProblemsError(tuple(sorted(problems)))
    return {entry.slug: sample_facts(entry) for entry in entries if entry.sample}


def _need_zarr() -> None:
    try:
        importlib.import_module("zarr")
        importlib.import_module("zarr_partial")
    except ImportError as error:
        expected = "expected zarr and zarr_partial, which read the samples of the gallery"
        raise OutreachError(
            f"{expected}; found that they cannot be imported ({error}); run uv sync"
        ) from error


def sample_problems(project: Project, folder: Path) -> Iterator[Problem]:
    """Yield what keeps zarr or zarr_partial from reading the sample in `folder`."""
    import zarr

    import zarr_partial

    # Codecs and stores raise whatever they like on bad bytes, so that every exception is a finding here.
    try:
        array = zarr.open_array(folder, mode="r")
        if array.nbytes > MAX_SAMPLE_MEMORY:
            raise ValueError(f"{array.nbytes:,} bytes of values, more than {MAX_SAMPLE_MEMORY:,}")
        with zarr_partial.open(folder):
            pass
    except Exception as error:
        yield _problem(project, folder, _metadata_name(folder), "an array that zarr opens", error)
        return
    for key, region in _stored_parts(array):
        try:
            array[region]
        except Exception as error:
            yield _problem(project, folder, key, "a chunk that zarr reads", error)


def _stored_parts(array: "zarr.Array[Any]") -> Iterator[tuple[str, tuple[slice, ...]]]:
    lengths = array.shards or array.chunks
    counts = [ceil(length / part) for length, part in zip(array.shape, lengths, strict=True)]
    for place in product(*map(range, counts)):
        starts = [index * part for index, part in zip(place, lengths, strict=True)]
        region = tuple(slice(start, start + part) for start, part in zip(starts, lengths, strict=True))
        yield array.metadata.encode_chunk_key(place), region


def _problem(project: Project, folder: Path, key: str, expected: str, error: Exception) -> Problem:
    reason = " ".join(str(error).replace(str(project.root), ".").split())[:200] or type(error).__name__
    message = f"expected {expected}, found none ({reason}); run make.py again"
    return Problem(project.relative(folder / key), 1, 1, "", message)


def _metadata_name(folder: Path) -> str:
    return "zarr.json" if (folder / "zarr.json").is_file() else ".zarray"


def sample_facts(entry: Entry) -> SampleFacts:
    """Return the facts of the entry's sample, which zarr opens."""
    import zarr

    import zarr_partial

    folder = entry.folder / "sample.zarr"
    pyramid = read_pyramid(folder)
    levels = [path for path, _ in pyramid.levels]
    arrays = [zarr.open_array(folder / path, mode="r") for path in levels]
    everything = [path for path in folder.rglob("*") if path.is_file()]
    files = [path for path in everything if not _is_metadata(path)]
    with zarr_partial.open(folder / levels[0]) as partial:
        access = str(partial.access)
    finest = arrays[0]
    dims = entry.array.dims if entry.array and entry.array.dims else None
    return SampleFacts(
        access=access,
        metadata=next(name for name in ("zarr.json", ".zattrs", ".zarray") if (folder / name).is_file())
        if levels[0]
        else _metadata_name(folder),
        levels=tuple(array.shape for array in arrays),
        chunk_count=sum(_chunk_count(array) for array in arrays),
        file_count=len(files),
        stored_bytes=sum(path.stat().st_size for path in files),
        all_bytes=sum(path.stat().st_size for path in everything),
        array_bytes=sum(array.nbytes for array in arrays),
        decoders=_decoders(layout.codecs for _, layout in pyramid.levels),
        snippets=sample_snippets(
            entry.slug, levels[0], finest.shape, dims or [f"axis_{axis}" for axis in range(finest.ndim)]
        ),
    )


def _decoders(codecs: Iterable[Sequence[str]]) -> tuple[str, ...]:
    names = {codec.partition("(")[0] for level in codecs for codec in level}
    return tuple(sorted(names & {"blosc", "lz4", "zstd"}))


def _chunk_count(array: "zarr.Array[Any]") -> int:
    return prod(ceil(length / chunk) for length, chunk in zip(array.shape, array.chunks, strict=True))


def sample_files(folder: Path) -> dict[str, bytes]:
    """Return every file of the sample, hidden ones included, by its path in it."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _is_metadata(path: Path) -> bool:
    return path.name in ("zarr.json", ".zarray", ".zattrs", ".zgroup", ".zmetadata")
