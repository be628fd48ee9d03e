"""The main street: grade one submission, grade a batch, go on where a batch was stopped.

    Submission -> read_notebook -> Job -> judge (in a process of its own) -> Verdict -> Result

In go submissions and a grader; out come results, one for each, in whatever order they end. Nothing here runs student
code or a test: the warmed process forks a judge for each submission, and the judge its boxes.
"""

import contextlib
import hashlib
import socket
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, replace
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

from autograder.errors import Fault, IsolationError, SubmissionError
from autograder.evidence import unpack
from autograder.grader import Grader
from autograder.intake import load
from autograder.job import CodeCell, Job, Verdict
from autograder.model import Facts, QuestionResult, Result, Status, Submission
from autograder.notebook import Notebook, read_notebook
from autograder.precedents import Precedents
from autograder.programs import Programs
from autograder.sandbox import wire
from autograder.sandbox.box import Control, Warm
from autograder.sandbox.orders import ForkJudge
from autograder.sandbox.values import WireError
from autograder.versions import kit_version

JUDGE = "autograder.judge:serve"
SEED = 0
FAULT_NOTE = "Not graded, through no fault of the student's; grade it again. {}"
TRIES = 3  # of a submission: one death of the warmed process may cost the judge and then the order for the next one
MAX_FAULTS = 6  # at the beginning of a batch, with nothing graded
COMPILE_SECONDS = 20  # for a program; those of the course take one
JUDGE_SECONDS = 60  # for the tests themselves, beyond what the submission may use


def choose_level(best: str, obstacle: str, unsafe: bool) -> str:
    """Return the isolation level to grade at.

    Raises:
        IsolationError: when this machine can give none and `unsafe` does not allow that.
    """
    if sys.platform != "linux":
        raise IsolationError(f"Grading needs Linux ({obstacle}): use a Linux container, a virtual machine or WSL 2.")
    if best != "none" or unsafe:
        return best
    raise IsolationError(
        f"Submissions cannot be isolated on this machine ({obstacle}). Grade as root, or allow user namespaces "
        "(Ubuntu: `sysctl kernel.apparmor_restrict_unprivileged_userns=0`), or, with your own files only, add --unsafe."
    )


