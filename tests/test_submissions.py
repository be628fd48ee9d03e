"""The strongest test: every known submission gets exactly its expected marks, case by case, through the sealed path."""

import hashlib
import os
from functools import cache
from pathlib import Path

import pytest

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.grader import read_grader
from autograder.grading import grade_batch
from autograder.known import KnownSubmission, known_submissions
from autograder.model import Result, Status, Submission

ROOT = Path(__file__).resolve().parent.parent
COURSE = read_course(ROOT / "course.yml")


@cache
def built(assignment: str) -> Built:
    return build_assignment(ROOT, COURSE, COURSE.assignment(assignment))


@cache
def known(assignment: str) -> dict[str, KnownSubmission]:
    return {case.name: case for case in known_submissions(ROOT, built(assignment))}


@pytest.fixture(scope="module")
def graded(engine, tmp_path_factory):
    """Grade all known submissions of an assignment once, as a batch, with the zip that `build` makes."""
    done: dict[str, dict[str, Result]] = {}

    def grade(assignment: str) -> dict[str, Result]:
        if assignment not in done:
            path = tmp_path_factory.mktemp(assignment) / "grader.zip"
            path.write_bytes(built(assignment).files[built(assignment).zip_path])
            submissions = tuple(_submission(case) for case in known(assignment).values())
            results = grade_batch(engine, submissions, read_grader(path), os.cpu_count() or 1)
            done[assignment] = {result.submission: result for result in results}
        return done[assignment]

    return grade


def _submission(case: KnownSubmission) -> Submission:
    digest = hashlib.sha256(case.notebook).hexdigest()
    return Submission(case.name, case.title, Path(case.name), case.notebook, sha256=digest)


CASES = [
    (folder.parent.name, folder.name)
    for folder in sorted((ROOT / "tests" / "submissions").glob("*/*"))
    if folder.is_dir()
]


@pytest.mark.parametrize(("assignment", "case"), CASES, ids=[f"{a}-{c}" for a, c in CASES])
def test_a_known_submission_gets_exactly_its_marks(graded, assignment, case):
    """Question by question, test case by test case."""
    result = graded(assignment)[case]
    assert result.status is Status.GRADED, result.note
    points = {
        question.name: tuple(test.points for test in question.cases)
        for question in result.questions
        if not question.manual
    }
    assert points == known(assignment)[case].expected


@pytest.mark.parametrize("assignment", [assignment.id for assignment in COURSE.assignments])
def test_each_assignment_has_at_least_twelve_known_submissions(assignment):
    """The reference, the template and right and wrong answers among them."""
    kinds = [case.kind for case in known(assignment).values()]
    assert len(kinds) >= 12
    assert {"reference", "template", "right", "wrong"} <= set(kinds)
