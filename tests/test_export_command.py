"""`autograder export` and `autograder standings` as people meet them: from a gradebook into a file of the LMS."""

import csv
import io
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from lms_tables import Person, canvas, moodle, read_canvas, read_canvas_names, read_moodle
from tiny import COURSE

from autograder.attempts import page_name
from autograder.cli.export import export
from autograder.cli.standings import standings
from autograder.gradebook import open_gradebook
from autograder.records import AnswerMark, Attempt, Override, Rubric, RubricItem, Score, Student

DUE = datetime(2026, 12, 7, 22, 59, tzinfo=UTC)
PEOPLE = [
    Person("Ada Lovelace", "1001", "s1", "ada", "ada@uni.example"),
    Person("Bob Ross", "1002", "s2", "bob", "bob@uni.example"),
    Person("Zoe Zed", "1003", "s3", "zoe", "zoe@uni.example"),
]
TITLE = "Add and explain (7)"


class Office:
    """A course with a gradebook in which Ada was in time, Bob a day late, and Zoe handed in nothing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "course.yml").write_text("late: {percent: 25}\n" + COURSE, encoding="utf-8")
        (folder / ".autograder").mkdir()
        self.exported = folder / "grades.csv"
        with self.book() as book:
            people = [Student(one.login, one.name, one.email, {"canvas": one.number}) for one in PEOPLE]
            book.set_roster(people, DUE, "staff")
            book.add_attempts([self.attempt("ada", "1001", 0), self.attempt("bob", "1002", 24)], DUE, "staff")
            book.add_scores("tiny", [self.score("1001", 6, 2), self.score("1002", 5, 1)], "grade", "1", DUE, "staff")

    def book(self):
        return open_gradebook(str(self.folder / ".autograder" / "gradebook.sqlite"))

    def attempt(self, who: str, number: str, hours: float) -> Attempt:
        at = DUE + timedelta(hours=hours)
        return Attempt("tiny", (who,), number * 16, "tiny.ipynb", "canvas", f"{who}_{number}_5{number}_tiny.ipynb", at)

    def score(self, number: str, points: float, written: float | None) -> Score:
        return Score("tiny", number * 16, "graded", {"q1": (points, 6.0), "q2": (written, 2.0)})

    def override(self, who: str, points: float, question: str = "") -> None:
        with self.book() as book:
            book.add_override(Override("tiny", who, question, points, "staff", "reason", datetime.now(UTC)))

    def run(self, *words: str | Path) -> Result:
        return CliRunner().invoke(export, ["tiny", *map(str, words)])

    def to_canvas(self, *more: str | Path) -> Result:
        return self.run("--to", "canvas", self.exported, *more)


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOGRADER_GRADEBOOK", raising=False)
    office = Office(tmp_path)
    office.exported.write_bytes(canvas(PEOPLE, {"1001": "3.00"}, column=TITLE, possible="8.00"))
    return office


def test_scores_of_the_gradebook_go_into_a_copy_of_the_file(office):
    """The file itself stays; the copy has what counts, lateness included, and nothing for who has nothing."""
    before = office.exported.read_bytes()
    result = office.to_canvas()
    assert result.exit_code == 0, result.output
    assert office.exported.read_bytes() == before
    found = read_canvas((office.folder / "grades-filled.csv").read_bytes(), PEOPLE)
    assert found["Add and explain"] == {"1001": "8", "1002": "4", "1003": ""}
    assert "2 rows change, 0 say so already" in result.output
    assert "No score, so the rows stay as they are: 1 missing" in result.output
    assert sorted(path.name for path in office.folder.iterdir() if path.suffix == ".csv") == [
        "grades-filled.csv",
        "grades.csv",
    ]


def test_a_second_run_says_that_nothing_changes(office):
    """Canvas' next export holds what was imported."""
    office.to_canvas()
    office.exported.write_bytes((office.folder / "grades-filled.csv").read_bytes())
    assert "0 rows change, 2 say so already" in office.to_canvas().output


def test_who_has_a_score_but_no_row_needs_a_person(office):
    """Exit code 1, with the name; the others' scores are written."""
    office.exported.write_bytes(canvas(PEOPLE[1:], column=TITLE, possible="8.00"))
    result = office.to_canvas()
    assert result.exit_code == 1
    assert "A score but no row: Ada Lovelace (ada)" in result.output
    assert read_canvas((office.folder / "grades-filled.csv").read_bytes(), PEOPLE)["Add and explain"]["1002"] == "4"


