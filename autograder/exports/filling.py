"""What filling in a table comes to: the new bytes, which cells changed, whom it has no row for, what it left alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from autograder.errors import ExportError
from autograder.exports.cells import hundredths, read_number
from autograder.exports.matching import Matches
from autograder.exports.table import Row, Table
from autograder.records import Mark, Student
from autograder.text import number


@dataclass(frozen=True)
class Changed:
    """A cell of a student that is not as it was. `column`: its title; `line`: of the file."""

    student: Student
    line: int
    column: str
    before: str
    after: str


@dataclass(frozen=True)
class Skipped:
    """A student whose score does not go into the row, and why."""

    student: Student
    line: int
    why: str


@dataclass(frozen=True)
class Left:
    """A row about nobody whose mark was given. `label`: how it begins."""

    line: int
    label: str


@dataclass(frozen=True)
class Filled:
    """A table with the marks in it.

    Attributes:
        content: the file; equal to what came in, byte for byte, but for the cells in `changed`.
        column: title of the column with the scores.
        changed: by line; unchanged: rows that said so before.
        waiting: marks without a score, whose rows stay as they are.
        absent: marks of students without a row; left: rows that no mark is about.
        skipped: rows that must not be written to.
        by_name: students whose rows only the name tells, for want of ids in the roster.
    """

    content: bytes = field(repr=False)
    column: str = ""
    changed: tuple[Changed, ...] = ()
    unchanged: int = 0
    waiting: tuple[Mark, ...] = ()
    absent: tuple[Mark, ...] = ()
    left: tuple[Left, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    by_name: tuple[Student, ...] = ()


@dataclass(frozen=True)
class Refusal:
    """Why a row must not be written to."""

    why: str


# (row, mark, what stands in the cell) -> what is to stand there, None to leave it, or why it must not be touched.
Decide = Callable[[Row, Mark, str], str | Refusal | None]


def fill_cells(
    table: Table,
    matches: Matches,
    marks: Sequence[Mark],
    column: int,
    decide: Decide,
    comments: int | None = None,
    comment: Callable[[Mark], str] = lambda mark: "",
) -> Filled:
    """Set the cells of one column, and of a second one with comments.

    Args:
        comment: text for the column `comments`; where it is empty the cell stays.
    """
    by_student = {mark.student.id: mark for mark in marks}
    values: dict[tuple[int, int], str] = {}
    changed: list[Changed] = []
    skipped: list[Skipped] = []
    waiting: list[Mark] = []
    unchanged = 0
    for at, student in sorted(matches.rows.items()):
        row, mark = table.rows[at], by_student[student.id]
        if mark.score is None and not mark.excused:
            waiting.append(mark)
            continue
        decided = decide(row, mark, row[column])
        if isinstance(decided, Refusal):
            skipped.append(Skipped(student, row.line, decided.why))
            continue
        wanted = {} if decided is None else {column: decided}
        if comments is not None and comment(mark) and comment(mark) != row[comments]:
            wanted[comments] = comment(mark)
        for number_, text in wanted.items():
            values[at, number_] = text
            changed.append(Changed(student, row.line, table.header[number_], row[number_], text))
        unchanged += not wanted
    present = {student.id for student in matches.rows.values()}
    return Filled(
        content=table.with_cells(values),
        column=table.header[column],
        changed=tuple(changed),
        unchanged=unchanged,
        waiting=tuple(waiting),
        absent=tuple(mark for mark in marks if mark.student.id not in present),
        left=tuple(Left(table.rows[at].line, table.rows[at][0].strip()) for at in matches.others),
        skipped=tuple(skipped),
        by_name=tuple(matches.rows[at] for at in matches.by_name),
    )


def find_column(table: Table, columns: Mapping[int, str], title: str, wanted: str) -> int:
    """Return the number of the assignment's column.

    Args:
        columns: number of each column that may be it -> the assignment's title as the LMS has it, without what the LMS
            adds to it.
        title: of the assignment; wanted: the one that staff named, "" when they did not.

    Raises:
        ExportError: when there is none or several; the text names those that there are.
    """
    sought = (wanted or title).strip()
    found = [number for number in columns if table.header[number].strip() == sought]
    found = found or [number for number, name in columns.items() if name.strip() == sought]
    if len(found) == 1:
        return found[0]
    shown = ", ".join(repr(table.header[number]) for number in found or columns) or "no column for scores at all"
    if found:
        raise ExportError(f"{table.name}: {len(found)} columns fit {sought!r}: {shown}. Name one with --column.")
    raise ExportError(f"{table.name}: no column fits {sought!r}; there are {shown}. Name one with --column.")


def check_max(table: Table, line: int, column: int, cell: str, mark: str, marks: Sequence[Mark]) -> None:
    """Refuse a column whose most points are not ours: a score of 20 is another thing out of 25 than out of 100.

    Args:
        cell: what the LMS says the most points are; mark: its decimal mark.

    Raises:
        ExportError: says both.
    """
    theirs = read_number(cell, mark)
    ours = {hundredths(one.max_score) for one in marks}
    if ours and ours != {theirs and theirs.quantize(Decimal("0.01"))}:
        said = " and ".join(number(float(points)) for points in sorted(ours))
        raise ExportError(
            f"{table.name}: line {line}: {table.header[column]!r} has {cell.strip() or 'nothing'!r} as its most"
            f" points, here it is {said}. Set the points in the LMS to {said} and export again, or name another"
            " --column."
        )


def same_number(cell: str, score: float, mark: str) -> bool:
    """Say whether a cell shows this score already."""
    shown = read_number(cell, mark)
    return shown is not None and shown == hundredths(score)
