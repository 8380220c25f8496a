"""No request is larger than a report with its photo: what comes beyond is refused before it is read into memory."""

from typing import Final

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LARGEST_BYTES: Final = 12 * 1024 * 1024
_LONGEST_NUMBER: Final = 12


class _TooLarge(Exception):
    """The body went over the bound."""


class Bounded:
    """ASGI middleware; counts what really comes, whatever Content-Length says."""

    def __init__(self, app: ASGIApp, largest: int = LARGEST_BYTES) -> None:
        self.app, self.largest = app, largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        came, began = 0, False

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > self.largest:
                raise _TooLarge
            return message

        async def noted(message: Message) -> None:
            nonlocal began
            began = began or message["type"] == "http.response.start"
            await send(message)

        refusal = JSONResponse({"error": f"body over {self.largest} bytes; wanted: less"}, 413)
        declared = next((value for name, value in scope["headers"] if name == b"content-length"), b"0")
        if len(declared) > _LONGEST_NUMBER or not declared.isdigit() or int(declared) > self.largest:
            await refusal(scope, receive, send)
            return
        try:
            await self.app(scope, counted, noted)
        except _TooLarge:
            if not began:
                await refusal(scope, receive, send)
