"""zarr's own tests behind our pipeline; `zarr_suite` says how to run them."""

import importlib.util
import os
import sys

import pytest
import zarr
from zarr.storage import ZipStore

from tests.zarr_partial.pipeline import zarr_suite
from tests.zarr_partial.pipeline.pipelines import OURS, behind
from tests.zarr_partial.pipeline.zarr_suite import CHOSEN, DEFAULT, KNOWN, MORE, is_known, run

NEEDED = ("pip", "pytest_asyncio", "xdist")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]

pytestmark = pytest.mark.skipif(
    bool(MISSING), reason=f"without {', '.join(MISSING)}: run with `uv run --group zarr-tests pytest`"
)


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    try:
        return zarr_suite.fetch(tmp_path_factory.mktemp("zarr"))
    except ConnectionError as error:
        # Where it has to run, an absent index is a failure.
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


def test_zarrs_tests_fail_nowhere_that_they_pass_behind_zarrs_pipeline(source, installed, request):
    asked = request.config.getoption("--zarr-suite")
    tests = CHOSEN if asked == "some" else [*CHOSEN, *MORE, "--run-slow-hypothesis"]
    tests = [test for test in tests if test.startswith("--") or (source / test).exists()]
    ours = run(source, OURS, tests, installed, seconds=600 if asked == "some" else 3600)
    assert ours.passed > 2_000, ours.report
    unknown = [name for name in ours.failed if not is_known(name)]
    if unknown:
        default = run(source, DEFAULT, unknown, installed, seconds=600)
        worse = sorted(set(unknown) - set(default.failed))
        assert not worse, (
            f"{len(worse)} tests pass behind zarr's pipeline and fail behind ours:\n"
            + "\n".join([*worse, ours.report])
        )
    for name, reason in KNOWN.items():
        assert any(is_known(failed) and name in failed for failed in ours.failed), (
            f"{name} passes: it is no exception any more ({reason})"
        )


@pytest.fixture(scope="module")
def scenarios(source):
    """Return zarr's module of behaviours that every pipeline must have."""
    path = source / "tests/test_codec_pipeline_suite.py"
    spec = importlib.util.spec_from_file_location("zarr_codec_pipeline_suite", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_hold_what_every_pipeline_has_to_write(scenarios, tmp_path):
    """`CodecPipelineTests` reads archives that are open for writing, which we leave to zarr."""
    assert len(scenarios.SCENARIOS) > 20
    for number, scenario in enumerate(scenarios.SCENARIOS):
        path = tmp_path / f"{number}.zip"
        with ZipStore(path, mode="w") as archive:
            array = zarr.create_array(archive, **scenario.array_kwargs)
            for selection, value in scenario.writes:
                array[selection] = value
        with ZipStore(path, mode="r") as archive:
            array, want = behind(OURS, archive), scenario.reference()
            for selection in scenario.reads:
                found = array[selection]
                assert found.dtype == want.dtype
                assert (found == want[selection]).all(), scenario.id
