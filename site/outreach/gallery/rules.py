"""What a schema cannot say about an entry: its folder, its picture, its sample, its neighbours.

Every rule copes with documents that break the schema, so that one run reports everything.
"""

import re
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from math import ceil, prod
from pathlib import Path
from typing import Any

from outreach.errors import OutreachError
from outreach.gallery.layouts import Layout
from outreach.gallery.licences import LICENCE_FILE, licence_text_lies_beside
from outreach.gallery.pyramids import Pyramid, read_pyramid
from outreach.portable import is_device
from outreach.reading import Document, Problem

SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
MAX_SLUG = 60
# Pages of the gallery that are no entries.
RESERVED = ("data-sets", "people", "viewer")
MAX_PICTURE_BYTES = 2_000_000
MAX_PICTURE_PIXELS = 40_000_000
MIN_PICTURE_WIDTH = 640
MAX_PICTURE_RATIO = 12
# Of deeper ones Pillow shows the darkest 256 shades, and all above as white.
PICTURE_MODES = ("1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr")
MAX_SAMPLE_BYTES = 2_000_000
MAX_SAMPLE_FILES = 1_000
MAX_SAMPLE_VALUES = 50_000_000
MAX_SAMPLE_CHUNKS = 10_000
FORMATS = {".webp": "WEBP", ".png": "PNG", ".jpg": "JPEG"}

type Rule = Callable[[Document, Path], Iterator[Problem]]


def slug_follows_the_pattern(document: Document, folder: Path) -> Iterator[Problem]:
    """Check the folder's name, which becomes the address of the page."""
    if not SLUG.fullmatch(folder.name) or len(folder.name) > MAX_SLUG:
        message = f"expected a folder name of lower-case words joined by hyphens, found {folder.name!r}; "
        yield document.problem((), f"{message}try {suggest_slug(folder.name)!r}")
    elif folder.name in RESERVED or is_device(folder.name):
        taken = "a page of the gallery itself" if folder.name in RESERVED else "a device on Windows"
        message = f"expected another folder name, found {folder.name!r}, {taken}"
        yield document.problem((), f"{message}; try '{folder.name}-in-zarr'")


def suggest_slug(text: str) -> str:
    """Return a folder name made of `text`; "entry" if it has no Latin letter and no digit."""
    return slug_words(text) or "entry"


def slug_words(text: str) -> str:
    """Return the Latin letters and digits of `text` as words joined by hyphens."""
    # "Café" becomes "cafe": the accent goes, its letter stays.
    plain = "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))
    words = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return words if len(words) <= MAX_SLUG else words[:MAX_SLUG].rpartition("-")[0] or words[:MAX_SLUG]


def only_known_files(document: Document, folder: Path) -> Iterator[Problem]:
    """Check that nothing lies in the folder unnamed: whatever lies there is published or run."""
    picture = _text(document.data, "picture", "file")
    sample = _text(document.data, "sample", "path"), _text(document.data, "sample", "script")
    known = {"entry.yaml", picture, *sample, _text(document.data, "licence_file")} - {None}
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            yield document.problem(
                (), f"expected files, found the symbolic link {path.name!r}; copy the file itself"
            )
        elif path.name not in known and path.name != "__pycache__":
            fix = "name it in 'licence_file'" if path.name == LICENCE_FILE else "remove it"
            expected = f"expected only {', '.join(sorted(map(str, known)))}"
            yield document.problem((), f"{expected}; found {path.name!r}; {fix}")


def lengths_agree(document: Document, folder: Path) -> Iterator[Problem]:  # noqa: ARG001
    """Check that everything said of the array's axes says it of the same number of axes."""
    array = document.data.get("array")
    if not isinstance(array, dict):
        return
    lists = {name: array.get(name) for name in ("shape", "chunks", "shards", "dims")}
    ranks = {name: len(value) for name, value in lists.items() if isinstance(value, list)}
    first = next(iter(ranks), "")
    for name, rank in ranks.items():
        if rank != ranks[first]:
            expected = f"expected {ranks[first]} items, one for each axis, as in {first!r}"
            yield document.problem(("array", name), f"{expected}; found {rank}; correct one of them")


