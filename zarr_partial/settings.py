"""How an array is read: what whoever opens it may choose."""

from dataclasses import dataclass
from typing import Literal

__all__ = ["DEFAULT_GAP", "IO", "MAX_REQUESTS", "Checksums", "Settings"]

Checksums = Literal["verify", "skip"]
IO = Literal["auto", "mmap", "pread", "store"]

# At 100 MB/s these bytes take a third of a millisecond, far less than any request over a network.
DEFAULT_GAP = 1 << 15
# At 20 ms each, 256 requests took 120 ms with 64 at once, and 81 to 90 ms with 128. From more only clients
# gain that open as many connections (fsspec's opens 100), and servers may begin to refuse them.
MAX_REQUESTS = 128


@dataclass(frozen=True, slots=True)
class Settings:
    """What `open` was told; see there.

    Attributes
    ----------
    checksums : {"verify", "skip"}
    io : {"auto", "mmap", "pread", "store"}
    cache_nbytes : int
        Bytes of decoded units to keep.
    gap : int
        Ranges of one value that so many bytes lie between, or fewer, are asked for as one.
    max_requests : int
        How many requests of one read wait for their answers at any moment.
    """

    checksums: Checksums = "verify"
    io: IO = "auto"
    cache_nbytes: int = 0
    gap: int = DEFAULT_GAP
    max_requests: int = MAX_REQUESTS
