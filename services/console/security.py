"""What every answer and every form is guarded by: headers, form tokens, sizes, and the cookies that a page sets."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders, UploadFile
from starlette.formparsers import MultiPartParser
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.model.statement import MAX_BYTES

FORM_COOKIE = "solieu_form"
FORM_FIELD = "form_token"
MAX_FORM_BYTES = 64 * 1024
CHECK = "/kiem-tra"
"""The page that takes a workbook."""
RECEIPT = "/bien-nhan/"
"""With this begin the pages that take the file which a receipt is about."""
MAX_UPLOAD_BYTES = MAX_BYTES + MAX_FORM_BYTES
# Of what is uploaded nothing lies on a disk in the clear.
MultiPartParser.spool_max_size = MAX_UPLOAD_BYTES
HEADERS = {
    # No inline script or style and nothing from elsewhere: what slips into a page can't run.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class Forged(Exception):
    """A form that this site didn't make for this browser, or one from before its cookie changed.

    `fields` where the browser says that it stood on a page of this site: a person may have written them.
    """

    def __init__(self, fields: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self.fields = fields


Unforeseen = Callable[[Request, Exception], ASGIApp]
"""Makes the answer to a request whose handling failed."""


class Guard:
    """The outermost layer: sizes of requests before, headers and cookies after."""

    def __init__(self, app: ASGIApp, unforeseen: Unforeseen) -> None:
        self._app = app
        self._unforeseen = unforeseen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookies: list[str] = []
        scope.setdefault("state", {})["cookies"] = cookies
        has_started = False

        async def sending(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "no-store")
                for cookie in cookies:
                    headers.append("Set-Cookie", cookie)
            await send(message)

        try:
            await (_refusal_of_size(scope) or self._app)(scope, receive, sending)
        except ClientDisconnect:
            raise
        except Exception as error:
            if has_started:
                raise
            await self._unforeseen(Request(scope), error)(scope, receive, sending)


def _refusal_of_size(scope: Scope) -> ASGIApp | None:
    """A form that is too long, or doesn't say how long it is, isn't read."""
    if scope["method"] in ("GET", "HEAD"):
        return None
    length = Headers(scope=scope).get("content-length", "")
    if not length.isascii() or not length.isdigit():
        return PlainTextResponse("Content-Length?", 411)
    is_upload = scope["path"] == CHECK or scope["path"].startswith(RECEIPT)
    most = MAX_UPLOAD_BYTES if is_upload else MAX_FORM_BYTES
    if int(length) > most:
        said = f"Quá {most // 1024} KB · More than {most // 1024} KB"
        return PlainTextResponse(said, 413)
    return None


def set_cookie(request: Request, name: str, value: str, *, days: int | None = None) -> None:
    """Has the answer set a cookie; without `days` it ends with the browser's session. An empty value deletes it."""
    parts = [f"{name}={value}", "Path=/", "HttpOnly", "SameSite=Strict"]
    if not value:
        parts.append("Max-Age=0")
    elif days:
        parts.append(f"Max-Age={days * 86_400}")
    if request.app.state.context.is_secure:
        parts.append("Secure")
    request.state.cookies.append("; ".join(parts))


def form_token(request: Request) -> str:
    """What a form of this browser carries; made, and its cookie set, at the first page that has a form."""
    token: str | None = getattr(request.state, "form_token", None)
    if token is None:
        token = request.cookies.get(FORM_COOKIE, "")
        if len(token) != 43:
            token = renew_form_token(request)
        request.state.form_token = token
    return token


def renew_form_token(request: Request) -> str:
    """A new token, so that forms from before a login or logout are worth nothing."""
    token = secrets.token_urlsafe(32)
    set_cookie(request, FORM_COOKIE, token)
    request.state.form_token = token
    return token


@dataclass(frozen=True)
class Upload:
    """A file that was chosen in a form: its name as the browser tells it, and its content."""

    name: str
    content: bytes = field(repr=False)


async def form_of(request: Request) -> dict[str, str]:
    """The fields of a form that this site made for this browser, without a file; raises Forged for any other."""
    fields, _ = await form_with_file(request)
    return fields


async def form_with_file(request: Request) -> tuple[dict[str, str], Upload | None]:
    """The same with the file, if one was chosen.

    Two independent signs (OWASP CSRF): the browser's word where the form stands, and the token that only a page of
    this site could have read.
    """
    if not _same_origin(request):
        raise Forged
    async with request.form(max_fields=40, max_files=1) as form:
        files = [one for one in form.values() if isinstance(one, UploadFile) and one.filename]
        upload = Upload(files[0].filename or "", await files[0].read()) if files else None
        fields = {name: value for name, value in form.items() if isinstance(value, str)}
    given, expected = fields.pop(FORM_FIELD, ""), request.cookies.get(FORM_COOKIE, "")
    # Browsers end the lines of a textarea with CR LF (HTML, form submission); the services take LF alone.
    written = {name: value.replace("\r\n", "\n") for name, value in fields.items()}
    if not expected or not hmac.compare_digest(given.encode(), expected.encode()):
        raise Forged(written if "sec-fetch-site" in request.headers else None)
    return written, upload


def _same_origin(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
