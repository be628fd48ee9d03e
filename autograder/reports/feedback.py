"""feedback/<submission>.html: a Result in, the page for its student out.

Shows what a student may see: titles, hints, causes, points, the note. Never a message of a test, an error of a cell, a
time, or anything else that the student's code could have filled with a hidden input.
"""

from dataclasses import dataclass

from autograder.model import CaseResult, QuestionResult, Result, Status
from autograder.records import Standing
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
class ShownQuestion:
    """All of a QuestionResult that the template is given; `check`: its public tests will show what is wrong."""

    name: str
    title: str
    points: float | None
    max_points: float
    cases: tuple[ShownCase, ...]
    check: bool


def feedback_html(
    result: Result, assignment_title: str, course_title: str = "", standing: Standing | None = None
) -> str:  # fmt: skip
    """Return the page to hand to the student, complete in one file.

    Args:
        standing: what counts in the gradebook: with it the page shows marks of written answers, and the score after
            lateness, for the student whose it is.
    """
    questions = tuple(_shown_question(question, standing) for question in result.questions)
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


def _shown_question(question: QuestionResult, standing: Standing | None) -> ShownQuestion:
    points = standing.questions.get(question.name, (None, 0.0))[0] if standing else None
    return ShownQuestion(
        name=question.name,
        title=question.title,
        points=question.points if points is None else points,
        max_points=question.max_points,
        cases=tuple(_shown_case(case) for case in question.cases),
        check=any(not case.passed and not case.hidden for case in question.cases),
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
