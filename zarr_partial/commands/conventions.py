"""What the attributes of a group say about it: OME-Zarr images and plates, AnnData and its elements.

Sources: https://ngff.openmicroscopy.org/specifications/, and for AnnData
https://anndata.readthedocs.io/en/stable/fileformat-prose.html.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

__all__ = ["kind_of", "names_in"]

# The parts of an element, by its type.
ANNDATA = {
    "anndata": ("X", "layers", "obs", "obsm", "obsp", "raw", "uns", "var", "varm", "varp"),
    "raw": ("X", "var", "varm"),
    "csr_matrix": ("data", "indices", "indptr"),
    "csc_matrix": ("data", "indices", "indptr"),
    "categorical": ("categories", "codes"),
    "nullable-boolean": ("mask", "values"),
    "nullable-integer": ("mask", "values"),
    "nullable-string-array": ("mask", "values"),
}


def names_in(attrs: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names that attributes of OME-Zarr and AnnData say are in a group."""
    ome = attrs.get("ome")
    # Since version 0.5 everything is under one key.
    attrs = {**attrs, **ome} if isinstance(ome, Mapping) else attrs
    for image in _mappings(attrs.get("multiscales")):
        for dataset in _mappings(image.get("datasets")):
            yield from _text([dataset.get("path")])
    plate = attrs.get("plate")
    if isinstance(plate, Mapping):
        yield from _text(well.get("path") for well in _mappings(plate.get("wells")))
    well = attrs.get("well")
    if isinstance(well, Mapping):
        yield from _text(image.get("path") for image in _mappings(well.get("images")))
    kind = attrs.get("encoding-type")
    if isinstance(kind, str):
        yield from ANNDATA.get(kind, ())
    if kind == "dataframe":
        columns = attrs.get("column-order")
        yield from _text([attrs.get("_index"), *(columns if isinstance(columns, list) else [])])


def _mappings(found: Any) -> list[Mapping[str, Any]]:
    return [entry for entry in found if isinstance(entry, Mapping)] if isinstance(found, list) else []


def _text(found: Iterable[Any]) -> Iterator[str]:
    for name in found:
        if isinstance(name, str) and name and ".." not in name.split("/"):
            yield name.strip("/")


def kind_of(attrs: Mapping[str, Any]) -> str | None:
    """Return what the attributes of a group say that it is, or None."""
    ome = attrs.get("ome")
    known = {**attrs, **ome} if isinstance(ome, Mapping) else attrs
    for key, name in (("multiscales", "image"), ("plate", "plate"), ("well", "well")):
        if key in known:
            return f"OME-Zarr {name}"
    kind = attrs.get("encoding-type")
    return f"AnnData {kind}" if isinstance(kind, str) and kind != "anndata" else (kind and "AnnData")
