"""One ZIP file: a map of it, its directory, and where the bytes of each member lie.

Sources: APPNOTE.TXT 6.3.10 (https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT), sections 4.3.7
(local headers) and 4.4.4 (flags). The directory, ZIP64 and bytes before the archive are read by Python's
`zipfile`. The directory says where the local header of a member begins; how long that header is, only the
header says, so it is read when the member is first touched.
"""

import io
import mmap
import os
import struct
import sys
import weakref
from typing import Any
from zipfile import ZipExtFile, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray
from zarr.storage import ZipStore

from zarr_partial.sources.local import UNMAPPABLE

__all__ = ["Archive", "DamagedMemberError", "UnsupportedMemberError", "open_archive"]

Bytes = NDArray[np.uint8]

LOCAL_HEADER = struct.Struct("<4sHHHHHIIIHH")
SIGNATURE = b"PK\x03\x04"
STORED = 0
METHODS = {8: "deflate", 9: "deflate64", 12: "bzip2", 14: "lzma", 93: "zstd", 95: "xz"}
ENCRYPTED, PATCHED, STRONGLY_ENCRYPTED, UTF8 = 0x1, 0x20, 0x40, 0x800
# Unpacked members stay up to these limits, the newest in any case: the inner chunks of a shard are asked
# for one after the other.
MAX_UNPACKED_NBYTES = 1 << 24
MAX_UNPACKED = 64

# By the identity of the file, so that all arrays of an archive share its map.
_archives: "weakref.WeakValueDictionary[tuple[int, ...], Archive]" = weakref.WeakValueDictionary()


class DamagedMemberError(Exception):
    """A member is not what the directory says: what was expected, what was found."""


class UnsupportedMemberError(Exception):
    """A member is sound and cannot be read: what was expected, what was found."""


class Archive:
    """The members of one ZIP file, as the file was when it was opened.

    Parameters
    ----------
    opened : ZipFile
        For reading, with a file that has a descriptor. Only its directory is kept.
    """

    def __init__(self, opened: ZipFile) -> None:
        # zipfile's own dictionary: a copy of 100,000 members would take as long as opening some arrays.
        self._members: dict[str, ZipInfo] = opened.NameToInfo
        # No member reaches into the directory.
        self._end = opened.start_dir
        self._unpacked: dict[str, Bytes] = {}
        assert opened.fp is not None, "an open archive has a file"
        descriptor = opened.fp.fileno()
        self._own_descriptor = -1
        self._map: Bytes | None = None
        untracked = {"trackfd": False} if sys.version_info >= (3, 13) else {}
        try:
            # Of an archive without members all is mapped: maps of no bytes there are none.
            mapped = mmap.mmap(descriptor, self._end, access=mmap.ACCESS_READ, **untracked)
            self._map = np.frombuffer(mapped, dtype=np.uint8)
        except OSError as error:
            if error.errno not in UNMAPPABLE:
                raise
            self._own_descriptor = os.dup(descriptor)
        self.is_packed = self._map is None or any(map(_is_packed, self._members.values()))

    def __del__(self) -> None:
        if getattr(self, "_own_descriptor", -1) >= 0:
            os.close(self._own_descriptor)

    def member(self, name: str) -> ZipInfo | None:
        """Return what the directory says of a member, None if there is none; the last of several."""
        return self._members.get(name)

    def is_in_place(self, member: ZipInfo) -> bool:
        """Whether the bytes of a member lie in the map as they are."""
        return self._map is not None and not _is_packed(member)

    def bytes_of(self, member: ZipInfo) -> Bytes:
        """Return the bytes of a member, read-only: a view of the map, or unpacked, with the CRC-32 compared.

        The CRC-32 of a member that lies in the map is not compared, since that would read all of it.

        Raises
        ------
        DamagedMemberError, UnsupportedMemberError
            If they cannot be had.
        """
        if self.is_in_place(member):
            return self._stored(member)
        name = member.filename
        data = self._unpacked.get(name)
        if data is None:
            data = self._unpack(member)
            self._keep(name, data)
        return data

    def begin(self, member: ZipInfo, nbytes: int) -> bytes:
        """Return the first bytes of a member; errors as those of `bytes_of`, without the CRC-32's."""
        if self.is_in_place(member) or member.filename in self._unpacked:
            return self.bytes_of(member)[:nbytes].tobytes()
        return _decode(self._stored(member), member, nbytes)

    def _unpack(self, member: ZipInfo) -> Bytes:
        return np.frombuffer(_decode(self._stored(member), member, member.file_size), dtype=np.uint8)

    def _keep(self, name: str, data: Bytes) -> None:
        """Keep an unpacked member for the next time, in place of the oldest ones."""
        self._unpacked[name] = data
        # A list of its own: other threads may add some meanwhile.
        kept = list(self._unpacked.items())
        nbytes = sum(other.size for _, other in kept)
        for place, (other, old) in enumerate(kept[:-1]):
            if nbytes <= MAX_UNPACKED_NBYTES and len(kept) - place <= MAX_UNPACKED:
                return
            self._unpacked.pop(other, None)
            nbytes -= old.size

    def position(self, member: ZipInfo) -> int:
        """Return at which byte of the file the stored bytes of a member begin; errors as of `bytes_of`."""
        return self._extent(member)[0]

    def _stored(self, member: ZipInfo) -> Bytes:
        """Return the bytes of a member as they are stored."""
        start, nbytes = self._extent(member)
        return self._at(start, nbytes, "its data")

    def _extent(self, member: ZipInfo) -> tuple[int, int]:
        """Return where the stored bytes of a member begin, and how many they are."""
        if member.flag_bits & (ENCRYPTED | STRONGLY_ENCRYPTED):
            raise UnsupportedMemberError(
                "a member that is not encrypted, found an encrypted one; "
                "unpack the archive with its password, and pack it again without"
            )
        if member.flag_bits & PATCHED:
            raise UnsupportedMemberError("a member on its own, found a patch of another file; pack it again")
        if not _is_packed(member) and member.compress_size != member.file_size:
            raise DamagedMemberError(
                f"a stored member of {member.file_size} bytes, found one of {member.compress_size}"
            )
        start = member.header_offset
        header = self._at(start, LOCAL_HEADER.size, "a local header")
        signature, _, flags, *_, name_nbytes, extra_nbytes = LOCAL_HEADER.unpack(header)
        if signature != SIGNATURE:
            raise DamagedMemberError(f"a local header at byte {start}, found {signature!r}")
        start += LOCAL_HEADER.size
        name = self._at(start, name_nbytes, "a name").tobytes()
        # As zipfile decodes the names of the directory.
        if name.decode("utf-8" if flags & UTF8 else "cp437", "replace") != member.orig_filename:
            raise DamagedMemberError(f"its name in its local header, found {name!r}")
        start += name_nbytes + extra_nbytes
        return start, member.compress_size

    def _at(self, start: int, nbytes: int, what: str) -> Bytes:
        """Return bytes of the file; `what` should be there."""
        stop = start + nbytes
        if not 0 <= start <= stop <= self._end:
            raise DamagedMemberError(
                f"{what} before the directory at byte {self._end}, found bytes {start} to {stop}"
            )
        if self._map is not None:
            return self._map[start:stop]
        data = np.frombuffer(os.pread(self._own_descriptor, nbytes, start), dtype=np.uint8)
        if data.size < nbytes:
            raise DamagedMemberError(f"{what} of {nbytes} bytes, found {data.size}")
        return data


