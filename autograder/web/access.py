"""Who may see the staff pages: a link with a token a TA, then a session; all others get nothing.

`Guard` stands in front of every route. A request without a session gets 403 and no other word, a POST must come from a
page of ours (its Origin, and a token that only our pages hold), and every answer carries the policy that lets no text
of a student's run, load or send anything.
"""

import secrets
from collections.abc import Sequence
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import FormData, Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from autograder.web.session import Session

SESSION_SECONDS = 12 * 3600
OPEN_PATH = "/enter"
REPORT_PATH = "/csp-report"
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        f"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; report-uri {REPORT_PATH}"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex",
}
REFUSED = (
    "Nothing here without a link from `autograder serve`: open the one that it printed for you.\n"
    "What you had typed on a page is there again when you come back to it.\n"
)


class Access:
    """The tokens and sessions of one run of the server.

    Args:
        staff: names of the TAs, each once.
        port: part of the cookie's name, since browsers send cookies to every port of a host.
    """

    def __init__(self, staff: Sequence[str], port: int) -> None:
        self.tokens = {name: secrets.token_urlsafe(32) for name in staff}
        self.cookie = f"autograder-{port}"
        self._sessions: dict[str, Session] = {}

    def link(self, name: str, address: str) -> str:
        """Return the link that lets a TA in."""
        return f"{address}{OPEN_PATH}?token={self.tokens[name]}"

    def enter(self, token: str) -> str | None:
        """Begin a session, and return its id; None when nobody has that token."""
        # All are compared, each in constant time: how long it takes tells nothing of a token.
        typed = token.encode("utf-8", "replace")
        matches = [name for name, one in self.tokens.items() if secrets.compare_digest(one.encode(), typed)]
        if not matches:
            return None
        session = secrets.token_urlsafe(32)
        self._sessions[session] = Session(matches[0])
        return session

    def session(self, headers: Headers) -> Session | None:
        """Return the session of a request, None where it has none."""
        return self._sessions.get(self._id(headers))

    def leave(self, headers: Headers) -> None:
        """End the session of a request."""
        self._sessions.pop(self._id(headers), None)

    def _id(self, headers: Headers) -> str:
        try:
            morsel = SimpleCookie(headers.get("cookie", "")).get(self.cookie)
        except CookieError:
            return ""
        return morsel.value if morsel else ""


class Guard:
    """Lets a request through to the pages, or answers it itself; `scope["state"]["session"]` is then its session."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return

        async def sealed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("Cache-Control", "no-store")
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self._app)(scope, receive, sealed)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that goes no further, None for one that does."""
        if scope["type"] != "http":
            return PlainTextResponse(REFUSED, 403)
        headers = Headers(scope=scope)
        if scope["path"] == OPEN_PATH and scope["method"] == "GET":
            return None
        session = self._access.session(headers)
        if session is None:
            return PlainTextResponse(REFUSED, 403)
        if scope["method"] not in ("GET", "HEAD", "POST"):
            return PlainTextResponse("Only GET, HEAD and POST are answered.\n", 405)
        # A browser's own report comes without a form, and changes nothing.
        if scope["method"] == "POST" and scope["path"] != REPORT_PATH and not _is_ours(headers):
            return PlainTextResponse("This form was not sent by a page of this server.\n", 403)
        scope.setdefault("state", {})["session"] = session
        return None


def _is_ours(headers: Headers) -> bool:
    """Tell whether a POST says that a page of this very address sent it; every browser of today does."""
    from_page = headers.get("origin") == f"http://{headers.get('host')}"
    return from_page and headers.get("sec-fetch-site", "same-origin") == "same-origin"


def session_of(request: Request) -> Session:
    """Return the session that the guard found."""
    session: Session = request.scope["state"]["session"]
    return session


async def read_form(request: Request) -> FormData:
    """Return a form that a page of this session sent.

    Raises:
        HTTPException: 403 when it does not bring the session's token.
    """
    form = await request.form(max_files=0, max_fields=500)
    token = str(form.get("csrf", "") or request.headers.get("x-csrf-token", ""))
    if not secrets.compare_digest(token.encode("utf-8", "replace"), session_of(request).csrf.encode()):
        raise HTTPException(403, "The form's token is not this session's. Load the page again, then repeat.")
    return form


def let_in(access: Access, token: str) -> Response:
    """Answer a link: a session and the way to the first page, or a refusal."""
    session = access.enter(token)
    if session is None:
        return PlainTextResponse(REFUSED, 403)
    answer = RedirectResponse("/", 303)
    answer.set_cookie(access.cookie, session, max_age=SESSION_SECONDS, httponly=True, samesite="lax", path="/")
    return answer
