"""CSV files as LMSs export them, and readers of what they import: both written from FORMATS.md alone.

A reader does as the LMS does with a file: it finds columns and people, and tells what it would set. It knows nothing of
the code under test.
"""

import csv
import io
from dataclasses import dataclass
from pathlib import PurePosixPath


@dataclass(frozen=True)
class Person:
    """Somebody as an LMS knows them."""

    name: str
    number: str
    sis: str
    login: str
    email: str = ""

    @property
    def sortable(self) -> str:
        first, _, last = self.name.rpartition(" ")
        return f"{last}, {first}" if first else last


def written(rows: list[list[str]], separator: str = ",", ending: str = "\r\n", bom: bool = False, quote: bool = False):
    """Return rows as the bytes of a file."""
    stream = io.StringIO()
    quoting = csv.QUOTE_ALL if quote else csv.QUOTE_MINIMAL
    csv.writer(stream, delimiter=separator, lineterminator=ending, quoting=quoting).writerows(rows)
    return (b"\xef\xbb\xbf" if bom else b"") + stream.getvalue().encode()


def parsed(content: bytes, separator: str = ",") -> list[list[str]]:
    """Return the bytes of a file as rows."""
    return [row for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator) if row]


def canvas(
    people: list[Person],
    scores: dict[str, str] | None = None,
    column: str = "Sum a sequence (4711)",
    possible: str = "20.00",
    **how: object,
) -> bytes:
    """Return a gradebook with three assignments; `scores`: number of a person -> what stands in the second one."""
    header = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Warm-up (4700)", column, "Essay (4800)"]
    rows = [[*header, "Final Score", "Unposted Final Score"]]
    rows.append(["    Points Possible", "", "", "", "", "5.00", possible, "10.00", "(read only)", "(read only)"])
    for one in people:
        score = (scores or {}).get(one.number, "")
        rows.append([one.sortable, one.number, one.sis, one.login, "Group A", "4.5", score, "", "81.25", "80.00"])
    return written(rows, **how)  # type: ignore[arg-type]


def read_canvas(content: bytes, people: list[Person], separator: str = ",") -> dict[str, dict[str, str]]:
    """Do as Canvas' import does: title of an assignment -> number of a person -> score. No column may be new."""
    header, possible, *rows = parsed(content, separator)
    assert header[:2] == ["Student", "ID"] and "Section" in header and possible[0] == "    Points Possible"
    first = header.index("Section") + 1
    found: dict[str, dict[str, str]] = {}
    for column, title in enumerate(header[first:], first):
        if "(read only)" in possible[column]:
            continue
        name, _, number = title.rpartition(" (")
        assert name and number.rstrip(")").isdigit(), f"Canvas would make a new assignment {title!r}"
        for row in rows:
            found.setdefault(name, {})[_canvas_person(dict(zip(header, row, strict=True)), people)] = row[column]
    return found


def _canvas_person(row: dict[str, str], people: list[Person]) -> str:
    for title, own in (("ID", "number"), ("SIS User ID", "sis"), ("SIS Login ID", "login"), ("Student", "sortable")):
        for one in people:
            if row.get(title) and row[title] == getattr(one, own):
                return one.number
    raise AssertionError(f"Canvas knows nobody of {row}")


def moodle(
    people: list[Person],
    grades: dict[str, str] | None = None,
    most: str = "20.00",
    locked: tuple[str, ...] = (),
    blind: bool = False,
    comments: dict[str, str] | None = None,
    **how: object,
) -> bytes:
    """Return the grading worksheet of an assignment; `number` of a person is that of the participant."""
    header = ["Identifier", *([] if blind else ["Full name", "Email address"]), "Status", "Grade", "Maximum Grade"]
    header += ["Grade can be changed", "Last modified (submission)", "Last modified (grade)", "Feedback comments"]
    rows = [header]
    for one in people:
        who = [f"Participant {one.number}", *([] if blind else [one.name, one.email])]
        change = "No" if one.number in locked else "Yes"
        seen = ["Monday, 7 December 2026, 10:30 PM", f"Tuesday, 8 December 2026, 9:0{len(rows) % 10} AM"]
        text = (comments or {}).get(one.number, "")
        rows.append([*who, "Submitted for grading", (grades or {}).get(one.number, ""), most, change, *seen, text])
    return written(rows, **how)  # type: ignore[arg-type]


