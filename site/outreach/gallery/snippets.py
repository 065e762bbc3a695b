"""Code that opens an array of the gallery, ready to copy: zarr, zarr_partial, Xarray, zarrita.

What is said of samples runs in the tests; what is said of remote stores differs from it by the address.
"""

import re
from collections.abc import Iterator, Sequence
from keyword import iskeyword
from string import Template

from outreach.gallery.entries import Entry

type Snippet = tuple[str, str]

SAMPLE = {
    "zarr": """\
import zarr

array = zarr.open_array(
    "$path", mode="r"
)
row = array[$row]""",
    "zarr_partial": """\
import zarr_partial as zp

array = zp.open(
    "$path"
)
row = array[$row]
print(array.explain($row))""",
    "xarray": """\
import xarray as xr
import zarr

array = zarr.open_array(
    "$path", mode="r"
)
named = xr.DataArray(array[...], dims=$dims)
row = named.isel($first=$row)""",
    "zarrita": """\
import { FileSystemStore } from "@zarrita/storage";
import * as zarr from "zarrita";

const store = new FileSystemStore(
  "$path",
);
const array = await zarr.open(store, { kind: "array" });
const row = await zarr.get(array, [$wanted]);""",
}
STORE = {
    "zarr": """\
import zarr

array = zarr.open_array(
    "$address",
    mode="r",$options
)
print(array.info)""",
    "zarr_partial": """\
import zarr_partial as zp

array = zp.open(
    "$address",$options
)
print(array.explain(0))""",
    "xarray": """\
import xarray as xr

data = xr.open_zarr(
    "$place",$options
)$chosen
print(data)""",
    "zarrita": """\
import * as zarr from "zarrita";

const store = new zarr.FetchStore(
  "$over_https",
);
const array = await zarr.open(store, { kind: "array" });
console.log(array.shape);""",
}
# Buckets that are public answer under these addresses too; the ones that browsers can ask.
OVER_HTTPS = {
    "s3": "https://{bucket}.s3.amazonaws.com/{path}",
    "gs": "https://storage.googleapis.com/{bucket}/{path}",
}
# Public buckets are read without an account.
OPTIONS = {
    "s3": '\n    storage_options={"anon": True},',
    "gs": '\n    storage_options={"token": "anon"},',
}
# An array's name may also be a description, "a pressure-level variable"; then the store alone is opened.
PLAIN_PATH = re.compile(r"[\w.-]+(?:/[\w.-]+)*")


def sample_snippets(slug: str, level: str, shape: Sequence[int], dims: Sequence[str]) -> tuple[Snippet, ...]:
    """Return name and code for each library, for a sample in the checkout; each ends with one `row`."""
    row = shape[0] // 2
    names = [
        name if name.isidentifier() and not iskeyword(name) else f"axis_{axis}"
        for axis, name in enumerate(dims)
    ]
    values = {
        "path": "/".join(filter(None, (f"gallery_data/{slug}/sample.zarr", level))),
        "row": row,
        "dims": "({})".format(", ".join(f'"{name}"' for name in names) + ("," if len(names) == 1 else "")),
        "first": names[0],
        "wanted": ", ".join([str(row), *["null"] * (len(shape) - 1)]),
    }
    return tuple((name, Template(code).substitute(values)) for name, code in SAMPLE.items())


def store_snippets(entry: Entry) -> tuple[Snippet, ...]:
    """Return name and code for each library that can open the entry's store; none where it has no address."""
    if entry.store is None or entry.array is None:
        return ()
    place = entry.store.rstrip("/")
    path = entry.array.name if PLAIN_PATH.fullmatch(entry.array.name) else None
    address = f"{place}/{path}" if path else place
    values = {
        "place": place,
        "address": address,
        "over_https": over_https(address),
        "options": OPTIONS.get(place.partition("://")[0], ""),
        "chosen": f'["{path}"]' if path else "",
    }
    return tuple((name, Template(STORE[name]).substitute(values)) for name in _fitting(path))


def browser_address(entry: Entry) -> str | None:
    """Return the https address of the entry's array, or None where it has none that browsers can ask."""
    if entry.store is None or entry.array is None or not PLAIN_PATH.fullmatch(entry.array.name):
        return None
    address = over_https(f"{entry.store.rstrip('/')}/{entry.array.name}")
    return address if address.startswith("https://") else None


def _fitting(path: str | None) -> Iterator[str]:
    # Xarray opens groups, and names in them; paths and levels of images are no names of variables.
    for name in STORE:
        if (path is None or path.isidentifier()) if name == "xarray" else path is not None:
            yield name


def over_https(address: str) -> str:
    """Return an address of a store, https, s3 or gs, as one of https."""
    scheme, _, rest = address.partition("://")
    bucket, _, path = rest.partition("/")
    return OVER_HTTPS[scheme].format(bucket=bucket, path=path) if scheme in OVER_HTTPS else address
