"""The whole way: an LMS's download in, graded, decided, released, and the LMS's own file out again."""

import sqlite3
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import lms
import lms_tables
import nbformat
import pytest
from click.testing import CliRunner, Result
from tiny import COURSE, claim_proven, write_course

from autograder import grading
from autograder.build import build_assignment, solved_notebook, write_built
from autograder.cli import main
from autograder.course import read_course
from autograder.gradebook import open_gradebook
from autograder.records import AnswerMark, Rubric, RubricItem

pytest_plugins = ["postgres"]

DUE = datetime(2026, 12, 7, 23, 59, tzinfo=ZoneInfo("Europe/Berlin"))
KEYS = "roster: roster.csv\nlate: {percent: 25, per: day}\n"
PEOPLE = lms.make_class(6, ["Ada Adams", "Bob Brandt", "Cem Çelik", "=HYPERLINK(0) Evil", "Eve Evans", "Finn Fuchs"])
ADA, BOB, CEM, EVIL, EVE, FINN = PEOPLE


@dataclass
class Office:
    """A course's folder with a download of the LMS, and the command."""

    root: Path
    solved: bytes
    right: bytes = b""
    wrong: bytes = b""

    def __post_init__(self) -> None:
        self.right, self.wrong = self.notebook("right"), self.notebook("three", "= a + b", "= 3")

    def notebook(self, remark: str, old: str = "", new: str = "") -> bytes:
        """Return the solved notebook with a remark of somebody's own, and perhaps a mistake."""
        notebook = nbformat.reads(self.solved.decode().replace(old, new) if old else self.solved.decode(), as_version=4)
        notebook.cells.append(nbformat.v4.new_markdown_cell(remark, id="mine"))
        return nbformat.writes(notebook).encode()

    def download(self, *more: lms.HandIn) -> Path:
        """Make what Canvas gives: four on time, one of them broken, one late; nothing of Finn's."""
        hand_ins = [
            *(lms.HandIn((who,), data, "tiny.ipynb") for who, data in ((ADA, self.right), (BOB, self.wrong))),
            lms.HandIn((CEM,), b"{ no notebook", "tiny.ipynb"),
            lms.HandIn((EVIL,), self.notebook("evil"), "=cmd.ipynb"),
            lms.HandIn((EVE,), self.notebook("eve"), "tiny.ipynb", at=DUE + timedelta(days=2)),
        ]
        return lms.canvas_download(self.root / "submissions.zip", [*hand_ins, *more])

    def run(self, *command: object, code: int = 0) -> str:
        shown: Result = CliRunner().invoke(main, [str(part) for part in command], terminal_width=120)
        assert shown.exit_code == code, shown.output
        return shown.output

    def fill(self, system: str, content: bytes) -> bytes:
        """Grade, and return the LMS's file filled in."""
        self.run("grade", "tiny")
        (self.root / "exported.csv").write_bytes(content)
        self.run("export", "tiny", self.root / "exported.csv", "--to", system, "--partial")
        return (self.root / "exported-filled.csv").read_bytes()

    def scores(self) -> dict[str, str]:
        """Return what a Canvas gradebook that was filled in would set: ID -> score."""
        people = [lms_tables.Person(who.name, who.canvas, who.id, who.login) for who in PEOPLE]
        exported = self.root / "marks.csv"
        exported.write_bytes(lms_tables.canvas(people, column="Add and explain (77)", possible="8.00"))
        self.run("export", "tiny", exported, "--to", "canvas", "--partial")
        return lms_tables.read_canvas((self.root / "marks-filled.csv").read_bytes(), people)["Add and explain"]


@pytest.fixture
def office(tmp_path, monkeypatch, engine) -> Office:
    root = write_course(tmp_path / "course", course=COURSE + KEYS)
    columns = ("id", "name", "email", "login", "canvas", "moodle", "gradescope", "brightspace", "brightspace-user")
    (root / "roster.csv").write_text(lms.roster_csv(PEOPLE, columns), encoding="utf-8")
    claim_proven(root)
    course = read_course(root / "course.yml")
    built = build_assignment(root, course, course.assignments[0], verified=True)
    write_built(root, built)
    monkeypatch.chdir(root)
    monkeypatch.setattr(grading, "Engine", lambda unsafe: _Kept(engine))
    return Office(root, solved_notebook(built))


class _Kept:
    """The engine of all tests, which a command does not close."""

    def __init__(self, engine: grading.Engine) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> object:
        return getattr(self._engine, name)

    def __enter__(self) -> "_Kept":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def test_marks_reach_the_gradebook_of_the_lms(office, url, monkeypatch):
    """Right, wrong, late, rejected and missing: each row gets its score or stays empty, on both databases."""
    monkeypatch.setenv("AUTOGRADER_GRADEBOOK", url)
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    scores = office.scores()
    assert {who.name: scores[who.canvas] for who in PEOPLE} == {
        "Ada Adams": "4",
        "Bob Brandt": "1",  # always 3
        "Cem Çelik": "",
        "=HYPERLINK(0) Evil": "4",
        "Eve Evans": "2",  # the LMS says LATE and no time: one day, 25 % of 8 points
        "Finn Fuchs": "",
    }


