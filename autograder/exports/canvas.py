"""Canvas' gradebook CSV, exported there and filled in here, to be imported there.

From Canvas' own source (lib/gradebook_exporter.rb, gradebook_importer.rb): a title that it does not know makes a new
assignment, `Points Possible` changes the points of one, `N/A` stands for a student who is not assigned to it, titles
with the name of a total are left out, and the name may be in one column or in two.
"""

import re
from collections.abc import Sequence

from autograder.errors import ExportError
from autograder.exports.cells import as_written, read_number
from autograder.exports.filling import Filled, Refusal, check_max, fill_cells, find_column, same_number
from autograder.exports.matching import Key, People, match_rows
from autograder.exports.table import Row, Table, read_table
from autograder.records import Mark

POSSIBLE = "Points Possible"
_KEYS = (
    Key("ID", lambda student: _of(student.ids, "canvas")),
    Key("SIS User ID", lambda student: _of(student.ids, "sis"), lambda student: [student.id]),
    Key(
        "SIS Login ID",
        lambda student: [*_of(student.ids, "login"), *([student.email] if student.email else [])],
        lambda student: [student.id],
        sure=False,
    ),
)
_PEOPLE = People(_KEYS, names=("Student", "FirstName", "LastName"))
_NO_STUDENTS = re.compile(r"\s*(Muted|Manual Posting.*)?\s*", re.IGNORECASE)
_TITLES = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_TOTALS = re.compile(r"(Current|Final|Override) (Score|Points|Grade)|Override Status")


def fill(content: bytes, marks: Sequence[Mark], title: str, name: str, column: str = "") -> Filled:
    """Put scores, and `EX` where a student is excused, into the assignment's column.

    Students are found by ID, SIS User ID and SIS Login ID.

    Args:
        content: the file as Canvas exported it; name: of the file, for messages.
        marks: of all students of the roster, one each.
        title: of the assignment; column: title of its column, where that is another, with or without the id.

    Raises:
        ExportError: when something would be a guess, or Canvas would take it for something else.
    """
    table = read_table(content, name, _TITLES)
    first = table.needed("Section")
    table.needed("ID")
    at, row = _possible(table)
    columns = {
        number_: re.sub(r" \(\d+\)$", "", heading)
        for number_, heading in enumerate(table.header)
        if number_ > first and not _read_only(table, row, number_)
    }
    chosen = find_column(table, columns, title, column)
    mark = table.decimal_mark([chosen])
    check_max(table, row.line, chosen, row[chosen], mark, marks)
    students = [
        number_
        for number_, other in enumerate(table.rows)
        if number_ != at and not all(_NO_STUDENTS.fullmatch(cell.value) for cell in other.cells)
    ]
    matches = match_rows(table, students, _PEOPLE, [one.student for one in marks])

    def decide(row: Row, one: Mark, before: str) -> str | Refusal | None:
        cell = before.strip()
        if cell.upper() == "N/A":
            return Refusal("is not assigned to this assignment in Canvas")
        if one.excused:
            return None if cell.upper() == "EX" else "EX"
        if cell.upper() == "EX":
            return Refusal("is excused in Canvas, but not here: excuse the student here, or take it back there")
        if cell not in ("", "-") and read_number(cell, mark) is None:
            raise ExportError(
                f"{name}: line {row.line}: {table.header[chosen]!r} holds {cell!r}, which is no score. An assignment"
                " that shows points is needed: choose that in Canvas and export again."
            )
        return None if same_number(cell, one.score or 0, mark) else as_written(one.score, mark)

    return fill_cells(table, matches, marks, chosen, decide)


def _possible(table: Table) -> tuple[int, Row]:
    for at, row in enumerate(table.rows[:3]):
        if row[0].strip() == POSSIBLE:
            return at, row
    raise ExportError(
        f"{table.name}: there is no row {POSSIBLE!r} below the titles, so what the scores are out of is unknown. Export"
        " the gradebook again."
    )


def _read_only(table: Table, possible: Row, column: int) -> bool:
    return bool(re.search(r"read\s+only", possible[column])) or bool(_TOTALS.search(table.header[column]))


def _of(ids: dict[str, str], kind: str) -> list[str]:
    return [ids[kind]] if ids.get(kind) else []
