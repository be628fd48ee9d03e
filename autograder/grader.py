"""A grader zip, read once: what an assignment asks and how its answers are tested. Nothing is extracted to disk."""

import hashlib
import io
import struct
import zipfile
import zlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import msgspec

from autograder.errors import AutograderError
from autograder.guide import GUIDE, MarkingGuide
from autograder.model import GraderInfo, Question

ZIP_BYTES = 256 * 2**20  # of all members, unpacked
# What zipfile raises for bytes that are no zip, or nearly one; ValueError covers text that is not UTF-8.
UNREADABLE = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, OSError, OverflowError),
    *(RuntimeError, ValueError),
)


@dataclass(frozen=True)
class Grader:
    """The members of a grader zip that grading needs.

    Attributes:
        tests: question -> Otter test file, hidden test cases included.
        reference: the solution's definitions, which tests import as `reference`.
        files: data files that the notebook expects beside it.
        sha256: of all this but the guide; the kit that travels in the zip is not part of it either.
        guide: for whoever marks written answers; empty in a zip that was made before there were guides.
    """

    info: GraderInfo
    tests: dict[str, str]
    reference: str
    files: dict[str, bytes]
    sha256: str
    guide: MarkingGuide = field(default_factory=MarkingGuide)

    @cached_property
    def hashes(self) -> dict[str, str]:
        """Question -> hash of all in this grader that decides its points."""
        return {question.name: self._sha256_of(question) for question in self.info.questions}

    def _sha256_of(self, question: Question) -> str:
        said = (question.name, question.title, float(question.points), question.manual)
        parts = (*said, self.tests.get(question.name), self.reference)
        return hashlib.sha256(repr(parts).encode()).hexdigest()


def read_grader(path: Path) -> Grader:
    """Read a grader zip, or the folder that one was unpacked to.

    Raises:
        AutograderError: when it is not one; the text names the file and the command that makes it.
    """
    name = path.name.removesuffix("-autograder.zip")
    try:
        members = _read_folder(path) if path.is_dir() else _read_zip(path)
        info = msgspec.json.decode(members["grader.json"], type=GraderInfo)
        tests = {member[6:-3]: text.decode() for member, text in members.items() if _is_test(member)}
        reference = members["files/reference.py"].decode()
        # Taken out before the digest: a rubric decides no test, so results hold when its words or its worths change.
        guide = msgspec.json.decode(members.pop(GUIDE, b"{}"), type=MarkingGuide)
    except FileNotFoundError:
        raise AutograderError(f"{path}: no such grader zip. Make it with `autograder build {name}`.") from None
    except (*UNREADABLE, KeyError, msgspec.MsgspecError) as error:
        raise AutograderError(f"{path}: not a grader zip made by `autograder build` ({error}).") from None
    missing = [question.name for question in info.questions if not question.manual and question.name not in tests]
    if missing:
        raise AutograderError(f"{path}: no tests for {', '.join(missing)}. Make it again with `autograder build`.")
    files = {
        member[6:]: content
        for member, content in members.items()
        if member.startswith("files/") and member != "files/reference.py"
    }
    return Grader(info, tests, reference, files, _digest(members), guide)


def _read_zip(path: Path) -> dict[str, bytes]:
    # Not from the file: a member that claims a gigabyte would have that much memory taken for the read.
    with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as archive:
        members = [member for member in archive.infolist() if not member.filename.startswith("kit/")]
        size = sum(member.file_size for member in members)
        if size > ZIP_BYTES:  # no member gives more than it announces
            raise zipfile.BadZipFile(f"it unpacks to {size >> 20} MiB, {ZIP_BYTES >> 20} may be read")
        return {member.filename: archive.read(member) for member in members}


def _read_folder(path: Path) -> dict[str, bytes]:
    return {
        member.relative_to(path).as_posix(): member.read_bytes()
        for member in path.rglob("*")
        if member.is_file() and member.relative_to(path).parts[0] != "kit"
    }


def _digest(members: dict[str, bytes]) -> str:
    """Return one hash of all members, the same for the zip and for the folder it was unpacked to."""
    digest = hashlib.sha256()
    for name in sorted(members):
        digest.update(f"{name}\0{len(members[name])}\0".encode() + members[name])
    return digest.hexdigest()


def _is_test(name: str) -> bool:
    return name.startswith("tests/") and name.endswith(".py")
