"""Makes the folder of a course whose class has handed in `sum`, as `intake` and `grade` leave it. Nothing is run.

In goes the number of students; out come course.yml, roster.csv, the grader zip, gradebook, store and results: right
and wrong, late, missing, rejected and faulty ones, groups, copies. As a script it makes one: `FOLDER COUNT [hostile]`.
"""

import functools
import random
import shutil
import sys
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import lms
import staff_notebooks
import staff_words

from autograder.attempts import scores_of, submission_name
from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.gradebook import open_gradebook
from autograder.grader import Grader, read_grader
from autograder.intake import SubmissionStore
from autograder.model import CaseResult, CellError, Facts, QuestionResult, Result, Status
from autograder.records import Attempt, Override, Student
from autograder.reports import result_json
from autograder.versions import kit_version

ROOT = Path(__file__).resolve().parent.parent
ASSIGNMENT, QUESTION = "sum", "q7"
AUTHOR = "grace"
KEYS = "\nroster: roster.csv\nlate: {percent: 10, per: day, grace_minutes: 15}\n"
GIGABYTE = 2**30


@dataclass(frozen=True)
class HandedIn:
    """What one or two of the class handed in at once.

    Attributes:
        answer: what they wrote to question 7; "" when nothing.
        data: of the file, b"" when there was none; superseded: a later one of theirs counts.
        ability: 0 to 1, how many test cases pass; hostile: it attacks.
    """

    people: tuple[lms.Person, ...]
    kind: str
    answer: str
    data: bytes
    file_name: str
    at: datetime
    status: Status
    ability: float
    number: int = 1
    superseded: bool = False
    hostile: bool = False

    @functools.cached_property
    def sha256(self) -> str:
        return sha256(self.data).hexdigest() if self.data else ""

    @property
    def attempt(self) -> Attempt:
        return Attempt(
            assignment=ASSIGNMENT,
            students=tuple(person.id for person in self.people),
            sha256=self.sha256,
            file_name=self.file_name,
            system="canvas",
            place=f"submissions.zip/{self.people[0].id}_{self.file_name}",
            submitted_at=self.at,
            number=self.number,
            problem="" if self.data else "There is no notebook in it.",
        )


@dataclass(frozen=True)
class StaffClass:
    """A course's folder and what is in it."""

    folder: Path
    people: tuple[lms.Person, ...]
    handed_in: tuple[HandedIn, ...]

    @property
    def gradebook(self) -> str:
        return str(self.folder / ".autograder" / "gradebook.sqlite")

    @property
    def counting(self) -> dict[str, HandedIn]:
        """sha256 -> what was handed in, of the files whose answers are to be marked."""
        excused = self.people[-1]
        there = [one for one in self.handed_in if one.status is Status.GRADED and not one.superseded]
        return {one.sha256: one for one in there if one.people != (excused,)}


def make_staff_class(
    folder: Path, count: int, hostile: bool = False, absent: bool = False, seed: int = 0
) -> StaffClass:
    """Make a course's folder with a class of `count`, the same for the same seed.

    Args:
        folder: is made, and becomes the root of a course of its own.
        hostile: all of them attack; absent: nobody hands in anything.
    """
    folder.mkdir(parents=True)
    (folder / "course.yml").write_text((ROOT / "course.yml").read_text(encoding="utf-8") + KEYS, encoding="utf-8")
    built = _built()
    place = folder / built.zip_path
    place.parent.mkdir()
    place.write_bytes(built.files[built.zip_path])
    evil = [name for pair in enumerate(staff_words.HOSTILE_NAMES) for name in (f"Evil {pair[0]}", pair[1])]
    people = lms.make_class(count, evil if hostile else ())
    (folder / "roster.csv").write_text(lms.roster_csv(people), encoding="utf-8")
    handed_in = () if absent else tuple(_hand_in(built, people, hostile, random.Random(seed)))
    made = StaffClass(folder, tuple(people), handed_in)
    _enter(made, read_grader(place), random.Random(seed))
    return made


@functools.cache
def _built() -> Built:
    course = read_course(ROOT / "course.yml")
    return build_assignment(ROOT, course, course.assignment(ASSIGNMENT), verified=True)


def _hand_in(built: Built, people: list[lms.Person], hostile: bool, chance: random.Random) -> list[HandedIn]:
    """Let everybody hand in: numbers decide who is late, in a group, missing or broken, so a small class has all."""
    due = read_course(ROOT / "course.yml").assignment(ASSIGNMENT).due
    assert due is not None
    made: list[HandedIn] = []
    waiting = list(enumerate(people))
    while waiting:
        n, person = waiting.pop(0)
        if n % 25 == 7:
            continue  # missing
        group = (person, waiting.pop(0)[1]) if n % 13 == 3 and waiting else (person,)
        at = due + timedelta(hours=chance.randint(1, 60) if n % 12 == 5 else -chance.randint(1, 200))
        status = Status.FAULT if n % 60 == 19 else Status.REJECTED if n % 30 == 11 else Status.GRADED
        kind = staff_words.KINDS[n % len(staff_words.KINDS)]
        answer = _attack(made) if hostile else staff_words.answer(kind, chance)
        data = _file(built, n, kind, answer, hostile, chance)
        if status is Status.REJECTED:
            data = b"" if n % 60 == 11 else b"{ no notebook" + str(n).encode()
        if n % 29 == 16 and made and {status, made[-1].status} == {Status.GRADED}:
            data, answer = made[-1].data, made[-1].answer  # the very file of whoever came before
        name = f"{staff_words.HOSTILE_NAMES[n % len(staff_words.HOSTILE_NAMES)]}.ipynb" if hostile else "sum.ipynb"
        one = HandedIn(group, kind, answer, data, name, at, status, chance.betavariate(4, 1.5), hostile=hostile)
        if n % 10 == 4:
            earlier = _file(built, n, kind, "An earlier answer, which does not count.", hostile, chance)
            made.append(replace(one, answer="", data=earlier, at=at - timedelta(days=9), superseded=True))
            one = replace(one, number=2)
        made.append(one)
    return made


