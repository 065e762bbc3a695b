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

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> access = zp.open(zarr.create_array({}, data=np.ones((4, 3), "f4"), compressors=None)).access
    >>> access.shape, str(access.dtype), access.strides, access.nbytes
    ((4, 3), 'float32', (12, 4), 48)
    >>> access.order, access.is_c_order
    ('C', True)
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    strides: tuple[int, ...]
    trailer_nbytes: int = 0

    @classmethod
    def in_order(cls, shape: tuple[int, ...], dtype: np.dtype[Any], axes: tuple[int, ...]) -> "Raw":
        """Lay a chunk of `shape` out densely, the axes `axes` from slowest to fastest.

        Examples
        --------
        >>> import numpy as np, zarr_partial as zp
        >>> zp.Raw.in_order((4, 3), np.dtype("<f4"), (1, 0)).strides
        (4, 16)
        """
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
        """Raise `CorruptChunkError` unless a chunk of `nbytes` bytes holds exactly the elements promised.

        Examples
        --------
        >>> import numpy as np, zarr_partial as zp
        >>> zp.Raw.in_order((4, 3), np.dtype("<f4"), (0, 1)).check(48, "chunk 'c/0/0'")
        """
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
        """Return the chunk's elements as a view of its bytes, in the shape of the chunk.

        Examples
        --------
        >>> import numpy as np, zarr_partial as zp
        >>> raw = zp.Raw.in_order((2, 2), np.dtype("<u2"), (0, 1))
        >>> raw.view(np.frombuffer(bytes([1, 0, 2, 0, 3, 0, 4, 0]), np.uint8))
        array([[1, 2],
               [3, 4]], dtype=uint16)
        """
        return np.ndarray(self.shape, self.dtype, buffer=buffer.data, strides=self.strides)

    def __str__(self) -> str:
        return f"Raw({self.dtype.str}, {self.order} order)"
