"""What reading rows would cost: the plans of both arrays."""

from collections.abc import Iterator
from dataclasses import dataclass

from zarr_partial.report import Plan
from zarr_partial.words import format_bytes, html_table

__all__ = ["RowsPlan"]

NAME_WIDTH = 16


@dataclass(frozen=True, slots=True)
class RowsPlan:
    """What a read of rows reads, and why: nothing of it was read. `print` it.

    Attributes
    ----------
    rows : int
        How many rows, or columns of a CSC matrix.
    data, indices : Plan
        What is read of each of the two arrays. `indptr` is in memory.

    Examples
    --------
    >>> import anndata, scipy.sparse, zarr, zarr_partial as zp
    >>> eye = scipy.sparse.eye_array(40, 30, format="csr")
    >>> anndata.io.write_elem(zarr.open_group("plan.zarr", mode="w"), "X", eye)
    >>> plan = zp.open_csr("plan.zarr", "X").explain([2, 0])
    >>> plan.rows, plan.chunks, plan.bytes_wanted, plan.units == plan.data.units + plan.indices.units
    (2, 2, 24, True)
    >>> plan.requests is None, plan.bytes_read > 24, plan.bytes_decoded > 24, plan.amplification > 1
    (False, True, True, True)
    """

    rows: int
    data: Plan
    indices: Plan

    @property
    def chunks(self) -> int:
        """Touched chunks of both arrays."""
        return self.data.chunks + self.indices.chunks

    @property
    def units(self) -> int:
        """Units of both arrays that are read, each once."""
        return self.data.units + self.indices.units

    @property
    def requests(self) -> int | None:
        """Byte ranges of both arrays; None where only reading would tell."""
        return _sum(self.data.requests, self.indices.requests)

    @property
    def bytes_wanted(self) -> int:
        """Bytes of the elements and of their indices."""
        return self.data.bytes_wanted + self.indices.bytes_wanted

    @property
    def bytes_read(self) -> int | None:
        """Stored bytes that are read; None where only reading would tell."""
        return _sum(self.data.bytes_read, self.indices.bytes_read)

    @property
    def bytes_decoded(self) -> int | None:
        """Bytes that come out of decoders; None where only reading would tell."""
        return _sum(self.data.bytes_decoded, self.indices.bytes_decoded)

    @property
    def amplification(self) -> float | None:
        """Bytes read for each byte wanted; None where `bytes_read` is, or where nothing is wanted."""
        return (
            None if self.bytes_read is None or not self.bytes_wanted else self.bytes_read / self.bytes_wanted
        )

    def _rows(self) -> Iterator[tuple[str, str]]:
        yield "rows", f"{self.rows:,}, {format_bytes(self.bytes_wanted)} of data and indices"
        if self.bytes_read is not None:
            yield "bytes read", format_bytes(self.bytes_read)
        if self.bytes_decoded is not None:
            yield "bytes decoded", format_bytes(self.bytes_decoded)

    def __str__(self) -> str:
        head = "\n".join(f"{name:<{NAME_WIDTH}}{text}" for name, text in self._rows())
        return f"{head}\n\ndata\n{self.data}\n\nindices\n{self.indices}"

    def _repr_html_(self) -> str:
        parts = (html_table(self._rows()), *(
            f"<p><code>{name}</code></p>{plan._repr_html_()}"
            for name, plan in (("data", self.data), ("indices", self.indices))
        ))  # fmt: skip
        return "".join(parts)


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other
