"""What happened to a student, told line by line: rows in, events out, the oldest first."""

from collections.abc import Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, select

from autograder.gradebook.rows import to_answer_mark, to_rubric, to_score
from autograder.gradebook.tables import (
    answer_marks,
    attempt_students,
    attempts,
    entries,
    extensions,
    overrides,
    releases,
    roster,
    rubrics,
    scores,
)
from autograder.records import AnswerMark, Event, Rubric, Score
from autograder.scoring import marked_points


def read_history(connection: Connection, student: str, as_of: datetime | None, zone: tzinfo) -> tuple[Event, ...]:
    """Return the events of a student up to a moment; see `Gradebook.history`."""
    cut = entries.c.at <= as_of if as_of else entries.c.id > 0

    def said(rows: Table, *conditions: ColumnElement[bool]) -> Sequence[Row[Any]]:
        about = [entries.c.at, entries.c.author, entries.c.kind, entries.c.kit.label("entry_kit")]
        query = select(rows, *about).join(entries, rows.c.entry_id == entries.c.id).where(cut, *conditions)
        return connection.execute(query.order_by(rows.c.id)).all()

    shared = select(attempt_students.c.attempt_id).where(attempt_students.c.student_id == student)
    handed_in = said(attempts, attempts.c.id.in_(shared))
    files = select(attempts.c.assignment, attempts.c.sha256).where(attempts.c.id.in_(shared)).subquery()

    def of_same_file(rows: Table) -> ColumnElement[bool]:
        same = select(files.c.sha256).where(files.c.sha256 == rows.c.sha256, files.c.assignment == rows.c.assignment)
        return same.exists()

    asked = rubrics.c.assignment.in_(select(files.c.assignment))
    rows: list[tuple[Row[Any], Event]] = [
        *_roster_events(said(roster, roster.c.student_id == student)),
        *_attempt_events(handed_in, _partners(connection, student), zone),
        *_score_events(said(scores, of_same_file(scores))),
        *_mark_events(said(rubrics, asked), said(answer_marks, of_same_file(answer_marks))),
        *(_told(row, "override", _override_text(row)) for row in said(overrides, overrides.c.student_id == student)),
        *(
            _told(row, "extension", _extension_text(row, zone))
            for row in said(extensions, extensions.c.student_id == student)
        ),
        *(_told(row, "released" if row.released else "withdrawn", "feedback") for row in said(releases)),
    ]
    return tuple(event for _, event in sorted(rows, key=lambda one: (one[0].entry_id, one[0].id)))


def _told(row: Row[Any], what: str, text: str) -> tuple[Row[Any], Event]:
    return row, Event(row.at, what, getattr(row, "assignment", ""), row.author, text)


def _roster_events(rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], Event]]:
    earlier: Row[Any] | None = None
    for row in rows:
        who = ", ".join(
            part for part in (row.name, row.email, *(f"{key} {one}" for key, one in row.ids.items())) if part
        )
        if not row.active:
            text = "left the course"
        elif earlier is None or not earlier.active:
            text = ("joined" if earlier is None else "came back") + f": {who}"
        else:
            text = f"now {who}"
        yield _told(row, "roster", text)
        earlier = row


def _partners(connection: Connection, student: str) -> dict[int, list[str]]:
    """Return number of an attempt -> who shares it with the student."""
    own = select(attempt_students.c.attempt_id).where(attempt_students.c.student_id == student)
    query = select(attempt_students).where(
        attempt_students.c.attempt_id.in_(own), attempt_students.c.student_id != student
    )
    partners: dict[int, list[str]] = {}
    for row in connection.execute(query.order_by(attempt_students.c.student_id)):
        partners.setdefault(row.attempt_id, []).append(row.student_id)
    return partners


