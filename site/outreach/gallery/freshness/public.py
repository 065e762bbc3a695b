"""Requests to public hosts only: what entries link to must not lead into the network of who runs this.

A name is resolved once, its addresses are judged, and the connection goes to the one that was judged: asked
again, the name might lead elsewhere. Redirects pass here too.
"""

import socket
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from ssl import SSLContext

import httpx

# Where an IPv4 address may hide in one of IPv6, beside the two ways that `ipaddress` knows (RFC 6052).
NAT64 = IPv6Network("64:ff9b::/96")
PORTS = (80, 443)
MAX_ADDRESSES = 3

type Address = IPv4Address | IPv6Address


class NotPublicError(httpx.TransportError):
    """A host that is no public one was asked for."""


class NoSuchNameError(httpx.ConnectError):
    """A host's name has no address."""


def addresses_of(host: str) -> list[str]:
    """Return the addresses of `host`, those of IPv4 first: many networks have no other."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in sorted(found, key=lambda each: each[0])))


def is_public(address: Address, port: int) -> bool:
    """Return whether `address` is one of the public internet, and `port` one of the web."""
    if isinstance(address, IPv6Address):
        inside = address.ipv4_mapped or address.sixtofour
        if inside is None and address in NAT64:
            inside = IPv4Address(int(address) & 0xFFFFFFFF)
        if inside is not None:
            return is_public(inside, port)
    return address.is_global and not address.is_multicast and port in PORTS


class PublicOnly(httpx.BaseTransport):
    """Sends a request to an address that `admits` has judged; `verify` holds the trusted certificates."""

    def __init__(
        self,
        *,
        resolve: Callable[[str], list[str]] = addresses_of,
        admits: Callable[[Address, int], bool] = is_public,
        verify: SSLContext | bool = True,
    ) -> None:
        # Connections are not kept: hosts that share an address must not share one.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._inner = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits)
        self._resolve = resolve
        self._admits = admits

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return the response of the first address that takes a connection.

        Raises
        ------
        NotPublicError
            If any address of the host is not public, or its port none of the web.
        NoSuchNameError
            If the host's name has no address.
        """
        host = request.url.raw_host.decode("ascii")
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            found = [ip_address(each.partition("%")[0]) for each in self._resolve(host)]
        except (OSError, UnicodeError) as error:
            raise NoSuchNameError(f"{host}: {error}", request=request) from error
        if not found or not all(self._admits(address, port) for address in found):
            raise NotPublicError(f"{host} port {port}", request=request)
        failure: httpx.TransportError | None = None
        for address in found[:MAX_ADDRESSES]:
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return self._inner.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failure = error
        assert failure is not None
        raise failure

    def close(self) -> None:
        """Close what is open."""
        self._inner.close()
