"""Links asked of a local web: every state, redirects, rests, turns, and hosts that nobody may ask."""

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from email.utils import format_datetime
from http.server import ThreadingHTTPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outreach.gallery.freshness.asking import Client, Reply, Settings
from outreach.gallery.freshness.public import PublicOnly, is_public
from tests.outreach.gallery import fake_web as fakes

PAGE = "https://data.example/page"


@pytest.fixture
def web() -> Iterator[fakes.FakeWeb]:
    with fakes.fake_web() as web:
        yield web


def client(web: fakes.FakeWeb, slept: list[float] | None = None, **changes: Any) -> Client:
    clock = changes.pop("clock", None)
    settings = Settings(**{"delay": 0.0, "timeout": 5.0, **changes})
    options = {"clock": clock} if clock else {}
    sleep = (slept if slept is not None else []).append
    return Client(settings, transport=fakes.ToLoopback(web.port), sleep=sleep, **options)


def asked(web: fakes.FakeWeb, url: str = PAGE, **changes: Any) -> Reply:
    with client(web, **changes) as asking:
        reply = asking.link(url)
    assert reply is not None
    return reply


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (fakes.status(200), "fine"),
        (fakes.status(206), "fine"),
        (fakes.only_get(fakes.status(200)), "fine"),
        (fakes.only_get(fakes.status(206, b"x"), head=404), "fine"),
        (fakes.only_get(fakes.status(416), head=501), "fine"),
        (fakes.only_get(fakes.status(200), head=500), "fine"),
        (fakes.status(404), "gone"),
        (fakes.status(410), "gone"),
        (fakes.status(401), "refused"),
        (fakes.status(403), "refused"),
        (fakes.status(429), "refused"),
        (fakes.status(451), "refused"),
        (fakes.status(999), "refused"),
        (fakes.status(500), "failing"),
        (fakes.status(503), "failing"),
        (fakes.status(302), "failing"),
        (fakes.hang_up, "unreachable"),
    ],
)
def test_every_state_follows_from_the_answer(web: fakes.FakeWeb, answer: fakes.Says, state: str) -> None:
    web.says(PAGE, answer)
    assert asked(web).state == state


def test_a_good_head_is_enough_and_a_get_asks_for_one_byte(web: fakes.FakeWeb) -> None:
    web.says(PAGE, fakes.status(200))
    asked(web)
    assert web.paths("data.example") == ["HEAD /page"]
    web.says(PAGE, fakes.only_get(fakes.status(206, b"x")))
    asked(web)
    assert web.paths("data.example") == ["HEAD /page", "HEAD /page", "GET /page"]
    assert web.asked[-1].headers["Range"] == "bytes=0-0"
    assert all("github.com" in each.headers["User-Agent"] for each in web.asked)
    assert web.asked[0].headers["User-Agent"].startswith("beautiful-zarr-outreach")


@pytest.mark.parametrize(
    ("codes", "state", "moved_to"),
    [
        ((301,), "moved", "https://new.example/1"),
        ((308,), "moved", "https://new.example/1"),
        ((302,), "fine", None),
        ((303,), "fine", None),
        ((307,), "fine", None),
        ((301, 308), "moved", "https://new.example/2"),
        ((301, 302), "moved", "https://new.example/1"),
        ((302, 301), "fine", None),
    ],
)
def test_only_permanent_redirects_say_a_new_address(
    web: fakes.FakeWeb, codes: tuple[int, ...], state: str, moved_to: str | None
) -> None:
    places = [PAGE, *(f"https://new.example/{step}" for step in range(1, len(codes) + 1))]
    for code, here, there in zip(codes, places, places[1:], strict=False):
        web.says(here, fakes.redirect(code, there))
    web.says(places[-1], fakes.status(200))
    reply = asked(web)
    assert (reply.state, reply.moved_to) == (state, moved_to)


@pytest.mark.parametrize(
    ("target", "note"),
    [
        ("/page", "more than 5 redirects"),
        ("javascript:alert(1)", "a redirect to an address that is none of the web"),
        ("file:///etc/passwd", "a redirect to an address that is none of the web"),
        ("http://[::1", "a redirect to an address that is none of the web"),
        ("https://new.example:port/", "a redirect to an address that is none of the web"),
    ],
)
def test_redirects_that_lead_nowhere_are_said_in_words(web: fakes.FakeWeb, target: str, note: str) -> None:
    web.says(PAGE, fakes.redirect(301, target))
    reply = asked(web)
    assert (reply.state, reply.note) == ("unreachable", note)


