"""Chunks that decode only as a whole, by codecs that we know or by zarr's own."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zarr_partial.access.decoders import Decoder, Zstd
from zarr_partial.access.raw import Raw
from zarr_partial.errors import CorruptChunkError, Named

__all__ = ["Whole", "decode_beginning", "decode_whole"]


@dataclass(frozen=True, slots=True)
class Whole:
    """The unit is the chunk. `reason` completes "decoded whole, because …".

    Attributes
    ----------
    reason : str
        What stands in the way of anything better.
    raw : Raw or None
        What the chunk decodes to. None where only zarr knows: then zarr reads and decodes it.
    decoders : tuple of Decoder
        In the order in which the codecs were applied; decoding goes backwards.

    Examples
    --------
    >>> import numpy as np, zarr, zarr_partial as zp
    >>> access = zp.open(zarr.create_array({}, data=np.arange(9), compressors=zarr.codecs.GzipCodec())).access
    >>> access.reason, access.raw.nbytes
    ("codec 'gzip'", 72)
    """

    reason: str
    raw: Raw | None = None
    decoders: tuple[Decoder, ...] = ()

    def __str__(self) -> str:
        return f"Whole({self.reason})"


def decode_whole(
    access: Whole, data: NDArray[np.uint8], out: NDArray[np.uint8], name: Named
) -> NDArray[np.uint8]:
    """Decode the chunk in `data`; return its elements' bytes, in `out` or in other memory.

    Raises
    ------
    CorruptChunkError
        If a codec cannot decode, or decodes to another length than the metadata promise.
    """
    if len(access.decoders) == 1:
        return _undo(access.decoders[0], data, out, name)
    sizes: list[int | None] = [out.size]
    for decoder in access.decoders[:-1]:
        sizes.append(None if sizes[-1] is None else decoder.encoded_nbytes(sizes[-1]))
    for number in reversed(range(len(access.decoders))):
        decoder, size = access.decoders[number], sizes[number]
        if size is None:
            # Over compressed bytes of any length there are only codecs that add a fixed number
            # (`codecs.read_access`).
            size = decoder.decoded_nbytes(data.size) or 0
        # Only the last to decode may write to `out`: what the next one reads may lie there.
        target = out if number == 0 else np.empty(size, dtype=np.uint8)
        data = _undo(decoder, data, target, name)
    return data


def decode_beginning(
    access: Whole, data: NDArray[np.uint8], nbytes: int, out: NDArray[np.uint8]
) -> NDArray[np.uint8] | None:
    """Decode `nbytes` bytes from the beginning of a chunk, or some more, into `out`, which has room for all.

    None where the codecs, or this chunk, decode only whole.
    """
    if len(access.decoders) != 1 or not isinstance(access.decoders[0], Zstd):
        return None
    return access.decoders[0].decode_prefix(data, nbytes, out)


def _undo(
    decoder: Decoder, data: NDArray[np.uint8], out: NDArray[np.uint8], name: Named
) -> NDArray[np.uint8]:
    try:
        return decoder.decode(data, out)
    except Exception as error:  # every library has errors of its own for bad bytes, SystemError included
        raise CorruptChunkError(
            f"{name}: expected bytes that {decoder.name!r} decodes to {out.size}, found {data.size} bytes "
            f"that do not ({type(error).__name__}: {error}); write the chunk again or restore it",
            key=name.key,
        ) from error
