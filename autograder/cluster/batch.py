"""The coordinator of a batch: who is there, who grades what, what became of it.

In go a connected Dask client and work, one piece a submission; out comes how each ended. A task is bound to one worker,
so that it can be taken back when that worker dies, is refused, or turns out to grade nobody.
"""

import contextlib
import secrets
import time
from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import CancelledError
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from typing import Any

import msgspec

from autograder.cluster.worker import Answer, Graded, Prepared, Refused, Unprepared, leave, prepare, versions
from autograder.errors import AutograderError
from autograder.grader import Grader
from autograder.grading import FAULT_NOTE, MAX_FAULTS, blank_result
from autograder.model import Result, Status, Submission
from autograder.reports import read_result

AHEAD = 2  # tasks a thread: the next one is there when one ends
MAX_LOST = 3  # workers that died while they graded a submission; as many as Dask allows a task of its own
LOOK_SECONDS = 1.0  # between looks at who is there
FETCH_SECONDS = 30  # for one result to arrive, before the others are looked after again
JOIN_SECONDS = 300  # without any worker
REFUSED_SECONDS = 10  # with refused workers only


@dataclass(frozen=True)
class Work:
    """What is to be done with one submission.

    Attributes:
        task: of worker.py; arguments: makes, when its turn comes, what the task is called with behind the ticket.
    """

    submission: Submission
    task: Callable[..., bytes]
    arguments: Callable[[], tuple[Any, ...]]


@dataclass(frozen=True)
class Ended:
    """What became of a piece of work. `ran`: student code was run for it."""

    work: Work
    result: Result
    ran: bool = True


@dataclass
class _Worker:
    """A worker that is not refused.

    Attributes:
        asked: key of a task -> the work that it does, the oldest first; None for its preparation.
        faults, healthy: what became of its submissions so far.
    """

    threads: int
    ready: bool = False
    asked: dict[str, Work | None] = field(default_factory=dict)
    faults: int = 0
    healthy: bool = False


