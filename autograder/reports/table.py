"""grades.csv: results of a class in, one row a submission out, for programs and spreadsheets."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from autograder.model import Question, Result, Status
from autograder.reports.text import defused, number


def grades_csv(results: Iterable[Result], questions: Sequence[Question]) -> str:
    """Return the table of a class, sorted by submission.

    A cell is empty, never 0, where there is no mark: a question that people have not marked yet, and every score of a
    submission that was not graded. To be written as UTF-8 without a byte-order mark: with one, most programs would call
    the first column "\\ufeffsubmission", while a spreadsheet can be told the encoding when it imports a text file.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [question.name for question in questions]
    columns = ["submission", "student", "status", "score", "max_score", *names, "cpu_seconds", "wall_seconds", "note"]
    writer.writerow(defused(column) for column in columns)
    for result in sorted(results, key=lambda result: result.submission):
        writer.writerow(_row(result, names))
    return stream.getvalue()


def _row(result: Result, names: Sequence[str]) -> Iterator[str]:
    graded = result.status is Status.GRADED
    points = {question.name: question.points for question in result.questions} if graded else {}
    yield defused(result.submission)
    yield defused(result.student)
    yield result.status.value
    yield number(result.score if graded else None)
    yield number(result.max_score if graded else None)
    yield from (number(points.get(name)) for name in names)
    yield number(result.cpu_seconds)
    yield number(result.wall_seconds)
    yield defused(result.note)
