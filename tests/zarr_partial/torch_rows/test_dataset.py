"""Samples are the rows that zarr reads, as tensors, alone, in batches and through PyTorch's DataLoader."""

import numpy as np
import pytest
import scipy.sparse
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_partial as zp

torch = pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")

from torch.utils.data import (  # noqa: E402
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    Subset,
    WeightedRandomSampler,
    random_split,
)  # fmt: skip

from zarr_partial.torch import RowDataset, collate  # noqa: E402
from zarr_partial.torch.columns import TENSOR_DTYPES  # noqa: E402

# PyTorch says so at its first sparse tensor, whoever makes it.
SPARSE_IS_BETA = "ignore:Sparse (CSR tensor support is in beta|invariant checks are implicitly disabled)"


@pytest.mark.parametrize("layout", ["raw", "blosc", "zstd", "shards"])
def test_samples_and_batches_are_the_rows(stored, numbered, layout):
    dataset = RowDataset(zp.open(stored[layout]))
    assert len(dataset) == len(numbered)
    np.testing.assert_array_equal(dataset[-1].numpy(), numbered[-1])
    np.testing.assert_array_equal(dataset[10:4:-3].numpy(), numbered[10:4:-3])
    np.testing.assert_array_equal(dataset[[99, 0, 0, -2]].numpy(), numbered[[99, 0, 0, -2]])
    mask = numbered[:, 0] % 7 == 2
    np.testing.assert_array_equal(dataset[mask].numpy(), numbered[mask])
    np.testing.assert_array_equal(dataset[torch.tensor([5, 4])].numpy(), numbered[[5, 4]])
    assert dataset[[]].shape == (0, 3)


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("dtype", [dtype.str[1:] for dtype in TENSOR_DTYPES])
@pytest.mark.parametrize("zarr_format", [2, 3])
def test_elements_of_every_type_become_tensors(tmp_path, zarr_format, dtype, order):
    data = np.random.default_rng(0).integers(0, 2, (20, 3)).astype(order + dtype)
    array = zarr.create_array(tmp_path / "a", data=data, chunks=(6, 2), zarr_format=zarr_format)
    for source in (array, zp.open(array), data):
        found = RowDataset(source)[[19, 3]]
        assert found.dtype == TENSOR_DTYPES[data.dtype.newbyteorder("=")]
        np.testing.assert_array_equal(found.numpy(), data[[19, 3]])


def test_an_array_that_could_mask_and_does_not_is_an_array():
    values = np.ma.masked_equal([0, 1, 2], -1)
    assert RowDataset(values)[[2, 0]].tolist() == [2, 0]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 4), max_size=4), st.data())
def test_rows_may_have_any_shape(tmp_path_factory, tail, data):
    shape = (data.draw(st.integers(1, 9)), *tail)
    values = np.arange(np.prod(shape), dtype="i4").reshape(shape)
    chunks = tuple(data.draw(st.integers(1, max(1, length))) for length in shape)
    order = data.draw(st.sampled_from("CF"))
    array = zarr.create_array(
        tmp_path_factory.mktemp("odd"), shape=shape, dtype="i4", chunks=chunks, order=order, zarr_format=2
    )
    if values.size:
        array[...] = values
    dataset = RowDataset(array)
    rows = data.draw(st.lists(st.integers(0, shape[0] - 1), min_size=1))
    np.testing.assert_array_equal(dataset[rows].numpy(), values[rows])
    np.testing.assert_array_equal(dataset[rows[0]].numpy(), values[rows[0]])
    assert dataset[rows].is_contiguous()


def test_missing_chunks_are_the_fill_value(tmp_path):
    array = zarr.create_array(tmp_path / "a", shape=(10, 2), chunks=(5, 2), dtype="f4", fill_value=7)
    assert RowDataset(array)[[9, 0]].tolist() == [[7, 7], [7, 7]]


def samplers(count):
    generator = torch.Generator().manual_seed(0)
    return {
        "in order": SequentialSampler(range(count)),
        "random": RandomSampler(range(count), generator=generator),
        "weighted": WeightedRandomSampler(np.arange(1, count + 1), 30, generator=generator),
        "a list": [3, 3, 99, 0],
        "tensors": [torch.tensor(row) for row in (8, 2, 5)],
    }