def open_archive(store: ZipStore) -> Archive:
    """Return the archive of a store that has a path.

    Raises
    ------
    OSError, ValueError, BadZipFile
        If there is none, or it has no directory, or was cut meanwhile.
    """
    # zarr has read the directory already, 3.5 us a member, of a file that the path may not lead to any more.
    opened: Any = getattr(store, "_zf", None)
    if isinstance(opened, ZipFile) and opened.mode == "r" and opened.fp is not None:
        return _shared(opened)
    assert store.path is not None, "only archives with a path are opened"
    with ZipFile(store.path) as opened:
        return _shared(opened)


def _shared(opened: ZipFile) -> Archive:
    """Return the archive, the one that there is, if another array has it open."""
    assert opened.fp is not None, "an open archive has a file"
    status = os.fstat(opened.fp.fileno())
    identity = (
        status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns,
        opened.start_dir, len(opened.filelist),
    )  # fmt: skip
    archive = _archives.get(identity)
    return _archives.setdefault(identity, Archive(opened)) if archive is None else archive


def _is_packed(member: ZipInfo) -> bool:
    return member.compress_type != STORED


def _decode(data: Bytes, member: ZipInfo, nbytes: int) -> bytes:
    """Return the first bytes of a member; all of them if as many as it has are asked for."""
    try:
        with ZipExtFile(io.BytesIO(data), "r", member) as packed:
            found = packed.read(min(nbytes, member.file_size))
    except (NotImplementedError, RuntimeError) as error:  # a module that this Python was built without
        method = METHODS.get(member.compress_type, f"number {member.compress_type}")
        raise UnsupportedMemberError(
            f"a method of compression that this Python has, found {method} ({error}); "
            "pack the archive again without compression (zip -0)"
        ) from error
    except Exception as error:  # every decompressor has errors of its own
        raise DamagedMemberError(
            f"{member.file_size} bytes packed in {data.size}, found some that do not unpack "
            f"({type(error).__name__}: {error})"
        ) from error
    if len(found) < min(nbytes, member.file_size):
        raise DamagedMemberError(f"{member.file_size} bytes, found {len(found)} when unpacked")
    return found
