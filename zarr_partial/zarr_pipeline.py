"""`PartialCodecPipeline`: partial reads behind `zarr.Array`.

zarr loads this module in every process that opens an array, wherever zarr_partial is installed. So it
imports nothing but what zarr has imported already; what reads chunks comes with the first read.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from zarr.abc.codec import CodecPipeline, GetResult

if TYPE_CHECKING:
    from collections.abc import Iterable

    from zarr.abc.store import ByteGetter
    from zarr.core.array_spec import ArraySpec
    from zarr.core.buffer import NDBuffer
    from zarr.core.codec_pipeline import BatchedCodecPipeline
    from zarr.core.indexing import SelectorTuple
else:
    try:
        from zarr.core.codec_pipeline import BatchedCodecPipeline
    except ImportError as error:
        # It is no part of zarr's public interface. Who has not chosen our pipeline must not notice.
        moved = error

        class BatchedCodecPipeline(CodecPipeline):
            @classmethod
            def from_codecs(cls, codecs: object) -> NoReturn:  # noqa: ARG003 - as in zarr
                raise ImportError(
                    "expected zarr.core.codec_pipeline.BatchedCodecPipeline, on which zarr_partial's codec "
                    "pipeline builds, found that this version of zarr has none; choose another "
                    "codec_pipeline.path, or install a newer zarr-partial"
                ) from moved


__all__ = ["PartialCodecPipeline"]


@dataclass(frozen=True)
class PartialCodecPipeline(BatchedCodecPipeline):
    """A codec pipeline of zarr that reads parts of chunks, where their layout allows.

    zarr makes it, for every array that is opened while its configuration names it. It is zarr's default
    pipeline in all but `read`: what it writes, what it does not know, and what it fails to read are that
    one's work, for its result or its error.

    Examples
    --------
    >>> import numpy as np, zarr
    >>> import zarr_partial
    >>> data = np.arange(60_000, dtype="f4").reshape(1000, 60)
    >>> _ = zarr.create_array("cells.zarr", data=data, chunks=(100, 60), compressors=None)
    >>> with zarr.config.set({"codec_pipeline.path": "zarr_partial.PartialCodecPipeline"}):
    ...     cells = zarr.open_array("cells.zarr")
    >>> cells.oindex[[7, 990]][:, 0]
    array([  420., 59400.], dtype=float32)
    """

    # What is known of chunks, by shape, data type and order.
    kinds: dict[Any, Any] = field(default_factory=dict, init=False, repr=False, compare=False)

    async def read(
        self,
        batch_info: "Iterable[tuple[ByteGetter, ArraySpec, SelectorTuple, SelectorTuple, bool]]",
        out: "NDBuffer",
        drop_axes: tuple[int, ...] = (),
    ) -> tuple[GetResult, ...]:
        """Read what is wanted of chunks into `out`.

        Parameters
        ----------
        batch_info : iterable of tuple
            Of each chunk: where it is, what it is like, what to take of it and to where, and whether that
            is all of it.
        out : NDBuffer
        drop_axes : tuple of int
            Axes of length 1 that `out` does not have.

        Returns
        -------
        tuple of GetResult
            Of each chunk, whether it is there.

        Examples
        --------
        Called by zarr, for every read of an array of this pipeline:

        >>> import zarr, zarr_partial
        >>> with zarr.config.set({"codec_pipeline.path": "zarr_partial.PartialCodecPipeline"}):
        ...     cells = zarr.array(range(6), chunks=(2,))
        >>> int(cells[4])
        4
        """
        from zarr_partial.pipelining.batch import batch_of

        items = list(batch_info)
        batch = batch_of(self, items, out, drop_axes)
        if batch is None:
            return await super().read(items, out, drop_axes)
        await batch.read()
        left = [number for number, is_missing in enumerate(batch.are_missing) if is_missing is None]
        found: dict[int, GetResult] = {}
        if left:
            results = await super().read([items[number] for number in left], out, drop_axes)
            found = dict(zip(left, results, strict=True))
        return tuple(
            [
                GetResult(status="missing" if is_missing else "present")
                if is_missing is not None
                else found[number]
                for number, is_missing in enumerate(batch.are_missing)
            ]
        )

    def __getstate__(self) -> dict[str, Any]:
        # The other process finds out by itself.
        return {**self.__dict__, "kinds": {}}


# zarr looks pipelines up by the module and the name of their class.
PartialCodecPipeline.__module__ = "zarr_partial"
