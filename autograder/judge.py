"""Takes one submission through its boxes and tells what each question earned; trusted, in a process of its own.

In go the cells of a notebook and a grader's tests; out comes a Verdict. Student code never runs here, and nothing that
came with a submission is imported, evaluated or unpickled.
"""

import contextlib
import os
import resource
import socket
import sys
import time
import types
import zlib
from dataclasses import replace
from typing import NoReturn

from msgspec import msgpack

from autograder import evidence
from autograder.check import check_question, load_tests, lost
from autograder.errors import Fault
from autograder.evidence import Evidence, RecordedSession, Transcript, Unrecorded
from autograder.hearing import Hearing, Rulings
from autograder.job import CodeCell, Job, Verdict
from autograder.model import CellError, Limits, Question, QuestionResult
from autograder.observe import MODULE, Observer
from autograder.sandbox import limits as sentences
from autograder.sandbox import training, wire
from autograder.sandbox.box import Box, Control
from autograder.sandbox.programs import NAME
from autograder.sandbox.values import Training
from autograder.session import Died, Killed, LiveSession, Session

MAX_BOXES = 4  # the first and three more after a death
MAX_SPARED = 4  # more boxes after a kill that may have been the machine's doing
MAX_CHECKS = 20  # of one question in one run
MAX_CELL_ERRORS = 50
MAX_TRAININGS = 16  # of a run, that are told
NOT_REACHED = "The notebook stopped the grader too often; this question was not reached."


class _Accounted(Died):
    """The box is gone, and what that costs has been written down: the question it was asked about, or nothing."""


class _Spared(_Accounted):
    """The box was killed, for the first time at its position: the run is done again as if this box had never been."""


class Boxes:
    """Opens a live session for each box of a run, until the time by the clock is over."""

    def __init__(self, control: Control, job: Job) -> None:
        self._control, self._job = control, job
        self._end = time.monotonic() + job.wall_seconds

    def open(self, spent_seconds: float) -> Session:
        """Start a box; the run has used so many CPU seconds already."""
        job = self._job
        return LiveSession(
            Box(
                *(self._control, job.level, job.limits, job.seed, job.files),
                spent_seconds=spent_seconds,
                wall_seconds=job.wall_seconds,
                end=self._end,
                shift=job.shift,
                programs=job.programs,
            )
        )

    def given_up(self) -> bool:
        """Tell whether no more boxes may be opened."""
        return time.monotonic() > self._end


class Recording:
    """Opens a recorded session for each box of an earlier run."""

    def __init__(self, recorded: Evidence) -> None:
        self._recorded = recorded
        self._next = 0

    def open(self, spent_seconds: float) -> Session:
        """Take the next transcript.

        Raises:
            Unrecorded: when the earlier run needed no further box.
        """
        if self._next == len(self._recorded.boxes):
            raise Unrecorded
        self._next += 1
        return RecordedSession(self._recorded.boxes[self._next - 1], Died)

    def given_up(self) -> bool:
        """Tell whether the earlier run ended here because of the clock."""
        return self._recorded.given_up and self._next == len(self._recorded.boxes)