def alt_text_says_something(document: Document, folder: Path) -> Iterator[Problem]:  # noqa: ARG001
    """Check the description: one that repeats the title or the file name helps nobody."""
    alt = _text(document.data, "picture", "alt")
    if alt is None:
        return
    words = re.findall(r"\w+", alt.casefold())
    title = re.findall(r"\w+", (_text(document.data, "title") or "").casefold())
    name = re.findall(r"\w+", (_text(document.data, "picture", "file") or "").casefold())
    fix = "say what someone sees: shapes, colours, where"
    if words == title:
        yield document.problem(("picture", "alt"), f"expected a description, found the title; {fix}")
    elif words == name or re.fullmatch(r"(?:image|img|photo|picture|figure|screenshot)\d*", "".join(words)):
        yield document.problem(("picture", "alt"), f"expected a description, found {alt!r}; {fix}")
    elif len(set(words)) < 4:
        yield document.problem(
            ("picture", "alt"), f"expected a description, found {len(set(words))} words; {fix}"
        )


def picture_is_an_image(document: Document, folder: Path) -> Iterator[Problem]:
    """Check that the file is what its name says, complete, and within the caps.

    Nothing is decoded before its size is known.
    """
    name = _text(document.data, "picture", "file")
    if name is None or Path(name).name != name or Path(name).suffix not in FORMATS:
        return
    message = picture_mistake(folder / name, Path(name).suffix)
    if message:
        yield document.problem(("picture", "file"), message)


def picture_mistake(path: Path, suffix: str) -> str | None:
    """Return what is wrong with the picture at `path` as a file with `suffix`, one of `FORMATS`."""
    from PIL import Image, UnidentifiedImageError

    if path.is_symlink() or not path.is_file():
        return f"expected the file {path.name} in the folder, found none; add it"
    size = path.stat().st_size
    if size > MAX_PICTURE_BYTES:
        return f"expected at most {MAX_PICTURE_BYTES:,} bytes, found {size:,}; save it smaller, as WebP"
    try:
        # Pillow only warns of pictures that expand to gigabytes; the cap below refuses them.
        with warnings.catch_warnings(action="ignore", category=Image.DecompressionBombWarning):
            opened = Image.open(path, formats=list(FORMATS.values()))
        with opened as image:
            width, height = image.size
            if width * height > MAX_PICTURE_PIXELS:
                return (
                    f"expected at most {MAX_PICTURE_PIXELS:,} pixels, found {width} x {height}; scale it down"
                )
            if width < MIN_PICTURE_WIDTH:
                return (
                    f"expected a width of at least {MIN_PICTURE_WIDTH}, found {width}; use a larger picture"
                )
            if max(width, height) > MAX_PICTURE_RATIO * min(width, height):
                return (
                    f"expected sides that differ at most {MAX_PICTURE_RATIO} times, "
                    f"found {width} x {height}; show a part of it"
                )
            if image.mode not in PICTURE_MODES:
                return f"expected 8 bits for each colour, found mode {image.mode}; save it with 8 bits"
            if image.format != FORMATS[suffix]:
                return f"expected {FORMATS[suffix]}, found {image.format}; rename or convert the file"
            if getattr(image, "n_frames", 1) > 1:
                return "expected one picture, found an animation; choose one frame"
            image.load()
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        reason = str(error).replace(str(path), path.name)
        return f"expected a complete WebP, PNG or JPEG picture, found none ({reason}); save it again"
    return None


