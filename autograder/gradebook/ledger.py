"""Reading and adding rows on an open transaction: what the gradebook's methods are made of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, insert, select

from autograder.errors import GradebookError
from autograder.gradebook.rows import Values, attempt_values, to_attempt, to_score
from autograder.gradebook.tables import (
    attempt_students,
    attempts,
    counting,
    releases,
    scores,
    storable,
    students,
)
from autograder.records import Attempt, Score


def add_rows(connection: Connection, rows: Table, values: Sequence[Values], entry: int | None = None) -> None:
    """Add rows, of an entry if the table has them, in their order."""
    if values:
        said = {} if entry is None else {"entry_id": entry}
        connection.execute(insert(rows), [one | said for one in values])


def add_attempts(connection: Connection, added: Sequence[tuple[Attempt, int | None]], entry: int) -> None:
    """Add attempts, each with the row that it replaces, and whose they are."""
    if not added:
        return
    values = [attempt_values(attempt, replaces) | {"entry_id": entry} for attempt, replaces in added]
    made = insert(attempts).returning(attempts.c.id, sort_by_parameter_order=True)
    numbers = connection.execute(made, values).scalars().all()
    shares = [
        {"attempt_id": number, "student_id": student}
        for number, (attempt, _) in zip(numbers, added, strict=True)
        for student in dict.fromkeys(attempt.students)
    ]
    add_rows(connection, attempt_students, shares)


def counting_rows(
    connection: Connection, rows: Table, as_of: datetime | None, assignment: str | None = None
) -> Sequence[Row[Any]]:
    """Return the rows that count, in the order in which they were added."""
    source = counting(rows, as_of)
    query = select(source).order_by(source.c.id)
    if assignment is not None:
        query = query.where(source.c.assignment == assignment)
    return connection.execute(query).all()


def counting_attempts(connection: Connection, assignment: str, as_of: datetime | None) -> list[tuple[int, Attempt]]:
    """Return the attempts that count with the numbers of their rows, in the order in which they were added."""
    query = select(attempt_students).join(attempts).where(attempts.c.assignment == assignment)
    shared: defaultdict[int, list[str]] = defaultdict(list)
    for share in connection.execute(query):
        shared[share.attempt_id].append(share.student_id)
    rows = counting_rows(connection, attempts, as_of, assignment)
    first = _first_rows(connection, assignment)
    return [(row.id, to_attempt(row, tuple(sorted(shared[row.id])), first[row.id])) for row in rows]


def _first_rows(connection: Connection, assignment: str) -> dict[int, int]:
    """Return for each row of an attempt the first one that says something of the same attempt."""
    query = select(attempts.c.id, attempts.c.replaces).where(attempts.c.assignment == assignment)
    first: dict[int, int] = {}
    for row in connection.execute(query.order_by(attempts.c.id)):
        first[row.id] = first.get(row.replaces, row.id)
    return first


def counting_scores(connection: Connection, assignment: str, as_of: datetime | None) -> dict[str, Score]:
    """Return sha256 -> the score that counts."""
    return {row.sha256: to_score(row) for row in counting_rows(connection, scores, as_of, assignment)}


def is_released(connection: Connection, assignment: str, as_of: datetime | None) -> bool:
    return any(row.released for row in counting_rows(connection, releases, as_of, assignment))


def check_students(connection: Connection, named: Iterable[str]) -> None:
    """Refuse ids that the roster has never had.

    Raises:
        GradebookError: names them.
    """
    known = set(connection.execute(select(students.c.id)).scalars())
    strangers = sorted(one for one in set(named) if storable(one) not in known)
    if strangers:
        some = ", ".join(repr(one) for one in strangers[:5]) + (", …" if len(strangers) > 5 else "")
        raise GradebookError(
            f"The roster has no student with the id {some}. Nothing was changed; put them into the roster first, or "
            "correct the id."
        )
