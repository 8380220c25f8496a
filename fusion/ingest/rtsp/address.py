"""Addresses of streams: what to connect to, what a request names, and how cameras mean relative ones. Pure."""

import re
from dataclasses import dataclass, field
from urllib.parse import quote, unquote

from fusion.ingest.redact import redacted
from fusion.types.errors import SiteError

_URL = re.compile(
    r"(?P<scheme>rtsps?)://(?:(?P<login>[^/?#]*)@)?"
    r"(?P<host>\[[0-9A-Fa-f:.]+(?:%[0-9A-Za-z._~%-]+)?\]|[0-9A-Za-z._~-]+)(?::(?P<port>[0-9]{0,5}))?(?P<path>(?:[/?].*)?)",
    re.ASCII | re.IGNORECASE | re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")  # in a header they would end it
_LONE = re.compile("[\ud800-\udc7f\udd00-\udfff]")  # no text and no byte of one: cannot be sent
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
_MAX_CHARS = 4096
# All printable ASCII stays as the site wrote it, but for what would end a header's quoted string.
_KEPT = "!#$%&'()*+,-./:;<=>?@[]^_`{|}~"


@dataclass(frozen=True, slots=True)
class Login:
    """Whose stream it is; never shown."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Address:
    """An rtsp:// or rtsps:// URL, taken apart."""

    host: str  #: a name or an IP address; IPv6 without its brackets
    port: int
    tls: bool
    login: Login | None
    request_url: str = field(repr=False)  #: what requests name: no login, no fragment; may hold a token in its query

    def with_login(self, login: Login | None) -> str:
        """The URL with this login in it; never for a log."""
        if login is None:
            return self.request_url
        scheme, _, rest = self.request_url.partition("://")
        return f"{scheme}://{quote(login.user, safe='')}:{quote(login.password, safe='')}@{rest}"


def parse_url(url: str) -> Address:
    """Take a stream's URL apart; ports default to 554 and, for rtsps, 322.

    Raises:
        SiteError: it is none, in words without a secret.
    """
    plain = url.partition("#")[0]
    found = None if len(plain) > _MAX_CHARS or _LONE.search(plain) else _URL.fullmatch(plain)
    port = int(found["port"] or _DEFAULT_PORTS[found["scheme"].lower()]) if found else 0
    user, _, password = (found["login"] or "" if found else "").partition(":")
    login = Login(unquote(user), unquote(password)) if user or password else None
    if found is None or not 0 < port < 65536 or (login and _CONTROL.search(login.user)):
        raise SiteError(
            f"{redacted(url[:_MAX_CHARS])!r} is no address of a stream; wanted: rtsp://user:password@host:port/path or "
            "rtsps://..., with the signs / ? # @ of a password written as %2F %3F %23 %40"
        )
    scheme, host = found["scheme"].lower(), found["host"]
    authority = host if found["port"] in (None, "") else f"{host}:{port}"
    return Address(
        host=host.strip("[]").replace("%25", "%"),
        port=port,
        tls=scheme == "rtsps",
        login=login,
        request_url=f"{scheme}://{authority}{quote(found['path'], safe=_KEPT, errors='surrogateescape')}",
    )


def resolve(base: str, reference: str) -> str:
    """The absolute URL of a control attribute or of a Content-Base, without a login.

    A relative one is put behind the base with one slash, also where the base has a query: RFC 3986 would drop the
    base's last part, and no camera means that. `*`, nothing and what is no address mean the base itself.
    """
    reference = reference.strip()
    if reference in ("", "*"):
        return base
    if re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", reference):
        try:
            return parse_url(reference).request_url
        except SiteError:
            return base
    if reference.startswith("?"):
        return (base + quote(reference, safe=_KEPT, errors="surrogateescape"))[:_MAX_CHARS]
    return f"{base.removesuffix('/')}/{quote(reference.removeprefix('/'), safe=_KEPT, errors='surrogateescape')}"[
        :_MAX_CHARS
    ]
