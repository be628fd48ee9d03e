"""The pages of a class: at a glance, all students, one submission, whose code is alike."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from autograder.model import Assignment
from autograder.similarity import Pair
from autograder.web.class_page import class_page_values
from autograder.web.classroom import Classroom, Room
from autograder.web.desk import Desk
from autograder.web.pages import page
from autograder.web.pair_page import pair_page_values
from autograder.web.pairs_page import pairs_page_values
from autograder.web.people_page import people_page_values
from autograder.web.submission_page import submission_page_values


@dataclass(frozen=True)
class _Asked:
    """What the address of a request names."""

    assignment: Assignment
    classroom: Classroom
    room: Room
    zone: ZoneInfo

    def pairs(self) -> tuple[Pair, ...] | None:
        return self.classroom.pairs(self.assignment.id, self.room)


def _asked(request: Request) -> _Asked:
    desk: Desk = request.app.state.desk
    classroom: Classroom = request.app.state.classroom
    try:
        assignment = desk.course.assignment(request.path_params["assignment"])
    except KeyError:
        raise HTTPException(404, "There is no such assignment.") from None
    return _Asked(assignment, classroom, classroom.room(assignment.id), ZoneInfo(desk.course.timezone))


def class_page(request: Request) -> Response:
    """Show what the class did, and what it did not understand."""
    asked = _asked(request)
    room = asked.room
    values = class_page_values(asked.assignment, room.info, room.analysis, room.filed, asked.pairs())
    return page(request, "class.html", 200, **values)


def people_page(request: Request) -> Response:
    """Show all students, or those that are looked for."""
    asked = _asked(request)
    query = {name: request.query_params.get(name, "") for name in ("find", "show", "page")}
    return page(
        request, "people.html", 200, **people_page_values(asked.assignment, asked.room.filed, asked.zone, **query)
    )


def submission_page(request: Request) -> Response:
    """Show all that was found in one submission."""
    asked = _asked(request)
    try:
        values = submission_page_values(asked.assignment, request.path_params["name"], asked.room.filed, asked.pairs())
    except KeyError:
        raise HTTPException(404, "There is no such submission, or it no longer counts.") from None
    return page(request, "submission.html", 200, **values)


def pairs_page(request: Request) -> Response:
    """Show all submissions that are alike."""
    asked = _asked(request)
    return page(
        request,
        "pairs.html",
        200,
        **pairs_page_values(asked.assignment, asked.room.analysis, asked.room.filed, asked.pairs()),
    )


def pair_page(request: Request) -> Response:
    """Show two submissions side by side."""
    asked = _asked(request)
    a, b = request.path_params["a"], request.path_params["b"]
    try:
        codes = {name: asked.classroom.code(asked.assignment.id, asked.room, name) for name in (a, b)}
        values = pair_page_values(asked.assignment, a, b, codes, asked.room.filed, asked.pairs())
    except KeyError:
        raise HTTPException(404, "There is no such submission, or it no longer counts.") from None
    return page(request, "pair.html", 200, **values)


ROUTES = (
    Route("/{assignment}/", class_page),
    Route("/{assignment}/people", people_page),
    Route("/{assignment}/submissions/{name}", submission_page),
    Route("/{assignment}/pairs", pairs_page),
    Route("/{assignment}/pairs/{a}/{b}", pair_page),
)
