"""The samples of the gallery that figures are drawn from."""

from pathlib import Path

import zarr_partial as zp
from outreach.errors import OutreachError
from outreach.paths import Project


def open_sample(project: Project, sample: str) -> tuple[Path, zp.PartialArray]:
    """Return the folder of an array within `gallery_data`, and the array.

    Raises
    ------
    OutreachError
        If it is not there, or cannot be read.
    """
    path = project.gallery_data / sample
    if not path.is_dir():
        raise OutreachError(f"expected the array {project.relative(path)}, found none; restore it from git")
    try:
        return path, zp.open(path)
    except zp.OpenError as error:
        raise OutreachError(f"{project.relative(path)}: {error}") from error