def test_answers_that_nobody_has_marked_stop_the_export(office):
    """Unless --partial is given; then what is known goes out."""
    with office.book() as book:
        book.add_scores("tiny", [office.score("1001", 6, None)], "regrade", "1", DUE, "staff")
    result = office.to_canvas()
    assert result.exit_code == 1 and "(q2) of Ada Lovelace (ada)" in result.output
    assert not (office.folder / "grades-filled.csv").exists()
    assert office.to_canvas("--partial").exit_code == 0
    assert read_canvas((office.folder / "grades-filled.csv").read_bytes(), PEOPLE)["Add and explain"]["1001"] == "6"


def test_a_marked_answer_goes_out_with_the_rest(office):
    """Once people have marked it nothing waits: neither the export nor `standings` asks for a person."""
    moment, file = datetime.now(UTC), "1001" * 16
    with office.book() as book:
        book.add_scores("tiny", [office.score("1001", 6, None)], "regrade", "1", DUE, "staff")
    assert CliRunner().invoke(standings, ["tiny"]).exit_code == 1
    with office.book() as book:
        book.set_rubrics("tiny", [Rubric("q2", 2.0, (RubricItem("rule", 1.5, "Says why."),))], moment, "staff")
        book.add_answer_marks([AnswerMark("tiny", file, "q2", ("rule",), 0.0, "", "staff", moment)], {})
    assert office.to_canvas().exit_code == 0
    assert read_canvas((office.folder / "grades-filled.csv").read_bytes(), PEOPLE)["Add and explain"]["1001"] == "7.5"
    shown = CliRunner().invoke(standings, ["tiny"], terminal_width=200)
    assert shown.exit_code == 0 and "graded 7.5/8 7.5 points, in time" in " ".join(shown.output.split())


@pytest.mark.parametrize("out", ["grades.csv", "./grades.csv", "link.csv"])
def test_the_file_of_the_lms_is_never_overwritten(office, out):
    """Under whatever name it is given."""
    (office.folder / "link.csv").symlink_to(office.exported)
    before = office.exported.read_bytes()
    result = office.to_canvas("--out", out)
    assert result.exit_code == 2 and "never overwritten" in result.output
    assert office.exported.read_bytes() == before


def test_a_refused_file_leaves_nothing_behind(office):
    """Two rows for one student: nothing is written, not even a part."""
    office.exported.write_bytes(canvas([*PEOPLE, PEOPLE[0]], column=TITLE, possible="8.00"))
    result = office.to_canvas()
    assert result.exit_code == 1 and "lines 3 and 6" in result.output
    assert [path.name for path in office.folder.iterdir() if "filled" in path.name or "unfinished" in path.name] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--to", "canvas"], "needs the FILE"),
        (["--to", "csv", "grades.csv"], "takes no FILE"),
        (["--to", "canvas", "grades.csv", "--comments"], "is for Moodle"),
        (["--to", "canvas", "nothing.csv"], "There is no file"),
        (["--to", "elsewhere"], "elsewhere"),
    ],
)
def test_a_mistake_in_the_command_is_exit_code_2(office, words, said):
    """And says what is wrong."""
    result = office.run(*words)
    assert result.exit_code == 2 and said in result.output


def test_without_a_gradebook_the_message_says_what_to_do(office):
    """Nothing is made on the way."""
    result = office.to_canvas("--gradebook", office.folder / "no.sqlite")
    assert result.exit_code == 1 and "There is no gradebook" in result.output
    assert not (office.folder / "no.sqlite").exists()


def test_who_is_found_by_name_alone_is_told(office):
    """Nothing is guessed in silence."""
    with office.book() as book:
        book.set_roster([Student(one.login, one.name) for one in PEOPLE], DUE, "staff")
    office.exported.write_bytes(canvas(PEOPLE[:2], column=TITLE, possible="8.00").replace(b",ada,", b",al,"))
    result = office.to_canvas()
    assert "Found by name alone, as the roster has no id for them: Ada Lovelace (ada)" in result.output


def test_moodle_gets_comments_on_request(office):
    """The reason of the score, where there is a score."""
    sheet = moodle(PEOPLE, most="8.00")
    office.exported.write_bytes(sheet)
    assert office.run("--to", "moodle", office.exported, "--comments").exit_code == 0
    found = read_moodle((office.folder / "grades-filled.csv").read_bytes(), sheet)
    assert found == {"1001": (8, "8 points, in time"), "1002": (4, "6 points less 2, 1 day late")}


