"""Brightspace's export of grades, filled in here, to be imported there.

From its makers' help pages: OrgDefinedId or Username says who, `<item> Points Grade` holds the points, what else is
known of a user is not to be imported, a grade above the item's most points is capped. Not tried on a Brightspace of our
own; that exported ids begin with # and titles may end in <Numeric MaxPoints:...> is from files that others published.
"""

import re
from collections.abc import Sequence

from autograder.errors import ExportError
from autograder.exports.cells import as_written, read_number
from autograder.exports.filling import Filled, Refusal, check_max, fill_cells, find_column, same_number
from autograder.exports.matching import Key, People, match_rows
from autograder.exports.table import Row, read_table
from autograder.records import Mark

END = "End-of-Line Indicator"
_POINTS = re.compile(r"(?P<item>.*) Points Grade(?:\s*<.*?MaxPoints:(?P<most>[\d.,]+).*>)?\s*")
_PEOPLE = People(
    keys=(
        Key(
            "OrgDefinedId",
            lambda student: [student.ids["brightspace"]] if student.ids.get("brightspace") else [],
            lambda student: [student.id],
            read=lambda cell: cell.removeprefix("#"),
        ),
        Key(
            "Username",
            lambda student: [student.ids["login"]] if student.ids.get("login") else [],
            lambda student: [student.id, student.email],
            read=lambda cell: cell.removeprefix("#"),
            sure=False,
        ),
        Key("Email", lambda student: [student.email] if student.email else [], sure=False),
    ),
    names=("First Name", "Last Name"),
)


def fill(content: bytes, marks: Sequence[Mark], title: str, name: str, column: str = "") -> Filled:
    """Put scores into the column `<title> Points Grade`.

    Students are found by OrgDefinedId, Username and Email. A student who is excused here is told, not written.

    Args:
        content: the file as Brightspace exported it; name: of the file, for messages.
        marks: of all students of the roster, one each.
        title: of the assignment; column: the item's name or the whole title of its column, where that is another.

    Raises:
        ExportError: when something would be a guess, or Brightspace would take it for something else.
    """
    table = read_table(content, name, ("OrgDefinedId", "Username", END))
    end = table.needed(END)
    if end != len(table.header) - 1:
        raise ExportError(f"{name}: {END!r} is not the last column. Export the grades again.")
    columns = {
        at: found["item"] for at, heading in enumerate(table.header) if (found := _POINTS.fullmatch(heading.strip()))
    }
    chosen = find_column(table, columns, title, column)
    mark = table.decimal_mark([chosen])
    found = _POINTS.fullmatch(table.header[chosen].strip())
    if found and found["most"]:
        most = found["most"]
        check_max(table, 1, chosen, most, "," if re.fullmatch(r"\d+,\d+", most) else ".", marks)
    matches = match_rows(table, range(len(table.rows)), _PEOPLE, [one.student for one in marks])

    def decide(row: Row, one: Mark, before: str) -> str | Refusal | None:
        if row[end].strip() != "#":
            raise ExportError(f"{name}: line {row.line} does not end with '#'. Export the grades again.")
        if one.excused:
            return Refusal("is excused here, for which the file has no word: exempt the student in Brightspace")
        if before.strip() not in ("", "-") and read_number(before, mark) is None:
            raise ExportError(f"{name}: line {row.line}: {table.header[chosen]!r} holds {before.strip()!r}, no number.")
        return None if same_number(before, one.score or 0, mark) else as_written(one.score, mark)

    return fill_cells(table, matches, marks, chosen, decide)
