"""`io=`: who decides between maps and other ways to read, and on which file systems."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.storage import MemoryStore

import zarr_partial as zp
from zarr_partial.sources import filesystems

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)


def is_mapped(array):
    return array.state.residency is not None


@pytest.fixture
def mounted_as(tmp_path, monkeypatch):
    """Pretend that the file system of `tmp_path` is of another kind; None for one that nobody lists."""

    def mounted_as(kind):
        device = tmp_path.stat().st_dev
        lines = ["22 27 0:21 / /proc rw,relatime - proc proc rw"]
        if kind is not None:
            number = f"{os.major(device)}:{os.minor(device)}"
            lines.append(
                f"30 1 {number} /a\\040-\\040b /mnt/c\\040d rw shared:1 master:2 - {kind} host:/a rw"
            )
        mounts = tmp_path / "mountinfo"
        mounts.write_text("\n".join(lines) + "\n")
        monkeypatch.setattr(filesystems, "MOUNTS", mounts)
        filesystems._of_device.cache_clear()

    yield mounted_as
    filesystems._of_device.cache_clear()


@pytest.mark.parametrize(
    "kind", ["nfs4", "cifs", "smb3", "9p", "lustre", "ceph", "fuse", "fuse.sshfs", "fuseblk"]
)
def test_network_and_fuse_file_systems_are_not_mapped(make, mounted_as, kind):
    mounted_as(kind)
    array = zp.open(make())
    assert not is_mapped(array)
    assert kind in str(array.access)
    np.testing.assert_array_equal(array.oindex[[19, 0]], DATA[[19, 0]])


@pytest.mark.parametrize("kind", ["ext4", "xfs", "btrfs", "overlay", "tmpfs", "zfs", None])
def test_other_and_unknown_file_systems_are_mapped(make, mounted_as, kind):
    mounted_as(kind)
    assert is_mapped(zp.open(make()))


def test_platforms_without_a_list_of_mounts_map(make, tmp_path, monkeypatch):
    monkeypatch.setattr(filesystems, "MOUNTS", tmp_path / "nothing")
    filesystems._of_device.cache_clear()
    assert is_mapped(zp.open(make()))
    filesystems._of_device.cache_clear()


@pytest.mark.skipif(not Path("/proc/self/mountinfo").exists(), reason="this platform lists no mounts")
def test_the_list_of_mounts_is_understood():
    assert filesystems.filesystem("/proc") == "proc"


def test_mmap_insists_on_maps_on_every_file_system(make, mounted_as):
    mounted_as("nfs")
    array = zp.open(make(), io="mmap")
    assert is_mapped(array)
    np.testing.assert_array_equal(array.oindex[[19, 0]], DATA[[19, 0]])


def test_auto_on_windows_leaves_chunks_replaceable(make, monkeypatch):
    array = make()
    monkeypatch.setattr("sys.platform", "win32")
    assert "Windows" in str(zp.open(array).access)


def test_io_stays_with_refresh_and_with_copies(make, mounted_as):
    array = zp.open(make(), io="mmap")
    mounted_as("nfs")
    array.refresh()
    assert is_mapped(array)
    assert is_mapped(pickle.loads(pickle.dumps(array)))
    assert not is_mapped(zp.open(array.state.array))


def test_mmap_of_another_store_says_what_it_needs():
    array = zarr.create_array(MemoryStore(), data=DATA, chunks=(5, 6), compressors=None)
    with pytest.raises(
        ValueError, match=r'chunks in a local directory for io="mmap", found a MemoryStore; leave io'
    ):
        zp.open(array, io="mmap")


@pytest.mark.parametrize("dtype", ["f4", str], ids=["raw", "strings"])
def test_unknown_ways_are_refused_for_every_layout(tmp_path, dtype):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(4,), dtype=dtype)
    with pytest.raises(ValueError, match=r'one of "auto", "mmap", "pread", "store", found \'fast\''):
        zp.open(array, io="fast")
    with pytest.raises(
        ValueError, match=r'"auto" or "mmap", found \'pread\', which is not there yet; leave it out'
    ):
        zp.open(array, io="pread")
