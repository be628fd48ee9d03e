"""One student's data: all of it out, for them to read, or all of it gone. Nothing of other students in either."""

import json
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Exists, Row, Table, and_, case, delete, exists, func, insert, select, update

from autograder.gradebook.outcomes import Deleted
from autograder.gradebook.rows import add_entry
from autograder.gradebook.tables import (
    answer_marks,
    attempt_students,
    attempts,
    entries,
    erasing,
    extensions,
    overrides,
    roster,
    rubrics,
    scores,
    students,
)

# Instead of a problem's text, which may quote the name of a file.
UNGRADED = "It could not be graded."


def student_data(connection: Connection, student: str) -> bytes:
    """Return everything about a student as JSON; see `Gradebook.export_student`."""
    sizes = select(attempt_students.c.attempt_id, func.count()).group_by(attempt_students.c.attempt_id)
    members = {number: count for number, count in connection.execute(sizes)}
    own = select(attempt_students.c.attempt_id).where(attempt_students.c.student_id == student)
    handed_in = []
    for row in _said(connection, attempts, attempts.c.id.in_(own)):
        told = _told(row, "replaces") | {"shared_by": members[row.id]}
        if members[row.id] > 1:  # the names may be those of another of the group
            told |= {"file_name": "", "place": "", "problem": row.problem and UNGRADED}
        handed_in.append(told)

    def mine(rows: Table) -> Exists:
        same = and_(attempts.c.sha256 == rows.c.sha256, attempts.c.assignment == rows.c.assignment)
        return exists().where(and_(attempts.c.id.in_(own), same))

    texts = _item_texts(connection)
    data = {
        "student": student,
        "roster": [_told(row) for row in _said(connection, roster, roster.c.student_id == student)],
        "attempts": handed_in,
        "scores": [
            _told(row)
            | {"questions": [dict(zip(("name", "points", "most"), one, strict=True)) for one in row.questions]}
            for row in _said(connection, scores, mine(scores))
        ],
        "answer_marks": [
            _told(row) | {"items": [_item(row, one, texts) for one in row.items]}
            for row in _said(connection, answer_marks, mine(answer_marks))
        ],
        "overrides": [_told(row) for row in _said(connection, overrides, overrides.c.student_id == student)],
        "extensions": [_told(row) for row in _said(connection, extensions, extensions.c.student_id == student)],
    }
    return (json.dumps(data, indent=2, ensure_ascii=False, default=_moment) + "\n").encode("utf-8", "replace")


def delete_student(connection: Connection, student: str, at: datetime, author: str) -> Deleted:
    """Delete everything about a student; see `Gradebook.delete_student`."""
    own = select(attempt_students.c.attempt_id).where(attempt_students.c.student_id == student)
    others = select(attempt_students.c.attempt_id).where(attempt_students.c.student_id != student)
    handed_in = select(attempts.c.assignment, attempts.c.sha256)
    files = {tuple(row) for row in connection.execute(handed_in.where(attempts.c.id.in_(own)))}
    kept = {tuple(row) for row in connection.execute(handed_in.where(attempts.c.id.in_(others)))}
    shared = list(connection.execute(own.where(attempt_students.c.attempt_id.in_(others))).scalars())
    alone = list(connection.execute(own.where(attempt_students.c.attempt_id.not_in(others))).scalars())
    connection.execute(insert(erasing).values(reason="deletion"))
    gone = {rows: 0 for rows in (scores, answer_marks)}
    for assignment, sha256 in sorted(files - kept):
        for rows in gone:
            found = and_(rows.c.assignment == assignment, rows.c.sha256 == sha256)
            gone[rows] += connection.execute(delete(rows).where(found)).rowcount
    connection.execute(delete(attempt_students).where(attempt_students.c.student_id == student))
    # all three may hold the student's name: that of the file, of its folder, or quoted
    problem = case((attempts.c.problem == "", ""), else_=UNGRADED)
    nameless = {"file_name": "", "place": "", "problem": problem}
    connection.execute(update(attempts).where(attempts.c.id.in_(shared)).values(nameless))
    connection.execute(delete(attempts).where(attempts.c.id.in_(alone)))
    decisions = sum(
        connection.execute(delete(rows).where(rows.c.student_id == student)).rowcount
        for rows in (overrides, extensions)
    )
    connection.execute(delete(roster).where(roster.c.student_id == student))
    connection.execute(delete(students).where(students.c.id == student))
    connection.execute(delete(erasing))
    add_entry(connection, "deletion", at, author)
    still_there = {sha256 for _, sha256 in kept}
    orphans = tuple(sorted({sha256 for _, sha256 in files if sha256 and sha256 not in still_there}))
    return Deleted(len(alone), len(shared), gone[scores], gone[answer_marks], decisions, orphans)


def _said(connection: Connection, rows: Table, condition: Any) -> list[Row[Any]]:
    query = select(entries.c.at.label("recorded_at"), entries.c.author.label("recorded_by"), rows)
    return list(
        connection.execute(query.join(entries, rows.c.entry_id == entries.c.id).where(condition).order_by(rows.c.id))
    )


def _item_texts(connection: Connection) -> dict[tuple[str, str, str], str]:
    """Return (assignment, question, id of an item) -> its newest text."""
    rows = connection.execute(select(rubrics).order_by(rubrics.c.id))
    return {(row.assignment, row.question, name): text for row in rows for name, _, text in row.items}


def _item(row: Row[Any], name: str, texts: dict[tuple[str, str, str], str]) -> dict[str, str]:
    return {"id": name, "text": texts.get((row.assignment, row.question, name), "")}


def _told(row: Row[Any], *without: str) -> dict[str, Any]:
    hidden = {"id", "entry_id", "student_id", *without}
    return {name: value for name, value in row._mapping.items() if name not in hidden}


def _moment(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(value)
