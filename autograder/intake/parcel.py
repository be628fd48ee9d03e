"""What was handed in at once -> the one file of it that is graded, as an `Upload`, or a sentence why there is none.

A parcel holds no bytes: they are read when it is unpacked, so a class of any size needs the memory of one submission.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import tzinfo

from autograder.errors import SubmissionError
from autograder.intake.listing import Entry
from autograder.intake.submitted import AGAIN, notebook_bytes, quoted
from autograder.records import Upload

# Otter writes the time of its export behind the name: sum_2026_11_02T10_11_12_123456.zip
EXPORTED = re.compile(r"_\d{4}_\d\d_\d\dT\d\d_\d\d_\d\d_\d+$")
# LMSs and browsers put a number behind a name that is taken.
NUMBERED = re.compile(r"(?:-(\d{1,3})| ?\((\d{1,3})\))$")
MOST_WORKS = 20


@dataclass(frozen=True)
class Reading:
    """What a reader must know besides the listing. `assignment`: its id; `zone`: of times that have none."""

    assignment: str
    zone: tzinfo


@dataclass(frozen=True)
class Parcel:
    """What a student or a group handed in at once.

    Attributes:
        upload: whose and when, without the file; its problem, where it has one, says why no entry is to be read.
        entries: all that came with it; several may be attachments.
    """

    upload: Upload
    entries: tuple[Entry, ...]


def unpack(parcel: Parcel, assignment: str) -> Upload:
    """Read the file of a parcel that is to be graded.

    Where there are several notebooks, the only one named like the assignment counts, or any when all are the same.
    Nothing else is chosen by itself. No file, however broken, raises.
    """
    upload = parcel.upload
    if upload.problem:
        return upload
    try:
        name, data = _work(parcel.entries, assignment)
    except SubmissionError as error:
        return replace(upload, problem=str(error))
    return replace(upload, file_name=name, data=data)


def base_and_number(file_name: str) -> tuple[str, int]:
    """Split off the number that an LMS or a browser put behind a name: "sum-1.ipynb" is ("sum.ipynb", 1)."""
    stem, dot, suffix = file_name.rpartition(".")
    if not dot:
        stem, suffix = file_name, ""
    found = NUMBERED.search(stem)
    if not found or not found.start():
        return file_name, 0
    return f"{stem[: found.start()]}{dot}{suffix}", int(found[1] or found[2])


def is_named_like(file_name: str, assignment: str) -> bool:
    """Whether a file is called sum.ipynb, sum-1.ipynb, sum (2).zip or as Otter names its export of sum."""
    stem = base_and_number(file_name)[0].rpartition(".")[0]
    return EXPORTED.sub("", stem).casefold() == assignment.casefold()


def _work(entries: Sequence[Entry], assignment: str) -> tuple[str, bytes]:
    """Return name and bytes of the file to grade.

    Raises:
        SubmissionError: there is none, or which one it is cannot be told.
    """
    works = [entry for entry in entries if entry.is_work]
    if not works:
        names = ", ".join(quoted(entry.name) for entry in entries[:5]) or "nothing"
        raise SubmissionError(f"No notebook (.ipynb) was handed in, only {names}. {AGAIN}")
    named = [entry for entry in works if is_named_like(entry.name, assignment)]
    if len(works) > 1 and len(named) == 1:
        works = named
    data = works[0].read()
    if not data:
        raise SubmissionError(f"{quoted(works[0].name)} is empty (0 bytes). {AGAIN}")
    if len(works) > 1 and not _all_same(works, data):
        names = ", ".join(quoted(entry.name) for entry in works[:5])
        raise SubmissionError(
            f"{len(works)} different notebooks or zips were handed in together ({names}), and which of them counts "
            f"cannot be told: none alone is called {assignment}.ipynb or {assignment}.zip. {AGAIN}"
        )
    return works[0].name, data


def _all_same(works: Sequence[Entry], first: bytes) -> bool:
    """Whether all hold one and the same notebook, as a notebook and Otter's zip of it do."""
    if len(works) > MOST_WORKS:
        return False
    notebook = notebook_bytes(works[0].name, first)
    return all(notebook_bytes(work.name, work.read()) == notebook for work in works[1:])
