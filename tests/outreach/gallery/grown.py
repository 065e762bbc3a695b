"""Bad entries that no repository should hold, too big or too odd for some file systems: grown on demand.

Each function turns a good entry's folder into a bad one; grown_expected/ holds what is reported.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

PICTURE = """\
picture:
  file: picture.png
  alt: A grey coast with twelve blue dots along it, one for each gauge.
  credit: Ada Example
  licence: CC0-1.0
  source: https://example.org/picture
  made: Each row of the array as one line of pixels.
"""
SAMPLE = """\
array:
  name: sample.zarr
  shape: [4, 4]
  chunks: [2, 2]
  shards: null
  dtype: "|u1"
  codecs: []
  dims: null
  source: the metadata in sample.zarr
sample:
  path: sample.zarr
  script: make.py
  about: The first four values of the first four gauges.
"""
METADATA = (
    '{"zarr_format": 2, "shape": [4, 4], "chunks": [2, 2], "dtype": "|u1", '
    '"compressor": null, "filters": null, "order": "C", "fill_value": 0}'
)


def _add(folder: Path, text: str) -> None:
    with (folder / "entry.yaml").open("a", encoding="utf-8") as entry:
        entry.write(text)


def _sample(folder: Path) -> Path:
    _add(folder, SAMPLE)
    entry = folder / "entry.yaml"
    entry.write_text(entry.read_text("utf-8").replace("zarr_format: 3", "zarr_format: 2"), encoding="utf-8")
    (folder / "make.py").write_text('"""Nothing to make."""\n')
    sample = folder / "sample.zarr"
    sample.mkdir()
    (sample / ".zarray").write_text(METADATA)
    return sample


def a_file_of_megabytes(folder: Path) -> None:
    _add(folder, "# " + "x" * 5_000_000)


def a_symbolic_link(folder: Path) -> None:
    (folder / "secret").symlink_to("/etc/passwd")


def a_linked_folder(folder: Path) -> None:
    (folder.parent / "link").symlink_to(folder)


def a_linked_picture(folder: Path) -> None:
    _add(folder, PICTURE)
    (folder / "picture.png").symlink_to("/etc/passwd")


def a_picture_of_many_bytes(folder: Path) -> None:
    _add(folder, PICTURE)
    noise = np.random.default_rng(0).integers(0, 256, (900, 900, 3), dtype="uint8")
    Image.fromarray(noise).save(folder / "picture.png")


def a_picture_of_a_hundred_megapixels(folder: Path) -> None:
    _add(folder, PICTURE)
    Image.new("1", (10_000, 10_000)).save(folder / "picture.png")


def a_picture_of_sixteen_bits(folder: Path) -> None:
    _add(folder, PICTURE)
    shades = np.linspace(0, 65_535, 640 * 480, dtype="uint16").reshape(480, 640)
    Image.fromarray(shades).save(folder / "picture.png")


def a_picture_as_a_ribbon(folder: Path) -> None:
    _add(folder, PICTURE)
    Image.new("L", (30_000, 1_000)).save(folder / "picture.png")


def a_picture_with_text_that_explodes(folder: Path) -> None:
    _add(folder, PICTURE)
    text = PngInfo()
    text.add_text("Comment", "x" * 100_000_000, zip=True)
    Image.new("L", (640, 480)).save(folder / "picture.png", pnginfo=text)


def an_animation(folder: Path) -> None:
    _add(folder, PICTURE.replace(".png", ".webp"))
    frames = [Image.new("RGB", (640, 480), colour) for colour in ("white", "black")]
    frames[0].save(folder / "picture.webp", save_all=True, append_images=frames[1:])


def a_licence_of_many_bytes(folder: Path) -> None:
    _add(folder, "licence_file: LICENSE.txt\n")
    (folder / "LICENSE.txt").write_text("Copyright\n" * 7_000)


def a_linked_licence(folder: Path) -> None:
    _add(folder, "licence_file: LICENSE.txt\n")
    (folder / "LICENSE.txt").symlink_to("/etc/passwd")


def a_stray_beside_a_cache(folder: Path) -> None:
    (folder / "__pycache__").mkdir()
    (folder / "notes.txt").write_text("to do\n")


def a_sample_of_many_bytes(folder: Path) -> None:
    (_sample(folder) / "0.0").write_bytes(bytes(2_000_001))


def a_sample_of_many_files(folder: Path) -> None:
    sample = _sample(folder)
    for number in range(1_001):
        (sample / f"0.{number}").touch()


def a_link_in_a_sample(folder: Path) -> None:
    (_sample(folder) / "0.0").symlink_to("/etc/passwd")


def a_linked_sample(folder: Path) -> None:
    elsewhere = _sample(folder)
    elsewhere = elsewhere.rename(folder.parent.parent / "elsewhere")
    (folder / "sample.zarr").symlink_to(elsewhere)


def a_name_that_differs_in_case(folder: Path) -> None:
    other = folder.with_name("North-Sea-Tides")
    other.mkdir()
    text = (folder / "entry.yaml").read_text("utf-8").replace("example.org/tides", "example.org/other")
    (other / "entry.yaml").write_text(text, encoding="utf-8")


def a_name_of_emoji_and_marks(folder: Path) -> None:
    folder.rename(folder.with_name("\N{WATER WAVE}te\N{COMBINING DIAERESIS}st"))


def a_name_of_a_device(folder: Path) -> None:
    folder.rename(folder.with_name("aux"))


CASES: dict[str, Callable[[Path], None]] = {
    each.__name__.replace("_", "-"): each
    for each in (
        *(a_file_of_megabytes, a_symbolic_link, a_linked_folder, a_linked_picture, a_picture_of_many_bytes),
        *(a_picture_of_a_hundred_megapixels, an_animation, a_licence_of_many_bytes, a_sample_of_many_bytes),
        *(a_sample_of_many_files, a_link_in_a_sample, a_linked_sample, a_name_that_differs_in_case),
        *(a_picture_of_sixteen_bits, a_picture_as_a_ribbon, a_picture_with_text_that_explodes),
        *(a_name_of_emoji_and_marks, a_linked_licence, a_stray_beside_a_cache),
        *(a_name_of_a_device,),
    )
}
