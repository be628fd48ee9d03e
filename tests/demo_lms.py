"""The second half of `make demo`: a course with a roster, what Canvas gives of one assignment, and what must come back.

In goes the course; out come a folder with course.yml, roster.csv, submissions.zip and marks.csv, Canvas' own gradebook
with an empty column. Nothing is run. The known submissions are dressed with numbers, plots and written answers of every
kind, so that there is something to mark.
"""

import hashlib
import random
import shutil
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import lms
import lms_tables
import staff_notebooks
import staff_words
from demo_class import STUDENTS

from autograder.build import build_assignment
from autograder.course import read_course
from autograder.known import known_submissions

ASSIGNMENT = "sum"
KEYS = "\nroster: roster.csv\nlate: {percent: 10, per: day, grace_minutes: 15}\n"
LATE = 5  # every fifth student
PERCENT = 0.10
QUESTION = "q7"
OVERRIDDEN = 8.0  # points of the first student's written answer, set by a command
ABSENT = "Zoë Zimmermann"  # on the roster, and handed in nothing


@dataclass(frozen=True)
class Expected:
    """What must come back of a student.

    Attributes:
        sha256: of the file, "" for none; score: without points of a written answer, before lateness; penalty: off it.
    """

    sha256: str
    score: float | None
    penalty: float = 0.0


def make_lms(folder: Path, root: Path) -> dict[str, Expected]:
    """Write a course and what Canvas gives; return what must come back by Canvas id.

    Args:
        folder: becomes the root of a course of its own, with the grader zip of `root`.
    """
    chance = random.Random(8)
    course = read_course(root / "course.yml")
    assignment = course.assignment(ASSIGNMENT)
    known = {one.name: one for one in known_submissions(root, build_assignment(root, course, assignment))}
    people = lms.make_class(len(STUDENTS[ASSIGNMENT]) + 1, [*STUDENTS[ASSIGNMENT], ABSENT])
    hand_ins, expected = [], {people[-1].canvas: Expected("", None)}
    for number, (person, name) in enumerate(zip(people, STUDENTS[ASSIGNMENT].values(), strict=False)):
        late = number % LATE == LATE - 1
        at = lms.DUE + timedelta(hours=3 if late else -3)
        kind = staff_words.KINDS[number % len(staff_words.KINDS)]
        answer = "" if name == "template" else staff_words.answer(kind, chance)
        data = staff_notebooks.dressed(known[name].notebook, answer, staff_notebooks.show(chance))
        hand_ins.append(lms.HandIn((person,), data, f"{ASSIGNMENT}.ipynb", at=at))
        points = sum(sum(cases) for cases in known[name].expected.values())
        penalty = PERCENT * assignment.points if late else 0.0
        expected[person.canvas] = Expected(hashlib.sha256(data).hexdigest(), points, penalty)
    folder.mkdir(parents=True)
    (folder / "course.yml").write_text((root / "course.yml").read_text(encoding="utf-8") + KEYS, encoding="utf-8")
    (folder / "roster.csv").write_text(lms.roster_csv(people), encoding="utf-8")
    (folder / "dist").mkdir()
    shutil.copy(root / "dist" / f"{ASSIGNMENT}-autograder.zip", folder / "dist")
    lms.canvas_download(folder / "submissions.zip", hand_ins)
    listed = _as_canvas(people)
    column = f"{assignment.title} (4711)"
    (folder / "marks.csv").write_bytes(lms_tables.canvas(listed, column=column, possible=f"{assignment.points:.2f}"))
    return expected


def wrong_marks(folder: Path, expected: dict[str, Expected], marked: dict[str, float]) -> list[str]:
    """Read the gradebook to be imported as Canvas does; one sentence for each score that is not as it must be.

    Args:
        marked: sha256 of a file -> points of its written answer.
    """
    title = read_course(folder / "course.yml").assignment(ASSIGNMENT).title
    roster = [line.split(",") for line in (folder / "roster.csv").read_text(encoding="utf-8").splitlines()[1:]]
    people = [lms_tables.Person(line[1], line[3], line[0], line[0]) for line in roster]
    found = lms_tables.read_canvas((folder / "marks-filled.csv").read_bytes(), people)[title]
    shown = {number: None if cell == "" else float(cell) for number, cell in found.items()}
    scores = {number: _score(one, marked) for number, one in expected.items()}
    return [
        f"Canvas would give {shown.get(number)} to {number}, expected {score}."
        for number, score in scores.items()
        if shown.get(number) != score
    ]


def _score(one: Expected, marked: dict[str, float]) -> float | None:
    return None if one.score is None else round(max(0.0, one.score + marked.get(one.sha256, 0.0) - one.penalty), 2)


def _as_canvas(people: list[lms.Person]) -> list[lms_tables.Person]:
    return [lms_tables.Person(one.name, one.canvas, one.id, one.login) for one in people]
