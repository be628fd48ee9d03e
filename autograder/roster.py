"""The roster, a CSV that staff keep or an office exports -> a tuple of `records.Student`, or an error with its line.

Separators, quotes, byte-order marks and spellings of a header are made out; an encoding or an id is never guessed.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import RosterError
from autograder.records import ID_COLUMNS, Student
from autograder.yamlfile import nearest

COLUMNS = ("id", "name", "email", *ID_COLUMNS)
SEPARATORS = ",;\t"
FILE_BYTES = 16 * 2**20
CELL_CHARACTERS = 1_000
# Letters of Persian and of Indic scripts are spelled with these two.
JOINERS = "\N{ZERO WIDTH NON-JOINER}\N{ZERO WIDTH JOINER}"
# What a spreadsheet makes of a long number, or a program of a column with gaps: the id is gone.
ROUNDED = re.compile(r"\d+([.,]\d+)?e\+?\d+|\d+[.,]0+", re.IGNORECASE)
AS_UTF_8 = "Save it again as UTF-8 (in a spreadsheet: CSV UTF-8)."


@dataclass(frozen=True)
class Row:
    """A row of a table. `line`: of the file, from 1, on which it begins; `cells`: column -> text, "" where none is."""

    line: int
    cells: dict[str, str]


def read_roster(path: Path) -> tuple[Student, ...]:
    """Read a roster: columns `id` and `name`, and any of `email` and `records.ID_COLUMNS`.

    Args:
        path: a CSV in UTF-8 or UTF-16, separated by commas, semicolons or tabs.

    Raises:
        RosterError: names file, line, column, what was found and what to do.
    """
    rows = read_table(path, COLUMNS, ("id", "name"))
    students = tuple(_student(row, path) for row in rows)
    if not students:
        raise RosterError(f"{path}: there is nobody on this roster: below the header no line holds anything.")
    for column in ("id", "email", *ID_COLUMNS):
        _check_unique(rows, column, path)
    return students


def read_table(path: Path, columns: Sequence[str], required: Sequence[str]) -> tuple[Row, ...]:
    """Read a CSV whose header names columns out of `columns`, all of `required` among them; empty lines are left out.

    Raises:
        RosterError: names file, line, column, what was found and what to do.
    """
    text = _text(path)
    # Excel writes and reads such a line; it is no part of the table.
    skipped = 1 if re.match(r"sep=.\r?\n", text) else 0
    body = text.partition("\n")[2] if skipped else text
    separator = _separator(body, columns)
    reader = csv.reader(io.StringIO(body, newline=""), delimiter=separator, strict=True)
    rows: list[Row] = []
    header: list[str] = []
    line = 1 + skipped
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                if header:
                    rows.append(_row(cells, header, line, path))
                else:
                    header = _header(cells, columns, required, f"{path}:{line}")
            line = reader.line_num + 1 + skipped
    except csv.Error as error:
        raise RosterError(
            f"{path}:{line}: this line cannot be read as CSV ({error}). Look for a quotation mark that is not closed."
        ) from None
    if not header:
        raise RosterError(f"{path}: the file is empty; expected was a header with {' and '.join(required)}.")
    return tuple(rows)


def _text(path: Path) -> str:
    """Return the file's text; of encodings, only those that say which they are."""
    try:
        with open(path, "rb") as file:
            data = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise RosterError(f"{path}: cannot be read ({error.strerror}). Check the path.") from None
    if len(data) > FILE_BYTES:
        raise RosterError(f"{path}: has more than {FILE_BYTES // 2**20} MiB, too much for such a table.")
    if data.startswith(b"PK\x03\x04"):
        raise RosterError(f"{path}: is a spreadsheet or a zip, not a CSV. {AS_UTF_8}")
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-16":
            raise RosterError(f"{path}: its first bytes say UTF-16, but it is not. {AS_UTF_8}") from None
        line = data[: error.start].count(b"\n") + 1
        start = data.rfind(b"\n", 0, error.start) + 1
        words = re.split(rb"[\r\n]", data[start : error.start + 40])[0].decode("cp1252", "replace")[:60]
        raise RosterError(
            f"{path}:{line}: this is not UTF-8 (byte {data[error.start]:#04x}). In Windows-1252 the line would begin "
            f"with {words!r}, but which encoding it is cannot be known. {AS_UTF_8}"
        ) from None