@pytest.mark.parametrize("sampler", ["in order", "random", "weighted", "a list", "tensors"])
@pytest.mark.parametrize("how", ["collate", "default", "no batching"])
def test_data_loader_reads_a_batch_by_one_call_with_any_sampler(rows, numbered, sampler, how, monkeypatch):
    sampler = samplers(100)[sampler]
    dataset = RowDataset(rows, labels=np.arange(100))
    calls = []
    take = zp.PartialArray.take
    monkeypatch.setattr(
        zp.PartialArray, "take", lambda *given, **named: calls.append(1) or take(*given, **named)
    )
    options = {
        "collate": {"batch_size": 16, "sampler": sampler, "collate_fn": collate},
        "default": {"batch_size": 16, "sampler": sampler},
        "no batching": {"batch_size": None, "sampler": BatchSampler(sampler, 16, drop_last=False)},
    }
    batches = list(DataLoader(dataset, **options[how]))
    assert len(calls) == len(batches) == -(-len(sampler) // 16)
    for x, y in batches:
        np.testing.assert_array_equal(x.numpy(), numbered[y.numpy()])
    assert sum(len(y) for _, y in batches) == len(sampler)


def test_subsets_and_splits_read_in_batches_too(rows, numbered):
    dataset = RowDataset(rows)
    train, test = random_split(dataset, [80, 20], generator=torch.Generator().manual_seed(0))
    found = torch.cat([*DataLoader(train, 32, collate_fn=collate), *DataLoader(test, 32, collate_fn=collate)])
    np.testing.assert_array_equal(np.sort(found.numpy()[:, 0]), numbered[:, 0])
    (batch,) = DataLoader(Subset(dataset, [4, 2]), 2)
    np.testing.assert_array_equal(batch.numpy(), numbered[[4, 2]])


def test_samples_have_the_shape_of_what_was_given(rows, numbered):
    labels = np.arange(100, dtype=">i2")
    pair = RowDataset((rows, labels))
    assert isinstance(pair[3], tuple)
    assert pair[3][1].dtype == torch.int16
    by_name = RowDataset({"x": rows, "y": labels})
    assert by_name[3]["y"] == 3
    (batch,) = DataLoader(by_name, 4, sampler=[1, 2, 3, 9])
    assert batch["y"].tolist() == [1, 2, 3, 9]
    np.testing.assert_array_equal(batch["x"].numpy(), numbered[[1, 2, 3, 9]])
    three = RowDataset([rows, rows], labels=labels)
    assert [part.shape for part in three[[1, 2]]] == [(2, 3), (2, 3), (2,)]
    assert isinstance(RowDataset([rows])[1], tuple)
    assert repr(three) == "<RowDataset of 100 rows: arrays[0], arrays[1], labels>"


def test_labels_may_be_arrays_of_any_kind(rows, tmp_path):
    labels = np.arange(100)
    stored = zarr.create_array(tmp_path / "labels", data=labels, chunks=(30,))
    for kind in (labels, stored, zp.open(stored), torch.arange(100), labels.tolist(), range(100)):
        assert RowDataset(rows, labels=kind)[[98, 1]][1].tolist() == [98, 1]


def test_rows_that_take_part(rows, numbered, stored):
    for layout in stored:
        for chosen in (slice(10, 50), [7, 7, 99, 3], numbered[:, 0] > 90, np.arange(100)[::-1]):
            dataset = RowDataset(zp.open(stored[layout]), rows=chosen)
            expected = numbered[chosen]
            assert len(dataset) == len(expected)
            np.testing.assert_array_equal(dataset[:].numpy(), expected)
            np.testing.assert_array_equal(dataset[-1].numpy(), expected[-1])
            np.testing.assert_array_equal(dataset[[3, 0]].numpy(), expected[[3, 0]])
    with pytest.raises(IndexError, match="expected a mask of 100 rows, found one of 99"):
        RowDataset(rows, rows=np.ones(99, dtype=bool))
    with pytest.raises(IndexError, match="expected whole row numbers, found float64"):
        RowDataset(rows, rows=np.array([0.5]))


def test_dtypes_are_converted(rows, tmp_path):
    counts = zarr.create_array(tmp_path / "counts", data=np.full((100, 2), 65535, dtype=">u2"))
    assert RowDataset(counts)[0].dtype == torch.uint16
    assert RowDataset(counts, dtype=torch.float32)[0].tolist() == [65535, 65535]
    found = RowDataset((rows, counts), labels=np.arange(100), dtype=(None, torch.int64))[0]
    assert [part.dtype for part in found] == [torch.float32, torch.int64, torch.int64]
    found = RowDataset({"x": rows, "n": counts}, dtype={"n": torch.int32})[0]
    assert [part.dtype for part in found.values()] == [torch.float32, torch.int32]
    assert RowDataset((rows, counts), dtype=torch.float16)[0][1].dtype == torch.float16


def test_transform_sees_batches_and_samples_are_batches_of_one_row(rows, numbered):
    seen = []

    def double(batch):
        x, y = batch
        seen.append(tuple(x.shape))
        return {"x": x * 2, "y": y}

    dataset = RowDataset(rows, labels=np.arange(100), transform=double)
    assert dataset[4]["x"].tolist() == (numbered[4] * 2).tolist()
    assert dataset[[4, 5]]["y"].tolist() == [4, 5]
    (batch,) = DataLoader(dataset, 3, sampler=[9, 8, 7])
    np.testing.assert_array_equal(batch["x"].numpy(), numbered[[9, 8, 7]] * 2)
    assert seen == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    ("transform", "error", "message"),
    [
        (lambda x: x[:1], ValueError, "expected transform to keep 2 rows, found 1 after it"),
        (lambda x: (x, x[:1]), ValueError, r"parts with one row each, found \[1, 2\] rows"),
        (
            lambda x: "x",
            TypeError,
            "expected transform to return tensors, or a tuple or dict of them, found str",
        ),
    ],
)
def test_transforms_that_keep_no_rows_are_errors(rows, transform, error, message):
    with pytest.raises(error, match=message):
        RowDataset(rows, transform=transform).__getitems__([1, 2])


