"""zarr's tests of what every pipeline has to do, on directories and in ZIP archives.

`zarr_suite` puts this module beside them, where it is run behind the pipeline that is chosen.
"""

import os

import pytest
from tests.test_codec_pipeline_suite import CodecPipelineTests
from zarr.storage import LocalStore, ZipStore


class TestInMemory(CodecPipelineTests):
    pipeline_path = os.environ["ZARR_CODEC_PIPELINE__PATH"]


class TestInDirectory(TestInMemory):
    @pytest.fixture
    def store(self, tmp_path):
        return LocalStore(tmp_path / "a.zarr")


@pytest.mark.filterwarnings("ignore:Duplicate name")
class TestInArchive(TestInMemory):
    @pytest.fixture
    def store(self, tmp_path):
        with ZipStore(tmp_path / "a.zip", mode="w") as store:
            yield store
