"""zarr's own tests of stores, run against a read-only one as far as they do not write through it.

Values are set beneath it, in the store of an array whose chunks are shown as they are: then a chunk may be
any bytes, as zarr's tests want. What writes by nature is replaced by what it says of a store that cannot.
"""

import functools
import inspect
import pickle

import numpy as np
import pytest
import zarr
from zarr.abc.store import OffsetByteRequest, RangeByteRequest, SuffixByteRequest
from zarr.core.buffer import cpu, default_buffer_prototype
from zarr.storage import MemoryStore
from zarr.testing.store import StoreTests

import zarr_partial as zp
from tests.zarr_partial.running import run
from zarr_partial.virtualizing.store import VirtualStore

WRITES = [
    "test_set", "test_set_not_open", "test_set_many", "test_set_if_not_exists", "test_clear", "test_delete",
    "test_delete_dir", "test_delete_nonexistent_key_does_not_raise", "test_set_sync", "test_delete_sync",
    "test_delete_sync_missing", "test_sync_async_set_get_parity", "test_delete_sync_visible_to_async_get",
]  # fmt: skip
# They begin with an empty store, or put metadata documents of their own into one.
ON_AN_EMPTY_STORE = [
    "test_list", "test_list_prefix", "test_list_empty_path", "test_list_dir", "test_is_empty", "test_exists",
    "test_getsize_prefix", "test_get_partial_values",
]  # fmt: skip


def array_for(key):
    """Return the arguments of a virtual store in which `key` is that of a chunk."""
    path, _, rest = key.rpartition("/") if "." in key else key.rpartition("foo/")
    path = path or ("foo" if key.startswith("foo/") else "")
    style = "default" if rest.startswith("c/") else "v2"
    separator = "." if "." in rest else "/"
    ndim = len([part for part in rest.replace(".", "/").split("/") if part != "c"])
    array = zarr.create_array(
        MemoryStore(),
        shape=(2000,) * ndim,
        chunks=(1,) * ndim,
        dtype="u1",
        compressors=None,
        chunk_key_encoding={"name": style, "separator": separator},
    )
    return {"array": zp.open(array), "chunks": (1,) * ndim, "path": path}


class TestVirtualStore(StoreTests[VirtualStore, cpu.Buffer]):
    store_cls = VirtualStore
    buffer_cls = cpu.Buffer

    @pytest.fixture
    def store_kwargs(self, request):
        spec = getattr(request.node, "callspec", None)
        key = spec.params.get("key") if spec else None
        # test_get_many and the synchronous tests have keys of one part.
        return array_for(key or ("0" if "many" in request.node.name else "c/0"))

    @pytest.fixture
    def store(self, open_kwargs):
        return run(self.store_cls.open(**open_kwargs))

    @pytest.fixture
    def store_not_open(self, store_kwargs):
        return self.store_cls(**store_kwargs)

    async def set(self, store, key, value):
        beneath = store.shown.array.store
        await beneath.set(key.removeprefix(store.shown.root), value)

    async def get(self, store, key):
        return await store.shown.array.store.get(
            key.removeprefix(store.shown.root), default_buffer_prototype()
        )

    def test_store_repr(self, store):
        assert repr(store).startswith("VirtualStore('virtual chunks of 1 in memory://")

    def test_store_supports_writes(self, store):
        assert not store.supports_writes
        assert not store.supports_deletes

    def test_store_supports_listing(self, store):
        assert store.supports_listing

    def test_store_read_only(self, store):
        assert store.read_only
        with pytest.raises(AttributeError):
            store.read_only = False

    def test_store_open_read_only(self, open_kwargs):
        assert run(self.store_cls.open(**open_kwargs, read_only=True)).read_only
        with pytest.raises(ValueError, match="virtual chunks cannot be written"):
            run(self.store_cls.open(**open_kwargs, read_only=False))

    def test_serializable_store(self, store):
        run(self.set(store, "c/0", self.buffer_cls.from_bytes(b"\7")))
        again = pickle.loads(pickle.dumps(store))
        assert again == store
        assert again.read_only
        assert run(again.get("c/0", default_buffer_prototype())).to_bytes() == b"\7"

    @pytest.mark.parametrize(
        "byte_range",
        [
            None, RangeByteRequest(1, 4), RangeByteRequest(2, 2), RangeByteRequest(10, 20),
            OffsetByteRequest(1), OffsetByteRequest(9), SuffixByteRequest(1), SuffixByteRequest(0),
            SuffixByteRequest(9),
        ],
    )  # fmt: skip
    def test_get_sync_byte_range_parity(self, store, byte_range):
        run(self.set(store, "c/0", self.buffer_cls.from_bytes(b"\1\2\3\4")))
        given = {"prototype": default_buffer_prototype(), "byte_range": byte_range}
        want = run(store.shown.array.store.get("c/0", **given)).to_bytes()
        assert run(store.get("c/0", **given)).to_bytes() == want
        assert store.get_sync("c/0", **given).to_bytes() == want
        assert run(store.get("c/1", **given)) is None
        assert store.get_sync("c/1", **given) is None

    def test_get_sync(self, store):
        run(self.set(store, "c/0", self.buffer_cls.from_bytes(b"\1\2")))
        assert store.get_sync("c/0").to_bytes() == b"\1\2"

    def test_writing_raises(self, store):
        value = self.buffer_cls.from_bytes(b"\1")
        for write in (store.set("c/0", value), store.delete("c/0"), store.set_if_not_exists("c/0", value)):
            with pytest.raises(ValueError, match="read-only mode"):
                run(_awaited(write))
        for write in (lambda: store.set_sync("c/0", value), lambda: store.delete_sync("c/0")):
            with pytest.raises(ValueError, match="read-only mode"):
                write()


