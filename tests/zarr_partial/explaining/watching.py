"""Reads and decodes as they happen, counted where they are done."""

import itertools
import threading
from collections import Counter

import pytest

from zarr_partial import parts, together, units
from zarr_partial.access.decoders import Zstd
from zarr_partial.sources.local import LocalSource


class Watch:
    """What a read maps and decodes, while it does; units by the address of their leaf, and their block."""

    def __init__(self):
        self.lock = threading.Lock()
        self.mapped = Counter()
        self.units = Counter()
        self.bytes_decoded = 0

    def __enter__(self):
        self.patch = pytest.MonkeyPatch()
        real_map, real_many = LocalSource.map, Zstd.decode_many
        real_blocks, real_whole = units.decode_blocks, units.decode_whole
        real_joined = together.decode_joined

        def map_file(source, key):
            with self.lock:
                self.mapped[key] += 1
            return real_map(source, key)

        def decode_blocks(buffer, frame, first, stop, out, name):
            self.count([(address(buffer), block) for block in range(first, stop)], out.size)
            return real_blocks(buffer, frame, first, stop, out, name)

        def decode_whole(access, data, out, name):
            self.count([(address(data), 0)], out.size)
            return real_whole(access, data, out, name)

        def decode_many(decoder, frames, out):
            done = real_many(decoder, frames, out)
            if done:
                self.count([(address(frame), 0) for frame in frames], out.size)
            return done

        def decode_joined(buffers, frames, out):
            done = real_joined(buffers, frames, out)
            if done:
                blocks = itertools.product(map(address, buffers), range(frames[0].nblocks))
                self.count(list(blocks), out.size)
            return done

        self.patch.setattr(LocalSource, "map", map_file)
        self.patch.setattr(together, "decode_joined", decode_joined)
        self.patch.setattr(Zstd, "decode_many", decode_many)
        for module in (units, parts):
            self.patch.setattr(module, "decode_blocks", decode_blocks)
            self.patch.setattr(module, "decode_whole", decode_whole)
        return self

    def __exit__(self, *error):
        self.patch.undo()

    def count(self, decoded, nbytes):
        with self.lock:
            self.units.update(decoded)
            self.bytes_decoded += nbytes


def address(data):
    return data.__array_interface__["data"][0]
