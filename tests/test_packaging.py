"""The distribution: what is in it, what PyPI makes of it, and that it works with nothing beside it."""

import os
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BESIDE = {".gitignore", "CHANGELOG.md", "LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
ALONE = """
import sys
import numpy as np, zarr
import zarr_partial as zp

assert "site-packages" in zp.__file__, zp.__file__
data = np.arange(60, dtype="f4").reshape(10, 6)
zarr.create_array("a.zarr", data=data, chunks=(4, 6), compressors=None)
zarr.create_array("b.zarr", data=data, chunks=(4, 6))
for name in ("a.zarr", "b.zarr"):
    assert (zp.open(name).oindex[[7, 2]] == data[[7, 2]]).all()
with zarr.config.set({"codec_pipeline.path": "zarr_partial.PartialCodecPipeline"}):
    assert (zarr.open_array("b.zarr")[3:5] == data[3:5]).all()
print(*{"click", "rich", "torch", "dask", "scipy", "matplotlib"}.intersection(sys.modules))
"""


def run(*command, cwd):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """The folder with the wheel, made from the sdist, and the sdist."""
    folder = tmp_path_factory.mktemp("dist")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT), cwd=folder)
    return folder


@pytest.fixture(scope="module")
def metadata(dist):
    """The metadata of the wheel."""
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        name = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_string(wheel.read(name).decode())


def test_the_wheel_holds_the_library_and_nothing_else(dist):
    with zipfile.ZipFile(next(dist.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    inside = {name for name in names if name.startswith("zarr_partial/")}
    ours = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "zarr_partial").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert inside == ours
    assert "zarr_partial/py.typed" in inside
    assert {name.split("/")[0].split(".dist-info")[0] for name in names} == {
        "zarr_partial",
        "zarr_partial-0.1.0",
    }


def test_the_sdist_holds_what_the_wheel_is_made_of(dist):
    with tarfile.open(next(dist.glob("*.tar.gz"))) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}
    assert {name for name in names if not name.startswith("zarr_partial/")} == BESIDE


def test_pypi_takes_both(dist):
    found = run(sys.executable, "-m", "twine", "check", "--strict", *map(str, dist.iterdir()), cwd=dist)
    assert found.count("PASSED") == 2


def test_the_readme_on_pypi_leads_somewhere(metadata):
    links = re.findall(r"\]\(([^)]*)\)", metadata.get_payload())
    assert links
    assert [link for link in links if not link.startswith("https://")] == []
    ours = [link for link in links if "/beautiful-zarr/" in link]
    inside = [link.split("/main/", 1)[1] for link in ours]
    assert inside
    assert [path for path in inside if not (ROOT / path).exists()] == []


def test_it_needs_zarr_numpy_and_numcodecs(metadata):
    needed = [line for line in metadata.get_all("Requires-Dist") if "extra ==" not in line]
    assert {re.match(r"[a-z]+", line).group() for line in needed} == {"zarr", "numpy", "numcodecs"}
    assert {"cli", "dask", "sparse", "torch", "xarray"} <= set(metadata.get_all("Provides-Extra"))
    assert metadata["License-Expression"] == "MIT"


def test_the_wheel_works_alone(dist, tmp_path):
    found = run(
        # What runs the tests by `uv run` says where it is.
        os.environ.get("UV", "uv"), "run", "--isolated", "--no-project", "--python", sys.executable,
        "--with", str(next(dist.glob("*.whl"))), "python", "-W", "error", "-c", ALONE,
        cwd=tmp_path,
    )  # fmt: skip
    assert found.split() == []
