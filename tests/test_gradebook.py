"""The gradebook on SQLite and PostgreSQL: what is added stays, what counts is the newest, every past can be asked."""

import shutil
import sqlite3
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Table, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError

from autograder.errors import GradebookError
from autograder.gradebook import Gradebook, open_gradebook, schema
from autograder.gradebook.database import Database
from autograder.gradebook.tables import KEPT, KEYS, METADATA, REVISION, VERSION_TABLE, attempts, counting
from autograder.records import (
    AnswerMark,
    Attempt,
    Extension,
    Override,
    Rubric,
    RubricItem,
    Score,
    Snippet,
    Student,
)

pytest_plugins = ["postgres"]

MONDAY = datetime(2026, 11, 2, 12, tzinfo=UTC)
ADA = Student("ada", "Ada Lovelace", "ada@example.org", {"canvas": "12", "login": "alove"})
BOB = Student("bob", "Bob Hopper")
FILE, OTHER_FILE = "a" * 64, "b" * 64


def day(number: int) -> datetime:
    """Return noon, that many days after Monday."""
    return MONDAY + timedelta(days=number)


def attempt(*students: str, sha256: str = FILE, **more) -> Attempt:
    return replace(Attempt("sum", students or ("ada",), sha256, "sum.ipynb", "canvas", "ada.ipynb"), **more)


def score(points: float | None, sha256: str = FILE, **more) -> Score:
    return replace(Score("sum", sha256, "graded", {"q2": (points, 2.0), "q1": (1.0, 1.0)}, kit="k"), **more)


def override(points: float | None, at: datetime = MONDAY, student: str = "ada", question: str = "", **more) -> Override:
    return replace(Override("sum", student, question, points, "grace", "wrote to me", at), **more)


def extension(until: datetime | None, at: datetime = MONDAY) -> Extension:
    return Extension("sum", "ada", until, "grace", "was ill", at)


RUBRIC = Rubric("q2", 2.0, (RubricItem("numbers", 1.0, "Gives two numbers."), RubricItem("rule", 1.5, "Says why.")))


def mark(*items: str, at: datetime = MONDAY, sha256: str = FILE, **more) -> AnswerMark:
    return replace(AnswerMark("sum", sha256, "q2", items, 0.0, "", "grace", at), **more)


def fill(book: Gradebook) -> None:
    """Put a row into every table."""
    fill_first(book)
    book.set_rubrics("sum", [RUBRIC], MONDAY, "grace")
    book.add_answer_marks([mark("rule", comment="Well said.")], {})
    book.add_snippet(Snippet("sum", "q2", "Which unit?"), MONDAY, "grace")


def fill_first(book: Gradebook) -> None:
    """Put a row into every table that the first gradebooks had."""
    book.set_roster([ADA, BOB], MONDAY, "grace")
    book.add_attempts([attempt("ada", "bob", submitted_at=MONDAY, late=False)], MONDAY, "grace")
    book.add_scores("sum", [score(1)], "grade", "k", MONDAY, "grace")
    book.add_override(override(2, question="q2"))
    book.add_extension(extension(day(9)))
    book.release("sum", day(1), "grace")


@pytest.fixture
def book(url):
    """A gradebook of a course of two."""
    with open_gradebook(url) as book:
        book.set_roster([ADA, BOB], MONDAY, "grace")
        yield book


# --- opening, versions, tables


def test_what_was_added_is_there_when_it_is_opened_again(url) -> None:
    """Opening makes the gradebook once."""
    with open_gradebook(url) as book:
        fill(book)
    with open_gradebook(url, create=False) as book:
        assert book.students() == (ADA, BOB)
        assert book.scores("sum") == {FILE: score(1)}


def test_the_tables_are_what_the_models_say(url) -> None:
    """Alembic finds nothing to change after the migrations have run."""
    with open_gradebook(url):
        pass
    with Database(url).reading() as connection:
        options = {"version_table": VERSION_TABLE, "compare_type": True}
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []


