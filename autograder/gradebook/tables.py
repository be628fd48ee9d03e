"""The tables of the gradebook, as SQLAlchemy knows them, and the rows of each that count now or counted at a time.

Every table is only ever added to; triggers made by the migrations refuse anything else. What a row says was said by
the entry it belongs to: by whom, when, with which kit. What counts is the newest row of a key.
"""

import re
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    FromClause,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    column,
    func,
    select,
    table,
)

# The migration that makes these tables; the table that says which one a database has had. Named so that another
# program's Alembic in the same database is not taken for ours.
REVISION = "v2"
VERSION_TABLE = "gradebook_version"


class Instant(TypeDecorator[datetime]):
    """A moment. Goes in with any time zone, comes out in UTC; SQLite knows no zones and is given UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Words(TypeDecorator[str]):
    """Text that strangers may have written, as `storable` leaves it."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else storable(value)


def storable(text: str) -> str:
    """Return `text` as every database takes it: PostgreSQL refuses NUL, and no UTF-8 holds half a surrogate pair."""
    return re.sub("[\0\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


METADATA = MetaData(
    naming_convention={
        "pk": "%(table_name)s_pkey",
        "fk": "%(table_name)s_%(column_0_name)s_fkey",
        "ix": "%(table_name)s_%(column_0_N_name)s_idx",
    }
)


def _numbered(name: str, *columns: Column[Any] | Index, **options: Any) -> Table:
    """Return a table whose rows are numbered as they are added."""
    return Table(name, METADATA, Column("id", Integer, primary_key=True), *columns, **options)


def _entry() -> Column[int]:
    return Column("entry_id", Integer, ForeignKey("entries.id"), nullable=False)


def _student() -> Column[str]:
    return Column("student_id", Words, ForeignKey("students.id"), nullable=False)


def _words(name: str) -> Column[str]:
    return Column(name, Words, nullable=False)


# Somebody did something at a moment. kind: roster, import, grade, regrade, override, extension, release, rubric, mark,
# snippet, deletion.
entries = _numbered("entries", _words("kind"), Column("at", Instant, nullable=False), _words("author"), _words("kit"))

students = Table("students", METADATA, Column("id", Words, primary_key=True))

roster = _numbered(
    "roster",
    _entry(),
    _student(),
    _words("name"),
    _words("email"),
    Column("ids", JSON, nullable=False),
    Column("active", Boolean, nullable=False),
    Index(None, "student_id"),
)

# replaces: an earlier row of the same attempt, of which the LMS now says something else.
attempts = _numbered(
    "attempts",
    _entry(),
    _words("assignment"),
    _words("sha256"),
    _words("file_name"),
    _words("system"),
    _words("place"),
    Column("submitted_at", Instant),
    Column("late", Boolean),
    Column("number", Integer, nullable=False),
    _words("problem"),
    Column("replaces", Integer, ForeignKey("attempts.id")),
    Index(None, "assignment", "sha256"),
    Index(None, "replaces"),
)

attempt_students = Table(
    "attempt_students",
    METADATA,
    Column("attempt_id", Integer, ForeignKey("attempts.id"), primary_key=True),
    Column("student_id", Words, ForeignKey("students.id"), primary_key=True),
    Index(None, "student_id"),
)

# questions: [[name, points or null, most points], ...]. A score is written, read and compared whole, in the order of
# the notebook, so it is one row; JSON, not JSONB, since that keeps the order.
scores = _numbered(
    "scores",
    _entry(),
    _words("assignment"),
    _words("sha256"),
    _words("status"),
    Column("questions", JSON, nullable=False),
    _words("note"),
    _words("kit"),
    _words("grader_sha256"),
    Index(None, "assignment", "sha256"),
)

overrides = _numbered(
    "overrides",
    _entry(),
    _student(),
    _words("assignment"),
    _words("question"),
    Column("points", Float(53)),
    Column("excused", Boolean, nullable=False),
    _words("reason"),
    Index(None, "assignment", "student_id", "question"),
)

extensions = _numbered(
    "extensions",
    _entry(),
    _student(),
    _words("assignment"),
    Column("until", Instant),
    _words("reason"),
    Index(None, "assignment", "student_id"),
)

releases = _numbered(
    "releases", _entry(), _words("assignment"), Column("released", Boolean, nullable=False), Index(None, "assignment")
)

# items: [[id, points, text], ...].
rubrics = _numbered(
    "rubrics",
    _entry(),
    _words("assignment"),
    _words("question"),
    Column("points", Float(53), nullable=False),
    Column("items", JSON, nullable=False),
    Index(None, "assignment", "question"),
)

# items: [id, ...] of the rubric. A number is never given twice, not even that of a mark deleted with its student: who
# has seen all marks up to a number asks for those above it.
answer_marks = _numbered(
    "answer_marks",
    _entry(),
    _words("assignment"),
    _words("sha256"),
    _words("question"),
    Column("items", JSON, nullable=False),
    Column("adjustment", Float(53), nullable=False),
    _words("comment"),
    Column("withdrawn", Boolean, nullable=False),
    Index(None, "assignment", "sha256", "question"),
    sqlite_autoincrement=True,
)

snippets = _numbered(
    "snippets",
    _entry(),
    _words("assignment"),
    _words("question"),
    _words("text"),
    Column("active", Boolean, nullable=False),
    Index(None, "assignment", "question"),
)

# A row in it opens the triggers, inside the one transaction that deletes a student; it never outlives that.
erasing = Table("erasing", METADATA, Column("reason", Text, primary_key=True))

# In an order in which rows can be added again; `erasing` is always empty.
KEPT = (
    *(entries, students, roster, attempts, attempt_students, scores, overrides, extensions, releases),
    *(rubrics, answer_marks, snippets),
)

# What the newest row of counts, instead of all rows.
KEYS = {
    roster: ("student_id",),
    scores: ("assignment", "sha256"),
    overrides: ("assignment", "student_id", "question"),
    extensions: ("assignment", "student_id"),
    releases: ("assignment",),
    rubrics: ("assignment", "question"),
    answer_marks: ("assignment", "sha256", "question"),
    snippets: ("assignment", "question", "text"),
}


def counting(rows: Table, as_of: datetime | None) -> FromClause:
    """Return the rows of a table that count, with `at` and `author` of their entries.

    Args:
        rows: one of `KEYS`, or attempts.
        as_of: count as at that moment; None reads the database's own view of now.
    """
    if as_of is None:
        columns = [*rows.c, entries.c.at, entries.c.author]
        return table(f"current_{rows.name}", *(column(one.name, one.type) for one in columns))
    known = select(rows.c.id).join(entries).where(entries.c.at <= as_of)
    if rows is attempts:
        replaced = select(rows.c.replaces).join(entries).where(entries.c.at <= as_of, rows.c.replaces.is_not(None))
        newest = known.where(rows.c.id.not_in(replaced))
    else:
        newest = known.with_only_columns(func.max(rows.c.id)).group_by(*(rows.c[key] for key in KEYS[rows]))
    return select(rows, entries.c.at, entries.c.author).join(entries).where(rows.c.id.in_(newest)).subquery()