def test_batches_share_no_memory_with_their_source(rows, numbered):
    labels = np.arange(100)
    dataset = RowDataset(rows, labels=labels)
    for key in (slice(0, 50), [0, 1], 3):
        x, y = dataset[key]
        x.zero_()
        y.zero_()
    np.testing.assert_array_equal(labels, np.arange(100))
    np.testing.assert_array_equal(dataset[:][0].numpy(), numbered)


@pytest.mark.filterwarnings(SPARSE_IS_BETA)
@pytest.mark.parametrize("kind", [scipy.sparse.csr_array, scipy.sparse.csr_matrix])
def test_rows_of_sparse_matrices_are_sparse_tensors(kind):
    matrix = kind(scipy.sparse.random(50, 8, 0.3, format="csr", random_state=0, dtype="f4"))
    dataset = RowDataset(matrix, labels=np.arange(50), dtype=torch.float64)
    dense = matrix.toarray()
    for x, y in DataLoader(dataset, 16, shuffle=True, collate_fn=collate):
        assert x.layout is torch.sparse_csr
        np.testing.assert_array_equal(x.to_dense().numpy(), dense[y.numpy()])
    np.testing.assert_array_equal(dataset[7][0].to_dense().numpy(), dense[7])
    assert dataset[[3]][0].dtype == torch.float64
    with pytest.raises(TypeError, match=r"expected rows in CSR layout, found csc; call .tocsr\(\)"):
        RowDataset(matrix.tocsc())


class Chunked:
    """As arrays of Dask, xarray and h5py are: NumPy would read all of them."""

    shape, chunks = (4,), (2,)

    def __array__(self, dtype=None, copy=None):
        raise AssertionError("read as a whole")


