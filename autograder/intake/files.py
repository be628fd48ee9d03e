"""In come paths of notebooks, Otter export zips and folders of either; out come submissions.

Nothing is ever unpacked to disk or executed. No file, however broken, raises or is dropped in silence: what cannot be
graded becomes a submission with the reason.
"""

import difflib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.errors import AutograderError
from autograder.intake.submitted import AGAIN, read_submission, readable, skipped
from autograder.model import Submission

FOLDER_DEPTH = 16
NAME_BYTES = 100
SUBMITTED = (".ipynb", ".zip")
# https://learn.microsoft.com/windows/win32/fileio/naming-a-file
RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)$", re.IGNORECASE)


@dataclass(frozen=True)
class _Found:
    """A path that somebody handed in. `student`: from its names; `problem`: why it is not even opened."""

    path: Path
    student: str
    problem: str = ""


def collect(paths: Iterable[Path], expected_name: str, hold: bool = True) -> tuple[Submission, ...]:
    """Return everything that was handed in under these paths, sorted by name.

    A file that lies in a given folder is named by its own name. A deeper folder that holds one notebook or zip is
    one student's: it gives the name, and what else lies in it is an attachment. Where it holds several, folder and file
    give the name. Links inside a folder are not followed.

    Each submission has either a notebook, which `read_notebook` accepts, or a problem.

    Args:
        expected_name: the assignment's name in the notebooks' metadata.
        hold: keep the notebooks in memory; else `load` reads each again in its turn.

    Raises:
        AutograderError: a path does not exist; the text names the nearest that does.
    """
    found: dict[str, _Found] = {}
    for path in paths:
        for entry in _given(path):
            found.setdefault(os.path.abspath(entry.path), entry)
    entries = _told_apart(list(found.values()))
    submissions = [
        read_submission(entry.path, name, entry.student, expected_name, entry.problem, hold)
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
            (entry for entry in os.scandir(folder) if not skipped(entry.name)), key=lambda entry: entry.name
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
