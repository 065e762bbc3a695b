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
from zarr_partial.sources.pread import PreadSource

DATA = np.arange(20 * 6, dtype="<f4").reshape(20, 6)


def is_mapped(array):
    return array.state.residency is not None


def is_read_by_ranges(array):
    return array.state.remote is not None and isinstance(array.state.remote.source, PreadSource)


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
    assert is_read_by_ranges(array)
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
    assert is_read_by_ranges(zp.open(array))


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
        ValueError, match=r'or a ZIP file for io="mmap", found that MemoryStore is neither .*; leave io'
    ):
        zp.open(array, io="mmap")
    with pytest.raises(ValueError, match=r'directory for io="pread", found a MemoryStore; leave io'):
        zp.open(array, io="pread")


@pytest.mark.parametrize("io", ["pread", "store"])
def test_files_are_read_without_maps_where_that_is_asked_for(make, io, monkeypatch):
    monkeypatch.setattr("zarr_partial.sources.local.LocalSource.map", None)
    array = zp.open(make(), io=io)
    assert not is_mapped(array)
    assert is_read_by_ranges(array) == (io == "pread")
    np.testing.assert_array_equal(array[...], DATA)
    np.testing.assert_array_equal(array.oindex[[19, 0]], DATA[[19, 0]])
    array.refresh()
    assert array[19, 5] == DATA[19, 5]
    assert not is_mapped(pickle.loads(pickle.dumps(array)))


@pytest.mark.parametrize("dtype", ["f4", str], ids=["raw", "strings"])
def test_unknown_ways_are_refused_for_every_layout(tmp_path, dtype):
    array = zarr.create_array(tmp_path / "a.zarr", shape=(4,), dtype=dtype)
    with pytest.raises(ValueError, match=r'one of "auto", "mmap", "pread", "store", found \'fast\''):
        zp.open(array, io="fast")