def bad_arguments():
    numbers = np.zeros((4, 2), dtype="f4")
    times = np.zeros(4, dtype="M8[s]")
    pair = np.zeros(4, dtype=[("a", "i4"), ("b", "f4")])
    yield (
        (np.array(["a", "b"]),),
        {},
        TypeError,
        r"arrays: .* found <U1; give numbers for the words: numpy.unique",
    )
    yield (np.array([b"a"]),), {}, TypeError, r"found \|S1; give numbers for the words"
    yield (np.array(["a", "b"], dtype=object),), {}, TypeError, "found object; give numbers for the words"
    yield (times,), {}, TypeError, r'found datetime64\[s\]; give its numbers: array\[...\].view\("int64"\)'
    yield (pair,), {}, TypeError, r"give one field of it: array\['a'\]"
    yield (
        (numbers, np.ma.masked_equal([0, 1, -1, 2], -1)),
        {},
        ValueError,
        r"labels: expected an array without masked values, found 1 of them; give array.filled\(",
    )
    yield (np.zeros(4, dtype="g"),), {}, TypeError, "expected a dtype that PyTorch has, found (long|float128)"
    yield (np.float32(1),), {}, ValueError, "expected an array with at least one axis, found a 0-d one"
    yield ("cells.zarr",), {}, TypeError, "found str; open it with zarr_partial.open"
    yield (Chunked(),), {}, TypeError, "arrays: expected a PartialArray, .* found Chunked"
    yield (None,), {}, TypeError, "arrays: expected a PartialArray, .* found NoneType"
    yield ([],), {}, ValueError, "expected at least one array, found none"
    yield ({},), {}, ValueError, "expected at least one array, found none"
    yield (
        ((numbers, numbers[1:]),),
        {},
        ValueError,
        r"arrays of one length, found arrays\[0\] 4, arrays\[1\] 3 rows",
    )
    yield (
        (numbers, numbers[1:]),
        {},
        ValueError,
        "expected arrays of one length, found arrays 4, labels 3 rows",
    )
    yield (
        ({"x": numbers}, numbers),
        {},
        ValueError,
        "expected no labels beside a dict of arrays; put them into it",
    )
    yield (
        (numbers,),
        {"dtype": "f4"},
        TypeError,
        "expected dtype to be one of torch, like torch.float32, found 'f4'",
    )
    yield (
        (numbers.astype("c8"),),
        {"dtype": torch.float32},
        TypeError,
        "expected a complex dtype .* take .real",
    )
    yield ((numbers,),), {"dtype": (None, None)}, ValueError, "expected 1 dtypes, one for each array, found 2"
    yield (
        ({"x": numbers},),
        {"dtype": {"y": None}},
        ValueError,
        r"expected dtypes of \['x'\], found one of 'y'",
    )
    yield (
        (scipy.sparse.csr_array(np.zeros((3, 2), dtype="g")),),
        {},
        TypeError,
        "expected a dtype that PyTorch has",
    )


@pytest.mark.parametrize(("args", "options", "error", "message"), list(bad_arguments()))
def test_what_cannot_be_a_dataset_is_an_error_that_says_what_to_do(args, options, error, message):
    with pytest.raises(error, match=message):
        RowDataset(*args, **options)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        (100, "expected a row from 0 to 99, found 100"),
        (1.5, r"expected one row number or a vector of them, found shape \(\)"),
        (np.array([0.0]), "expected whole row numbers, found float64"),
        (torch.tensor([0.5]), "expected whole row numbers, found float32"),
        (np.zeros(3, dtype=bool), "expected a mask of 100 rows, found one of 3"),
        ("x", "expected one row number"),
    ],
)
def test_rows_that_are_not_there_are_index_errors(rows, key, message):
    with pytest.raises(IndexError, match=message):
        RowDataset(rows)[key]


def test_damaged_chunks_are_errors_that_name_the_key(tmp_path, numbered):
    zarr.create_array(tmp_path / "a", data=numbered, chunks=(10, 3), compressors=None)
    (tmp_path / "a" / "c" / "3" / "0").write_bytes(b"short")
    dataset = RowDataset(zp.open(tmp_path / "a"))
    assert dataset[29].tolist() == numbered[29].tolist()
    with pytest.raises(zp.CorruptChunkError, match="c/3/0"):
        list(DataLoader(dataset, 16))
