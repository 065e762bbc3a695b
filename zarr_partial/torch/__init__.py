"""Rows of Zarr arrays as batches of PyTorch: a dataset, and a loader that shuffles, shares out and resumes.

PyTorch is imported when one of the names is first used.
"""

import importlib as _importlib
import typing as _typing

if _typing.TYPE_CHECKING:
    from zarr_partial.torch.dataset import RowDataset
    from zarr_partial.torch.loading import RowLoader, loader
    from zarr_partial.torch.samples import collate

__all__ = ["RowDataset", "RowLoader", "collate", "loader"]

_HOMES = {"RowDataset": "dataset", "RowLoader": "loading", "collate": "samples", "loader": "loading"}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        home = _importlib.import_module(f"{__name__}.{_HOMES[name]}")
    except ModuleNotFoundError as absent:
        if absent.name != "torch":
            raise
        raise ImportError(
            f"expected PyTorch for {__name__}.{name}, found no module named 'torch'; "
            "pip install 'zarr-partial[torch]'"
        ) from absent
    return getattr(home, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
