"""Answers that say much the same: which they are, side by side, and one mark for all that a TA ticks."""

from dataclasses import dataclass

from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from autograder.errors import AutograderError
from autograder.gradebook import MarkConflict
from autograder.similarity import Similar, similar_answers
from autograder.text import number
from autograder.web.access import session_of
from autograder.web.answer_page import html_of, read_answer
from autograder.web.background import Background, Tell, Waiting
from autograder.web.desk import Desk
from autograder.web.draft import Draft, draft_of, read_draft, whole, write_marks
from autograder.web.pages import fragment, page
from autograder.web.place import Place, place_of
from autograder.web.queue import Paper, Queue

SIDES = 6  # that fit beside each other
TICKED = 90  # percent from which an unmarked answer is ticked beforehand


@dataclass(frozen=True)
class Side:
    """One of the answers side by side; `percent`: how alike it is, None for the one that the others are like."""

    paper: Paper
    percent: int | None
    ticked: bool
    text: Markup
    written: bool
    trouble: str = ""


def alike(request: Request) -> Response:
    """Return the list of similar answers for the page of one, or how far comparing is."""
    place = place_of(request)
    paper = place.paper(request.path_params["paper"])
    others = similar_papers(request, place, paper)
    waiting = others.done if isinstance(others, Waiting) else None
    return fragment("alike.html", place=place, paper=paper, waiting=waiting, others=others, trouble="")


def similar_papers(request: Request, place: Place, paper: Paper) -> list[tuple[Paper, int]] | Waiting:
    """Return the answers like one with how alike they are, in percent, the most alike first."""
    compared: Background[Similar] = request.app.state.compared
    queue = place.queue
    key = frozenset(one.sha256 for one in queue.papers)
    found = compared.ask(
        f"{queue.assignment} {queue.question.name}", key, lambda tell: compare(place.desk, queue, tell)
    )
    if isinstance(found, Waiting):
        return found
    papers = {one.sha256: one for one in queue.papers}
    return [(papers[one.key], round(100 * one.similarity)) for one in found.others.get(paper.sha256, ())]


def compare(desk: Desk, queue: Queue, tell: Tell) -> Similar:
    """Read all answers of a queue and compare them; one that cannot be read is like none."""
    texts = {}
    for done, paper in enumerate(queue.papers, 1):
        try:
            texts[paper.sha256] = desk.text(queue.assignment, queue.question.name, paper.sha256)
        except AutograderError:
            texts[paper.sha256] = ""
        tell(done)
    return similar_answers(texts)


def similar_page(request: Request) -> Response:
    """Show an answer and those like it side by side."""
    place = place_of(request)
    return _similar(request, place, place.paper(request.path_params["paper"]))


def _similar(
    request: Request,
    place: Place,
    paper: Paper,
    draft: Draft | None = None,
    ticked: frozenset[str] | None = None,
    problem: str = "",
    status: int = 200,
) -> Response:
    others = similar_papers(request, place, paper)
    if isinstance(others, Waiting):
        session_of(request).notes.append("The answers are still being compared: try again in a moment.")
        return RedirectResponse(f"{place.path}/{paper.id}", 303)
    shown = [
        _side(place, one, percent, one.id in ticked if ticked is not None else _is_ticked(one, percent))
        for one, percent in [(paper, None), *others[: SIDES - 1]]
    ]
    return page(
        request,
        "similar.html",
        status,
        place=place,
        queue=place.queue,
        paper=paper,
        shown=shown,
        draft=draft or draft_of(paper),
        problem=problem,
        snippets=place.desk.gradebook.snippets(*place.asked),
    )


def _is_ticked(paper: Paper, percent: int | None) -> bool:
    return percent is None or (percent >= TICKED and paper.marked is None)


def _side(place: Place, paper: Paper, percent: int | None, ticked: bool) -> Side:
    answer, trouble = read_answer(place.desk, place.queue, paper)
    text = html_of(answer.text) if answer else Markup()
    return Side(paper, percent, ticked, text, bool(answer and answer.written), trouble)


def save_together(request: Request, form: FormData) -> Response:
    """Give all ticked answers the same mark, all or none, and go on."""
    place, session = place_of(request), session_of(request)
    paper = place.paper(request.path_params["paper"])
    ticked = frozenset(str(one) for one in form.getlist("papers"))
    draft: Draft | None = None
    try:
        draft = read_draft(form, place.queue)
        papers = [place.paper(one) for one in sorted(ticked)]
        if not papers:
            raise ValueError("No answer is ticked.")
        write_marks(place, session, papers, draft, {one.id: whole(form.get(f"seen-{one.id}")) for one in papers})
    except ValueError as flaw:
        return _similar(request, place, paper, draft, ticked, str(flaw), 422)
    except MarkConflict as conflict:
        people = ", ".join(sorted({mark.author for mark in conflict.current}))
        text = f"{people} has marked one of them since you opened this page: see what it has now, or save again."
        place = place_of(request)
        return _similar(request, place, place.paper(paper.id), draft, ticked, text, 409)
    place = place_of(request)
    papers = [place.paper(one.id) for one in papers]
    numbers = ", ".join(str(one.number) for one in sorted(papers, key=lambda one: one.number))
    session.notes.append(f"Saved: {number(papers[0].points)} points each for {len(papers)} answers ({numbers}).")
    return RedirectResponse(place.next_path(place.paper(paper.id)), 303)
