"""zarr-python's own tests, run behind our pipeline: they fail nowhere that they pass behind zarr's.

    uv run --group zarr-tests pytest tests/zarr_partial/pipeline/test_zarr_suite.py

runs the tests of arrays, indexing, codecs and properties; with `--zarr-suite all`, those of rectilinear
grids, of resizing, of regressions and the slow ones too. The tests come with the source distribution of the
zarr that is installed, which pip fetches.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from pathlib import Path

import zarr

HERE = Path(__file__).parent
DEFAULT = "zarr.core.codec_pipeline.BatchedCodecPipeline"
OURS = "zarr_partial.PartialCodecPipeline"

CHOSEN = [
    "tests/test_array.py",
    "tests/test_indexing.py",
    "tests/test_codecs",
    "tests/test_codec_pipeline.py",
    "tests/test_codec_pipeline_suite.py",
    "tests/test_pipeline_on_stores.py",
    "tests/test_properties.py",
    "tests/test_v2.py",
]
MORE = [
    "tests/test_api.py",
    "tests/test_array_stateful.py",
    "tests/test_buffer.py",
    "tests/test_group.py",
    "tests/test_pipeline_parity.py",
    "tests/test_resize.py",
    "tests/test_unified_chunk_grid.py",
]
# Tests that cannot pass, whatever a pipeline of others reads, and why. One that passes is an error.
KNOWN = {
    "test_sharding_partial_shard_read__index_chunk_slice_fails": (
        "it replaces a private function of zarr's sharding codec by one that finds nothing, "
        "and expects that nothing is found; we read the index of a shard ourselves"
    ),
}


@dataclass(frozen=True)
class Outcome:
    """How a run of zarr's tests ended: how many passed, and the names of those that did not."""

    passed: int
    failed: list[str]
    report: str


def fetch(folder: Path) -> Path:
    """Return the folder of the source distribution of zarr, unpacked in `folder`.

    Raises
    ------
    ConnectionError
        If pip cannot have it.
    """
    command = [
        sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
        "--no-binary", "zarr", f"zarr=={zarr.__version__}", "--dest", str(folder),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    if done.returncode:
        raise ConnectionError(f"pip found no source distribution of zarr {zarr.__version__}: {done.stderr}")
    (archive,) = folder.glob("zarr-*.tar.gz")
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    source = folder / f"zarr-{zarr.__version__}"
    shutil.copy(HERE / "zarr_suite_stores.py", source / "tests/test_pipeline_on_stores.py")
    return source


def run(source: Path, pipeline: str, tests: list[str], environment: dict[str, str], seconds: int) -> Outcome:
    """Run some of zarr's tests in a process of their own, behind a pipeline."""
    report = source / "outcome.json"
    report.unlink(missing_ok=True)
    names = source / "tests.txt"
    names.write_text("\n".join(tests))
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "zarr_suite_plugin", "-n", "2", "--dist", "load",
        "-o", "faulthandler_timeout=120", "-o", "addopts=", "-o", "log_cli_level=CRITICAL",
        "-o", "log_level=CRITICAL", f"@{names}",
    ]  # fmt: skip
    variables = environment | {
        "PYTHONPATH": os.pathsep.join([environment["PYTHONPATH"], str(HERE)]),
        "ZARR_CODEC_PIPELINE__PATH": pipeline,
        "ZARR_SUITE_OUTCOME": str(report),
    }
    done = subprocess.run(command, cwd=source, env=variables, capture_output=True, text=True, timeout=seconds)
    said = f"{done.stdout[-20_000:]}\n{done.stderr[-5_000:]}"
    if not report.exists():
        raise RuntimeError(f"zarr's tests did not run to their end behind {pipeline}:\n{said}")
    return Outcome(**json.loads(report.read_text()), report=said)


def is_known(name: str) -> bool:
    """Tell whether a test is one of `KNOWN`."""
    return name.rpartition("::")[2].partition("[")[0] in KNOWN
