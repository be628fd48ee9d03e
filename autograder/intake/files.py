"""In come paths of notebooks, Otter export zips and folders of either; out come submissions.

Nothing is ever unpacked to disk or executed. No file, however broken, raises or is dropped in silence: what cannot be
graded becomes a submission with the reason.
"""

import difflib
import errno
import hashlib
import io
import os
import re
import stat
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from autograder.errors import AutograderError, SubmissionError
from autograder.model import Submission
from autograder.notebook import FILE_BYTES, read_notebook

ZIP_BYTES = 64 * 2**20
PIECE_BYTES = 2**20
MEMBERS = 1_000
FOLDER_DEPTH = 16
NAME_BYTES = 100
SUBMITTED = (".ipynb", ".zip")
# Left by systems or by Otter, or the course's own lists: never somebody's work.
SKIPPED = {"thumbs.db", "desktop.ini", "__macosx", "__zip_filename__", "__pycache__", "submission_metadata.yml"}
SKIPPED_SUFFIXES = (".csv",)
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What zipfile raises for bytes that are no zip, or nearly one: an offset of 64 bits, for instance, overflows.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError),
    *(RuntimeError, ValueError),
)
AGAIN = "Hand in the .ipynb file, or the zip that its last cell makes."


@dataclass(frozen=True)
class _Found:
    """A path that somebody handed in. `student`: from its names; `problem`: why it is not even opened."""

    path: Path
    student: str
    problem: str = ""


def collect(paths: Iterable[Path], expected_name: str) -> tuple[Submission, ...]:
    """Return everything that was handed in under these paths, sorted by name.

    A file that lies in a given folder is named by its own name. A deeper folder that holds one notebook or zip is
    one student's: it gives the name, and what else lies in it is an attachment. Where it holds several, folder and file
    give the name. Links inside a folder are not followed.

    Each submission has either a notebook, which `read_notebook` accepts, or a problem.

    Args:
        expected_name: the assignment's name in the notebooks' metadata.

    Raises:
        AutograderError: a path does not exist; the text names the nearest that does.
    """
    found: dict[str, _Found] = {}
    for path in paths:
        for entry in _given(path):
            found.setdefault(os.path.abspath(entry.path), entry)
    entries = _told_apart(list(found.values()))
    submissions = [
        read_submission(entry.path, name, entry.student, expected_name, entry.problem)
        for name, entry in _named(entries)
    ]
    return tuple(sorted(submissions, key=lambda submission: (submission.name.casefold(), submission.name)))


def _given(path: Path) -> Iterator[_Found]:
    """Yield what a path of the command line stands for; itself it may be a link, the staff chose it."""
    if os.path.isdir(path):
        yield from _folder(path, ())
    elif os.path.lexists(path):
        yield _Found(path, readable(path.stem))
    else:
        raise AutograderError(no_such_path(path))


def no_such_path(path: Path) -> str:
    """Name the first missing part of a path and its nearest neighbour."""
    missing = path
    while not os.path.exists(missing.parent):
        missing = missing.parent
    text = f"There is no file or folder {str(path)!r}"
    if missing != path:
        text += f": {str(missing)!r} does not exist"
    try:
        names = sorted(os.listdir(missing.parent))
    except OSError:
        names = []
    near = difflib.get_close_matches(missing.name, names, n=1, cutoff=0.5)
    return f"{text}; did you mean {str(missing.parent / near[0])!r}?" if near else f"{text}. Check the path."


def _folder(folder: Path, parents: tuple[str, ...]) -> Iterator[_Found]:
    """Yield what lies in a folder and below; `parents` are the folder names from the given folder down to this one."""
    student = " - ".join(parents)
    try:
        entries = sorted(
            (entry for entry in os.scandir(folder) if not _skipped(entry.name)), key=lambda entry: entry.name
        )
    except OSError as error:
        yield _Found(folder, student or readable(folder.name), f"The folder cannot be read: {error.strerror}.")
        return
    if parents and not entries:
        yield _Found(folder, student, f"The folder holds no file; a notebook was expected. {AGAIN}")
    if len(parents) > FOLDER_DEPTH:
        yield _Found(folder, student, f"Folders are nested more than {FOLDER_DEPTH} deep. {AGAIN}")
        return
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    files = [entry for entry in entries if not entry.is_dir(follow_symlinks=False)]
    works = [entry for entry in files if entry.name.lower().endswith(SUBMITTED)]
    for entry in works if parents and len(works) == 1 else files:
        stem = readable(Path(entry.name).stem)
        alone = parents and len(works or files) == 1
        problem = "The file is a link to another place; put the file itself there." if entry.is_symlink() else ""
        yield _Found(Path(entry.path), student if alone else " - ".join((*parents, stem)), problem)
    for entry in folders:
        yield from _folder(Path(entry.path), (*parents, readable(entry.name)))


