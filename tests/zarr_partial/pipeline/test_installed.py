"""The entry point, in fresh processes and in a real installation."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PIPELINE = "zarr_partial.PartialCodecPipeline"

READ = """
import sys, zarr
CHOOSE
array = zarr.create_array("a.zarr", shape=(4, 3), chunks=(2, 3), dtype="i2", compressors=None)
array[:] = 5
assert type(array.async_array.codec_pipeline).__name__ == NAME, array.async_array.codec_pipeline
import_ours = [name for name in sys.modules if name.partition(".")[0] == "zarr_partial"]
assert (zarr.open_array("a.zarr")[3] == 5).all()
print(*sorted(import_ours))
"""


def in_fresh_process(script, environment, folder, name="PartialCodecPipeline", choose=""):
    script = script.replace("CHOOSE", choose).replace("NAME", repr(name))
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


CONFIGURED = f"zarr.config.set({{'codec_pipeline.path': '{PIPELINE}'}})"


def test_chosen_by_configuration(installed, tmp_path):
    in_fresh_process(READ, installed, tmp_path, choose=CONFIGURED)


def test_chosen_by_environment(installed, tmp_path):
    in_fresh_process(READ, installed | {"ZARR_CODEC_PIPELINE__PATH": PIPELINE}, tmp_path)


def test_process_that_does_not_choose_it_imports_next_to_nothing(installed, tmp_path):
    """zarr loads the entry point all the same, at the first array."""
    assert in_fresh_process(READ, installed, tmp_path, name="BatchedCodecPipeline") == [
        "zarr_partial",
        "zarr_partial.zarr_pipeline",
    ]


BROKEN = """
import sys
for name in ("access", "array", "codecs", "layout", "pipelining", "pipelining.batch", "sources"):
    sys.modules["zarr_partial." + name] = None
"""


def test_entry_point_loads_though_the_rest_of_the_package_cannot(installed, tmp_path):
    in_fresh_process(BROKEN + READ, installed, tmp_path, name="BatchedCodecPipeline")


def test_zarr_that_has_moved_its_pipeline_opens_arrays_all_the_same(installed, tmp_path):
    script = """
import zarr, sys
import zarr.core.codec_pipeline as moved
del moved.BatchedCodecPipeline
NAME
array = zarr.create_array({}, shape=(4, 3), chunks=(2, 3), dtype="i2", compressors=None)
assert (array[...] == 0).all()
CHOOSE
try:
    zarr.create_array({}, shape=(4, 3), chunks=(2, 3), dtype="i2", compressors=None)
except ImportError as error:
    assert "zarr_partial" in str(error), error
else:
    raise AssertionError("expected an error")
"""
    in_fresh_process(script, installed, tmp_path, choose=CONFIGURED)


def test_wheel_has_the_entry_point(tmp_path):
    uv = shutil.which("uv")
    if uv is None:
        pytest.skip("uv is not installed")
    folder = tmp_path / "site"
    built = subprocess.run(
        [uv, "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", folder, ROOT],
        cwd=tmp_path, capture_output=True, text=True, timeout=300,
    )  # fmt: skip
    if built.returncode and "hatchling" in built.stderr:
        pytest.skip(f"the wheel cannot be built here: {built.stderr.strip()[-200:]}")
    assert not built.returncode, built.stderr
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ZARR_")}
    environment["PYTHONPATH"] = str(folder)
    (found,) = in_fresh_process("import zarr_partial; print(zarr_partial.__file__)", environment, tmp_path)
    assert Path(found).is_relative_to(folder)
    in_fresh_process(READ, environment | {"ZARR_CODEC_PIPELINE__PATH": PIPELINE}, tmp_path)
