"""Each row once an epoch, over all ranks; seed and epoch alone decide the order. PyTorch is not needed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zarr_partial.torch.order import Epoch, Order


@st.composite
def orders(draw):
    world_size = draw(st.integers(1, 5))
    shuffle = draw(st.booleans())
    return Order(
        rows=draw(st.integers(0, 120)),
        batch_size=draw(st.integers(1, 40)),
        shuffle=shuffle,
        block=draw(st.none() | st.integers(1, 130)) if shuffle else None,
        buffer=draw(st.integers(1, 9)),
        seed=draw(st.integers(0, 2**63)),
        drop_last=draw(st.booleans()),
        rank=draw(st.integers(0, world_size - 1)),
        world_size=world_size,
    )


def numbers(rows):
    return list(range(rows.start, rows.stop)) if isinstance(rows, slice) else rows.tolist()


def batch(epoch, at):
    return numbers(epoch.batches(at, at + 1))


def of_each_rank(order, epoch=0):
    """Return the batches of every rank."""
    ranks = [dataclasses.replace(order, rank=rank) for rank in range(order.world_size)]
    return [[batch(Epoch(rank, epoch), at) for at in range(rank.batches)] for rank in ranks]


@given(orders(), st.integers(0, 99))
def test_each_row_comes_once_an_epoch_over_all_ranks(order, epoch):
    found = of_each_rank(order, epoch)
    rows = [row for batches in found for rows in batches for row in rows]
    sizes = [sum(map(len, batches)) for batches in found]
    if order.drop_last:
        assert len(set(rows)) == len(rows)
        assert len(set(sizes)) == 1
        assert all(len(rows) == order.batch_size for batches in found for rows in batches)
        # No whole batch of every rank is left out.
        assert order.rows - len(rows) < order.world_size * (order.batch_size + 1)
    else:
        assert sorted(rows) == list(range(order.rows))
        assert max(sizes) - min(sizes) <= 1
        assert all(len(rows) == order.batch_size for batches in found for rows in batches[:-1])


@given(orders(), st.data())
def test_order_does_not_depend_on_how_many_batches_are_read_at_once(order, data):
    epoch = Epoch(order, 3)
    each = [batch(epoch, at) for at in range(order.batches)]
    first = data.draw(st.integers(0, order.batches))
    last = data.draw(st.integers(first, order.batches))
    if first < last:
        found = numbers(Epoch(order, 3).batches(first, last))
        assert found == [row for rows in each[first:last] for row in rows]


@given(orders())
def test_sequence_is_the_same_for_any_number_of_ranks(order):
    order = dataclasses.replace(order, drop_last=False, rank=0)
    alone = dataclasses.replace(order, world_size=1)
    if order.block is None:
        joined = [row for batches in of_each_rank(order) for rows in batches for row in rows]
        assert joined == [row for rows in of_each_rank(alone)[0] for row in rows]


@given(st.integers(1, 300), st.integers(1, 50), st.integers(1, 8), st.integers(1, 64))
def test_a_batch_has_rows_of_few_blocks(rows, block, buffer, batch_size):
    order = Order(rows, batch_size, True, block, buffer, 0, False, 0, 1)
    # A buffer is so many rows, to the end of a batch: blocks at both of its ends, and the short last one.
    most = -(-order.buffer_batches * batch_size // block) + 2
    for at in range(order.batches):
        assert len({row // block for row in batch(Epoch(order, 0), at)}) <= most


def test_epochs_and_seeds_differ_and_repeat():
    order = Order(1000, 100, True, None, 1, 7, False, 0, 1)
    first = numbers(Epoch(order, 0).batches(0, 10))
    assert first != list(range(1000))
    assert first == numbers(Epoch(order, 0).batches(0, 10))
    assert first != numbers(Epoch(order, 1).batches(0, 10))
    assert first != numbers(Epoch(dataclasses.replace(order, seed=8), 0).batches(0, 10))


@pytest.mark.parametrize("block", [None, 10])
@pytest.mark.parametrize("ranks", [1, 3])
def test_any_row_may_come_at_any_time(block, ranks):
    # Buffers and ranks end within blocks, whose rows must not come in order for it.
    count = 1500
    places = np.zeros((count, 60))
    order = Order(60, 6, True, block, 2, 1, False, 0, ranks)
    for epoch in range(count):
        sequence = [row for batches in of_each_rank(order, epoch) for rows in batches for row in rows]
        places[epoch, sequence] = np.arange(60)
    off = (places.mean(axis=0) - 29.5) / (places.std() / count**0.5)
    assert np.abs(off).max() < 4.5


def test_rows_of_a_block_stay_close_and_are_mixed_within_a_buffer():
    order = Order(10_000, 100, True, 100, 10, 0, False, 0, 1)
    rows = np.array(numbers(Epoch(order, 0).batches(0, 100)))
    assert all(np.unique(rows[start : start + 1000] // 100).size == 10 for start in range(0, 10_000, 1000))
    in_batch = [np.unique(rows[start : start + 100] // 100).size for start in range(0, 10_000, 100)]
    assert min(in_batch) >= 9


def test_averages_of_batches_vary_as_the_documentation_says():
    # Values that differ between blocks and not within: the worst case for shuffling by blocks.
    values = np.repeat(np.random.default_rng(0).normal(size=400), 50)
    spread = {}
    for block in (None, 50):
        order = Order(values.size, 200, True, block, 16, 0, False, 0, 1)
        means = []
        for epoch in range(5):
            rows = np.array(numbers(Epoch(order, epoch).batches(0, 100)))
            means.append(values[rows].reshape(100, 200).mean(axis=1))
        spread[block] = np.var(means)
    assert 0.7 < spread[None] / (values.var() / 200) < 1.3
    assert 0.7 < spread[50] / (values.var() / 16) < 1.3


def test_another_permutation_is_noticed():
    order = Order(5000, 10, True, None, 1, 7, False, 0, 1)
    checks = {Epoch(order, epoch).check() for epoch in range(50)}
    assert len(checks) == 50
    assert Epoch(dataclasses.replace(order, rank=1, world_size=2), 3).check() == Epoch(order, 3).check()