def test_a_link_that_moved_to_a_page_that_is_gone_is_gone(web: fakes.FakeWeb) -> None:
    web.says(PAGE, fakes.redirect(301, "/nowhere"))
    assert asked(web).state == "gone"


def test_a_server_that_never_answers_is_given_up(web: fakes.FakeWeb) -> None:
    web.says(PAGE, fakes.never)
    reply = asked(web, timeout=0.2)
    assert (reply.state, reply.note) == ("unreachable", "no answer within 0.2 s")
    assert web.paths("data.example") == ["HEAD /page"]


def test_a_rest_is_taken_as_asked_for(web: fakes.FakeWeb) -> None:
    slept: list[float] = []
    web.says(PAGE, fakes.status(429, Retry_After="7"), fakes.status(200))
    assert asked(web, slept=slept).state == "fine"
    assert slept == pytest.approx([7.0], abs=0.2)


def test_a_rest_may_be_a_moment_by_the_servers_clock(web: fakes.FakeWeb) -> None:
    slept: list[float] = []
    moment = dt.datetime(2030, 4, 1, 12, tzinfo=dt.UTC)

    def busy(handler: fakes.Handler) -> None:
        handler.send_response_only(503)
        handler.send_header("Date", format_datetime(moment, usegmt=True))
        later = moment + dt.timedelta(seconds=40)
        handler.send_header("Retry-After", format_datetime(later, usegmt=True))
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    web.says(PAGE, busy, fakes.status(200))
    assert asked(web, slept=slept).state == "fine"
    assert slept == pytest.approx([40.0], abs=0.2)


@pytest.mark.parametrize("rest", ["9999", None])
def test_a_host_that_asks_for_a_long_rest_is_left_alone(web: fakes.FakeWeb, rest: str | None) -> None:
    web.says(PAGE, fakes.status(429, **({"Retry_After": rest} if rest else {})))
    web.says("https://data.example/other", fakes.status(200))
    web.says("https://else.example/", fakes.status(200))
    with client(web) as asking:
        first = asking.link(PAGE)
        assert first is not None
        assert first.state == "refused"
        assert asking.link("https://data.example/other") is None
        elsewhere = asking.link("https://else.example/")
    assert elsewhere is not None
    assert elsewhere.state == "fine"
    assert web.paths("data.example") == ["HEAD /page"]


def test_two_refusals_in_a_row_end_the_asking(web: fakes.FakeWeb) -> None:
    web.says(PAGE, fakes.status(429, Retry_After="1"))
    assert asked(web).state == "refused"
    assert len(web.asked) == 2


def test_one_host_gets_one_request_at_a_time_with_a_pause_between(web: fakes.FakeWeb) -> None:
    slept: list[float] = []
    urls = [f"https://data.example/{number}" for number in range(6)]
    for url in urls:
        web.says(url, fakes.status(200))
    with client(web, slept, delay=3.0) as asking:
        threads = [threading.Thread(target=asking.link, args=[url]) for url in urls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert web.most_at_once["data.example"] == 1
    # Nobody really sleeps here, so that each later turn waits for all the pauses before it.
    assert sorted(slept) == pytest.approx([3.0 * turn for turn in range(1, 6)], abs=0.5)


def test_after_the_time_is_up_nothing_is_asked(web: fakes.FakeWeb) -> None:
    web.says(PAGE, fakes.status(200))
    now = [0.0]
    with client(web, run_time=60.0, clock=lambda: now[0]) as asking:
        assert asking.link(PAGE) is not None
        now[0] = 61.0
        assert asking.link(PAGE) is None
        assert asking.document(PAGE, 1000) is None
    assert len(web.asked) == 1


def test_a_rest_beyond_the_end_of_the_run_is_not_taken(web: fakes.FakeWeb) -> None:
    slept: list[float] = []
    web.says(PAGE, fakes.status(429, Retry_After="30"))
    assert asked(web, slept=slept, run_time=20.0).state == "refused"
    assert slept == []


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.215.14", True),
        ("2606:2800:21f:cb07:6820:80da:af6b:8b2c", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("::1", False),
        ("::", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2002:a00:1::", False),
    ],
)
def test_only_addresses_of_the_internet_are_public(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address), 443) is public


