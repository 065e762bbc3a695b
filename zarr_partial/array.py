"""`open` and `PartialArray`: the library as people meet it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.abc.store import Store
from zarr.storage import LocalStore
from zarr.types import AnyArray

from zarr_partial import selection as selections
from zarr_partial.access import Access, Raw, Whole
from zarr_partial.errors import NotViewableError, OpenError
from zarr_partial.explain import explain_read, explain_whole
from zarr_partial.layout import read_layout
from zarr_partial.read import read_selection
from zarr_partial.report import Plan, format_bytes, html_table
from zarr_partial.resident import ResidentChunks
from zarr_partial.selection import Selection
from zarr_partial.sources.local import LocalSource, mappable_now
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
        A folder, URL or store, as `zarr.open_array` takes it, or an array that is open already.
    path : str, optional
        Where in `source` the array is, for example ``"raw/X"``.
    threads : int, optional
        Threads that decode and copy; by default one per processor of this process.
    storage_options : dict, optional
        For URLs, as in `zarr.open_array`.

    Returns
    -------
    PartialArray

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
    if threads is not None and threads < 1:
        raise ValueError(
            f"expected threads to be at least 1, found {threads}; leave it out for one per processor"
        )
    if isinstance(source, zarr.Array):
        if path is not None:
            raise ValueError(f"expected no path beside an open zarr.Array, found {path!r}; leave it out")
        return PartialArray(source, threads=threads)
    try:
        array = zarr.open_array(source, path=path or "", mode="r", storage_options=storage_options)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OpenError(_not_an_array(source, path, storage_options, error)) from error
    return PartialArray(array, threads=threads)


def _not_an_array(source: object, path: str | None, options: dict[str, Any] | None, error: Exception) -> str:
    """Say what is where an array was expected."""
    where = str(source) + (f", path {path!r}" if path else "")
    expected = f"expected a Zarr array at {where}, found "
    if isinstance(source, (str, os.PathLike)) and "://" not in str(source):
        place = Path(source, path or "")
        if not place.exists():
            return f"{expected}nothing; check the path"
        if not place.is_dir() and place.suffix != ".zip":
            return f"{expected}a file; give the folder that holds zarr.json or .zarray"
    try:
        group = zarr.open_group(source, path=path or "", mode="r", storage_options=options)
        names = sorted(group.array_keys())
        inside = sorted(group.group_keys())
    except (OSError, ValueError, KeyError, TypeError):
        if isinstance(error, FileNotFoundError):
            return f"{expected}neither zarr.json nor .zarray; {_arrays_below(source, path)}"
        return f"{expected}metadata that zarr cannot read ({type(error).__name__}: {error}); repair them"
    prefix = f"{path}/" if path else ""
    if names:
        listed = ", ".join(names[:10]) + (", …" if len(names) > 10 else "")
        example = f"for example path={prefix + names[0]!r}"
        return f"{expected}a group with the arrays {listed}; open one of them, {example}"
    remedy = f"look into its groups: {', '.join(inside[:10])}" if inside else "it is empty"
    return f"{expected}a group without arrays of its own; {remedy}"


def _arrays_below(source: object, path: str | None) -> str:
    """Say which folders in the one that was given are arrays."""
    if not isinstance(source, (str, os.PathLike)):
        return "check the path"
    found = sorted(
        file.parent.name
        for name in ("zarr.json", ".zarray")
        for file in Path(source, path or "").glob(f"*/{name}")
    )
    return f"open one of the folders in it: {', '.join(found[:10])}" if found else "check the path"


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
        self._array = array
        self._threads = threads or default_threads()
        self._closed = False
        self._read_metadata()

    def _read_metadata(self) -> None:
        array = self._array
        self._layout = read_layout(array)
        self._access = _usable(self._layout.access, array)
        self._resident: ResidentChunks | None = None
        if isinstance(array.store, LocalStore) and not isinstance(self._access, Whole):
            self._resident = ResidentChunks(self._layout, LocalSource(Path(array.store.root, array.path)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Length of every axis."""
        return self._layout.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements, as zarr returns them."""
        return self._layout.dtype

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self._layout.shape)

    @property
    def size(self) -> int:
        """Number of elements."""
        return self._array.size

    @property
    def nbytes(self) -> int:
        """Bytes of all elements, decoded."""
        return self._array.nbytes

    @property
    def chunks(self) -> tuple[int, ...]:
        """Shape of a chunk; of an inner chunk, where there are shards."""
        return self._array.chunks

    @property
    def shards(self) -> tuple[int, ...] | None:
        """Shape of a shard, or None."""
        return self._array.shards

    @property
    def grid_shape(self) -> tuple[int, ...]:
        """Chunks along each axis; shards, where there are shards."""
        return self._layout.grid_shape

    @property
    def attrs(self) -> Mapping[str, Any]:
        """The attributes stored with the array."""
        return self._array.attrs

    @property
    def fill_value(self) -> Any:
        """What elements of missing chunks hold."""
        return self._array.fill_value

    @property
    def access(self) -> Access:
        """How chunks are read: `Raw`, `Blosc` or, with the reason, `Whole`."""
        return self._access

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of unsized object")
        return self.shape[0]

    def __getitem__(self, key: Any) -> Any:
        """Return `zarr.Array[key]`, read in parts."""
        self._check_open()
        selection = selections.getitem(key, self.shape)
        result = None if selection is None else self._read(selection)
        if selection is None or result is None:
            return self._array[key]
        return result[()] if selection.scalar and not selection.shape else result

    @property
    def oindex(self) -> "OrthogonalIndex":
        """Orthogonal indexing: one integer, slice, integer array or mask per axis."""
        return OrthogonalIndex(self)

    def _read(self, selection: Selection) -> NDArray[Any] | None:
        """Return what is selected, or None where zarr has to read it."""
        self._check_open()
        resident = self._resident
        if resident is None:
            return None
        if len(resident) and mappable_now() <= 0:
            # Other arrays need maps as well: forget these; whoever gathers from them keeps them alive.
            resident = self._resident = ResidentChunks(resident.layout, resident.source)
        return read_selection(selection, resident, threads=self._threads)

    def explain(self, key: Any) -> Plan:
        """Return what `self[key]` reads and why, without reading it.

        The headers of touched Blosc chunks are looked at; errors of the selection are zarr's.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> a = zarr.create_array("steps.zarr", shape=(100, 8), chunks=(10, 8), dtype="i2", compressors=None)
        >>> a[:] = 1
        >>> zp.open("steps.zarr").explain([0, 99]).bytes_read
        32
        """
        self._check_open()
        selection = selections.getitem(key, self.shape)
        if self._resident is None or selection is None:
            return explain_whole(self._array, self._layout, selection, key, str(self._access))
        return explain_read(selection, self._resident, key)

    def view(self) -> NDArray[Any]:
        """Return the array as a read-only NumPy view of its mapped file; nothing is copied.

        The view keeps its map alive and shows the file as it was when first touched.

        Raises
        ------
        NotViewableError
            If the elements do not lie in one mapped file as NumPy needs them. The message says why,
            and what would make the array viewable.
        CorruptChunkError, UnreadableChunkError
            If the file is damaged or cannot be had.
        """
        self._check_open()
        layout = self._layout
        rewrite = "write it with compressors=None, shards=None and chunks equal to its shape"
        if self._resident is None or not isinstance(layout.access, Raw):
            raise NotViewableError(f"expected uncompressed local chunks, found {self._access}; {rewrite}")
        if layout.nchunks != 1:
            raise NotViewableError(f"expected one chunk, found a grid of {layout.nchunks}; {rewrite}")
        if layout.access.dtype != layout.dtype:
            raise NotViewableError(
                f"expected elements stored as {layout.dtype.str}, found {layout.access.dtype.str}; "
                "write it with a data type in the byte order of its bytes codec"
            )
        chunk = self._resident.chunk(0)
        if chunk is None:
            raise NotViewableError(
                "expected a stored chunk, found none (it is all fill value); write the array"
            )
        whole = layout.access.view(chunk.data)
        return whole[tuple(slice(0, length) for length in layout.shape)]

    def refresh(self) -> None:
        """Read the metadata again and forget all chunks, so that changes made since are seen."""
        self._check_open()
        self._array = zarr.open_array(self._array.store_path, mode="r")
        self._read_metadata()

    def close(self) -> None:
        """Forget all chunks; views keep theirs. Reading again raises `ValueError`."""
        self._closed = True
        self._resident = None

    def _check_open(self) -> None:
        if self._closed:
            raise ValueError("expected an open array, found a closed one; open it again")

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
        shape = " x ".join(map(str, self.shape)) or "0-d"
        return f"<PartialArray {shape} {self.dtype}, {self._access}>"

    def _repr_html_(self) -> str:
        return html_table(self.describe())

    def describe(self) -> list[tuple[str, str]]:
        """Return what there is to know about the array, as pairs of a name and a text."""
        layout = self._layout
        times = " x ".join
        shards = self.shards
        kind = "shards" if shards else "chunks"
        grid = times(map(str, layout.grid_shape)) or "one"
        rows = [
            ("shape", times(map(str, self.shape)) or "0-d"),
            ("dtype", str(self.dtype)),
            ("chunks", times(map(str, (shards and self.chunks) or layout.chunk_shape)) or "one"),
        ]
        if shards:
            rows.append(("shards", times(map(str, shards))))
        return [
            *rows,
            ("grid", f"{layout.nchunks:,} {kind} ({grid})"),
            ("bytes", f"{format_bytes(self.nbytes)} decoded"),
            ("fill value", str(self.fill_value)),
            ("format", f"Zarr v{self._array.metadata.zarr_format}"),
            ("access", str(self._access)),
        ]


class OrthogonalIndex:
    """`array.oindex`: what `zarr.Array.oindex` gives, read in parts."""

    def __init__(self, array: PartialArray) -> None:
        self._array = array

    def __getitem__(self, key: Any) -> Any:
        selection = selections.orthogonal(key, self._array.shape)
        result = None if selection is None else self._array._read(selection)
        return self._array._array.oindex[key] if result is None else result

    def __repr__(self) -> str:
        return f"{self._array!r}.oindex"


def _usable(access: Access, array: AnyArray) -> Access:
    """Return `access`, or `Whole` where chunks cannot be mapped, or where zarr must look at each itself."""
    if isinstance(access, Whole):
        return access
    if type(array.store) is not LocalStore:
        return Whole(f"{type(array.store).__name__} is not a local directory")
    if sys.platform == "win32":
        return Whole("Windows does not let writers replace a mapped chunk")
    if not array.config.read_missing_chunks:
        return Whole("array.read_missing_chunks is off, so zarr must see which chunks are missing")
    return access
