"""The order that a judge gets and what it answers: frozen dataclasses, no I/O."""

from dataclasses import dataclass, field

from msgspec import Struct

from autograder.model import CellError, Limits, Question, QuestionResult


@dataclass(frozen=True)
class CodeCell:
    """A cell to run. `number` counts all cells from 1, as people do; `checks`: questions that its metadata checks."""

    number: int
    source: str
    checks: tuple[str, ...] = ()


class Step(Struct, frozen=True, array_like=True):
    """One request of a question's tests and what it was answered, as digests; `subject` as in session.Answers."""

    request: bytes
    subject: str
    answer: bytes


class Precedent(Struct, frozen=True, array_like=True):
    """A question that a notebook passed in full: all that its tests asked, in order, and the result."""

    steps: list[Step]
    result: QuestionResult


@dataclass(frozen=True)
class Job:
    """All that a judge needs to know of one submission and its grader.

    Attributes:
        tests: question -> Otter test file.
        reference: source of the module that tests import as `reference`.
        files: data files for the box's working folder.
        level: isolation level of the boxes.
        seed: of every random generator in them.
        wall_seconds: time by the clock for the whole run, all boxes together.
        public_only: leave out the hidden test cases, so that no hidden input enters a box.
        programs: compiled, by name, for boxes to find; training: encoded, to be compiled instead of running cells.
        shift: makes other seeds of all that a notebook sets, so that its run differs; 0 leaves them alone.
        evidence: of an earlier run, packed: no box is started then, and what it does not answer is not asked.
        precedents: question -> what was decided under the same tests; requests: digest -> message, of their steps.
    """

    cells: tuple[CodeCell, ...]
    questions: tuple[Question, ...]
    tests: dict[str, str]
    reference: str
    files: dict[str, bytes]
    limits: Limits
    level: str
    seed: int
    wall_seconds: float
    public_only: bool = False
    shift: int = 0
    programs: dict[str, bytes] = field(default_factory=dict)
    training: bytes = b""
    evidence: bytes = b""
    precedents: dict[str, list[Precedent]] = field(default_factory=dict)
    requests: dict[bytes, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Observation:
    """What met a numeric bound of a test in one run: of all values that did, the one nearest to failing.

    Attributes:
        bound: its number in the question's test file.
        held: whether the value let the test pass.
    """

    question: str
    bound: int
    value: float
    limit: float
    held: bool


@dataclass(frozen=True)
class Verdict:
    """What a judge found. `fault` is empty unless the kit failed; then nothing else counts.

    Attributes:
        notes: sentences from a closed list, for student and TA: what died and what was left out.
        boxes: that were started, without those that the machine killed; memory_bytes: the most that one used.
        cpu_seconds: of the boxes and of the judge.
        evidence_sha256: of all that the boxes were asked and of all that they answered.
        evidence: the same, packed; empty where it would be too large.
        unrecorded: the tests asked something that the evidence of the job does not hold; then nothing else counts.
        observed: what met the numeric bounds of instrumented tests.
        trainings: encoded, that the boxes ran by epochs; programs: what a job with a `training` asked for.
        precedents: question -> what it was decided by or what others may be; requests: those that the job has not.
    """

    questions: tuple[QuestionResult, ...] = ()
    notes: tuple[str, ...] = ()
    cell_errors: tuple[CellError, ...] = ()
    boxes: int = 0
    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    evidence_sha256: str = ""
    evidence: bytes = b""
    unrecorded: bool = False
    observed: tuple[Observation, ...] = ()
    trainings: tuple[bytes, ...] = ()
    programs: dict[str, bytes] = field(default_factory=dict)
    precedents: dict[str, Precedent] = field(default_factory=dict)
    requests: dict[bytes, bytes] = field(default_factory=dict)
    fault: str = ""
