"""The part of the gradebook that marking needs: rubrics and marks in and out; two people never overwrite each other."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from autograder.errors import GradebookError
from autograder.gradebook.database import Database
from autograder.gradebook.ledger import add_rows, counting_rows
from autograder.gradebook.outcomes import MarkConflict
from autograder.gradebook.rows import (
    add_entry,
    answer_mark_values,
    rubric_values,
    snippet_values,
    stored_rubric,
    to_answer_mark,
    to_rubric,
    to_snippet,
)
from autograder.gradebook.tables import answer_marks, attempts, entries, rubrics, snippets, storable
from autograder.records import AnswerMark, Rubric, Snippet


class Marks:
    """What `Gradebook` knows of written answers; see there for what its methods have in common."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def latest_entry(self, besides: Sequence[str] = ()) -> int:
        """Return the number of the newest entry, 0 when there is none: while it is the same, nothing has changed.

        Args:
            besides: kinds of entries that are not counted.
        """
        query = select(func.max(entries.c.id))
        if besides:
            query = query.where(entries.c.kind.not_in(besides))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    def set_rubrics(self, assignment: str, made: Sequence[Rubric], at: datetime, author: str) -> tuple[str, ...]:
        """Add the rubrics that differ from those that count, and return the names of their questions.

        Marks name items by id, so points follow. A question that is not among `made` keeps its rubric.

        Raises:
            GradebookError: when points are no finite number, or a question or an item of one is there twice.
        """
        wanted = [stored_rubric(rubric) for rubric in made]
        for rubric in wanted:
            _check_rubric(assignment, rubric)
        _check_once(assignment, "the question", [rubric.question for rubric in wanted])
        with self._database.writing() as connection:
            known = _counting_rubrics(connection, assignment, None)
            changed = [rubric for rubric in wanted if known.get(rubric.question) != rubric]
            if changed:
                entry = add_entry(connection, "rubric", at, author)
                add_rows(connection, rubrics, [rubric_values(assignment, rubric) for rubric in changed], entry)
        return tuple(rubric.question for rubric in changed)

    def rubrics(self, assignment: str, as_of: datetime | None = None) -> dict[str, Rubric]:
        """Return question -> the rubric that counts."""
        with self._database.reading() as connection:
            return _counting_rubrics(connection, assignment, as_of)

    def add_answer_marks(self, marks: Sequence[AnswerMark], expected: Mapping[str, int]) -> tuple[AnswerMark, ...]:
        """Add marks of answers to one question by one person, all or none, and return them with their numbers.

        Args:
            marks: of one assignment, question, author and moment, each of another file.
            expected: sha256 -> number of the mark that the author saw, a withdrawn one's too; 0, or left out, for none.

        Raises:
            MarkConflict: when another mark counts by now: it holds those; nothing was added.
            GradebookError: when the author is missing, an adjustment is no finite number, a file was not handed in, or
                an item is not in the rubric.
            ValueError: when the marks do not belong together.
        """
        if not marks:
            return ()
        first, *others = marks
        together = (first.assignment, first.question, first.author, first.at)
        if any((one.assignment, one.question, one.author, one.at) != together for one in others):
            raise ValueError("marks of several assignments, questions, authors or moments in one call")
        _check_once(first.assignment, "the file", [mark.sha256 for mark in marks])
        if not first.author.strip():
            raise GradebookError("A mark needs an author. Nothing was changed.")
        with self._database.writing() as connection:
            known = _latest(connection, first.assignment, first.question, {mark.sha256 for mark in marks})
            _check_handed_in(connection, first.assignment, {mark.sha256 for mark in marks})
            moved = [sha for sha in (mark.sha256 for mark in marks) if _number(known, sha) != expected.get(sha, 0)]
            if moved:
                raise MarkConflict([known[sha] for sha in moved if sha in known])
            rubric = _counting_rubrics(connection, first.assignment, None).get(first.question)
            made = [_checked(mark, rubric) for mark in marks]
            entry = add_entry(connection, "mark", first.at, first.author)
            values = [answer_mark_values(mark) | {"entry_id": entry} for mark in made]
            numbered = insert(answer_marks).returning(answer_marks.c.id, sort_by_parameter_order=True)
            numbers = connection.execute(numbered, values).scalars().all()
        return tuple(replace(mark, number=number) for mark, number in zip(made, numbers, strict=True))

    def answer_marks(self, assignment: str, as_of: datetime | None = None) -> dict[tuple[str, str], AnswerMark]:
        """Return (sha256, question) -> the newest mark, withdrawn ones too: their numbers are `expected`."""
        with self._database.reading() as connection:
            marks = map(to_answer_mark, counting_rows(connection, answer_marks, as_of, assignment))
            return {(mark.sha256, mark.question): mark for mark in marks}

    def answer_marks_since(self, assignment: str, number: int) -> tuple[AnswerMark, ...]:
        """Return the marks with a number above `number`, the oldest first: to bring what was read up to date."""
        query = select(answer_marks, entries.c.at, entries.c.author).join(entries)
        query = query.where(answer_marks.c.assignment == assignment, answer_marks.c.id > number)
        with self._database.reading() as connection:
            return tuple(map(to_answer_mark, connection.execute(query.order_by(answer_marks.c.id))))

    def add_snippet(self, snippet: Snippet, at: datetime, author: str) -> Snippet:
        """Keep a comment for the next answer to a question, and return it with its number; once is enough.

        Raises:
            GradebookError: when it is empty, or the author is missing.
        """
        if not snippet.text.strip() or not author.strip():
            raise GradebookError("A kept comment needs a text and an author. Nothing was changed.")
        text = storable(snippet.text)
        with self._database.writing() as connection:
            for known in _active_snippets(connection, snippet.assignment, snippet.question):
                if known.text == text:
                    return known
            entry = add_entry(connection, "snippet", at, author)
            values = snippet_values(replace(snippet, text=text), True) | {"entry_id": entry}
            number = connection.execute(insert(snippets).values(values).returning(snippets.c.id)).scalar_one()
        return replace(snippet, text=text, number=int(number))

    def remove_snippet(self, number: int, at: datetime, author: str) -> None:
        """Keep a comment no longer; one that is removed already stays so.

        Raises:
            GradebookError: when there never was one of that number, or the author is missing.
        """
        if not author.strip():
            raise GradebookError("Whoever removes a kept comment needs a name. Nothing was changed.")
        with self._database.writing() as connection:
            row = connection.execute(select(snippets).where(snippets.c.id == number)).first()
            if row is None:
                raise GradebookError(f"There is no kept comment of number {number}. Nothing was changed.")
            snippet = to_snippet(row)
            if snippet in _active_snippets(connection, snippet.assignment, snippet.question):
                entry = add_entry(connection, "snippet", at, author)
                add_rows(connection, snippets, [snippet_values(snippet, False)], entry)

    def snippets(self, assignment: str, question: str) -> tuple[Snippet, ...]:
        """Return the comments kept for a question, the oldest first."""
        with self._database.reading() as connection:
            return _active_snippets(connection, assignment, question)