def test_blind_marking_in_moodle_is_seen_through_by_the_places_of_the_download(office):
    """The worksheet has numbers alone; those of this assignment stand in the names of its download."""
    with office.book() as book:
        at = DUE - timedelta(hours=1)
        file = ("9" * 64, "tiny.ipynb", "moodle")
        book.add_attempts(
            [Attempt("tiny", ("zoe",), *file, "Participant_1002_assignsubmission_file_", at)], DUE, "staff"
        )
        book.add_scores("tiny", [Score("tiny", "9" * 64, "graded", {"q1": (3.0, 8.0)})], "grade", "1", DUE, "staff")
    sheet = moodle(PEOPLE, most="8.00", blind=True)
    office.exported.write_bytes(sheet)
    result = office.run("--to", "moodle", office.exported)
    assert result.exit_code == 1 and "A score but no row: Ada Lovelace (ada), Bob Ross (bob)" in result.output
    assert read_moodle((office.folder / "grades-filled.csv").read_bytes(), sheet) == {"1002": (3, "")}


def test_our_own_table_needs_no_file(office):
    """All students, the missing ones too."""
    assert office.run("--to", "csv", "--out", "all.csv").exit_code == 0
    rows = list(csv.DictReader(io.StringIO((office.folder / "all.csv").read_text())))
    assert [(row["id"], row["status"], row["score"]) for row in rows] == [
        ("ada", "graded", "8"),
        ("bob", "graded", "4"),
        ("zoe", "missing", ""),
    ]


def test_released_pages_are_packed_for_the_bulk_upload(office):
    """Ada's page goes out under the name of her file; who has no page is told."""
    folder = office.folder / ".autograder" / "released" / "tiny"
    folder.mkdir(parents=True)
    (folder / page_name(Student("ada", "Ada Lovelace"))).write_text("<p>Ada")
    result = office.run("--to", "canvas", "--feedback", "pages.zip")
    assert result.exit_code == 1 and "No released page: Bob Ross (bob)" in result.output
    with zipfile.ZipFile(office.folder / "pages.zip") as archive:
        assert read_canvas_names(archive.namelist()) == {"ada_1001_51001_tiny.html": ("1001", "51001")}
        assert archive.read("ada_1001_51001_tiny.html") == b"<p>Ada"


def test_standings_shows_what_counts_and_why(office):
    """In the order of names, with the status of all."""
    office.override("bob", 7.5)
    result = CliRunner().invoke(standings, ["tiny"], terminal_width=200)
    assert result.exit_code == 0, result.output
    text = " ".join(result.output.split())
    assert "Ada Lovelace (ada) graded 8/8 8 points, in time" in text
    assert "Bob Ross (bob) graded 7.5/8" in text and "2 graded, 1 missing" in text


def test_hostile_names_do_nothing_to_the_terminal(office):
    """Neither escapes nor markup."""
    with office.book() as book:
        evil = Student("zoe", "Zoe \x1b[31m[red]Zed", "", {"canvas": "77"})
        book.set_roster([*book.students()[:2], evil], DUE, "staff")
    office.override("zoe", 3)
    office.exported.write_bytes(
        canvas([*PEOPLE[:2], Person("[bold]\x1b]0;x\x07 Row", "9", "", "")], column=TITLE, possible="8")
    )
    result = office.to_canvas()
    assert "\x1b" not in result.output and "\x07" not in result.output and "[red]Zed" in result.output
    assert "[bold]" in result.output
    assert "\x1b" not in CliRunner().invoke(standings, ["tiny"]).output


def test_300_students_with_1000_attempts_take_seconds(office):
    """From the gradebook into the file."""
    people = [Person(f"First{n} Last{n}", str(5000 + n), f"s{n}", f"login{n}") for n in range(300)]
    with office.book() as book:
        book.set_roster([Student(one.login, one.name, "", {"canvas": one.number}) for one in people], DUE, "staff")
        handed_in = [
            Attempt(
                "tiny",
                (people[n % 300].login,),
                f"{n:064}",
                "t.ipynb",
                "canvas",
                str(n),
                DUE + timedelta(minutes=n - 900),
            )
            for n in range(1000)
        ]
        book.add_attempts(handed_in, DUE, "staff")
        made = [Score("tiny", one.sha256, "graded", {"q1": (5.0, 8.0)}) for one in handed_in]
        book.add_scores("tiny", made, "grade", "1", DUE, "staff")
    office.exported.write_bytes(canvas(people, column=TITLE, possible="8"))
    start = datetime.now()
    result = office.to_canvas()
    assert result.exit_code == 0 and "300 rows change" in result.output
    assert (datetime.now() - start).total_seconds() < 5
