"""Pictures in the sizes and formats that browsers choose from.

Encoding is slow and pages are built often: results stay under build/cache/pictures, named by what went in.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageOps, __version__

from outreach.writing import write_whole

WIDTHS = (480, 960, 1600)
SETTINGS = {"avif": {"quality": 62, "speed": 8}, "webp": {"quality": 82, "method": 2}}


@dataclass(frozen=True, slots=True)
class Variant:
    """One encoded size of a picture."""

    width: int
    height: int
    kind: str
    content: bytes

    @property
    def name(self) -> str:
        """The file name, for example `picture-960.avif`."""
        return f"picture-{self.width}.{self.kind}"


def make_variants(path: Path, cache: Path) -> tuple[Variant, ...]:
    """Return the picture at `path` in every format and in every width that it reaches, smallest first."""
    source = path.read_bytes()
    with Image.open(BytesIO(source)) as image:
        width, height = ImageOps.exif_transpose(image).size if image.getexif() else image.size
    widths = [each for each in WIDTHS if each < width] + [min(width, WIDTHS[-1])]
    jobs = [(each, round(height * each / width), kind) for each in sorted(set(widths)) for kind in SETTINGS]
    kept = [cache / _kept_name(source, *job) for job in jobs]
    missing = [(path, job) for path, job in zip(kept, jobs, strict=True) if not path.is_file()]
    if missing:
        picture = _clean(source)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda made: write_whole(made[0], _encode(picture, *made[1])), missing))
    return tuple(Variant(*job, path.read_bytes()) for path, job in zip(kept, jobs, strict=True))


def _kept_name(source: bytes, width: int, height: int, kind: str) -> str:
    inputs = f"{__version__} {width} {height} {kind} {sorted(SETTINGS[kind].items())}".encode()
    return f"{sha256(inputs + source).hexdigest()[:32]}.{kind}"


def _clean(source: bytes) -> Image.Image:
    """Return the picture alone: pasting into a new one leaves places, names and cameras behind."""
    with Image.open(BytesIO(source)) as opened:
        image = ImageOps.exif_transpose(opened)
        if "transparency" in image.info:
            image = image.convert("RGBA")
        clean = Image.new("RGB", image.size, "white")
        clean.paste(image, mask=image.getchannel("A") if image.mode in ("RGBA", "LA") else None)
    return clean


def _encode(picture: Image.Image, width: int, height: int, kind: str) -> bytes:
    small = picture.resize((width, height), Image.Resampling.LANCZOS)
    buffer = BytesIO()
    small.save(buffer, format=kind.upper(), **SETTINGS[kind])
    return buffer.getvalue()
