"""Runs a question's test cases, which are Otter's own, against a session, and tells what each of them earned.

In go a parsed test file and a session; out come a QuestionResult and, should the box have died of it, why.
"""

import contextlib
import signal
from collections.abc import Iterator

from otter.test_files.abstract_test import TestCase, TestCaseResult
from otter.test_files.exception_test import ExceptionTestFile

from autograder.errors import Fault
from autograder.evidence import Tell
from autograder.model import CaseResult, Limits, Question, QuestionResult
from autograder.remote import Environment
from autograder.sandbox import limits as sentences
from autograder.sandbox import wire
from autograder.sandbox.values import Value
from autograder.session import Answers, Died, Killed


def load_tests(tests: dict[str, str], public_only: bool = False) -> dict[str, ExceptionTestFile]:
    """Parse Otter test files, question name to text; the hidden test cases are dropped where only public ones count."""
    files = {name: ExceptionTestFile.from_string(text, path=f"{name}.py") for name, text in tests.items()}
    if public_only:
        for file in files.values():
            file.test_cases = [case for case in file.test_cases if not case.hidden]
    return files


def title_of(case: TestCase) -> str:
    """Return the first line of the test function's docstring, or Otter's name for the case."""
    text: str = (case.body.test_func.__doc__ or "").strip()
    return text.split("\n", 1)[0] if text else str(case.name)


def check_question(
    test: ExceptionTestFile, question: Question, session: Answers, limits: Limits, spare: bool = False
) -> tuple[QuestionResult, str]:
    """Run a question's test cases one by one; return what they found, and why the box is gone, "" if it is not.

    A box that dies during a case costs that case and those after it; what was earned before stays.

    Args:
        limits: what the box may use; the time for one call is also the judge's own for one case.
        spare: raise when the box is killed, by whomever, instead of charging the question with it.

    Raises:
        Killed: see `spare`.
        Fault: when a case, rather than the box, takes longer than a call may.
    """
    cases: list[CaseResult] = []
    outcomes: list[TestCaseResult] = []
    cause = ""
    for case in test.test_cases:
        watched = _Watched(session, limits)
        outcome = TestCaseResult(case, cause, False)
        if not cause:
            outcome = _run_case(case, test, watched, limits.cell_seconds)
            cause = watched.cause
            if spare and watched.killed:
                raise Killed(cause)
            if cause and outcome.passed:  # the test caught the exception; without the box it has proven nothing
                outcome = TestCaseResult(case, cause, False)
        outcomes.append(outcome)
        # which exception a function raises at a hidden input is its own choice, and must not choose what is shown
        cases.append(_case_result(case, outcome, cause or ("" if case.hidden else watched.reached)))
    test.test_case_results = outcomes
    return QuestionResult(question.name, question.title, test.score, test.possible, cases=tuple(cases)), cause


class _Overtime(Exception):
    """Ends a test case that computes for too long in this process."""


def _run_case(case: TestCase, test: ExceptionTestFile, watched: "_Watched", seconds: int) -> TestCaseResult:
    """Run one case by Otter's own class, within so many CPU seconds of this process."""
    overtime = False

    def stop(*_: object) -> None:
        nonlocal overtime
        overtime = True
        raise _Overtime

    one = ExceptionTestFile(test.name, test.path, [case], test.all_or_nothing)
    one.source = test.source
    signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        one.run(Environment(watched))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    if overtime:  # an endless test, or an answer made to be costly: which of them, a person must see
        raise Fault(f"The test case {case.name!r} reached the time limit of {seconds} s in the grader itself.")
    if watched.fault:  # to the test it was an exception like any other; it must cost nobody a mark
        raise Fault(watched.fault)
    outcome: TestCaseResult = one.test_case_results[0]
    return outcome


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
    """A session that remembers what ended its box, though a test may have caught the exception.

    Attributes:
        cause: why the box is gone, "" while it lives; `killed`: by a SIGKILL that was not ours.
        reached: which limit a call met and survived.
        fault: what went wrong on our own side of the session.
    """

    def __init__(self, session: Answers, limits: Limits) -> None:
        self._session, self._limits = session, limits
        self.cause, self.killed, self.reached, self.fault = "", False, "", ""
        self._busy = False

    def get(self, name: str) -> wire.Reply:
        with self._remembered():
            return self._session.get(name)

    def call(
        self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value], tell: Tell | None = None
    ) -> wire.Reply | wire.Raised:
        with self._remembered():
            answer = self._session.call(ref, subject, args, kwargs, tell)
            if isinstance(answer, wire.Raised):
                sentence = sentences.reached(answer.type_name, answer.text, self._limits)
                self.reached = f"{subject} {sentence}" if sentence else self.reached
            return answer

    @contextlib.contextmanager
    def _remembered(self) -> Iterator[None]:
        if self.cause:
            raise Died(self.cause)
        if self._busy:
            raise TypeError("a function of a test cannot ask the notebook, which waits for its answer")
        self._busy = True
        try:
            yield
        except Died as death:
            self.cause, self.killed = str(death), isinstance(death, Killed)
            raise
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            raise
        finally:
            self._busy = False
