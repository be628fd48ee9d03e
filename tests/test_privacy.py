"""A student's own data: all of it can be read, all of it can be deleted, and nobody else's with it."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select, text
from test_gradebook import (
    ADA,
    BOB,
    FILE,
    MONDAY,
    OTHER_FILE,
    RUBRIC,
    attempt,
    day,
    extension,
    mark,
    override,
    score,
)

from autograder.errors import GradebookError
from autograder.gradebook import open_gradebook
from autograder.gradebook.database import Database
from autograder.gradebook.tables import KEPT

pytest_plugins = ["postgres"]

ALONE = "c" * 64


@pytest.fixture
def book(url):
    """ada hands in alone, the same as bob, and with bob; bob has an override, too."""
    with open_gradebook(url) as book:
        book.set_roster([ADA, BOB], MONDAY, "grace")
        handed_in = [
            attempt("ada", sha256=ALONE, place="lovelace_12", submitted_at=MONDAY),
            attempt("ada", sha256=OTHER_FILE, place="lovelace_12"),
            attempt("bob", sha256=OTHER_FILE, place="hopper_13"),
            attempt("ada", "bob", sha256=FILE, place="lovelace_12", problem="lovelace_12 holds no notebook"),
        ]
        book.add_attempts(handed_in, MONDAY, "grace")
        book.add_attempts([attempt("ada", sha256=ALONE, submitted_at=MONDAY, late=True)], day(1), "grace")
        found = [score(1, sha256) for sha256 in (ALONE, FILE, OTHER_FILE)]
        book.add_scores("sum", found, "grade", "k", MONDAY, "grace")
        book.set_rubrics("sum", [RUBRIC], MONDAY, "grace")
        marks = [mark("rule", sha256=sha256, comment=f"seen {sha256[0]}") for sha256 in (ALONE, FILE, OTHER_FILE)]
        book.add_answer_marks(marks, {})
        book.add_overrides([override(1), override(2, student="bob")])
        book.add_extension(extension(day(7)))
        yield book


def test_a_student_gets_all_their_data_and_no_one_elses(book) -> None:
    """Readable JSON: what is stored, since when, and who said so."""
    data = json.loads(book.export_student("ada"))
    assert data["student"] == "ada"
    assert data["roster"][0]["email"] == "ada@example.org"
    assert [one["sha256"][0] for one in data["attempts"]] == ["c", "b", "a", "c"]
    assert [one["shared_by"] for one in data["attempts"]] == [1, 1, 2, 1]
    assert {one["sha256"][0] for one in data["scores"]} == {"a", "b", "c"}
    assert data["scores"][0]["questions"][0] == {"name": "q2", "points": 1.0, "most": 2.0}
    assert [one["comment"] for one in data["answer_marks"]] == ["seen c", "seen a", "seen b"]
    assert data["answer_marks"][0]["items"] == [{"id": "rule", "text": "Says why."}]
    assert [one["points"] for one in data["overrides"]] == [1.0]
    assert data["extensions"][0]["until"] == "2026-11-09T12:00:00+00:00"
    assert data["extensions"][0]["recorded_by"] == "grace"
    assert "bob" not in book.export_student("ada").decode().lower()
    others = book.export_student("bob").decode().lower()
    assert "seen b" in others and "lovelace" not in others and "seen c" not in others


def test_a_deleted_student_is_nowhere(book, url, tmp_path) -> None:
    """Not in a table, not in a backup, not in the bytes of SQLite's file."""
    book.delete_student("ada", day(2), "grace")
    with pytest.raises(GradebookError, match="no student with the id 'ada'"):
        book.history("ada")
    book.backup(tmp_path / "backup.zip")
    with open_gradebook("") as copy:
        copy.restore(tmp_path / "backup.zip")
    places = [tmp_path / "rows"]
    with Database(url).reading() as connection:
        rows = [str(row) for table in KEPT for row in connection.execute(select(table))]
    places[0].write_text("\n".join(rows))
    if "://" not in url:
        places.append(Path(url))
    for place in places:
        found = place.read_bytes().lower()
        assert b"bob" in found
        assert not any(word in found for word in (b"lovelace", b"'ada'", b"ada@", b"seen c", ALONE.encode()))


def test_a_deletion_leaves_the_others_as_they_were(book) -> None:
    """bob keeps what he handed in, alone and with ada, its scores, and his override."""
    book.delete_student("ada", day(2), "grace")
    assert book.students() == (BOB,)
    assert [(one.students, one.sha256) for one in book.attempts("sum")] == [(("bob",), OTHER_FILE), (("bob",), FILE)]
    assert set(book.scores("sum")) == {FILE, OTHER_FILE}
    assert set(book.answer_marks("sum")) == {(FILE, "q2"), (OTHER_FILE, "q2")}
    assert book.overrides("sum") == (override(2, student="bob"),)
    assert book.attempts("sum")[1].problem


def test_a_deletion_says_which_files_to_delete(book) -> None:
    """Those that nobody else has handed in."""
    deleted = book.delete_student("ada", day(2), "grace")
    assert deleted.files == (ALONE,)
    assert (deleted.attempts, deleted.shared, deleted.scores, deleted.marks, deleted.decisions) == (3, 1, 1, 1, 2)


def test_a_deletion_leaves_a_count_without_a_name(book, url) -> None:
    """That somebody was deleted, when and by whom."""
    book.delete_student("ada", day(2), "grace")
    with Database(url).reading() as connection:
        rows = connection.execute(text("SELECT author FROM entries WHERE kind = 'deletion'")).all()
    assert [tuple(row) for row in rows] == [("grace",)]


def test_after_a_deletion_nothing_else_can_be_changed(book, url) -> None:
    """The way that was open for it is shut."""
    book.delete_student("ada", day(2), "grace")
    with pytest.raises(Exception, match="only ever added to"), Database(url).writing() as connection:
        connection.execute(text("DELETE FROM overrides"))


def test_a_deletion_that_fails_deletes_nothing(book, monkeypatch) -> None:
    """All or nothing."""
    before = book.history("ada")

    def fail(*_):
        raise OSError("power")

    monkeypatch.setattr("autograder.gradebook.privacy.add_entry", fail)
    with pytest.raises(OSError, match="power"):
        book.delete_student("ada", day(2), "grace")
    assert book.history("ada") == before
