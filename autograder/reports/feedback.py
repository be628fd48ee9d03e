"""feedback/<submission>.html: a Result in, the page for its student out.

Shows what a student may see: titles, hints, causes, points, the note; of a written answer what its marker found in it
and said of it, not what the rubric has besides. Never a message of a test, an error of a cell, a
time, or anything else that the student's code could have filled with a hidden input.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from autograder.model import CaseResult, QuestionResult, Result, Status
from autograder.records import AnswerMark, Rubric, RubricItem, Standing
from autograder.reports.page import render


@dataclass(frozen=True)
class ShownCase:
    """All of a CaseResult that the template is given."""

    title: str
    hidden: bool
    outcome: str
    points: float
    max_points: float
    hint: str
    cause: str


@dataclass(frozen=True)
class ShownMark:
    """What a person found in a written answer.

    Attributes:
        items: that the answer has; adjustment: points beside them.
        comment: its lines.
        limited: the items are worth more than the question, or less than nothing.
        replaced: other points were set for the question, which say more than items could.
    """

    items: tuple[RubricItem, ...]
    adjustment: float
    comment: tuple[str, ...]
    limited: bool
    replaced: bool


@dataclass(frozen=True)
class ShownQuestion:
    """All of a question that the template is given; `check`: its public tests will show what is wrong."""

    name: str
    title: str
    points: float | None
    max_points: float
    cases: tuple[ShownCase, ...]
    check: bool
    mark: ShownMark | None


def feedback_html(
    result: Result,
    assignment_title: str,
    course_title: str = "",
    standing: Standing | None = None,
    rubrics: Mapping[str, Rubric] | None = None,
) -> str:
    """Return the page to hand to the student, complete in one file.

    Args:
        standing: what counts in the gradebook: with it the page shows marks of written answers, and the score after
            lateness, for the student whose it is.
        rubrics: by question, those that the marks of the standing were counted by.
    """
    questions = tuple(_shown_question(question, standing, rubrics or {}) for question in result.questions)
    return render(
        "feedback.html",
        assignment_title=assignment_title,
        course_title=course_title,
        student=standing.student.name if standing else result.student or result.submission,
        standing=standing,
        status=result.status.value,
        score=result.score,
        max_score=result.max_score,
        # A fault's note speaks of the kit's insides and helps no student.
        note="" if result.status is Status.FAULT else result.note,
        questions=questions,
        waiting=[question for question in questions if question.points is None],
        waiting_points=sum(question.max_points for question in questions if question.points is None),
        unsealed=result.facts is not None and result.facts.level == "none",
    )


def _shown_question(
    question: QuestionResult, standing: Standing | None, rubrics: Mapping[str, Rubric]
) -> ShownQuestion:
    name = question.name
    points = standing.questions.get(name, (None, 0.0))[0] if standing else None
    mark = standing.marks.get(name) if standing else None
    replaced = standing is not None and name in standing.overridden
    return ShownQuestion(
        name=name,
        title=question.title,
        points=question.points if points is None else points,
        max_points=question.max_points,
        cases=tuple(_shown_case(case) for case in question.cases),
        check=any(not case.passed and not case.hidden for case in question.cases),
        mark=_shown_mark(mark, rubrics[name], replaced) if mark and name in rubrics else None,
    )


def _shown_mark(mark: AnswerMark, rubric: Rubric, replaced: bool) -> ShownMark:
    items = tuple(item for item in rubric.items if item.id in mark.items)
    worth = sum(item.points for item in items) + mark.adjustment
    return ShownMark(
        items=items,
        adjustment=mark.adjustment,
        comment=tuple(mark.comment.strip().splitlines()),
        limited=not -1e-9 <= worth <= rubric.points + 1e-9,
        replaced=replaced,
    )


def _shown_case(case: CaseResult) -> ShownCase:
    return ShownCase(
        title=case.title,
        hidden=case.hidden,
        outcome="passed" if case.passed else "stopped" if case.cause else "failed",
        points=case.points,
        max_points=case.max_points,
        hint=case.hint,
        cause=case.cause,
    )
