"""What a read gave, be it a value or an error, and whether two of them are the same."""

import numpy as np


def outcome(read):
    """Return what `read` returns, or the error that it raises."""
    try:
        return read()
    except Exception as error:
        return error


def assert_same(got, want):
    """Compare in type, shape, dtype and every bit; errors in type and message."""
    if isinstance(want, Exception) or isinstance(got, Exception):
        if type(got) is not type(want) or str(got) != str(want):
            raise AssertionError(f"expected {describe(want)}, found {describe(got)}") from chained(got, want)
        return
    assert type(got) is type(want), f"expected {describe(want)}, found {describe(got)}"
    if not isinstance(want, (np.ndarray, np.generic)):
        assert got == want
        return
    assert got.shape == want.shape
    assert got.dtype == want.dtype
    if got.dtype.hasobject or got.dtype.kind == "T":
        np.testing.assert_array_equal(got, want)
    elif got.tobytes() != want.tobytes():
        np.testing.assert_array_equal(got, want)
        raise AssertionError(f"expected the bits of {want!r}, found those of {got!r}")
    if isinstance(got, np.ndarray):
        assert got.flags.writeable


def describe(result):
    if isinstance(result, Exception):
        return f"{type(result).__name__}({result})"
    return f"{type(result).__name__} {result!r}"


def chained(*results):
    """Return the first error among `results`, so that its traceback is shown."""
    return next(result for result in results if isinstance(result, Exception))
