"""Which row of an LMS's table is whose: by the ids that the LMS itself goes by; a name only where it can mean one.

It never guesses: two rows for one student, two students for one row, ids that contradict each other or the name are
refused.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from autograder.errors import ExportError
from autograder.exports.table import Row, Table
from autograder.records import Student


@dataclass(frozen=True)
class Key:
    """A column that says who a row is about.

    Attributes:
        ids: what the roster says that a student is called there.
        likely: what a student may be called there where the roster has no `ids`; counts only where the name agrees.
        read: takes what the LMS puts around an id off a cell.
        sure: the roster's id is of this very column, so that another one in the row contradicts it.
    """

    title: str
    ids: Callable[[Student], Iterable[str]]
    likely: Callable[[Student], Iterable[str]] = lambda student: ()
    read: Callable[[str], str] = lambda cell: cell
    sure: bool = True


@dataclass(frozen=True)
class People:
    """The columns that say who a row is about: `keys` in the LMS's order, `names`: one with a name, or first and last.

    Attributes:
        missing: names of the LMS that are none, for example of a student whose name is hidden.
    """

    keys: tuple[Key, ...]
    names: tuple[str, ...] = ()
    missing: re.Pattern[str] = re.compile(r"(?!)")


@dataclass(frozen=True)
class Matches:
    """Whose rows are whose.

    Attributes:
        rows: number of a row -> student; others: numbers of the rows about nobody known.
        by_name: of `rows`, those that nothing but the name tells.
    """

    rows: dict[int, Student]
    others: tuple[int, ...] = ()
    by_name: tuple[int, ...] = ()


def match_rows(table: Table, numbers: Sequence[int], people: People, students: Sequence[Student]) -> Matches:
    """Return which rows are about which students.

    Args:
        numbers: of the rows that are about students at all.

    Raises:
        ExportError: when it would be a guess; the text names the rows.
    """
    columns = [(key, column) for key in people.keys if (column := table.column(key.title)) is not None]
    if not columns:
        wanted = ", ".join(repr(key.title) for key in people.keys)
        raise ExportError(f"{table.name}: none of the columns {wanted} is there. Export the file with one of them.")
    names = [column for title in people.names if (column := table.column(title)) is not None]
    known = {key.title: _by_id(key.ids, students) for key, _ in columns}
    likely = {key.title: _by_id(partial(_likely, key), students) for key, _ in columns}
    found: dict[int, Student] = {}
    nameless: dict[int, str] = {}
    for number in numbers:
        row = table.rows[number]
        if len(row.cells) < len(table.header):
            raise ExportError(
                f"{table.name}: line {row.line} has {len(row.cells)} cells, the first line has {len(table.header)}:"
                " what stands in which column is a guess. Export the file again."
            )
        name = "" if people.missing.fullmatch(_name(row, names)) else _name(row, names)
        student = _by_keys(table, row, columns, known, name) or _by_likely(row, columns, likely, name)
        if student:
            found[number] = student
        elif name:
            nameless[number] = name
    by_name = _by_name(nameless, found, [key for key, _ in columns], students)
    found |= by_name
    _refuse_twice(table, found)
    return Matches(found, tuple(number for number in numbers if number not in found), tuple(by_name))


def _by_keys(
    table: Table, row: Row, columns: list[tuple[Key, int]], known: Mapping[str, Mapping[str, list[Student]]], name: str
) -> Student | None:
    """Return the student whom the ids of a row name; they must all name the same one."""
    hits: list[tuple[str, Student]] = []
    for key, column in columns:
        cell = key.read(row[column].strip())
        some = known[key.title].get(_folded(cell), []) if cell else []
        hits += [(f"{key.title} {cell!r}", student) for student in some]
    others = [hit for hit in hits if hit[1].id != hits[0][1].id]
    if others:
        told = " and ".join(f"{what} is {student.name} ({student.id})" for what, student in (hits[0], others[0]))
        raise ExportError(f"{table.name}: line {row.line}: by the roster {told}. Mend the roster.")
    for key, column in columns if hits else []:
        cell, own = key.read(row[column].strip()), list(key.ids(hits[0][1]))
        if key.sure and cell and own and _folded(cell) not in map(_folded, own):
            what, student = hits[0]
            raise ExportError(
                f"{table.name}: line {row.line}: by the roster {what} is {student.name} ({student.id}), whose"
                f" {key.title} is {own[0]!r} there, but {cell!r} in the row. Mend the roster."
            )
    if len(hits) == 1 and name and not _share_a_word(name, hits[0][1].name):
        what, student = hits[0]
        raise ExportError(
            f"{table.name}: line {row.line}: by the roster {what} is {student.name} ({student.id}), but the row is"
            f" about {name!r}, and nothing else tells who is right. Mend the id, or the name, in the roster."
        )
    return hits[0][1] if hits else None


def _by_likely(
    row: Row, columns: list[tuple[Key, int]], likely: Mapping[str, Mapping[str, list[Student]]], name: str
) -> Student | None:
    """Return the student whose id of the course stands in a row, if the name in it does not speak against it."""
    hits = {
        student.id: student
        for key, column in columns
        for student in likely[key.title].get(_folded(key.read(row[column].strip())), [])
        if not name or words(name) == words(student.name)
    }
    return next(iter(hits.values())) if len(hits) == 1 else None


def _by_name(
    rows: Mapping[int, str], found: Mapping[int, Student], keys: list[Key], students: Sequence[Student]
) -> dict[int, Student]:
    """Return the rows whose name only one row and only one student has, a student of whom no id is known here."""
    every = _by_id(lambda student: [" ".join(words(student.name))], students)
    taken = {student.id for student in found.values()}
    times: dict[str, list[int]] = defaultdict(list)
    for number, name in rows.items():
        times[" ".join(words(name))].append(number)
    for number, student in found.items():
        times[" ".join(words(student.name))].append(number)
    matched = {}
    for name, numbers in times.items():
        some = every.get(name, [])
        if (
            len(numbers) == len(some) == 1
            and some[0].id not in taken
            and not any(list(key.ids(some[0])) for key in keys)
        ):
            matched[numbers[0]] = some[0]
    return matched


def _refuse_twice(table: Table, found: Mapping[int, Student]) -> None:
    first: dict[str, int] = {}
    for number, student in sorted(found.items()):
        if student.id in first:
            lines = f"{table.rows[first[student.id]].line} and {table.rows[number].line}"
            raise ExportError(
                f"{table.name}: lines {lines} are both about {student.name} ({student.id}): which one counts is a"
                " guess. Export the file again; if it has both again, mend the roster or the course in the LMS."
            )
        first[student.id] = number


def _by_id(ids: Callable[[Student], Iterable[str]], students: Sequence[Student]) -> dict[str, list[Student]]:
    found: dict[str, list[Student]] = defaultdict(list)
    for student in students:
        for one in {_folded(text) for text in ids(student)} - {""}:
            found[one].append(student)
    return dict(found)


def _likely(key: Key, student: Student) -> Iterable[str]:
    return () if any(key.ids(student)) else key.likely(student)


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _name(row: Row, columns: Sequence[int]) -> str:
    return " ".join(row[column].strip() for column in columns).strip()


def words(name: str) -> list[str]:
    """Return the words of a name in one order, so that "Doe, Jane" is Jane Doe; accents and case make no difference."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", name) if unicodedata.category(char) != "Mn")
    return sorted(re.findall(r"[^\W_]+", plain.casefold()))


def _share_a_word(one: str, other: str) -> bool:
    return bool(set(words(one)) & set(words(other))) or not words(one) or not words(other)