class Engine:
    """The warmed process and how to grade one submission with it; started again should it ever die.

    Attributes:
        level: isolation level in force.
        programs: what has been compiled for boxes to come; precedents: what has been decided for judges to come.

    Raises:
        IsolationError: when this machine cannot isolate and `unsafe` does not allow that.
        Fault: when the warmed process does not start.
    """

    def __init__(self, unsafe: bool = False) -> None:
        self._lock = threading.Lock()
        self._closed = False
        self.programs = Programs()
        self.precedents = Precedents()
        self._warm = Warm(JUDGE)
        self.level = choose_level(self._warm.hello.level, self._warm.hello.obstacle, unsafe)

    def __enter__(self) -> "Engine":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything that runs; what is being graded ends as a fault."""
        self._closed = True
        self._warm.close()

    def grade(
        self, submission: Submission, grader: Grader, wall_seconds: float = 0.0, public_only: bool = False
    ) -> Result:
        """Grade one submission. Whatever goes wrong becomes the result's status; nothing is raised.

        A judge or a warmed process that dies gets two more tries: a kill from outside costs nobody a grade.

        Args:
            wall_seconds: time by the clock after which the notebook is stopped; 0 takes what the limits allow.
            public_only: run the public test cases alone, so that no hidden input enters a box.
        """
        start = time.monotonic()
        try:
            cells = code_cells(_readable(load(submission), grader))
            job = replace(self.job(cells, grader, wall_seconds), public_only=public_only)
            result = self._result(submission, grader, self._decide(job))
        except SubmissionError as problem:
            return replace(blank_result(submission, grader, Status.REJECTED), note=str(problem))
        except Fault as fault:
            return replace(blank_result(submission, grader, Status.FAULT), note=FAULT_NOTE.format(fault))
        return replace(result, wall_seconds=round(time.monotonic() - start, 2))

    def regrade(self, earlier: Result, grader: Grader, live: bool = False) -> tuple[Result, bool]:
        """Grade a submission from the evidence of an earlier result; return also whether its code had to run again.

        A question is not judged again when neither its tests nor anything else that decides it has changed.

        Args:
            earlier: a graded result with its evidence.
            live: run the code in any case.
        """
        start = time.monotonic()
        facts = earlier.facts
        submission = Submission(
            earlier.submission, earlier.student, Path(), None, sha256=facts.submission_sha256 if facts else ""
        )
        ran = live or facts is None or facts.profile != self.profile(grader)
        try:
            job = self.job(tuple(unpack(earlier.evidence).cells), grader)
            verdict = Verdict(unrecorded=True) if ran else self._replay(job, earlier, grader)
            if verdict.unrecorded:
                ran = True
                verdict = self._decide(job)
            result = self._result(submission, grader, verdict)
        except Fault as fault:
            return replace(blank_result(submission, grader, Status.FAULT), note=FAULT_NOTE.format(fault)), ran
        if not ran:
            result = replace(result, evidence=earlier.evidence)
        return replace(result, wall_seconds=round(time.monotonic() - start, 2)), ran

    def _replay(self, job: Job, earlier: Result, grader: Grader) -> Verdict:
        decided = {} if earlier.note else unchanged_questions(earlier, grader)
        changed = tuple(question for question in job.questions if question.name not in decided)
        verdict = self._decide(replace(job, questions=changed, evidence=earlier.evidence))
        decided |= {question.name: question for question in verdict.questions}
        return replace(verdict, questions=() if verdict.unrecorded else tuple(decided[q.name] for q in job.questions))

    def profile(self, grader: Grader) -> str:
        """Return a hash of all that the answers of a box depend on, but for the submission and what it is asked."""
        parts = [kit_version(), sorted(self._versions.items()), SEED, self.level, asdict(grader.info.limits)]
        files = sorted((name, hashlib.sha256(content).hexdigest()) for name, content in grader.files.items())
        return sys.intern(hashlib.sha256(repr([*parts, files]).encode()).hexdigest())  # one for a whole class

    def job(self, cells: tuple[CodeCell, ...], grader: Grader, wall_seconds: float = 0.0) -> Job:
        """Return what a judge has to know to grade these cells; `wall_seconds` as for `grade`."""
        info = grader.info
        return Job(
            cells=cells,
            questions=info.questions,
            tests=grader.tests,
            reference=grader.reference,
            files=grader.files,
            limits=info.limits,
            level=self.level,
            seed=SEED,
            wall_seconds=wall_seconds or info.limits.wall_factor * info.limits.run_seconds,
        )

    def _decide(self, job: Job) -> Verdict:
        """Have a judge do a job that need not run tests whose outcome is known."""
        verdict = self.run(self.precedents.cite(job))
        self.precedents.learn(job, verdict)
        return verdict

    def run(self, job: Job) -> Verdict:
        """Have a judge do a job.

        Raises:
            Fault: when it failed at every try.
        """
        verdict = self._run_with_retries(replace(job, programs=self.programs.made()))
        for training in self.programs.due(verdict.trainings):
            with contextlib.suppress(Fault):  # then every box goes on compiling for itself
                compiled = self._judge(_compile_job(job, training), time.monotonic() + 2 * COMPILE_SECONDS)
                self.programs.add(compiled.programs, compiled.cpu_seconds)
        return verdict

    def _run_with_retries(self, job: Job) -> Verdict:
        end = time.monotonic() + job.wall_seconds + JUDGE_SECONDS  # for all tries: who called is waiting
        for left in reversed(range(TRIES)):
            try:
                return self._judge(job, end)
            except Fault as fault:
                if not left or self._closed or isinstance(fault.__cause__, TimeoutError):
                    raise
        raise AssertionError("the last try returns or raises")

    def _judge(self, job: Job, end: float) -> Verdict:
        try:
            control, pid, sock = self._fork_judge()
            try:
                with sock:
                    wire.send_frame(sock, job)
                    verdict: Verdict = wire.receive(sock, Verdict, wire.monotonic_deadline(end - time.monotonic()))
            finally:
                with self._lock:
                    control.reap(pid)
        except (EOFError, OSError, TimeoutError, WireError) as error:
            raise Fault(f"The judge did not answer ({type(error).__name__}).") from error
        if verdict.fault:
            raise Fault(verdict.fault)
        return verdict

    def _fork_judge(self) -> tuple[Control, int, socket.socket]:
        with self._lock:
            if not self._closed and not self._warm.alive():
                self._warm.close()
                self._warm = Warm(JUDGE)
                if self._closed:  # while it started
                    self._warm.close()
            try:
                return self._warm, *self._warm.fork(ForkJudge())
            except (EOFError, OSError, Fault):
                self._warm.close()  # waits for its end, so that the next submission finds it dead and starts another
                raise

    def _result(self, submission: Submission, grader: Grader, verdict: Verdict) -> Result:
        decided = [question for question in verdict.questions if question.points is not None]
        return replace(
            blank_result(submission, grader, Status.GRADED),
            score=round(sum(question.points or 0 for question in decided), 6),
            max_score=round(sum(question.max_points for question in decided), 6),
            questions=verdict.questions,
            cpu_seconds=round(verdict.cpu_seconds, 2),
            note=" ".join(verdict.notes),
            facts=self._facts(submission, grader, verdict),
            evidence=verdict.evidence,
        )

    @cached_property
    def _versions(self) -> dict[str, str]:
        return {**self._warm.hello.versions, "otter-grader": version("otter-grader")}

    def _facts(self, submission: Submission, grader: Grader, verdict: Verdict) -> Facts:
        return Facts(
            submission_sha256=submission.sha256,
            grader_sha256=grader.sha256,
            kit=kit_version(),
            versions=self._versions,
            seed=SEED,
            level=self.level,
            profile=self.profile(grader),
            tests=grader.hashes,
            boxes=verdict.boxes,
            memory_bytes=verdict.memory_bytes,
            cell_errors=verdict.cell_errors,
            evidence_sha256=verdict.evidence_sha256,
        )


def _compile_job(job: Job, training: bytes) -> Job:
    limits = replace(job.limits, cell_seconds=COMPILE_SECONDS, run_seconds=COMPILE_SECONDS)
    return replace(job, cells=(), training=training, limits=limits, wall_seconds=COMPILE_SECONDS)


def unchanged_questions(earlier: Result, grader: Grader) -> dict[str, QuestionResult]:
    """Return those of an earlier result, by name, that this grader would decide in the same way."""
    hashes = earlier.facts.tests if earlier.facts else {}
    old = {question.name: question for question in earlier.questions}
    return {
        question.name: old[question.name]
        for question in grader.info.questions
        if question.name in old and hashes.get(question.name) == grader.hashes[question.name]
    }


def code_cells(notebook: Notebook) -> tuple[CodeCell, ...]:
    """Return the cells of a notebook that are run, numbered as its reader counts."""
    return tuple(
        CodeCell(cell.index + 1, cell.source, cell.checks)
        for cell in notebook.cells
        if cell.kind == "code" and not cell.ignored
    )


def _readable(submission: Submission, grader: Grader) -> Notebook:
    if submission.problem or submission.notebook is None:
        raise SubmissionError(submission.problem or "No notebook was found in it.")
    return read_notebook(submission.notebook, grader.info.name)


def blank_result(submission: Submission, grader: Grader, status: Status) -> Result:
    """Return a result without a score."""
    return Result(submission.name, submission.student, grader.info.assignment, status, None, None)


def grade_batch(engine: Engine, submissions: Iterable[Submission], grader: Grader, jobs: int) -> Iterator[Result]:
    """Yield the result of each submission as it ends, `jobs` at a time; each is taken when its turn comes.

    When the caller stops iterating or is interrupted, what runs is killed and no result is made of it.

    Raises:
        Fault: after MAX_FAULTS faults and nothing else: this machine grades nobody.
    """
    faults, healthy = 0, False
    waiting = iter(submissions)
    running: set[Future[Result]] = set()
    pool = ThreadPoolExecutor(jobs, thread_name_prefix="grade")
    try:
        while True:
            while len(running) < jobs and (submission := next(waiting, None)) is not None:
                running.add(pool.submit(engine.grade, submission, grader))
            if not running:
                break
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                result = future.result()
                faults += result.status is Status.FAULT
                healthy = healthy or result.status is not Status.FAULT
                yield result
            if faults >= MAX_FAULTS and not healthy:
                raise Fault(f"The first {faults} submissions could not be graded. {result.note}")
    except BaseException:
        engine.close()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
