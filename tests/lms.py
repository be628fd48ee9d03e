"""Makes what LMSs give: a class, what it handed in, and the download of each system as a folder or a zip; and rosters.

Written from FORMATS.md alone: it knows nothing of the readers. A path that ends in .zip becomes a zip, else a folder.

    people = make_class(30)
    canvas_download(tmp_path / "submissions.zip", [HandIn((person,), notebook) for person in people])
    (tmp_path / "roster.csv").write_text(roster_csv(people))
"""

import csv
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from test_notebook import code, notebook

BERLIN = ZoneInfo("Europe/Berlin")
DUE = datetime(2026, 11, 2, 23, 59, tzinfo=BERLIN)
# Names that have broken somebody's program.
HOSTILE_NAMES = (
    "=HYPERLINK(0) Evil",
    "+49 Cmd",
    "@SUM Adams",
    "Robert'); DROP TABLE Students;--",
    "O'Hara Conor",
    "Anne-Marie St. John",
    "Zoe\u0308 Mu\u0308ller",
    "李 小龙",
    "محمد علي",
    "Null Byte",
    "None None",
    "Doe, Jane Q.",
    "Ann <script>alert(1)</script>",
    "Very " + "Long" * 30,
)
FIRST = ("Ada", "Bob", "Cem", "Dora", "Eve", "Finn", "Gül", "Hana", "Ivo", "Jane", "Kai", "Léa", "Mia", "Noé", "Ole")
LAST = (
    "Adams",
    "Brandt",
    "Çelik",
    "Dvořák",
    "Evans",
    "Fuchs",
    "García",
    "Hopper",
    "Iyer",
    "Jung",
    "Kowalski",
    "Lovelace",
)


@dataclass(frozen=True)
class Person:
    """A student as every system knows them; each system's id is another."""

    number: int
    name: str

    @property
    def id(self) -> str:
        return f"s{self.number:05}"

    @property
    def login(self) -> str:
        return f"user{self.number}"

    @property
    def email(self) -> str:
        return f"user{self.number}@example.org"

    @property
    def canvas(self) -> str:
        return str(40_000 + self.number)

    @property
    def moodle(self) -> str:
        return str(700_000 + self.number)

    @property
    def gradescope(self) -> str:
        return f"0{30_000_000 + self.number}"

    @property
    def brightspace_user(self) -> str:
        return str(90_000 + self.number)

    @property
    def org_defined_id(self) -> str:
        return f"10{self.number:05}"


@dataclass(frozen=True)
class HandIn:
    """What a student, or a group, handed in at once.

    Attributes:
        data: of the file called `file_name`; None for no such file.
        others: attachments, name and bytes; typed: a text typed into the LMS.
        earlier: attempts before this one.
    """

    people: tuple[Person, ...]
    data: bytes | None
    file_name: str = "sum.ipynb"
    at: datetime = DUE - timedelta(hours=1)
    others: tuple[tuple[str, bytes], ...] = ()
    typed: bool = False
    earlier: int = 0

    @property
    def late(self) -> bool:
        return self.at > DUE

    @property
    def files(self) -> list[tuple[str, bytes]]:
        return [*([(self.file_name, self.data)] if self.data is not None else []), *self.others]


@dataclass
class _Files:
    """Files by path, to be written as a folder or a zip."""

    files: list[tuple[str, bytes]] = field(default_factory=list)

    def write(self, path: Path) -> Path:
        if path.suffix == ".zip":
            with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
                for name, data in self.files:
                    archive.writestr(name, data)
            return path
        for name, data in self.files:
            (path / name).parent.mkdir(parents=True, exist_ok=True)
            (path / name).write_bytes(data)
        path.mkdir(parents=True, exist_ok=True)
        return path


def make_class(count: int, names: Sequence[str] = ()) -> list[Person]:
    """Return people, the first with these names, the others with names of their own."""
    made = (f"{FIRST[n % len(FIRST)]} {LAST[n // len(FIRST) % len(LAST)]} {_roman(n)}".strip() for n in range(count))
    return [Person(number, name) for number, name in enumerate([*names, *made][:count], start=1)]


