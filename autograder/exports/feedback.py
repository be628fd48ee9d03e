"""Pages for students packed as the LMS takes them back: the names of its own bulk download, with another ending.

Read in the sources: Canvas (infer_comment_context_from_filename) takes the first two numbers between underscores for
the ids of user and attachment, and shows the page under the name of the file that was handed in; an anonymous download
holds no such ids and cannot go back. Moodle (feedback/file/importziplib.php) takes name_number_assignsubmission_file,
with or without a trailing underscore, for a folder or the beginning of a flat name, and the number for a participant's:
so what a group handed in under a number of its own cannot go back. Not verified, since its source is closed: that
Brightspace takes a zip of the folders that it gave.
"""

import io
import re
import unicodedata
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from autograder.errors import ExportError
from autograder.exports.matching import words
from autograder.records import Attempt, Student

PAGE = "feedback.html"
NAME_BYTES = 240
_CANVAS = re.compile(r"(?P<head>[^/]*?_(?P<user>\d+)_(?P<attachment>\d+)_)(?P<name>[^/]+)")
# Up to the first mark: what comes behind it, students name.
_MOODLE = re.compile(
    r"(?P<name>[^/]+?)_(?P<number>\d+)_(?P<plugin>assignsubmission_(?:file|onlinetext))(?:_(?P<rest>.*))?"
)
_BRIGHTSPACE = re.compile(r"\d+-\d+ ?- .+ - .+")
# Windows refuses these; a folder that an LMS made holds none of them.
_UNSAFE = re.compile(r'[<>:"|?*\\\x00-\x1f]')


@dataclass(frozen=True)
class Page:
    """What a student is to read about the attempt that counts. `html`: the whole page."""

    student: Student
    attempt: Attempt
    html: bytes = field(repr=False)


@dataclass(frozen=True)
class Packed:
    """A zip, how many students' pages it holds, and whose it does not, with the reason."""

    content: bytes = field(repr=False)
    students: int
    absent: tuple[tuple[Student, str], ...] = ()


def feedback_zip(system: str, pages: Sequence[Page]) -> Packed:
    """Pack pages for the LMS; the same pages make the same bytes.

    Args:
        system: canvas, moodle, brightspace, or csv for one page a student under the course's ids.
        pages: one a student; those who share an attempt share a file where the LMS has one for them all.

    Raises:
        ExportError: when the LMS takes no files, or two pages would need the same name.
    """
    if system not in _NAMES:
        raise ExportError(f"Pages cannot be packed for {system}: it takes no files back. Use {', '.join(_NAMES)}.")
    members: dict[str, tuple[bytes, Student]] = {}
    absent: list[tuple[Student, str]] = []
    for page in pages:
        name = _NAMES[system](page)
        if not name or not _safe(name):
            absent.append(
                (page.student, f"{page.attempt.place!r} is no place to which {system.capitalize()} takes a file")
            )
            continue
        html, other = members.setdefault(name, (page.html, page.student))
        if html != page.html:
            raise ExportError(
                f"The pages of {other.name} and {page.student.name} differ, but both would have to be {name!r}."
            )
    return Packed(_zip({name: html for name, (html, _) in members.items()}), len(pages) - len(absent), tuple(absent))


def participant(student: Student, attempt: Attempt) -> str:
    """Return the student's number in Moodle's worksheet, from the place of what they handed in; "" where it has none.

    What a group handed in stands under the group's name and number, which may be another participant's.
    """
    found = _moodle_part(attempt.place)
    if not found or len(attempt.students) > 1:
        return ""
    name = found[1]["name"]
    own = name == "Participant" or set(words(student.name)) <= set(words(name))
    return found[1]["number"] if own else ""


def _canvas(page: Page) -> str:
    for text in (*reversed(_parts(page.attempt.place)), page.attempt.file_name):
        found = _CANVAS.fullmatch(text)
        if found:
            return found["head"] + PurePosixPath(found["name"]).stem.lstrip(".") + ".html"
    return ""


def _moodle(page: Page) -> str:
    found = _moodle_part(page.attempt.place)
    if not found or not participant(page.student, page.attempt):
        return ""
    part, match, last = found[0], found[1], found[2]
    name = match["name"].replace("_", " ")  # Moodle looks for the number behind the first underscore
    head = f"{name}_{match['number']}_{match['plugin']}"
    if last and match["rest"]:  # flat: the rest is the name of the file
        return f"{head}_{_stem(match['rest'])}.html"
    return f"{head}{'_' if part.endswith('_') else ''}/{_stem(page.attempt.file_name)}.html"


def _moodle_part(place: str) -> tuple[str, re.Match[str], bool] | None:
    parts = _parts(place)
    for number, part in enumerate(parts):
        found = _MOODLE.fullmatch(part)
        if found:
            return part, found, number == len(parts) - 1
    return None


def _brightspace(page: Page) -> str:
    part = next((part for part in _parts(page.attempt.place) if _BRIGHTSPACE.fullmatch(part)), "")
    return part and f"{part}/{_stem(page.attempt.file_name)}.html"


def _by_id(page: Page) -> str:
    kept = "".join(char if unicodedata.category(char)[0] in "LMN" or char in "_-." else "-" for char in page.student.id)
    return f"{kept.strip('.-') or 'unnamed'}/{PAGE}"


_NAMES: dict[str, Callable[[Page], str]] = {
    "canvas": _canvas,
    "moodle": _moodle,
    "brightspace": _brightspace,
    "csv": _by_id,
}


def _parts(place: str) -> list[str]:
    return [part for part in place.replace("\\", "/").split("/") if part]


def _stem(name: str) -> str:
    """Return a name without its ending; Moodle overlooks files whose names begin with a dot or a tilde."""
    return PurePosixPath(_parts(name)[-1] if _parts(name) else PAGE).stem.lstrip(".~") or PurePosixPath(PAGE).stem


def _safe(name: str) -> bool:
    """Say whether a name stays where it is unpacked, on any system, and shows as what it is."""
    parts = name.split("/")
    plain = not any(unicodedata.category(char) in ("Cc", "Cf", "Cs") for char in name)
    return plain and not any(
        part in ("", ".", "..") or _UNSAFE.search(part) or len(part.encode(errors="replace")) > NAME_BYTES
        for part in parts
    )


def _zip(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    # stored, not deflated: what deflate makes depends on the version of zlib
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            member = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            member.create_system, member.external_attr = 3, 0o100644 << 16
            archive.writestr(member, members[name])
    return stream.getvalue()
