"""One submitted file, a notebook or a zip with one in it; out comes a submission, or the reason why it is none.

Nothing is unpacked to disk or executed, and what a file says of its own size is not believed.
"""

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
from dataclasses import replace
from pathlib import Path, PurePosixPath

from autograder.errors import Fault, SubmissionError
from autograder.model import Submission
from autograder.notebook import FILE_BYTES, read_notebook

ZIP_BYTES = 64 * 2**20
PIECE_BYTES = 2**20
MEMBERS = 1_000
# Left by systems or by Otter, or the course's own lists: never somebody's work.
SKIPPED = {"thumbs.db", "desktop.ini", "__macosx", "__zip_filename__", "__pycache__", "submission_metadata.yml"}
SKIPPED_SUFFIXES = (".csv",)
BIDI = re.compile("[\u202a-\u202e\u2066-\u2069]")
# What zipfile raises for bytes that are no zip, or nearly one: an offset of 64 bits, for instance, overflows.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError),
    *(RuntimeError, ValueError),
)
AGAIN = "Hand in the .ipynb file, or the zip that its last cell makes."


def read_submission(
    path: Path, name: str, student: str, expected_name: str, problem: str = "", hold: bool = True
) -> Submission:  # fmt: skip
    """Read one file into a submission; whatever is wrong with it becomes the submission's problem.

    Args:
        expected_name, hold: as in `collect`.
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
        notebook=None if problem or not hold else notebook,
        problem=problem,
        sha256=digest,
        held=hold or bool(problem),
    )


def load(submission: Submission) -> Submission:
    """Return a submission with its notebook, read again where it is not held in memory.

    Raises:
        Fault: the file is not what it was when it was collected.
    """
    if submission.held:
        return submission
    try:
        notebook = notebook_bytes(submission.path.name, read_file(submission.path))
    except SubmissionError as error:
        raise Fault(f"{submission.path} could be read a moment ago. {error}") from None
    if hashlib.sha256(notebook).hexdigest() != submission.sha256:
        raise Fault(f"{submission.path} was changed while the class was graded.")
    return replace(submission, notebook=notebook, held=True)


def skipped(name: str) -> bool:
    """Tell whether a name is of what systems leave behind, or of a list of the course."""
    return name.startswith(".") or name.lower() in SKIPPED or name.lower().endswith(SKIPPED_SUFFIXES)


def readable(name: str) -> str:
    """Return a file name as text that a person can read: NFC, without control characters and reversed writing."""
    text = unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "replace"))
    return "".join(char for char in BIDI.sub("", text) if unicodedata.category(char) != "Cc").strip() or "unnamed"


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
    usual = not path.is_absolute() and ":" not in member.filename and not any(skipped(part) for part in path.parts)
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
