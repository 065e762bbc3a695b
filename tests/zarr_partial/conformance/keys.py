"""Strategies for what people put into brackets: forms that zarr takes, and forms that it refuses.

Every strategy mixes keys that are right with keys that are slightly or very wrong, since errors are part of
what is compared.
"""

import numpy as np
from hypothesis import strategies as st

INT_TYPES = ["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", ">i4", ">u8"]
ODDITIES = [
    None,
    True,
    False,
    np.True_,
    1.5,
    np.float64(1),
    "zz",
    b"zz",
    (0,),
    {},
    0j,
    np.array(0),
    np.array(True),
]
WRONG_INDICES = [None, [None], True, [True], [], [[]], slice(2), np.array([0.5]), np.array(["a"])]
TUPLE_FORMS = ["all"] * 9 + ["some"] * 2 + ["dots"] * 3 + ["bare"] * 3 + ["more", "dots twice"]
GETITEM_KINDS = ["basic"] * 4 + ["one array"] * 3 + ["arrays", "points", "mask", "odd", "any"]


def often(usual, rare, times=9):
    """One of `usual`, or of `rare` once in `times` + 1."""
    return st.sampled_from([usual] * times + [rare]).flatmap(lambda strategy: strategy)


def whole_numbers(n):
    """Indices of an axis of length `n`, a few out of bounds, as Python and NumPy integers."""
    low, high = (-n, n - 1) if n else (0, 0)
    plain = often(st.integers(low, high), st.sampled_from([n, n + 5, -n - 1, 2**63, 2**64, -(2**70)]), 25)
    return plain | st.integers(low, high).flatmap(as_numpy)


def as_numpy(value):
    names = [name for name in INT_TYPES if fits(value, name)]
    return st.sampled_from(names).map(lambda name: np.array(value, name)[()])


def fits(value, name):
    info = np.iinfo(name)
    return info.min <= value <= info.max


def slices(n):
    bound = (
        st.none() | st.integers(-n - 2, n + 2) | st.sampled_from([2**70, -(2**70), np.int64(1), np.uint8(2)])
    )
    forward = st.none() | st.integers(1, 4) | st.just(2**40)
    step = often(forward, st.sampled_from([-1, -3, 0, np.int8(2), True]), 12)
    wrong = st.sampled_from([slice(0.5), slice("a"), slice(None, None, 1.5), slice(False, True)])
    return often(st.builds(slice, bound, bound, step), wrong, 40)


def index_vectors(n):
    """One-dimensional index arrays and lists: of all integer types, masks, empty and out of bounds."""
    low, high = (-n, n - 1) if n else (0, 0)
    inside = st.lists(st.integers(low, high), max_size=12)
    positive = st.lists(st.integers(0, max(0, n - 1)), min_size=1, max_size=12)
    typed = st.tuples(inside, st.sampled_from(["i8", "i8", "i4", ">i4"])).map(lambda p: np.array(p[0], p[1]))
    unsigned = st.tuples(positive, st.sampled_from(["u8", "u8", "u4", ">u8"])).map(
        lambda p: np.array(p[0], p[1])
    )
    runs = st.tuples(st.integers(0, max(0, n - 1)), st.sampled_from([1, 2, -1])).map(
        lambda pair: np.arange(n)[pair[0] :: pair[1]]
    )
    mask = st.lists(st.booleans(), min_size=n, max_size=n)
    right = inside.filter(bool) | typed | unsigned | runs | mask.map(np.array) | mask
    wrong = st.sampled_from(
        [
            [], [n], np.array([-n - 1]), np.array([2**63], "u8"), np.array([], "f8"), np.array([], "i2"),
            np.array([0.0]), [True] * (n + 1), np.zeros(n + 1, bool), [0, True], ["a"], [None], range(2),
            np.ma.masked_array([0, 0], [True, False]), [[0], [0]], [np.int8(0), 0], np.array(["x"]),
        ]
    )  # fmt: skip
    return often(right, wrong, 12)


def index_blocks(n):
    """Integer arrays of none to three dimensions."""
    low, high = (-n, n - 1) if n else (0, 0)
    shape = st.sampled_from([(), (1,), (2, 1), (2, 3), (1, 2, 2), (0, 2)])
    return shape.flatmap(
        lambda shape: st.lists(
            st.integers(low, high), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))
        ).map(lambda items: np.array(items, "i8").reshape(shape))
    )


def anything(n):
    """Whatever has been thought of for an axis of length `n`."""
    return whole_numbers(n) | slices(n) | index_vectors(n) | index_blocks(n) | st.sampled_from(ODDITIES)


def oddities(shape):
    """What no array takes, or what means something else than it seems."""
    mask = st.just(np.arange(int(np.prod(shape))).reshape(shape) % 3 == 0)
    return mask | st.sampled_from(ODDITIES)