class Run:
    """One submission's way through as many boxes as it needs.

    A position (cell, checkpoint in it) marks how far the marks reach: after a death the next box executes the notebook
    again without asking anything up to there, leaves out the cell that was fatal, and goes on. A box that was killed
    from outside, as by a machine that is out of memory, dies in the same way as one that killed itself: the first time
    at a position it costs nothing.
    """

    def __init__(self, job: Job, source: "Boxes | Recording") -> None:
        self._job, self._source = job, source
        self._tests = load_tests(job.tests, job.public_only)
        self._questions = {question.name: question for question in job.questions if not question.manual}
        self._results: dict[str, QuestionResult] = {}
        self._checks: dict[str, int] = {}
        self._skipped: set[int] = set()
        self._spared: set[tuple[tuple[int, int], str]] = set()
        self._errors: dict[int, CellError] = {}
        self._notes: dict[str, None] = {}
        self._decided = (-1, 0)
        self._position = (-1, 0)
        self._session: Session
        self._transcripts: list[Transcript] = []
        self._trainings: dict[bytes, None] = {}
        self._rulings = Rulings()
        self._cpu_seconds, self._spared_seconds, self._memory_bytes, self._boxes = 0.0, 0.0, 0, 0

    def verdict(self) -> Verdict:
        """Run the submission and return what it earned.

        Raises:
            Fault: when the kit failed.
        """
        while self._boxes < MAX_BOXES and not self._run_once():
            if self._cpu_seconds > self._job.limits.run_seconds or self._source.given_up():
                break
        for name, question in self._questions.items():
            if name not in self._results:
                self._results[name] = lost(self._tests[name], question, NOT_REACHED)
        return Verdict(
            questions=tuple(self._result_of(question) for question in self._job.questions),
            notes=tuple(self._notes),
            cell_errors=tuple(self._errors[number] for number in sorted(self._errors)[:MAX_CELL_ERRORS]),
            boxes=self._boxes,
            cpu_seconds=self._cpu_seconds + self._spared_seconds,
            memory_bytes=self._memory_bytes,
            trainings=tuple(self._trainings)[:MAX_TRAININGS],
            evidence_sha256=evidence.sha256(self._transcripts),
            evidence=self._evidence(),
            precedents=self._rulings.precedents,
            requests=self._rulings.requests,
        )

    def _evidence(self) -> bytes:
        if self._job.evidence:  # it is there already
            return b""
        return evidence.pack(Evidence(list(self._job.cells), self._transcripts, self._source.given_up()))

    def _result_of(self, question: Question) -> QuestionResult:
        if question.manual:
            return QuestionResult(question.name, question.title, None, question.points, manual=True)
        return self._results[question.name]

    def _run_once(self) -> bool:
        """Run in a fresh box; return whether it lived to the end."""
        self._session = self._source.open(self._cpu_seconds)
        spared = False
        before = self._checks.copy(), self._decided, self._results.copy(), self._errors.copy(), self._notes.copy()
        try:
            for index, cell in enumerate(self._job.cells):
                if index not in self._skipped:
                    self._run_cell(index, cell)
            for name in self._questions:
                if name not in self._results:
                    self._check(name)
        except _Spared:
            spared = True
            self._checks, self._decided, self._results, self._errors, self._notes = before
        except Died:
            return False
        finally:
            self._session.close()
            self._memory_bytes = max(self._memory_bytes, self._session.peak_bytes)
            self._trainings |= {msgpack.encode(training): None for training in self._session.trainings}
            if spared:
                self._spared_seconds += self._session.cpu_seconds
            else:
                self._boxes += 1
                self._cpu_seconds += self._session.cpu_seconds
                self._transcripts.append(self._session.transcript)
        return not spared

    def _may_spare(self, subject: str) -> bool:
        """Tell whether a kill at this position would still be taken for the machine's doing."""
        return (self._position, subject) not in self._spared and len(self._spared) < MAX_SPARED

    def _spare(self, subject: str, death: Died) -> NoReturn:
        self._spared.add((self._position, subject))
        raise _Spared(str(death))

    def _run_cell(self, index: int, cell: CodeCell) -> None:
        self._position = (index, 0)
        subject = f"Cell {cell.number}"
        try:
            error = self._session.execute(cell.source, subject, self._at_checkpoint)
        except _Accounted:
            raise
        except Died as death:
            if isinstance(death, Killed) and self._may_spare(subject):
                self._spare(subject, death)
            self._skipped.add(index)
            self._note(f"{death}; the cell was left out.")
            raise
        if error is not None:
            self._errors[cell.number] = CellError(cell.number, error[0][:100], error[1][: wire.MAX_TEXT])
            reached = sentences.reached(*error, self._job.limits)
            if reached:
                self._note(f"{subject} {reached}.")
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
        question, test = self._questions[name], self._tests[name]
        hearing = Hearing(self._session, self._job.precedents.get(name, ()), self._job.requests)
        result, cause = hearing.decided(), ""
        if result is None:
            training.seed(self._job.seed + 1 + zlib.crc32(name.encode()) % 2**31)  # whatever was checked before
            try:
                result, cause = check_question(test, question, hearing, self._job.limits, self._may_spare(name))
            except Killed as death:
                self._spare(name, death)
        self._results[name] = result
        self._rulings.keep(result, hearing)
        if cause:
            self._decided = max(self._decided, self._position)
            self._note(f"{cause} while question {name} was checked; the rest was graded without it.")
            raise _Accounted(cause)

    def _note(self, sentence: str) -> None:
        """Say it once, however often the notebook is run again."""
        self._notes[sentence] = None


def serve(job_sock: socket.socket, control_sock: socket.socket) -> None:
    """Be a judge: read one Job, write one Verdict. What goes wrong here is a fault, never a score."""
    try:
        job: Job = wire.receive(job_sock, Job)
        training.seed(job.seed + 1)  # so that tests that draw numbers draw the same ones for everybody, the box others
        _install_reference(job.reference)
        observer = Observer()
        sys.modules[MODULE] = observer.module()
        control = Control(control_sock)
        _limit_memory(job.limits)
        if job.training:
            verdict = _compile(control, job)
        elif job.evidence:
            verdict = Run(job, Recording(evidence.unpack(job.evidence))).verdict()
        else:
            verdict = replace(Run(job, Boxes(control, job)).verdict(), observed=observer.observations())
    except Unrecorded:
        verdict = Verdict(unrecorded=True)
    except Fault as fault:
        verdict = Verdict(fault=str(fault))
    except Exception as error:
        verdict = Verdict(fault=f"{type(error).__name__}: {error} ({_place(error)})")
    own = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = verdict.cpu_seconds + own.ru_utime + own.ru_stime
    with contextlib.suppress(BrokenPipeError):
        wire.send_frame(job_sock, replace(verdict, cpu_seconds=cpu_seconds))
    os._exit(0)


def _compile(control: Control, job: Job) -> Verdict:
    """Have a box that runs no student code compile the program of a training.

    Raises:
        Fault: when it did not.
    """
    training = wire.decode(job.training, Training)
    box = Box(control, job.level, job.limits, job.seed, {})
    try:
        answer = box.ask(lambda nonce: wire.Compile(nonce, training), "compiling")
    except Died as death:
        raise Fault(str(death)) from None
    finally:
        box.close()
    if not (isinstance(answer, wire.Compiled) and all(NAME.fullmatch(name) for name in answer.programs)):
        raise Fault(f"{type(answer).__name__} instead of a compiled program")
    return Verdict(programs=answer.programs, cpu_seconds=box.cpu_seconds)


def _limit_memory(limits: Limits) -> None:
    """Let what a box answers make a test case fail rather than this machine run out of memory."""
    with open("/proc/self/statm") as statm:
        address_space = int(statm.read().split()[0]) * resource.getpagesize()
    # as for a box: TensorFlow maps far more than it touches
    most = address_space + (limits.memory_mb << 20) + (4 << 30)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


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
