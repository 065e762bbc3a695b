"""Chunks whose bytes are elements: the unit is one element, and any byte has an address.

Sources: the `bytes` codec (https://zarr-specs.readthedocs.io/en/latest/v3/codecs/bytes/) and the
`transpose` codec of Zarr v3; `order` and `dtype` of Zarr v2 metadata.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zarr_partial.errors import CorruptChunkError, Named

__all__ = ["Raw"]


@dataclass(frozen=True, slots=True)
class Raw:
    """Elements of `dtype`, in the stored byte order, laid out by `strides`.

    Attributes
    ----------
    shape : tuple of int
        Shape of a whole chunk; edge chunks of a regular grid are stored whole too.
    dtype : numpy.dtype
        The stored type. Its byte order is the codec's, not that of the array's dtype.
    strides : tuple of int
        Bytes from one element to the next along each axis of the array; C order, F order and
        every transposition are strides.
    trailer_nbytes : int
        Bytes that follow the elements in the stored chunk: checksums that are not compared.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    trailer_nbytes: int = 0

    @classmethod
    def in_order(cls, shape: tuple[int, ...], dtype: np.dtype[Any], axes: tuple[int, ...]) -> "Raw":
        """Lay a chunk of `shape` out densely, the axes `axes` from slowest to fastest."""
        strides = [0] * len(shape)
        step = dtype.itemsize
        for axis in reversed(axes):
            strides[axis] = step
            step *= shape[axis]
        return cls(shape, dtype, tuple(strides))

    @property
    def nbytes(self) -> int:
        """Bytes of a decoded chunk."""
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def is_c_order(self) -> bool:
        """Whether the elements lie as a C-contiguous NumPy array would have them."""
        return self.strides == Raw.in_order(self.shape, self.dtype, tuple(range(len(self.shape)))).strides

    @property
    def order(self) -> str:
        """C, F, or the axes from slowest to fastest."""
        axes = tuple(range(len(self.shape)))
        if self.is_c_order:
            return "C"
        if self.strides == Raw.in_order(self.shape, self.dtype, axes[::-1]).strides:
            return "F"
        by_stride = sorted(axes, key=lambda axis: (-self.strides[axis], axis))
        return "axes " + ", ".join(map(str, by_stride))

    def check(self, nbytes: int, name: Named) -> None:
        """Raise `CorruptChunkError` unless a chunk of `nbytes` bytes holds exactly the elements promised."""
        expected = self.nbytes + self.trailer_nbytes
        if nbytes != expected:
            problem = "truncated, or still being written" if nbytes < expected else "not this array's chunk"
            shape = " x ".join(map(str, self.shape)) or "one"
            raise CorruptChunkError(
                f"{name}: expected {expected} bytes ({shape} elements of {self.dtype}), "
                f"found {nbytes} bytes: {problem}; write the chunk again or restore it",
                key=name.key,
            )

    def view(self, buffer: NDArray[np.uint8]) -> NDArray[Any]:
        """Return the chunk's elements as a view of its bytes, in the shape of the chunk."""
        return np.ndarray(self.shape, self.dtype, buffer=buffer.data, strides=self.strides)

    def __str__(self) -> str:
        return f"Raw({self.dtype.str}, {self.order} order)"
