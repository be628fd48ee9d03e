"""A folder, a zip, or some files -> a `Listing`: what lies in it, each entry with a safe path and its bytes on demand.

Nothing is unpacked to disk, no link is followed, and no more is read than a submission may have, whatever a zip says of
itself. What is left out is said with its reason.
"""

import contextlib
import errno
import io
import os
import re
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from autograder.errors import AutograderError, SubmissionError
from autograder.intake.files import FOLDER_DEPTH, no_such_path
from autograder.intake.submitted import (
    SKIPPED,
    UNREADABLE,
    ZIP_BYTES,
    inflate,
    quoted,
    read_file,
    readable,
)
from autograder.notebook import FILE_BYTES

WORKS = (".ipynb", ".zip")
ENTRIES = 50_000
DIRECTORY_BYTES = 8 * 2**20
# Gradescope's list is not somebody's work, but says whose work is whose.
JUNK = SKIPPED - {"submission_metadata.yml"}
OTTER_MARKS = {".OTTER_LOG", "__zip_filename__"}  # beside the notebook in a zip that Otter exported
UTF_8_NAME = 0x800


@dataclass(frozen=True)
class Entry:
    """A file.

    Attributes:
        parts: of its path below the listing, as a person reads them: NFC, no control characters, never empty.
        read: returns its bytes; raises SubmissionError when it cannot be read within the limits.
    """

    parts: tuple[str, ...]
    read: Callable[[], bytes] = field(repr=False, compare=False)

    @property
    def place(self) -> str:
        return "/".join(self.parts)

    @property
    def name(self) -> str:
        return self.parts[-1]

    @property
    def is_work(self) -> bool:
        """Whether it may be a notebook or Otter's zip, as far as its name says."""
        return self.name.lower().endswith(WORKS)


@dataclass(frozen=True)
class LeftOut:
    """Something in a listing that is not even looked at, and why."""

    place: str
    reason: str


@dataclass(frozen=True)
class Listing:
    """What lies in a folder or a zip. `name`: for messages; `entries`: sorted by path."""

    name: str
    entries: tuple[Entry, ...]
    left_out: tuple[LeftOut, ...] = ()

    def below(self, folder: str) -> "Listing":
        """Return what lies in one of its folders, as a listing of its own."""
        inside = (entry for entry in self.entries if len(entry.parts) > 1 and entry.parts[0] == folder)
        return replace(self, entries=tuple(replace(entry, parts=entry.parts[1:]) for entry in inside))


@contextlib.contextmanager
def open_listings(paths: Sequence[Path]) -> Generator[tuple[Listing, ...]]:
    """List each folder and each zip of a class; files of students given one by one make a listing together.

    Raises:
        AutograderError: a path does not exist or is not a zip that can be read.
    """
    with contextlib.ExitStack() as stack:
        listings: list[Listing] = []
        files: list[Path] = []
        for path in dict.fromkeys(paths):
            if path.is_dir():
                listings.append(_list_folder(path))
            elif not path.exists():
                raise AutograderError(no_such_path(path))
            elif path.suffix.lower() == ".zip" and not _is_of_one_student(path):
                listings.append(_list_zip(stack.enter_context(_open_zip(path)), path))
            else:
                files.append(path)
        if files:
            listings.append(_list_files(files))
        yield tuple(listings)


def _junk(parts: Sequence[str]) -> bool:
    return any(part.startswith(".") or part.lower() in JUNK for part in parts)


def _list_files(paths: Sequence[Path]) -> Listing:
    """Name each file by itself, or with its folder where several are called alike: `*/sum.ipynb`."""
    times = Counter(path.name for path in paths)
    entries = [
        Entry(
            (readable(path.absolute().parent.name), readable(path.name))
            if times[path.name] > 1
            else (readable(path.name),),
            partial(read_file, path),
        )
        for path in paths
    ]
    return Listing("the files given", tuple(sorted(entries, key=lambda entry: entry.parts)))


def _list_folder(folder: Path) -> Listing:
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    for path, parts in _walk(folder, (), left_out):
        entries.append(Entry(parts, partial(read_file, path)))
        if len(entries) > ENTRIES:
            raise AutograderError(f"{folder} holds more than {ENTRIES:,} files: is it the folder of one assignment?")
    entries.sort(key=lambda entry: entry.parts)
    return Listing(readable(folder.absolute().name), tuple(entries), tuple(left_out))


