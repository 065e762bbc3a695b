"""Chunks that only zarr's own codecs can decode, and only as a whole."""

from dataclasses import dataclass

__all__ = ["Whole"]


@dataclass(frozen=True, slots=True)
class Whole:
    """The unit is the chunk; zarr reads and decodes it. `reason` completes "decoded whole, because …"."""

    reason: str

    def __str__(self) -> str:
        return f"Whole({self.reason})"
