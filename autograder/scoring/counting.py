"""What was handed in, graded and decided in; out comes one standing a student and assignment, with its reason."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from fractions import Fraction
from types import MappingProxyType
from typing import Any, Protocol, TypeVar
from zoneinfo import ZoneInfo

from autograder.model import Assignment, Course, Status
from autograder.records import AnswerMark, Attempt, Extension, Override, Rubric, Score, Standing, Student
from autograder.scoring.lateness import Terms, days_to_spend, exact, penalty_of, terms_of, units_of
from autograder.scoring.marking import MarkedScore, Marks, marked_scores

_ZERO = Fraction(0)
_FIRST = datetime.min.replace(tzinfo=UTC)
_NONE: Mapping[Any, Any] = MappingProxyType({})
_LAST = datetime.max.replace(tzinfo=UTC)
# What became of an attempt that has no score.
_WITHOUT = {
    "rejected": "no file that can be graded",
    "fault": "the grader failed on it: to be graded again",
    "ungraded": "not graded yet",
}


class _OfStudent(Protocol):
    @property
    def student(self) -> str: ...


_T = TypeVar("_T", bound=_OfStudent)


@dataclass(frozen=True)
class Candidate:
    """An attempt that may count, with what it would bring.

    Attributes:
        status: graded, rejected, fault or ungraded.
        questions, marks: as in `Standing`, what people set included.
        units: days or hours begun after due, before any late day is spent; days: late days that it would spend.
        points: before lateness; penalty: taken off them. Both None unless graded.
    """

    attempt: Attempt
    status: str
    questions: dict[str, tuple[float | None, float]]
    units: int
    days: int
    points: Fraction | None = None
    penalty: Fraction | None = None
    marks: dict[str, AnswerMark] = field(default_factory=dict)

    @property
    def score(self) -> Fraction | None:
        return None if self.points is None or self.penalty is None else self.points - self.penalty


def standings(
    course: Course,
    students: Sequence[Student],
    attempts: Mapping[str, Iterable[Attempt]],
    scores: Mapping[str, Mapping[str, Score]],
    overrides: Mapping[str, Iterable[Override]],
    extensions: Mapping[str, Iterable[Extension]],
    now: datetime,
    *,
    marks: Mapping[str, Marks] = _NONE,
    rubrics: Mapping[str, Mapping[str, Rubric]] = _NONE,
) -> dict[str, tuple[Standing, ...]]:
    """Return what counts in every assignment of the course: assignment id -> standings in the order of `students`.

    Late days are spent in the order of due dates, so the attempts of all assignments are needed to know those of one.
    Attempts, overrides and extensions of people who are not among `students` are left out. Each member of a group has
    the group's attempts, and an extension and late days of their own. Of several overrides or extensions made at the
    very same moment the last in the sequence counts.

    Args:
        attempts, overrides, extensions: by assignment id; an assignment without any may be left out.
        scores: assignment id -> sha256 of a file -> what the grader made of it.
        now: timezone-aware; only tells what is missing from what is not due yet.
        marks: assignment id -> (sha256, question) -> the newest mark of a written answer; it counts by the rubric.
        rubrics: assignment id -> question -> rubric.
    """
    zone = ZoneInfo(course.timezone)
    found_in = {name: marked_scores(some, marks.get(name, {}), rubrics.get(name, {})) for name, some in scores.items()}
    handed_in = {name: _by_member(some) for name, some in attempts.items()}
    decided = {name: _by_student(some) for name, some in overrides.items()}
    extended = {name: _by_student(some) for name, some in extensions.items()}
    found: dict[str, list[Standing]] = {assignment.id: [] for assignment in course.assignments}
    for student in students:
        left = course.late.late_days
        for assignment in sorted(course.assignments, key=_due):  # those of one due date in the order of the course
            name = assignment.id
            standing = _standing(
                Standing(student, name, "missing", assignment.points),
                assignment.attempts,
                terms_of(assignment, extended.get(name, {}).get(student.id, ()), zone),
                handed_in.get(name, {}).get(student.id, ()),
                found_in.get(name, {}),
                latest(decided.get(name, {}).get(student.id, ())),
                left,
                now,
            )
            left -= standing.days_spent
            found[name].append(standing)
    return {name: tuple(some) for name, some in found.items()}


def choose_attempt(candidates: Iterable[Candidate], attempts: str) -> Candidate | None:
    """Return the attempt that counts, None where there is none.

    A file that was rejected counts only when nothing else was handed in. "best" leaves out what is not graded yet as
    long as something is; of equal scores the less late one counts, then the later one.

    Args:
        attempts: one of `model.ATTEMPTS`.
    """
    every = list(candidates)
    usable = [candidate for candidate in every if candidate.status != Status.REJECTED] or every
    if attempts == "best":
        return max(usable, key=lambda one: (*_worth(one), -one.units, *_order(one.attempt)), default=None)
    if attempts == "last-before-due":
        usable = [candidate for candidate in usable if not candidate.units] or usable
    return max(usable, key=lambda candidate: _order(candidate.attempt), default=None)


def latest(overrides: Iterable[Override]) -> dict[str, Override]:
    """Return the override in force of each question, of the whole under ""; what was taken back is not among them."""
    last: dict[str, Override] = {}
    for override in sorted(overrides, key=lambda override: override.at.astimezone(UTC)):
        last[override.question] = override
    return {name: override for name, override in last.items() if override.points is not None or override.excused}


def rounded(points: Fraction) -> float:
    """Return points, at least 0, in hundredths, half a hundredth up."""
    return int(points * 100 + Fraction(1, 2)) / 100


def _standing(
    missing: Standing,
    rule: str,
    terms: Terms,
    attempts: Iterable[Attempt],
    scores: Mapping[str, MarkedScore],
    overrides: Mapping[str, Override],
    left: int,
    now: datetime,
) -> Standing:
    every = list(attempts)
    whole = overrides.get("")
    if whole and whole.excused:
        return replace(missing, status="excused", overridden=("",), why="excused")
    left = 0 if whole else left  # a final score costs no late day
    admitted = [attempt for attempt in every if not _too_late(attempt, terms)]
    candidates = [_candidate(attempt, terms, scores.get(attempt.sha256), overrides, left) for attempt in admitted]
    chosen = choose_attempt(candidates, rule)
    standing = _described(missing, chosen, overrides) if chosen else missing
    if whole and whole.points is not None:
        points = rounded(min(max(exact(whole.points), _ZERO), terms.max_points))
        why = f"{_shown(points)} points, set by a person for the whole"
        overridden = (*standing.overridden, "")
        standing = replace(standing, status="graded", unmarked=(), penalty=0.0, overridden=overridden)
        return replace(standing, points=points, score=points, why=why)
    refused = len(every) - len(admitted)
    if not chosen:
        return replace(standing, why=_missing(terms, refused, overrides, now))
    return replace(standing, why=_why(chosen, candidates, standing, terms, overrides, refused))


def _too_late(attempt: Attempt, terms: Terms) -> bool:
    return bool(terms.closes and attempt.submitted_at and attempt.submitted_at.astimezone(UTC) > terms.closes)


def _candidate(
    attempt: Attempt, terms: Terms, found: MarkedScore | None, overrides: Mapping[str, Override], left: int
) -> Candidate:
    score = found.score if found else None
    status = "rejected" if attempt.problem else str(score.status) if score else "ungraded"
    days = 0 if status == Status.REJECTED else days_to_spend(attempt, terms, left)
    candidate = Candidate(attempt, status, {}, units_of(attempt, terms), days)
    if not found or not score or status != Status.GRADED:
        return candidate
    questions = {
        name: (overrides[name].points if name in overrides else points, most)
        for name, (points, most) in score.questions.items()
    }
    earned = sum((exact(points) for points, _ in questions.values() if points is not None), _ZERO)
    earned = min(max(earned, _ZERO), terms.max_points)
    off = penalty_of(units_of(attempt, terms, days), terms.policy, terms.max_points)
    return replace(candidate, questions=questions, points=earned, penalty=min(off, earned), marks=found.marks)


def _described(standing: Standing, chosen: Candidate, overrides: Mapping[str, Override]) -> Standing:
    return replace(
        standing,
        status=chosen.status,
        attempt=chosen.attempt,
        questions=chosen.questions,
        points=None if chosen.points is None else rounded(chosen.points),
        late_units=chosen.units,
        days_spent=chosen.days,
        penalty=rounded(chosen.penalty or _ZERO),
        score=None if chosen.score is None else rounded(chosen.score),
        unmarked=tuple(name for name, (points, _) in chosen.questions.items() if points is None),
        overridden=tuple(name for name in chosen.questions if name in overrides),
        marks=chosen.marks,
    )


def _missing(terms: Terms, refused: int, overrides: Mapping[str, Override], now: datetime) -> str:
    if refused and terms.closes:
        why = f"handed in only after it closed on {_clock(terms.closes, terms.zone)}"
    elif terms.due and now.astimezone(UTC) <= terms.due:
        why = f"nothing handed in yet, due {_clock(terms.due, terms.zone)}"
    else:
        why = "nothing handed in"
    stray = ", ".join(sorted(overrides))
    return f"{why}; points set for {stray} count only with an attempt, or set for the whole" if stray else why


def _why(
    chosen: Candidate,
    candidates: Sequence[Candidate],
    standing: Standing,
    terms: Terms,
    overrides: Mapping[str, Override],
    refused: int,
) -> str:
    """Say how a standing came about: the score, then what else had a part in it."""
    late = _late(chosen, terms)
    if chosen.points is None:
        parts = [f"{_WITHOUT[chosen.status]}, {late}"]
    elif chosen.penalty:
        parts = [f"{_shown(rounded(chosen.points))} points less {_shown(rounded(chosen.penalty))}, {late}"]
    else:
        parts = [f"{_shown(rounded(chosen.points))} points, {late}"]
    if terms.extended and terms.due:
        parts.append(f"extension until {_clock(terms.due, terms.zone)}")
    if len(candidates) > 1:
        in_order = sorted(candidates, key=lambda candidate: _order(candidate.attempt))
        others = Counter(candidate.status for candidate in candidates if candidate is not chosen)
        told = "".join(f", {others[status]} {status}" for status in _WITHOUT if others[status])
        parts.append(f"attempt {in_order.index(chosen) + 1} of {len(candidates)}{told}")
    if refused:
        parts.append(f"{refused} handed in after it closed")
    if standing.overridden:
        parts.append(f"{', '.join(standing.overridden)} set by a person")
    if standing.unmarked:
        parts.append(f"{', '.join(standing.unmarked)} not marked yet")
    stray = sorted(set(overrides) - set(chosen.questions)) if chosen.points is not None else []
    if stray:
        parts.append(f"points set for {', '.join(stray)}, which it does not have, do not count")
    return "; ".join(parts)


def _late(chosen: Candidate, terms: Terms) -> str:
    late = f"{chosen.units} {terms.policy.per}{'s' if chosen.units > 1 else ''} late" if chosen.units else "in time"
    if chosen.days:
        late += f", {chosen.days} late day{'s' if chosen.days > 1 else ''} spent"
    if chosen.attempt.submitted_at is None and chosen.attempt.late and terms.due:
        how = "the extension stands against it" if terms.extended else "counted as one"
        late += f" (the LMS calls it late and gives no time: {how})"
    return late


def _shown(points: float) -> str:
    return f"{points:.2f}".rstrip("0").rstrip(".")


def _clock(moment: datetime, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def _worth(candidate: Candidate) -> tuple[bool, Fraction]:
    return candidate.score is not None, candidate.score or _ZERO


def _order(attempt: Attempt) -> tuple[datetime, int, int, str, str, str]:
    """Sort attempts by time, then as the LMS and the gradebook count; the rest brings equal ones into one order."""
    at = attempt.submitted_at.astimezone(UTC) if attempt.submitted_at else _FIRST
    return at, attempt.number, attempt.taken_in, attempt.place, attempt.file_name, attempt.sha256


def _due(assignment: Assignment) -> datetime:
    return assignment.due.astimezone(UTC) if assignment.due else _LAST


def _by_member(attempts: Iterable[Attempt]) -> dict[str, list[Attempt]]:
    found: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        for student in set(attempt.students):
            found[student].append(attempt)
    return found


def _by_student(items: Iterable[_T]) -> dict[str, list[_T]]:
    found: dict[str, list[_T]] = defaultdict(list)
    for item in items:
        found[item.student].append(item)
    return found
