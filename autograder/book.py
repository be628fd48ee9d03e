"""A gradebook in, all that standings rest on out: what commands and the staff pages count from."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from autograder.model import Course
from autograder.records import AnswerMark, Attempt, Extension, Override, Rubric, Score, Standing, Student
from autograder.scoring import standings as standings_of

if TYPE_CHECKING:
    from autograder.gradebook import Gradebook


@dataclass(frozen=True)
class Book:
    """All of a gradebook that standings rest on, by assignment id.

    Attributes:
        rubrics: assignment id -> question -> rubric.
        marks: assignment id -> (sha256, question) -> the newest mark, withdrawn ones too.
    """

    students: tuple[Student, ...]
    attempts: dict[str, tuple[Attempt, ...]]
    scores: dict[str, dict[str, Score]]
    overrides: dict[str, tuple[Override, ...]]
    extensions: dict[str, tuple[Extension, ...]]
    rubrics: dict[str, dict[str, Rubric]] = field(default_factory=dict)
    marks: dict[str, dict[tuple[str, str], AnswerMark]] = field(default_factory=dict)

    def standings(self, course: Course, now: datetime) -> dict[str, tuple[Standing, ...]]:
        """Return what counts, by assignment id."""
        return standings_of(
            course,
            self.students,
            self.attempts,
            self.scores,
            self.overrides,
            self.extensions,
            now,
            marks=self.marks,
            rubrics=self.rubrics,
        )


def book_of(gradebook: "Gradebook", course: Course) -> Book:
    """Return what an open gradebook says of the course.

    Raises:
        GradebookError: when it cannot be read.
    """
    ids = [assignment.id for assignment in course.assignments]
    return Book(
        students=gradebook.students(),
        attempts={name: gradebook.attempts(name) for name in ids},
        scores={name: gradebook.scores(name) for name in ids},
        overrides={name: gradebook.overrides(name) for name in ids},
        extensions={name: gradebook.extensions(name) for name in ids},
        rubrics={name: gradebook.rubrics(name) for name in ids},
        marks={name: gradebook.answer_marks(name) for name in ids},
    )


def read_book(url: str, course: Course) -> Book:
    """Open the gradebook and return what it says of the course.

    Raises:
        GradebookError: when there is none, or it cannot be read.
    """
    from autograder.gradebook import open_gradebook  # SQLAlchemy takes longer to import than other commands to run

    with open_gradebook(url, create=False) as gradebook:
        return book_of(gradebook, course)