async def _awaited(coroutine):
    return await coroutine


def _in_a_loop(test):
    @functools.wraps(test)
    def in_a_loop(*args, **kwargs):
        return run(test(*args, **kwargs))

    return in_a_loop


for _name, _test in inspect.getmembers(StoreTests, inspect.iscoroutinefunction):
    if _name in WRITES or _name in ON_AN_EMPTY_STORE:
        setattr(TestVirtualStore, _name, None)
    elif _name.startswith("test_") and _name not in vars(TestVirtualStore):
        setattr(TestVirtualStore, _name, _in_a_loop(_test))
for _name in WRITES:
    setattr(TestVirtualStore, _name, None)


def test_names_of_the_tests_that_are_left_out_are_still_zarrs():
    assert not [name for name in WRITES + ON_AN_EMPTY_STORE if not hasattr(StoreTests, name)]


@pytest.fixture
def ocean(tmp_path):
    """Half of its eight virtual chunks are stored."""
    array = zarr.create_array(
        tmp_path / "a.zarr", shape=(8, 6), chunks=(4, 3), dtype="i2", compressors=None, attributes={"a": 1}
    )
    array[:4] = np.arange(1, 25).reshape(4, 6)
    return zp.virtual_chunks(array, (2, 3), path="deep/ocean").store


STORED = ["deep/ocean/c/0/0", "deep/ocean/c/0/1", "deep/ocean/c/1/0", "deep/ocean/c/1/1"]
DOCUMENTS = ["deep/ocean/zarr.json", "deep/zarr.json", "zarr.json"]


@pytest.mark.parametrize(
    "prefix",
    [
        "",
        "deep",
        "deep/",
        "deep/ocean",
        "deep/ocean/",
        "deep/ocean/c/1",
        "deep/ocean/c/1/",
        "dee",
        "sea",
        "zarr",
    ],
)
def test_list_prefix_gives_the_keys_that_begin_so(ocean, prefix):
    got = run(collected(ocean.list_prefix(prefix)))
    assert sorted(got) == sorted(key for key in STORED + DOCUMENTS if key.startswith(prefix))
    assert sorted(run(collected(ocean.list()))) == sorted(STORED + DOCUMENTS)


@pytest.mark.parametrize(
    ("prefix", "names"),
    [
        ("", {"deep", "zarr.json"}),
        ("deep", {"ocean", "zarr.json"}),
        ("deep/", {"ocean", "zarr.json"}),
        ("deep/ocean", {"c", "zarr.json"}),
        ("deep/ocean/c", {"0", "1"}),
        ("deep/ocean/c/1", {"0", "1"}),
        ("deep/ocean/c/2", set()),
        ("sea", set()),
    ],
)
def test_list_dir_gives_the_names_in_a_folder(ocean, prefix, names):
    assert set(run(collected(ocean.list_dir(prefix)))) == names
    assert run(_awaited(ocean.is_empty(prefix))) == (not names)


def test_partial_values_come_in_order(ocean):
    asked = [
        ("deep/ocean/c/1/1", RangeByteRequest(2, 6)),
        ("deep/ocean/c/3/1", None),
        ("deep/ocean/c/1/1", SuffixByteRequest(4)),
        ("deep/ocean/c/1/1", None),
        ("zarr.json", RangeByteRequest(0, 1)),
    ]
    values = run(ocean.get_partial_values(default_buffer_prototype(), iter(asked)))
    whole = np.array([[16, 17, 18], [22, 23, 24]], "i2").tobytes()
    got = [value and value.to_bytes() for value in values]
    assert got == [whole[2:6], None, whole[-4:], whole, b"{"]


@pytest.mark.parametrize(
    "key",
    ["deep/ocean/c/4/0", "deep/ocean/c/0", "deep/ocean/c/0/0/0", "deep/ocean/c/00/0", "deep/ocean/c/0.0",
     "deep/ocean/c/-1/0", "c/0/0", "deep/ocean/.zarray", "", "deep/ocean/c/" + "9" * 5000 + "/0"],
)  # fmt: skip
def test_keys_that_are_none_have_no_value(ocean, key):
    assert run(ocean.get(key)) is None
    assert not run(ocean.exists(key))
    with pytest.raises(FileNotFoundError):
        run(ocean.getsize(key))


def test_sizes_of_folders_are_those_of_their_values(ocean):
    assert run(ocean.getsize_prefix("deep/ocean/c")) == 4 * 12


async def collected(names):
    return [name async for name in names]
