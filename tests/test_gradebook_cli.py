"""The commands of the gradebook as staff meet them: what they say, what they write, how they end."""

import json
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner, Result
from test_gradebook import ADA, FILE, MONDAY, attempt, score
from tiny import COURSE

from autograder.cli.extend import extend
from autograder.cli.gradebook import gradebook
from autograder.cli.history import history
from autograder.cli.override import override
from autograder.gradebook import open_gradebook
from autograder.records import Student

MAIN = click.Group(commands={one.name: one for one in (extend, gradebook, history, override)})
MUELLERS = (Student("mue1", "Jürgen Müller", "jm@example.org"), Student("mue12", "Jana Müller"))


class Desk:
    """A course's folder with a gradebook of three students; ada's file is graded."""

    def __init__(self, folder) -> None:
        self.file = folder / ".autograder" / "gradebook.sqlite"
        (folder / "course.yml").write_text(COURSE.replace("id: tiny", "id: sum"))
        self.file.parent.mkdir()
        with open_gradebook(str(self.file)) as book:
            book.set_roster([ADA, *MUELLERS], MONDAY, "grace")
            book.add_attempts([attempt(late=True)], MONDAY, "grace")
            book.add_scores("sum", [score(1)], "grade", "k", MONDAY, "grace")

    def run(self, *command: str, exit_code: int = 0, **more) -> str:
        """Run a command, and return what it says in one line: a terminal wraps where it likes."""
        result: Result = CliRunner().invoke(MAIN, command, **more)
        assert result.exit_code == exit_code, result.output
        return " ".join(result.output.split())

    def overrides(self):
        with open_gradebook(str(self.file)) as book:
            return book.overrides("sum")

    def until(self) -> list[datetime | None]:
        with open_gradebook(str(self.file)) as book:
            return [one.until for one in book.extensions("sum")]


@pytest.fixture
def desk(tmp_path, monkeypatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("AUTOGRADER_GRADEBOOK", raising=False)
    return Desk(tmp_path)


def test_history_tells_times_of_the_courses_clock(desk) -> None:
    """Noon in UTC is one o'clock in Berlin in November."""
    told = desk.run("history", "ada")
    assert "2026-11-02 13:00 CET score sum grade of sha256 aaaaaaaaaaaa: 2 of 3 (q2 1/2, q1 1/1) (by grace)" in told


def test_history_as_of_tells_no_more_than_was_known(desk) -> None:
    """A date alone is its end; before the first roster there is nothing."""
    desk.run("override", "sum", "ada", "--points", "1", "--reason", "x")
    assert "override" in desk.run("history", "ada")
    assert "override" not in desk.run("history", "ada", "--as-of", "2026-11-02")
    assert "Nothing yet" in desk.run("history", "ada", "--as-of", "2026-11-02T12:59")


@pytest.mark.parametrize("typed", ["mue1", "JM@example.org", "jürgen", "jurgen M"])
def test_a_student_is_named_in_several_ways(desk, typed) -> None:
    """A whole id, e-mail, part of the name; case and accents need not be typed, not every keyboard has them."""
    assert "Jürgen Müller" in desk.run("history", typed)


def test_a_student_is_named_by_the_id_of_an_lms(desk) -> None:
    """As staff find it in a message."""
    assert "Ada Lovelace" in desk.run("history", "alove")


def test_an_ambiguous_name_lists_who_may_be_meant(desk) -> None:
    """Nobody is guessed."""
    told = desk.run("override", "sum", "müller", "--points", "1", "--reason", "x", exit_code=2)
    assert "mue12 Jana Müller mue1 Jürgen Müller jm@example.org" in told
    assert desk.overrides() == ()


def test_a_stranger_is_named(desk) -> None:
    """With what was typed."""
    assert "name 'eve'" in desk.run("history", "eve", exit_code=2)


def test_an_override_is_written_with_author_and_reason(desk) -> None:
    """And says what it replaces."""
    command = ("override", "sum", "ada", "--question", "q2", "--reason", "fine")
    assert "Ada Lovelace (ada), sum q2: 1.5 points." in desk.run(*command, "--points", "1.5", "--author", "grace")
    assert "Before: 1.5 points, by grace: fine" in desk.run(*command, "--points", "0")
    assert [(one.question, one.points, one.reason) for one in desk.overrides()] == [("q2", 0.0, "fine")]


def test_an_override_is_taken_back_once(desk) -> None:
    """The second time there is nothing left to take back."""
    command = ("override", "sum", "ada", "--reason", "x")
    desk.run(*command, "--excuse")
    assert "override taken back" in desk.run(*command, "--withdraw")
    assert desk.overrides() == ()
    assert "no override to take back" in desk.run(*command, "--withdraw", exit_code=1)


def test_more_points_than_there_are_are_remarked_on(desk) -> None:
    """A bonus is allowed, a slip of the finger is seen."""
    told = desk.run("override", "sum", "ada", "--question", "q2", "--points", "20", "--reason", "bonus")
    assert "More than the 2 points" in told
    assert desk.overrides()[0].points == 20


@pytest.mark.parametrize(
    ("options", "exit_code", "found"),
    [
        (["--points", "1", "--excuse", "--reason", "x"], 2, "one of --points"),
        (["--reason", "x"], 2, "one of --points"),
        (["--excuse", "--question", "q2", "--reason", "x"], 2, "whole assignment"),
        (["--points", "1", "--question", "q9", "--reason", "x"], 2, "has no question 'q9'; it has q2, q1"),
        (["--points", "nan", "--reason", "x"], 1, "found nan"),
        (["--points", "-1", "--reason", "x"], 1, "found -1"),
        (["--points", "1", "--reason", " "], 1, "needs a reason"),
        (["--points", "1"], 2, "--reason"),
    ],
)
def test_an_unclear_override_writes_nothing(desk, options, exit_code, found) -> None:
    """It says what is unclear."""
    assert found in desk.run("override", "sum", "ada", *options, exit_code=exit_code)
    assert desk.overrides() == ()


def test_an_unknown_assignment_is_named(desk) -> None:
    """Overrides of what the course does not have would never count."""
    assert "no assignment 'sun'" in desk.run("override", "sun", "ada", "--excuse", "--reason", "x", exit_code=2)


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("2026-12-09T12:00", datetime(2026, 12, 9, 11, tzinfo=UTC)),
        ("2026-12-09 12:00", datetime(2026, 12, 9, 11, tzinfo=UTC)),
        ("2026-12-09", datetime(2026, 12, 9, 22, 59, 59, tzinfo=UTC)),
        ("2026-12-09T12:00+05:00", datetime(2026, 12, 9, 7, tzinfo=UTC)),
        ("2026-12-09T12:00Z", datetime(2026, 12, 9, 12, tzinfo=UTC)),
        ("2027-03-29T12:00", datetime(2027, 3, 29, 10, tzinfo=UTC)),
        ("2027-10-31T02:30+01:00", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ],
)
def test_an_extension_is_read_by_the_courses_clock(desk, typed, moment) -> None:
    """Summer time included; a date alone means its end."""
    desk.run("extend", "sum", "ada", "--until", typed, "--reason", "was ill")
    assert desk.until() == [moment]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("soon", "Found the time 'soon'"),
        ("2026-02-30", "Found the time"),
        ("9999-12-31T23:59-12:00", "Found the time"),
        ("2027-03-28T02:30", "There is no 2027-03-28T02:30 in Europe/Berlin"),
        ("2027-10-31T02:30", "twice, as the clock is put back: add +0200 or +0100"),
    ],
)
def test_a_time_that_is_unclear_is_refused(desk, typed, found) -> None:
    """Nothing is guessed."""
    assert found in desk.run("extend", "sum", "ada", "--until", typed, "--reason", "x", exit_code=2)
    assert desk.until() == []


