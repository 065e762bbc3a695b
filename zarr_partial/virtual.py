"""`virtual_chunks`: an array shown in smaller chunks, with no data rewritten."""

import os
from typing import TYPE_CHECKING, Any

from zarr_partial.array import PartialArray
from zarr_partial.opening import Source, open  # noqa: A004
from zarr_partial.progress import Report
from zarr_partial.virtualizing.presenting import Making
from zarr_partial.virtualizing.store import VirtualStore
from zarr_partial.words import html_table, times

if TYPE_CHECKING:
    import numpy as np
    from icechunk import IcechunkStore

__all__ = ["VirtualChunks", "virtual_chunks"]


def virtual_chunks(
    arr: PartialArray | Source, chunks: int | tuple[int, ...], *, path: str = ""
) -> "VirtualChunks":
    """Show an array in smaller chunks than it has: as a store that anything reads that reads Zarr.

    No data are rewritten and no value is changed. Uncompressed chunks are served as byte ranges of the
    source, Blosc chunks as some of their blocks behind a header of their own, and chunks as they are
    stored, inner chunks of shards included, whatever their codecs.

    Parameters
    ----------
    arr : PartialArray, zarr.Array, or a source
        It is opened again: what is shown stays as the metadata are now, until `VirtualChunks.refresh`.
    chunks : int or tuple of int
        Elements of a virtual chunk along each axis. They divide the chunks of the array (its inner
        chunks, where there are shards), or are those; axes left out keep what they have. Blosc chunks are
        cut where their blocks end.
    path : str, optional
        Where in the store the array appears. By default it is the root; with ``"temperature"`` the root
        is a group that holds it, which is what Xarray opens.

    Returns
    -------
    VirtualChunks

    Raises
    ------
    VirtualChunksError
        If the array cannot be shown in such chunks. The message and ``.possible`` say which would do.
    TypeError
        If `chunks` are no integers.
    CorruptChunkError, UnreadableChunkError
        If a Blosc header is damaged or cannot be had: those of 32 chunks are looked at, and no other chunk.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> data = np.arange(60_000, dtype="f4").reshape(1000, 60)
    >>> big = zarr.create_array("big.zarr", data=data, chunks=(500, 60), compressors=None)
    >>> shown = zarr.open_array(zp.virtual_chunks("big.zarr", 10).store)
    >>> shown.chunks, bool((shown[123] == data[123]).all())
    ((10, 60), True)
    """
    if isinstance(arr, PartialArray):
        # One of its own: refreshing ours must not change theirs.
        array = PartialArray(arr.state.array, arr.state.settings, threads=arr.threads)
    else:
        array = open(arr)
    return VirtualChunks(VirtualStore(array, chunks, path))


