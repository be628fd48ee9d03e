"""A CSV file that an LMS exported, read so that it can be written back: cells that were set change, no other byte.

Byte-order mark, separator, line endings, quotes and spaces stay as they are. What can be read in two ways is refused.
"""

import codecs
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from autograder.errors import ExportError
from autograder.exports.cells import decimal_mark

FILE_BYTES = 64 * 2**20
SEPARATORS = (",", ";", "\t")
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_QUOTED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')
_END_OF_ROW = re.compile(r"\r\n|\n|\r")
_PLAIN = {separator: re.compile(rf"[^{separator}\r\n]*+") for separator in SEPARATORS}


@dataclass(frozen=True)
class Cell:
    """A cell and where it stands in the text of the file, its quotes included."""

    value: str
    start: int
    end: int


@dataclass(frozen=True)
class Row:
    """A row of the file. `line`: of the file, from 1, where it begins."""

    line: int
    cells: tuple[Cell, ...]

    def __getitem__(self, column: int) -> str:
        return self.cells[column].value if column < len(self.cells) else ""

    @property
    def blank(self) -> bool:
        return not any(cell.value.strip() for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """A file as rows.

    Attributes:
        name: of the file, for messages.
        header: titles of the columns; rows: what follows, blank ones left out, none longer than the header.
    """

    name: str
    header: tuple[str, ...]
    rows: tuple[Row, ...]
    separator: str
    bom: bytes
    encoding: str
    text: str = field(repr=False)

    def column(self, title: str) -> int | None:
        """Return the number of the column of that title, None when there is none.

        Raises:
            ExportError: when there are several.
        """
        found = [number for number, name in enumerate(self.header) if name.strip() == title]
        if len(found) > 1:
            raise ExportError(
                f"{self.name}: {len(found)} columns are called {title!r} (columns {_listed(found)}): which one is meant"
                " is a guess. Export the file again."
            )
        return found[0] if found else None

    def needed(self, title: str) -> int:
        """Return the number of the column of that title.

        Raises:
            ExportError: when there is none, or several.
        """
        found = self.column(title)
        if found is None:
            raise ExportError(
                f"{self.name}: there is no column {title!r}; it has {_titles(self.header)}. Give the file as the LMS"
                " exported it, in English, and not another one."
            )
        return found

    def decimal_mark(self, columns: Sequence[int]) -> str:
        """Return what decimals stand behind in these columns: "," or "."; where none of them tells, in the file.

        Raises:
            ExportError: when they are written in both ways.
        """
        mark = decimal_mark(row[column] for row in self.rows for column in columns)
        if mark == "?":
            titles = " and ".join(repr(self.header[column]) for column in columns)
            raise ExportError(
                f"{self.name}: in {titles} some numbers have a decimal point and some a decimal comma: what 1,234 means"
                " is a guess. Export the file again."
            )
        mark = mark or decimal_mark(cell.value for row in self.rows for cell in row.cells)
        return mark if mark in (".", ",") else "."

    def with_cells(self, values: Mapping[tuple[int, int], str]) -> bytes:
        """Return the file with some cells set.

        Args:
            values: (number in `rows`, number of the column) -> text.
        """
        parts: list[str] = []
        end = 0
        for row, column in sorted(values):
            cell = self.rows[row].cells[column]
            parts += [self.text[end : cell.start], self._written(values[row, column], cell)]
            end = cell.end
        parts.append(self.text[end:])
        return self.bom + "".join(parts).encode(self.encoding)

    def _written(self, value: str, cell: Cell) -> str:
        quoted = self.text[cell.start : cell.end].startswith('"')
        if quoted or value != value.strip() or any(char in value for char in (self.separator, '"', "\r", "\n")):
            return '"' + value.replace('"', '""') + '"'
        return value


def read_table(content: bytes, name: str, titles: Sequence[str]) -> Table:
    """Read the bytes of a CSV file.

    Args:
        name: of the file, for messages.
        titles: columns that it should have; the separator is the one with which most of them are found.

    Raises:
        ExportError: when it is no such table; the text names file and line.
    """
    text, bom, encoding = _decoded(content, name)
    first = _END_OF_ROW.split(text, maxsplit=1)[0]
    hint = re.fullmatch(r'"?sep=(.)"?', first)  # a first line that some spreadsheets write and read
    separator = hint[1] if hint and hint[1] in SEPARATORS else _separator(text, name, titles)
    rows = [row for row in _rows(text, separator, name) if not row.blank][1 if hint else 0 :]
    if not rows:
        raise ExportError(f"{name}: the file is empty. Export it again.")
    header = tuple(cell.value for cell in rows[0].cells)
    for row in rows[1:]:
        if len(row.cells) > len(header):
            raise ExportError(
                f"{name}: line {row.line} has {len(row.cells)} cells, the first line has {len(header)} (separator"
                f" {separator!r}): what stands in which column is a guess. Export the file again."
            )
    return Table(name, header, tuple(rows[1:]), separator, bom, encoding, text)


def _decoded(content: bytes, name: str) -> tuple[str, bytes, str]:
    if len(content) > FILE_BYTES:
        raise ExportError(f"{name}: has more than {FILE_BYTES // 2**20} MiB, too much for a table of grades.")
    bom, encoding = next(((bom, encoding) for bom, encoding in _BOMS if content.startswith(bom)), (b"", "utf-8"))
    try:
        return content[len(bom) :].decode(encoding), bom, encoding
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ExportError(
            f"{name}: line {line}: this is not UTF-8 text. Give the file just as the LMS exported it; if a spreadsheet"
            " was in between, save it there as CSV UTF-8."
        ) from None


def _separator(text: str, name: str, titles: Sequence[str]) -> str:
    def fit(separator: str) -> tuple[int, int]:
        try:
            header = next(row for row in _rows(text, separator, name) if not row.blank)
        except (ExportError, StopIteration):
            return -1, 0
        return len({cell.value.strip() for cell in header.cells} & set(titles)), len(header.cells)

    return max(SEPARATORS, key=fit)


def _rows(text: str, separator: str, name: str) -> Iterator[Row]:
    """Yield the rows of a text, one that is blank included."""
    plain = _PLAIN[separator]
    at, line = 0, 1
    while at < len(text) or at == 0:
        cells: list[Cell] = []
        first = line
        while True:
            match = _QUOTED.match(text, at) if text.startswith('"', at) else plain.match(text, at)
            if match is None:
                raise ExportError(f"{name}: line {line}: a quote is opened and never closed. Export the file again.")
            raw = match[0]
            cells.append(Cell(raw[1:-1].replace('""', '"') if raw.startswith('"') else raw, at, match.end()))
            at = match.end()
            line += len(_END_OF_ROW.findall(raw))
            if not text.startswith(separator, at):
                break
            at += 1
        end = _END_OF_ROW.match(text, at)
        if end is None and at < len(text):
            raise ExportError(
                f"{name}: line {line}: behind a closing quote stands {text[at : at + 10]!r}. Export the file again."
            )
        yield Row(first, tuple(cells))
        if end is None:
            return
        at = end.end()
        line += 1


def _titles(header: Sequence[str]) -> str:
    shown = ", ".join(repr(title[:60]) for title in header[:12])
    return shown + (f" and {len(header) - 12} more" if len(header) > 12 else "")


def _listed(numbers: Sequence[int]) -> str:
    return " and ".join(str(number + 1) for number in numbers)
