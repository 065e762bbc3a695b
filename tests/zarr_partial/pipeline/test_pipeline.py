"""What the pipeline reads itself, what it leaves to zarr, and what it gives back."""

import os
import pickle
from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.abc.store import RangeByteRequest
from zarr.codecs import BloscCodec, ShardingCodec, TransposeCodec
from zarr.core.buffer import BufferPrototype, cpu, default_buffer_prototype
from zarr.storage import LocalStore, MemoryStore, WrapperStore, ZipStore

import zarr_partial as zp
from tests.zarr_partial.conformance.compare import assert_same
from tests.zarr_partial.pipeline.pipelines import DEFAULT, OURS, behind, left_to_zarr
from tests.zarr_partial.running import run
from tests.zarr_partial.zipping import zipped

OPEN_FILES = Path("/proc/self/fd")
SMALL_BLOCKS = BloscCodec(cname="zstd", blocksize=2048)
LAYOUTS = {
    "raw": {"compressors": None},
    "raw, F order": {"compressors": None, "filters": TransposeCodec(order=(1, 0))},
    "blosc": {"compressors": SMALL_BLOCKS},
    "zstd": {},
    "shards of raw": {"chunks": (10, 30), "shards": (50, 60), "compressors": None},
    "shards of blosc": {"chunks": (25, 60), "shards": (50, 60), "compressors": SMALL_BLOCKS},
    "shards of zstd": {"chunks": (10, 30), "shards": (50, 60)},
    "shards of shards": {
        "chunks": (50, 60),
        "serializer": ShardingCodec(chunk_shape=(25, 60), codecs=[ShardingCodec(chunk_shape=(5, 20))]),
        "compressors": None,
    },
    "format 2": {"zarr_format": 2, "compressors": None, "order": "F"},
}
ROWS = np.array([199, 3, 51, 60, 7, 3])
SELECTIONS = {
    "row": lambda a: a[7],
    "slab": lambda a: a[40:130],
    "part of rows": lambda a: a[40:130:3, 5:80],
    "column": lambda a: a[:, 61],
    "element": lambda a: a[7, 61],
    "all": lambda a: a[...],
    "rows, unsorted": lambda a: a.oindex[ROWS],
    "rows, sorted": lambda a: a.oindex[np.arange(0, 200, 2)],
    "rows of a column": lambda a: a.oindex[ROWS, 61],
    "rows and columns": lambda a: a.oindex[ROWS, ROWS[::-1] // 2],
    "mask": lambda a: a.oindex[np.arange(200) % 7 == 0],
    "points": lambda a: a.vindex[ROWS, ROWS // 2],
    "block": lambda a: a.blocks[1, 0],
}


@pytest.fixture(params=list(LAYOUTS))
def stored(request, tmp_path):
    values = np.random.default_rng(3).integers(0, 99, (200, 120)).astype("<i4")
    options = {"chunks": (50, 60), **LAYOUTS[request.param]}
    zarr.create_array(tmp_path / "a.zarr", data=values, **options)
    return tmp_path / "a.zarr"


def in_memory(folder):
    make = default_buffer_prototype().buffer.from_bytes
    files = (file for file in folder.rglob("*") if file.is_file())
    return MemoryStore({file.relative_to(folder).as_posix(): make(file.read_bytes()) for file in files})


@pytest.fixture(params=["directory", "memory", "ZIP archive", "another store"])
def source(request, stored, tmp_path):
    if request.param == "ZIP archive":
        with ZipStore(zipped(stored, tmp_path / "a.zip"), mode="r") as store:
            yield store
    else:
        kinds = {"directory": lambda: stored, "memory": lambda: in_memory(stored)}
        yield kinds.get(request.param, lambda: WrapperStore(LocalStore(stored)))()


def test_sound_chunks_are_never_left_to_zarr(source, caplog):
    """Conformance would be met by leaving everything to zarr."""
    array, ours = behind(DEFAULT, source), behind(OURS, source)
    for read in SELECTIONS.values():
        with left_to_zarr(caplog) as said:
            found = read(ours)
        assert_same(found, read(array))
        assert said == []


def reads_of_zarr(ours, read, monkeypatch):
    """Return how many chunks zarr's pipeline was asked for."""
    asked = []
    zarrs = zp.PartialCodecPipeline.__mro__[1].read

    async def counted(self, batch_info, out, drop_axes=()):
        batch = list(batch_info)
        asked.extend(batch)
        return await zarrs(self, batch, out, drop_axes)

    with monkeypatch.context() as patched:
        patched.setattr(zp.PartialCodecPipeline.__mro__[1], "read", counted)
        read(ours)
    return len(asked)


def test_files_and_memory_are_read_by_us(stored, monkeypatch):
    for source in (stored, in_memory(stored)):
        ours = behind(OURS, source)
        assert sum(reads_of_zarr(ours, read, monkeypatch) for read in SELECTIONS.values()) == 0


class Recording(WrapperStore):
    """A store that notes which bytes it was asked for."""

    def __init__(self, store, asked=None):
        super().__init__(store)
        self.asked = [] if asked is None else asked

    def _with_store(self, store):
        return type(self)(store, self.asked)

    async def get(self, key, prototype, byte_range=None):
        self.asked.append((key, byte_range))
        return await super().get(key, prototype, byte_range)


def test_of_raw_chunks_elsewhere_one_range_is_fetched(tmp_path):
    values = np.arange(200 * 64, dtype="<f4").reshape(200, 64)
    zarr.create_array(tmp_path / "a.zarr", data=values, chunks=(50, 64), compressors=None)
    store = Recording(LocalStore(tmp_path / "a.zarr"))
    ours = behind(OURS, store)
    store.asked.clear()
    assert_same(ours.oindex[np.array([3, 9, 120])], values[[3, 9, 120]])
    row = 64 * 4
    assert sorted(store.asked, key=str) == [
        ("c/0/0", RangeByteRequest(3 * row, 10 * row)),
        ("c/2/0", RangeByteRequest(20 * row, 21 * row)),
    ]


def test_result_per_chunk_says_whether_it_is_there(stored):
    (stored / ("c/1/0" if (stored / "c").exists() else "1.0")).unlink()
    ours = behind(OURS, stored)
    pipeline, array = ours.async_array.codec_pipeline, ours.async_array
    prototype = default_buffer_prototype()
    out = prototype.nd_buffer.empty(shape=(100, 60), dtype=ours.dtype, order="C")
    seen = []
    read = type(pipeline).read

    async def watched(self, batch_info, out, drop_axes=()):
        seen.extend(await read(self, batch_info, out, drop_axes))
        return tuple(seen)

    type(pipeline).read = watched
    try:
        run(array.get_orthogonal_selection((slice(0, 100), slice(0, 60)), out=out, prototype=prototype))
    finally:
        type(pipeline).read = read
    assert seen == [{"status": "present"}, {"status": "missing"}]
    assert not out.as_numpy_array()[50:].any()


class OwnArray(cpu.NDBuffer):
    pass


class OwnBuffer(cpu.Buffer):
    pass


def test_buffers_of_other_kinds_are_zarrs_part(make, monkeypatch):
    prototype = BufferPrototype(buffer=OwnBuffer, nd_buffer=OwnArray)
    ours = behind(OURS, make(chunks=(5, 3)).store)
    asked = reads_of_zarr(ours, lambda a: a.get_basic_selection(slice(5), prototype=prototype), monkeypatch)
    assert asked == 2


def test_written_arrays_are_those_of_zarrs_pipeline(tmp_path):
    values = np.random.default_rng(3).integers(0, 99, (60, 40)).astype("<i4")
    options = {"shape": (60, 40), "dtype": "<i4", "chunks": (10, 10), "shards": (20, 20)}
    files = []
    for pipeline, name in ((DEFAULT, "theirs.zarr"), (OURS, "ours.zarr")):
        with zarr.config.set({"codec_pipeline.path": pipeline}):
            array = zarr.create_array(tmp_path / name, **options)
            array[...] = values
            array[3:33, 7] = 5
            array.oindex[[1, 50], [2, 3]] = 6
        folder = tmp_path / name
        files.append({f.relative_to(folder): f.read_bytes() for f in folder.rglob("*") if f.is_file()})
    assert files[0] == files[1]


def test_pickled_array_reads_behind_the_same_pipeline(stored):
    ours = behind(OURS, stored)
    values = ours[...]
    again = pickle.loads(pickle.dumps(ours.async_array.codec_pipeline))
    assert again == ours.async_array.codec_pipeline
    assert type(again) is zp.PartialCodecPipeline
    with zarr.config.set({"codec_pipeline.path": OURS}):
        assert_same(pickle.loads(pickle.dumps(ours))[...], values)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
def test_forked_child_reads(stored):
    ours = behind(OURS, stored)
    values = ours[...]
    child = os.fork()
    if not child:
        os._exit(0 if (ours[...] == values).all() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@pytest.mark.skipif(not OPEN_FILES.is_dir(), reason="no list of open files here")
def test_open_files_are_closed(stored):
    ours = behind(OURS, stored)
    ours[...]
    before = len(list(OPEN_FILES.iterdir()))
    for read in SELECTIONS.values():
        read(ours)
    assert len(list(OPEN_FILES.iterdir())) == before
