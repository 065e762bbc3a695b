"""Stores of every kind that hold the same values, all on this machine."""

import contextlib

import boto3
import fsspec
import icechunk
import obstore
from fsspec.implementations.memory import MemoryFileSystem
from moto.moto_server.threaded_moto_server import ThreadedMotoServer
from obstore.store import HTTPStore, S3Store
from zarr.core.buffer import default_buffer_prototype
from zarr.core.sync import sync
from zarr.storage import FsspecStore, LoggingStore, MemoryStore, ObjectStore

from tests.zarr_partial.stores.servers import serving

CREDENTIALS = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
NO_RETRIES = {"max_retries": 0}


def buffers(values):
    """Return a dict of bytes as one of zarr's buffers."""
    make = default_buffer_prototype().buffer.from_bytes
    return {key: make(value) for key, value in values.items()}


@contextlib.contextmanager
def memory(values):
    yield MemoryStore(buffers(values), read_only=True)


@contextlib.contextmanager
def wrapper(values):
    yield LoggingStore(MemoryStore(buffers(values), read_only=True), log_level="ERROR")


@contextlib.contextmanager
def fsspec_memory(values):
    files = fsspec.filesystem("memory")
    for key, value in values.items():
        files.pipe_file(f"/values/{key}", value)
    try:
        yield FsspecStore.from_url("memory://values", read_only=True)
    finally:
        MemoryFileSystem.store.clear()
        MemoryFileSystem.pseudo_dirs[:] = [""]


@contextlib.contextmanager
def http_by_fsspec(values):
    with serving(values) as server, fsspec_store(server.url) as store:
        yield store


@contextlib.contextmanager
def fsspec_store(url, **options):
    """Open the store at `url`, and close its connections afterwards, as its owner has to."""
    store = FsspecStore.from_url(url, {"skip_instance_cache": True, **options}, read_only=True)
    try:
        yield store
    finally:
        close(store.fs)


def close(files):
    """Close the connections of a file system, which nobody may get again."""
    sync(_close(files))
    type(files)._cache.pop(files._fs_token_, None)


async def _close(files):
    if getattr(files, "_session", None) is not None:
        await files._session.close()
    if getattr(files, "_s3creator", None) is not None:
        await files._s3creator.__aexit__(None, None, None)


@contextlib.contextmanager
def http_by_obstore(values):
    with serving(values) as server:
        yield obstore_of(server.url)


def obstore_of(url, timeout="20s"):
    client = {"allow_http": True, "timeout": timeout}
    return ObjectStore(
        HTTPStore.from_url(url, client_options=client, retry_config=NO_RETRIES), read_only=True
    )


@contextlib.contextmanager
def obstore_memory(values):
    store = obstore.store.MemoryStore()
    for key, value in values.items():
        store.put(key, value)
    yield ObjectStore(store, read_only=True)


@contextlib.contextmanager
def s3_server(values, bucket="values"):
    """Start a server that speaks S3, with the values in a bucket, and yield its address.

    All servers of a process share their buckets.
    """
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        address = f"http://{host}:{port}"
        client = boto3.client("s3", endpoint_url=address, **CREDENTIALS)
        client.create_bucket(Bucket=bucket)
        for key, value in values.items():
            client.put_object(Bucket=bucket, Key=key, Body=value)
        client.close()
        yield address
    finally:
        server.stop()
        server._server.server_close()


@contextlib.contextmanager
def s3_by_s3fs(values):
    with (
        s3_server(values) as address,
        fsspec_store(
            "s3://values",
            endpoint_url=address,
            key="test",
            secret="test",
            client_kwargs={"region_name": "us-east-1"},
        ) as store,
    ):
        yield store


@contextlib.contextmanager
def s3_by_obstore(values):
    with s3_server(values) as address:
        store = S3Store(
            "values",
            endpoint=address,
            access_key_id="test",
            secret_access_key="test",
            region="us-east-1",
            virtual_hosted_style_request=False,
            client_options={"allow_http": True},
        )
        yield ObjectStore(store, read_only=True)


@contextlib.contextmanager
def icechunk_session(values, folder):
    repository = icechunk.Repository.create(icechunk.local_filesystem_storage(str(folder)))
    session = repository.writable_session("main")
    # Icechunk holds arrays of format 3 only, and takes no key outside of them.
    paths = [key.removesuffix("/zarr.json") for key in values if key.endswith("/zarr.json")]
    sync(_copy(values, paths, session.store))
    session.commit("values")
    yield repository.readonly_session("main").store


async def _copy(values, paths, store):
    for path in paths:
        keys = [key for key in values if key.startswith(f"{path}/")]
        for key in sorted(keys, key=lambda key: not key.endswith(".json")):
            await store.set(key, buffers(values)[key])


KINDS = {
    "memory": memory,
    "wrapper": wrapper,
    "fsspec memory": fsspec_memory,
    "fsspec http": http_by_fsspec,
    "obstore memory": obstore_memory,
    "obstore http": http_by_obstore,
    "s3fs": s3_by_s3fs,
    "obstore s3": s3_by_obstore,
}
