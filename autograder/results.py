"""The folder that `grade` fills: record, page and evidence of each submission, tables and a page of the class.

In go results; out come files. A record is on the disk, whole, before its result is shown, and is written last: a kill
or a loss of power at any moment leaves whole files only. What is in the folder already is read back, so that a batch
goes on where it was stopped. One command at a time may write: it holds a lock, which the kernel frees should it die.
"""

import fcntl
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from autograder.errors import AutograderError
from autograder.model import GraderInfo, Result
from autograder.reports import feedback_html, grades_csv, index_html, read_result, result_json, runs_csv

LOCK = ".lock"
UNFINISHED = ".unfinished"
CLASS_FILES = ("index.html", "grades.csv", "runs.csv")


class ResultsFolder:
    """One folder of one assignment's results, held by one command.

    Args:
        path: made when it is not there.
        info: the assignment.
        course_title: for the pages' heads.

    Raises:
        AutograderError: when another command is at work in it.
        OSError: when it cannot be made or written.
    """

    def __init__(self, path: Path, info: GraderInfo, course_title: str) -> None:
        self.path, self._info, self._course_title = path, info, course_title
        for name in ("results", "feedback", "evidence"):
            (path / name).mkdir(parents=True, exist_ok=True)
        self._lock = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(self._lock)
            raise AutograderError(
                f"Another command is at work in {path}. Wait until it ends, or give --out for other results."
            ) from None

    def close(self) -> None:
        """Let the next command in."""
        os.close(self._lock)

    @property
    def index(self) -> Path:
        """The page that shows the class at a glance."""
        return self.path / "index.html"

    def earlier(self) -> dict[str, Result]:
        """Return the results of earlier runs; see `read_results`."""
        return read_results(self.path, self._info.assignment)

    def write(self, result: Result) -> None:
        """Write one submission's evidence and page and then its record, to stay.

        Raises:
            OSError: when the disk is full or the like; what was there before is still there.
        """
        if result.evidence:
            _write_parts(self._evidence(result), [result.evidence])
        page = feedback_html(result, self._info.title, self._course_title)
        _write(self.path / "feedback" / f"{result.submission}.html", page)
        _write(self.path / "results" / f"{result.submission}.json", result_json(result))

    def write_class(self, results: Sequence[Result]) -> None:
        """Write the tables and the page of the class.

        Raises:
            OSError: as `write`.
        """
        questions = self._info.questions
        _write(self.path / "grades.csv", grades_csv(results, questions))
        _write(self.path / "runs.csv", runs_csv(results))
        _write_parts(self.index, (part.encode("utf-8", errors="replace") for part in self._page(results)))
        in_use = {self._evidence(result).name for result in results if result.facts}
        for path in (self.path / "evidence").iterdir():
            if path.name not in in_use:  # of another kit or an earlier file: no result rests on it any more
                path.unlink()

    def _page(self, results: Sequence[Result]) -> Iterator[str]:
        info = self._info
        return index_html(results, info.questions, info.title, self._course_title, info.verified)

    def has_evidence(self, result: Result) -> bool:
        """Tell whether the evidence of a result of `earlier` is there."""
        path = self._evidence(result)
        return path.is_file() and path.stat().st_size > 0

    def with_evidence(self, result: Result) -> Result:
        """Return a result of `earlier` with its evidence, empty where there is none.

        Raises:
            OSError: when it cannot be read.
        """
        path = self._evidence(result)
        return replace(result, evidence=path.read_bytes() if path.is_file() else b"")

    def _evidence(self, result: Result) -> Path:
        return evidence_path(self.path, result)


def evidence_path(path: Path, result: Result) -> Path:
    """Return the place of a run's evidence in a folder, under the hashes of what was run and how."""
    facts = result.facts
    name = f"{facts.submission_sha256[:32]}-{facts.profile[:16]}" if facts else UNFINISHED
    return path / "evidence" / name


def read_results(path: Path, assignment: str) -> dict[str, Result]:
    """Return the results in a folder by submission; a record that is damaged is as good as none.

    Raises:
        OSError: when a record cannot be read at all: it may be good.
    """
    found: dict[str, Result] = {}
    for record in sorted((path / "results").glob("*.json")):
        try:
            result = read_result(record.read_text(encoding="utf-8"))
        except (AutograderError, UnicodeDecodeError):
            continue
        if result.assignment == assignment and result.submission == record.stem:
            found[result.submission] = result
    return found


def _write(path: Path, text: str) -> None:
    _write_parts(path, [text.encode("utf-8", errors="replace")])


def _write_parts(path: Path, content: Iterable[bytes]) -> None:
    unfinished = path.with_name(UNFINISHED)
    try:
        with open(unfinished, "wb") as file:
            file.writelines(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
