"""`open`: from a path, a URL, a store or a zarr array to a `PartialArray`."""

import json
import operator
import os
from pathlib import Path
from typing import Any

import zarr
from zarr.abc.store import Store
from zarr.storage import LocalStore, StorePath, ZipStore
from zarr.types import AnyArray

from zarr_partial.array import PartialArray
from zarr_partial.budget import parse_nbytes
from zarr_partial.errors import OpenError
from zarr_partial.finding import UNOPENABLE, not_an_array
from zarr_partial.settings import DEFAULT_GAP, IO, MAX_REQUESTS, Checksums, Settings
from zarr_partial.urls import is_url

__all__ = ["located", "open"]

Source = str | os.PathLike[str] | Store | AnyArray


def open(  # noqa: A001
    source: Source,
    path: str | None = None,
    *,
    cache: int | str = 0,
    io: IO = "auto",
    threads: int | None = None,
    checksums: Checksums = "verify",
    gap: int | str = DEFAULT_GAP,
    max_requests: int = MAX_REQUESTS,
    storage_options: dict[str, Any] | None = None,
) -> PartialArray:
    """Open a Zarr array of format 2 or 3 for partial reads; no chunk is touched.

    Parameters
    ----------
    source : str, path, zarr store or zarr.Array
        A folder, ZIP file, URL or store, or an array that is open already. Members of a ZIP file are
        read in parts where the archive stores them as they are, without comparing their CRC-32, and are
        unpacked whole where it compressed them.
    path : str, optional
        Where in `source` the array is, for example ``"raw/X"``.
    io : {"auto", "mmap", "pread", "store"}, optional
        How bytes of chunks are had. "mmap" maps local files into memory; "pread" reads ranges of them, and
        no harm comes from others who cut them; "store" asks the zarr store for ranges, all at once. "auto"
        maps local files, except on network and FUSE file systems, where an I/O error under a map would end
        the process, on Windows, where a mapped chunk cannot be replaced, and in Dask workers with a limit of
        memory, which are killed for mapped pages: there it is "pread". What is not local is read by "store".
    cache : int or str, optional
        Bytes of decoded units to keep, as a number or as "256 MiB" or "1 GB"; by default none. The least
        recently used ones go first. Raw chunks in local folders stay mapped instead; arrays that zarr reads
        for us, or whose chunks differ in shape, keep nothing.
    threads : int, optional
        Threads that decode and copy; by default one per processor of this process.
    checksums : {"verify", "skip"}, optional
        Whether the crc32c of chunks and of shard indexes is compared before their bytes are used. A
        checksum covers a whole chunk, so chunks without compressor are read whole to compare it;
        skipping makes them addressable.
    gap : int or str, optional
        Where chunks are fetched: ranges of one value with so many bytes between them, or fewer, are asked
        for as one; a number or text as for `cache`. The more a request costs, the more it should be.
    max_requests : int, optional
        Where chunks are fetched: how many requests of one read wait for their answers at any moment.
    storage_options : dict, optional
        For URLs, as in `zarr.open_array`.

    Returns
    -------
    PartialArray
        It reads when indexed, and shows the array as it was when first touched, until `refresh`.

    Raises
    ------
    OpenError
        If there is no array there; the message says what there is instead.
    TypeError, ValueError
        If `cache` or `gap` is no number of bytes, `io` is not a way to read this array, `threads` or
        `max_requests` is not at least 1, or `checksums` is neither "verify" nor "skip".

    Examples
    --------
    >>> import numpy as np, zarr
    >>> import zarr_partial as zp
    >>> data = np.arange(50_000, dtype="f4").reshape(1000, 50)
    >>> cells = zarr.create_array("cells.zarr", data=data, chunks=(100, 50), compressors=None)
    >>> zp.open("cells.zarr").oindex[[7, 990]][:, 0]
    array([  350., 49500.], dtype=float32)
    """
    if threads is not None and operator.index(threads) < 1:
        raise ValueError(
            f"expected threads to be at least 1, found {threads}; leave it out for one per processor"
        )
    if operator.index(max_requests) < 1:
        raise ValueError(f"expected max_requests to be at least 1, found {max_requests}; leave it out")
    settings = Settings(checksums, io, parse_nbytes(cache, "cache"), parse_nbytes(gap, "gap"), max_requests)
    if checksums not in ("verify", "skip"):
        raise ValueError(f'expected checksums to be "verify" or "skip", found {checksums!r}')
    if isinstance(source, zarr.Array):
        if path is not None:
            raise ValueError(f"expected no path beside an open zarr.Array, found {path!r}; leave it out")
        # A copy of its own: resizing the caller's array must not change one half of ours.
        own = source.with_config(source.config)
        return PartialArray(own, settings, threads=threads)
    place: Any = source
    try:
        place = located(source)
        array = _open_local(place, path or "") if storage_options is None else None
        if array is None:
            array = zarr.open_array(place, path=path or "", mode="r", storage_options=storage_options)
    except UNOPENABLE as error:
        # An archive is looked into; a path is told as it was given.
        found = place if isinstance(place, Store) else source
        raise OpenError(not_an_array(found, path, storage_options, error)) from error
    return PartialArray(array, settings, threads=threads)


def located(source: Any) -> Any:
    """Return where `source` is, whatever becomes the working directory; the store of what is a ZIP file.

    Chunks are looked for later than metadata.
    """
    if not isinstance(source, (str, os.PathLike)) or is_url(source):
        return source
    place = Path(source).absolute()
    return ZipStore(place, mode="r") if place.suffix == ".zip" and place.is_file() else place


def _open_local(source: Source, path: str) -> AnyArray | None:
    """Open an array of format 3 in a local folder, or return None for zarr to find out what is there.

    zarr looks for every kind of metadata document; to read the one that is nearly always there takes
    a quarter of the time.
    """
    if not isinstance(source, Path):
        return None
    try:
        document = json.loads(Path(source, path, "zarr.json").read_bytes())
        if not isinstance(document, dict) or document.get("node_type") != "array":
            return None
        store = LocalStore(source, read_only=True)
        return zarr.Array.from_dict(StorePath(store, path), document)
    except Exception:  # zarr says better what is wrong
        return None
