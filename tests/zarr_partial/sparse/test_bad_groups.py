"""Groups that are no sparse matrix, or a broken one, and keys that choose nothing: each its own error."""

import sys

import anndata
import numpy as np
import pytest
import zarr
from scipy import sparse

import zarr_partial as zp
from tests.zarr_partial.sparse.matrices import stored, write, write_by_hand

COUNTS = sparse.random_array((20, 30), density=0.3, format="csr", rng=0, dtype="f4")
ARRAYS = stored(COUNTS)
POINTERS = COUNTS.indptr
FALLING = np.append(POINTERS[:-2], [POINTERS[-2] - 40, POINTERS[-1]])

BROKEN = {
    "falls": ({"indptr": FALLING}, r"expected indptr never to fall, found \d+, \d+ at 18; a write was"),
    "late": ({"indptr": POINTERS + 1}, "expected indptr to begin with 0, found 1"),
    "long": ({"indptr": np.append(POINTERS[:-1], 181)}, "expected indptr to end at 180, .* found 181"),
    "short": ({"indptr": POINTERS[:-1]}, "expected indptr of 21 elements, .* found 20; .* attribute shape"),
    "floats": ({"indptr": POINTERS.astype("f8")}, "expected indptr of integers, found float64"),
    "two axes": ({"indptr": POINTERS[None]}, "expected indptr with one axis, found the shape 1 x 21"),
    "data of two axes": ({"data": np.zeros((2, 3))}, "expected data with one axis, found the shape 2 x 3"),
    "lengths": ({"data": np.zeros(7)}, "expected data and indices of one length, found 7 and 180"),
    "float indices": ({"indices": np.zeros(180)}, "expected indices of integers, found float64"),
    "text": ({"data": np.full(180, "a")}, "expected data of numbers, found <U1"),
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification")
@pytest.mark.parametrize("name", BROKEN)
def test_arrays_that_contradict_each_other_are_refused_when_opened(name, tmp_path):
    changed, words = BROKEN[name]
    write_by_hand(tmp_path / "X", {**ARRAYS, **changed}, COUNTS.shape)
    with pytest.raises(zp.CorruptMatrixError, match=words) as caught:
        zp.open_csr(tmp_path / "X")
    assert str(caught.value).startswith(f"file://{tmp_path}/X: ")


@pytest.mark.parametrize(("value", "words"), [(30, "found 30 in row 12"), (-1, "found -1 in row 12")])
def test_indices_outside_the_shape_are_found_in_the_rows_that_are_read(value, words, tmp_path):
    indices = COUNTS.indices.copy()
    indices[POINTERS[12] + 1] = value
    write_by_hand(tmp_path / "X", {**ARRAYS, "indices": indices}, COUNTS.shape)
    csr = zp.open_csr(tmp_path / "X")
    assert csr[[11, 13]].nnz == COUNTS[[11, 13]].nnz
    for key in ([3, 12], slice(0, 20), 12):
        with pytest.raises(zp.CorruptMatrixError, match=f"column in indices to be from 0 to 29, {words}"):
            csr[key]


@pytest.mark.parametrize("member", ["data", "indices", "indptr"])
def test_missing_arrays_are_named(member, tmp_path):
    write_by_hand(tmp_path / "X", {name: ARRAYS[name] for name in ARRAYS if name != member}, COUNTS.shape)
    with pytest.raises(zp.OpenError, match=rf"found no {member} \(there is: .*\); the copy is incomplete"):
        zp.open_csr(tmp_path / "X")


def test_groups_that_are_something_else_are_said_to_be(tmp_path):
    cells = anndata.AnnData(COUNTS.toarray(), layers={"counts": sparse.csr_matrix(COUNTS)})
    cells.write_zarr(tmp_path / "cells.zarr")
    cells.write_h5ad(tmp_path / "cells.h5ad")
    for path, words in {
        "X": "found a dense array, not a sparse matrix; read it with zarr_partial.open",
        None: "'anndata', and X in it is a dense array",
        "layers": "'dict'; give the path of a matrix in it: 'layers/counts'",
        "obs": "'dataframe', and no sparse matrix in it",
        "nothing": "found no group; check the path",
    }.items():
        with pytest.raises(zp.OpenError, match=words):
            zp.open_csr(tmp_path / "cells.zarr", path)
    with pytest.raises(zp.OpenError, match=r"found an HDF5 file; convert it once: anndata\.read_h5ad"):
        zp.open_csr(tmp_path / "cells.h5ad")
    with pytest.raises(zp.OpenError, match="found a dense array"):
        zp.open_csr(zarr.open_array(tmp_path / "cells.zarr/X", mode="r"))
    with pytest.raises(zp.OpenError, match="found TypeError"):
        zp.open_csr(7)


@pytest.mark.parametrize(
    ("attributes", "words"),
    [
        ({"encoding-version": "0.2.0"}, "encoding-version 0.1.0.*found '0.2.0'; install a newer"),
        ({"shape": [20]}, r"attribute shape of two lengths, found \[20\]"),
        ({"shape": [20, -3]}, r"attribute shape of two lengths, found \[20, -3\]"),
        ({"encoding-type": "array"}, "found the encoding-type 'array', and no sparse matrix in it"),
    ],
    ids=["version", "one length", "negative length", "another encoding"],
)
def test_attributes_that_say_something_else_are_refused(attributes, words, tmp_path):
    write_by_hand(tmp_path / "X", ARRAYS, COUNTS.shape).attrs.update(attributes)
    with pytest.raises(zp.OpenError, match=words):
        zp.open_csr(tmp_path / "X")


KEYS = {
    "float": (1.5, r"found \[1\.5\]; convert it to integers"),
    "floats": (np.array([1.0, 2.0]), r"found float64 of shape \(2,\); convert it to integers"),
    "no integers": (np.empty(0), r"found float64 of shape \(0,\)"),
    "short mask": (np.ones(19, bool), "a mask of 20, found a mask of 19"),
    "mask of two axes": (np.ones((20, 30), bool), "a mask of 20, found a mask of 20 x 30"),
    "one truth": (True, "found a mask of one value"),
    "beyond": ([3, 20], "expected a row from -20 to 19, found 20"),
    "before": (-21, "expected a row from -20 to 19, found -21"),
    "text": ("a", r"found \['a'\]"),
    "ragged": ([[1], [2, 3]], "found .*inhomogeneous"),
    "float slice": (slice(1.5), "slice indices must be integers"),
    "three": ((1, 2, 3), r"expected rows, or rows and columns, found \[1, 2, 3\]"),
    "new axis": (None, "with a new axis"),
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_keys_that_choose_no_rows_are_refused(name, tmp_path):
    key, words = KEYS[name]
    write(tmp_path / "cells.zarr", COUNTS, "raw")
    csr = zp.open_csr(tmp_path / "cells.zarr", "X")
    for ask in (csr.__getitem__, csr.explain, csr.prefetch):
        with pytest.raises(IndexError, match=words) as caught:
            ask(key)
        assert "cells.zarr/X: expected" in str(caught.value)


def test_rows_of_a_matrix_stored_by_column_are_refused_with_a_way_out(tmp_path):
    write(tmp_path / "genes.zarr", COUNTS.tocsc(), "raw")
    csc = zp.open_csr(tmp_path / "genes.zarr", "X")
    assert repr(csc) == "<CSCArray 20 x 30 float32, 180 stored>"
    for key in (3, [1, 2], np.s_[1:3, :]):
        with pytest.raises(IndexError, match=r"expected columns, as in \[:, columns\].*\.to_memory\(\)"):
            csc[key]


def test_scipy_that_is_not_installed_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(ImportError, match=r"pip install 'zarr-partial\[sparse\]'"):
        zp.open_csr(tmp_path)
