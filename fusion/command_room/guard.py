"""The door: every request needs a session, but for signing in, health and the page's own static files."""

from collections.abc import Iterable
from http.cookies import SimpleCookie
from urllib.parse import quote, urlsplit

from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fusion.command_room.sessions import Sessions

COOKIE = "fusion_session"
_PUBLIC = ("/login", "/healthz", "/readyz", "/static/", "/favicon.ico")
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
]


def token_of(scope: Scope) -> str | None:
    """The session token of a request's cookie."""
    header = next((value for name, value in scope["headers"] if name == b"cookie"), b"")
    morsel = SimpleCookie(header.decode("latin-1")).get(COOKIE)
    return morsel.value if morsel else None


class Guard:
    """ASGI middleware over HTTP and websockets; puts the session into `scope["state"]["session"]`."""

    def __init__(self, app: ASGIApp, sessions: Sessions) -> None:
        self.app = app
        self.sessions = sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] not in {"http", "websocket"} or _is_public(scope["path"]):
            await self.app(scope, receive, send)
            return
        token = token_of(scope)
        session = self.sessions.session(token)
        answer = None
        if session is None:
            answer = _to_login(scope)
        elif _is_foreign(scope):
            answer = JSONResponse({"error": "request from another site; wanted: the same origin"}, 403)
        elif session.must_change and scope["path"] not in {"/password", "/logout"}:
            answer = RedirectResponse("/password", 303)
        if answer is not None:
            await _refuse(answer, scope, receive, send)
            return
        scope.setdefault("state", {}).update(session=session, token=token)
        await self.app(scope, receive, _with_headers(send, scope["path"]))


def _is_public(path: str) -> bool:
    # NiceGUI's static files hold no data of the zone; its websocket does.
    return path.startswith(_PUBLIC) or (path.startswith("/_nicegui/") and "/_nicegui_ws" not in path)


def _header(scope: Scope, wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in scope["headers"] if name == wanted), "")


def _is_foreign(scope: Scope) -> bool:
    """CSRF and websocket hijacking: a browser names the origin with whatever can change something."""
    if scope["type"] == "http" and scope["method"] in _SAFE_METHODS:
        return False
    origin = _header(scope, b"origin")
    return bool(origin) and urlsplit(origin).netloc != _header(scope, b"host")


def _to_login(scope: Scope) -> Response:
    if scope["path"].startswith(("/api/", "/metrics")) or scope["type"] == "websocket":
        return JSONResponse({"error": "not signed in; POST /login first"}, 401)
    return RedirectResponse(f"/login?next={quote(scope['path'])}", 303)


async def _refuse(answer: Response, scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "not signed in"})
        return
    await answer(scope, receive, send)


def _with_headers(send: Send, path: str) -> Send:
    async def wrapped(message: Message) -> None:
        if message["type"] == "http.response.start":
            have = {name for name, _ in message["headers"]}
            extra: Iterable[tuple[bytes, bytes]] = (pair for pair in _HEADERS if pair[0] not in have)
            message["headers"] = [*message["headers"], *extra]
        await send(message)

    return wrapped if not path.startswith("/_nicegui") else send
