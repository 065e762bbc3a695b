"""`Plan`: what reading a selection touches and costs, as an object, as text, as a table, as a picture."""

import math
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from zarr_partial.explaining.uses import ChunkUses
from zarr_partial.words import NO_BREAK, counted, format_bytes, html_table, times, with_units

if TYPE_CHECKING:
    from zarr_partial.explaining.picture import Picture

__all__ = ["Advice", "Plan"]

NAME_WIDTH = 14
TEXT_WIDTH = 100
UNKNOWN = "not known before reading"


@dataclass(frozen=True, slots=True)
class Advice:
    """A change that would let the selection be read with less, and what it would come to.

    Attributes
    ----------
    change, effect : str
        What to do, and what would follow, in words.
    bytes_read, bytes_decoded, requests : int or None
        As in `Plan`, planned for the changed layout; None where only writing it would tell.
    is_estimated : bool
        Whether `bytes_read` supposes that other units compress as well as the present ones.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> noise = np.random.default_rng(0).normal(size=(1000, 100))
    >>> arr = zp.open(zarr.array(noise, store="noise.zarr", chunks=(1000, 100)))
    >>> advice = arr.explain(7).advice[0]
    >>> advice.bytes_decoded < arr.explain(7).bytes_decoded
    True
    """

    change: str
    effect: str
    bytes_read: int | None
    bytes_decoded: int
    requests: int | None
    is_estimated: bool

    def __str__(self) -> str:
        return f"{self.change}: {self.effect}."


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """What `array[selection]` reads. Made by `PartialArray.explain`.

    Chunks are those that hold elements themselves: inner chunks, where there are shards.

    Attributes
    ----------
    selection, access : str
        As the user wrote it, and how chunks are read.
    shape, dtype
        Of the result.
    array_shape, chunk_shape, grid_shape : tuple of int
        Of the array, of a chunk, and chunks along each axis. `chunk_shape` is empty where chunks
        differ in shape.
    shard_shape : tuple of int or None
        Empty where shards differ in shape.
    unit : str
        What the smallest readable part is: "element", "Blosc block", "inner chunk" or "whole chunk".
    chunks, missing : int
        How many chunks are touched, and how many of those are not stored.
    shards : int
        How many shards are touched, missing ones included; 0 where there are none.
    units, units_in_chunks : int
        How many units are read, each once, and how many there are in the touched chunks. A chunk that
        Blosc stored uncompressed counts as one block; a missing chunk has none.
    requests : int or None
        How many byte ranges that is. Neighbours within a file are one; an index of a shard is one.
    bytes_wanted : int
        Bytes of the result.
    bytes_read, bytes_decoded : int or None
        Stored bytes that are read, with headers and indexes, and bytes that come out of decoders,
        0 where bytes are elements. None where only reading would tell.
    index_nbytes : int
        How many of the bytes read are indexes of shards.
    uses : sequence of ChunkUse
        The touched chunks, one by one, each made when asked for.
    is_estimated : bool
        Whether `uses` are an evenly spaced sample of so many chunks that not all were looked at; counts
        are scaled up then.
    reasons : tuple of str
        Why it is so, in sentences.
    advice : tuple of Advice
        What would help this selection; empty where nothing would.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> table = zarr.create_array(
    ...     "table.zarr", data=np.ones((1000, 50), "f4"), chunks=(100, 50), compressors=None
    ... )
    >>> plan = zp.open("table.zarr").explain([3, 700])
    >>> plan.chunks, plan.requests, plan.bytes_wanted, plan.bytes_read, plan.amplification
    (2, 2, 400, 400, 1.0)
    >>> plan.uses[1].coordinates
    (7, 0)
    """

    selection: str
    access: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    array_shape: tuple[int, ...]
    chunk_shape: tuple[int, ...]
    grid_shape: tuple[int, ...]
    shard_shape: tuple[int, ...] | None
    unit: str
    chunks: int
    missing: int
    shards: int
    units: int
    units_in_chunks: int
    requests: int | None
    bytes_wanted: int
    bytes_read: int | None
    bytes_decoded: int | None
    index_nbytes: int
    uses: ChunkUses
    is_estimated: bool
    reasons: tuple[str, ...]
    advice: tuple[Advice, ...]
    picture: "Picture" = field(repr=False)

    @property
    def amplification(self) -> float | None:
        """Bytes read for each byte wanted; None where `bytes_read` is, or where nothing is wanted."""
        if self.bytes_read is None or not self.bytes_wanted:
            return None
        return self.bytes_read / self.bytes_wanted

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield what the report says, as pairs of a name and a text.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> next(zp.open(zarr.array(range(9))).explain(slice(2, 5)).rows())
        ('selection', '[2:5]')
        """
        yield "selection", self.selection
        shape = times(self.shape) or "one element"
        yield "result", f"{shape} {self.dtype}, {format_bytes(self.bytes_wanted)}"
        yield "access", self.access
        yield "chunks", self._chunks()
        yield "units", self._units()
        yield "requests", UNKNOWN if self.requests is None else counted(self.requests, "byte range")
        indexes = f", {format_bytes(self.index_nbytes)} of it indexes of shards" if self.index_nbytes else ""
        yield "bytes read", UNKNOWN if self.bytes_read is None else format_bytes(self.bytes_read) + indexes
        yield "bytes decoded", UNKNOWN if self.bytes_decoded is None else format_bytes(self.bytes_decoded)
        if self.amplification is not None:
            ratio = f"{self.amplification:,.0f}" if self.amplification >= 100 else f"{self.amplification:.3g}"
            yield "amplification", f"{ratio} {'byte' if ratio == '1' else 'bytes'} read for each byte wanted"
        for reason in self.reasons:
            yield "why", reason
        for advice in self.advice:
            yield "advice", str(advice)

    def _chunks(self) -> str:
        kind = "inner chunks " if self.shard_shape is not None else ""
        text = f"{self.chunks:,} of {math.prod(self.grid_shape):,} {kind}".rstrip()
        if self.shard_shape is not None:
            text += f" in {counted(self.shards, 'shard')}"
        if self.missing:
            text += f", {self.missing:,} of them missing"
        return text

    def _units(self) -> str:
        if self.unit in ("whole chunk", "inner chunk"):
            return counted(self.units, self.unit)
        return f"{self.units:,} of the {counted(self.units_in_chunks, self.unit)} in those chunks"

    def as_dict(self, uses: int = 1000) -> dict[str, Any]:
        """Return everything the plan says as what JSON can hold, with the first `uses` of its chunks.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> zp.open(zarr.array(range(9), chunks=(3,))).explain(slice(2, 5)).as_dict()["chunks"]
        2
        """
        plain = (
            "selection", "access", "shape", "array_shape", "chunk_shape", "grid_shape", "shard_shape",
            "unit", "chunks", "missing", "shards", "units", "units_in_chunks", "requests", "bytes_wanted",
            "bytes_read", "bytes_decoded", "index_nbytes", "amplification", "is_estimated", "reasons",
        )  # fmt: skip
        shown = self.uses[:uses]
        return {
            **{name: getattr(self, name) for name in plain},
            "dtype": self.dtype.str if self.dtype.names is None else str(self.dtype),
            "advice": [_fields(advice) for advice in self.advice],
            "uses": [_fields(use) for use in shown],
            "uses_left_out": len(self.uses) - len(shown),
        }

    def __str__(self) -> str:
        indent = " " * NAME_WIDTH
        lines = (
            # A number stays with its unit.
            textwrap.fill(
                f"{name:<{NAME_WIDTH}}{with_units(text)}",
                TEXT_WIDTH,
                subsequent_indent=indent,
                break_on_hyphens=False,
            )
            for name, text in self.rows()
        )
        return "\n".join(lines).replace(NO_BREAK, " ")

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None, axes: tuple[int, int] | None = None) -> Any:
        """Draw which chunks the selection touches, and what is read of each.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.
        axes : pair of int, optional
            The axes of the array that run down and across. By default those along which the
            selection leaves out most; what is touched anywhere along the others is drawn as touched.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            If Matplotlib is not installed.

        Examples
        --------
        >>> import zarr, zarr_partial as zp
        >>> ax = zp.open(zarr.array(range(9), chunks=(3,))).explain(slice(2, 5)).plot()
        >>> ax.get_xlim()
        (np.float64(0.0), np.float64(9.0))
        """
        from zarr_partial.explaining.drawing import draw

        return draw(self, ax, axes)


def _fields(value: Any) -> dict[str, Any]:
    return {name: getattr(value, name) for name in value.__dataclass_fields__}