def _skipped(name: str) -> bool:
    return name.startswith(".") or name.lower() in SKIPPED or name.lower().endswith(SKIPPED_SUFFIXES)


def readable(name: str) -> str:
    """Return a file name as text that a person can read: NFC, without control characters and reversed writing."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    return "".join(char for char in BIDI.sub("", text) if unicodedata.category(char) != "Cc").strip() or "unnamed"


def _told_apart(entries: list[_Found]) -> list[_Found]:
    """Put the folder's name before a name that several folders use: `grade sum */sum.ipynb`."""
    folders: dict[str, list[Path]] = {}
    for entry in entries:
        folders.setdefault(entry.student, []).append(entry.path.absolute().parent)
    return [
        _Found(entry.path, f"{readable(entry.path.absolute().parent.name)} - {entry.student}", entry.problem)
        if len(folders[entry.student]) == len(set(folders[entry.student])) > 1
        else entry
        for entry in entries
    ]


def _named(entries: list[_Found]) -> Iterator[tuple[str, _Found]]:
    """Yield each entry with its name; of those that would share one, the later (by student, then path) get -2, -3."""
    taken = {file_name(entry.student).casefold() for entry in entries}
    first: set[str] = set()
    for entry in sorted(entries, key=lambda entry: (entry.student, str(entry.path))):
        slug = file_name(entry.student)
        name, number = slug, 1
        if slug.casefold() in first:
            while name.casefold() in taken:
                number += 1
                name = f"{_cut(slug, NAME_BYTES - len(str(number)) - 1)}-{number}"
        first.add(slug.casefold())
        taken.add(name.casefold())
        yield name, entry


def file_name(text: str, most_bytes: int = NAME_BYTES) -> str:
    """Return a file name that Linux, macOS and Windows accept: letters, marks and digits of any script, - and _."""
    plain = unicodedata.normalize("NFKC", text)
    kept = "".join(char if unicodedata.category(char)[0] in "LMN" or char == "_" else "-" for char in plain)
    slug = _cut(re.sub("-+", "-", kept).strip("-"), most_bytes) or "unnamed"
    return f"{slug}_" if RESERVED.match(slug) else slug


def _cut(text: str, size: int) -> str:
    return text.encode()[:size].decode(errors="ignore")


def read_submission(path: Path, name: str, student: str, expected_name: str, problem: str = "") -> Submission:
    """Read one file into a submission; whatever is wrong with it becomes the submission's problem.

    Args:
        expected_name: as in `collect`.
        problem: when it is known already, and the file not to be opened.
    """
    data = b""
    notebook = None
    try:
        if not problem:
            data = read_file(path)
            notebook = notebook_bytes(path.name, data)
            read_notebook(notebook, expected_name)
    except SubmissionError as error:
        problem = str(error)
    digest = hashlib.sha256(data if notebook is None else notebook).hexdigest() if data else ""
    return Submission(
        name=name,
        student=student,
        path=path,
        notebook=None if problem else notebook,
        problem=problem,
        sha256=digest,
    )


def read_file(path: Path) -> bytes:
    """Return a regular file's bytes.

    Raises:
        SubmissionError: it is something else, cannot be read, or is too large.
    """
    try:
        # Without O_NONBLOCK the opening of a pipe waits for its writer.
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SubmissionError(f"This is not a regular file (a pipe, a device or a folder). {AGAIN}")
            data = file.read(min(found.st_size, ZIP_BYTES) + 1)  # memory is taken for as many before any is read
    except OSError as error:
        reason = "it is a link that leads nowhere" if error.errno == errno.ENOENT else error.strerror
        raise SubmissionError(f"The file cannot be read: {reason}. Copy it again, and check its permissions.") from None
    if len(data) > ZIP_BYTES:
        raise SubmissionError(f"The file has more than {ZIP_BYTES // 2**20} MiB, too much for a submission. {AGAIN}")
    return data


