"""Plans of every kind of array that zarr can write, and of keys that it takes or refuses."""

import json
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZIP_STORED

import numpy as np
import pytest
import zarr
from hypothesis import given, note, settings
from hypothesis import strategies as st
from zarr.storage import ZipStore

import zarr_partial as zp
from tests.zarr_partial.conformance import keys
from tests.zarr_partial.conformance.arrays import stored_arrays
from tests.zarr_partial.conformance.budget import SELECTIONS_PER_ARRAY
from tests.zarr_partial.conformance.budget import arrays as so_many
from tests.zarr_partial.conformance.compare import outcome
from tests.zarr_partial.explaining.watching import Watch
from tests.zarr_partial.zipping import zipped

pytestmark = [
    # zarr warns when it writes types, and reads shards, that we only read.
    pytest.mark.filterwarnings("ignore:The data type .* does not have a Zarr V3 specification"),
    pytest.mark.filterwarnings("ignore:Combining a `sharding_indexed` codec disables partial reads"),
    # Filters cannot hold the infinities and the largest integers, which are among the fill values.
    pytest.mark.filterwarnings("ignore::RuntimeWarning"),
]


@settings(max_examples=so_many(480))
@given(data=st.data(), stored=stored_arrays())
def test_plan_is_what_a_read_does_or_its_error(data, stored, tmp_path_factory):
    path = Path(tempfile.mkdtemp(dir=tmp_path_factory.getbasetemp()))
    with zarr.config.set({"array.rectilinear_chunks": True}):
        array = stored.write(path / "a.zarr")
        method = data.draw(st.sampled_from([None, None, ZIP_STORED, ZIP_DEFLATED]), label="zip method")
        if method is not None:
            archive = zipped(path / "a.zarr", path / "a.zip", method)
            array = zarr.open_array(ZipStore(archive, mode="r"), mode="r")
        for _ in range(SELECTIONS_PER_ARRAY):
            key = data.draw(keys.getitem_keys(array.shape), label="key")
            # Two threads may unpack one file.
            partial = zp.open(array, threads=1 if method == ZIP_DEFLATED else None)
            note(f"{partial!r} {key!r}")
            plan = outcome(lambda key=key, partial=partial: partial.explain(key))
            with Watch() as watch:
                read = outcome(lambda key=key, partial=partial: partial[key])
            if isinstance(read, Exception):
                assert (type(plan), str(plan)) == (type(read), str(read))
            else:
                check(plan, read, watch, is_ours=partial.state.is_ours)
        if method is not None:
            array.store.close()
    shutil.rmtree(path)


def check(plan, read, watch, *, is_ours):
    assert isinstance(plan, zp.Plan), plan
    assert plan.shape == np.shape(read)
    # Strings of a variable length have no fixed size; scalars are as long as what they hold.
    if isinstance(read, np.ndarray) and not read.dtype.hasobject and read.dtype.kind != "T":
        assert plan.bytes_wanted == read.nbytes
    assert plan.chunks == len(plan.uses)
    assert len(str(plan).splitlines()) >= 8
    assert json.loads(json.dumps(plan.as_dict()))["chunks"] == plan.chunks
    if is_ours and "zarr reads this form of selection" not in plan.reasons[0]:
        assert watch.mapped == Counter({use.key for use in plan.uses})
        assert watch.bytes_decoded == plan.bytes_decoded
        assert max(watch.units.values(), default=1) == 1
        if "ZIP archive" not in plan.reasons[0]:
            # Where files are unpacked whole, that is what they count as decoded for.
            assert len(watch.units) == sum(use.units for use in plan.uses if use.bytes_decoded)
