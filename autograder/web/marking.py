"""The pages of a written question: its queue, one answer at a time, what is saved and what is undone.

What is saved names the mark that its page showed. When another TA has saved since, nothing is written: the page comes
back with both, and the TA decides.
"""

import math

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import AutograderError
from autograder.gradebook import MarkConflict
from autograder.records import AnswerMark
from autograder.text import number
from autograder.web.access import session_of
from autograder.web.answer_page import answer_values, picture, read_answer
from autograder.web.draft import Draft, draft_of, read_draft, take_back, whole, write_marks
from autograder.web.pages import page
from autograder.web.place import Place, place_of
from autograder.web.queue import Paper, Queue

PAGE = 100
FILTERS = ("all", "to mark", "mine", "look again")


def queue_page(request: Request) -> Response:
    """Show how far a question is: what is left, what was given, all answers by their numbers."""
    place = place_of(request)
    queue, shown = place.queue, request.query_params.get("show", FILTERS[0])
    chosen = [paper for paper in queue.papers if _is_shown(paper, shown, place.staff)]
    pages = max(1, math.ceil(len(chosen) / PAGE))
    at = min(max(1, whole(request.query_params.get("page", "1"))), pages)
    return page(
        request,
        "queue.html",
        place=place,
        queue=queue,
        shown=shown if shown in FILTERS else FILTERS[0],
        counts={name: sum(_is_shown(paper, name, place.staff) for paper in queue.papers) for name in FILTERS},
        papers=chosen[(at - 1) * PAGE : at * PAGE],
        at=at,
        pages=pages,
        items=_use_of_items(queue),
        busy=place.others(),
    )


def _is_shown(paper: Paper, shown: str, staff: str) -> bool:
    mark = paper.marked
    if shown == "to mark":
        return mark is None
    if shown == "mine":
        return mark is not None and mark.author == staff
    return bool(paper.lost) if shown == "look again" else True


def _use_of_items(queue: Queue) -> list[tuple[str, float, int]]:
    """Return text, points and use of each item of the rubric among what is marked."""
    marks = [paper.marked for paper in queue.papers if paper.marked]
    return [(item.text, item.points, sum(item.id in mark.items for mark in marks)) for item in queue.rubric.items]


def next_answer(request: Request) -> Response:
    """Go to an answer that nobody has marked, rather one that nobody has open."""
    return RedirectResponse(place_of(request).next_path(None), 303)


def answer_page(request: Request) -> Response:
    """Show one answer with the student's numbers and plots, and the rubric to mark it by."""
    place = place_of(request)
    return _answer(request, place, place.paper(request.path_params["paper"]))


def _answer(
    request: Request,
    place: Place,
    paper: Paper,
    draft: Draft | None = None,
    problem: str = "",
    conflict: AnswerMark | None = None,
    status: int = 200,
) -> Response:
    other = place.others().get(paper.id, "")
    place.presence.enter(place.staff, *place.asked, paper.id, place.desk.now())
    return page(
        request,
        "answer.html",
        status,
        **answer_values(place.desk, place.queue, paper),
        place=place,
        draft=draft or draft_of(paper),
        problem=problem,
        conflict=conflict,
        other=other,
        snippets=place.desk.gradebook.snippets(*place.asked),
        undoable=bool(session_of(request).saved),
    )


def save(request: Request, form: FormData) -> Response:
    """Save a mark, and go on to the next answer."""
    place, session = place_of(request), session_of(request)
    paper = place.paper(request.path_params["paper"])
    try:
        draft = read_draft(form, place.queue)
    except ValueError as flaw:
        return _answer(request, place, paper, problem=str(flaw), status=422)
    try:
        write_marks(place, session, [paper], draft, {paper.id: whole(form.get("seen"))})
    except MarkConflict as conflict:
        place = place_of(request)
        return _answer(request, place, place.paper(paper.id), draft, conflict=conflict.current[0], status=409)
    place = place_of(request)
    points = number(place.paper(paper.id).points)
    session.notes.append(f"Saved: answer {paper.number} has {points} of {number(place.queue.rubric.points)} points.")
    return RedirectResponse(place.next_path(paper), 303)


def undo(request: Request, _form: FormData) -> Response:
    """Take back what this TA saved last in this session: what was there before counts again."""
    place, session = place_of(request), session_of(request)
    if not session.saved:
        session.notes.append("There is nothing to undo: in this session you have saved nothing.")
        return RedirectResponse(place.path, 303)
    saved = session.saved.pop()
    try:
        take_back(place, session, saved)
        session.notes.append("Undone: what was there before counts again.")
    except MarkConflict:
        session.notes.append("Not undone: somebody else has marked it since.")
    except AutograderError as refusal:
        session.notes.append(f"Not undone: {refusal}")
    return RedirectResponse(f"{saved.path}/{next(iter(saved.before))}", 303)


def picture_file(request: Request) -> Response:
    """Answer with a plot of the student's, as a picture and as nothing else."""
    place = place_of(request)
    answer, trouble = read_answer(place.desk, place.queue, place.paper(request.path_params["paper"]))
    found = picture(answer, request.path_params["number"]) if answer else None
    if found is None:
        raise HTTPException(404, trouble or "There is no such picture.")
    # An attachment shows in our pages all the same, and by itself it is saved: it never is a document of this origin.
    saved = f'attachment; filename="plot-{request.path_params["number"]}.{found.kind.rpartition("/")[2]}"'
    return Response(found.data, media_type=found.kind, headers={"Content-Disposition": saved})
