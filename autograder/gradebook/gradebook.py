"""The gradebook: records in, records out, as of now or of any earlier moment. Nothing is ever overwritten."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, tzinfo
from itertools import groupby
from pathlib import Path

from autograder.errors import GradebookError
from autograder.gradebook import backup, history, privacy
from autograder.gradebook.ledger import (
    add_attempts,
    add_rows,
    check_students,
    counting_attempts,
    counting_rows,
    counting_scores,
    is_released,
)
from autograder.gradebook.marks import Marks
from autograder.gradebook.outcomes import AddedAttempts, Deleted, RosterChange
from autograder.gradebook.rows import (
    Values,
    add_entry,
    extension_values,
    override_values,
    score_values,
    stored_student,
    student_values,
    to_extension,
    to_override,
    to_student,
)
from autograder.gradebook.tables import (
    extensions,
    overrides,
    releases,
    roster,
    scores,
    storable,
    students,
)
from autograder.records import Attempt, Event, Extension, Override, Score, Student

# What makes two rows the same attempt: assignment, students, sha256, submitted_at, number.
Key = tuple[str, frozenset[str], str, datetime | None, int]


class Gradebook(Marks):
    """An open gradebook. Each method is one transaction; reading ones take `as_of`, a moment: None is now.

    Methods raise `GradebookError` when the database refuses, or a student is not in the roster. Those for written
    answers are in `Marks`.
    """

    @property
    def place(self) -> str:
        """Its name for people, without a password."""
        return self._database.place

    def set_roster(self, people: Sequence[Student], at: datetime, author: str) -> RosterChange:
        """Make these the students of the course; who is not among them has left, and keeps what they have.

        Raises:
            GradebookError: when there are none, or an id is given twice.
        """
        wanted = {person.id: person for person in map(stored_student, people)}
        if not wanted:
            raise GradebookError("The roster is empty: everybody would have left. Nothing was changed.")
        if len(wanted) < len(people):
            ids = [storable(person.id) for person in people]
            twice = next(one for one in ids if ids.count(one) > 1)
            raise GradebookError(f"The roster has the id {twice!r} twice. Each student needs their own.")
        with self._database.writing() as connection:
            known = {row.student_id: (to_student(row), row.active) for row in counting_rows(connection, roster, None)}
            here = {one: person for one, (person, active) in known.items() if active}
            added = tuple(person for one, person in wanted.items() if one not in here)
            changed = tuple(person for one, person in wanted.items() if one in here and here[one] != person)
            same = tuple(person for one, person in wanted.items() if one in here and here[one] == person)
            left = tuple(person for one, person in here.items() if one not in wanted)
            if added or changed or left:
                entry = add_entry(connection, "roster", at, author)
                strangers = [{"id": person.id} for person in added if person.id not in known]
                add_rows(connection, students, strangers)
                values = [student_values(person, True) for person in (*added, *changed)]
                values += [student_values(person, False) for person in left]
                add_rows(connection, roster, values, entry)
        return RosterChange(added, changed, left, same)

    def students(self, as_of: datetime | None = None, with_left: bool = False) -> tuple[Student, ...]:
        """Return the students of the course by name; `with_left` those too who have left it."""
        with self._database.reading() as connection:
            rows = [row for row in counting_rows(connection, roster, as_of) if row.active or with_left]
        return tuple(sorted(map(to_student, rows), key=lambda one: (one.name.casefold(), one.id)))

    def add_attempts(self, handed_in: Sequence[Attempt], at: datetime, author: str) -> AddedAttempts:
        """Add what was handed in; what is known already is not added again.

        An attempt is known by assignment, students, file, time and number. Says the LMS now that a known one is late,
        or not, or does it now (not) have a problem, then that is added and counts.
        """
        new: list[Attempt] = []
        changed: list[tuple[Attempt, int]] = []
        same: list[Attempt] = []
        with self._database.writing() as connection:
            check_students(connection, {one for attempt in handed_in for one in attempt.students})
            known: dict[Key, tuple[Attempt, int | None]] = {}
            for assignment in {attempt.assignment for attempt in handed_in}:
                known |= {
                    _key(attempt): (attempt, row) for row, attempt in counting_attempts(connection, assignment, None)
                }
            for attempt in handed_in:
                earlier, row = known.get(_key(attempt), (None, None))
                if earlier is None:
                    new.append(attempt)
                elif row is not None and _says_more(attempt, earlier):
                    attempt = attempt if attempt.late is not None else replace(attempt, late=earlier.late)
                    changed.append((attempt, row))
                else:
                    same.append(attempt)
                    continue
                known[_key(attempt)] = attempt, None
            if new or changed:
                entry = add_entry(connection, "import", at, author)
                add_attempts(connection, [*((attempt, None) for attempt in new), *changed], entry)
        return AddedAttempts(tuple(new), tuple(attempt for attempt, _ in changed), tuple(same))

    def attempts(self, assignment: str, as_of: datetime | None = None) -> tuple[Attempt, ...]:
        """Return all attempts in the order in which they were added; the students of each by id."""
        with self._database.reading() as connection:
            return tuple(attempt for _, attempt in counting_attempts(connection, assignment, as_of))

    def add_scores(self, assignment: str, made: Iterable[Score], kind: str, kit: str, at: datetime, author: str) -> int:
        """Add the scores of a run that differ from those that count, and return how many.

        Args:
            kind: grade or regrade.
        """
        with self._database.writing() as connection:
            latest = counting_scores(connection, assignment, None)
            added: list[Values] = []
            for score in made:
                if score.assignment != assignment:
                    raise ValueError(f"a score of {score.assignment} in a run of {assignment}")
                stored = replace(score, note=storable(score.note), status=str(score.status))
                if latest.get(score.sha256) != stored:
                    added.append(score_values(stored))
                    latest[score.sha256] = stored
            if added:
                add_rows(connection, scores, added, add_entry(connection, kind, at, author, kit))
        return len(added)

    def scores(self, assignment: str, as_of: datetime | None = None) -> dict[str, Score]:
        """Return sha256 of a file -> the score that counts."""
        with self._database.reading() as connection:
            return counting_scores(connection, assignment, as_of)

    def add_override(self, override: Override) -> None:
        """Add a person's decision on points; see `add_overrides`."""
        self.add_overrides([override])

    def add_overrides(self, decided: Sequence[Override]) -> None:
        """Add decisions on points, all or none.

        Raises:
            GradebookError: when one has no reason or author, points below 0 or no number, or excuses from a question.
        """
        for one in decided:
            _check_override(one)
        with self._database.writing() as connection:
            check_students(connection, {one.student for one in decided})
            for (author, at), same in groupby(decided, key=lambda one: (one.author, one.at)):
                entry = add_entry(connection, "override", at, author)
                add_rows(connection, overrides, [override_values(one) for one in same], entry)

    def overrides(self, assignment: str, as_of: datetime | None = None) -> tuple[Override, ...]:
        """Return what counts for each student and question; what was taken back is left out."""
        with self._database.reading() as connection:
            rows = counting_rows(connection, overrides, as_of, assignment)
        return tuple(one for one in map(to_override, rows) if one.excused or one.points is not None)

    def add_extension(self, extension: Extension) -> None:
        """Give a student another due date, or take it back.

        Raises:
            GradebookError: when it has no reason or author.
        """
        _check_said("An extension", extension.author, extension.reason)
        with self._database.writing() as connection:
            check_students(connection, {extension.student})
            entry = add_entry(connection, "extension", extension.at, extension.author)
            add_rows(connection, extensions, [extension_values(extension)], entry)

    def extensions(self, assignment: str, as_of: datetime | None = None) -> tuple[Extension, ...]:
        """Return the extension that counts for each student; what was taken back is left out."""
        with self._database.reading() as connection:
            rows = counting_rows(connection, extensions, as_of, assignment)
        return tuple(one for one in map(to_extension, rows) if one.until is not None)

    def release(self, assignment: str, at: datetime, author: str) -> bool:
        """Make the feedback of an assignment public, or public anew; False when it was already."""
        return self._set_released(assignment, True, at, author)

    def withdraw(self, assignment: str, at: datetime, author: str) -> bool:
        """Take the release of an assignment back; False when it was not released."""
        return self._set_released(assignment, False, at, author)

    def is_released(self, assignment: str, as_of: datetime | None = None) -> bool:
        with self._database.reading() as connection:
            return is_released(connection, assignment, as_of)

    def history(self, student: str, as_of: datetime | None = None, zone: tzinfo = UTC) -> tuple[Event, ...]:
        """Return all that happened to a student, the oldest first, in the order in which it was written down.

        Args:
            zone: for the times that are told within an event's text.
        """
        with self._database.reading() as connection:
            check_students(connection, {student})
            return history.read_history(connection, storable(student), as_of, zone)

    def backup(self, path: Path) -> int:
        """Write everything into one file, and return how many rows: the same file from SQLite and PostgreSQL.

        Raises:
            OSError: when the file cannot be written.
        """
        with self._database.reading() as connection:
            return backup.write_backup(connection, path)

    def restore(self, path: Path) -> int:
        """Fill this gradebook, which must be empty, from a backup, whole or not at all; return how many rows.

        Raises:
            GradebookError: when it is not empty, or the file is no backup or damaged.
            OSError: when the file cannot be read.
        """
        with self._database.writing() as connection:
            return backup.read_backup(connection, path, self.place)

    def export_student(self, student: str) -> bytes:
        """Return everything about a student as JSON that people can read."""
        with self._database.reading() as connection:
            check_students(connection, {student})
            return privacy.student_data(connection, storable(student))

    def delete_student(self, student: str, at: datetime, author: str) -> Deleted:
        """Delete everything about a student; what remains says that somebody was deleted, not who.

        Backups made before still hold the student.
        """
        with self._database.writing() as connection:
            check_students(connection, {student})
            deleted = privacy.delete_student(connection, storable(student), at, author)
        self._database.forget()
        return deleted

    def _set_released(self, assignment: str, released: bool, at: datetime, author: str) -> bool:
        with self._database.writing() as connection:
            was = is_released(connection, assignment, None)
            if released or was:
                entry = add_entry(connection, "release", at, author)
                add_rows(connection, releases, [{"assignment": assignment, "released": released}], entry)
        return was != released


def _key(attempt: Attempt) -> Key:
    shared = frozenset(storable(one) for one in attempt.students)
    return attempt.assignment, shared, attempt.sha256, attempt.submitted_at, attempt.number


def _says_more(attempt: Attempt, earlier: Attempt) -> bool:
    """Say whether a known attempt is told differently; an import that says nothing on lateness denies nothing."""
    another_time = attempt.late is not None and attempt.late != earlier.late
    return another_time or storable(attempt.problem) != earlier.problem


def _check_override(override: Override) -> None:
    _check_said("An override", override.author, override.reason)
    if override.points is not None and not (math.isfinite(override.points) and override.points >= 0):
        raise GradebookError(f"Points are a number from 0 up; found {override.points}. Nothing was changed.")
    if override.excused and (override.question or override.points is not None):
        raise GradebookError("Excused is a whole assignment, without points; found a question or points.")


def _check_said(what: str, author: str, reason: str) -> None:
    if not author.strip() or not reason.strip():
        raise GradebookError(f"{what} needs a reason and an author. Nothing was changed.")
