"""Runs Otter's own test files against a Session and tells what each question earned; trusted, in a process of its own.

In go the cells of a notebook and a grader's tests; out comes a Verdict. Student code never runs here, and nothing that
came with a submission is imported, evaluated or unpickled.
"""

import contextlib
import os
import resource
import socket
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import replace

from otter.test_files.abstract_test import TestCase, TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from autograder.errors import Fault
from autograder.model import CaseResult, CellError, CodeCell, Job, Question, QuestionResult, Verdict
from autograder.remote import Environment
from autograder.sandbox import training, wire
from autograder.sandbox.box import Control
from autograder.sandbox.values import Value
from autograder.session import Died, LiveSession, Session

MAX_BOXES = 4  # the first and three more after a death
MAX_CHECKS = 20  # of one question in one run
MAX_CELL_ERRORS = 50
NOT_REACHED = "The notebook stopped the grader too often; this question was not reached."


def load_tests(tests: dict[str, str]) -> dict[str, ExceptionTestFile]:
    """Parse Otter test files, question name to text."""
    return {name: ExceptionTestFile.from_string(text, path=f"{name}.py") for name, text in tests.items()}


def title_of(case: TestCase) -> str:
    """Return the first line of the test function's docstring, or Otter's name for the case."""
    text: str = (case.body.test_func.__doc__ or "").strip()
    return text.split("\n", 1)[0] if text else str(case.name)


def check_question(test: ExceptionTestFile, question: Question, session: Session) -> QuestionResult:
    """Run a question's test cases one by one.

    A box that dies during a case costs that case and those after it; what was earned before stays.
    """
    cases: list[CaseResult] = []
    outcomes: list[TestCaseResult] = []
    cause = ""
    for case in test.test_cases:
        one = ExceptionTestFile(test.name, test.path, [case], test.all_or_nothing)
        one.source = test.source
        watched = _Watched(session)
        if cause:
            outcome = TestCaseResult(case, cause, False)
        else:
            one.run(Environment(watched))
            outcome = one.test_case_results[0]
            cause = watched.cause
            if cause and outcome.passed:  # the test caught the exception; without the box it has proven nothing
                outcome = TestCaseResult(case, cause, False)
        outcomes.append(outcome)
        cases.append(_case_result(case, outcome, cause))
    test.test_case_results = outcomes
    return QuestionResult(question.name, question.title, test.score, test.possible, cases=tuple(cases))


def _case_result(case: TestCase, outcome: TestCaseResult, cause: str) -> CaseResult:
    passed = outcome.passed
    return CaseResult(
        name=case.name,
        title=title_of(case),
        hidden=case.hidden,
        passed=passed,
        points=case.points if passed else 0,
        max_points=case.points,
        hint=case.failure_message or "",
        message="" if passed else (outcome.message or "")[:4000],
        cause="" if passed else cause,
    )


def lost(test: ExceptionTestFile, question: Question, cause: str) -> QuestionResult:
    """Return the result of a question whose tests could not be run."""
    cases = tuple(_case_result(case, TestCaseResult(case, cause, False), cause) for case in test.test_cases)
    return QuestionResult(question.name, question.title, 0, test.possible, cases=cases)


