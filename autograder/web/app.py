"""The staff pages as one ASGI application: every address and what answers it."""

from collections.abc import Awaitable, Callable

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from autograder.errors import AutograderError
from autograder.similarity import Similar
from autograder.web import alike, class_endpoints, marking, overview, snippets
from autograder.web.access import OPEN_PATH, REPORT_PATH, Access, Guard, let_in, read_form
from autograder.web.background import Background
from autograder.web.classroom import Classroom
from autograder.web.desk import Desk
from autograder.web.pages import page, static
from autograder.web.presence import Presence

HOSTS = ("127.0.0.1", "localhost")
FORM_BYTES = 1 << 20
REPORT_BYTES = 10_000

Answering = Callable[[Request], Awaitable[Response]]


def staff_pages(desk: Desk, access: Access, tell: Callable[[str], None]) -> ASGIApp:
    """Return the application.

    Args:
        tell: called with a line for whoever runs the server: what a browser has refused to do.
    """
    question, paper = "/{assignment}/mark/{question}", "/{assignment}/mark/{question}/{paper}"
    pages: list[Route] = [
        Route("/", overview.overview),
        Route("/static/{name}", static),
        Route(question, marking.queue_page),
        Route(f"{question}/next", marking.next_answer),
        Route(paper, marking.answer_page),
        Route(f"{paper}/pictures/{{number:int}}", marking.picture_file),
        Route(f"{paper}/alike", alike.alike),
        Route(f"{paper}/similar", alike.similar_page),
        *class_endpoints.ROUTES,
    ]
    forms = [
        Route(f"{question}/undo", _posted(marking.undo), methods=["POST"]),
        Route(f"{question}/snippets", _posted(snippets.keep), methods=["POST"]),
        Route(f"{question}/snippets/{{number:int}}/remove", _posted(snippets.remove), methods=["POST"]),
        Route(paper, _posted(marking.save), methods=["POST"]),
        Route(f"{paper}/similar", _posted(alike.save_together), methods=["POST"]),
    ]
    app = Starlette(
        routes=[*_doors(access, tell), *forms, *pages],
        exception_handlers={HTTPException: _refused, AutograderError: _mistaken, Exception: _failed},
        max_body_size=FORM_BYTES,
    )
    app.state.desk = desk
    app.state.classroom = Classroom(desk)
    app.state.presence = Presence()
    app.state.compared = Background[Similar]()
    # The guard is outermost, so that its policy is on every answer, that of a fault of ours too.
    return Guard(TrustedHostMiddleware(app, HOSTS), access)


def _doors(access: Access, tell: Callable[[str], None]) -> list[Route]:
    """Return the addresses at which sessions begin and end, and at which browsers report."""

    def enter(request: Request) -> Response:
        return let_in(access, request.query_params.get("token", ""))

    def leave(request: Request, _form: FormData) -> Response:
        access.leave(request.headers)
        answer = PlainTextResponse("You are signed out. Your link lets you in again.\n")
        answer.delete_cookie(access.cookie)
        return answer

    async def report(request: Request) -> Response:
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > REPORT_BYTES:
                break
        tell(body[:REPORT_BYTES].decode("utf-8", "replace"))
        return Response(status_code=204)

    return [
        Route(OPEN_PATH, enter),
        Route("/leave", _posted(leave), methods=["POST"]),
        Route(REPORT_PATH, report, methods=["POST"]),
    ]


def _posted(answer: Callable[[Request, FormData], Response]) -> Answering:
    """Return an endpoint that hands on a form only when it brings the session's token."""

    async def checked(request: Request) -> Response:
        form = await read_form(request)
        return await run_in_threadpool(answer, request, form)

    return checked


def _refused(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, HTTPException)
    return _error(
        request, "Not here" if refusal.status_code == 404 else "Refused", str(refusal.detail), refusal.status_code
    )


def _mistaken(request: Request, mistake: Exception) -> Response:
    return _error(request, "This did not work", str(mistake), 500)


def _failed(request: Request, _bug: Exception) -> Response:
    text = "A fault of the kit, not yours. What was saved before is safe; the terminal of the server says more."
    return _error(request, "This page failed", text, 500)


def _error(request: Request, heading: str, text: str, status: int) -> Response:
    if "session" not in request.scope.get("state", {}):
        return PlainTextResponse(f"{heading}: {text}\n", status)
    return page(request, "error.html", status, heading=heading, text=text)