RIGHT_AND_LATE = {ADA.name: 4.0, EVE.name: 2.0}  # of 8 points; late by ten hours costs a day, 25 %


def moodle(office: Office, hand_ins: list[lms.HandIn]) -> dict[str, float]:
    """Moodle's download tells no times: nobody is late."""
    listed = [lms_tables.Person(who.name, who.moodle, who.id, who.login, who.email) for who in PEOPLE]
    worksheet = lms_tables.moodle(listed, most="8.00")
    office.run("intake", "tiny", lms.moodle_download(office.root / "submissions", hand_ins))
    filled = office.fill("moodle", worksheet)
    names = {one.number: one.name for one in listed}
    return {names[number]: grade for number, (grade, _) in lms_tables.read_moodle(filled, worksheet).items()}


def brightspace(office: Office, hand_ins: list[lms.HandIn]) -> dict[str, float]:
    """Brightspace's folders have times."""
    listed = [lms_tables.Person(who.name, who.brightspace_user, who.org_defined_id, who.login) for who in PEOPLE]
    office.run("intake", "tiny", lms.brightspace_download(office.root / "submissions.zip", hand_ins))
    filled = office.fill("brightspace", lms_tables.brightspace(listed, item="Add and explain"))
    names = {one.sis: one.name for one in listed}
    found = lms_tables.read_brightspace(filled)["Add and explain"]
    return {names[number]: float(points) for number, points in found.items() if points}


def gradescope(office: Office, hand_ins: list[lms.HandIn]) -> dict[str, float]:
    """Gradescope's export has times; its table of grades is for staff."""
    listed = [lms_tables.Person(who.name, who.gradescope, who.gradescope, who.login, who.email) for who in PEOPLE]
    office.run("intake", "tiny", lms.gradescope_download(office.root / "export.zip", hand_ins))
    header, *rows = lms_tables.parsed(office.fill("gradescope", lms_tables.gradescope(listed, most="8.0")))
    people = {one.sis: one.name for one in listed}
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    return {people[line["SID"]]: float(line["Total Score"]) for line in lines if line["Total Score"]}


def nbgrader(office: Office, hand_ins: list[lms.HandIn]) -> dict[str, float]:
    """nbgrader's tree has times and ids; out goes a table of our own."""
    office.run("intake", "tiny", lms.nbgrader_tree(office.root / "exchange", hand_ins, "tiny"))
    office.run("grade", "tiny")
    office.run("export", "tiny", "--to", "csv", "--partial", "--out", office.root / "table.csv")
    header, *rows = lms_tables.parsed((office.root / "table.csv").read_bytes())
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    return {line["name"]: float(line["score"]) for line in lines if line["score"]}


@pytest.mark.parametrize("system", [moodle, brightspace, gradescope, nbgrader])
def test_every_system_gets_back_what_it_is_owed(office, system):
    """Its download in, the file that it takes out, read as it reads it."""
    due = {"moodle": {**RIGHT_AND_LATE, EVE.name: 4.0}}.get(system.__name__, RIGHT_AND_LATE)
    hand_ins = [
        lms.HandIn((ADA,), office.right, "tiny.ipynb", at=DUE - timedelta(hours=1)),
        lms.HandIn((EVE,), office.notebook("eve"), "tiny.ipynb", at=DUE + timedelta(hours=10)),
    ]
    assert system(office, hand_ins) == due


def test_two_who_hand_in_the_same_file_both_have_its_score_and_a_page(office):
    """As with the untouched template: run once, and nobody is left out, also when one of the names is put right."""
    hand_ins = [lms.HandIn((who,), office.right, "tiny.ipynb") for who in (ADA, BOB)]
    office.run("intake", "tiny", lms.canvas_download(office.root / "same", hand_ins))
    office.run("grade", "tiny")
    roster = office.root / "roster.csv"
    roster.write_text(roster.read_text().replace("Ada Adams", "Ada Adams-Lee"))
    office.run("intake", "tiny", office.root / "same")  # Canvas has the old name, the id decides
    office.run("release", "tiny", "--partial")
    assert len(list((office.root / ".autograder" / "released" / "tiny").iterdir())) == 2
    assert [office.scores()[who.canvas] for who in (ADA, BOB)] == ["4", "4"]


def test_a_group_shares_its_grade(office):
    """One file, two names: graded once, and each has the score."""
    group = lms.HandIn((ADA, BOB), office.right, "tiny.ipynb", at=DUE - timedelta(hours=1))
    assert gradescope(office, [group]) == {ADA.name: 4.0, BOB.name: 4.0}
    assert len(list((office.root / ".autograder" / "grades" / "tiny" / "results").iterdir())) == 1


