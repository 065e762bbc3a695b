"""A store that passes on what it is asked for, writes it down, and refuses what a read has no need of."""

import asyncio

from zarr.abc.store import SuffixByteRequest
from zarr.storage import WrapperStore


class Watched(WrapperStore):
    """Knows every request; with `is_strict`, calls that ask for sizes, names or lists are errors."""

    def __init__(self, store):
        super().__init__(store)
        self.gets = []
        self.is_strict = False
        self.waiting = self.most_waiting = 0
        self.fault = None

    async def get(self, key, prototype, byte_range=None):
        self.gets.append((key, byte_range))
        self.waiting += 1
        self.most_waiting = max(self.most_waiting, self.waiting)
        try:
            # Others begin now, if they do not wait for this one.
            await asyncio.sleep(0)
            if self.fault is not None:
                await self.fault(key, byte_range)
            return await self._store.get(key, prototype, byte_range)
        finally:
            self.waiting -= 1

    def asked(self):
        """Return the requests so far, and forget them."""
        gets, self.gets = self.gets, []
        return gets

    @property
    def suffixes(self):
        return [key for key, byte_range in self.gets if isinstance(byte_range, SuffixByteRequest)]


def _refusing(name):
    def refuse(self, *args, **options):
        assert not self.is_strict, f"{name}{args} was called"
        return getattr(self._store, name)(*args, **options)

    return refuse


for _name in ("getsize", "getsize_prefix", "exists", "list", "list_dir", "list_prefix", "is_empty"):
    setattr(Watched, _name, _refusing(_name))
