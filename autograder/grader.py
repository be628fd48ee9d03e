"""A grader zip, read once: what an assignment asks and how its answers are tested. Nothing is extracted to disk."""

import hashlib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import msgspec

from autograder.errors import AutograderError
from autograder.model import GraderInfo


@dataclass(frozen=True)
class Grader:
    """The members of a grader zip that grading needs.

    Attributes:
        tests: question -> Otter test file, hidden test cases included.
        reference: the solution's definitions, which tests import as `reference`.
        files: data files that the notebook expects beside it.
        sha256: of the whole zip.
    """

    info: GraderInfo
    tests: dict[str, str]
    reference: str
    files: dict[str, bytes]
    sha256: str


def read_grader(path: Path) -> Grader:
    """Read a grader zip.

    Raises:
        AutograderError: when it is not one; the text names the file and the command that makes it.
    """
    try:
        content = path.read_bytes()
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist() if not name.startswith("kit/")}
        info = msgspec.json.decode(members["grader.json"], type=GraderInfo)
        tests = {name[6:-3]: text.decode() for name, text in members.items() if _is_test(name)}
        reference = members["files/reference.py"].decode()
    except FileNotFoundError:
        name = path.name.removesuffix("-autograder.zip")
        raise AutograderError(f"{path}: no such grader zip. Make it with `autograder build {name}`.") from None
    except (zipfile.BadZipFile, KeyError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise AutograderError(f"{path}: not a grader zip made by `autograder build` ({error}).") from None
    missing = [question.name for question in info.questions if not question.manual and question.name not in tests]
    if missing:
        raise AutograderError(f"{path}: no tests for {', '.join(missing)}. Make it again with `autograder build`.")
    files = {
        name[6:]: data for name, data in members.items() if name.startswith("files/") and name[6:] != "reference.py"
    }
    return Grader(info, tests, reference, files, hashlib.sha256(content).hexdigest())


def _is_test(name: str) -> bool:
    return name.startswith("tests/") and name.endswith(".py")
