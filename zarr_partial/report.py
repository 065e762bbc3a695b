"""`Plan`: what reading a selection touches and costs, as an object, as text, as a table, as a picture."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np

__all__ = ["ChunkUse", "Plan", "format_bytes", "html_table"]


@dataclass(frozen=True, slots=True)
class ChunkUse:
    """What a selection touches in one chunk; byte counts are None where only reading would tell."""

    coordinates: tuple[int, ...]
    key: str
    units: int
    units_in_chunk: int
    requests: int
    bytes_read: int | None
    bytes_decoded: int | None
    is_missing: bool = False


@dataclass(frozen=True, slots=True)
class Plan:
    """What `array[selection]` reads. Made by `PartialArray.explain`.

    Attributes
    ----------
    selection, access : str
        As the user wrote it, and how chunks are read.
    shape, dtype
        Of the result.
    grid_shape : tuple of int
        Chunks (shards, where there are shards) along each axis.
    unit : str
        What the smallest readable part is: "element", "Blosc block" or "whole chunk".
    uses : tuple of ChunkUse
        The touched chunks.
    bytes_wanted : int
        Bytes of the result.
    reasons : tuple of str
        Why it is so, in sentences.
    """

    selection: str
    access: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    grid_shape: tuple[int, ...]
    unit: str
    uses: tuple[ChunkUse, ...]
    bytes_wanted: int
    reasons: tuple[str, ...]

    @property
    def chunks(self) -> int:
        """How many chunks are touched, missing ones included."""
        return len(self.uses)

    @property
    def units(self) -> int:
        """How many units are read."""
        return sum(use.units for use in self.uses)

    @property
    def requests(self) -> int:
        """How many byte ranges that is, neighbours merged."""
        return sum(use.requests for use in self.uses)

    @property
    def bytes_read(self) -> int | None:
        """Stored bytes that are read; None where only reading would tell."""
        return _sum([use.bytes_read for use in self.uses])

    @property
    def bytes_decoded(self) -> int | None:
        """Bytes that come out of decoders, 0 where bytes are elements; None where only reading would tell."""
        return _sum([use.bytes_decoded for use in self.uses])

    @property
    def amplification(self) -> float | None:
        """Bytes read for each byte wanted; None where `bytes_read` is, or where nothing is wanted."""
        if self.bytes_read is None or not self.bytes_wanted:
            return None
        return self.bytes_read / self.bytes_wanted

    def rows(self) -> Iterator[tuple[str, str]]:
        """Yield what the report says, as pairs of a name and a text."""
        grid = math.prod(self.grid_shape)
        missing = sum(use.is_missing for use in self.uses)
        shape = " x ".join(map(str, self.shape)) or "one element"
        yield "selection", self.selection
        yield "result", f"{shape} {self.dtype}, {format_bytes(self.bytes_wanted)}"
        yield "access", self.access
        yield "chunks", f"{self.chunks:,} of {grid:,}" + (f", {missing:,} of them missing" if missing else "")
        in_chunks = sum(use.units_in_chunk for use in self.uses)
        yield "units", f"{self.units:,} of the {_counted(in_chunks, self.unit)} in those chunks"
        yield "requests", _counted(self.requests, "byte range")
        for name, count in (("bytes read", self.bytes_read), ("bytes decoded", self.bytes_decoded)):
            yield name, "not known before reading" if count is None else format_bytes(count)
        if self.amplification is not None:
            yield "amplification", f"{self.amplification:.3g} bytes read for each byte wanted"
        for reason in self.reasons:
            yield "why", reason

    def __str__(self) -> str:
        return "\n".join(f"{name:<14}{text}" for name, text in self.rows())

    def _repr_html_(self) -> str:
        return html_table(self.rows())

    def plot(self, ax: Any = None) -> Any:
        """Draw the chunk grid along its first and last axis; touched chunks are filled.

        Parameters
        ----------
        ax : matplotlib.axes.Axes, optional
            Where to draw; a new figure by default.

        Returns
        -------
        matplotlib.axes.Axes

        Raises
        ------
        ImportError
            If matplotlib is not installed.
        """
        try:
            import matplotlib.pyplot as plt
            from matplotlib.colors import ListedColormap
        except ImportError as error:
            raise ImportError("expected matplotlib, found none; pip install 'zarr-partial[plot]'") from error
        ax = plt.subplots()[1] if ax is None else ax
        rows = self.grid_shape[0] if self.grid_shape else 1
        columns = self.grid_shape[-1] if len(self.grid_shape) > 1 else 1
        touched = np.zeros((rows, columns))
        for use in self.uses:
            column = use.coordinates[-1] if len(self.grid_shape) > 1 else 0
            touched[use.coordinates[0] if use.coordinates else 0, column] = 1
        fetched = ListedColormap(["none", "#e01073"])
        ax.pcolormesh(touched, cmap=fetched, vmin=0, vmax=1, edgecolors="0.6", linewidth=0.5)
        ax.invert_yaxis()
        ax.set_title(f"{self.chunks:,} chunks touched")
        ax.set_ylabel("chunks along axis 0")
        ax.set_xlabel(f"chunks along axis {len(self.grid_shape) - 1}" if columns > 1 else "")
        return ax


def _sum(counts: list[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def html_table(rows: Iterable[tuple[str, str]]) -> str:
    """Return pairs of a name and a text as an HTML table for notebooks."""
    left = 'style="text-align:left"'
    cells = (f"<tr><th {left}>{escape(name)}</th><td {left}>{escape(text)}</td></tr>" for name, text in rows)
    return f"<table>{''.join(cells)}</table>"


def format_bytes(count: float) -> str:
    """Return a number of bytes with three digits and a decimal unit."""
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if count < 999.5 or unit == "TB":
            break
        count /= 1000
    return f"{count:.0f} B" if unit == "B" else f"{count:.3g} {unit}"
