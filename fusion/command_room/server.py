"""Puts the page, the API and the guard together and serves them with uvicorn until told to stop."""

import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

import structlog
import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from nicegui import ui
from pydantic import Field
from starlette.staticfiles import StaticFiles

from fusion.command_room import api, desk_api, form, users
from fusion.command_room.backend import Backend
from fusion.command_room.bounded import Bounded
from fusion.command_room.case_page import case_page
from fusion.command_room.desk import Desk
from fusion.command_room.frame import Visit, open_frame
from fusion.command_room.guard import Guard
from fusion.command_room.health_page import health_page
from fusion.command_room.privacy import doer_of
from fusion.command_room.reports_page import reports_page
from fusion.command_room.rights import Right, may
from fusion.command_room.sessions import Session, Sessions
from fusion.command_room.show import Speaker
from fusion.command_room.situation import situation
from fusion.command_room.terminal_page import terminal_page
from fusion.plugins import Config
from fusion.types.errors import IllegalDeed, PeerFault, SiteError
from fusion.types.terminal import TroubleKind

_LOG = structlog.get_logger()


class RoomConfig(Config):
    """Where the page listens. Beyond loopback it wants TLS, by its own files or by a proxy in front."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8890
    certificate: str | None = None  #: PEM file
    certificate_key: str | None = None  #: PEM file
    behind_proxy: bool = False  #: a reverse proxy with TLS stands in front

    @property
    def encrypted(self) -> bool:
        """Whether browsers reach the page by HTTPS."""
        return self.certificate is not None or self.behind_proxy


def check(config: RoomConfig) -> None:
    """SiteError when the page would send passwords in clear over a network."""
    try:
        loopback = config.host == "localhost" or ipaddress.ip_address(config.host).is_loopback
    except ValueError as error:
        raise SiteError(f"command_room.host: {config.host!r}; wanted: an IP address or localhost") from error
    if not loopback and not config.encrypted:
        raise SiteError(
            f"command_room.host: {config.host} is not loopback and there is no TLS; "
            "wanted: certificate and certificate_key, or behind_proxy: true"
        )


class _Version:
    """Grows with every committed change, from whichever thread; pages compare it and refresh."""

    def __init__(self) -> None:
        self.value = 0

    def grow(self, _case_id: str) -> None:
        self.value += 1


def build(
    backend: Backend,
    sessions: Sessions,
    schemas: Callable[[], Mapping[str, Any]],
    *,
    secure: bool,
    desk: Desk | None = None,
) -> tuple[FastAPI, Callable[[], None]]:
    """The application, and how to stop its subscription to the engine."""
    app = FastAPI(title="fusion", openapi_url="/api/openapi.json", docs_url=None, redoc_url=None)
    version = _Version()

    unsubscribe = backend.subscribe(version.grow)
    app.mount("/static", StaticFiles(directory=str(files("fusion.command_room") / "static")))
    app.include_router(form.router(sessions, secure=secure))
    app.include_router(api.router(backend, schemas))
    app.include_router(users.router(backend, sessions))

    @app.get("/healthz", include_in_schema=False)
    def healthy() -> JSONResponse:
        return JSONResponse({"well": True})

    @app.get("/readyz", include_in_schema=False)
    def ready() -> JSONResponse:
        ill = [peer.name for peer in backend.peers() if peer.holds_up]
        return JSONResponse({"ready": not ill, "waiting_for": ill}, 503 if ill else 200)

    @app.exception_handler(IllegalDeed)
    @app.exception_handler(PeerFault)
    @app.exception_handler(SiteError)
    def away(_request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": str(error)}, 403 if isinstance(error, IllegalDeed) else 503)

    def visit(request: Request) -> Visit:
        session: Session = request.state.session
        path = f"{request.url.path}?{request.url.query}".removesuffix("?")
        return Visit(
            backend,
            Speaker(backend.zone(), session.language),
            session.user,
            path,
            doer_of(backend, session.user),
            desk,
        )

    @ui.page("/")
    def _situation(request: Request, terminal: str | None = None) -> None:
        situation(visit(request), lambda: version.value, terminal)

    @ui.page("/health")
    def _health(request: Request, kind: str | None = None) -> None:
        known = next((trouble for trouble in TroubleKind if trouble == kind), None)
        health_page(visit(request), known)

    @ui.page("/cases/{case_id}")
    def _case(request: Request, case_id: str) -> None:
        case_page(visit(request), case_id, lambda: version.value)

    @ui.page("/terminals/{terminal_id}")
    def _terminal(request: Request, terminal_id: str) -> None:
        terminal_page(visit(request), terminal_id)

    if desk is not None:
        _add_desk(app, desk, backend, visit)
    ui.run_with(app, title="fusion", dark=True, tailwind=False, show_welcome_message=False, reconnect_timeout=30.0)
    app.add_middleware(Bounded)
    app.add_middleware(Guard, sessions=sessions)
    return app, unsubscribe


def _add_desk(app: FastAPI, desk: Desk, backend: Backend, visit: Callable[[Request], Visit]) -> None:
    """Reports, sensors, stalls and figures, for those whose role allows it."""

    def role_of(name: str) -> str | None:
        user = backend.user(name)
        return None if user is None else user.role

    app.include_router(desk_api.router(desk, role_of))

    @ui.page("/reports")
    def _reports(request: Request) -> None:
        seen = visit(request)
        if may(role_of(seen.user), Right.REPORT):
            reports_page(seen, desk)
            return
        open_frame(seen)
        ui.label(seen.word("not_yours")).classes("empty")


class Room:
    """The served page. `serve()` blocks its thread until `stop()`; both may be called once."""

    def __init__(
        self,
        config: RoomConfig,
        folder: Path,
        backend: Backend,
        schemas: Callable[[], Mapping[str, Any]],
        desk: Desk | None = None,
    ) -> None:
        check(config)
        self.config = config
        self.sessions = Sessions(backend)
        app, self._unsubscribe = build(backend, self.sessions, schemas, secure=config.encrypted, desk=desk)
        self._server = uvicorn.Server(
            uvicorn.Config(
                app,
                host=config.host,
                port=config.port,
                log_config=None,
                access_log=False,
                ssl_certfile=_below(folder, config.certificate),
                ssl_keyfile=_below(folder, config.certificate_key),
                proxy_headers=config.behind_proxy,
                timeout_graceful_shutdown=1,
                ws_max_size=1 << 20,
            )
        )

    @property
    def started(self) -> bool:
        """Whether it accepts requests."""
        return self._server.started

    @property
    def url(self) -> str:
        """Where a browser on this machine finds it; the real port also when 0 was configured."""
        port = self.config.port
        with contextlib.suppress(AttributeError, IndexError):
            port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"{'https' if self.config.certificate else 'http'}://{self.config.host}:{port}/"

    def serve(self) -> None:
        """Serve until told to stop; SiteError when the port is taken."""
        try:
            # The caller handles signals: it has more to stop than this server.
            asyncio.run(self._server._serve())  # noqa: SLF001 - serve() would take the process's signals
        except SystemExit as error:
            where = f"{self.config.host}:{self.config.port}"
            raise SiteError(f"command_room.port: {where} is taken by another program; wanted: a free port") from error
        finally:
            self._unsubscribe()

    def stop(self) -> None:
        """Ask the server to end; `serve()` returns soon after."""
        self._server.should_exit = True


def _below(folder: Path, name: str | None) -> str | None:
    return None if name is None else str(folder / name)