def read_moodle(content: bytes, before: bytes, separator: str = ",") -> dict[str, tuple[float, str]]:
    """Do as Moodle's import does: number of a participant -> grade and comment, for rows that it does not skip."""
    found = {}
    earlier = {row["Identifier"]: row for row in _dicts(before, separator)}
    for row in _dicts(content, separator):
        then = earlier[row["Identifier"]]
        assert row["Last modified (grade)"] == then["Last modified (grade)"], "Moodle would skip this row"
        if row["Grade can be changed"] == "No" or (row["Grade"], row["Feedback comments"]) == (
            then["Grade"],
            then["Feedback comments"],
        ):
            continue
        grade = float(row["Grade"].replace(",", "."))
        assert 0 <= grade <= float(row["Maximum Grade"].replace(",", "."))
        found[row["Identifier"].removeprefix("Participant ")] = (grade, row["Feedback comments"])
    return found


def _dicts(content: bytes, separator: str) -> list[dict[str, str]]:
    header, *rows = parsed(content, separator)
    return [dict(zip(header, row, strict=True)) for row in rows]


def brightspace(
    people: list[Person],
    points: dict[str, str] | None = None,
    item: str = "Sum a sequence",
    more: str = "",
    **how: object,
) -> bytes:
    """Return an export of grades with two items."""
    rows = [["OrgDefinedId", "Username", f"{item} Points Grade{more}", "Essay Points Grade", "End-of-Line Indicator"]]
    rows += [[f"#{one.sis}", f"#{one.login}", (points or {}).get(one.number, ""), "7", "#"] for one in people]
    return written(rows, **how)  # type: ignore[arg-type]


def read_brightspace(content: bytes) -> dict[str, dict[str, str]]:
    """Do as Brightspace's import does: item -> OrgDefinedId -> points."""
    header, *rows = parsed(content)
    assert header[-1] == "End-of-Line Indicator" and all(row[-1] == "#" for row in rows)
    items = [(title, title.partition(" Points Grade")) for title in header if " Points Grade" in title]
    return {name: {row[0].removeprefix("#"): row[header.index(title)] for row in rows} for title, (name, _, _) in items}


def gradescope(people: list[Person], scores: dict[str, str] | None = None, most: str = "20.0") -> bytes:
    """Return a table of grades; its columns are not in FORMATS.md but as others published them."""
    rows = [["First Name", "Last Name", "SID", "Email", "Total Score", "Max Points", "Status"]]
    for one in people:
        first, _, last = one.name.rpartition(" ")
        rows.append([first, last, one.sis, one.email, (scores or {}).get(one.number, ""), most, "Graded"])
    return written(rows, ending="\n")


def read_canvas_names(names: list[str]) -> dict[str, tuple[str, str]]:
    """Do as Canvas' bulk upload does: name of a file -> ids of user and attachment, behind the student's name."""
    found = {}
    for name in names:
        assert PurePosixPath(name).name == name
        numbers = [part for part in name.split("_") if part.isdigit()]
        found[name] = (numbers[0], numbers[1])
    return found


def read_moodle_names(names: list[str]) -> dict[str, tuple[str, str]]:
    """Do as Moodle's upload of feedback does: path in the zip -> number of the participant and name of the file."""
    found = {}
    for name in names:
        folder, _, rest = name.partition("/")
        parts = folder.split("_", 4)
        assert parts[1].isdigit() and parts[2:4] == ["assignsubmission", "file"]
        found[name] = (parts[1], rest or parts[4])
    return found
