"""Ways to damage the bytes of a chunk: each returns other bytes, for any bytes and any seed."""

import struct

import google_crc32c

U32 = [0, 1, 2, 15, 16, 2**16, 2**31 - 1, 2**31, 2**32 - 1]
U64 = [0, 1, 16, 2**31, 2**32, 2**40, 2**62, 2**63 - 1, 2**63, 2**64 - 16, 2**64 - 2, 2**64 - 1]


def truncate(data, rng):
    cut = rng.choice([0, 1, 15, 16, 17, len(data) // 2, len(data) - 1, rng.integers(0, len(data))])
    return data[: min(int(cut), len(data) - 1)]


def behead(data, rng):
    return data[int(rng.integers(1, len(data))) :]


def extend(data, rng):
    more = rng.bytes(int(rng.choice([1, 3, 4, 16, 400])))
    return data + (bytes(len(more)) if rng.random() < 0.3 else more)


def flip_bits(data, rng):
    changed = bytearray(data)
    for at in rng.integers(0, len(data), rng.integers(1, 6)):
        changed[at] ^= 1 << int(rng.integers(0, 8))
    return bytes(changed)


def flip_bits_of_the_head(data, rng):
    changed = bytearray(data)
    for at in rng.integers(0, min(24, len(data)), rng.integers(1, 3)):
        changed[at] = int(rng.integers(0, 256))
    return bytes(changed)


def overwrite_u32(data, rng):
    """Put an extreme, or a number near the length, where headers have their fields."""
    near = [len(data), len(data) + 1, len(data) - 1, 4 * len(data), int(rng.integers(0, 2**32))]
    return _put(data, rng, "I", int(rng.choice(U32 + near)), rng.integers(0, 12) * 4)


def overwrite_u64_at_either_end(data, rng):
    """Put an extreme where a shard has its index."""
    near = [len(data), len(data) + 1, len(data) - 1, len(data) - 8]
    value = int(U64[rng.integers(0, len(U64))]) if rng.random() < 0.6 else int(rng.choice(near))
    at = int(rng.integers(0, 9)) * 8
    return _put(data, rng, "Q", value, at if rng.random() < 0.5 else len(data) - at - int(rng.choice([0, 4])))


def _put(data, rng, kind, value, at):
    size = struct.calcsize(kind)
    if len(data) < size:
        return data[:-1]
    changed = bytearray(data)
    order = "<" if rng.random() < 0.8 else ">"
    struct.pack_into(order + kind, changed, int(min(max(at, 0), len(data) - size)), value % 2 ** (8 * size))
    return bytes(changed)


def fill_a_stretch(data, rng):
    start, stop = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    filler = (
        bytes([int(rng.choice([0, 255]))]) * (stop - start) if rng.random() < 0.5 else rng.bytes(stop - start)
    )
    return data[:start] + filler + data[stop:]


def remove_a_stretch(data, rng):
    start, stop = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    return data[:start] + data[max(stop, start + 1) :]


def repeat_a_stretch(data, rng):
    start, stop = sorted(rng.integers(0, len(data) + 1, 2).tolist())
    return data[:stop] + data[start:stop] + data[stop:]


def swap_stretches(data, rng):
    a, b, c = sorted(rng.integers(0, len(data) + 1, 3).tolist())
    return data[:a] + data[b:c] + data[a:b] + data[c:]


def garbage(data, rng):
    return rng.bytes(len(data))


DAMAGES = [
    truncate, behead, extend, fill_a_stretch, remove_a_stretch, repeat_a_stretch, swap_stretches, garbage,
    *[flip_bits, flip_bits_of_the_head, overwrite_u64_at_either_end] * 2, *[overwrite_u32] * 3,
]  # fmt: skip


def damaged(data, others, rng):
    """Return the name of some damage and `data` with it; `others` are chunks that may come in its place.

    Half the time a crc32c at the end, or before the end of an index at the start, is made right again, so
    that what lies behind the checksum is reached.
    """
    if rng.random() < 0.05:
        return "exchanged", others[rng.integers(0, len(others))]
    damage = DAMAGES[rng.integers(0, len(DAMAGES))]
    return damage.__name__, damage(data, rng)


def with_right_checksum(data, start=0, stop=None):
    """Return `data` with the crc32c that follows `data[start:stop]` as it should be."""
    stop = len(data) - 4 if stop is None else stop
    if stop < start or stop + 4 > len(data):
        return data
    return data[:stop] + struct.pack("<I", google_crc32c.value(data[start:stop])) + data[stop + 4 :]