def _attack(made: list[HandedIn]) -> str:
    """Return an answer with the first attack that none of those to be marked has yet."""
    number = len({one.sha256 for one in made if one.status is Status.GRADED and not one.superseded})
    return (
        f"Answer {number} begins.\n\n{staff_words.ATTACKS[number % len(staff_words.ATTACKS)]}\n\nAnswer {number} ends."
    )


def _file(built: Built, n: int, kind: str, answer: str, hostile: bool, chance: random.Random) -> bytes:
    shown = staff_notebooks.hostile_show(n) if hostile else staff_notebooks.show(chance)
    style = staff_words.style(random.Random(1) if kind == "near" else chance)  # those who copy an answer copy code too
    if hostile:
        style = replace(style, remark=repr(staff_words.ATTACKS[n % len(staff_words.ATTACKS)]))
    editor = staff_notebooks.EDITORS[n % len(staff_notebooks.EDITORS)]
    written = " " if kind == "nothing" and not hostile else answer
    return staff_notebooks.notebook(built, style, written, shown, editor, remark=f"number {n}, {chance.random()}")


def _enter(made: StaffClass, grader: Grader, chance: random.Random) -> None:
    """Fill the store, the results folder and the gradebook, as `intake` and `grade` do."""
    store = SubmissionStore(made.folder / ".autograder" / "submissions" / ASSIGNMENT)
    for one in made.handed_in:
        if one.data:
            store.add(one.data, "sum.ipynb")
    students = {person.id: Student(person.id, person.name, person.email) for person in made.people}
    results = made.folder / ".autograder" / "grades" / ASSIGNMENT / "results"
    results.mkdir(parents=True)
    graded = {}
    for one in made.handed_in:
        if one.data and not one.superseded:
            result = _result(one, submission_name(one.attempt, students), grader, chance)
            graded[one.sha256] = result
            (results / f"{result.submission}.json").write_text(result_json(result), encoding="utf-8")
    now = datetime.now(UTC)
    with open_gradebook(made.gradebook) as book:
        book.set_roster(list(students.values()), now, AUTHOR)
        attempts = [one.attempt for one in made.handed_in]
        book.add_attempts(attempts, now, AUTHOR)
        scores = scores_of(graded.values(), attempts)
        book.add_scores(ASSIGNMENT, scores, "grade", kit_version(), now, AUTHOR)
        excused = Override(ASSIGNMENT, made.people[-1].id, "", None, AUTHOR, "was ill", now, excused=True)
        book.add_override(excused)


def _result(one: HandedIn, name: str, grader: Grader, chance: random.Random) -> Result:
    """Return what grading might have found."""
    student = ", ".join(person.name for person in one.people)
    if one.status is not Status.GRADED:
        note = "It is not a notebook." if one.status is Status.REJECTED else "Not graded: the judge did not answer."
        return Result(name, student, ASSIGNMENT, one.status, None, None, note=note)
    message = staff_words.ATTACKS[int(one.sha256[:4], 16) % len(staff_words.ATTACKS)] if one.hostile else "found 3.0"
    questions = tuple(_question(question, one.ability, message, chance) for question in _built().source.questions)
    tested = [question for question in questions if question.points is not None]
    seconds = round(chance.lognormvariate(2.2, 0.5), 2)
    facts = Facts(
        submission_sha256=one.sha256,
        grader_sha256=grader.sha256,
        kit=kit_version(),
        versions={"python": "3.11.2"},
        seed=0,
        level="namespaces",
        memory_bytes=int(chance.lognormvariate(-1.2, 0.5) * GIGABYTE),
        cell_errors=(CellError(5, "ValueError", message),) if chance.random() < 0.1 else (),
    )
    return Result(
        submission=name,
        student=student,
        assignment=ASSIGNMENT,
        status=Status.GRADED,
        score=sum(question.points or 0 for question in tested),
        max_score=sum(question.max_points for question in tested),
        questions=questions,
        cpu_seconds=seconds,
        wall_seconds=round(seconds * 1.3, 2),
        note=message if chance.random() < 0.05 else "",
        facts=facts,
    )


def _question(question, ability: float, message: str, chance: random.Random) -> QuestionResult:
    cases = []
    for number, case in enumerate(question.cases):
        passed = chance.random() < ability * (1.1 - 0.08 * number)
        cause = "reached the time limit of 60 s" if not passed and chance.random() < 0.1 else ""
        points = case.points if passed else 0
        said = ("", "") if passed else (message, cause)
        cases.append(
            CaseResult(case.name, case.title, case.hidden, passed, points, case.points, case.failure_message, *said)
        )
    points = None if question.manual else sum(case.points for case in cases)
    return QuestionResult(question.name, question.title, points, question.points, question.manual, tuple(cases))


if __name__ == "__main__":
    place = Path(sys.argv[1])
    shutil.rmtree(place, ignore_errors=True)
    made = make_staff_class(place, int(sys.argv[2]), hostile="hostile" in sys.argv)
    print(f"{place}: {len(made.handed_in)} hand-ins, {len(made.counting)} answers to be marked")
