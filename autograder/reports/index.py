"""index.html: the results of a class in, the page for staff out, with links to feedback/ and results/ beside it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote

from autograder.model import Question, Result, Status
from autograder.reports.histogram import histogram
from autograder.reports.overview import overview
from autograder.reports.page import parts

MOST_CASES = 6


@dataclass(frozen=True)
class Row:
    """One submission in the table; `feedback` and `record` are links to its files."""

    result: Result
    score: float | None
    points: tuple[float | None, ...]
    feedback: str
    record: str


def index_html(
    results: Sequence[Result],
    questions: Sequence[Question],
    assignment_title: str,
    course_title: str = "",
    verified: bool = True,
) -> Iterator[str]:
    """Return the class at a glance, piece by piece; it can be read, though not sorted, without its script.

    Args:
        verified: the grader has been proven fair; the page says so when it has not.
    """
    numbers = overview(results, questions)
    ordered = sorted(results, key=lambda result: result.submission)
    drawing = None
    if numbers.mean is not None and numbers.median is not None:
        drawing = histogram(numbers.scores, numbers.max_score, numbers.mean, numbers.median)
    return parts(
        "index.html",
        script="sort.js",
        assignment_title=assignment_title,
        course_title=course_title,
        overview=numbers,
        verified=verified,
        histogram=drawing,
        hardest=numbers.hardest[:MOST_CASES],
        questions=questions,
        rows=(_row(result, questions) for result in ordered),
        attention=[_row(result, questions) for result in ordered if result.status is not Status.GRADED],
        provenance=sorted({(f.kit, f.grader_sha256[:12], f.level) for f in (r.facts for r in results) if f}),
    )


def _row(result: Result, questions: Sequence[Question]) -> Row:
    graded = result.status is Status.GRADED
    points = {question.name: question.points for question in result.questions} if graded else {}
    # As the file system spells a name that is not valid UTF-8.
    file_name = quote(result.submission, safe="", errors="surrogateescape")
    return Row(
        result=result,
        score=result.score if graded else None,
        points=tuple(points.get(question.name) for question in questions),
        feedback=f"feedback/{file_name}.html",
        record=f"results/{file_name}.json",
    )