def _walk(folder: Path, parents: tuple[str, ...], left_out: list[LeftOut]) -> Iterator[tuple[Path, tuple[str, ...]]]:
    """Yield each file below a folder with the parts of its path; links are left out: staff chose only the folder."""
    try:
        found = [entry for entry in os.scandir(folder) if not _junk([entry.name])]
    except OSError as error:
        left_out.append(LeftOut("/".join(parents) or str(folder), f"the folder cannot be read: {error.strerror}"))
        return
    for entry in sorted(found, key=lambda entry: entry.name):
        parts = (*parents, readable(entry.name))
        if entry.is_symlink():
            left_out.append(LeftOut("/".join(parts), "it is a link to another place"))
        elif not entry.is_dir(follow_symlinks=False):
            yield Path(entry.path), parts
        elif len(parts) > FOLDER_DEPTH:
            left_out.append(LeftOut("/".join(parts), f"folders are nested more than {FOLDER_DEPTH} deep"))
        else:
            yield from _walk(Path(entry.path), parts, left_out)


class _Bounded(io.BufferedReader):
    """A file of which a zip's directory, which zipfile reads in one piece, is not read when it is too large."""

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > DIRECTORY_BYTES:
            raise zipfile.BadZipFile(f"more than {DIRECTORY_BYTES // 2**20} MiB are asked for in one piece")
        return super().read(size)


@contextlib.contextmanager
def _open_zip(path: Path) -> Generator[zipfile.ZipFile]:
    with contextlib.ExitStack() as stack:
        try:
            archive = stack.enter_context(zipfile.ZipFile(stack.enter_context(_Bounded(io.FileIO(path)))))
        except UNREADABLE as error:
            raise AutograderError(
                f"{path}: the zip is damaged, or not a zip ({quoted(str(error))}). Download it again."
            ) from None
        if len(archive.infolist()) > ENTRIES:
            raise AutograderError(f"{path}: holds more than {ENTRIES:,} files: is it the download of one assignment?")
        yield archive


def _is_of_one_student(path: Path) -> bool:
    """Whether a zip is what Otter exports for one student, not a download of a class."""
    with _open_zip(path) as archive:
        return any(member.filename in OTTER_MARKS for member in archive.infolist())


def _list_zip(archive: zipfile.ZipFile, path: Path) -> Listing:
    entries: list[Entry] = []
    left_out: list[LeftOut] = []
    times = Counter(member.filename for member in archive.infolist())
    for member in archive.infolist():
        raw = _file_name(member).replace("\\", "/")
        parts = tuple(readable(part) for part in raw.split("/") if part not in ("", "."))
        if member.is_dir() or not parts or _junk([part for part in parts if part != ".."]):
            continue
        reason = _odd(member, raw, parts, times)
        if reason:
            left_out.append(LeftOut("/".join(parts), reason))
        else:
            entries.append(Entry(parts, partial(_read_member, archive, member)))
    entries.sort(key=lambda entry: entry.parts)
    return Listing(readable(path.name), tuple(entries), tuple(dict.fromkeys(left_out)))


def _odd(member: zipfile.ZipInfo, raw: str, parts: tuple[str, ...], times: Counter[str]) -> str:
    """Return why a member of a zip is not looked at, or ""."""
    if raw.startswith("/") or ".." in parts or re.match("[A-Za-z]:", raw):
        return "its name leads out of the zip"
    if stat.S_ISLNK(member.external_attr >> 16):
        return "it is a link to another place"
    if len(parts) > FOLDER_DEPTH:
        return f"folders are nested more than {FOLDER_DEPTH} deep"
    return "the zip holds two files of this name" if times[member.filename] > 1 else ""


def _file_name(member: zipfile.ZipInfo) -> str:
    """Return a member's name; programs that write UTF-8 without saying so are many."""
    if not member.flag_bits & UTF_8_NAME:
        with contextlib.suppress(UnicodeError):
            return member.filename.encode("cp437").decode()
    return member.filename


def _read_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> bytes:
    limit = FILE_BYTES if member.filename.lower().endswith(".ipynb") else ZIP_BYTES
    try:
        return inflate(archive, member, limit)
    except UNREADABLE as error:
        # a failing disk is nobody's damaged file
        if isinstance(error, OSError) and error.errno not in (None, errno.EINVAL):
            raise
        raise SubmissionError(
            f"{quoted(readable(member.filename))} in the zip is damaged ({quoted(str(error))}). Download the zip again."
        ) from None
