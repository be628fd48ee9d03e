"""Templates and files of the staff pages: a name and values in, an answer with HTML out.

Values are cleaned and escaped on their way into a page, as in reports. Style and scripts are files of ours, named by
their content, so that a browser keeps them and never shows an old one.
"""

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from autograder.reports.page import environment
from autograder.web.access import session_of

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
HOMES = {"page.css": "reports/templates", "sort.js": "reports/templates"}
KEEP = "private, max-age=31536000, immutable"


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Return a page of this session: `values`, who is signed in, and what is to be said once."""
    session = session_of(request)
    said = {
        "staff": session.staff,
        "csrf": session.csrf,
        "notes": _taken(session.notes),
        "cleared": _taken(session.cleared),
    }
    return HTMLResponse(templates().get_template(template).render(**said, **values), status)


def fragment(template: str, **values: object) -> HTMLResponse:
    """Return a part of a page, for htmx to put into it."""
    return HTMLResponse(templates().get_template(template).render(**values))


def _taken(some: list[str]) -> tuple[str, ...]:
    """Return what is to be told once, and forget it."""
    taken = tuple(some)
    some.clear()
    return taken


def static(request: Request) -> Response:
    """Answer with a file of ours; 404 for any other name."""
    name = request.path_params["name"]
    if name.rpartition(".")[2] not in TYPES or "/" in name or not _place(name).is_file():
        return Response(status_code=404)
    kept = KEEP if request.query_params.get("v") == _version(name) else "no-cache"
    return Response(_content(name), media_type=TYPES[name.rpartition(".")[2]], headers={"Cache-Control": kept})


@cache
def templates() -> Environment:
    """Return the environment of the staff pages: their templates, and the parts of those of reports."""
    found = environment("autograder.web", "autograder.reports")
    found.globals["static"] = lambda name: f"/static/{name}?v={_version(name)}"
    return found


def _place(name: str) -> Traversable:
    return files("autograder").joinpath(*HOMES.get(name, "web/static").split("/"), name)


@cache
def _content(name: str) -> bytes:
    return _place(name).read_bytes()


@cache
def _version(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:12]