def _attempt_events(
    rows: Sequence[Row[Any]], partners: dict[int, list[str]], zone: tzinfo
) -> Iterator[tuple[Row[Any], Event]]:
    for row in rows:
        parts = [row.file_name or "no file"]
        if row.number:
            parts.append(f"attempt {row.number}")
        if row.submitted_at:
            parts.append(f"handed in {_moment(row.submitted_at, zone)}")
        if row.late is not None:
            parts.append(f"{'late' if row.late else 'in time'} by {row.system}")
        if row.id in partners:
            parts.append("with " + ", ".join(partners[row.id]))
        if row.problem:
            parts.append(f"not to be graded: {row.problem}")
        if row.sha256:
            parts.append(f"sha256 {row.sha256[:12]}")
        yield _told(row, "attempt", ("now " if row.replaces else "") + ", ".join(parts))


def _score_events(rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], Event]]:
    earlier: dict[tuple[str, str], Score] = {}
    for row in rows:
        score = to_score(row)
        before = earlier.get((row.assignment, row.sha256))
        yield _told(row, "score", f"{row.kind} of sha256 {row.sha256[:12]}: {_score_text(score, before)}")
        earlier[row.assignment, row.sha256] = score


def _score_text(score: Score, before: Score | None) -> str:
    if score.status != "graded":
        return f"{score.status}, {score.note}" if score.note else score.status
    points = sum(points or 0 for points, _ in score.questions.values())
    told = f"{points:g} of {sum(most for _, most in score.questions.values()):g}"
    if before is None or before.status != "graded":
        return f"{told} ({', '.join(f'{name} {_points(one)}' for name, one in score.questions.items())})"
    names = [*score.questions, *(name for name in before.questions if name not in score.questions)]
    differ = [
        f"{name} {_points(before.questions.get(name))} -> {_points(score.questions.get(name))}"
        for name in names
        if before.questions.get(name) != score.questions.get(name)
    ]
    return f"{told} ({', '.join(differ) or 'as before'})"


def _mark_events(rubric_rows: Sequence[Row[Any]], mark_rows: Sequence[Row[Any]]) -> Iterator[tuple[Row[Any], Event]]:
    """Tell of marks, and of changes of a rubric where they move the points of a mark that counts."""
    asked: dict[tuple[str, str], Rubric] = {}
    counting: dict[tuple[str, str, str], AnswerMark] = {}
    for row in sorted((*rubric_rows, *mark_rows), key=lambda row: row.entry_id):
        question = row.assignment, row.question
        if row.kind == "rubric":
            before, asked[question] = asked.get(question), to_rubric(row)
            for (*of, sha256), mark in counting.items():
                was = marked_points(before, mark) if before and tuple(of) == question else None
                now = marked_points(asked[question], mark)
                if was is not None and was != now:
                    told = f"{row.question} of sha256 {sha256[:12]}: {was:g} -> {now:g} points, as the rubric changed"
                    yield _told(row, "rubric", told)
        else:
            mark = to_answer_mark(row)
            counting[*question, row.sha256] = mark
            yield _told(
                row, "mark", f"{row.question} of sha256 {row.sha256[:12]}: {_mark_text(mark, asked.get(question))}"
            )


def _mark_text(mark: AnswerMark, rubric: Rubric | None) -> str:
    """Say what was found, without points where the rubric came from a clock that goes ahead and is not known yet."""
    if mark.withdrawn:
        return "taken back"
    found = ", ".join([*mark.items, *([f"{mark.adjustment:+g} beside"] if mark.adjustment else [])]) or "no item"
    text = f"{marked_points(rubric, mark):g}/{rubric.points:g} ({found})" if rubric else found
    return f"{text}: {mark.comment}" if mark.comment else text


def _points(of: tuple[float | None, float] | None) -> str:
    if of is None:
        return "not asked"
    points, most = of
    return f"{'unmarked' if points is None else format(points, 'g')}/{most:g}"


def _override_text(row: Row[Any]) -> str:
    what = row.question or "the whole"
    if row.excused:
        return f"excused: {row.reason}"
    if row.points is None:
        return f"{what}: taken back: {row.reason}"
    return f"{what}: {row.points:g} points: {row.reason}"


def _extension_text(row: Row[Any], zone: tzinfo) -> str:
    return f"{'until ' + _moment(row.until, zone) if row.until else 'taken back'}: {row.reason}"


def _moment(moment: datetime, zone: tzinfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M %Z}"
