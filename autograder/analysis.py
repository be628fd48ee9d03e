"""Standings and results of a class in, what its instructor should see out: numbers alone, no text and no layout.

Written answers count as soon as they are marked. Who handed in as a group is counted once, but for lists of people.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from statistics import fmean, median

from autograder.model import CaseResult, Question, Result, Status
from autograder.records import Standing

FEWEST_ANSWERS = 10
"""Below so many a correlation says nothing: with ten, 0.63 comes about by chance in one of 20 (Student's t, 8 d.f.)."""


@dataclass(frozen=True)
class QuestionFacts:
    """One question over all that was graded.

    Attributes:
        answers: how many have points for it; full: how many have all points.
        waiting: answers that nobody has marked yet, each file once, as in the queue.
        difficulty: mean share of its points, 0 to 1: of hard questions low, as the literature has it. None: no answer.
        discrimination: item-rest correlation, -1 to 1, of the question's points with the share of points earned in all
            other questions. None below `FEWEST_ANSWERS`, or where all have the same.
    """

    question: Question
    answers: int
    waiting: int
    full: int
    difficulty: float | None
    discrimination: float | None


@dataclass(frozen=True)
class CaseFacts:
    """One test case: `failed` of the `total` that met it.

    Attributes:
        case: as the example has it; stopped: how many of the failed ones could not be run to the end.
        example: the submission that failed it and least besides; others: cases that it failed besides.
    """

    question: str
    case: CaseResult
    failed: int
    stopped: int
    total: int
    example: str
    others: int


@dataclass(frozen=True)
class Spread:
    """What runs took: `values` ascending, in one unit.

    Attributes:
        p95: the value that 95 % do not exceed (nearest rank).
        largest: pairs of a submission and its value, the three that took most.
    """

    values: tuple[float, ...]
    median: float
    p95: float
    largest: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Analysis:
    """A class in one assignment.

    Attributes:
        cases: that anybody failed, most failures first.
        seconds: of CPU time; memory_bytes: beyond the warmed process; None where nothing ran.
        graded, late, missing, excused, rejected, fault, ungraded: standings; late ones the latest first.
        same_file: standings of people who handed in the same bytes without being a group, by file, most people first.
    """

    questions: tuple[QuestionFacts, ...]
    cases: tuple[CaseFacts, ...]
    seconds: Spread | None
    memory_bytes: Spread | None
    graded: tuple[Standing, ...]
    late: tuple[Standing, ...]
    missing: tuple[Standing, ...]
    excused: tuple[Standing, ...]
    rejected: tuple[Standing, ...]
    fault: tuple[Standing, ...]
    ungraded: tuple[Standing, ...]
    same_file: tuple[tuple[Standing, ...], ...]


def analyse(standings: Sequence[Standing], results: Sequence[Result], questions: Sequence[Question]) -> Analysis:
    """Return what there is to see of a class.

    Args:
        standings: of one assignment.
        results: one of each file that counts; those of other files would count as well.
        questions: in the order of the notebook.
    """
    by_status = {name: tuple(one for one in standings if one.status == name) for name in {s.status for s in standings}}
    ran = [result for result in results if result.status is Status.GRADED]
    late = sorted((one for one in standings if one.late_units), key=lambda one: -one.late_units)
    return Analysis(
        questions=question_facts(standings, questions),
        cases=case_facts(results),
        seconds=_spread((one.submission, one.cpu_seconds) for one in ran),
        memory_bytes=_spread((one.submission, float(one.facts.memory_bytes)) for one in ran if one.facts),
        graded=by_status.get("graded", ()),
        late=tuple(late),
        missing=by_status.get("missing", ()),
        excused=by_status.get("excused", ()),
        rejected=by_status.get("rejected", ()),
        fault=by_status.get("fault", ()),
        ungraded=by_status.get("ungraded", ()),
        same_file=_same_file(standings),
    )


def once(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """Return the graded standings, one of each group; the same file of two who are no group counts twice."""
    found: dict[object, Standing] = {}
    for one in standings:
        if one.status == Status.GRADED:
            key = (one.attempt.sha256, one.attempt.students) if one.attempt else one.student.id
            found.setdefault(key, one)
    return tuple(found.values())


def question_facts(standings: Iterable[Standing], questions: Sequence[Question]) -> tuple[QuestionFacts, ...]:
    """Return how hard each question was and how well it tells who did well in the others.

    The question itself is left out of what it is compared with, or it would correlate with itself: S. Henrysson,
    "Correction of item-total correlations in item analysis", Psychometrika 28 (1963), 211-218.
    """
    answered = [_Answered.of(one) for one in once(standings) if one.questions]
    return tuple(_question(question, answered) for question in questions)


@dataclass(frozen=True)
class _Answered:
    """What one submission has in all questions, as in `Standing`, and in those together that have points."""

    file: str
    questions: dict[str, tuple[float | None, float]]
    points: float
    most: float

    @classmethod
    def of(cls, standing: Standing) -> "_Answered":
        known = [(points, most) for points, most in standing.questions.values() if points is not None]
        file = standing.attempt.sha256 if standing.attempt else standing.student.id
        return cls(file, standing.questions, sum(points for points, _ in known), sum(most for _, most in known))

    def beside_rest(self, name: str) -> tuple[float, float] | None:
        """Return the points of a question and the share of points in the others, as far as those are marked."""
        points, most = self.questions.get(name, (None, 0.0))
        rest = self.most - most
        return None if points is None or rest <= 0 else (points, (self.points - points) / rest)


def _question(question: Question, answered: Sequence[_Answered]) -> QuestionFacts:
    name, most = question.name, question.points
    found = [one for one in answered if name in one.questions]
    points = [given for given in (one.questions[name][0] for one in found) if given is not None]
    pairs = [pair for pair in (one.beside_rest(name) for one in found) if pair]
    return QuestionFacts(
        question=question,
        answers=len(points),
        waiting=len({one.file for one in found if one.questions[name][0] is None}),
        full=sum(given >= most - 1e-9 for given in points),
        difficulty=fmean(points) / most if points and most else None,
        discrimination=_correlation(pairs) if len(pairs) >= FEWEST_ANSWERS else None,
    )


def _correlation(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return Pearson's correlation, None where one side does not vary."""
    mean_x, mean_y = fmean(x for x, _ in pairs), fmean(y for _, y in pairs)
    xx = sum((x - mean_x) ** 2 for x, _ in pairs)
    yy = sum((y - mean_y) ** 2 for _, y in pairs)
    xy = sum((x - mean_x) * (y - mean_y) for x, y in pairs)
    # Equal values leave some 1e-30 behind.
    return max(-1.0, min(1.0, xy / sqrt(xx * yy))) if min(xx, yy) > 1e-12 else None


def case_facts(results: Iterable[Result]) -> tuple[CaseFacts, ...]:
    """Return the test cases that anybody failed, most failures first, each with the plainest example.

    The plainest is the submission that failed it and least besides, a case that was run to its end before one that was
    not; of equal ones the first.
    """
    met: dict[tuple[str, str], int] = defaultdict(int)
    failures: dict[tuple[str, str], list[tuple[bool, int, CaseResult, str]]] = defaultdict(list)
    for result in results:
        if result.status is not Status.GRADED:
            continue
        failed = []
        for question in result.questions:
            for case in question.cases:
                met[question.name, case.name] += 1
                if not case.passed:
                    failed.append((question.name, case))
        for name, case in failed:
            failures[name, case.name].append((bool(case.cause), len(failed) - 1, case, result.submission))
    found = []
    for (of, name), some in failures.items():
        _, others, case, example = min(some, key=lambda one: one[:2])
        count = sum(one[0] for one in some)
        found.append(CaseFacts(of, case, len(some), count, met[of, name], example, others))
    return tuple(sorted(found, key=lambda one: -one.failed))


def _spread(named: Iterable[tuple[str, float]]) -> Spread | None:
    some = sorted(named, key=lambda one: one[1])
    if not some:
        return None
    values = tuple(value for _, value in some)
    return Spread(values, median(values), values[ceil(0.95 * len(values)) - 1], tuple(reversed(some[-3:])))


def _same_file(standings: Iterable[Standing]) -> tuple[tuple[Standing, ...], ...]:
    files: dict[str, list[Standing]] = {}
    for one in standings:
        if one.attempt and one.attempt.sha256:
            files.setdefault(one.attempt.sha256, []).append(one)
    several = [some for some in files.values() if len({one.attempt.students for one in some if one.attempt}) > 1]
    return tuple(tuple(some) for some in sorted(several, key=len, reverse=True))
