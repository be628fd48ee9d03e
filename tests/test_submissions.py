"""The strongest test: every known submission gets exactly its expected marks, case by case, through the sealed path."""

import ast
import hashlib
import os
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.grader import Grader, read_grader
from autograder.grading import grade_batch
from autograder.known import KnownSubmission, known_submissions
from autograder.model import Result, Status, Submission
from autograder.precedents import Precedents

ROOT = Path(__file__).resolve().parent.parent
COURSE = read_course(ROOT / "course.yml")


@cache
def built(assignment: str) -> Built:
    return build_assignment(ROOT, COURSE, COURSE.assignment(assignment))


@cache
def known(assignment: str) -> dict[str, KnownSubmission]:
    return {case.name: case for case in known_submissions(ROOT, built(assignment))}


@pytest.fixture(scope="module")
def graded(engine):
    """Grade all known submissions of an assignment once, as a batch, with the zip that `build` makes."""
    done: dict[str, dict[str, Result]] = {}

    def grade(assignment: str) -> dict[str, Result]:
        if assignment not in done:
            submissions = tuple(_submission(case) for case in known(assignment).values())
            engine.precedents = Precedents(most=0)  # each by itself; a regrade then has precedents
            results = grade_batch(engine, submissions, _grader(assignment), os.cpu_count() or 1)
            done[assignment] = {result.submission: result for result in results}
            engine.precedents = Precedents()
        return done[assignment]

    return grade


def _submission(case: KnownSubmission) -> Submission:
    digest = hashlib.sha256(case.notebook).hexdigest()
    return Submission(case.name, case.title, Path(case.name), case.notebook, sha256=digest)


CASES = [
    (assignment.id, folder.name)
    for assignment in COURSE.assignments  # test_hostile.py grades the hostile ones
    for folder in sorted((ROOT / "tests" / "submissions" / assignment.id).iterdir())
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


@pytest.mark.parametrize(("assignment", "case"), CASES, ids=[f"{a}-{c}" for a, c in CASES])
def test_a_regrade_from_evidence_gives_what_a_fresh_grade_gives(engine, graded, assignment, case):
    """With the same tests, all judged again, the same result; with the last test case gone, the marks of the others."""
    before = graded(assignment)[case]
    grader = _grader(assignment)
    after, ran = engine.regrade(replace(before, facts=replace(before.facts, tests={})), grader)
    assert not ran
    assert _without_times(after) == _without_times(before)
    shorter = replace(grader, tests={name: _without_last_case(text) for name, text in grader.tests.items()})
    after, ran = engine.regrade(before, shorter)
    assert not ran
    points = {q.name: tuple(case.points for case in q.cases) for q in after.questions if not q.manual}
    assert points == {name: cases[:-1] for name, cases in known(assignment)[case].expected.items()}


@cache
def _grader(assignment: str) -> Grader:
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(built(assignment).files[built(assignment).zip_path])
        file.flush()
        return read_grader(Path(file.name))


def _without_times(result: Result) -> Result:
    return replace(result, cpu_seconds=0, wall_seconds=0)


@cache
def _without_last_case(text: str) -> str:
    last = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)][-1]
    lines = text.splitlines()
    del lines[last.decorator_list[0].lineno - 1 : last.end_lineno]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("assignment", [assignment.id for assignment in COURSE.assignments])
def test_each_assignment_has_at_least_twelve_known_submissions(assignment):
    """The reference, the template and right and wrong answers among them."""
    kinds = [case.kind for case in known(assignment).values()]
    assert len(kinds) >= 12
    assert {"reference", "template", "right", "wrong"} <= set(kinds)
