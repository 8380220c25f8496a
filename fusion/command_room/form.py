"""Sign-in and password pages: plain HTML forms that work before anything else does."""

from html import escape
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from fusion.command_room.guard import COOKIE
from fusion.command_room.sessions import SESSION_ENDS, Session, Sessions
from fusion.command_room.words import Language, say
from fusion.types.errors import SiteError

_PAGE = """<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/static/room.css"></head><body class="sign-in"><main><h1>{title}</h1>
<p class="note" role="status">{note}</p><form method="post" action="{action}">{fields}
<button type="submit">{button}</button></form>
<p class="languages"><a href="?lang=zh">中文</a> · <a href="?lang=en">English</a></p>
</main></body></html>"""

_FIELD = '<label>{label}<input name="{name}" type="{kind}" autocomplete="{complete}" required {extra}></label>'


def language_of(request: Request) -> Language:
    """The language asked for in the query, else the browser's choice of before, else Chinese."""
    asked = request.query_params.get("lang") or request.cookies.get("fusion_lang") or "zh"
    return "en" if asked == "en" else "zh"


def safe_next(path: str | None) -> str:
    """Only a path of this page; an address elsewhere (also "//host") leads home."""
    return path if path and path.startswith("/") and not path.startswith(("//", "/\\")) else "/"


def _login_page(request: Request, note: str = "", status: int = 200) -> HTMLResponse:
    language = language_of(request)
    goes_to = escape(safe_next(request.query_params.get("next")), quote=True)
    fields = (
        _FIELD.format(label=say("user", language), name="user", kind="text", complete="username", extra="autofocus")
        + _FIELD.format(
            label=say("password", language), name="password", kind="password", complete="current-password", extra=""
        )
        + f'<input type="hidden" name="next" value="{goes_to}">'
    )
    page = _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        title=say("title", language),
        note=escape(note),
        action="/login",
        fields=fields,
        button=say("sign_in", language),
    )
    answer = HTMLResponse(page, status)
    answer.set_cookie("fusion_lang", language, max_age=31_536_000, samesite="lax", httponly=True)
    return answer


def _password_page(session: Session, note: str) -> HTMLResponse:
    language = session.language
    field = _FIELD.format(
        label=say("new_password", language),
        name="password",
        kind="password",
        complete="new-password",
        extra='minlength="10" maxlength="1024" autofocus',
    )
    page = _PAGE.format(
        lang="zh-CN" if language == "zh" else "en",
        title=say("change_password", language),
        note=escape(note),
        action="/password",
        fields=field,
        button=say("confirm", language),
    )
    return HTMLResponse(page)


def router(sessions: Sessions, *, secure: bool) -> APIRouter:
    """The routes; `secure` marks the cookie for HTTPS only."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/login")
    def show_login(request: Request) -> Response:
        return _login_page(request)

    @routes.post("/login")
    def sign_in(
        request: Request,
        user: Annotated[str, Form(max_length=200)],
        password: Annotated[str, Form(max_length=2000)],
        goes_to: Annotated[str, Form(alias="next", max_length=2000)] = "/",
    ) -> Response:
        language = language_of(request)
        address = request.client.host if request.client else ""
        wait_s = sessions.wait_s(user, address)
        if wait_s > 0:
            return _login_page(request, say("wait", language, seconds=int(wait_s) + 1), 429)
        token = sessions.sign_in(user, password, address, language)
        if token is None:
            return _login_page(request, say("wrong_login", language), 401)
        answer = RedirectResponse(safe_next(goes_to), 303)
        answer.set_cookie(
            COOKIE,
            token,
            max_age=int(SESSION_ENDS.total_seconds()),
            httponly=True,
            samesite="strict",
            secure=secure,
        )
        return answer

    @routes.get("/password")
    def show_password(request: Request) -> Response:
        session: Session = request.state.session
        return _password_page(session, say("must_change", session.language) if session.must_change else "")

    @routes.post("/password")
    def change_password(request: Request, password: Annotated[str, Form(max_length=2000)]) -> Response:
        session: Session = request.state.session
        try:
            sessions.change_password(request.state.token, password)
        except SiteError:
            return _password_page(session, say("too_short", session.language))
        return RedirectResponse("/", 303)

    @routes.get("/language/{language}")
    def change_language(
        request: Request, language: str, goes_to: Annotated[str, Query(alias="next")] = "/"
    ) -> Response:
        session: Session = request.state.session
        session.language = "en" if language == "en" else "zh"
        answer = RedirectResponse(safe_next(goes_to), 303)
        answer.set_cookie("fusion_lang", session.language, max_age=31_536_000, samesite="lax", httponly=True)
        return answer

    @routes.post("/logout")
    def sign_out(request: Request) -> Response:
        sessions.sign_out(request.state.token)
        answer = RedirectResponse("/login", 303)
        answer.delete_cookie(COOKIE)
        return answer

    return routes
