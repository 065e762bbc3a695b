"""Pictures and samples that `outreach gallery new` copies, and galleries that cannot be written."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from outreach.errors import OutreachError
from outreach.gallery.adding import add_entry
from outreach.reading import Document, parse_yaml
from tests.outreach.gallery.adding_entries import ABOUT_PICTURE, FLAGS, added, everything, new


def picture_flags(path: Path, **changes: str) -> list[str]:
    about = ABOUT_PICTURE | changes
    return ["--picture", str(path), *(part for name in about for part in (f"--picture-{name}", about[name]))]


def sample_flags(path: Path) -> list[str]:
    return ["--sample", str(path), "--sample-about", "Four values of four days."]


def test_picture_and_sample_are_copied_and_the_facts_read(checkout, picture, sample):
    flags = [*picture_flags(picture), *sample_flags(sample)]
    done = new("--no-questions", *FLAGS, *flags, "--licence", "CC0-1.0")
    assert done.exit_code == 0, f"{done.output}{done.exception}"
    entry = added(checkout)
    assert (entry.folder / "picture.jpg").read_bytes() == picture.read_bytes()
    assert (entry.folder / "sample.zarr" / "0.0").read_bytes() == bytes(4)
    assert (entry.folder / "make.py").is_file()
    assert (entry.array.shape, entry.array.chunks, entry.zarr_format) == ((4, 4), (2, 2), 2)
    assert entry.array.codecs == ()


def a_text(path: Path) -> Path:
    path.write_text("<html>")
    return path


def a_vector(path: Path) -> Path:
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
    return path


def a_bomb(path: Path) -> Path:
    Image.new("1", (10_000, 10_000)).save(path)
    return path


def a_webp(path: Path) -> Path:
    Image.new("RGB", (800, 400)).save(path, format="WEBP")
    return path


def many_bytes(path: Path) -> Path:
    with path.open("wb") as handle:
        handle.truncate(3_000_000_000)  # a hole: nothing of it is stored, or read
    return path


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (a_text, "picture.png", "expected a complete WebP, PNG or JPEG picture"),
        (a_vector, "drawing.svg", "--picture: expected picture.webp, picture.png or picture.jpg"),
        (a_vector, "drawing.png", "expected a complete WebP, PNG or JPEG picture"),
        (a_bomb, "picture.png", "expected at most 40,000,000 pixels, found 10000 x 10000"),
        (a_webp, "picture.png", "expected PNG, found WEBP; rename or convert the file"),
        (many_bytes, "picture.png", "expected at most 2,000,000 bytes"),
    ],
)
def test_pictures_that_the_check_refuses_are_refused(checkout, tmp_path, make, name, message):
    before = everything(checkout)
    done = new("--no-questions", *FLAGS, *picture_flags(make(tmp_path / name)))
    assert done.exit_code == 1
    assert message in str(done.exception)
    assert everything(checkout) == before


def test_an_oversized_sample_is_refused_before_it_is_copied(checkout, sample, monkeypatch):
    many_bytes(sample / "0.1")
    monkeypatch.setattr(shutil, "copytree", None)
    done = new(
        "--no-questions", *FLAGS, "--sample", str(sample), "--sample-about", "Four values of four days."
    )
    assert f"{sample}: expected at most 2,000,000 bytes" in str(done.exception)


def test_a_full_disk_leaves_the_gallery_as_it_was(checkout, picture, monkeypatch):
    before = everything(checkout)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = new("--no-questions", *FLAGS, *picture_flags(picture))
    assert isinstance(done.exception, OSError)
    monkeypatch.undo()
    assert everything(checkout) == before
    assert not (checkout.root / "build").exists()


def test_a_gallery_that_may_not_be_written_stays_as_it_was(checkout, monkeypatch):
    before = everything(checkout)

    def refuse(*_: object) -> Path:
        raise PermissionError(13, "Permission denied", "gallery_data")

    monkeypatch.setattr(Path, "rename", refuse)
    done = new("--no-questions", *FLAGS)
    assert isinstance(done.exception, PermissionError)
    assert everything(checkout) == before
    assert not (checkout.root / "build").exists()


def test_a_folder_that_appears_meanwhile_is_left_alone(checkout, monkeypatch):
    folder = checkout.gallery_data / "ocean-colour"
    folder.mkdir()
    data = parse_yaml((checkout.gallery_data / "north-sea-tides" / "entry.yaml").read_bytes(), "e").data
    data["url"] = "https://example.org/ocean"
    with pytest.raises(OutreachError, match="expected a new folder"):
        add_entry(checkout, folder, Document("", data, {}), {})
    assert list(folder.iterdir()) == []