def test_the_last_migration_is_the_version_of_the_kit() -> None:
    """Whoever adds a step says so in tables.py."""
    assert ScriptDirectory(str(schema.MIGRATIONS)).get_heads() == [REVISION]


def test_a_later_step_keeps_what_is_there(url, tmp_path) -> None:
    """A gradebook with all its rows gets a column more, and still refuses changes."""
    with open_gradebook(url) as book:
        fill(book)
        before = book.history("ada")
    later = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    (later / "versions" / "v3_third.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'v3'\ndown_revision = 'v2'\n"
        "def upgrade():\n    op.add_column('overrides', sa.Column('ticket', sa.Text()))\n"
    )
    database = Database(url)
    with database.writing() as connection:
        schema.upgrade(connection, later)
    with database.reading() as connection:
        assert "ticket" in {one["name"] for one in inspect(connection).get_columns("overrides")}
        assert Gradebook(database).history("ada") == before
    with pytest.raises(DBAPIError, match="only ever added to"), database.writing() as connection:
        connection.execute(text("UPDATE overrides SET ticket = 'x'"))


def test_a_gradebook_of_the_first_kits_is_brought_up_to_date(url, tmp_path) -> None:
    """What is in it stays, and its answers can be marked."""
    first = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, first, ignore=shutil.ignore_patterns("__pycache__", "v2_*"))
    database = Database(url)
    with database.writing() as connection:
        schema.upgrade(connection, first)
    fill_first(Gradebook(database))
    before = {table.name: rows_of(database, table) for table in KEPT[:9]}
    with open_gradebook(url, create=False) as book:
        assert {table.name: rows_of(database, table) for table in KEPT[:9]} == before
        assert [event.what for event in book.history("ada")][-1] == "released"
        book.set_rubrics("sum", [RUBRIC], MONDAY, "grace")
        book.add_answer_marks([mark("rule")], {})
        assert book.answer_marks("sum")[FILE, "q2"].items == ("rule",)


def rows_of(database: Database, table: Table) -> list[tuple]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(select(table).order_by(*table.primary_key))]


def test_a_step_that_fails_changes_nothing(url, tmp_path) -> None:
    """Half a migration is taken back, on SQLite too."""
    with open_gradebook(url) as book:
        fill(book)
    later = tmp_path / "migrations"
    shutil.copytree(schema.MIGRATIONS, later, ignore=shutil.ignore_patterns("__pycache__"))
    (later / "versions" / "v3_third.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\nrevision = 'v3'\ndown_revision = 'v2'\n"
        "def upgrade():\n    op.add_column('overrides', sa.Column('ticket', sa.Text()))\n    raise OSError('power')\n"
    )
    with pytest.raises(OSError, match="power"), Database(url).writing() as connection:
        schema.upgrade(connection, later)
    with open_gradebook(url) as book, Database(url).reading() as connection:
        assert book.students() == (ADA, BOB)
        assert "ticket" not in {one["name"] for one in inspect(connection).get_columns("overrides")}


def test_a_gradebook_of_a_newer_kit_is_refused_by_name(url) -> None:
    """Nothing is read by guessing what newer tables mean."""
    with open_gradebook(url):
        pass
    with Database(url).writing() as connection:
        connection.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = 'v12'"))
    with pytest.raises(GradebookError, match=r"newer kit made it\. Its tables are of version v12, .* up to v2\."):
        open_gradebook(url).__enter__()


def test_tables_of_another_program_are_left_alone(url) -> None:
    """A slip in the URL does not mix the gradebook into a database that holds something else."""
    with Database(url).writing() as connection:
        connection.execute(text("CREATE TABLE recipes (cake TEXT)"))
    with pytest.raises(GradebookError, match=r"tables of another program \('recipes'\)"):
        open_gradebook(url).__enter__()