def _counting_rubrics(connection: Connection, assignment: str, as_of: datetime | None) -> dict[str, Rubric]:
    return {row.question: to_rubric(row) for row in counting_rows(connection, rubrics, as_of, assignment)}


def _latest(connection: Connection, assignment: str, question: str, files: set[str]) -> dict[str, AnswerMark]:
    """Return sha256 -> the newest mark of an answer; asks by the index, since it is asked with each mark."""
    query = select(answer_marks, entries.c.at, entries.c.author).join(entries)
    query = query.where(answer_marks.c.assignment == assignment, answer_marks.c.question == question)
    rows = connection.execute(query.where(answer_marks.c.sha256.in_(files)).order_by(answer_marks.c.id))
    return {row.sha256: to_answer_mark(row) for row in rows}


def _number(known: Mapping[str, AnswerMark], sha256: str) -> int:
    return known[sha256].number if sha256 in known else 0


def _active_snippets(connection: Connection, assignment: str, question: str) -> tuple[Snippet, ...]:
    rows = counting_rows(connection, snippets, None, assignment)
    return tuple(to_snippet(row) for row in rows if row.active and row.question == question)


def _checked(mark: AnswerMark, rubric: Rubric | None) -> AnswerMark:
    """Return the mark as the gradebook will give it back, its items in the order of the rubric.

    Raises:
        GradebookError: when it is no mark by that rubric.
    """
    mark = replace(mark, author=storable(mark.author))
    if mark.withdrawn:
        return replace(mark, items=(), adjustment=0.0, comment="")
    where = f"{mark.assignment} {mark.question}"
    if not math.isfinite(mark.adjustment):
        raise GradebookError(f"{where}: points are a number; found {mark.adjustment}. Nothing was changed.")
    if rubric is None:
        raise GradebookError(f"{where} has no rubric in the gradebook, so it cannot be marked. Nothing was changed.")
    there = [item.id for item in rubric.items]
    strange = ", ".join(repr(one) for one in mark.items if one not in there)
    if strange:
        raise GradebookError(
            f"{where}: the rubric has no item {strange}; it has {', '.join(there) or 'none'}. Nothing was changed; "
            "load the page again, since the rubric may be another by now."
        )
    items = tuple(one for one in there if one in mark.items)
    return replace(mark, items=items, adjustment=float(mark.adjustment), comment=storable(mark.comment))


def _check_handed_in(connection: Connection, assignment: str, files: set[str]) -> None:
    query = select(attempts.c.sha256).where(attempts.c.assignment == assignment, attempts.c.sha256.in_(files))
    strangers = sorted(files - (set(connection.execute(query).scalars()) - {""}))
    if strangers:
        some = ", ".join(one[:12] or "none" for one in strangers[:5]) + (", …" if len(strangers) > 5 else "")
        raise GradebookError(
            f"Nobody has handed in for {assignment} the file with sha256 {some}: there is nothing to mark. Nothing was "
            "changed."
        )


def _check_rubric(assignment: str, rubric: Rubric) -> None:
    where = f"The rubric of {assignment} {rubric.question}"
    for points in (rubric.points, *(item.points for item in rubric.items)):
        if not math.isfinite(points):
            raise GradebookError(f"{where}: points are a number; found {points}. Nothing was changed.")
    _check_once(where, "the item", [item.id for item in rubric.items])


def _check_once(where: str, what: str, names: Sequence[str]) -> None:
    twice, times = Counter(names).most_common(1)[0] if names else ("", 0)
    if times > 1:
        raise GradebookError(f"{where} has {what} {twice!r} twice. Nothing was changed.")