def sample_opens(document: Document, folder: Path) -> Iterator[Problem]:
    """Check that the sample is a small array, and the one that the entry describes."""
    if _text(document.data, "sample", "path") != "sample.zarr":
        return
    script = _text(document.data, "sample", "script")
    if script == "make.py" and not (folder / script).is_file():
        yield document.problem(
            ("sample", "script"), "expected the file make.py in the folder, found none; add it"
        )
    mistake = sample_size_mistake(folder / "sample.zarr")
    if mistake:
        yield document.problem(("sample", "path"), mistake)
        return
    try:
        pyramid = read_pyramid(folder / "sample.zarr")
    except OutreachError as error:
        yield document.problem(("sample", "path"), str(error))
        return
    for mistake in dict.fromkeys(_extent_mistake(layout) for _, layout in pyramid.levels):
        if mistake:
            yield document.problem(("sample", "path"), mistake)
    yield from _differences(document, pyramid)


def sample_size_mistake(sample: Path) -> str | None:
    """Return what makes the folder `sample` too much to keep, or no sample at all."""
    if sample.is_symlink() or not sample.is_dir():
        return "expected the folder sample.zarr, found none; run make.py"
    count = size = 0
    for path in sample.rglob("*"):
        if path.is_symlink():
            return f"expected files, found the symbolic link {path.name!r}; copy the file itself"
        if path.is_file():
            count, size = count + 1, size + path.stat().st_size
        if count > MAX_SAMPLE_FILES:
            return f"expected at most {MAX_SAMPLE_FILES:,} files, found more; use larger chunks, or shards"
    if size > MAX_SAMPLE_BYTES:
        return f"expected at most {MAX_SAMPLE_BYTES:,} bytes, found {size:,}; keep a smaller part"
    return None


def _extent_mistake(layout: Layout) -> str | None:
    # The build reads samples whole, and unstored chunks take no bytes on disk.
    values = max(prod(layout.shape), prod(layout.shards or layout.chunks))
    if values > MAX_SAMPLE_VALUES:
        return f"expected at most {MAX_SAMPLE_VALUES:,} values, found {values:,}; keep a smaller part"
    chunks = prod(ceil(length / chunk) for length, chunk in zip(layout.shape, layout.chunks, strict=True))
    if chunks > MAX_SAMPLE_CHUNKS:
        return f"expected at most {MAX_SAMPLE_CHUNKS:,} chunks, found {chunks:,}; use larger chunks"
    return None


def _differences(document: Document, pyramid: Pyramid) -> Iterator[Problem]:
    layout, axes = pyramid.finest, pyramid.axes
    array = document.data.get("array")
    if not isinstance(array, dict):
        yield document.problem(("array",), "expected the facts of sample.zarr, found none; add 'array'")
        return
    claims: dict[tuple[str, ...], tuple[Any, Any]] = {
        ("zarr_format",): (document.data.get("zarr_format"), layout.zarr_format),
        ("array", "name"): (array.get("name"), pyramid.name),
        ("array", "shape"): (array.get("shape"), list(layout.shape)),
        ("array", "chunks"): (array.get("chunks"), list(layout.chunks)),
        ("array", "shards"): (array.get("shards"), list(layout.shards) if layout.shards else None),
        ("array", "dtype"): (array.get("dtype"), layout.dtype),
        ("array", "codecs"): (array.get("codecs"), list(layout.codecs)),
    }
    if axes is not None:
        claims["array", "dims"] = array.get("dims"), list(axes)
    for path, (claimed, stored) in claims.items():
        if claimed != stored:
            expected = f"expected what sample.zarr says, {yaml_text(stored)}"
            message = f"{expected}; found {yaml_text(claimed)}; correct one of them"
            yield document.problem(path, message)


def yaml_text(value: Any) -> str:
    """Return `value` as one would write it on one line of YAML."""
    if isinstance(value, list):
        return f"[{', '.join(map(yaml_text, value))}]"
    return "null" if value is None else str(value)


def _text(data: Any, *path: str) -> str | None:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data if isinstance(data, str) else None


RULES: tuple[Rule, ...] = (
    slug_follows_the_pattern,
    only_known_files,
    lengths_agree,
    licence_text_lies_beside,
    alt_text_says_something,
    picture_is_an_image,
    sample_opens,
)
