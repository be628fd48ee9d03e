"""The first page: each assignment of the course, what was handed in, and how far its written questions are marked."""

from collections import Counter
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from starlette.requests import Request
from starlette.responses import Response

from autograder.errors import AutograderError
from autograder.model import Assignment
from autograder.web.desk import Desk
from autograder.web.pages import page
from autograder.web.queue import Queue


@dataclass(frozen=True)
class Shown:
    """An assignment; `counts`: pairs of a standing's status and how many have it."""

    assignment: Assignment
    due: str
    counts: tuple[tuple[str, int], ...]
    queues: tuple[Queue, ...]
    trouble: str = ""


def overview(request: Request) -> Response:
    """Show the course."""
    desk: Desk = request.app.state.desk
    shown = [_shown(desk, assignment) for assignment in desk.course.assignments]
    return page(request, "overview.html", course=desk.course, assignments=shown)


def _shown(desk: Desk, assignment: Assignment) -> Shown:
    due = f"{assignment.due.astimezone(ZoneInfo(desk.course.timezone)):%Y-%m-%d %H:%M}" if assignment.due else ""
    counts = tuple(Counter(one.status for one in desk.standings(assignment.id)).most_common())
    try:
        grader = desk.grader(assignment.id)
    except AutograderError as trouble:
        return Shown(assignment, due, counts, (), str(trouble))
    if grader is None:
        how = f"Its grader is not built: run `autograder build {assignment.id}`, then load this page again."
        return Shown(assignment, due, counts, (), how)
    queues = tuple(desk.queue(assignment.id, question.name) for question in grader.guide.written)
    return Shown(assignment, due, counts, queues)
