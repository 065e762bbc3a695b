"""The loader gives each row once an epoch, in an order of its own, and goes on where it was."""

import dataclasses
import json
import threading

import numpy as np
import pytest
import zarr
from hypothesis import given, settings
from hypothesis import strategies as st

import zarr_partial as zp
from tests.zarr_partial.stores.servers import serving

torch = pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")

from zarr_partial.torch import RowDataset, loader  # noqa: E402

LABELS = np.arange(100)


def rows_of(batches):
    """Return the numbers of the rows of each batch."""
    return [y.tolist() for _, y in batches]


@pytest.mark.parametrize("layout", ["raw", "blosc", "zstd", "shards"])
@pytest.mark.parametrize(
    "options",
    [{}, {"shuffle": True}, {"shuffle": True, "block": 7, "buffer": 3}, {"shuffle": True, "block": "chunk"}],
    ids=["in order", "shuffled", "blocks", "chunks"],
)
@pytest.mark.parametrize("at_once", [None, 1, 700])
@pytest.mark.parametrize("prefetch", [0, 3])
def test_each_row_comes_once_with_its_label(stored, numbered, layout, options, at_once, prefetch):
    array = zp.open(stored[layout])
    batches = loader(array, 16, labels=LABELS, at_once=at_once, prefetch=prefetch, **options)
    assert len(batches) == 7
    found = list(batches)
    assert [len(x) for x, _ in found] == [16] * 6 + [4]
    for x, y in found:
        np.testing.assert_array_equal(x.numpy(), numbered[y.numpy()])
    assert sorted(torch.cat([y for _, y in found]).tolist()) == LABELS.tolist()
    assert (rows_of(found)[0] == list(range(16))) is (not options)


def test_order_follows_from_the_seed_whatever_reads(stored):
    for options in ({}, {"block": 10}):
        orders = {
            str(
                rows_of(
                    loader(zp.open(stored[layout]), 8, labels=LABELS, shuffle=True, seed=3, **how, **options)
                )
            )
            for layout in ("raw", "zstd")
            for how in ({}, {"prefetch": 0}, {"prefetch": 5, "at_once": 1}, {"at_once": "1 MiB"})
        }
        assert len(orders) == 1
    other = rows_of(loader(zp.open(stored["raw"]), 8, labels=LABELS, shuffle=True, seed=4))
    assert str(other) not in orders


def test_epochs_follow_each_other_and_can_be_chosen(rows):
    batches = loader(rows, 10, labels=LABELS, shuffle=True)
    first, second = rows_of(batches), rows_of(batches)
    assert first != second
    assert batches.epoch == 2
    batches.set_epoch(0)
    assert rows_of(batches) == first
    assert rows_of(batches) == second
    # An iteration that is left early was one, too.
    next(iter(batches))
    assert batches.epoch == 3
    with pytest.raises(ValueError, match="expected epoch to be at least 0, found -1"):
        batches.set_epoch(-1)


@st.composite
def loaders(draw):
    """Return arguments of a loader of 100 rows."""
    options = {"batch_size": draw(st.integers(1, 40)), "seed": draw(st.integers(0, 9))}
    options["shuffle"] = draw(st.booleans())
    if options["shuffle"]:
        options["block"] = draw(st.none() | st.just("chunk") | st.integers(1, 120))
        options["buffer"] = draw(st.none() | st.integers(1, 8)) if options["block"] else None
    options["drop_last"] = draw(st.booleans())
    options["world_size"] = draw(st.integers(1, 4))
    options["at_once"] = draw(st.none() | st.integers(1, 2000))
    options["prefetch"] = draw(st.integers(0, 2))
    return options


@settings(max_examples=60)
@given(loaders(), st.data())
def test_what_comes_before_and_after_an_interruption_is_the_whole_epoch(rows, options, data):
    rank = data.draw(st.integers(0, options["world_size"] - 1))

    def make():
        return loader(rows, labels=LABELS, rank=rank, **options)

    whole = make()
    whole.set_epoch(2)
    expected = rows_of(whole)
    begun, at = make(), data.draw(st.integers(0, len(whole)))
    begun.set_epoch(2)
    iterator = iter(begun)
    before = rows_of(next(iterator) for _ in range(at))
    state = json.loads(json.dumps(begun.state_dict()))
    assert state["batches"] == at
    again = make()
    again.load_state_dict(state)
    assert again.state_dict() == state
    # A training loop says so once more.
    again.set_epoch(2)
    assert before + rows_of(again) == expected
    assert again.epoch == 3
    # The interrupted one goes on, too.
    assert before + rows_of(iterator) == expected


