"""grades.csv and runs.csv: results of a class in, one row a submission out, for programs and spreadsheets.

The same grades make the same grades.csv, byte for byte; what differs from run to run stands in runs.csv.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from autograder.model import Question, Result, Status
from autograder.text import defused, number


def grades_csv(results: Iterable[Result], questions: Sequence[Question]) -> str:
    """Return the table of a class, sorted by submission.

    A cell is empty, never 0, where there is no mark: a question that people have not marked yet, and every score of a
    submission that was not graded. To be written as UTF-8 without a byte-order mark: with one, most programs would call
    the first column "\\ufeffsubmission", while a spreadsheet can be told the encoding when it imports a text file.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [question.name for question in questions]
    columns = ["submission", "student", "status", "score", "max_score", *names, "note"]
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
    yield defused(result.note)


def runs_csv(results: Iterable[Result]) -> str:
    """Return what each run took, sorted by submission: seconds of CPU and by the clock, memory in MiB, boxes."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["submission", "status", "cpu_seconds", "wall_seconds", "memory_mb", "boxes", "level"])
    for result in sorted(results, key=lambda result: result.submission):
        times = [number(result.cpu_seconds), number(result.wall_seconds)]
        facts = result.facts
        rest = [number(facts.memory_bytes / 2**20), facts.boxes, facts.level] if facts else ["", "", ""]
        writer.writerow([defused(result.submission), result.status.value, *times, *rest])
    return stream.getvalue()
