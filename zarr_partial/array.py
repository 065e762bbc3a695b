"""`PartialArray`: the library as people meet it."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from zarr.types import AnyArray

from zarr_partial.answer import answer_async, answer_getitem, answer_read, answer_rows, answer_take, prefetch
from zarr_partial.budget import CacheInfo
from zarr_partial.facts import ArrayFacts
from zarr_partial.finding import open_again
from zarr_partial.indexing import BlockIndex, CoordinateIndex, OrthogonalIndex
from zarr_partial.pickled import Unopened, anchored, token
from zarr_partial.progress import Report, report_of
from zarr_partial.settings import Settings
from zarr_partial.state import State, read_state
from zarr_partial.threads import default_threads
from zarr_partial.viewing import view_array, view_chunk

if TYPE_CHECKING:
    from zarr_partial.report import Plan

__all__ = ["PartialArray"]

DEFAULTS = Settings()


class PartialArray(ArrayFacts):
    """A Zarr array that is read in parts: only the bytes a selection touches, where the layout allows.

    Made by `open`. Indexing gives what `zarr.Array` gives, in value, shape, dtype and type; forms of
    indexing and layouts that have no faster way are answered by zarr itself. Chunks stay as they were
    when first touched until `refresh`.

    Parameters
    ----------
    array : zarr.Array
        The array to read; nobody else may resize this object.
    threads : int or None
        Threads that decode and copy; None for one per processor.
    settings : Settings
        What `open` was told.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> data = np.arange(60, dtype="f4").reshape(10, 6)
    >>> made = zarr.create_array("ten.zarr", data=data, chunks=(5, 6), compressors=None)
    >>> arr = zp.open("ten.zarr")
    >>> arr.shape, str(arr.dtype), arr.ndim, arr.size, arr.nbytes
    ((10, 6), 'float32', 2, 60, 240)
    >>> arr.chunks, arr.shards, arr.grid_shape, arr.fill_value, dict(arr.attrs)
    ((5, 6), None, (2, 1), np.float32(0.0), {})
    >>> arr.read_chunk_sizes == arr.write_chunk_sizes == ((5, 5), (6,))
    True
    >>> print(arr.access)
    Raw(<f4, C order)
    >>> arr[3, 1:3], arr.oindex[[7, 0], 2]
    (array([19., 20.], dtype=float32), array([44.,  2.], dtype=float32))
    >>> arr.vindex[[7, 0], [2, 5]], arr.blocks[1].shape
    (array([44.,  5.], dtype=float32), (5, 6))
    >>> arr.prefetch(slice(5, 10))  # and go on with something else
    >>> arr[5:10].shape
    (5, 6)
    >>> arr.refresh()  # others wrote to it meanwhile
    >>> arr.close()
    """

    def __init__(
        self,
        array: AnyArray,
        settings: Settings = DEFAULTS,
        *,
        threads: int | None = None,
    ) -> None:
        self.threads = threads or default_threads()
        """Threads that decode and copy."""
        # A copy elsewhere counts the processors there.
        self._asked_threads = threads
        self._settings = settings
        self._unopened: Unopened | None = None
        # One immutable value, replaced as a whole: a reader that took it sees one state of the array.
        self._state: State | None = read_state(array, settings)

    def __reduce__(self) -> tuple[object, ...]:
        array = anchored(self._described)
        return _unpickled, (type(self), array, self._settings, self._asked_threads)

    def __copy__(self) -> Self:
        return type(self)(self.state.array, self._settings, threads=self._asked_threads)

    def __deepcopy__(self, memo: object) -> Self:
        # Nothing in an array can be written to, so that a store and its connections may be shared.
        return self.__copy__()

    def __dask_tokenize__(self) -> tuple[object, ...]:
        return token(self._described, self._settings, self._asked_threads)

    def __getitem__(self, key: Any) -> Any:
        """Return `zarr.Array[key]`, read in parts.

        The name of a field of a structured dtype, alone or beside a selection, gives that field.
        zarr refuses it; the answer here is NumPy's.

        Raises
        ------
        IndexError
            As zarr raises it, for selections that the array does not have.
        CorruptChunkError, UnreadableChunkError
            If a touched chunk is damaged or cannot be had.
        """
        state = self._state
        if state is not None and state.rows is not None:
            # The exact types: a bool is an int, and means something else.
            if type(key) is int or type(key) is np.int64:
                row = state.rows.one(int(key))
                if row is not None:
                    return row
            elif type(key) is np.ndarray and (rows := answer_rows(key, state)) is not None:
                return rows
        return answer_getitem(key, self.state, threads=self.threads)

    @property
    def oindex(self) -> OrthogonalIndex:
        """Orthogonal indexing: one integer, slice, integer array or mask per axis."""
        return OrthogonalIndex(self)

    @property
    def vindex(self) -> CoordinateIndex:
        """Coordinate indexing: integer arrays that broadcast together, or one mask of the whole array."""
        return CoordinateIndex(self)

    @property
    def blocks(self) -> BlockIndex:
        """Indexing by chunks of the grid, or by shards, where there are shards."""
        return BlockIndex(self)

    def take(self, indices: ArrayLike, axis: int | None = 0, out: NDArray[Any] | None = None) -> NDArray[Any]:
        """Return what `numpy.take` takes from the whole array, with ``mode="raise"``.

        Parameters
        ----------
        indices : array_like of int, any shape
            Negative ones count from the end.
        axis : int or None
            The axis they are along; None for the flattened array.
        out : ndarray, optional
            Where to put the result: its shape and dtype, any strides. Undefined after an error.

        Returns
        -------
        ndarray
            Of shape ``shape[:axis] + indices.shape + shape[axis + 1:]``; `out`, if it is given.

        Raises
        ------
        IndexError, TypeError, numpy.exceptions.AxisError
            As NumPy raises them.
        ValueError
            If `out` has another shape or dtype.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> squares = zarr.create_array("squares.zarr", shape=(10, 2), chunks=(5, 2), dtype="i4")
        >>> squares[:, 1] = [n * n for n in range(10)]
        >>> zp.open("squares.zarr").take([-1, 3])[:, 1]
        array([81,  9], dtype=int32)
        """
        if axis == 0 and self._state is not None:
            rows = answer_rows(indices, self._state, out)
            if rows is not None:
                return rows
        taken: NDArray[Any] = answer_take(indices, axis, self.state, out, threads=self.threads)
        return taken

    def read(
        self, key: Any, out: NDArray[Any] | None = None, *, progress: Report | bool | None = None
    ) -> Any:
        """Return `self[key]`, read into `out`, if it is given.

        Parameters
        ----------
        key
            As for indexing.
        out : ndarray, optional
            Of the shape and dtype of ``self[key]``, with any strides. Undefined after an error.
        progress : True or callable, optional
            True for a line in the terminal, with bytes and the time left; a function is called with the
            bytes that are there and all bytes of the result, after every part of a long read.

        Returns
        -------
        ndarray or scalar
            `out`, if it is given.

        Raises
        ------
        ValueError
            If `out` has another shape or dtype, or cannot be written to.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> out = np.empty((2, 3), dtype="i4")
        >>> zp.open(zarr.array(np.eye(9, 3, dtype="i4"))).read(slice(1, 3), out) is out
        True
        """
        report = report_of(progress)
        if out is not None:
            return answer_read(key, self.state, out, threads=self.threads, report=report)
        if report is None:
            return self[key]
        return answer_getitem(key, self.state, threads=self.threads, report=report)

    async def read_async(self, key: Any) -> Any:
        """Return `self[key]` without blocking the event loop; many may be awaited at once.

        What is not here is fetched by requests that are given up when the task is cancelled; files and
        decoding are the work of threads.

        Examples
        --------
        >>> import asyncio, zarr, zarr_partial as zp
        >>> source = zarr.storage.MemoryStore()
        >>> a = zarr.create_array(source, shape=(100, 8), chunks=(10, 8), dtype="i2", fill_value=3)
        >>> asyncio.run(zp.open(source).read_async(5))[:2]
        array([3, 3], dtype=int16)
        """
        if self._state is None:
            # The first use of an array that was pickled asks for its metadata.
            await asyncio.to_thread(lambda: self.state)
        return await answer_async(key, self.state, threads=self.threads)

    def prefetch(self, key: Any) -> None:
        """Begin to fetch what `self[key]` needs, and return at once; the read that follows finds it.

        Requests go out, pages of local files are asked for, and with a cache units are decoded. It is a
        hint: where nothing can be fetched ahead, nothing is. Errors are those of the read.
        """
        prefetch(key, self.state)

    def explain(self, key: Any) -> "Plan":
        """Return what `self[key]` reads and why, and what would help, without reading it.

        Only the lengths of touched chunks are looked at, the headers of Blosc chunks and the indexes of
        shards; shards that a ZIP archive has compressed are unpacked for that. A million chunks take
        seconds and some hundred megabytes; of more than 2**20 an evenly spaced sample is looked at, and
        the counts are scaled up, which the plan says.

        Parameters
        ----------
        key
            As for indexing.

        Returns
        -------
        Plan
            With counts of chunks, units, byte ranges and bytes, the reasons, and advice; `print` it,
            or draw it with `.plot()`.

        Raises
        ------
        IndexError
            As zarr raises it, for selections that the array does not have.
        CorruptChunkError, UnreadableChunkError
            If a header or an index that has to be looked at is damaged or cannot be had.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> a = zarr.create_array("steps.zarr", shape=(100, 8), chunks=(10, 8), dtype="i2", compressors=None)
        >>> a[:] = 1
        >>> zp.open("steps.zarr").explain([0, 99]).bytes_read
        32
        """
        # Of use to few processes, and as much to import as all the rest.
        from zarr_partial.explain import explain

        return explain(self.state, key)

    def view(self) -> NDArray[Any]:
        """Return the array as a read-only NumPy view of its mapped file; nothing is copied.

        The view keeps its map alive and shows the file as it was when first touched. In a ZIP archive
        elements may begin at any byte: NumPy reads them all the same, and says so in
        ``flags.aligned``; compiled code that insists on aligned elements needs a copy.

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

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> one = zarr.create_array("one.zarr", data=np.arange(6), chunks=(6,), compressors=None)
        >>> view = zp.open("one.zarr").view()
        >>> view[-2:], view.flags.writeable
        (array([4, 5]), False)
        """
        return view_array(self.state)

    def chunk_view(self, coordinates: tuple[int, ...]) -> NDArray[Any]:
        """Return one chunk as a read-only NumPy view of its mapped file; nothing is copied.

        Parameters
        ----------
        coordinates : tuple of int
            Of a chunk in the grid of chunks of shape `chunks`: of an inner chunk, where there are shards.

        Returns
        -------
        numpy.ndarray
            Of shape `chunks`, less at the ends of the array.

        Raises
        ------
        NotViewableError
            If the bytes of the chunk are not its elements as NumPy needs them, or it is not stored.
        IndexError
            If there is no such chunk.

        Examples
        --------
        >>> import numpy as np, zarr, zarr_partial as zp
        >>> two = zarr.create_array("two.zarr", data=np.arange(6), chunks=(4,), compressors=None)
        >>> zp.open("two.zarr").chunk_view((1,))
        array([4, 5])
        """
        return view_chunk(self.state, tuple(coordinates))

    def cache_info(self) -> CacheInfo:
        """Return what is kept decoded, and what was done for it since the array was opened or refreshed.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> arr = zp.open(zarr.array(range(100), chunks=(10,)), cache="1 MiB")
        >>> _ = arr[5], arr[5]
        >>> arr.cache_info().hits, arr.cache_info().misses
        (1, 1)
        """
        cache = self.state.cache
        return CacheInfo(budget=self._settings.cache_nbytes) if cache is None else cache.info()

    def refresh(self) -> None:
        """Read the metadata again and forget all chunks, so that changes made since are seen.

        Raises
        ------
        OpenError
            If the array is gone or its metadata are damaged; what was known of it is kept.
        """
        array = self.state.array
        fresh = open_again(array)
        # zarr 3.3 ignores `config` when it opens an array that exists.
        self._state = read_state(fresh.with_config(array.config), self._settings)

    def close(self) -> None:
        """Forget all chunks; views keep theirs. Reading again raises `ValueError`."""
        if self._state is not None and self._state.remote is not None:
            self._state.remote.close()
        self._state = self._unopened = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        if copy is False:
            return np.asarray(self.view(), dtype=dtype, copy=False)
        return np.asarray(self[...], dtype=dtype)


def _unpickled(
    kind: type[PartialArray], array: AnyArray, settings: Settings, threads: int | None
) -> PartialArray:
    """Return an array that is opened when it is first used."""
    made = kind.__new__(kind)
    made.threads = threads or default_threads()
    made._asked_threads, made._settings = threads, settings
    made._state, made._unopened = None, Unopened(array, settings)
    return made
