"""What the gradebook knows: who is in the course, who handed in what and when, what people decided. Frozen, no I/O.

Upload (as an LMS gave it) -> Attempt (whose it is) -> Score (what the grader found) -> Standing (what counts) -> Mark
"""

from dataclasses import dataclass, field
from datetime import datetime

SYSTEMS = ("canvas", "moodle", "gradescope", "brightspace", "nbgrader", "folder")


@dataclass(frozen=True)
class Student:
    """A line of the roster.

    Attributes:
        id: the course's own, unique and never changed: a matriculation number, a login.
        name: as people read it; email: in lower case, "" when not known.
        ids: column of the roster (`ID_COLUMNS`) -> id there, for example {"canvas": "12345", "login": "ada"}.
    """

    id: str
    name: str
    email: str = ""
    ids: dict[str, str] = field(default_factory=dict)


# What systems call a student, as columns of the roster: Canvas' ID, SIS User ID and SIS Login ID (or another login),
# Moodle's participant number, Gradescope's sid, Brightspace's OrgDefinedId and user id.
ID_COLUMNS = ("canvas", "sis", "login", "moodle", "gradescope", "brightspace", "brightspace-user")


@dataclass(frozen=True)
class Claim:
    """Who handed something in, as far as an LMS says; what it does not say is empty.

    Attributes:
        ids: as in `Student`; an id of the course itself under "id".
        key: a name as the LMS cut it (Canvas: doejane), to be compared with the roster's names cut alike.
    """

    ids: dict[str, str] = field(default_factory=dict)
    name: str = ""
    email: str = ""
    key: str = ""


@dataclass(frozen=True)
class Upload:
    """One attempt of a student or a group as an LMS gave it, before anybody is matched.

    Attributes:
        system: one of `SYSTEMS`; place: where in the folder or zip it lay, for messages and for going back.
        claims: several make a group.
        file_name, data: of the notebook or Otter's zip; empty when there is none.
        problem: why there is nothing to grade; "" when there is.
        submitted_at: timezone-aware; None when the LMS does not say.
        late: as the LMS marks it; None when it does not.
        number: of the attempt, from 1, as the LMS counts; 0 when it does not.
    """

    system: str
    place: str
    claims: tuple[Claim, ...]
    file_name: str = ""
    data: bytes = field(default=b"", repr=False)
    problem: str = ""
    submitted_at: datetime | None = None
    late: bool | None = None
    number: int = 0


@dataclass(frozen=True)
class Attempt:
    """What somebody handed in, whose it is known.

    Attributes:
        students: ids of all who share it; one, unless it is a group's.
        sha256: of the file; the file itself lies in the store under it.
        taken_in: its place among all attempts as the gradebook learned of them: where the LMS gives neither time nor
            number, what was downloaded later was handed in later.
        Others as in `Upload`.
    """

    assignment: str
    students: tuple[str, ...]
    sha256: str
    file_name: str
    system: str
    place: str
    submitted_at: datetime | None = None
    late: bool | None = None
    number: int = 0
    problem: str = ""
    taken_in: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Score:
    """What a run of the grader made of a file: every attempt with that file has it.

    Attributes:
        status: graded, rejected or fault (model.Status).
        questions: name -> (points or None where people mark it, most points), in the order of the notebook.
        kit, grader_sha256: what graded it; run: number of the run in the gradebook.
    """

    assignment: str
    sha256: str
    status: str
    questions: dict[str, tuple[float | None, float]]
    note: str = ""
    kit: str = ""
    grader_sha256: str = ""


@dataclass(frozen=True)
class Override:
    """Points that a person sets: of a question, or with question "" of the whole assignment. The latest counts.

    Attributes:
        points: None takes an earlier override back. It counts before the mark of a written answer.
        excused: of the whole assignment only: it does not count for this student.
    """

    assignment: str
    student: str
    question: str
    points: float | None
    author: str
    reason: str
    at: datetime
    excused: bool = False


@dataclass(frozen=True)
class RubricItem:
    """What a written answer gets points for. `id`: the author's, kept when text or points change."""

    id: str
    points: float
    text: str


@dataclass(frozen=True)
class Rubric:
    """What a written answer can get, as the source has it: marks name its items, so points follow when it changes.

    Attributes:
        points: most points of the question.
    """

    question: str
    points: float
    items: tuple[RubricItem, ...]


@dataclass(frozen=True)
class AnswerMark:
    """What a person found in a written answer. It belongs to a file, as a score does; the latest counts.

    Attributes:
        items: ids of the rubric's items that it has.
        adjustment: points beside the items, below 0 to take off.
        withdrawn: the answer is unmarked again; items, adjustment and comment are then empty.
        author, at: who marked when.
        number: of its row in the gradebook, which grows with each mark; 0 before it is there.
    """

    assignment: str
    sha256: str
    question: str
    items: tuple[str, ...]
    adjustment: float
    comment: str
    author: str
    at: datetime
    withdrawn: bool = False
    number: int = 0


@dataclass(frozen=True)
class Snippet:
    """A comment kept for the next answer to a question; `number`: of its row in the gradebook."""

    assignment: str
    question: str
    text: str
    number: int = 0


@dataclass(frozen=True)
class Extension:
    """Another due date for a student; the latest counts. `until`: timezone-aware; None takes an earlier one back."""

    assignment: str
    student: str
    until: datetime | None
    author: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class LatePolicy:
    """What lateness costs. The default: nothing is taken off.

    Attributes:
        grace_minutes: after the due date that count as in time.
        percent: of the most points of the assignment, for each `per` begun: "day" (the due time of the next day by the
            clock of the course's time zone, so 23 or 25 hours when summer time changes) or "hour" (60 minutes elapsed).
        cap_percent: the most that lateness takes off.
        late_days: days that each student may spend in the whole course before percents are taken off, earlier
            assignments first.
    """

    grace_minutes: int = 0
    percent: float = 0.0
    per: str = "day"
    cap_percent: float = 100.0
    late_days: int = 0


@dataclass(frozen=True)
class Standing:
    """What counts for a student in an assignment, and how it came about.

    Attributes:
        status: graded, ungraded (not run yet), fault, rejected, missing, excused.
        attempt: that counts; None when there is none.
        questions: name -> (points that count or None while nobody has marked it, most points).
        points: sum of the questions before lateness, or the override of the whole; None unless graded.
        late_units: days or hours begun after due and grace; days_spent: late days used on it.
        penalty: points taken off.
        score: what counts, at least 0; max_score: most points of the assignment, written answers included.
        unmarked: questions that nobody has marked yet.
        overridden: questions that a person changed, "" for the whole.
        why: one line for people: how the score came about.
        marks: question -> the mark of its written answer, where people have marked it.
    """

    student: Student
    assignment: str
    status: str
    max_score: float
    attempt: Attempt | None = None
    questions: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    points: float | None = None
    late_units: int = 0
    days_spent: int = 0
    penalty: float = 0.0
    score: float | None = None
    unmarked: tuple[str, ...] = ()
    overridden: tuple[str, ...] = ()
    why: str = ""
    marks: dict[str, AnswerMark] = field(default_factory=dict)


@dataclass(frozen=True)
class Mark:
    """What goes out to an LMS for a student. Without a score, and not excused, the student's row stays as it is."""

    student: Student
    score: float | None
    max_score: float
    comment: str = ""
    excused: bool = False


@dataclass(frozen=True)
class Event:
    """A line of a student's history.

    `what`: attempt, score, mark, rubric (it changed, and with it points), override, extension, released, withdrawn,
    roster.
    """

    at: datetime
    what: str
    assignment: str
    author: str
    text: str
