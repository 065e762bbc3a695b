"""What people call the readers, layouts and other parameters of the suite; whom charts draw in colour."""

OURS = "zarr_partial"
BASELINE = "zarr-default"
LIMIT = "numpy.memmap"

READER_NAMES = {
    BASELINE: "zarr, default pipeline",
    "zarr-fused": "zarr, fused pipeline",
    "zarrs": "zarr, zarrs pipeline",
}
SHORT_NAMES = {
    BASELINE: "zarr default",
    "zarr-fused": "zarr fused",
    "DataLoader, zarr row by row": "zarr by row",
    "DataLoader, zarr row by row, 2 workers": "zarr by row, 2 workers",
    "DataLoader, zarr": "zarr by batch",
    "DataLoader, zarr fused": "zarr fused",
    "DataLoader, zarr fused, 2 workers": "zarr fused, 2 workers",
    "DataLoader, tensorstore": "tensorstore",
    "DataLoader, zarr_partial": "zarr_partial by batch",
    "zarr_partial, sharded zstd": "zarr_partial, sharded",
    "zarr_partial pipeline": "zarr_partial",
}
LAYOUT_NAMES = {
    "raw": "raw chunks",
    "blosc-lz4": "Blosc lz4",
    "blosc-zstd": "Blosc zstd",
    "zstd": "zstd, whole chunks",
    "sharded-zstd": "sharded, zstd inside",
    "sharded-raw": "sharded, raw inside",
    "sharded-blosc": "sharded, Blosc inside",
    "raw-64": "raw, chunks of 64³",
    "raw-128": "raw, chunks of 128³",
    "blosc-64": "Blosc zstd, chunks of 64³",
    "blosc-128": "Blosc zstd, chunks of 128³",
    "sharded-128": "zstd in shards of 128³",
    "raw-maps": "raw, chunks are maps",
    "raw-series": "raw, chunks are series",
    "blosc-maps": "Blosc zstd, chunks are maps",
    "blosc-series": "Blosc zstd, chunks are series",
    "sharded-maps": "zstd, shards are maps",
    "csr, anndata v2": "CSR by anndata, Zarr v2",
    "csr, anndata v3": "CSR by anndata, Zarr v3",
    "csr, sharded": "CSR, sharded",
    "csr, small chunks": "CSR, small chunks",
}
# Limits that no reader can beat: beside the readers in tables and charts, but nobody to win or lose against.
NO_READERS = frozenset({"numpy.take"})

# The column of the summary that a reader of several ways to the same array belongs to.
FAMILIES = (OURS, BASELINE, "zarr-fused", "zarrs", "tensorstore")
# Where lines must be told apart by colour: the same reader always the same one, of the style sheet.
COLOURS = {
    BASELINE: 1, "zarr-fused": 2, "zarrs": 3, "tensorstore": 4, "zarrista": 5, "annbatch": 5, "anndata": 1,
    "h5py, contiguous": 3, "h5py, gzip": 4, "blosc2, zstd": 2, "numpy.memmap": 6, "numpy.take": 6,
    "DataLoader, zarr": 1, "DataLoader, zarr fused": 2, "DataLoader, zarr row by row": 3,
    "DataLoader, tensorstore": 4, "DataLoader, zarr row by row, 2 workers": 3,
    "DataLoader, zarr fused, 2 workers": 2,
}  # fmt: skip


def reader_name(reader: str) -> str:
    """Return what people call `reader`; one without a name of its own keeps the one in the suite."""
    if reader in SHORT_NAMES and reader not in READER_NAMES:
        return SHORT_NAMES[reader]
    first, comma, rest = reader.partition(",")
    return f"{SHORT_NAMES.get(first, first)}{comma}{rest}" if comma else READER_NAMES.get(reader, reader)


def short_name(reader: str) -> str:
    """Return a name that fits beside a mark in a chart."""
    return SHORT_NAMES.get(reader, reader if reader in READER_NAMES else reader_name(reader))


def layout_name(layout: str) -> str:
    """Return what people call `layout`."""
    return LAYOUT_NAMES.get(layout, layout)


def is_ours(reader: str) -> bool:
    """Say whether `reader` is zarr_partial, in any of its ways."""
    return OURS in reader


def family(reader: str) -> str | None:
    """Return the column of the summary that `reader` belongs to, or None."""
    if is_ours(reader):
        return OURS
    first = reader.partition(",")[0]
    return first if first in FAMILIES else None


def colour(reader: str) -> int:
    """Return the number of the colour of `reader` in charts that must tell readers apart; 0 for ours."""
    if is_ours(reader):
        return 0
    return COLOURS.get(reader) or COLOURS.get(reader.partition(",")[0], 6)
