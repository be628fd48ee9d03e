"""The values that travel between stages: frozen dataclasses, no I/O.

Read from top to bottom they tell the story of a grade: a course has assignments, an assignment has questions with test
cases, a submission is run under limits and gets a result.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from autograder.records import LatePolicy

# Which attempt counts: the last in time, or where none is the last late one; the last; the one with the highest score.
ATTEMPTS = ("last-before-due", "last", "best")


@dataclass(frozen=True)
class Limits:
    """What one submission may use.

    Attributes:
        cell_seconds: CPU time for one cell, or for one call that a test makes.
        run_seconds: CPU time for the whole submission, all boxes together.
        wall_factor: time by the clock may be this many times the CPU time; a busy machine costs a student nothing.
        idle_seconds: time by the clock that a cell or a call may wait without computing anything.
        memory_mb: memory in MiB that a box may use beyond that of the warmed process it starts from.
        disk_mb: size in MiB of all files that a box may write; what it prints is not kept and has no limit.
        processes: processes and threads in a box.
    """

    cell_seconds: int = 120
    run_seconds: int = 300
    wall_factor: int = 6
    idle_seconds: int = 30
    memory_mb: int = 2048
    disk_mb: int = 64
    processes: int = 256


@dataclass(frozen=True)
class Assignment:
    """One entry of course.yml.

    Attributes:
        id: folder name under solutions/ and assignments/.
        points: total, questions marked by people included.
        due: timezone-aware; None when not set.
        late: what lateness costs here: the course's policy with what this assignment has otherwise.
        attempts: which attempt counts, one of `ATTEMPTS`.
        closes: timezone-aware, not before due; what is handed in after it does not count. None: never.
        weight: percent of the course's grade; None where course.yml gives none: then points tell.
    """

    id: str
    title: str
    points: float
    due: datetime | None = None
    limits: Limits = field(default_factory=Limits)
    late: LatePolicy = field(default_factory=LatePolicy)
    attempts: str = ATTEMPTS[0]
    closes: datetime | None = None
    weight: float | None = None


@dataclass(frozen=True)
class Course:
    """The whole of course.yml, checked.

    Attributes:
        repository: public owner/name on GitHub, which "Open in Colab" points to.
        late: what lateness costs where an assignment does not say otherwise; alone holds the late days.
        roster: path of the roster, relative to the folder of course.yml; "" when there is none.
        gradebook: URL of the database, without a password; "" for SQLite in the working folder.
    """

    title: str
    term: str
    timezone: str
    repository: str
    assignments: tuple[Assignment, ...]
    late: LatePolicy = field(default_factory=LatePolicy)
    roster: str = ""
    gradebook: str = ""

    def assignment(self, assignment_id: str) -> Assignment:
        """Return the assignment of that id.

        Raises:
            KeyError: when course.yml lists no such assignment.
        """
        for assignment in self.assignments:
            if assignment.id == assignment_id:
                return assignment
        raise KeyError(assignment_id)


@dataclass(frozen=True)
class Question:
    """A question as the grader zip describes it. `manual`: marked by people, has no test cases."""

    name: str
    title: str
    points: float
    manual: bool = False


@dataclass(frozen=True)
class GraderInfo:
    """grader.json of a grader zip: all that the grader must know and that Otter's own files do not say.

    Attributes:
        assignment: the id; `title` for people.
        name: the assignment's name in the notebook's metadata, compared to refuse a wrong notebook.
        questions: in the order of the notebook.
        verified: `autograder verify` passed on the very source that the zip was made from.
    """

    assignment: str
    title: str
    name: str
    questions: tuple[Question, ...]
    limits: Limits
    verified: bool = False


class Status(StrEnum):
    """What became of a submission: `rejected` is the file's fault, `fault` is ours and never a score."""

    GRADED = "graded"
    REJECTED = "rejected"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Submission:
    """One file handed in.

    Attributes:
        name: unique in its batch and safe as a file name; names the result files.
        student: who handed it in, as far as the file name says.
        path: the file given on the command line or found in a folder.
        notebook: the bytes of the notebook, or None when none could be read.
        problem: why it cannot be graded; empty when it can.
        sha256: of the bytes of the submitted file (of the notebook when it came in a zip).
        held: False when the notebook is not held in memory, but read again from `path` when its turn comes.
    """

    name: str
    student: str
    path: Path
    notebook: bytes | None
    problem: str = ""
    sha256: str = ""
    held: bool = True


@dataclass(frozen=True, slots=True)
class CaseResult:
    """One test case.

    Attributes:
        title: the first line of the test's docstring, or "q1 - 1".
        hint: the author's failure message: static, may be shown to the student.
        message: for staff only: exception text, may hold values of hidden inputs.
        cause: for the student: why the test could not be run to its end (the box died, a time limit); a sentence from a
            closed list, never text from the box. Empty otherwise.
    """

    name: str
    title: str
    hidden: bool
    passed: bool
    points: float
    max_points: float
    hint: str = ""
    message: str = ""
    cause: str = ""


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """One question: `cases` is empty and `points` None where people mark it."""

    name: str
    title: str
    points: float | None
    max_points: float
    manual: bool = False
    cases: tuple[CaseResult, ...] = ()


@dataclass(frozen=True)
class CellError:
    """A cell that raised, for staff only: `text` is the student's own exception text, hostile until escaped."""

    cell: int
    type_name: str
    text: str


@dataclass(frozen=True, slots=True)
class Facts:
    """How the result came about, so that any change of a grade can be explained.

    Attributes:
        submission_sha256, grader_sha256: of the submitted file and of the grader zip.
        kit: version of the kit; `versions`: of Python and of each package that can move a number.
        seed: of every random generator in the box; level: isolation level in force: namespaces, uid or none.
        profile: hash of all that the answers of a box depend on, but for the submission: kit, versions, limits, files.
        tests: question -> hash of all that decided it, but for those answers.
        boxes: how many boxes were started; more than one when one died.
        evidence_sha256: of all that the boxes were asked and of all that they answered: equal for equal runs.
    """

    submission_sha256: str
    grader_sha256: str
    kit: str
    versions: dict[str, str]
    seed: int
    level: str
    profile: str = ""
    tests: dict[str, str] = field(default_factory=dict)
    boxes: int = 1
    memory_bytes: int = 0
    cell_errors: tuple[CellError, ...] = ()
    evidence_sha256: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What `grade` makes of one submission: results/<submission>.json holds just this.

    Attributes:
        score, max_score: over the questions that tests decide; None unless graded.
        note: for TA and student: why rejected, what died, what was skipped.
        cpu_seconds: of the student's boxes and of the judge; wall_seconds: from start to end.
        evidence: of the run, packed; in a file of its own, not in the record.
    """

    submission: str
    student: str
    assignment: str
    status: Status
    score: float | None
    max_score: float | None
    questions: tuple[QuestionResult, ...] = ()
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    note: str = ""
    facts: Facts | None = None
    evidence: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True)
class Change:
    """A question of a submission whose points a regrade changed; `why`: the test cases that make the difference."""

    submission: str
    question: str
    before: float | None
    after: float | None
    why: str


@dataclass(frozen=True)
class Regraded:
    """One submission graded anew. `ran`: its code was run again, since the tests ask something new."""

    before: Result
    after: Result
    ran: bool
