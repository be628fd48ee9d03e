"""Gradescope's table of grades with our scores in it, for staff and their own tables.

Gradescope has no import of it: what students see there is what its own autograder gave, or what people set in its
pages. Its columns are not documented; SID, Email, Total Score and Max Points are those of files that others published.
"""

from collections.abc import Sequence

from autograder.errors import ExportError
from autograder.exports.cells import as_written, read_number
from autograder.exports.filling import Filled, Refusal, check_max, fill_cells, find_column, same_number
from autograder.exports.matching import Key, People, match_rows
from autograder.exports.table import Row, read_table
from autograder.records import Mark

_TITLES = ("First Name", "Last Name", "Name", "SID", "Email", "Total Score", "Max Points")


def fill(content: bytes, marks: Sequence[Mark], name: str, column: str = "") -> Filled:
    """Put scores into the column `Total Score` of a table of one assignment.

    Students are found by SID and Email. A student who is excused here is told, not written.

    Args:
        content: the file as Gradescope exported it; name: of the file, for messages.
        marks: of all students of the roster, one each.
        column: title of the column, where it is another.

    Raises:
        ExportError: when something would be a guess.
    """
    table = read_table(content, name, _TITLES)
    columns = {at: title for at, title in enumerate(table.header) if title not in ("SID", "Email", "Max Points")}
    chosen = find_column(table, columns, "Total Score", column)
    most = table.column("Max Points") if table.header[chosen].strip() == "Total Score" else None
    mark = table.decimal_mark([chosen, *([] if most is None else [most])])
    matches = match_rows(table, range(len(table.rows)), _people(), [one.student for one in marks])

    def decide(row: Row, one: Mark, before: str) -> str | Refusal | None:
        if most is not None and row[most].strip():
            check_max(table, row.line, most, row[most], mark, marks)
        if one.excused:
            return Refusal("is excused here, for which Gradescope has no word")
        if before.strip() and read_number(before, mark) is None:
            raise ExportError(f"{name}: line {row.line}: {table.header[chosen]!r} holds {before.strip()!r}, no number.")
        return None if same_number(before, one.score or 0, mark) else as_written(one.score, mark)

    return fill_cells(table, matches, marks, chosen, decide)


def _people() -> People:
    return People(
        keys=(
            Key(
                "SID",
                lambda student: [student.ids["gradescope"]] if student.ids.get("gradescope") else [],
                lambda student: [student.id],
            ),
            Key("Email", lambda student: [student.email] if student.email else [], sure=False),
        ),
        names=("First Name", "Last Name", "Name"),
    )
