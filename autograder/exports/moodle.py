"""Moodle's grading worksheet of one assignment, downloaded there and filled in here, to be uploaded there.

From Moodle's own source (mod/assign): rows are found by Identifier, whose number is of the student in this very
assignment; `Last modified (grade)` must come back as it was, or the row is skipped; a grade is read in the language's
decimals. Titles are those of Moodle in English: a worksheet in another language is refused.
"""

import re
from collections.abc import Mapping, Sequence

from autograder.errors import ExportError
from autograder.exports.cells import as_written, read_number
from autograder.exports.filling import Filled, Refusal, check_max, fill_cells, find_column, same_number
from autograder.exports.matching import Key, People, match_rows
from autograder.exports.table import Row, read_table
from autograder.records import Mark, Student
from autograder.text import defused

_TITLES = ("Identifier", "Full name", "Email address", "Grade", "Maximum Grade", "Grade can be changed")
_MODIFIED = "Last modified (grade)"
_COMMENTS = "Feedback comments"


def fill(
    content: bytes,
    marks: Sequence[Mark],
    name: str,
    column: str = "",
    participants: Mapping[str, str] | None = None,
    comments: bool = False,
) -> Filled:
    """Put scores into the column `Grade`, and comments into `Feedback comments` where a mark has one.

    Students are found by Identifier and Email address. A student who is excused here is told, not written: the
    worksheet has no word for it.

    Args:
        content: the file as Moodle gave it; name: of the file, for messages.
        marks: of all students of the roster, one each.
        participants: id of a student -> participant number in this assignment, as far as its download told.
        comments: whether to write comments.

    Raises:
        ExportError: when something would be a guess, or Moodle would take it for something else.
    """
    table = read_table(content, name, _TITLES)
    table.needed("Identifier")
    table.needed(_MODIFIED)
    grade = find_column(
        table, {at: title for at, title in enumerate(table.header) if title == "Grade"}, "Grade", column
    )
    most, locked = table.column("Maximum Grade"), table.column("Grade can be changed")
    written = table.needed(_COMMENTS) if comments else None
    mark = table.decimal_mark([grade, *([] if most is None else [most])])
    matches = match_rows(table, range(len(table.rows)), _people(participants or {}), [one.student for one in marks])
    for at in matches.rows if most is not None else ():
        check_max(table, table.rows[at].line, most or 0, table.rows[at][most or 0], mark, marks)

    def decide(row: Row, one: Mark, before: str) -> str | Refusal | None:
        if locked is not None and row[locked].strip().casefold() != "yes":
            return Refusal("has a grade that Moodle says cannot be changed")
        if one.excused:
            return Refusal("is excused here, for which the worksheet has no word: set it in Moodle")
        if before.strip() not in ("", "-") and read_number(before, mark) is None:
            raise ExportError(
                f"{name}: line {row.line}: 'Grade' holds {before.strip()!r}, which is no number. An assignment"
                " graded in points is needed, not one with a scale."
            )
        return None if same_number(before, one.score or 0, mark) else as_written(one.score, mark)

    return fill_cells(table, matches, marks, grade, decide, written, lambda one: defused(one.comment))


def _people(participants: Mapping[str, str]) -> People:
    def own(student: Student) -> list[str]:
        return [participants[student.id]] if student.id in participants else []

    def listed(student: Student) -> list[str]:
        return [student.ids["moodle"]] if student.ids.get("moodle") else []

    return People(
        keys=(
            Key("Identifier", own, listed, read=_participant),
            Key("Email address", lambda student: [student.email] if student.email else [], sure=False),
            Key("Username", lambda student: [student.ids["login"]] if student.ids.get("login") else [], sure=False),
            Key("ID number", lambda student: [], lambda student: [student.id, *student.ids.values()]),
        ),
        names=("Full name",),
        missing=re.compile(r"Participant \d+"),  # marking is blind
    )


def _participant(cell: str) -> str:
    found = re.fullmatch(r"Participant (\d+)", cell)
    return found[1] if found else cell
