"""The fast normaliser accepts only what it knows; everything else is zarr's to answer."""

import numpy as np
import pytest

from zarr_partial.selection import Points, Span, basic, getitem, orthogonal


def test_integers_and_slices_become_spans_within_the_axis():
    selection = basic((-1, slice(2, 100, 3)), (5, 10))
    assert selection.axes == (Span(4, 1, 1, drop=True), Span(2, 3, 3))
    assert selection.shape == (3,)
    assert selection.counts == (1, 3)


def test_missing_axes_and_an_ellipsis_are_whole_slices():
    whole = Span(0, 1, 4)
    assert basic((slice(None),), (4, 4, 4)).axes == (whole, whole, whole)
    assert basic((0, ..., 1), (4, 4, 4)).axes == (Span(0, 1, 1, True), whole, Span(1, 1, 1, True))


@pytest.mark.parametrize(
    ("key", "scalar"),
    [((0, 0), False), ((np.int64(0), 0), True), ((0, 0, ...), True), ((0, slice(1)), True)],
    ids=["python integers", "a NumPy integer", "an ellipsis", "a slice"],
)
def test_scalar_follows_the_path_that_zarr_takes(key, scalar):
    assert basic(key, (4, 4)).scalar is scalar


@pytest.mark.parametrize(
    "key",
    [True, np.True_, 1.0, None, "field", 4, -5, slice(None, None, -1), (0, 0, 0), (..., ...), slice("a", 2)],
    ids=repr,
)
def test_basic_leaves_to_zarr_what_it_does_not_know(key):
    assert basic(key, (4, 4)) is None


@pytest.mark.parametrize("shape", [(), (0,)], ids=["0-d", "zero-length axis"])
def test_arrays_without_elements_to_index_are_left_to_zarr(shape):
    assert getitem(0, shape) is None


def test_negative_integers_in_an_array_count_from_the_end():
    selection = orthogonal(([-1, 0],), (4, 2))
    np.testing.assert_array_equal(selection.axes[0].indices(), [3, 0])


def test_mask_becomes_indices():
    selection = orthogonal((np.array([True, False, True]),), (3,))
    np.testing.assert_array_equal(selection.axes[0].indices(), [0, 2])


def test_points_are_copied_so_that_the_caller_may_reuse_the_array():
    mine = np.array([0, 1])
    points = orthogonal((mine,), (4,)).axes[0]
    mine[:] = 3
    assert isinstance(points, Points)
    np.testing.assert_array_equal(points.values, [0, 1])


@pytest.mark.parametrize(
    "entry",
    [[], [True, 2], [1.0], [[0, 1]], [4], [-5], np.array([True]), np.array([0.0]), np.array(0)],
    ids=repr,
)
def test_orthogonal_leaves_to_zarr_what_it_does_not_know(entry):
    assert orthogonal((entry,), (4, 4)) is None


@pytest.mark.parametrize(
    "key",
    [np.array([True, False]), (..., [1]), ([0], [True]), ([0], slice(None), [1])],
    ids=["bare mask in 2-d", "beside an ellipsis", "integers and a mask", "two arrays and a slice"],
)
def test_getitem_leaves_irregular_forms_to_zarr(key):
    assert getitem(key, (2, 2)) is None