def test_a_file_that_is_no_database_is_named(tmp_path) -> None:
    """The wrong file is neither read nor overwritten."""
    (tmp_path / "notes.txt").write_text("Dear diary " * 100)
    with pytest.raises(GradebookError, match=r"notes\.txt: is no SQLite database"):
        open_gradebook(str(tmp_path / "notes.txt")).__enter__()
    assert (tmp_path / "notes.txt").read_text().startswith("Dear diary")


def test_a_reading_command_makes_no_gradebook(tmp_path) -> None:
    """A slip in the name is told, and leaves no empty file behind."""
    with pytest.raises(GradebookError, match=r"There is no gradebook .*grdebook"):
        open_gradebook(str(tmp_path / "grdebook.sqlite"), create=False).__enter__()
    with pytest.raises(GradebookError, match="There is no folder"):
        open_gradebook(str(tmp_path / "no" / "such" / "book.sqlite")).__enter__()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://grace:s3cret@127.0.0.1:1/course",
        "postgresql://grace:s3cret@127.0.0.1:port/course",
        "postgresql://grace@127.0.0.1:1/course?password=s3cret",
        "postgres:grace:s3cret@127.0.0.1/course",
        "mysql://grace:s3cret@127.0.0.1/course",
        "grace:s3cret://127.0.0.1/course",
        "sqlite:/grace:s3cret",
    ],
)
def test_a_password_is_never_shown(url) -> None:
    """Messages end up in terminals of lecture halls and in tickets."""
    with pytest.raises(GradebookError) as told:
        open_gradebook(url, wait_seconds=1).__enter__()
    assert "s3cret" not in str(told.value)
    assert told.value.__suppress_context__ or told.value.__context__ is None


# --- only ever added to