def _separator(text: str, columns: Sequence[str]) -> str:
    """Return the separator under which most cells of the header are columns; a comma when none makes any."""
    known = {_bare(column) for column in columns}

    def known_cells(separator: str) -> int:
        first = next((line for line in text.splitlines() if line.strip(separator + " ")), "")
        return sum(_bare(cell) in known for cell in first.split(separator))

    return max(SEPARATORS, key=known_cells)


def _bare(name: str) -> str:
    """Return the name of a column as far as it counts: `E-Mail `, `email` and `"e mail"` are one."""
    return "".join(char for char in unicodedata.normalize("NFKC", name).casefold() if char.isalnum())


def _header(cells: list[str], columns: Sequence[str], required: Sequence[str], place: str) -> list[str]:
    """Return the columns of the table, "" for one without a name at its end."""
    by_name = {_bare(column): column for column in columns}
    while cells and not cells[-1].strip():
        cells = cells[:-1]
    header: list[str] = []
    for number, cell in enumerate(cells, start=1):
        column = by_name.get(_bare(cell))
        if column is None:
            raise RosterError(
                f"{place}: column {number} is called {cell.strip()!r}, which is no column of this table."
                f"{nearest(_bare(cell), columns)} Rename it or delete it."
            )
        if column in header:
            raise RosterError(f"{place}: two columns are `{column}`; delete one of them.")
        header.append(column)
    missing = [column for column in required if column not in header]
    if missing:
        raise RosterError(f"{place}: the column `{missing[0]}` is missing; found were {', '.join(header) or 'none'}.")
    return header


def _row(cells: list[str], header: list[str], line: int, path: Path) -> Row:
    if len(cells) < len(header) or any(cell.strip() for cell in cells[len(header) :]):
        raise RosterError(
            f"{path}:{line}: this line has {len(cells)} cells, the header has {len(header)}. A cell that holds the "
            "separator needs quotation marks around it."
        )
    values = {}
    for column, cell in zip(header, cells, strict=False):
        value = " ".join(unicodedata.normalize("NFC", cell).split())
        hidden = next((char for char in value if _hidden(char)), "")
        if hidden:
            raise RosterError(
                f"{path}:{line}: {column}: {value!r} holds the invisible character U+{ord(hidden):04X}. Type it again."
            )
        if len(value) > CELL_CHARACTERS:
            raise RosterError(
                f"{path}:{line}: {column}: has {len(value):,} characters, up to {CELL_CHARACTERS:,} are expected. "
                "Look for a quotation mark that is not closed."
            )
        values[column] = value
    return Row(line, values)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Cn") and char not in JOINERS


def _student(row: Row, path: Path) -> Student:
    place = f"{path}:{row.line}"
    for column in ("id", "name"):
        if not row.cells[column]:
            raise RosterError(f"{place}: {column} is empty. Everybody on the roster has an id and a name.")
    for column in ("id", *ID_COLUMNS):
        value = row.cells.get(column, "")
        if value.startswith("=") or ROUNDED.fullmatch(value):
            raise RosterError(
                f"{place}: {column}: {value!r} is what a spreadsheet made of an id. Set the column's format to text, "
                "enter the id again, and save."
            )
    email = row.cells.get("email", "").lower()
    if email and not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
        raise RosterError(f"{place}: email: found {email!r}, expected one address such as ada@example.org, or nothing.")
    ids = {column: row.cells[column] for column in ID_COLUMNS if row.cells.get(column)}
    return Student(row.cells["id"], row.cells["name"], email, ids)


def _check_unique(rows: Sequence[Row], column: str, path: Path) -> None:
    """Refuse an id that two people have; letter case does not tell people apart."""
    first: dict[str, Row] = {}
    for row in rows:
        value = row.cells.get(column, "")
        other = first.setdefault(unicodedata.normalize("NFKC", value).casefold(), row) if value else row
        if other is not row:
            raise RosterError(
                f"{path}:{row.line}: {column} {value!r} ({row.cells['name']}) stands in line {other.line} already "
                f"({other.cells['name']}). Correct one of them, or delete the line that is there twice."
            )
