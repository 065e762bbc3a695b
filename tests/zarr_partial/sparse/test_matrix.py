"""SciPy is the oracle: the same values, shape, types, order and flags for every matrix, layout and key."""

import copy
import pickle
import shutil
import tempfile
from pathlib import Path
from zipfile import ZIP_STORED

import numpy as np
import pytest
import zarr
from anndata.io import sparse_dataset
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from zarr.codecs import BloscCodec
from zarr.storage import MemoryStore

import zarr_partial as zp
from tests.zarr_partial.conformance.budget import cases
from tests.zarr_partial.running import run
from tests.zarr_partial.sparse.matrices import (
    LAYOUTS,
    in_memory,
    matrices,
    same,
    stored,
    write,
    write_by_hand,
)  # fmt: skip
from tests.zarr_partial.zipping import zipped

pytestmark = pytest.mark.filterwarnings("ignore:indices array has non-integer dtype")

COUNTS = sparse.random_array((200, 50), density=0.15, format="csr", rng=0, dtype="f4")
WAYS = [{}, {"io": "pread"}, {"io": "store"}, {"cache": "1 MiB"}, {"threads": 1}]
SMALL = {"chunks": (7,), "compressors": None}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("matrices")


@pytest.fixture
def cells(tmp_path):
    write(tmp_path / "cells.zarr", COUNTS, "blosc")
    return zp.open_csr(tmp_path / "cells.zarr", "X")


@st.composite
def entries(draw, length):
    """Return rows of a matrix, in any form they are written in."""
    number = st.integers(-length, length - 1) if length else st.nothing()
    numbers = st.lists(number, max_size=12 if length else 0)
    edge = st.none() | st.integers(-length - 3, length + 3)
    kind = draw(st.sampled_from(["slice", "list", "array", "mask", "all", *(["int"] if length else [])]))
    if kind == "int":
        return draw(number.map(np.int64) | number)
    if kind == "slice":
        step = draw(st.none() | st.integers(-4, 4).filter(bool))
        return slice(draw(edge), draw(edge), step)
    if kind == "all":
        return draw(st.sampled_from([..., slice(None)]))
    if kind == "mask":
        mask = draw(st.lists(st.booleans(), min_size=length, max_size=length))
        return mask if mask and draw(st.booleans()) else np.array(mask, dtype=bool)
    chosen = draw(numbers)
    if kind == "list":
        return chosen
    return np.array(chosen, dtype=draw(st.sampled_from(["i8", "i4", "i2"])))


