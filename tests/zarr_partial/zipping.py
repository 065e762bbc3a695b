"""Directories of arrays as ZIP archives."""

from pathlib import Path
from zipfile import ZIP_STORED, ZipFile


def zipped(folder, archive, method=ZIP_STORED, begin=b"", comment=b""):
    """Pack all files below `folder` into a new `archive`, after the bytes `begin`, and return its path."""
    archive = Path(archive)
    archive.write_bytes(begin)
    with ZipFile(archive, "a" if begin else "w", method) as pack:
        for file in sorted(Path(folder).rglob("*")):
            if file.is_file():
                pack.write(file, file.relative_to(folder).as_posix())
        pack.comment = comment
    return archive