@pytest.mark.parametrize("table", KEPT, ids=lambda table: table.name)
@pytest.mark.parametrize("deed", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {0}"])
def test_no_row_is_changed_or_deleted(everything, table, deed) -> None:
    """The database itself refuses, whoever asks."""
    with pytest.raises(DBAPIError, match="only ever added to"), everything.writing() as connection:
        connection.execute(text(deed.format(table.name, next(iter(table.c)).name)))


def test_no_table_is_emptied(postgres) -> None:
    """PostgreSQL knows a deed more, which asks no row."""
    url = postgres.new_database()
    with open_gradebook(url) as book:
        fill(book)
    for table in KEPT:
        with pytest.raises(DBAPIError, match="only ever added to"), Database(url).writing() as connection:
            connection.execute(text(f"TRUNCATE {table.name} CASCADE"))


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def everything(request, tmp_path_factory) -> Database:
    """A database with a row in every table, for tests that change nothing."""
    file = tmp_path_factory.mktemp("full") / "full.sqlite"
    url = str(file) if request.param == "sqlite" else request.getfixturevalue("postgres").new_database()
    with open_gradebook(url) as book:
        fill(book)
    return Database(url)


def test_every_table_has_a_row_to_lose(everything) -> None:
    """What the test before claims, it claims of rows that exist."""
    with everything.reading() as connection:
        assert all(connection.execute(select(table)).first() for table in KEPT)


def test_a_replaced_row_is_a_changed_row(tmp_path) -> None:
    """SQLite's INSERT OR REPLACE deletes without asking the triggers for deletion."""
    file = tmp_path / "book.sqlite"
    with open_gradebook(str(file)) as book:
        fill(book)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        sqlite3.connect(file).execute("INSERT OR REPLACE INTO overrides SELECT * FROM overrides")


def test_a_failure_midway_adds_nothing(book) -> None:
    """All decisions of a list, or none."""
    with pytest.raises(Exception, match="no time zone"):
        book.add_overrides([override(1), override(1, datetime(2026, 11, 2))])
    assert book.overrides("sum") == ()


# --- the roster


def test_a_roster_tells_what_it_changes(book) -> None:
    """Who is new, whose data differ, who left."""
    eve, bobby = Student("eve", "Eve"), replace(BOB, name="Bobby Hopper")
    change = book.set_roster([bobby, eve], day(1), "grace")
    assert (change.added, change.changed, change.left, change.same) == ((eve,), (bobby,), (ADA,), ())
    assert book.students() == (bobby, eve)
    assert book.students(with_left=True) == (ADA, bobby, eve)
    assert book.students(as_of=MONDAY) == (ADA, BOB)


def test_the_same_roster_again_changes_nothing(book) -> None:
    """Nor does it leave a trace."""
    before = book.history("ada")
    assert book.set_roster([BOB, ADA], day(1), "grace").same == (BOB, ADA)
    assert book.history("ada") == before


def test_a_student_may_come_back(book) -> None:
    """With the same id, and all that they had."""
    book.add_attempts([attempt()], MONDAY, "grace")
    book.set_roster([BOB], day(1), "grace")
    assert book.set_roster([BOB, ADA], day(2), "grace").added == (ADA,)
    assert [event.text for event in book.history("ada") if event.what == "roster"] == [
        "joined: Ada Lovelace, ada@example.org, canvas 12, login alove",
        "left the course",
        "came back: Ada Lovelace, ada@example.org, canvas 12, login alove",
    ]
    assert len(book.attempts("sum")) == 1


def test_an_empty_roster_throws_nobody_out(book) -> None:
    """A file that was read wrong would be one."""
    with pytest.raises(GradebookError, match="everybody would have left"):
        book.set_roster([], day(1), "grace")


def test_an_id_given_twice_is_refused(book) -> None:
    """Two people with one id would share grades."""
    with pytest.raises(GradebookError, match="the id 'ada' twice"):
        book.set_roster([ADA, BOB, replace(BOB, id="ada")], day(1), "grace")


# --- attempts


def test_the_same_import_twice_adds_nothing(book) -> None:
    """Nor with the time told in another zone, or the group in another order."""
    elsewhere = MONDAY.astimezone(timezone(timedelta(hours=5)))
    first = [attempt(submitted_at=elsewhere, number=1), attempt("ada", "bob", sha256=OTHER_FILE)]
    assert len(book.add_attempts(first, MONDAY, "grace").new) == 2
    again = [attempt(submitted_at=MONDAY, number=1), attempt("bob", "ada", sha256=OTHER_FILE)]
    added = book.add_attempts(again, day(1), "grace")
    assert (added.new, added.changed, len(added.known)) == ((), (), 2)
    assert book.attempts("sum") == tuple(first)


@pytest.mark.parametrize(
    "another",
    [{"sha256": OTHER_FILE}, {"submitted_at": day(1)}, {"number": 2}, {"students": ("ada", "bob")}],
    ids=lambda one: next(iter(one)),
)
def test_what_differs_is_another_attempt(book, another) -> None:
    """The same file handed in again later is one, too."""
    first = attempt(submitted_at=MONDAY, number=1)
    book.add_attempts([first], MONDAY, "grace")
    assert len(book.add_attempts([replace(first, **another)], MONDAY, "grace").new) == 1


def test_an_attempt_twice_in_one_import_is_one(book) -> None:
    """The file and the folder it lies in may both be given."""
    assert len(book.add_attempts([attempt(), attempt()], MONDAY, "grace").new) == 1


def test_the_lms_may_change_its_mind_about_lateness(book) -> None:
    """What it said before can still be seen; an import that says nothing about lateness denies nothing."""
    book.add_attempts([attempt(late=True)], MONDAY, "grace")
    assert len(book.add_attempts([attempt(late=False)], day(1), "grace").changed) == 1
    assert len(book.add_attempts([attempt(late=None)], day(2), "grace").known) == 1
    assert [one.late for one in book.attempts("sum")] == [False]
    assert [one.late for one in book.attempts("sum", as_of=MONDAY)] == [True]


def test_an_attempt_of_a_stranger_is_refused(book) -> None:
    """Grades belong to students of the roster."""
    with pytest.raises(GradebookError, match="no student with the id 'eve'"):
        book.add_attempts([attempt("eve")], MONDAY, "grace")


# --- scores


def test_only_scores_that_differ_are_added(book) -> None:
    """A second run of the grader that finds the same adds nothing."""
    assert book.add_scores("sum", [score(1), score(2, OTHER_FILE)], "grade", "k", MONDAY, "grace") == 2
    assert book.add_scores("sum", [score(1), score(0, OTHER_FILE)], "regrade", "k", day(1), "grace") == 1
    assert book.scores("sum") == {FILE: score(1), OTHER_FILE: score(0, OTHER_FILE)}
    assert book.scores("sum", as_of=MONDAY) == {FILE: score(1), OTHER_FILE: score(2, OTHER_FILE)}


def test_questions_keep_their_order(book) -> None:
    """Tables for people follow the notebook."""
    book.add_scores("sum", [score(None)], "grade", "k", MONDAY, "grace")
    assert list(book.scores("sum")[FILE].questions.items()) == [("q2", (None, 2.0)), ("q1", (1.0, 1.0))]


def test_points_come_back_to_the_last_bit(book) -> None:
    """A third of a point is the same third of a point."""
    book.add_scores("sum", [score(2 / 3)], "grade", "k", MONDAY, "grace")
    book.add_override(override(1 / 3))
    assert book.scores("sum")[FILE].questions["q2"][0] == 2 / 3
    assert book.overrides("sum")[0].points == 1 / 3


def test_points_that_are_no_number_are_a_bug(book) -> None:
    """They would be written to an LMS as text."""
    with pytest.raises(ValueError, match="q2 has nan of 2"):
        book.add_scores("sum", [score(float("nan"))], "grade", "k", MONDAY, "grace")


# --- decisions of people


def test_the_latest_override_counts(book) -> None:
    """For each student and question on its own."""
    book.add_overrides([override(1), override(1, question="q1"), override(1, student="bob"), override(0, day(1))])
    assert book.overrides("sum") == (
        override(1, question="q1"),
        override(1, student="bob"),
        override(0, day(1)),
    )
    assert override(1) in book.overrides("sum", as_of=MONDAY)


def test_an_override_taken_back_is_gone_and_remembered(book) -> None:
    """Points of None take back points as well as an excuse."""
    book.add_override(override(None, excused=True))
    assert [one.excused for one in book.overrides("sum")] == [True]
    book.add_override(override(None, day(1)))
    assert book.overrides("sum") == ()
    assert [one.excused for one in book.overrides("sum", as_of=MONDAY)] == [True]


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        (override(-1), "found -1"),
        (override(float("nan")), "found nan"),
        (override(float("inf")), "found inf"),
        (override(None, question="q1", excused=True), "whole assignment"),
        (override(1, reason=" "), "needs a reason"),
        (override(1, author=""), "an author"),
        (override(1, student="eve"), "'eve'"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_a_wrong_override_is_refused(everything, wrong, found) -> None:
    """Who decides says why, and what is decided makes sense."""
    with pytest.raises(GradebookError, match=found):
        Gradebook(everything).add_override(wrong)


def test_the_latest_extension_counts(book) -> None:
    """It may be taken back."""
    book.add_extension(extension(day(7)))
    book.add_extension(extension(day(9), day(1)))
    assert book.extensions("sum") == (extension(day(9), day(1)),)
    book.add_extension(extension(None, day(2)))
    assert book.extensions("sum") == ()
    assert book.extensions("sum", as_of=day(1)) == (extension(day(9), day(1)),)


def test_a_release_can_be_taken_back(book) -> None:
    """Doing it twice does it once."""
    assert not book.is_released("sum")
    assert (book.release("sum", day(1), "grace"), book.release("sum", day(2), "grace")) == (True, False)
    assert book.is_released("sum") and not book.is_released("memory")
    assert (book.withdraw("sum", day(3), "grace"), book.withdraw("sum", day(4), "grace")) == (True, False)
    assert [book.is_released("sum", as_of=day(number)) for number in (0, 1, 3)] == [False, True, False]


# --- history, time, text


def test_a_history_tells_everything_in_order(book) -> None:
    """What, by whom, and of a regrade what changed."""
    book.add_attempts([attempt("ada", "bob", submitted_at=MONDAY, late=True, number=1)], day(1), "grace")
    book.add_scores("sum", [score(1)], "grade", "k", day(2), "grace")
    book.add_scores("sum", [score(2)], "regrade", "k", day(3), "alan")
    book.add_override(override(0.5, day(4), question="q2"))
    book.add_extension(extension(day(9), day(5)))
    book.release("sum", day(6), "alan")
    told = [(event.at, event.what, event.author, event.text) for event in book.history("ada")]
    assert told == [
        (MONDAY, "roster", "grace", "joined: Ada Lovelace, ada@example.org, canvas 12, login alove"),
        (
            day(1),
            "attempt",
            "grace",
            "sum.ipynb, attempt 1, handed in 2026-11-02 12:00 UTC, late by canvas, with bob, sha256 aaaaaaaaaaaa",
        ),
        (day(2), "score", "grace", "grade of sha256 aaaaaaaaaaaa: 2 of 3 (q2 1/2, q1 1/1)"),
        (day(3), "score", "alan", "regrade of sha256 aaaaaaaaaaaa: 3 of 3 (q2 1/2 -> 2/2)"),
        (day(4), "override", "grace", "q2: 0.5 points: wrote to me"),
        (day(5), "extension", "grace", "until 2026-11-11 12:00 UTC: was ill"),
        (day(6), "released", "alan", "feedback"),
    ]
    assert [event.at for event in book.history("ada", as_of=day(2))] == [MONDAY, day(1), day(2)]


def test_a_time_without_a_zone_is_a_bug(book) -> None:
    """Nobody could say which moment it is."""
    with pytest.raises(Exception, match="has no time zone"):
        book.add_extension(extension(datetime(2026, 11, 2)))


def test_hostile_text_is_kept_or_marked(book) -> None:
    """What a database refuses becomes a visible mark; all else comes back as it was, and is known the next time."""
    nasty = "a\0b\udc80\N{RIGHT-TO-LEFT OVERRIDE}'); DROP TABLE scores;--\n=1+1"
    kept = (
        "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}\N{RIGHT-TO-LEFT OVERRIDE}'); DROP TABLE scores;--\n=1+1"
    )
    eve = Student("eve", nasty, nasty, {"login": nasty})
    book.set_roster([ADA, BOB, eve], day(1), "grace")
    assert book.students()[1] == Student("eve", kept, kept, {"login": kept})
    assert len(book.set_roster([ADA, BOB, eve], day(2), "grace").same) == 3
    strange = attempt("eve", file_name=nasty, place=nasty, problem=nasty)
    book.add_attempts([strange], day(1), "grace")
    assert len(book.add_attempts([strange], day(1), "grace").known) == 1
    assert book.attempts("sum")[0].problem == kept
    book.add_scores("sum", [score(1, note=nasty)], "grade", "k", day(1), "grace")
    assert book.add_scores("sum", [score(1, note=nasty)], "grade", "k", day(1), "grace") == 0


DECISIONS = st.lists(
    st.tuples(st.sampled_from(["ada", "bob"]), st.sampled_from(["", "q1"]), st.sampled_from([None, 0.0, 1.5])),
    max_size=6,
)


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(decisions=DECISIONS)
def test_every_past_is_what_was_now_then(book, decisions) -> None:
    """Whatever is decided later."""
    pasts = []
    for student, question, points in decisions:
        at = datetime.now(UTC)
        book.add_override(override(points, at, student, question))
        pasts.append((at, book.overrides("sum")))
    assert [(at, book.overrides("sum", as_of=at)) for at, _ in pasts] == pasts


@pytest.mark.parametrize("table", [*KEYS, attempts], ids=lambda table: table.name)
def test_each_view_is_the_query_of_its_last_moment(everything, table) -> None:
    """The SQL in the database and the query for the past are two texts of one meaning."""
    with everything.reading() as connection:
        now = connection.execute(select(counting(table, None))).mappings().all()
        assert now == connection.execute(select(counting(table, day(100)))).mappings().all() != []


# --- many at once


def test_a_second_writer_waits_and_is_told(url) -> None:
    """One command at a time writes; the other is not left hanging, and readers see what was there before."""
    with open_gradebook(url) as book:
        fill(book)
    with Database(url).writing() as connection, open_gradebook(url, wait_seconds=0.2) as second:
        connection.execute(insert(KEPT[0]).values(kind="grade", at=MONDAY, author="x", kit=""))
        assert second.is_released("sum")
        with pytest.raises(GradebookError, match=r"another command has been writing for more than 0\.2 seconds"):
            second.withdraw("sum", day(2), "grace")


def test_writers_side_by_side_lose_nothing(url) -> None:
    """Each waits for the others, and gets its rows in whole."""
    with open_gradebook(url) as book:
        book.set_roster([ADA, BOB], MONDAY, "grace")

    def add(writer: int) -> None:
        with open_gradebook(url) as mine:
            for number in range(5):
                shared = attempt(sha256=OTHER_FILE, number=number + 1)
                mine.add_attempts([attempt(number=100 * writer + number), shared], MONDAY, "grace")

    writers = [threading.Thread(target=add, args=[writer]) for writer in range(1, 5)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    with open_gradebook(url) as book:
        found = [(one.sha256, one.number) for one in book.attempts("sum")]
    assert len(found) == len(set(found)) == 4 * 5 + 5


def test_two_that_open_a_new_gradebook_at_once_make_one(url) -> None:
    """The tables are made by whoever comes first."""
    failures: list[BaseException] = []
    start = threading.Barrier(3)

    def make(name: str) -> None:
        try:
            start.wait()
            with open_gradebook(url) as book:
                book.set_roster([ADA], MONDAY, name)
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=make, args=[name]) for name in "abc"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    with open_gradebook(url) as book:
        assert book.students() == (ADA,)
        assert len(book.history("ada")) == 1


def test_a_thousand_attempts_take_about_a_second(url) -> None:
    """300 students, 1,000 attempts with scores: added, added again, and read; the bound leaves room for slow days."""
    people = [Student(f"s{number:03}", f"Student {number}") for number in range(300)]
    handed_in = [
        attempt(f"s{number % 300:03}", sha256=f"{number:064x}", submitted_at=day(0) + timedelta(minutes=number))
        for number in range(1000)
    ]
    found = [score(1, f"{number:064x}") for number in range(1000)]
    with open_gradebook(url) as book:
        start = time.process_time()
        book.set_roster(people, MONDAY, "grace")
        assert len(book.add_attempts(handed_in, MONDAY, "grace").new) == 1000
        assert len(book.add_attempts(handed_in, MONDAY, "grace").known) == 1000
        assert book.add_scores("sum", found, "grade", "k", MONDAY, "grace") == 1000
        assert book.attempts("sum") == tuple(handed_in)
        assert len(book.scores("sum")) == 1000
        assert time.process_time() - start < 5


def test_a_gradebook_in_memory_leaves_no_file(tmp_path: Path, monkeypatch) -> None:
    """For trying things out."""
    monkeypatch.chdir(tmp_path)
    with open_gradebook("") as book:
        fill(book)
        assert len(book.history("bob")) > 2
    assert list(tmp_path.iterdir()) == []