class _Watched:
    """A session that remembers why its box died, though a test may have caught the exception."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self.cause = ""
        self.execute = session.execute

    def get(self, name: str) -> wire.Reply:
        with self._remembered():
            return self._session.get(name)

    def call(self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value]) -> wire.Reply | wire.Raised:
        with self._remembered():
            return self._session.call(ref, subject, args, kwargs)

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        if self.cause:
            raise Died(self.cause)
        try:
            yield
        except Died as death:
            self.cause = str(death)
            raise


class _DiedInCheck(Died):
    """The box died while a question was checked; that question has its result."""


class Run:
    """One submission's way through as many boxes as it needs.

    A position (cell, checkpoint in it) marks how far the marks reach: after a death the next box executes the notebook
    again without asking anything up to there, leaves out the cell that was fatal, and goes on.
    """

    def __init__(self, job: Job, open_session: Callable[[], LiveSession]) -> None:
        self._job, self._open_session = job, open_session
        self._tests = load_tests(job.tests)
        self._questions = {question.name: question for question in job.questions if not question.manual}
        self._results: dict[str, QuestionResult] = {}
        self._checks: dict[str, int] = {}
        self._skipped: set[int] = set()
        self._errors: dict[int, CellError] = {}
        self._notes: list[str] = []
        self._decided = (-1, 0)
        self._position = (-1, 0)
        self._session: LiveSession
        self._cpu_seconds, self._memory_bytes, self._boxes = 0.0, 0, 0

    def verdict(self) -> Verdict:
        """Run the submission and return what it earned.

        Raises:
            Fault: when the kit failed.
        """
        while self._boxes < MAX_BOXES and not self._run_once():
            if self._cpu_seconds > self._job.limits.run_seconds:
                break
        for name, question in self._questions.items():
            if name not in self._results:
                self._results[name] = lost(self._tests[name], question, NOT_REACHED)
        return Verdict(
            questions=tuple(self._result_of(question) for question in self._job.questions),
            notes=tuple(self._notes),
            cell_errors=tuple(self._errors[number] for number in sorted(self._errors)[:MAX_CELL_ERRORS]),
            boxes=self._boxes,
            cpu_seconds=self._cpu_seconds,
            memory_bytes=self._memory_bytes,
        )

    def _result_of(self, question: Question) -> QuestionResult:
        if question.manual:
            return QuestionResult(question.name, question.title, None, question.points, manual=True)
        return self._results[question.name]

    def _run_once(self) -> bool:
        """Run in a fresh box; return whether it lived to the end."""
        self._session = self._open_session()
        self._boxes += 1
        try:
            for index, cell in enumerate(self._job.cells):
                if index not in self._skipped:
                    self._run_cell(index, cell)
            for name in self._questions:
                if name not in self._results:
                    self._check(name)
        except Died:
            return False
        finally:
            self._session.close()
            box = self._session.box
            self._cpu_seconds += box.cpu_seconds
            self._memory_bytes = max(self._memory_bytes, box.peak_bytes)
        return True

    def _run_cell(self, index: int, cell: CodeCell) -> None:
        self._position = (index, 0)
        try:
            error = self._session.execute(cell.source, f"Cell {cell.number}", self._at_checkpoint)
        except _DiedInCheck:
            raise
        except Died as death:
            self._skipped.add(index)
            self._notes.append(f"{death}; the cell was left out.")
            raise
        if error is not None:
            self._errors[cell.number] = CellError(cell.number, *error)
        for question in cell.checks:
            self._at_checkpoint(question)

    def _at_checkpoint(self, question: str) -> None:
        index, number = self._position
        self._position = (index, number + 1)
        if self._position <= self._decided or question not in self._questions:
            return
        self._checks[question] = self._checks.get(question, 0) + 1
        if self._checks[question] <= MAX_CHECKS:
            self._check(question)
        self._decided = self._position

    def _check(self, name: str) -> None:
        """Check a question, keep the result, and go on dying if the box died of it."""
        result = check_question(self._tests[name], self._questions[name], self._session)
        self._results[name] = result
        cause = next((case.cause for case in result.cases if case.cause), "")
        if cause:
            self._decided = max(self._decided, self._position)
            self._notes.append(f"{cause} while question {name} was checked; the rest was graded without it.")
            raise _DiedInCheck(cause)


def serve(job_sock: socket.socket, control_sock: socket.socket) -> None:
    """Be a judge: read one Job, write one Verdict. What goes wrong here is a fault, never a score."""
    try:
        job: Job = wire.receive(job_sock, Job)
        training.seed(job.seed + 1)  # so that tests that draw numbers draw the same ones for everybody, the box others
        _install_reference(job.reference)
        control = Control(control_sock)
        run = Run(job, lambda: LiveSession(control, job.level, job.limits, job.seed, job.files))
        verdict = run.verdict()
    except Fault as fault:
        verdict = Verdict(fault=str(fault))
    except Exception as error:
        verdict = Verdict(fault=f"{type(error).__name__}: {error} ({_place(error)})")
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = verdict.cpu_seconds + own.ru_utime + own.ru_stime
    with contextlib.suppress(BrokenPipeError):
        wire.send_frame(job_sock, replace(verdict, cpu_seconds=cpu_seconds))
    os._exit(0)


def _install_reference(source: str) -> None:
    """Make the reference solution importable as `reference`, in this process only."""
    module = types.ModuleType("reference")
    sys.modules["reference"] = module
    exec(compile(source, "reference.py", "exec"), vars(module))


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{os.path.basename(trace.tb_frame.f_code.co_filename)}:{trace.tb_lineno}" if trace else "?"
