"""Which file system a folder is on, and whether its bytes come over a network or from another process."""

import os
from functools import lru_cache
from pathlib import Path

__all__ = ["filesystem", "is_remote"]

# One line for each mount of this process: https://man7.org/linux/man-pages/man5/proc_pid_mountinfo.5.html
MOUNTS = Path("/proc/self/mountinfo")
REMOTE = {
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "fuse", "fuseblk", "gfs2", "glusterfs", "gpfs", "lustre",
    "ncpfs", "nfs", "nfs4", "ocfs2", "orangefs", "pvfs2", "smb2", "smb3", "smbfs", "virtiofs", "wekafs",
}  # fmt: skip


def is_remote(kind: str | None) -> bool:
    """Whether I/O errors are likely under a map of a file on this kind of file system; unknown is no."""
    return kind is not None and (kind in REMOTE or kind.startswith("fuse."))


def filesystem(path: str | Path) -> str | None:
    """Return the kind of file system that `path` is on, such as ``"ext4"``, or None where nobody tells."""
    try:
        device = os.stat(path).st_dev  # noqa: PTH116 - takes half as long as Path.stat
    except OSError:
        return None
    return _of_device(device)


@lru_cache(maxsize=64)
def _of_device(device: int) -> str | None:
    """Return the kind of the mount with this number; mounts change seldom, and are many in containers."""
    try:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None
    wanted = f"{os.major(device)}:{os.minor(device)}"
    for line in mounts.splitlines():
        # id, parent, device, root, mount point, options, any number of tags, "-", kind, source, options
        mount, _, rest = line.partition(" - ")
        if mount.split(" ")[2:3] == [wanted]:
            return rest.split(" ")[0]
    return None
