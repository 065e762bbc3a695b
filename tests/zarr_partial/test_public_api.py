"""The public names, the light import, and examples that run."""

import doctest
import importlib
import pkgutil

import pytest

import zarr_partial as zp
from tests.zarr_partial.running import in_thread, run_script

MODULES = sorted(module.name for module in pkgutil.walk_packages(zp.__path__, "zarr_partial."))


def test_all_is_what_the_namespace_holds():
    public = {name for name in dir(zp) if not name.startswith("_")}
    modules = {name.removeprefix("zarr_partial.").split(".")[0] for name in MODULES}
    assert zp.__all__ == sorted(zp.__all__)
    assert public - modules == set(zp.__all__)
    assert all(hasattr(zp, name) for name in zp.__all__)
    with pytest.raises(AttributeError, match="no attribute 'plan_of'"):
        zp.plan_of  # noqa: B018


def test_import_needs_only_the_runtime_dependencies():
    script = """
import sys
for name in ("rich", "click", "matplotlib", "torch"):
    sys.modules[name] = None
import zarr_partial
"""
    run_script(script)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if name.startswith("zarr_partial.torch."):
        pytest.importorskip("torch", reason="PyTorch is not installed: uv sync --group torch")
    module, flags = importlib.import_module(name), doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    result = in_thread(lambda: doctest.testmod(module, optionflags=flags))
    assert result.failed == 0
