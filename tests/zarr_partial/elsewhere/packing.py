"""Folders as ZIP files."""

from zipfile import ZipFile


def zipped(folder, path):
    """Pack a folder as `zip -0` does, and return the path of the archive."""
    with ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path
