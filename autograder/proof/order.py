"""Test cases in another order, or alone -> the points that moved: a test case must not lean on those before it.

Two ways, since each sees what the other does not. Backwards in a new box: what a case leaves behind in the notebook.
Each case alone, from the evidence of a run: what it leaves behind in the grader, for every known answer, at no cost.
"""

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

from autograder.errors import Fault
from autograder.grader import Grader
from autograder.grading import Engine
from autograder.job import CodeCell, Job, Verdict
from autograder.model import CaseResult, Limits, Result

RESERVE = 2  # of the CPU limits: the reference must do with one part in so many
Cells = tuple[CodeCell, ...]  # of a submission
Select = Callable[[int], list[int]]  # number of test cases of a question -> which of them to run, in this order


@dataclass(frozen=True)
class Moved:
    """A test case that gave other points than in the order of its author; `index`: its place in that order."""

    question: str
    index: int
    title: str
    before: float
    after: float


Way = Callable[[Engine, Cells, Result, Grader], list[Moved]]


def backwards(engine: Engine, cells: Cells, result: Result, grader: Grader) -> list[Moved]:
    """Run a submission again with the test cases of each question in reverse order.

    Args:
        result: of the same submission.

    Raises:
        Fault: when the kit failed.
    """
    return _moved(result, engine.run(_job(engine, cells, grader, _reversed)), _reversed)


def alone(engine: Engine, cells: Cells, result: Result, grader: Grader) -> list[Moved]:
    """Judge a submission again with each test case alone, from the evidence where that holds the answers.

    Raises:
        Fault: when the kit failed.
    """
    moved: list[Moved] = []
    for number in range(max((len(question.cases) for question in result.questions), default=0)):
        only = _only(number)
        job = _job(engine, cells, grader, only)
        verdict = engine.run(replace(job, evidence=result.evidence))
        if verdict.unrecorded:
            verdict = engine.run(job)
        moved += _moved(result, verdict, only)
    return moved


def hurried(engine: Engine, cells: Cells, grader: Grader) -> tuple[Limits, tuple[str, ...]]:
    """Run a submission with a part of the CPU limits; return them, and the sentences on which of them it reached."""
    limits = grader.info.limits
    tight = replace(
        limits,
        cell_seconds=max(1, limits.cell_seconds // RESERVE),
        run_seconds=max(1, limits.run_seconds // RESERVE),
        wall_factor=limits.wall_factor * RESERVE,  # the clock is not what is measured
    )
    job = engine.job(cells, grader)
    try:
        verdict = engine.run(replace(job, limits=tight))
    except Fault as fault:  # a test case that computes for too long in the grader; with all of the time it did not
        return tight, (str(fault),)
    causes = [case.cause for question in verdict.questions for case in question.cases if case.cause]
    return tight, (*verdict.notes, *dict.fromkeys(causes))


def _reversed(cases: int) -> list[int]:
    return list(reversed(range(cases)))


def _only(number: int) -> Select:
    return lambda cases: [number] if number < cases else []


def _job(engine: Engine, cells: Cells, grader: Grader, select: Select) -> Job:
    """Return the job of a submission with some of the test cases, in some order; questions without any are left out."""
    tests = {name: selected(text, select) for name, text in grader.tests.items()}
    tests = {name: text for name, text in tests.items() if text}
    questions = tuple(question for question in grader.info.questions if question.name in tests)
    return replace(engine.job(cells, grader), tests=tests, questions=questions)


def selected(text: str, select: Select) -> str:
    """Return an Otter test file with the test cases that `select` names, in its order; empty without any."""
    head, cases = _cut(text)
    order = select(len(cases))
    return "\n\n".join([head, *(cases[index] for index in order)]) + "\n" if order else ""


@cache
def _cut(text: str) -> tuple[str, tuple[str, ...]]:
    """Cut a test file into what stands before its first test case, and its test cases with their decorators."""
    lines = text.splitlines()
    functions = [node for node in ast.parse(text).body if isinstance(node, ast.FunctionDef)]
    begins = [node.decorator_list[0].lineno - 1 if node.decorator_list else node.lineno - 1 for node in functions]
    cases = ["\n".join(lines[start : node.end_lineno]) for start, node in zip(begins, functions, strict=True)]
    return "\n".join(lines[: begins[0]]), tuple(cases)


def _moved(result: Result, verdict: Verdict, select: Select) -> list[Moved]:
    before = {question.name: question.cases for question in result.questions}
    return list(_differences(before, verdict, select))


def _differences(before: dict[str, tuple[CaseResult, ...]], verdict: Verdict, select: Select) -> Iterator[Moved]:
    for question in verdict.questions:
        cases = before[question.name]
        for index, now in zip(select(len(cases)), question.cases, strict=True):
            then = cases[index]
            if then.points != now.points and not then.cause:  # what comes after a death is lost, whatever it tests
                yield Moved(question.name, index, then.title, then.points, now.points)
