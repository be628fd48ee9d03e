"""What an address of a written question names: the queue, an answer in it, and where TAs go from there."""

from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

from autograder.web.desk import Desk
from autograder.web.presence import Presence
from autograder.web.queue import Paper, Queue


@dataclass(frozen=True)
class Place:
    """The queue that an address names, and who asks for it."""

    desk: Desk
    presence: Presence
    queue: Queue
    staff: str

    @property
    def asked(self) -> tuple[str, str]:
        """Assignment and question."""
        return self.queue.assignment, self.queue.question.name

    @property
    def path(self) -> str:
        return f"/{self.queue.assignment}/mark/{self.queue.question.name}"

    @property
    def title(self) -> str:
        """Title of the assignment."""
        return self.desk.course.assignment(self.queue.assignment).title

    def others(self) -> dict[str, str]:
        """Return id of an answer -> who else has it open."""
        return self.presence.others(self.staff, *self.asked, self.desk.now())

    def next_path(self, after: Paper | None) -> str:
        """Return where to go after an answer: the next open one, or the queue when there is none."""
        following = self.queue.next_open(after, self.others())
        return f"{self.path}/{following.id}" if following else self.path

    def paper(self, number: str) -> Paper:
        """Return the answer of that id.

        Raises:
            HTTPException: 404 when there is none.
        """
        try:
            return self.queue.paper(number)
        except KeyError:
            raise HTTPException(404, "There is no such answer, or it no longer counts.") from None


def place_of(request: Request) -> Place:
    """Return what the address of a request names, as it is now.

    Raises:
        HTTPException: 404 when there is no such assignment or written question.
    """
    desk: Desk = request.app.state.desk
    assignment, question = request.path_params["assignment"], request.path_params["question"]
    try:
        desk.course.assignment(assignment)
        queue = desk.queue(assignment, question)
    except KeyError:
        raise HTTPException(404, "There is no such written question.") from None
    return Place(desk, request.app.state.presence, queue, request.scope["state"]["session"].staff)
