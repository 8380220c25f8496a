"""Where a camera is, and the first touch of its socket; nothing here waits."""

import errno
import ipaddress
import os
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fusion.ingest.reader import StreamFault
from fusion.types.errors import SiteError
from fusion.types.terminal import Health

Address = tuple[int, Any]  #: address family, and what `connect` takes
_PORTS = {"rtsp": 554, "rtsps": 322}
_RECEIVE_BYTES = 1 << 18


def host_and_port(url: str) -> tuple[str, int, bool]:
    """Host, port, and whether TLS is wanted, of a stream's URL.

    Raises:
        StreamFault: it is no address of a stream; a camera may have sent us there.
    """
    try:
        parts = urlsplit(url)
        scheme = parts.scheme.lower()
        return parts.hostname or "", parts.port or _PORTS[scheme], scheme == "rtsps"
    except (ValueError, KeyError):
        raise StreamFault(Health.OFFLINE, "the address it is to be read at is none of a stream") from None


def is_literal(host: str) -> bool:
    """Whether it is an address already, so that nobody has to be asked."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def resolve(host: str, port: int) -> list[Address]:
    """All addresses of a host, in the system's order; waits for the name server, unless the host is a literal.

    Raises:
        StreamFault: nobody knows the name.
    """
    flags = socket.AI_NUMERICHOST if is_literal(host) else 0
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)
    except OSError as error:
        raise StreamFault(Health.OFFLINE, f"its name is not known: {error.strerror}") from None
    except UnicodeError:
        raise StreamFault(Health.OFFLINE, "its name is none: a part of it is empty or too long") from None
    return [(family, address) for family, _, _, _, address in found]


def dial(address: Address) -> socket.socket:
    """A socket that is being connected.

    Raises:
        StreamFault: it cannot even be tried.
    """
    family, where = address
    try:
        sock = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise StreamFault(Health.OFFLINE, f"no socket for it: {error.strerror}") from None
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    code = sock.connect_ex(where)
    if code not in {0, errno.EINPROGRESS}:
        sock.close()
        raise StreamFault(Health.OFFLINE, why_not(code))
    return sock


def why_not(code: int) -> str:
    """Why a connection was not made, by the system's error number."""
    if code == errno.ECONNREFUSED:
        return "nobody listens at its address and port"
    return f"cannot be reached: {os.strerror(code)}"


def tls_context(authority: Path | None, *, verify: bool) -> ssl.SSLContext:
    """How rtsps is spoken: with the system's authorities, or the site's own.

    Raises:
        SiteError: the file holds no certificates.
    """
    try:
        context = ssl.create_default_context(cafile=str(authority) if authority else None)
    except OSError as error:
        raise SiteError(f"{authority}: no certificates in it: {error}; wanted: a PEM file") from error
    if not verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context
