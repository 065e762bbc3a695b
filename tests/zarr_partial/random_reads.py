"""Random reads of a 2-d array, compared with NumPy; also what scripts in other processes run."""

import numpy as np

# Not np.random at its first use: a fork at the moment of that import leaves the child with its lock.
from numpy.random import default_rng


def mismatches(array, data, seed, count):
    """Read `array` in `count` random ways; return those whose values are not those of `data`."""
    rng = default_rng(seed)
    wrong = []
    for number in range(count):
        kind, got, want = read_somehow(array, data, rng)
        if not np.array_equal(got, want):
            wrong.append((seed, number, kind))
    return wrong


def read_somehow(array, data, rng, most=40):
    """Return a name of what was read, what came back, and what should have; of at most `most` rows."""
    nrows, ncolumns = data.shape
    rows = rng.integers(-nrows, nrows, int(most ** rng.random()))
    columns = rng.integers(-ncolumns, ncolumns, rows.size)
    row, column = int(rows[0]), int(columns[0])
    start, step = int(rng.integers(0, nrows)), int(rng.integers(1, 40))
    kind = rng.choice(["slice", "box", "row", "element", "oindex", "vindex", "take", "read", "all"])
    if kind == "slice":
        return kind, array[start::step, 3:], data[start::step, 3:]
    if kind == "box":
        stop = start + step * 20
        return kind, array[start:stop, column % ncolumns :], data[start:stop, column % ncolumns :]
    if kind == "row":
        return kind, array[row], data[row]
    if kind == "element":
        return kind, array[row, column], data[row, column]
    if kind == "oindex":
        return kind, array.oindex[rows, columns], data[np.ix_(rows, columns)]
    if kind == "vindex":
        return kind, array.vindex[rows, columns], data[rows, columns]
    if kind == "take":
        return kind, array.take(columns, axis=1), data.take(columns, axis=1)
    if kind == "read":
        return kind, array.read(rows, np.empty((rows.size, ncolumns), data.dtype)), data[rows]
    return kind, array[...], data