@pytest.mark.parametrize("port", [22, 25, 3306, 6379, 8080])
def test_ports_that_are_none_of_the_web_are_refused(port: int) -> None:
    assert not is_public(ipaddress.ip_address("93.184.215.14"), port)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://localhost/",
        "https://[::1]/",
        "https://0x7f000001/",
        "http://169.254.169.254/latest/meta-data/",
    ],
)
def test_this_machine_and_its_network_are_not_asked(url: str) -> None:
    with Client(Settings(delay=0.0), sleep=lambda _: None) as asking:
        reply = asking.link(url)
    assert reply is not None
    assert (reply.state, reply.note) == ("unreachable", "an address that is not public")


def test_a_redirect_does_not_lead_into_the_network(web: fakes.FakeWeb) -> None:
    web.says(f"https://127.0.0.1:{web.port}/", fakes.status(200))
    web.answers["outer.example", "/"] = [fakes.redirect(302, "http://10.0.0.1/secret")]
    here = PublicOnly(
        resolve=lambda host: ["127.0.0.1"] if host == "outer.example" else [host],
        admits=lambda address, port: str(address) == "127.0.0.1" and port == web.port,
    )
    with Client(Settings(delay=0.0), transport=here, sleep=lambda _: None) as asking:
        reply = asking.link(f"http://outer.example:{web.port}/")
    assert reply is not None
    assert reply.note == "an address that is not public"
    assert web.paths("outer.example") == ["HEAD /"]


def test_one_private_address_among_several_is_enough_to_refuse() -> None:
    mixed = PublicOnly(resolve=lambda _: ["93.184.215.14", "10.0.0.1"])
    with Client(Settings(delay=0.0), transport=mixed, sleep=lambda _: None) as asking:
        reply = asking.link(PAGE)
    assert reply is not None
    assert reply.note == "an address that is not public"


def test_a_name_without_an_address_is_said_so() -> None:
    def nobody(host: str) -> list[str]:
        raise OSError(-2, "Name or service not known")

    with Client(Settings(delay=0.0), transport=PublicOnly(resolve=nobody), sleep=lambda _: None) as asking:
        reply = asking.link(PAGE)
    assert reply is not None
    assert (reply.state, reply.note) == ("unreachable", "a host name that has no address")


def certificate(name: str, folder: Any) -> tuple[str, str]:
    """Return the files of a certificate for `name` that vouches for itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = dt.datetime.now(dt.UTC) - dt.timedelta(days=1)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=3))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    files = folder / f"{name}.crt", folder / f"{name}.key"
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    files[1].write_bytes(private)
    return str(files[0]), str(files[1])


def test_the_certificate_is_that_of_the_name_though_the_address_is_pinned(tmp_path: Any) -> None:
    names: list[str | None] = []
    crt, key = certificate("data.example", tmp_path)
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(crt, key)
    server_side.sni_callback = lambda _, name, __: names.append(name)
    handler = type("Bound", (fakes.Handler,), {"web": fakes.FakeWeb()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.socket = server_side.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    # The refused handshake below is written to stderr, which is no matter here.
    server.handle_error = lambda *_: None  # type: ignore[method-assign]

    def ask(host: str, trusted: ssl.SSLContext | bool) -> Reply:
        transport = PublicOnly(resolve=lambda _: ["127.0.0.1"], admits=lambda *_: True, verify=trusted)
        with Client(Settings(delay=0.0), transport=transport, sleep=lambda _: None) as asking:
            reply = asking.link(f"https://{host}:{port}/")
        assert reply is not None
        return reply

    try:
        trusting = ssl.create_default_context(cafile=crt)
        assert ask("data.example", trusting).status == 404
        assert names[0] == "data.example"
        assert ask("other.example", trusting).note == "a certificate that is not accepted"
        assert ask("data.example", True).note == "a certificate that is not accepted"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_nobody_listening_is_no_connection() -> None:
    transport = PublicOnly(resolve=lambda _: ["127.0.0.1"], admits=lambda *_: True)
    with Client(Settings(delay=0.0), transport=transport, sleep=lambda _: None) as asking:
        reply = asking.link("http://data.example:9/")
    assert reply is not None
    assert (reply.state, reply.note) == ("unreachable", "no connection")
