"""Samples as their metadata describe them: one array, or an OME-Zarr group with the same picture in levels.

OME-Zarr 0.4 writes `multiscales` into the attributes of a group of Zarr format 2, 0.5 into `ome` of one of
format 3; both name the levels from the finest on.
"""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outreach.errors import OutreachError
from outreach.gallery.layouts import MAX_METADATA_BYTES, Layout, read_layout

MAX_LEVELS = 10
LEVEL_PATH = re.compile(r"[A-Za-z0-9_-]+(?:/[A-Za-z0-9_-]+){0,2}")


@dataclass(frozen=True, slots=True)
class Pyramid:
    """The arrays of a sample, finest first, each with its path in the sample: "" for a single array."""

    levels: tuple[tuple[str, Layout], ...]
    axes: tuple[str, ...] | None

    @property
    def finest(self) -> Layout:
        """The layout that the entry describes."""
        return self.levels[0][1]

    @property
    def name(self) -> str:
        """What an entry calls the finest array."""
        return "/".join(filter(None, ("sample.zarr", self.levels[0][0])))


def read_pyramid(folder: Path) -> Pyramid:
    """Return the arrays of the sample in `folder`.

    Raises
    ------
    OutreachError
        If `folder` holds neither an array nor an OME-Zarr 0.4 or 0.5 group, or a level is not what it says.
    """
    attributes = _group_attributes(folder)
    if attributes is None:
        layout = read_layout(folder)
        return Pyramid((("", layout),), layout.dims)
    paths, axes = _multiscale(attributes)
    levels = []
    for path in paths:
        try:
            levels.append((path, read_layout(folder / path)))
        except OutreachError as error:
            raise OutreachError(f"level {path}: {error}") from error
    _refuse_odd_levels(levels, axes)
    return Pyramid(tuple(levels), axes)


def _group_attributes(folder: Path) -> dict[str, Any] | None:
    """Return the attributes that may hold `multiscales`, or None where `folder` is no group."""
    if (folder / ".zgroup").is_file():
        return _json(folder / ".zattrs") if (folder / ".zattrs").is_file() else {}
    if (folder / "zarr.json").is_file() and not (folder / ".zarray").is_file():
        metadata = _json(folder / "zarr.json")
        if metadata.get("node_type") == "group":
            ome = metadata.get("attributes", {})
            ome = ome.get("ome") if isinstance(ome, dict) else None
            return ome if isinstance(ome, dict) else {}
    return None


def _json(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_bytes()[:MAX_METADATA_BYTES])
    except (ValueError, RecursionError) as error:
        raise OutreachError(f"expected JSON in {path.name}, found something else; write it again") from error
    if not isinstance(data, dict):
        raise OutreachError(f"expected a JSON object in {path.name}, found something else; write it again")
    return data


def _multiscale(attributes: dict[str, Any]) -> tuple[list[str], tuple[str, ...]]:
    try:
        (multiscale,) = attributes["multiscales"]
        version = multiscale.get("version", attributes.get("version"))
        axes = tuple(axis["name"] for axis in multiscale["axes"])
        paths = [dataset["path"] for dataset in multiscale["datasets"]]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        fix = "save one array, or a group with one OME-Zarr multiscale"
        raise OutreachError(f"expected an array or an OME-Zarr image, found another group; {fix}") from error
    if version not in ("0.4", "0.5"):
        raise OutreachError(f"expected OME-Zarr 0.4 or 0.5, found {version!r}; save it as one of them")
    if not 1 <= len(paths) <= MAX_LEVELS:
        raise OutreachError(f"expected 1 to {MAX_LEVELS} levels, found {len(paths)}; keep fewer")
    for path in paths:
        if not isinstance(path, str) or not LEVEL_PATH.fullmatch(path):
            raise OutreachError(f"expected plain paths of levels, such as '0', found {path!r}; rename it")
    return paths, axes


def _refuse_odd_levels(levels: list[tuple[str, Layout]], axes: tuple[str, ...]) -> None:
    first = levels[0][1]
    if len(axes) != len(first.shape):
        raise OutreachError(
            f"expected {len(first.shape)} axes, one for each of level {levels[0][0]}, found {len(axes)}; "
            "correct 'axes'"
        )
    finer = first
    for path, layout in levels[1:]:
        if layout.dtype != first.dtype or len(layout.shape) != len(first.shape):
            raise OutreachError(
                f"expected levels of one data type and rank, found another in {path}; correct it"
            )
        if any(length > before for length, before in zip(layout.shape, finer.shape, strict=True)):
            raise OutreachError(
                f"expected levels from fine to coarse, found {path} finer; correct their order"
            )
        finer = layout
