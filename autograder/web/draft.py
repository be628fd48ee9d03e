"""What a TA has chosen on a page: read from a form, checked, written as marks, taken back."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from starlette.datastructures import FormData

from autograder.records import AnswerMark
from autograder.text import number
from autograder.web.place import Place
from autograder.web.queue import Paper, Queue
from autograder.web.session import Saved, Session

COMMENT_CHARACTERS = 10_000


@dataclass(frozen=True)
class Draft:
    """What is chosen on a page, saved or not yet; items are ids of the rubric's."""

    items: tuple[str, ...] = ()
    adjustment: float = 0.0
    comment: str = ""


def draft_of(paper: Paper) -> Draft:
    """Return what the mark in force chose, nothing where there is none."""
    mark = paper.marked
    return Draft(mark.items, mark.adjustment, mark.comment) if mark else Draft()


def read_draft(form: FormData, queue: Queue) -> Draft:
    """Return what a form holds.

    Raises:
        ValueError: says what was found and what is expected.
    """
    chosen = form.getlist("items")
    items = tuple(item.id for item in queue.rubric.items if item.id in chosen)
    typed, comment = str(form.get("adjustment", "") or "0").replace(",", "."), str(form.get("comment", "")).strip()
    try:
        adjustment = float(typed)
    except ValueError:
        adjustment = math.nan
    if not abs(adjustment) <= queue.rubric.points:
        raise ValueError(
            f"Adjustment: found {typed!r}, expected a number such as -0.5, at most {number(queue.rubric.points)}."
        )
    if len(comment) > COMMENT_CHARACTERS:
        raise ValueError(f"Comment: found {len(comment):,} characters, at most {COMMENT_CHARACTERS:,} are kept.")
    return Draft(items, round(adjustment, 2), comment.replace("\r\n", "\n"))


def whole(text: object) -> int:
    """Return a whole number from 0 up that a form or an address holds, 0 for anything else."""
    typed = str(text)
    return int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 12 else 0


def write_marks(
    place: Place, session: Session, papers: Sequence[Paper], draft: Draft, seen: Mapping[str, int]
) -> None:  # fmt: skip
    """Give answers the same mark, all or none, and remember it for undo.

    Args:
        seen: id of each answer -> number of the mark that the page showed.

    Raises:
        MarkConflict: another mark counts meanwhile.
    """
    assignment, question = place.asked
    at = place.desk.now()
    marks = [
        AnswerMark(assignment, paper.sha256, question, draft.items, draft.adjustment, draft.comment, session.staff, at)
        for paper in papers
    ]
    written = place.desk.gradebook.add_answer_marks(marks, {paper.sha256: seen[paper.id] for paper in papers})
    session.saved.append(Saved(place.path, {paper.id: paper.mark for paper in papers}, written))
    session.cleared += [f"{place.path}/{paper.id}" for paper in papers]


def take_back(place: Place, session: Session, saved: Saved) -> None:
    """Let what counted before `saved` count again; whoever takes back answers for it.

    Raises:
        MarkConflict: somebody has marked one of the answers since.
        GradebookError: when the rubric no longer has an item of the mark before.
    """
    at = place.desk.now()
    marks = [
        replace(before, author=session.staff, at=at, number=0) if before else replace(mark, withdrawn=True, at=at)
        for before, mark in zip(saved.before.values(), saved.marks, strict=True)
    ]
    again = place.desk.gradebook.add_answer_marks(marks, {mark.sha256: mark.number for mark in saved.marks})
    # What counts again is a new row: a second undo has to find it under its new number.
    now = {before.number: mark for before, mark in zip(saved.before.values(), again, strict=True) if before}
    session.saved[:] = [replace(one, marks=tuple(now.get(m.number, m) for m in one.marks)) for one in session.saved]