def notebook_bytes(called: str, data: bytes) -> bytes:
    """Return the notebook that a file is or holds."""
    suffix = Path(called).suffix.lower()
    if suffix == ".ipynb":
        return data
    if suffix == ".zip":
        return _unzip(data)
    raise SubmissionError(
        f"{quoted(readable(called))} is neither a notebook (.ipynb) nor a zip (.zip). {AGAIN} "
        "If it is a notebook whose name was changed on download, let its name end in .ipynb."
    )


def _unzip(data: bytes) -> bytes:
    """Return the one notebook in a zip, reading no other member.

    Sizes are counted while inflating: what a zip says of itself is not believed.

    Raises:
        SubmissionError: there is not exactly one, or it cannot be read within the limits.
    """
    # Each entry of the directory begins with this mark: counted first, since ZipFile reads as many as there are.
    if data.count(b"PK\x01\x02") > MEMBERS:
        raise SubmissionError(f"The zip holds more than {MEMBERS:,} files. {AGAIN}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return inflate(archive, _notebook_member(archive.infolist()))
    except UNREADABLE as error:
        size = f"it has {len(data):,} bytes"
        reason = str(error) if isinstance(error, zipfile.BadZipFile) and data else ""
        raise SubmissionError(
            f"The zip is damaged or not a zip ({f'{size}; {quoted(reason)}' if reason else size}). {AGAIN}"
        ) from None


def _notebook_member(members: list[zipfile.ZipInfo]) -> zipfile.ZipInfo:
    """Choose the one notebook among the members that may be read at all."""
    notebooks = [member for member in members if member.filename.lower().endswith(".ipynb") and _plain(member)]
    if len(notebooks) > 1:
        names = ", ".join(quoted(member.filename) for member in notebooks[:5])
        raise SubmissionError(
            f"The zip holds {len(notebooks)} notebooks ({names}); one was expected. {AGAIN} "
            "(A download of the whole class is to be unpacked first.)"
        )
    if not notebooks:
        names = ", ".join(quoted(member.filename) for member in members[:5]) or "nothing"
        raise SubmissionError(f"The zip holds no notebook (.ipynb) that can be read; it holds {names}. {AGAIN}")
    return notebooks[0]


def _plain(member: zipfile.ZipInfo) -> bool:
    """Say whether a member is an ordinary file with an ordinary name, not hidden, and no link."""
    path = PurePosixPath(member.filename.replace("\\", "/"))
    usual = not path.is_absolute() and ":" not in member.filename and not any(_skipped(part) for part in path.parts)
    return usual and not stat.S_ISLNK(member.external_attr >> 16)


def inflate(archive: zipfile.ZipFile, member: zipfile.ZipInfo, limit_bytes: int = FILE_BYTES) -> bytes:
    """Return a member's bytes, stopping where it would become larger than it may be.

    Raises:
        SubmissionError: it is encrypted, packed in an unusual way, or too large.
    """
    name = quoted(member.filename)
    if member.flag_bits & 1:
        raise SubmissionError(f"{name} in the zip is encrypted. Hand it in without a password.")
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise SubmissionError(f"{name} in the zip is packed in an unusual way (method {member.compress_type}). {AGAIN}")
    pieces = []
    left = limit_bytes + 1
    with archive.open(member) as file:
        while left > 0 and (piece := file.read(min(left, PIECE_BYTES))):
            pieces.append(piece)
            left -= len(piece)
    if left <= 0:
        raise SubmissionError(
            f"{name} in the zip unpacks to more than {limit_bytes // 2**20} MiB, too much for a notebook. "
            "Clear its outputs (Edit, Clear Outputs of All Cells), save, and export again."
        )
    return b"".join(pieces)


def quoted(name: str) -> str:
    """Quote what a stranger wrote, on one line, without control characters, cut to fit a sentence."""
    return repr(name[:60] + ("..." if len(name) > 60 else ""))
