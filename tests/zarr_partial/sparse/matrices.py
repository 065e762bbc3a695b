"""Sparse matrices and groups that hold them."""

import numpy as np
import zarr
from anndata.io import write_elem
from hypothesis import strategies as st
from scipy import sparse
from zarr.codecs import BloscCodec, ZstdCodec

# What `write_elem` is told of the arrays of a matrix; None leaves it all to anndata.
LAYOUTS = {
    "anndata's own, format 3": (3, None),
    "anndata's own, format 2": (2, None),
    "raw": (3, {"chunks": (16,), "shards": None, "compressors": None}),
    "zstd": (3, {"chunks": (16,), "shards": None, "compressors": ZstdCodec()}),
    "blosc": (3, {"chunks": (64,), "shards": None, "compressors": BloscCodec(blocksize=64, typesize=1)}),
    "shards": (3, {"chunks": (8,), "shards": (32,), "compressors": ZstdCodec()}),
    "raw shards": (3, {"chunks": (8,), "shards": (32,), "compressors": None}),
    "raw, format 2": (2, {"chunks": (16,), "compressor": None}),
}


def write(path, matrix, layout, name="X"):
    """Write a matrix as AnnData does, and return the group that holds it."""
    zarr_format, options = LAYOUTS[layout]
    root = zarr.open_group(path, mode="a", zarr_format=zarr_format)
    write_elem(root, name, matrix, dataset_kwargs=options or {})
    return root[name]


def stored(matrix):
    """Return the arrays of a matrix by their names in a group."""
    return {"data": matrix.data, "indices": matrix.indices, "indptr": matrix.indptr}


def write_by_hand(path, arrays, shape, encoding="csr_matrix", **options):
    """Write any arrays as the group of a matrix, sound or not."""
    group = zarr.open_group(path, mode="w")
    group.attrs.update({"encoding-type": encoding, "encoding-version": "0.1.0", "shape": list(shape)})
    for name, values in arrays.items():
        group.create_array(name, data=np.asarray(values), **options)
    return group


@st.composite
def matrices(draw, formats=("csr", "csc")):
    """Return a matrix: of any density, with rows empty or full, sorted or not, with duplicates or without."""
    rows, columns = draw(st.integers(0, 40)), draw(st.integers(1, 30))
    rng = np.random.default_rng(draw(st.integers(0, 255)))
    dtype = draw(st.sampled_from(["<f4", "<f8", "<i8", "<i4", "u1", "u2", "bool", "<c8"]))
    index = draw(st.sampled_from(["<i4", "<i4", "<i8", "<u2", "<u4"]))
    pointer = draw(st.sampled_from(["<i4", "<i4", "<i8"]))
    kind = draw(st.sampled_from(formats))
    major, minor = (rows, columns) if kind == "csr" else (columns, rows)
    most = draw(st.sampled_from([0, 2, max(1, minor)])) if minor else 0
    counts = rng.integers(0, most + 1, major)
    indices = [rng.integers(0, max(1, minor), count) for count in counts]
    if draw(st.booleans()):
        indices = [np.unique(of_row) for of_row in indices]
    indptr = np.cumsum([0, *map(len, indices)])
    indices = np.concatenate([np.empty(0, int), *indices])
    data = rng.integers(0, 3, indices.size).astype(dtype)
    return kind, (rows, columns), {
        "data": data, "indices": indices.astype(index), "indptr": indptr.astype(pointer),
    }  # fmt: skip


def in_memory(kind, shape, arrays):
    """Return the matrix as SciPy has it."""
    container = sparse.csr_array if kind == "csr" else sparse.csc_array
    return container((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)


def same(found, wanted):
    """Compare two results of an indexing by all that can be seen of them."""
    if not sparse.issparse(wanted):
        assert np.asarray(found).dtype == np.asarray(wanted).dtype
        assert found == wanted
        return
    assert type(found) is type(wanted)
    assert (found.shape, found.dtype, found.nnz) == (wanted.shape, wanted.dtype, wanted.nnz)
    # Of no rows SciPy forgets, by some keys, the type of the indices.
    if not hasattr(wanted, "indptr") or 0 in wanted.shape:
        np.testing.assert_array_equal(found.toarray(), wanted.toarray())
        return
    assert found.has_sorted_indices == wanted.has_sorted_indices
    assert found.has_canonical_format == wanted.has_canonical_format
    for name in ("data", "indices", "indptr"):
        assert getattr(found, name).dtype == getattr(wanted, name).dtype, name
        np.testing.assert_array_equal(getattr(found, name), getattr(wanted, name), err_msg=name)
