"""The site over HTTP: a real server on the loopback address, spoken to byte by byte."""

import gzip
import http.client
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from outreach.errors import OutreachError
from outreach.serving import address_of, reserve, served

PAGE = "<!doctype html><title>home</title>" + "<p>many words</p>" * 200
CHUNK = bytes(range(256)) * 8


@pytest.fixture
def site(tmp_path: Path) -> Path:
    files = {
        "index.html": PAGE,
        "404.html": "<!doctype html><title>not found</title>",
        "gallery/index.html": PAGE,
        "assets/generated/main.js": "export {};" * 100,
        "assets/worker.mjs": "export {};",
        "gallery/x/picture.avif": b"avif" * 400,
        "gallery/x/picture.webp": b"webp" * 400,
        "gallery/x/sample.zarr/.zarray": '{"zarr_format": 2}',
        "gallery/x/sample.zarr/0.0": CHUNK,
        "gallery/x/sample.zarr/c/0/0": CHUNK,
        "sprints/event.ics": "BEGIN:VCALENDAR",
    }
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return tmp_path


@pytest.fixture
def port(site: Path) -> Iterator[int]:
    with served(site) as address:
        yield port_of(address)


def port_of(address: str) -> int:
    return int(urlsplit(address).port or 0)


def get(port: int, path: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(
            "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
        )
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()


def test_a_range_is_answered_with_206_its_place_and_its_bytes(port: int) -> None:
    status, headers, body = get(port, "/gallery/x/sample.zarr/0.0", Range="bytes=10-19")
    assert (status, headers["content-range"], body) == (206, f"bytes 10-19/{len(CHUNK)}", CHUNK[10:20])


def test_a_suffix_range_returns_the_end(port: int) -> None:
    status, headers, body = get(port, "/gallery/x/sample.zarr/0.0", Range="bytes=-16")
    assert (status, body) == (206, CHUNK[-16:])
    assert headers["content-range"] == f"bytes {len(CHUNK) - 16}-{len(CHUNK) - 1}/{len(CHUNK)}"


def test_a_range_beyond_the_end_is_416_with_the_size(port: int) -> None:
    status, headers, _ = get(port, "/gallery/x/sample.zarr/0.0", Range="bytes=99999-")
    assert status == 416
    assert headers["content-range"].endswith(f"*/{len(CHUNK)}")


@pytest.mark.parametrize("path", ["/", "/assets/generated/main.js"])
def test_a_range_of_text_is_never_compressed(port: int, path: str) -> None:
    status, headers, body = get(port, path, Range="bytes=0-99", Accept_Encoding="gzip")
    assert status == 206
    assert "content-encoding" not in headers
    assert len(body) == 100


def test_text_is_compressed_for_those_who_accept_it(port: int) -> None:
    status, headers, body = get(port, "/gallery/", Accept_Encoding="gzip")
    assert (status, headers["content-encoding"]) == (200, "gzip")
    assert gzip.decompress(body).decode() == PAGE
    assert "content-encoding" not in get(port, "/gallery/")[1]


@pytest.mark.parametrize("path", ["sample.zarr/0.0", "sample.zarr/c/0/0", "picture.avif"])
def test_chunks_and_pictures_are_never_compressed(port: int, path: str) -> None:
    headers = get(port, f"/gallery/x/{path}", Accept_Encoding="gzip")[1]
    assert "content-encoding" not in headers


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/assets/generated/main.js", "text/javascript"),
        ("/assets/worker.mjs", "text/javascript"),
        ("/gallery/x/picture.avif", "image/avif"),
        ("/gallery/x/picture.webp", "image/webp"),
        ("/gallery/x/sample.zarr/.zarray", "application/json"),
        ("/gallery/x/sample.zarr/0.0", "application/octet-stream"),
        ("/gallery/x/sample.zarr/c/0/0", "application/octet-stream"),
        ("/sprints/event.ics", "text/calendar"),
    ],
)
def test_every_kind_of_file_has_its_type(port: int, path: str, kind: str) -> None:
    status, headers, _ = get(port, path)
    assert status == 200
    assert headers["content-type"].split(";")[0] == kind


def test_a_missing_page_is_404_with_a_page(port: int) -> None:
    status, _, body = get(port, "/nowhere/")
    assert status == 404
    assert b"not found" in body


def test_nothing_outside_the_site_is_served(port: int) -> None:
    assert get(port, "/../../../../etc/hostname")[0] == 404
    assert get(port, "/%2e%2e/%2e%2e/etc/hostname")[0] == 404


def test_an_unchanged_file_is_not_sent_twice(port: int) -> None:
    first = get(port, "/gallery/x/picture.webp")[1]
    assert first["cache-control"] == "no-cache"
    assert get(port, "/gallery/x/picture.webp", If_None_Match=first["etag"])[0] == 304


def test_a_sub_path_holds_the_whole_site_and_the_root_leads_there(site: Path) -> None:
    with served(site, "/beautiful-zarr/") as address:
        port = port_of(address)
        assert get(port, "/beautiful-zarr/gallery/")[0] == 200
        assert get(port, "/beautiful-zarr/nowhere/")[0] == 404
        status, headers, _ = get(port, "/")
        assert (status, headers["location"]) == (307, "/beautiful-zarr/")
        status, _, body = get(port, "/gallery/")
        assert status == 404
        assert b"expected an address below /beautiful-zarr/" in body


def test_a_port_in_use_is_one_message_with_the_remedy() -> None:
    with reserve("127.0.0.1", 0) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(
            OutreachError, match=f"expected port {number} .* found: .*; .* --port {number + 1}"
        ):
            reserve("127.0.0.1", number)


def test_a_host_that_is_none_is_one_message() -> None:
    with pytest.raises(
        OutreachError, match="expected an address of this machine for --host, found 'no host'"
    ):
        reserve("no host", 0)


@pytest.mark.parametrize(
    ("host", "shown"), [("127.0.0.1", "127.0.0.1"), ("localhost", "localhost"), ("0.0.0.0", "127.0.0.1")]
)
def test_the_address_is_one_a_browser_can_open(host: str, shown: str) -> None:
    with reserve("127.0.0.1", 0) as sock:
        assert isinstance(sock, socket.socket)
        assert address_of(sock, host, "/x/") == f"http://{shown}:{sock.getsockname()[1]}/x/"
