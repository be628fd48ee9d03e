"""grades.csv: what a program or a spreadsheet finds in it."""

import csv
import io
from dataclasses import replace

import pytest

from autograder.model import Result, Status
from autograder.reports import (
    grades_csv,
)
from autograder.text import defused

from .made_up import HOSTILE, QUESTIONS, a_fault, a_result, rejected


def cells(text: str) -> list[dict[str, str]]:
    """Return the rows of a CSV text as a program reads them."""
    return list(csv.DictReader(io.StringIO(text)))


def test_grades_have_a_row_a_submission_in_order() -> None:
    """Rows are sorted by submission whatever order the grading ended in, under the promised header."""
    text = grades_csv([a_result("b"), a_result("a"), a_fault("c")], QUESTIONS)
    assert [row["submission"] for row in cells(text)] == ["a", "b", "c"]
    assert text.startswith("submission,student,status,score,max_score,q1,q2,q3,q4,q5,q6,q7,note\n")


def test_a_graded_row_has_points_and_an_empty_cell_where_people_mark() -> None:
    """The written question waits: empty, not 0."""
    (row,) = cells(grades_csv([a_result()], QUESTIONS))
    assert [row[key] for key in ("status", "score", "max_score", "q1", "q7")] == ["graded", "20", "20", "4", ""]


def test_a_marked_written_question_has_its_points() -> None:
    """Once people marked it, the cell is filled."""
    result = a_result()
    marked = tuple(replace(q, points=7.5) if q.manual else q for q in result.questions)
    (row,) = cells(grades_csv([replace(result, questions=marked)], QUESTIONS))
    assert row["q7"] == "7.5"


@pytest.mark.parametrize("result", [rejected("r", "broken"), a_fault("f"), replace(a_result(), status=Status.FAULT)])
def test_what_was_not_graded_has_empty_scores(result: Result) -> None:
    """A fault of ours or a file that cannot be graded is never a zero."""
    (row,) = cells(grades_csv([result], QUESTIONS))
    assert not any(row[key] for key in ("score", "max_score", *(question.name for question in QUESTIONS)))


def test_a_missing_question_is_an_empty_cell_for_that_submission_only() -> None:
    """One submission that lacks a question takes it from nobody else."""
    short = replace(a_result("short"), questions=a_result().questions[1:])
    first, second = cells(grades_csv([a_result("full"), short], QUESTIONS))
    assert (first["q1"], second["q1"], second["q2"]) == ("4", "", "5")


def test_hostile_names_stay_in_their_cells() -> None:
    """Every row has as many cells as the header, one line each, nothing that a spreadsheet runs."""
    text = grades_csv([a_result(f"s{i:02}", name) for i, name in enumerate(HOSTILE)], QUESTIONS)
    rows = cells(text)
    assert [row["student"] for row in rows] == [defused(name) for name in HOSTILE]
    assert len(text.splitlines()) == len(HOSTILE) + 1
    assert not any(value.startswith(("=", "+", "-", "@")) for row in rows for value in row.values())


def test_grades_have_no_byte_order_mark() -> None:
    """A program that reads plain UTF-8 finds a column called submission."""
    assert grades_csv([], QUESTIONS).encode("utf-8").startswith(b"submission,")
