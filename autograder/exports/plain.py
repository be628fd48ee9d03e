"""Our own table of what counts, one row a student: for spreadsheets, and for offices that take a CSV."""

import csv
import io
from collections.abc import Sequence

from autograder.records import Standing
from autograder.text import defused, number


def standings_csv(standings: Sequence[Standing]) -> bytes:
    """Return a CSV in UTF-8, in the order of the standings, with a column for each question that any of them has.

    A cell is empty, never 0, where there is no mark. What people wrote holds no formula that a spreadsheet would run.
    """
    names = list(dict.fromkeys(name for standing in standings for name in standing.questions))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    head = ["id", "name", "email", "assignment", "status", "score", "max_score", "points", "penalty", "late_units"]
    writer.writerow([*head, "days_spent", "submitted_at", *(defused(name) for name in names), "unmarked", "why"])
    for standing in standings:
        student, attempt = standing.student, standing.attempt
        points = {name: found for name, (found, _) in standing.questions.items()}
        writer.writerow(
            [
                *(defused(text) for text in (student.id, student.name, student.email)),
                standing.assignment,
                standing.status,
                *(number(value) for value in (standing.score, standing.max_score, standing.points, standing.penalty)),
                standing.late_units,
                standing.days_spent,
                attempt.submitted_at.isoformat() if attempt and attempt.submitted_at else "",
                *(number(points.get(name)) for name in names),
                defused(" ".join(standing.unmarked)),
                defused(standing.why),
            ]
        )
    return stream.getvalue().encode("utf-8", errors="replace")