class VirtualChunks:
    """An array in virtual chunks: a store, and references to byte ranges; made by `virtual_chunks`.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> data = np.arange(60, dtype="f4").reshape(10, 6)
    >>> made = zarr.create_array("whole.zarr", data=data, chunks=(10, 6), compressors=None)
    >>> virtual = zp.virtual_chunks("whole.zarr", (2, 6))
    >>> virtual.shape, virtual.ndim, str(virtual.dtype), virtual.chunks, virtual.source_chunks
    ((10, 6), 2, 'float32', (2, 6), (10, 6))
    >>> virtual.grid_shape, virtual.nchunks, virtual.not_exportable
    ((5, 1), 5, None)
    >>> zarr.open_array(virtual.store)[3, :2]
    array([18., 19.], dtype=float32)
    >>> virtual.refresh()
    >>> virtual.describe()[0]
    ('array', '10 x 6 float32')
    """

    def __init__(self, store: VirtualStore) -> None:
        self._store = store

    @property
    def store(self) -> VirtualStore:
        """A read-only zarr store that holds the array in virtual chunks. It can be pickled."""
        return self._store

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""
        return self._store.shown.presentation.layout.shape

    @property
    def dtype(self) -> "np.dtype[Any]":
        """The type of the elements, as zarr returns them."""
        return self._store.shown.presentation.layout.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a virtual chunk."""
        return self._store.shown.presentation.chunks

    @property
    def source_chunks(self) -> tuple[int, ...]:
        """Shape of a chunk of the source; of an inner chunk, where there are shards."""
        return self._store.shown.source_chunks

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Virtual chunks along each axis."""
        return self._store.shown.counts

    @property
    def nchunks(self) -> int:
        """Virtual chunks in all, missing ones included."""
        return self._store.shown.presentation.grid.nchunks

    @property
    def not_exportable(self) -> str | None:
        """Why there are no references to the virtual chunks, and what would help; None if there are."""
        return self._store.shown.presentation.not_exportable

    def references(self, *, url: str | None = None) -> dict[str, Any]:
        """Return references to the virtual chunks, of version 1 of Kerchunk's specification.

        All of them are in memory; `to_json` and `to_parquet` write many more.

        Parameters
        ----------
        url : str, optional
            Address of the folder of the source array, or of its ZIP file, for those who will read the
            references. By default the one that it was opened by.

        Returns
        -------
        dict
            ``{"version": 1, "refs": {key: text or [address, offset, length]}}``, as
            ``fsspec.filesystem("reference", fo=...)`` takes it; missing chunks have no reference.

        Raises
        ------
        VirtualChunksError
            If a virtual chunk is not one byte range of the source (``not_exportable`` says why), or the
            source has no address that others could read.
        CorruptChunkError, UnreadableChunkError
            If a chunk has another length than the metadata promise, or cannot be looked at.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> parts = zarr.create_array("parts.zarr", data=np.arange(8), chunks=(4,), compressors=None)
        >>> references = zp.virtual_chunks("parts.zarr", 2).references(url="https://example.org/parts.zarr")
        >>> references["refs"]["c/3"]
        ['https://example.org/parts.zarr/c/1', 16, 16]
        """
        from zarr_partial.virtualizing.exporting import as_dict

        return as_dict(self._store.shown, url)

    def to_json(
        self, path: str | os.PathLike[str], *, url: str | None = None, progress: Report | bool | None = None
    ) -> int:
        """Write references as a JSON file, of the Zarr format of the source; return how many there are.

        References are written as they are found, so that a million of them need little memory. The file
        appears when it is whole: an error or Ctrl-C leaves what was there before.

        Parameters
        ----------
        path : str or path
            A file; one that is there is replaced.
        url : str, optional
            As for `references`.
        progress : True or callable, optional
            True for a line in the terminal; a function is called with the virtual chunks that are done,
            and all of them.

        Raises
        ------
        VirtualChunksError
            As `references` does; or if `path` is in the source.
        CorruptChunkError, UnreadableChunkError
            As `references` does.
        OSError
            If the file cannot be written.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> data, codecs = np.arange(8), {"compressors": None, "zarr_format": 2}
        >>> made = zarr.create_array("eight.zarr", data=data, chunks=(4,), **codecs)
        >>> zp.virtual_chunks("eight.zarr", 2).to_json("eight.json")
        4
        """
        from zarr_partial.virtualizing.exporting import write_json

        return write_json(self._store.shown, path, url, progress)

    def to_parquet(
        self,
        path: str | os.PathLike[str],
        *,
        url: str | None = None,
        record_size: int = 10_000,
        progress: Report | bool | None = None,
    ) -> int:
        """Write references as a folder of Parquet files; return how many there are.

        Such references are of Zarr format 2, and hold no array at the root: one that was not given a path
        appears as ``"data"``. Written by fsspec and Kerchunk (the extra ``references``), `record_size`
        references at a time. The folder appears when it is whole.

        Where all chunks of a file are missing there is none; if that is the first, fsspec has to be told
        a ``remote_protocol`` when it opens them.

        Parameters
        ----------
        path : str or path
            A folder that is not there yet, or one of such references, which is replaced.
        url : str, optional
            As for `references`.
        record_size : int
            References in a file.
        progress : True or callable, optional
            As for `to_json`.

        Raises
        ------
        ImportError
            If Kerchunk or fastparquet is not installed.
        VirtualChunksError
            As `references` does; if the array cannot be written in format 2, as compressed chunks of
            format 3 cannot; if a file would hold more than 64 MiB of missing chunks, which are written as
            fill values next to others; if there is something else at `path`.
        CorruptChunkError, UnreadableChunkError
            As `references` does.
        OSError
            If files cannot be written.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> data, codecs = np.arange(8), {"compressors": None, "zarr_format": 2}
        >>> made = zarr.create_array("rows.zarr", data=data, chunks=(4,), **codecs)
        >>> zp.virtual_chunks("rows.zarr", 2).to_parquet("rows.parquet")
        4
        """
        from zarr_partial.virtualizing.parquet import write_parquet

        return write_parquet(self._store.shown, path, url, record_size, progress)

    def to_icechunk(
        self, store: "IcechunkStore", *, url: str | None = None, progress: Report | bool | None = None
    ) -> int:
        """Write the array as virtual references into an Icechunk session; return how many there are.

        Nothing is committed: that is yours to do, and without it nothing has happened. Icechunk refuses to
        read a chunk whose file is changed later, by a second or more.

        Parameters
        ----------
        store : icechunk.IcechunkStore
            Of a writable session, whose repository has a virtual chunk container for the source.
        url : str, optional
            As for `references`.
        progress : True or callable, optional
            As for `to_json`.

        Raises
        ------
        VirtualChunksError
            As `references` does; if there is no container for the source, an array there already, or
            the array cannot be written in format 3.
        CorruptChunkError, UnreadableChunkError
            As `references` does.

        Examples
        --------
        >>> import icechunk, numpy as np, pathlib, zarr, zarr_partial as zp
        >>> made = zarr.create_array("ice.zarr", data=np.arange(8), chunks=(4,), compressors=None)
        >>> config = icechunk.RepositoryConfig.default()
        >>> address = pathlib.Path("ice.zarr").absolute().as_uri() + "/"
        >>> place = icechunk.local_filesystem_store(str(pathlib.Path("ice.zarr").absolute()))
        >>> config.set_virtual_chunk_container(icechunk.VirtualChunkContainer(address, place))
        >>> repository = icechunk.Repository.create(icechunk.in_memory_storage(), config)
        >>> session = repository.writable_session("main")
        >>> zp.virtual_chunks("ice.zarr", 2).to_icechunk(session.store)
        4
        """
        from zarr_partial.virtualizing.icechunk import write_icechunk

        return write_icechunk(self._store.shown, store, url, progress)

    def refresh(self) -> None:
        """Look at the source again, at its metadata too; `store` shows then what is there now."""
        self._store.refresh()

    def describe(self) -> list[tuple[str, str]]:
        """Return what there is to know, as pairs of a name and a text."""
        presentation = self._store.shown.presentation
        kind = "shown as inner chunks of shards" if presentation.depth else "shown as they are"
        making = presentation.making
        how = kind if making is Making.AS_STORED else f"each is {making.value}"
        return [
            ("array", f"{times(self.shape) or '0-d'} {self.dtype}"),
            ("source", str(self._store.shown.array.store_path)),
            ("source chunks", times(self.source_chunks) or "one element"),
            ("virtual chunks", f"{times(self.chunks) or 'one element'}, {self.nchunks:,} of them"),
            ("how", how),
            ("references", self.not_exportable or "each virtual chunk is one byte range of the source"),
        ]

    def __repr__(self) -> str:
        source, chunks = times(self.source_chunks) or "one element", times(self.chunks) or "one element"
        return f"<VirtualChunks {times(self.shape) or '0-d'} {self.dtype}, {source} shown as {chunks}>"

    def _repr_html_(self) -> str:
        return html_table(self.describe())