def test_an_extension_is_taken_back_once(desk) -> None:
    """And one that ends before the due date is remarked on."""
    command = ("extend", "sum", "ada", "--reason", "x")
    assert "Not after the due date" in desk.run(*command, "--until", "2026-12-01")
    assert "(before: 2026-12-01 23:59 CET)" in desk.run(*command, "--until", "2026-12-09")
    desk.run(*command, "--withdraw")
    assert desk.until() == []
    assert "no extension to take back" in desk.run(*command, "--withdraw", exit_code=1)
    assert "one of --until" in desk.run(*command, exit_code=2)


def test_backup_and_restore_make_a_copy(desk, tmp_path) -> None:
    """An earlier backup is overwritten only when asked, a gradebook never."""
    before = desk.run("history", "ada")
    desk.run("gradebook", "backup", "backup.zip")
    assert "is there already" in desk.run("gradebook", "backup", "backup.zip", exit_code=2)
    desk.run("gradebook", "backup", "backup.zip", "--force")
    copy = str(tmp_path / "copy.sqlite")
    assert "rows restored" in desk.run("gradebook", "restore", "backup.zip", "--gradebook", copy)
    assert desk.run("history", "ada", env={"AUTOGRADER_GRADEBOOK": copy}) == before
    assert "is not empty" in desk.run("gradebook", "restore", "backup.zip", "--gradebook", copy, exit_code=1)


def test_a_student_gets_a_file_that_only_staff_can_read(desk, tmp_path) -> None:
    """It overwrites nothing."""
    desk.run("gradebook", "student-data", "ada", "ada.json")
    data = json.loads((tmp_path / "ada.json").read_text())
    assert data["attempts"][0]["sha256"] == FILE
    assert (tmp_path / "ada.json").stat().st_mode & 0o077 == 0
    assert "is there already" in desk.run("gradebook", "student-data", "ada", "ada.json", exit_code=2)


def test_a_student_is_deleted_after_a_yes(desk) -> None:
    """It says how much went, and what is left to be looked through."""
    assert "Nothing was deleted" in desk.run("gradebook", "delete-student", "ada", input="n\n", exit_code=1)
    told = desk.run("gradebook", "delete-student", "ada", input="y\n")
    assert "Deleted: 1 attempts, 1 scores" in told and "the LMS" in told
    desk.run("history", "ada", exit_code=2)


def test_without_a_gradebook_the_way_to_one_is_told(desk) -> None:
    """A question makes no file."""
    desk.file.unlink()
    assert "There is no gradebook" in desk.run("history", "ada", exit_code=1)
    assert not desk.file.exists()


def test_hostile_names_only_show(desk) -> None:
    """A name cannot move the cursor or speak for the program."""
    with open_gradebook(str(desk.file)) as book:
        book.set_roster([Student("eve", "\x1b[2J[red]Eve\N{RIGHT-TO-LEFT OVERRIDE}")], MONDAY, "grace")
    told = desk.run("history", "eve") + desk.run("gradebook", "delete-student", "eve", "--yes")
    assert "\x1b[2J" not in told and "\N{RIGHT-TO-LEFT OVERRIDE}" not in told
    assert "[red]Eve" in told


@pytest.mark.parametrize("command", [extend, history, override, *gradebook.commands.values()])
def test_every_command_teaches(command) -> None:
    """Its help says more than its name, with exit codes."""
    told = CliRunner().invoke(command, ["--help"]).output
    assert "Exit code" in told