@st.composite
def tuples(draw, entries):
    """One entry per axis, fewer, more, with an ellipsis or two, or a bare entry."""
    key = [draw(entry) for entry in entries]
    form = draw(st.sampled_from(TUPLE_FORMS))
    if form == "some":
        return tuple(key[: draw(st.integers(0, len(key)))])
    if form == "dots":
        at = draw(st.integers(0, len(key)))
        return (*key[:at], ..., *key[draw(st.integers(at, len(key))) :])
    if form == "bare":
        return key[0] if key else ...
    if form == "more":
        return (*key, draw(st.sampled_from([0, slice(None), ..., None, [0]])))
    return (..., *key, ...) if form == "dots twice" else tuple(key)


def basic_keys(shape):
    return tuples([whole_numbers(n) | slices(n) for n in shape])


@st.composite
def getitem_keys(draw, shape):
    kind = draw(st.sampled_from(GETITEM_KINDS))
    if kind == "points":
        return draw(vindex_keys(shape))
    if kind == "mask":
        return draw(masks(shape))
    if kind == "odd":
        return draw(oddities(shape) | st.tuples(*[oddities(shape)] * min(2, len(shape) + 1)))
    if kind == "arrays":
        return draw(tuples([index_vectors(n) for n in shape]))
    if kind == "any":
        return draw(tuples([anything(n) for n in shape]))
    if kind == "one array" and shape:
        entries = [whole_numbers(n) | slices(n) for n in shape]
        axis = draw(st.integers(0, len(shape) - 1))
        entries[axis] = index_vectors(shape[axis])
        return draw(tuples(entries))
    return draw(basic_keys(shape))


def oindex_keys(shape):
    right = tuples([whole_numbers(n) | slices(n) | index_vectors(n) for n in shape])
    wrong = tuples([slices(n) | index_blocks(n) for n in shape]) | oddities(shape) | masks(shape)
    return often(right, wrong, 8)


@st.composite
def vindex_keys(draw, shape):
    """Coordinates that broadcast, or nearly; masks; and what is neither."""
    kind = draw(st.sampled_from(["equal"] * 3 + ["broadcast"] * 3 + ["mask", "mask", "lists", "odd"]))
    if kind == "mask":
        return draw(masks(shape))
    if kind == "odd":
        return draw(oddities(shape) | tuples([anything(n) for n in shape]))
    if kind == "broadcast":
        key = [draw(index_blocks(n) | whole_numbers(n) | index_vectors(n)) for n in shape]
    else:
        count = draw(st.integers(0, 6))
        low = [(-n, n - 1) if n else (0, 0) for n in shape]
        key = [draw(st.lists(st.integers(a, b), min_size=count, max_size=count)) for a, b in low]
        if kind == "equal":
            name = draw(st.sampled_from(["i8", "i8", "i4", "i2"]))
            key = [np.array(entry, name) for entry in key]
    short = draw(st.sampled_from([False] * 15 + [True]))
    key = tuple(key[:-1] if short else key)
    return key[0] if len(key) == 1 and draw(st.booleans()) else key


@st.composite
def masks(draw, shape):
    """Boolean arrays of the shape of the array, a few of another shape, a few in a tuple or a list."""
    rng = np.random.default_rng(draw(st.integers(0, 255)))
    mask = np.asarray(rng.random(shape) < draw(st.sampled_from([0, 0.1, 0.7, 1])))
    form = draw(st.sampled_from(["bare"] * 6 + ["tuple", "tuple", "flat", "list", "shorter"]))
    if form == "flat":
        return mask.reshape(-1)
    if form == "shorter":
        return mask[..., :-1] if shape else mask
    return {"bare": mask, "tuple": (mask,), "list": mask.tolist()}[form]


def blocks_keys(grid_shape):
    """Keys of `.blocks`, which count chunks."""

    def entries(n):
        bounds = st.none() | st.integers(-n - 1, n + 1) | st.just(np.int64(1))
        steps = st.sampled_from([None] * 8 + [1, 1, np.int64(1), 2, -1])
        # Of smaller NumPy integers zarr makes bounds that overflow, and returns nothing.
        integers = st.integers(-n - 1, n)
        return integers | integers.map(np.int64) | st.builds(slice, bounds, bounds, steps)

    right = tuples([entries(n) for n in grid_shape])
    return often(right, tuples([anything(n) for n in grid_shape]) | oddities(grid_shape), 12)


@st.composite
def take_calls(draw, shape):
    """Return `indices` and `axis` of a call of `take`; at most one of them is wrong."""
    ndim = len(shape)
    wrong = draw(st.sampled_from([None] * 16 + ["axis", "indices"]))
    axis = draw(st.integers(-ndim, ndim - 1)) if ndim else 0
    if wrong == "indices":
        return draw(st.sampled_from(WRONG_INDICES)), axis
    n = shape[axis] if ndim else 1
    right = whole_numbers(n) | index_vectors(n) | index_blocks(n) | index_blocks(n).map(np.ndarray.tolist)
    return draw(right), draw(st.sampled_from([ndim, -ndim - 1])) if wrong == "axis" else axis