@settings(max_examples=40)
@given(loaders())
def test_ranks_share_the_rows_without_overlap_or_loss(rows, options):
    ranks = [loader(rows, labels=LABELS, rank=rank, **options) for rank in range(options["world_size"])]
    found = [rows_of(batches) for batches in ranks]
    assert [len(batches) for batches in found] == [len(batches) for batches in ranks]
    flat = [row for batches in found for numbers in batches for row in numbers]
    assert len(set(flat)) == len(flat)
    if options["drop_last"]:
        assert len({len(batches) for batches in ranks}) == 1
    else:
        assert sorted(flat) == LABELS.tolist()
    # The state of one serves all.
    assert len({json.dumps(batches.state_dict()) for batches in ranks}) <= 1


def test_a_state_of_an_epoch_that_is_over_is_that_of_the_next_one(rows):
    batches = loader(rows, 30, labels=LABELS, shuffle=True)
    list(batches)
    state = batches.state_dict()
    assert (state["epoch"], state["batches"]) == (1, 0)
    again = loader(rows, 30, labels=LABELS, shuffle=True)
    again.load_state_dict(state)
    assert rows_of(again) == rows_of(batches)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"seed": 1},
            "expected a state of a loader with seed=1, found one with seed=0; make the loader as it was",
        ),
        ({"batch_size": 5}, "with batch_size=5, found one with batch_size=10"),
        ({"world_size": 2, "rank": 0}, "with world_size=2, found one with world_size=1"),
        ({"block": 10}, "with block=10, found one with block=None"),
        ({"rows": slice(50)}, "with rows=50, found one with rows=100"),
    ],
)
def test_states_of_another_order_are_refused(rows, change, message):
    state = loader(rows, batch_size=10, shuffle=True, buffer=None).state_dict()
    other = loader(rows, **{"batch_size": 10, "shuffle": True, **change})
    with pytest.raises(ValueError, match=message):
        other.load_state_dict(state)


def test_states_that_are_none_are_refused(rows):
    batches = loader(rows, 10, shuffle=True)
    state = batches.state_dict()
    for wrong in ({}, state | {"version": 2}):
        with pytest.raises(
            ValueError, match=r"expected a state of version 1 .* give what state_dict\(\) returned"
        ):
            batches.load_state_dict(wrong)
    with pytest.raises(ValueError, match="expected from 0 to 10 batches to be over, found 11"):
        batches.load_state_dict(state | {"batches": 11})
    with pytest.raises(ValueError, match="found another permutation: another version of NumPy drew it"):
        batches.load_state_dict(state | {"order": state["order"] | {"check": 1}})


@pytest.mark.parametrize("rows_there", [0, 1])
def test_few_rows(tmp_path, rows_there):
    array = zarr.create_array(tmp_path / "a", shape=(rows_there, 2), chunks=(3, 2), dtype="f4")
    for options in ({}, {"shuffle": True}, {"shuffle": True, "block": 4}):
        assert len(list(loader(array, 4, **options))) == rows_there
        assert list(loader(array, 4, drop_last=True, **options)) == []
        shares = [list(loader(array, 4, rank=rank, world_size=3, **options)) for rank in range(3)]
        assert sum(map(len, shares)) == rows_there


def test_batches_are_the_callers_own(stored, numbered):
    for layout in stored:
        batches = list(loader(zp.open(stored[layout]), 16, labels=LABELS, prefetch=1))
        for x, y in batches:
            x += 1
            np.testing.assert_array_equal(x.numpy(), numbered[y.numpy()] + 1)
        assert all(x.is_contiguous() for x, _ in batches)


def test_transform_runs_in_order_where_batches_are_asked_for(rows):
    seen = []

    def note(batch):
        seen.append((threading.current_thread(), batch[1][0].item()))
        return batch[0] * 2

    found = torch.cat(list(loader(rows, 10, labels=LABELS, transform=note, at_once=1, prefetch=3)))
    assert seen == [(threading.current_thread(), first) for first in range(0, 100, 10)]
    assert found[50, 0] == 100


def test_a_dataset_may_be_given(rows):
    dataset = RowDataset({"x": rows, "y": LABELS}, rows=slice(20, 60))
    batches = loader(dataset, 16, shuffle=True)
    assert batches.dataset is dataset
    assert sorted(torch.cat([batch["y"] for batch in batches]).tolist()) == list(range(20, 60))
    with pytest.raises(ValueError, match="expected no labels beside a RowDataset; give it to the dataset"):
        loader(dataset, 16, labels=LABELS)


def threads():
    return [thread for thread in threading.enumerate() if thread.name.startswith("zarr_partial_rows")]


def test_an_iteration_that_is_left_leaves_no_thread(rows):
    for _ in loader(rows, 5, at_once=1, prefetch=3):
        break
    for thread in threads():
        thread.join(10)
    assert not threads()


