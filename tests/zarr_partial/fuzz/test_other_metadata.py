"""Metadata that do not belong to the data: what zarr makes of them, or an error that names the chunk."""

import copy
import json

import numpy as np
import pytest
import zarr

import zarr_partial as zp
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.conformance.compare import assert_same, outcome
from tests.zarr_partial.fuzz.layouts import LAYOUTS, SHAPE, values
from tests.zarr_partial.fuzz.test_fuzz import READS

pytestmark = [
    # Of all kinds: about types without a specification, shards beside codecs, a missing byte order.
    pytest.mark.filterwarnings("ignore::UserWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
]

USUAL = 1_440


def shape_of_another(document, rng):
    document["shape"] = [int(n) for n in rng.integers(0, 40, len(SHAPE))]


def other_chunks(document, rng):
    shape = [int(n) for n in rng.choice([1, 2, 4, 6, 8, 12, 24], len(SHAPE))]
    if "chunks" in document:
        document["chunks"] = shape
    else:
        document["chunk_grid"]["configuration"]["chunk_shape"] = shape


def other_inner_chunks(document, rng):
    for codec in document.get("codecs", []):
        if codec["name"] == "sharding_indexed":
            codec["configuration"]["chunk_shape"] = [int(n) for n in rng.choice([1, 2, 4, 8, 12], len(SHAPE))]


def other_type(document, rng):
    if "dtype" in document:
        document["dtype"] = str(rng.choice(["<i4", ">i4", "<i2", "<f8", "|u1", "|b1", "<c8", "|S3", "<U2"]))
    else:
        document["data_type"] = str(rng.choice(["int32", "uint8", "float64", "int16", "bool", "complex64"]))
        document["fill_value"] = {"bool": False, "complex64": [0, 0]}.get(document["data_type"], 0)


def other_order(document, rng):
    if "order" in document:
        document["order"] = "F" if document["order"] == "C" else "C"
    for codec in codecs_of(document):
        if codec["name"] == "bytes":
            codec["configuration"] = {"endian": str(rng.choice(["big", "little"]))}


def other_index(document, rng):
    for codec in codecs_of(document):
        if codec["name"] == "sharding_indexed":
            place = codec["configuration"]
            place["index_location"] = "start" if place["index_location"] == "end" else "end"
            if rng.random() < 0.5:
                place["index_codecs"] = place["index_codecs"][:1]


def codec_dropped(document, rng):
    document["compressor"] = None
    chains = chains_of(document)
    chain = chains[rng.integers(0, len(chains))] if chains else []
    if len(chain) > 1:
        del chain[rng.integers(0, len(chain))]


def codec_added(document, rng):
    document["compressor"] = {"id": str(rng.choice(["zlib", "bz2", "zstd", "lz4", "of-my-own"]))}
    for chain in chains_of(document):
        codec = MORE_CODECS[rng.integers(0, len(MORE_CODECS))]
        chain.insert(0 if codec["name"] == "transpose" else len(chain), codec)


MORE_CODECS = [
    {"name": "crc32c"},
    {"name": "gzip", "configuration": {"level": 1}},
    {"name": "zstd", "configuration": {"level": 1, "checksum": False}},
    {"name": "blosc", "configuration": LAYOUTS["blosc lz4"]["compressors"].to_dict()["configuration"]},
    {"name": "transpose", "configuration": {"order": [1, 0]}},
    {"name": "of-my-own"},
]


def other_fill(document, rng):
    document["fill_value"] = [7, 2**31 - 1, -1, "NaN", None][rng.integers(0, 5)]


def chains_of(document):
    """Return every list of codecs in a document of format 3, from the outside in, but those of indexes."""
    chains = [document["codecs"]] if "codecs" in document else []
    for chain in chains:
        chains.extend(c["configuration"]["codecs"] for c in chain if c["name"] == "sharding_indexed")
    return chains


def codecs_of(document):
    return [codec for chain in chains_of(document) for codec in chain]


CHANGES = [
    shape_of_another, other_chunks, other_inner_chunks, other_type, other_order, other_index, codec_dropped,
    codec_added, other_fill,
]  # fmt: skip


@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_of_other_metadata_are_named_or_read_as_zarr_reads_them(tmp_path, layout):
    options = {"chunks": (8, 12), "dtype": "<i4", **LAYOUTS[layout]}
    zarr.create_array(tmp_path / "a", shape=SHAPE, **options)[...] = values(options["dtype"])
    file = next(tmp_path.glob("a/zarr.json"), tmp_path / "a" / ".zarray")
    intact = json.loads(file.read_text())
    for seed in range(-(-cases(USUAL) // len(LAYOUTS))):
        rng = np.random.default_rng(seed)
        document = copy.deepcopy(intact)
        names = []
        for _ in range(rng.integers(1, 3)):
            change = CHANGES[rng.integers(0, len(CHANGES))]
            change(document, rng)
            names.append(change.__name__)
        if "codecs" in document:
            document.pop("compressor", None)
        file.write_text(json.dumps(document))
        compare(tmp_path / "a", f"seed {seed}: {', '.join(names)}")


def compare(path, here):
    array, partial = outcome(lambda: zarr.open_array(path, mode="r")), outcome(lambda: zp.open(path))
    if isinstance(array, Exception):
        assert isinstance(partial, (zp.OpenError, type(array))), (here, array, partial)
        return
    assert isinstance(partial, zp.PartialArray), (here, partial)
    for name, read in READS.items():
        got = outcome(lambda read=read: read(partial))
        if isinstance(got, zp.ChunkError):
            assert repr(got.key) in str(got), (here, got)
            continue
        want = outcome(lambda read=read: read(array))
        if isinstance(got, Exception):
            # Indices beyond another shape, and codecs that nobody has.
            assert isinstance(got, (IndexError, LookupError, *OF_ZARR)), (here, name, got, want)
            assert type(got) is type(want), (here, name, got, want)
        elif not isinstance(want, Exception):
            try:
                assert_same(got, want)
            except AssertionError as error:
                raise AssertionError(f"{here}, then {name}: {error}") from error
        elif name == "all":
            raise AssertionError(f"{here}: zarr found {want!r}, we found nothing") from want


OF_ZARR = (zarr.errors.BaseZarrError, ValueError)