def test_a_second_intake_and_a_second_grading_change_nothing(office):
    """And say so."""
    download = office.download()
    office.run("intake", "tiny", download)
    office.run("grade", "tiny", code=1)
    book = office.root / ".autograder" / "gradebook.sqlite"
    before = sqlite3.connect(book).execute("select count(*) from scores").fetchone()
    assert "Nothing new: 5 attempts are known already" in office.run("intake", "tiny", download)
    assert "4 of 5 are graded already" in office.run("grade", "tiny", code=1)
    assert sqlite3.connect(book).execute("select count(*) from scores").fetchone() == before


def test_what_people_decide_counts_and_can_be_told(office):
    """A mark for the written answer, an extension, and the history of it all."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    office.run("override", "tiny", ADA.id, "--question", "q2", "--points", "3.5", "--reason", "no example")
    office.run("extend", "tiny", "Eve", "--until", "2026-12-10T12:00", "--reason", "was ill")
    scores = office.scores()
    assert (scores[ADA.canvas], scores[EVE.canvas]) == ("7.5", "4")
    told = office.run("history", ADA.id)
    assert "no example" in told and "attempt" in told and "score" in told


def test_feedback_is_public_after_its_release_and_not_before(office):
    """The zip for the LMS holds the page with the score that counts; withdrawn, it is refused again."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    pages = office.root / "pages.zip"
    command = ("export", "tiny", "--to", "canvas", "--partial", "--feedback", pages)
    assert "not released" in office.run(*command, code=1) and not pages.exists()
    office.run("release", "tiny", "--partial")
    office.run(*command)
    with zipfile.ZipFile(pages) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    (eve,) = [text for name, text in texts.items() if EVE.canvas in name]
    assert len(texts) == 5 and "<strong>2</strong>" in eve and "Eve Evans" in eve
    office.run("release", "tiny", "--withdraw")
    assert "not released" in office.run(*command, code=1)


def test_written_answers_that_nobody_marked_hold_the_release_back(office):
    """The message names the question and who waits."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    told = office.run("release", "tiny", code=1)
    assert "q2" in told and "Ada Adams" in told and "--partial" in told


def test_a_marked_answer_reaches_the_page_of_its_student(office):
    """With what the answer has, and what was said of it; then nothing holds the release back."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    at = datetime.now(UTC)
    with open_gradebook(str(office.root / ".autograder" / "gradebook.sqlite")) as book:
        graded = [one for one, score in book.scores("tiny").items() if score.status == "graded"]
        book.set_rubrics("tiny", [Rubric("q2", 4.0, (RubricItem("rule", 3.0, "Says why."),))], at, "grace")
        marks = [AnswerMark("tiny", one, "q2", ("rule",), 0.0, "Well put.", "grace", at) for one in graded]
        book.add_answer_marks(marks, {})
    office.run("release", "tiny")
    pages = [path.read_text() for path in (office.root / ".autograder" / "released" / "tiny").iterdir()]
    assert len([page for page in pages if "Says why." in page and "Well put." in page]) == len(graded)
    assert "3/4 (rule): Well put." in " ".join(office.run("history", ADA.id).split())


def test_a_regrade_reaches_the_gradebook(office):
    """The public test is worth two points now instead of one: from evidence, without the files."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    source = office.root / "solutions" / "tiny" / "tiny.py"
    text = source.read_text().replace("points: 1\nhidden", "points: 2\nhidden")
    source.write_text(text.replace("points: 3\nhidden", "points: 2\nhidden"))
    claim_proven(office.root)
    office.run("build")
    office.run("regrade", "tiny")
    assert office.scores()[BOB.canvas] == "2"


def test_an_earlier_attempt_counts_when_the_last_was_rejected(office):
    """The file that can be graded; the command says that it is still to be done, and does it when called again."""
    office.run("intake", "tiny", office.download())
    again = lms.canvas_download(office.root / "again", [lms.HandIn((ADA,), b"{", "tiny.ipynb")])
    office.run("intake", "tiny", again)
    assert "1 earlier attempts count" in office.run("grade", "tiny", code=1)
    office.run("grade", "tiny", code=1)  # Cem's file is still rejected
    assert office.scores()[ADA.canvas] == "4"


def test_without_an_intake_grade_says_what_to_do(office):
    """No traceback, no empty class."""
    assert "autograder intake tiny" in office.run("grade", "tiny", code=2)


def test_a_student_who_is_deleted_leaves_no_file_behind(office):
    """Neither what was handed in, nor result, evidence, page, nor a table with the name."""
    office.run("intake", "tiny", office.download())
    office.run("grade", "tiny", code=1)
    office.run("release", "tiny", "--partial")
    office.run("gradebook", "delete-student", EVE.id, "--yes")
    kept = [path for path in (office.root / ".autograder").rglob("*") if path.is_file()]
    assert not [path for path in kept if b"Eve Evans" in path.read_bytes() or "Eve" in path.name]
    assert office.notebook("eve") not in [path.read_bytes() for path in kept]
    assert [path for path in kept if "Ada" in path.name]