@settings(max_examples=cases(480) // 8)
@given(data=st.data(), matrix=matrices(), size=st.sampled_from([3, 7, 50]))
def test_rows_and_columns_are_those_of_scipy(data, matrix, size, folder):
    kind, shape, arrays = matrix
    whole = in_memory(*matrix)
    path = Path(tempfile.mkdtemp(dir=folder))
    blosc = BloscCodec(blocksize=32, typesize=1)
    compressors = data.draw(st.sampled_from([None, "auto", blosc]), label="compressors")
    write_by_hand(path, arrays, shape, f"{kind}_matrix", chunks=(size,), compressors=compressors)
    stored_matrix = zp.open_csr(path, **data.draw(st.sampled_from(WAYS), label="way"))
    major = 0 if kind == "csr" else 1
    for _ in range(6):
        entry = data.draw(entries(shape[major]), label="entry")
        key = entry if kind == "csr" else entry if entry is ... else (slice(None), entry)
        same(stored_matrix[key], whole[key])
    shutil.rmtree(path)


# Some entries of every kind for an axis of 9 or more.
ENTRIES = [
    3, -1, slice(None), slice(1, 7, 2), slice(8, 2, -2), [1, 2], [0], [], np.arange(12) % 2 == 0, ...,
    np.array([[1], [2]]), np.array([[1, 2]]), np.array(4), 99, [0, 99], None,
]  # fmt: skip


@pytest.mark.parametrize("kind", ["csr", "csc"])
def test_both_axes_at_once_are_those_of_scipy(kind):
    whole = sparse.random_array((12, 12), density=0.4, format=kind, rng=1)
    store = MemoryStore()
    write_by_hand(store, stored(whole), whole.shape, f"{kind}_matrix", chunks=(9,))
    matrix = zp.open_csr(store)
    compared = 0
    for rows in ENTRIES:
        for columns in ENTRIES:
            refused = kind == "csc" and _is_all(columns) and not _is_all(rows)
            try:
                wanted = whole[rows, columns]
                refused = refused or rows is None or columns is None
            except (IndexError, ValueError):
                refused = True
            if refused:
                with pytest.raises((IndexError, ValueError)):
                    matrix[rows, columns]
                continue
            found = matrix[rows, columns]
            assert type(found) is type(wanted)
            to_dense = [part.toarray() if sparse.issparse(part) else part for part in (found, wanted)]
            np.testing.assert_array_equal(*to_dense, strict=True)
            compared += 1
    assert compared > 90


def _is_all(entry):
    return entry is ... or (isinstance(entry, slice) and entry == slice(None))


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("options", WAYS, ids=str)
def test_every_layout_and_way_gives_what_anndata_gives(layout, options, tmp_path):
    group = write(tmp_path / "a.zarr", COUNTS, layout)
    csr = zp.open_csr(tmp_path / "a.zarr", "X", **options)
    by_anndata = sparse_dataset(group)
    for rows in ([3, 199, 3, 0], np.arange(200) % 7 == 0, slice(20, 60), slice(150, 20, -9)):
        rows = np.array(rows) if isinstance(rows, list) else rows
        expected = sparse.csr_array(by_anndata[rows])
        found = csr[rows]
        np.testing.assert_array_equal(found.indptr, expected.indptr)
        np.testing.assert_array_equal(found.indices, expected.indices)
        np.testing.assert_array_equal(found.data, expected.data)
        same(found, COUNTS[rows])


def test_crossing_rows_and_columns_and_pairs_are_numpys(cells):
    rows, columns = [5, 3, 5], [0, 49, 7]
    same(cells[np.ix_(rows, columns)], COUNTS[np.ix_(rows, columns)])
    np.testing.assert_array_equal(cells[rows, columns], COUNTS[rows, columns])
    assert cells[7, 3] == COUNTS[7, 3]
    same(cells[7], COUNTS[7])
    same(cells[:, 3:9], COUNTS[:, 3:9])
    same(cells[..., 3], COUNTS[..., 3])


def test_every_kind_of_place_is_opened(tmp_path):
    zarr.open_group(tmp_path / "a.zarr", mode="w")
    group = write(tmp_path / "a.zarr/layers", COUNTS, "shards", "counts")
    root = zarr.open_group(tmp_path / "a.zarr", mode="r")
    memory = MemoryStore()
    write(memory, COUNTS, "zstd")
    zipped(tmp_path / "a.zarr", tmp_path / "b.zip", ZIP_STORED, b"")
    for place, path in (
        (tmp_path / "a.zarr", "layers/counts"), (str(tmp_path / "a.zarr/layers/counts"), None),
        (f"file://{tmp_path}/a.zarr", "layers/counts"), (group, None), (root, "layers/counts"),
        (root["layers"], "counts"), (memory, "X"), (tmp_path / "b.zip", "layers/counts"),
        (group.store, group.path),
    ):  # fmt: skip
        with zp.open_csr(place, path) as csr:
            same(csr[[7, 3]], COUNTS[[7, 3]])


def test_the_facts_are_those_of_the_matrix(cells):
    assert (cells.shape, cells.dtype, cells.nnz, cells.ndim) == (COUNTS.shape, "f4", COUNTS.nnz, 2)
    assert (cells.format, cells.index_dtype, len(cells)) == ("csr", "i4", 200)
    np.testing.assert_array_equal(cells.indptr, COUNTS.indptr)
    assert not cells.indptr.flags.writeable
    assert repr(cells) == "<CSRArray 200 x 50 float32, 1,500 stored>"
    assert "1,500 elements, 0.15 of all" in cells._repr_html_()
    same(cells.to_memory(), COUNTS)
    with pytest.raises(TypeError, match="found a sparse CSRArray"):
        np.asarray(cells)


def test_a_plan_counts_both_arrays_and_reads_nothing(tmp_path):
    write(tmp_path / "a.zarr", COUNTS, "raw")
    plan = zp.open_csr(tmp_path / "a.zarr", "X").explain([3, 8, 8])
    stored_elements = COUNTS[[3, 8, 8]].nnz
    assert plan.bytes_wanted == 8 * stored_elements
    assert plan.bytes_read == 8 * COUNTS[[3, 8]].nnz
    assert (plan.rows, plan.bytes_decoded) == (3, 0)
    assert plan.chunks == plan.data.chunks + plan.indices.chunks
    assert plan.requests == plan.data.requests + plan.indices.requests
    assert plan.amplification == pytest.approx(plan.bytes_read / plan.bytes_wanted)
    assert f"rows            3, {8 * stored_elements} B" in str(plan)
    assert "<table" in plan._repr_html_()
    nothing = zp.open_csr(tmp_path / "a.zarr", "X").explain([])
    assert (nothing.bytes_read, nothing.amplification, nothing.units) == (0, None, 0)


def test_reading_without_blocking_the_loop_gives_the_same(cells, tmp_path):
    import asyncio

    async def read(matrix):
        return await asyncio.gather(*(matrix.read_async(rows) for rows in ([1, 150], slice(9, 3, -2), 5)))

    for matrix in (cells, zp.open_csr(tmp_path / "cells.zarr", "X", io="store")):
        for found, rows in zip(run(read(matrix)), ([1, 150], slice(9, 3, -2), 5), strict=True):
            same(found, COUNTS[rows])


@pytest.mark.parametrize("options", WAYS, ids=str)
def test_prefetched_rows_are_read_afterwards(tmp_path, options):
    write(tmp_path / "a.zarr", COUNTS, "zstd")
    csr = zp.open_csr(tmp_path / "a.zarr", "X", **options)
    for rows in ([1, 150, 20], slice(5, 9), []):
        csr.prefetch(rows)
        assert (csr[rows] != COUNTS[rows]).nnz == 0


def test_a_cache_is_shared_between_data_and_indices(tmp_path):
    write(tmp_path / "a.zarr", COUNTS.astype("f8"), "zstd")
    csr = zp.open_csr(tmp_path / "a.zarr", "X", cache=3000)
    assert csr.data.cache_info().budget == 2000
    assert csr.indices.cache_info().budget == 1000
    csr[[3]], csr[[3]]
    assert csr.data.cache_info().hits
    assert csr.indices.cache_info().hits


def test_a_copy_in_another_process_opens_it_again(cells, tmp_path):
    for one in (pickle.loads(pickle.dumps(cells)), copy.copy(cells)):
        same(one[[4, 9]], COUNTS[[4, 9]])
    # Nothing of the data is in it.
    assert len(pickle.dumps(cells)) < 2000
    packed = pickle.dumps(cells)
    shutil.rmtree(tmp_path / "cells.zarr")
    with pytest.raises(zp.OpenError, match=r"cells\.zarr, path 'X', found no group; check the path"):
        pickle.loads(packed)


def test_a_copy_of_a_group_at_a_relative_path_is_opened_from_any_folder(tmp_path, monkeypatch):
    write(tmp_path / "a.zarr", COUNTS, "raw")
    (tmp_path / "inside").mkdir()
    monkeypatch.chdir(tmp_path)
    packed = pickle.dumps(zp.open_csr(zarr.open_group("a.zarr", mode="r")["X"]))
    monkeypatch.chdir("inside")
    same(pickle.loads(packed)[[4, 9]], COUNTS[[4, 9]])


def test_refresh_sees_rows_that_were_added_and_close_ends_reading(tmp_path):
    group = write(tmp_path / "a.zarr", COUNTS[:100], "anndata's own, format 2")
    csr = zp.open_csr(tmp_path / "a.zarr", "X")
    same(csr[[99]], COUNTS[[99]])
    sparse_dataset(zarr.open_group(tmp_path / "a.zarr", mode="r+")["X"]).append(COUNTS[100:])
    assert csr.shape == (100, 50)
    csr.refresh()
    assert csr.shape == (200, 50)
    same(csr[[199, 2]], COUNTS[[199, 2]])
    csr.close()
    csr.close()
    assert repr(csr) == "<CSRArray, closed>"
    with pytest.raises(ValueError, match="expected an open matrix, found a closed one"):
        csr[0]
    assert group is not None


def test_groups_of_the_first_anndatas_are_read(tmp_path):
    group = write_by_hand(tmp_path, stored(COUNTS), COUNTS.shape)
    group.attrs.put({"h5sparse_format": "csr", "h5sparse_shape": [200, 50]})
    same(zp.open_csr(tmp_path)[[5]], COUNTS[[5]])


def test_big_endian_values_come_in_the_order_of_the_machine(tmp_path):
    arrays = {
        "data": COUNTS.data.astype(">f8"), "indices": COUNTS.indices.astype(">i4"),
        "indptr": COUNTS.indptr.astype(">i8"),
    }  # fmt: skip
    write_by_hand(tmp_path, arrays, COUNTS.shape, **SMALL)
    csr = zp.open_csr(tmp_path)
    assert csr.dtype == "f8"
    found = csr[[5, 7]]
    assert found.data.dtype.isnative
    np.testing.assert_array_equal(found.toarray(), COUNTS[[5, 7]].toarray())


def test_elements_beyond_the_last_row_are_left_out(tmp_path):
    arrays = stored(COUNTS)
    for name in ("data", "indices"):
        arrays[name] = np.append(arrays[name], arrays[name][:5])
    write_by_hand(tmp_path, arrays, COUNTS.shape)
    csr = zp.open_csr(tmp_path)
    assert csr.nnz == COUNTS.nnz
    same(csr.to_memory(), COUNTS)