class Batch:
    """One batch on one cluster."""

    def __init__(
        self,
        client: Any,
        works: Iterable[Work],
        grader: Grader,
        unsafe: bool,
        tell: Callable[[str], None],
    ) -> None:
        self._client, self._grader, self._tell = client, grader, tell
        self._ticket = secrets.token_hex(8)
        self._order = (self._ticket, versions(), unsafe, msgspec.msgpack.encode(grader))
        self._waiting: deque[Work] = deque()
        self._ended: deque[Ended] = deque()
        for work in works:
            if problem := work.submission.problem:
                self._end(work, Status.REJECTED, problem)
            else:
                self._waiting.append(work)
        self._left = len(self._waiting) + len(self._ended)
        self._workers: dict[str, _Worker] = {}
        self._refused: dict[str, str] = {}
        self._tasks: dict[str, tuple[str, Any]] = {}  # key -> address of the worker, Dask's future
        self._done: SimpleQueue[Any] = SimpleQueue()
        self._lost: Counter[str] = Counter()
        self._next_look, self._lonely_since, self._told_level = 0.0, 0.0, False

    def run(self) -> Generator[Ended]:
        """Yield each piece of work as it ends, on the workers that there are at that time."""
        stop = True
        try:
            while self._left:
                while self._ended:
                    yield self._ended.popleft()
                    self._left -= 1
                self._look()
                self._fill()
                with contextlib.suppress(Empty):
                    if self._left:
                        self._receive(self._done.get(timeout=LOOK_SECONDS))
            stop = False
        finally:
            self._leave(stop)

    def _look(self) -> None:
        """See who has come and who is gone.

        Raises:
            AutograderError: when the scheduler is lost, or no worker is left that may grade.
        """
        now = time.monotonic()
        if now < self._next_look:
            return
        if self._client.status == "closed":
            raise AutograderError(
                "The Dask scheduler is gone. What is graded is kept: the same command goes on from here."
            )
        try:
            present = dict(self._client.nthreads())
        except OSError:  # the client tries to connect again, and is closed when that takes too long
            return
        self._next_look = now + LOOK_SECONDS
        self._refused = {address: reason for address, reason in self._refused.items() if address in present}
        for address in self._workers.keys() - present.keys():
            self._drop(address, died=True)
        for address in present.keys() - self._workers.keys() - self._refused.keys():
            self._workers[address] = _Worker(present[address])
            self._ask(address, prepare, *self._order)
        self._check_lonely(now)

    def _check_lonely(self, now: float) -> None:
        if self._workers or not self._left:
            self._lonely_since = 0.0
            return
        if not self._lonely_since:
            self._lonely_since = now
            if not self._refused:
                self._tell("The Dask cluster has no worker; waiting for one.")
        if now - self._lonely_since > (REFUSED_SECONDS if self._refused else JOIN_SECONDS):
            listed = "".join(f"\n  {address}: {reason}" for address, reason in self._refused.items())
            raise AutograderError(f"No worker of the Dask cluster can grade.{listed or ' None has joined.'}")

    def _ask(self, address: str, task: Callable[..., bytes], *args: Any, work: Work | None = None) -> None:
        future = self._client.submit(task, *args, workers=[address], allow_other_workers=False, pure=False)
        self._tasks[future.key] = address, future
        self._workers[address].asked[future.key] = work
        future.add_done_callback(self._done.put)

    def _fill(self) -> None:
        """Hand out work, each piece to the worker with the least to do."""
        ready = {address: worker for address, worker in self._workers.items() if worker.ready}
        while ready and self._waiting:
            address = min(ready, key=lambda address: len(ready[address].asked) / ready[address].threads)
            if len(ready[address].asked) >= AHEAD * ready[address].threads:
                return
            work = self._waiting.popleft()
            self._ask(address, work.task, self._ticket, *work.arguments(), work=work)

    def _receive(self, future: Any) -> None:
        if future.key not in self._tasks:  # of a worker that was given up since
            return
        address, _ = self._tasks[future.key]
        try:
            answer = _answer(future)
        except CancelledError:  # the scheduler was lost and found
            self._drop(address, died=False)
            return
        except TimeoutError:  # still on its way, or lost with its worker
            future.add_done_callback(self._done.put)
            return
        del self._tasks[future.key]
        worker = self._workers[address]
        work = worker.asked.pop(future.key)
        match answer:
            case Prepared():
                self._welcome(address, answer.level)
            case Graded() if work is not None:
                self._keep(address, work, answer)
            case Unprepared() if work is not None:
                self._lose(work, "Its worker was started again")
                if worker.ready:
                    worker.ready = False
                    self._ask(address, prepare, *self._order)
            case Refused():
                self._refuse(address, answer.reason)
            case _ if work is None:
                self._refuse(address, str(answer))
            case _:
                self._lose(work, str(answer))

    def _welcome(self, address: str, level: str) -> None:
        self._workers[address].ready = True
        if level == "none" and not self._told_level:
            self._told_level = True
            self._tell(f"No isolation (--unsafe) on {address}: these programs can read and change all that it can.")

    def _keep(self, address: str, work: Work, answer: Graded) -> None:
        try:
            result = read_result(answer.record)
        except AutograderError as problem:
            self._lose(work, str(problem))
            return
        whose = work.submission
        result = replace(result, submission=whose.name, student=whose.student, evidence=answer.evidence)
        self._ended.append(Ended(work, result, answer.ran))
        worker = self._workers[address]
        worker.faults += result.status is Status.FAULT
        worker.healthy = worker.healthy or result.status is not Status.FAULT
        if worker.faults >= MAX_FAULTS and not worker.healthy:
            self._refuse(address, f"its first {worker.faults} submissions could not be graded. {result.note}")

    def _refuse(self, address: str, reason: str) -> None:
        self._drop(address, died=False)
        self._refused[address] = reason
        self._tell(f"Worker {address} is refused: {reason}")

    def _drop(self, address: str, died: bool) -> None:
        """Take back all that a worker was asked; what a dead one was at, the oldest, counts as lost."""
        worker = self._workers.pop(address)
        for place, (key, work) in enumerate(worker.asked.items()):
            _, future = self._tasks.pop(key)
            future.cancel()
            if work is not None and died and place < worker.threads:
                self._lose(work, f"Its worker {address} died")
            elif work is not None:
                self._waiting.appendleft(work)

    def _lose(self, work: Work, why: str) -> None:
        name = work.submission.name
        self._lost[name] += 1
        if self._lost[name] < MAX_LOST:
            self._waiting.append(work)  # last, should it be what kills workers
        else:
            self._end(work, Status.FAULT, FAULT_NOTE.format(f"{why}, as {MAX_LOST - 1} times before."))

    def _end(self, work: Work, status: Status, note: str) -> None:
        self._ended.append(Ended(work, replace(blank_result(work.submission, self._grader, status), note=note)))

    def _leave(self, stop: bool) -> None:
        busy = {address for address, worker in self._workers.items() if stop and any(worker.asked.values())}
        others = self._workers.keys() - busy
        for address in [*busy, *others]:
            self._drop(address, died=False)
        for addresses, kill in ((busy, True), (others, False)):
            with contextlib.suppress(Exception):  # who is gone has forgotten already
                if addresses and self._client.status == "running":
                    self._client.run(leave, self._ticket, kill, workers=list(addresses), on_error="ignore")


def _answer(future: Any) -> Answer | Exception:
    """Return what a worker answered, or what went wrong.

    Raises:
        TimeoutError: when it has not arrived in time, or was lost again.
        CancelledError: when nobody works on it any more.
    """
    if future.status == "pending":
        raise TimeoutError
    if future.status == "error":
        problem: Exception = future.exception()
        return problem
    try:
        answer: Answer = msgspec.msgpack.decode(future.result(timeout=FETCH_SECONDS), type=Answer)
    except msgspec.MsgspecError as problem:
        return problem
    return answer
