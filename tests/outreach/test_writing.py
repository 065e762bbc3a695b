"""Generated folders: only what changed is written, and nothing ever by half."""

import errno
from pathlib import Path

import pytest

from outreach.errors import OutreachError, explained
from outreach.writing import Output, write_together, write_whole


def test_folder_holds_exactly_what_was_planned(tmp_path):
    (tmp_path / "old/deep").mkdir(parents=True)
    (tmp_path / "old/deep/gone.html").write_text("gone")
    output = Output(tmp_path)
    output.add("index.md", "text")
    output.add("sample.zarr/.zarray", b"{}")
    assert output.finish() == 2
    assert sorted(
        path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()
    ) == [
        "index.md",
        "sample.zarr/.zarray",
    ]
    assert not (tmp_path / "old").exists()


def test_unchanged_file_is_not_written(tmp_path):
    first = Output(tmp_path)
    first.add("a.md", "same")
    first.finish()
    again = Output(tmp_path)
    again.add("a.md", "same")
    assert again.finish() == 0


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x"])
def test_paths_that_climb_are_refused(tmp_path, name):
    with pytest.raises(OutreachError, match="expected a path inside"):
        Output(tmp_path).add(name, "x")


def test_two_writers_of_one_file_are_refused(tmp_path):
    output = Output(tmp_path)
    output.add("a.md", "1")
    with pytest.raises(OutreachError, match="expected one writer"):
        output.add("a.md", "2")


@pytest.mark.parametrize("failing", ["write_bytes", "replace"])
def test_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, failing):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device", "/x/.writing-abc")

    monkeypatch.setattr(Path, failing, fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write_whole(tmp_path / "new/deep/entry.yaml", b"x" * 100)
    assert list(tmp_path.iterdir()) == []
    assert explained(caught.value) == (
        f"{tmp_path / 'new/deep/entry.yaml'}: expected to read and write here, "
        "found: No space left on device; check the path, permissions and disk"
    )


def test_failure_keeps_the_old_file(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        write_whole(tmp_path / "a", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_of_files_that_belong_together_none_is_replaced_before_all_are_written(tmp_path, monkeypatch):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(OSError, match="under-a-file") as caught:
        write_together({tmp_path / "new/c": b"c", tmp_path / "a": b"new", tmp_path / "a/under-a-file": b"x"})
    assert caught.value.filename == str(tmp_path / "a/under-a-file")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a"]
    write_together({tmp_path / "new/c": b"c", tmp_path / "a": b"a"})
    assert [(tmp_path / name).read_bytes() for name in ("new/c", "a")] == [b"c", b"a"]
