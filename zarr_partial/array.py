"""`open` and `PartialArray`: the library as people meet it."""

import operator
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.store import Store
from zarr.storage import LocalStore, ZipStore
from zarr.types import AnyArray

from zarr_partial import selection as selections
from zarr_partial.access import Access, Raw, Whole
from zarr_partial.delegate import ask_zarr, read_by_zarr
from zarr_partial.errors import NotViewableError, OpenError
from zarr_partial.explain import explain_read, explain_whole
from zarr_partial.finding import UNOPENABLE, not_an_array
from zarr_partial.layout import Layout, read_layout
from zarr_partial.plan import chunk_parts
from zarr_partial.read import read_selection
from zarr_partial.report import Plan, format_bytes, html_table
from zarr_partial.resident import Residency
from zarr_partial.sources.local import LocalSource
from zarr_partial.threads import default_threads

__all__ = ["OrthogonalIndex", "PartialArray", "open"]

Source = str | os.PathLike[str] | Store | AnyArray


def open(  # noqa: A001
    source: Source,
    path: str | None = None,
    *,
    threads: int | None = None,
    storage_options: dict[str, Any] | None = None,
) -> "PartialArray":
    """Open a Zarr array of format 2 or 3 for partial reads; no chunk is touched.

    Parameters
    ----------
    source : str, path, zarr store or zarr.Array
        A folder, ZIP file, URL or store, or an array that is open already.
    path : str, optional
        Where in `source` the array is, for example ``"raw/X"``.
    threads : int, optional
        Threads that decode and copy; by default one per processor of this process.
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
    ValueError
        If `threads` is not at least 1.

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
    if isinstance(source, zarr.Array):
        if path is not None:
            raise ValueError(f"expected no path beside an open zarr.Array, found {path!r}; leave it out")
        return PartialArray(source, threads=threads)
    try:
        if (
            isinstance(source, (str, os.PathLike))
            and Path(source).suffix == ".zip"
            and Path(source).is_file()
        ):
            source = ZipStore(Path(source), mode="r")
        array = zarr.open_array(source, path=path or "", mode="r", storage_options=storage_options)
    except UNOPENABLE as error:
        raise OpenError(not_an_array(source, path, storage_options, error)) from error
    return PartialArray(array, threads=threads)


class PartialArray:
    """A Zarr array that is read in parts: only the bytes a selection touches, where the layout allows.

    Made by `open`. Indexing gives what `zarr.Array` gives, in value, shape, dtype and type; forms of
    indexing and layouts that have no faster way are answered by zarr itself. Chunks stay as they were
    when first touched until `refresh`.

    Parameters
    ----------
    array : zarr.Array
        The array to read.
    threads : int or None
        Threads that decode and copy; None for one per processor.
    """

    def __init__(self, array: AnyArray, *, threads: int | None = None) -> None:
        self._threads = threads or default_threads()
        # One immutable value, replaced as a whole: a reader that took it sees one state of the array.
        self._state: _State | None = _read_state(array)

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self._now.array, self._threads)

    @property
    def _now(self) -> "_State":
        state = self._state
        if state is None:
            raise ValueError("expected an open array, found a closed one; open it again")
        return state

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""
        return self._now.layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, as zarr returns them."""
        return self._now.layout.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._now.array.size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, decoded."""
        return self._now.array.nbytes

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk; of an inner chunk, where there are shards."""
        return self._now.array.chunks

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of a shard, or None."""
        return self._now.array.shards

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Chunks along each axis; shards, where there are shards."""
        return self._now.layout.grid_shape

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The attributes stored with the array."""
        return self._now.array.attrs

    @property
    def fill_value(self) -> Any:
        """What elements of missing chunks hold."""
        return self._now.array.fill_value

    @property
    def access(self) -> Access:
        """How chunks are read: `Raw`, `Blosc` or, with the reason, `Whole`."""
        return self._now.access

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Return `zarr.Array[key]`, read in parts."""
        state = self._now
        selection = selections.getitem(key, state.layout.shape)
        if selection is None or state.residency is None:
            array, layout = state.array, state.layout
            return read_by_zarr(lambda: array[key], array, layout, lambda: ask_zarr(array, key)[1])
        result = read_selection(selection, state.residency.chunks(), threads=self._threads)
        return result[()] if selection.scalar and not selection.shape else result

    @property
    def oindex(self) -> "OrthogonalIndex":
        """Orthogonal indexing: one integer, slice, integer array or mask per axis."""
        return OrthogonalIndex(self)

    def explain(self, key: Any) -> Plan:
        """Return what `self[key]` reads and why, without reading it.

        Only the headers of touched Blosc chunks are looked at; errors of the selection are zarr's.

        Returns
        -------
        Plan
            With counts of chunks, units, byte ranges and bytes, and the reasons.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> a = zarr.create_array("steps.zarr", shape=(100, 8), chunks=(10, 8), dtype="i2", compressors=None)
        >>> a[:] = 1
        >>> zp.open("steps.zarr").explain([0, 99]).bytes_read
        32
        """
        state = self._now
        selection = selections.getitem(key, state.layout.shape)
        if selection is None or state.residency is None:
            return explain_whole(state.array, state.layout, selection, key, state.access)
        return explain_read(selection, state.residency.chunks(), key)

    def view(self) -> NDArray[Any]:
        """Return the array as a read-only NumPy view of its mapped file; nothing is copied.

        The view keeps its map alive and shows the file as it was when first touched.

        Returns
        -------
        numpy.ndarray
            With the shape and dtype of the array.

        Raises
        ------
        NotViewableError
            If the elements do not lie in one mapped file as NumPy needs them. The message says why,
            and what would make the array viewable.
        CorruptChunkError, UnreadableChunkError
            If the file is damaged or cannot be had.
        """
        state = self._now
        layout = state.layout
        rewrite = "write it with compressors=None, shards=None and chunks equal to its shape"
        if 0 in layout.shape or not layout.shape:
            shape = " x ".join(map(str, layout.shape)) or "0-d"
            raise NotViewableError(f"expected at least one axis and one element, found {shape}; use [...]")
        if state.residency is None or not isinstance(layout.access, Raw):
            raise NotViewableError(f"expected uncompressed local chunks, found {state.access}; {rewrite}")
        if layout.nchunks != 1:
            raise NotViewableError(f"expected one chunk, found a grid of {layout.nchunks}; {rewrite}")
        if layout.access.dtype != layout.dtype:
            raise NotViewableError(
                f"expected elements stored as {layout.dtype.str}, found {layout.access.dtype.str}; "
                "write it with a data type in the byte order of its bytes codec"
            )
        chunk = state.residency.chunks().chunk(0)
        if chunk is None:
            raise NotViewableError(
                "expected a stored chunk, found none (it is all fill value); write the array"
            )
        whole = layout.access.view(chunk.data)
        return whole[tuple(slice(0, length) for length in layout.shape)]

    def refresh(self) -> None:
        """Read the metadata again and forget all chunks, so that changes made since are seen."""
        array = self._now.array
        fresh = zarr.open_array(
            array.store, path=array.path, mode="r", zarr_format=array.metadata.zarr_format
        )
        # zarr 3.3 ignores `config` when it opens an array that exists.
        self._state = _read_state(fresh.with_config(array.config))

    def close(self) -> None:
        """Forget all chunks; views keep theirs. Reading again raises `ValueError`."""
        self._state = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            raise ValueError("expected that a copy is allowed, found copy=False; .view() never copies")
        return np.asarray(self[...], dtype=dtype)

    def __repr__(self) -> str:
        if self._state is None:
            return "<PartialArray, closed>"
        shape = " x ".join(map(str, self.shape)) or "0-d"
        return f"<PartialArray {shape} {self.dtype}, {self.access}>"

    def _repr_html_(self) -> str:
        return html_table(self.describe())

    def describe(self) -> list[tuple[str, str]]:
        """Return what there is to know about the array, as pairs of a name and a text."""
        state = self._now
        layout = state.layout
        times = " x ".join
        shards = state.array.shards if layout.chunk_shape else None
        kind = "shards" if shards else "chunks"
        grid = times(map(str, layout.grid_shape)) or "one"
        chunk_shape = state.array.chunks if shards else layout.chunk_shape
        chunks = times(map(str, chunk_shape)) or ("one" if not layout.shape else "of several shapes")
        return [
            ("shape", times(map(str, layout.shape)) or "0-d"),
            ("dtype", str(layout.dtype)),
            ("chunks", chunks),
            *([("shards", times(map(str, shards)))] if shards else []),
            ("grid", f"{layout.nchunks:,} {kind} ({grid})"),
            ("bytes", f"{format_bytes(self.nbytes)} decoded"),
            ("fill value", str(self.fill_value)),
            ("format", f"Zarr v{state.array.metadata.zarr_format}"),
            ("access", str(state.access)),
        ]


