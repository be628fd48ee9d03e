"""The folder that `grade` fills: results/<submission>.json, feedback/<submission>.html, grades.csv and index.html.

In go results; out come files, each under a temporary name first, so that a kill at any moment leaves whole files only.
What is in the folder already is read back, so that a batch goes on where it was stopped.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from autograder.errors import AutograderError
from autograder.model import GraderInfo, Result
from autograder.reports import feedback_html, grades_csv, index_html, read_result, result_json


class ResultsFolder:
    """One folder of one assignment's results.

    Args:
        path: made when it is not there.
        info: the assignment.
        course_title: for the pages' heads.
    """

    def __init__(self, path: Path, info: GraderInfo, course_title: str) -> None:
        self.path, self._info, self._course_title = path, info, course_title
        for name in ("results", "feedback"):
            (path / name).mkdir(parents=True, exist_ok=True)

    @property
    def index(self) -> Path:
        """The page that shows the class at a glance."""
        return self.path / "index.html"

    def earlier(self) -> dict[str, Result]:
        """Return the results of earlier runs by submission; a record that cannot be read is as good as none."""
        found: dict[str, Result] = {}
        for path in sorted((self.path / "results").glob("*.json")):
            try:
                result = read_result(path.read_text(encoding="utf-8"))
            except (AutograderError, OSError, UnicodeDecodeError):
                continue
            if result.assignment == self._info.assignment and result.submission == path.stem:
                found[result.submission] = result
        return found

    def write(self, result: Result) -> None:
        """Write one submission's record and page."""
        page = feedback_html(result, self._info.title, self._course_title)
        _write(self.path / "feedback" / f"{result.submission}.html", page)
        _write(self.path / "results" / f"{result.submission}.json", result_json(result))

    def write_class(self, results: Sequence[Result]) -> None:
        """Write the table and the page of the class."""
        questions = self._info.questions
        _write(self.path / "grades.csv", grades_csv(results, questions))
        _write(self.index, index_html(results, questions, self._info.title, self._course_title))


def _write(path: Path, text: str) -> None:
    temporary = path.with_name(f".{path.name[:100]}.{os.getpid()}")
    temporary.write_text(text, encoding="utf-8", errors="replace", newline="")
    temporary.replace(path)