def _roman(number: int) -> str:
    return "I" * (number // (len(FIRST) * len(LAST)))


def work(text: str = "", size_bytes: int = 0) -> bytes:
    """Return a notebook of the assignment `sum` that differs by its text and may be made large."""
    padding = "# " + "x" * size_bytes
    return notebook(code('grader = otter.Notebook("sum.ipynb")'), code(f"x = {text!r}\n{padding}"))


def each(people: Iterable[Person]) -> list[HandIn]:
    """Return a hand-in of everybody, each with a notebook of their own."""
    return [HandIn((person,), work(person.id)) for person in people]


def roster_csv(
    people: Iterable[Person],
    columns: Sequence[str] = ("id", "name", "email", "canvas", "moodle", "gradescope", "brightspace-user"),
    separator: str = ",",
) -> str:
    """Return the roster of a class with some of its columns."""
    values = {"brightspace-user": "brightspace_user", "brightspace": "org_defined_id", "sis": "id"}
    text = io.StringIO()
    writer = csv.writer(text, delimiter=separator, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([getattr(person, values.get(column, column)) for column in columns] for person in people)
    return text.getvalue()


def canvas_download(path: Path, hand_ins: Iterable[HandIn], anonymous: bool = False) -> Path:
    """Canvas' bulk download: `<name>[_LATE]_<user id>_<attachment id>_<file>`, or `anon_<id>_...`."""
    made = _Files()
    attachment = 880_000
    for hand_in in hand_ins:
        person = hand_in.people[0]
        words = person.name.split(", ") if ", " in person.name else person.name.rsplit(" ", 1)[::-1]
        sortable = ", ".join(words).lower()
        late = ["LATE"] if hand_in.late else []
        who = ["anon", f"x{person.number}yz"] if anonymous else [sortable, *late, person.canvas]
        start = re.sub(r"[^\w\u0300-\u036f]", "", "_".join(who))
        if hand_in.typed:
            made.files.append((f"{start}_text.html", b"<p>see my link</p>"))
        for name, data in hand_in.files:
            attachment += 1
            made.files.append((f"{start}_{attachment}_{name}", data))
    return made.write(path)


def moodle_download(
    path: Path, hand_ins: Iterable[HandIn], flat: bool = False, before_41: bool = False, blind: bool = False
) -> Path:
    """Moodle's bulk download in folders or flat, of before 4.1 with a `_` behind the folder, or of blind marking."""
    made = _Files()
    for hand_in in hand_ins:
        person = hand_in.people[0]
        name = "Participant" if blind else re.sub(r"[&<>\"`|':\\/\x00-\x1f]", "", person.name.replace("_", " "))
        start = f"{name}_{person.moodle}_assignsubmission"
        ending = "_" if before_41 else ""
        if hand_in.typed:
            inner = "_onlinetext.html" if flat else f"{ending}/onlinetext.html"
            made.files.append((f"{start}_onlinetext{inner}", b"<p>text</p>"))
        for file_name, data in hand_in.files:
            made.files.append((f"{start}_file_{file_name}" if flat else f"{start}_file{ending}/{file_name}", data))
    return made.write(path)


def gradescope_download(path: Path, hand_ins: Iterable[HandIn], wrapper: str = "assignment_77_export/") -> Path:
    """Gradescope's export: a YAML with Ruby's symbols as keys, stray `...` lines, results and all, and folders."""
    made = _Files()
    lines = ["---"]
    for number, hand_in in enumerate(hand_ins, start=1001):
        lines += [f"submission_{number}:", "  :submitters:" if hand_in.people else "  :submitters: []"]
        for place, person in enumerate(hand_in.people):
            sid = person.gradescope if place % 2 == 0 else int(person.gradescope)
            lines += [f"  - :name: {_quoted(person.name)}", f"    :sid: {_quoted(sid) if place % 2 == 0 else sid}"]
            lines += [f"    :email: {person.email}"]
        stamp = hand_in.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
        lines += [
            f"  :created_at: {stamp}.123456789 Z",
            "...",
            "  :score: 5.0",
            "...",
            f"  :id: {number}",
            "  :results:",
        ]
        lines += ["    tests:", '    - output: "a: b', "", '        :sid: 1"', "    - name: &1 q1", "      other: *1"]
        lines += ["  :history:" if hand_in.earlier else "  :history: []"]
        for earlier in range(hand_in.earlier):
            lines += [
                f"  - :id: {number - 900 + earlier}",
                "    :created_at: 2026-10-01 10:00:00.0 Z",
                "    :score: 1.0",
            ]
        made.files += [(f"{wrapper}submission_{number}/{name}", data) for name, data in hand_in.files]
    made.files.append((f"{wrapper}submission_metadata.yml", ("\n".join(lines) + "\n").encode()))
    made.files += [(f"{wrapper}.DS_Store", b"\0"), (f"__MACOSX/{wrapper}._submission_metadata.yml", b"\0")]
    return made.write(path)


def _quoted(value: object) -> str:
    return "'" + str(value).replace("'", "''") + "'"


def brightspace_download(path: Path, hand_ins: Iterable[HandIn], usernames: bool = False) -> Path:
    """Brightspace's download: a folder a hand-in, with ids, name and the time by the clock of Berlin in its name."""
    made = _Files([("index.html", b"<html></html>")])
    for number, hand_in in enumerate(hand_ins, start=550_000):
        person = hand_in.people[0]
        name = re.sub(r"[<>:\"/\\|?*]", "", f"{person.login} {person.name}" if usernames else person.name)
        at = hand_in.at.astimezone(BERLIN)
        stamp = f"{at:%b} {at.day}, {at.year} {at:%I%M %p}"
        folder = f"{person.brightspace_user}-{number} - {name} - {stamp}"
        made.files += [(f"{folder}/{file_name}", data) for file_name, data in hand_in.files]
    return made.write(path)


def nbgrader_tree(path: Path, hand_ins: Iterable[HandIn], assignment: str = "sum") -> Path:
    """nbgrader's `submitted/<student>/<assignment>/` with timestamp.txt; other parts of its course folder beside it."""
    made = _Files([("gradebook.db", b"SQLite"), ("source/sum/sum.ipynb", work("source"))])
    for hand_in in hand_ins:
        folder = f"submitted/{hand_in.people[0].id}/{assignment}"
        stamp = hand_in.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f UTC")
        made.files += [(f"{folder}/{name}", data) for name, data in hand_in.files]
        made.files.append((f"{folder}/timestamp.txt", stamp.encode()))
    return made.write(path)


def plain_folder(path: Path, hand_ins: Iterable[HandIn], by: str = "id", folders: bool = False) -> Path:
    """A folder that somebody filled by hand: files, or folders of files, named by a person's id, login, name, ..."""
    made = _Files([("roster.csv", b"id,name\n")])
    for hand_in in hand_ins:
        name = str(getattr(hand_in.people[0], by))
        made.files += [(f"{name}/{one}" if folders else name + Path(one).suffix, data) for one, data in hand_in.files]
    return made.write(path)