class OrthogonalIndex:
    """`array.oindex`: what `zarr.Array.oindex` gives, read in parts."""

    def __init__(self, array: PartialArray) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        state = self._array._now
        selection = selections.orthogonal(key, state.layout.shape)
        if selection is None:
            # zarr alone knows which chunks such a key touches; most are errors.
            return state.array.oindex[key]
        if state.residency is None:
            array, layout = state.array, state.layout
            return read_by_zarr(
                lambda: array.oindex[key],
                array,
                layout,
                lambda: (part.coordinates for part in chunk_parts(selection, layout.chunk_shape)),
            )
        return read_selection(selection, state.residency.chunks(), threads=self._array._threads)

    def __repr__(self) -> str:
        return f"{self._array!r}.oindex"


@dataclass(frozen=True, slots=True)
class _State:
    """An array as its metadata said at one moment; `residency` is None where zarr reads everything."""

    array: AnyArray
    layout: Layout
    access: Access
    residency: Residency | None


def _read_state(array: AnyArray) -> _State:
    # A copy of its own: resizing the caller's array must not change one half of ours.
    array = array.with_config(array.config)
    layout = read_layout(array)
    store = array.store
    if isinstance(layout.access, Whole):
        return _State(array, layout, layout.access, None)
    if type(store) is not LocalStore:
        why = f"{type(store).__name__} is not a local directory"
    elif sys.platform == "win32":
        why = "Windows does not let writers replace a mapped chunk"
    elif not array.config.read_missing_chunks:
        why = "array.read_missing_chunks is off, so zarr must see which chunks are missing"
    else:
        source = LocalSource(Path(store.root, array.path))
        return _State(array, layout, layout.access, Residency(layout, source))
    return _State(array, layout, Whole(why), None)


def _rebuild(array: AnyArray, threads: int) -> PartialArray:
    return PartialArray(array, threads=threads)