def test_damage_is_an_error_where_its_rows_are_due_and_names_the_key(tmp_path, numbered):
    zarr.create_array(tmp_path / "a", data=numbered, chunks=(10, 3), compressors=None)
    (tmp_path / "a" / "c" / "3" / "0").write_bytes(b"short")
    batches = iter(loader(zp.open(tmp_path / "a"), 10, labels=LABELS, at_once=1, prefetch=4))
    assert rows_of(next(batches) for _ in range(3)) == np.arange(30).reshape(3, 10).tolist()
    with pytest.raises(zp.CorruptChunkError, match="c/3/0"):
        next(batches)
    assert next(batches, None) is None


def test_reads_of_a_store_elsewhere_are_under_way_together(numbered):
    memory = zarr.storage.MemoryStore()
    zarr.create_array(memory, data=numbered, chunks=(10, 3), compressors=None)
    values = {key: value.to_bytes() for key, value in memory._store_dict.items()}
    with serving(values) as server:
        array = zp.open(server.url)
        server.asked()
        server.meet = 4
        found = rows_of(loader(array, 10, labels=LABELS, at_once=1))
        assert found == np.arange(100).reshape(10, 10).tolist()
        assert server.most_waiting >= 4


def test_pinning_without_a_gpu_says_so(rows):
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    with pytest.warns(UserWarning, match="pin_memory has no effect: PyTorch finds no CUDA device"):
        batches = loader(rows, 10, pin_memory=True)
    assert not any(batch.is_pinned() for batch in batches)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="page-locked memory needs a CUDA device")
def test_pinned_batches_are_page_locked_and_right(stored, numbered):
    for layout in stored:
        for x, y in loader(zp.open(stored[layout]), 16, labels=LABELS, shuffle=True, pin_memory=True):
            assert x.is_pinned()
            assert y.is_pinned()
            np.testing.assert_array_equal(x.to("cuda", non_blocking=True).cpu().numpy(), numbered[y.numpy()])


def test_what_it_is_can_be_read(rows):
    assert repr(loader(rows, 16)) == "<RowLoader of 7 batches of 16 rows, in order>"
    blocks = loader(rows, 16, shuffle=True, block="chunk", rank=1, world_size=2)
    assert repr(blocks) == (
        "<RowLoader of 4 batches of 16 rows, shuffled by blocks of 15 rows, 35 at a time, rank 1 of 2>"
    )
    assert (blocks.batch_size, blocks.epoch) == (16, 0)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"batch_size": 0}, ValueError, "expected batch_size to be at least 1, found 0"),
        ({"batch_size": 2.5}, TypeError, "expected batch_size to be a whole number, found 2.5"),
        ({"batch_size": True}, TypeError, "expected batch_size to be a whole number, found True"),
        ({"num_workers": -1}, ValueError, "expected num_workers to be at least 0, found -1"),
        ({"prefetch": -1}, ValueError, "expected prefetch to be at least 0, found -1"),
        ({"seed": None}, TypeError, "expected seed to be a whole number, found None"),
        ({"at_once": "a lot"}, ValueError, "expected at_once to be a number of bytes"),
        ({"block": 10}, ValueError, "expected shuffle=True beside block, found False"),
        ({"shuffle": True, "block": 0}, ValueError, "expected block to be at least 1, found 0"),
        ({"shuffle": True, "block": "shard"}, ValueError, 'block to be a number of rows or "chunk", found'),
        ({"shuffle": True, "buffer": 3}, ValueError, "expected block beside buffer, found none"),
        ({"rank": 1}, ValueError, "expected both rank and world_size, found one of them"),
        ({"rank": 2, "world_size": 2}, ValueError, "expected rank to be from 0 to 1, found 2"),
        ({"labels": np.arange(99)}, ValueError, "found arrays 100, labels 99 rows"),
        ({"rows": np.ones(3, bool)}, IndexError, "expected a mask of 100 rows, found one of 3"),
        (
            {"num_workers": 1, "start_method": "thread"},
            ValueError,
            "expected start_method to be one of .* found .thread.",
        ),
    ],
)
def test_arguments_that_mean_nothing_are_errors(rows, options, error, message):
    with pytest.raises(error, match=message):
        iter(loader(rows, **{"batch_size": 10, **options}))


def test_chunks_that_differ_have_no_rows_to_suggest(rows):
    with pytest.raises(ValueError, match="expected arrays to have chunks of one shape for block='chunk'"):
        loader(LABELS, 10, shuffle=True, block="chunk")


def test_arguments_of_a_state_are_those_of_the_order():
    from zarr_partial.torch.order import Order

    names = {field.name for field in dataclasses.fields(Order)} - {"rank"}
    assert set(Order(1, 1, False, None, 1, 0, False, 0, 1).facts()) == names
