"""Records to rows and back: the one place that knows how a record of `autograder.records` lies in its table."""

import math
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert

from autograder.gradebook.tables import entries, storable
from autograder.records import (
    AnswerMark,
    Attempt,
    Extension,
    Override,
    Rubric,
    RubricItem,
    Score,
    Snippet,
    Student,
)

Values = dict[str, Any]


def add_entry(connection: Connection, kind: str, at: datetime, author: str, kit: str = "") -> int:
    """Write down that somebody does something, and return the entry's number for the rows that say what."""
    values = {"kind": kind, "at": at, "author": author, "kit": kit}
    return int(connection.execute(insert(entries).values(values).returning(entries.c.id)).scalar_one())


def student_values(student: Student, active: bool) -> Values:
    return {
        "student_id": student.id,
        "name": student.name,
        "email": student.email,
        "ids": _clean(student.ids),
        "active": active,
    }


def to_student(row: Row[Any]) -> Student:
    return Student(row.student_id, row.name, row.email, dict(row.ids))


def stored_student(student: Student) -> Student:
    """Return the student as the gradebook will give them back, to be compared with what it holds."""
    return Student(storable(student.id), storable(student.name), storable(student.email), _clean(student.ids))


def attempt_values(attempt: Attempt, replaces: int | None) -> Values:
    return {
        "assignment": attempt.assignment,
        "sha256": attempt.sha256,
        "file_name": attempt.file_name,
        "system": attempt.system,
        "place": attempt.place,
        "submitted_at": attempt.submitted_at,
        "late": attempt.late,
        "number": attempt.number,
        "problem": attempt.problem,
        "replaces": replaces,
    }


def to_attempt(row: Row[Any], students: tuple[str, ...], taken_in: int) -> Attempt:
    return Attempt(
        row.assignment,
        students,
        row.sha256,
        row.file_name,
        row.system,
        row.place,
        row.submitted_at,
        row.late,
        row.number,
        row.problem,
        taken_in,
    )


def score_values(score: Score) -> Values:
    """Return the row of a score.

    Raises:
        ValueError: when points are no finite numbers.
    """
    for name, (points, most) in score.questions.items():
        if not math.isfinite(most) or not (points is None or math.isfinite(points)):
            raise ValueError(f"{score.assignment} {score.sha256}: {name} has {points} of {most} points")
    return {
        "assignment": score.assignment,
        "sha256": score.sha256,
        "status": str(score.status),
        "questions": [[name, points, most] for name, (points, most) in score.questions.items()],
        "note": score.note,
        "kit": score.kit,
        "grader_sha256": score.grader_sha256,
    }


def to_score(row: Row[Any]) -> Score:
    questions = {name: (points, most) for name, points, most in row.questions}
    return Score(row.assignment, row.sha256, row.status, questions, row.note, row.kit, row.grader_sha256)


def override_values(override: Override) -> Values:
    return {
        "student_id": override.student,
        "assignment": override.assignment,
        "question": override.question,
        "points": override.points,
        "excused": override.excused,
        "reason": override.reason,
    }


def to_override(row: Row[Any]) -> Override:
    return Override(
        row.assignment, row.student_id, row.question, row.points, row.author, row.reason, row.at, row.excused
    )


def extension_values(extension: Extension) -> Values:
    return {
        "student_id": extension.student,
        "assignment": extension.assignment,
        "until": extension.until,
        "reason": extension.reason,
    }


def to_extension(row: Row[Any]) -> Extension:
    return Extension(row.assignment, row.student_id, row.until, row.author, row.reason, row.at)


def stored_rubric(rubric: Rubric) -> Rubric:
    """Return the rubric as the gradebook will give it back, to be compared with what it holds."""
    items = tuple(RubricItem(storable(one.id), float(one.points), storable(one.text)) for one in rubric.items)
    return Rubric(storable(rubric.question), float(rubric.points), items)


def rubric_values(assignment: str, rubric: Rubric) -> Values:
    return {
        "assignment": assignment,
        "question": rubric.question,
        "points": rubric.points,
        "items": [[item.id, item.points, item.text] for item in rubric.items],
    }


def to_rubric(row: Row[Any]) -> Rubric:
    return Rubric(row.question, row.points, tuple(RubricItem(*item) for item in row.items))


def answer_mark_values(mark: AnswerMark) -> Values:
    return {
        "assignment": mark.assignment,
        "sha256": mark.sha256,
        "question": mark.question,
        "items": list(mark.items),
        "adjustment": mark.adjustment,
        "comment": mark.comment,
        "withdrawn": mark.withdrawn,
    }


def to_answer_mark(row: Row[Any]) -> AnswerMark:
    return AnswerMark(
        row.assignment,
        row.sha256,
        row.question,
        tuple(row.items),
        row.adjustment,
        row.comment,
        row.author,
        row.at,
        row.withdrawn,
        row.id,
    )


def snippet_values(snippet: Snippet, active: bool) -> Values:
    return {
        "assignment": snippet.assignment,
        "question": snippet.question,
        "text": snippet.text,
        "active": active,
    }


def to_snippet(row: Row[Any]) -> Snippet:
    return Snippet(row.assignment, row.question, row.text, row.id)


def _clean(ids: dict[str, str]) -> dict[str, str]:
    return {storable(key): storable(value) for key, value in ids.items()}
