"""Where measuring is done: a folder, the built assignments, one warmed engine; and what a part of the bench is."""

import hashlib
import statistics
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.grader import Grader, read_grader
from autograder.grading import Engine
from autograder.known import KnownSubmission, known_submissions
from autograder.model import Submission
from measures.accounting import Account
from measures.programs import Cost
from measures.sheets import Goal, Sheet

ROOT = Path(__file__).resolve().parent.parent.parent
COURSE = read_course(ROOT / "course.yml")
ASSIGNMENTS = tuple(assignment.id for assignment in COURSE.assignments)


@dataclass(frozen=True)
class Size:
    """How much is measured.

    Attributes:
        rounds: how often each thing is, in turn with the others; the median counts.
        repeats: of one thing in a row, for what takes milliseconds.
        batches: sizes of the batches that show growth.
        class_size: of a class that is regraded.
    """

    rounds: int = 2
    repeats: int = 20
    batches: tuple[int, ...] = (10, 100, 1_000)
    class_size: int = 300


SMALL = Size(rounds=1, repeats=5, batches=(10, 100), class_size=30)
FULL = Size(batches=(10, 100, 1_000, 10_000))


@dataclass(frozen=True)
class Step:
    """One thing to measure. `seconds`: about what it takes on the development machine, for the time left."""

    label: str
    seconds: float
    action: Callable[[], None]


class Lab:
    """Shared by all parts; what is costly is made when it is first asked for.

    Attributes:
        built, known, grader: assignment -> Built, its known submissions by name, Grader.
    """

    def __init__(self, folder: Path, size: Size) -> None:
        self.folder, self.size = folder, size
        self._stack = ExitStack()
        self._engine: Engine | None = None
        self._account: Account | None = None
        self.built = cache(self._build)
        self.known = cache(self._known)
        self.grader = cache(self._grader)

    def close(self) -> None:
        """Stop the warmed process, if there is one."""
        self._stack.close()

    def place(self, name: str) -> Path:
        """Return a folder inside the lab's, made when it is not there."""
        path = self.folder / name
        path.mkdir(parents=True, exist_ok=True)
        return path

    @property
    def engine(self) -> Engine:
        """One warmed process, counted from its start, as is this one."""
        if self._engine is None:
            self._account = self._stack.enter_context(closing(Account()))
            self._account.enter()
            self._engine = self._stack.enter_context(Engine())
        return self._engine

    def _build(self, assignment: str) -> Built:
        return build_assignment(ROOT, COURSE, COURSE.assignment(assignment))

    def _known(self, assignment: str) -> dict[str, KnownSubmission]:
        return {case.name: case for case in known_submissions(ROOT, self.built(assignment))}

    def grader_zip(self, assignment: str) -> Path:
        """Return the path of an assignment's grader zip, made from its source as it is now."""
        path = self.folder / f"{assignment}-autograder.zip"
        if not path.exists():
            path.write_bytes(self.built(assignment).files[self.built(assignment).zip_path])
        return path

    def _grader(self, assignment: str) -> Grader:
        return read_grader(self.grader_zip(assignment))

    def used(self) -> "Used":
        """Return what this process, the warmed process, judges and boxes have used together so far."""
        if self._account is None:
            raise RuntimeError("nothing is counted before the engine runs")
        return Used(self._account.cpu_seconds, time.monotonic())


@dataclass(frozen=True)
class Used:
    """Seconds: CPU time of all processes, and by the clock."""

    cpu: float
    clock: float

    def __sub__(self, other: "Used") -> "Used":
        return Used(self.cpu - other.cpu, self.clock - other.clock)


class Readings:
    """What was read for each thing in several rounds; the median counts."""

    def __init__(self) -> None:
        self._costs: dict[object, list[Cost]] = defaultdict(list)

    def add(self, thing: object, cost: Cost) -> None:
        self._costs[thing].append(cost)

    def __contains__(self, thing: object) -> bool:
        return thing in self._costs

    def median(self, thing: object, what: str = "cpu_seconds") -> float:
        """Return the median of one attribute of Cost."""
        return statistics.median(getattr(cost, what) for cost in self._costs[thing])


class Part:
    """A part of the bench: steps to be done in order, then tables. `name` for --only; `about` for the usage."""

    name = ""
    about = ""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab

    def steps(self) -> list[Step]:
        """Return what is to be done, in order."""
        raise NotImplementedError

    def sheets(self) -> list[Sheet]:
        """Return the tables, once all steps are done."""
        raise NotImplementedError

    def goals(self) -> list[Goal]:
        """Return the goals that this part speaks of, once all steps are done."""
        return []


def submission(notebook: bytes, name: str) -> Submission:
    """Return a notebook as intake would."""
    return Submission(name, name, Path(name), notebook, sha256=hashlib.sha256(notebook).hexdigest())
