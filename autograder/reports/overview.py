"""A class in numbers: results in, counts, means and the hardest test cases out. No text, no layout."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from autograder.model import CaseResult, Question, QuestionResult, Result, Status


@dataclass(frozen=True)
class QuestionOverview:
    """One question over all graded submissions.

    Attributes:
        marked: how many have points for it; `waiting`: how many people still have to mark.
        mean: points, None while nothing is marked; `full`: how many got full marks.
    """

    question: Question
    marked: int
    waiting: int
    mean: float | None
    full: int


@dataclass(frozen=True)
class CaseOverview:
    """One test case: `failed` of the `total` graded submissions that met it."""

    question: str
    case: CaseResult
    failed: int
    total: int


@dataclass(frozen=True)
class Overview:
    """The class.

    Attributes:
        scores: of the graded submissions, ascending, in points; `max_score`: over the questions that tests decide.
        hardest: the test cases that any submission failed, most failures first.
        waiting: how many answers people still have to mark.
        unsealed: how many submissions ran without isolation.
    """

    submissions: int
    graded: int
    rejected: int
    fault: int
    scores: tuple[float, ...]
    max_score: float
    mean: float | None
    median: float | None
    questions: tuple[QuestionOverview, ...]
    hardest: tuple[CaseOverview, ...]
    waiting: int
    unsealed: int


def overview(results: Sequence[Result], questions: Sequence[Question]) -> Overview:
    """Return the numbers of a class; rejected and faulty submissions are counted and enter no mean."""
    graded = [result for result in results if result.status is Status.GRADED]
    scores = tuple(sorted(result.score for result in graded if result.score is not None))
    by_question = tuple(_question(question, graded) for question in questions)
    return Overview(
        submissions=len(results),
        graded=len(graded),
        rejected=sum(result.status is Status.REJECTED for result in results),
        fault=sum(result.status is Status.FAULT for result in results),
        scores=scores,
        max_score=sum(question.points for question in questions if not question.manual),
        mean=fmean(scores) if scores else None,
        median=median(scores) if scores else None,
        questions=by_question,
        hardest=_hardest(question for result in graded for question in result.questions),
        waiting=sum(question.waiting for question in by_question),
        unsealed=sum(result.facts is not None and result.facts.level == "none" for result in results),
    )


def _question(question: Question, graded: Iterable[Result]) -> QuestionOverview:
    answers = [answer for result in graded for answer in result.questions if answer.name == question.name]
    points = [answer.points for answer in answers if answer.points is not None]
    return QuestionOverview(
        question=question,
        marked=len(points),
        waiting=len(answers) - len(points),
        mean=fmean(points) if points else None,
        full=sum(value >= question.points for value in points),
    )


def _hardest(answers: Iterable[QuestionResult]) -> tuple[CaseOverview, ...]:
    met: dict[tuple[str, str], list[CaseResult]] = {}
    for answer in answers:
        for case in answer.cases:
            met.setdefault((answer.name, case.name), []).append(case)
    cases = [
        CaseOverview(question, met_cases[0], sum(not case.passed for case in met_cases), len(met_cases))
        for (question, _), met_cases in met.items()
    ]
    return tuple(sorted((case for case in cases if case.failed), key=lambda case: -case.failed))
