"""The server keeps connections, serves ranges, counts them, and says what zarr's stores need to hear."""

import http.client
import math
import time

import pytest
from suite.server import Counts, Server, byte_range, serving

CONTENT = bytes(range(256)) * 40


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    (folder / "array").mkdir()
    (folder / "array" / "chunk").write_bytes(CONTENT)
    served = Server(folder, latency=0.03)
    yield served
    served.close()


@pytest.fixture
def ask(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)

    def asked(path="/array/chunk", method="GET", **headers):
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        return answer, answer.read()

    server.counts()
    yield asked
    connection.close()


@pytest.mark.parametrize(
    ("header", "expected"),
    [("bytes=0-9", slice(0, 10)), ("bytes=10200-", slice(10200, None)), ("bytes=-7", slice(-7, None)),
     ("bytes=10000-99999", slice(10000, None))],
)  # fmt: skip
def test_a_range_is_answered_with_its_bytes(header, expected, ask):
    answer, body = ask(Range=header)
    assert (answer.status, body) == (206, CONTENT[expected])
    start, stop, _ = expected.indices(len(CONTENT))
    assert answer.headers["Content-Range"] == f"bytes {start}-{stop - 1}/{len(CONTENT)}"


def test_without_a_range_all_of_a_file_is_answered(ask):
    answer, body = ask()
    assert (answer.status, body) == (200, CONTENT)


def test_a_range_beyond_the_end_is_refused(ask):
    answer, body = ask(Range="bytes=99999-")
    assert (answer.status, body) == (416, b"")


def test_the_length_is_told_without_the_bytes(ask):
    answer, body = ask(method="HEAD")
    assert (answer.headers["Content-Length"], body) == (str(len(CONTENT)), b"")


@pytest.mark.parametrize("path", ["/array/none", "/array"])
def test_what_is_no_file_is_not_found(path, ask):
    answer, _ = ask(path)
    assert answer.status == 404


def test_requests_and_bytes_are_counted_once_each_also_over_one_connection(ask, server):
    ask(Range="bytes=0-9")
    ask("/array/none")
    ask()
    assert server.counts() == Counts(requests=3, nbytes=10 + len(CONTENT))
    assert server.counts() == Counts(0, 0)


def test_every_answer_takes_the_latency(ask):
    began = time.perf_counter()
    for _ in range(3):
        ask(Range="bytes=0-9")
    assert time.perf_counter() - began >= 3 * 0.03


def test_bytes_take_the_time_of_the_network(tmp_path):
    (tmp_path / "file").write_bytes(bytes(30_000))
    slow = Server(tmp_path, latency=0.0, bytes_per_second=300_000)
    connection = http.client.HTTPConnection("127.0.0.1", slow.port)
    began = time.perf_counter()
    connection.request("GET", "/file")
    assert len(connection.getresponse().read()) == 30_000
    assert time.perf_counter() - began >= 0.1
    connection.close()
    slow.close()


def test_the_process_ends_when_it_is_closed(tmp_path):
    other = Server(tmp_path)
    other.close()
    with pytest.raises(ConnectionRefusedError):
        http.client.HTTPConnection("127.0.0.1", other.port).connect()
    assert other._process.returncode == 0


def test_a_folder_has_one_server_for_each_speed(tmp_path):
    server = serving(tmp_path)
    assert serving(tmp_path, math.inf) is server
    assert serving(tmp_path, 1e8).port != server.port


def test_a_server_that_cannot_start_is_an_error(monkeypatch, tmp_path):
    monkeypatch.setattr("suite.server.sys.executable", "false")
    with pytest.raises(OSError, match="found that it ended"):
        Server(tmp_path)


@pytest.mark.parametrize(
    ("header", "found"),
    [("bytes=0-0", (0, 1)), ("bytes=5-", (5, 10)), ("bytes=-20", (0, 10)), ("bytes=12-15", (10, 10))],
)
def test_byte_ranges_end_with_the_file(header, found):
    assert byte_range(header, 10) == found
