"""What the staff pages know: gradebook, graders and submitted files, read once and kept fresh.

A page asks here, and what it gets is of this moment. Marks are followed one by one, since each page of a class of a
thousand would otherwise read the whole gradebook; anything else that is written down makes all of it be read again.
"""

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from autograder.answers import Answer, read_answers
from autograder.book import Book, book_of
from autograder.errors import AutograderError
from autograder.folders import grader_path, submissions_folder
from autograder.gradebook import Gradebook
from autograder.grader import Grader, read_grader
from autograder.guide import MarkingGuide
from autograder.intake import SubmissionStore, read_submission
from autograder.model import Course, Status
from autograder.records import AnswerMark, Standing
from autograder.web.queue import Queue, make_queue

# Entries of the gradebook that say nothing but what the staff pages themselves follow.
FOLLOWED = ("mark", "snippet")
ANSWERS_KEPT = 64

Marks = Mapping[tuple[str, str], AnswerMark]


@dataclass(frozen=True)
class _Known:
    """The gradebook at one moment.

    Attributes:
        entry: number of its newest entry, and `other` of the newest that is neither mark nor snippet.
        standings: assignment -> id of a student -> what counts.
        files: assignment -> sha256 of each graded file that counts for somebody.
        marked: assignment -> number of the newest mark that is known.
    """

    entry: int
    other: int
    book: Book
    standings: dict[str, dict[str, Standing]]
    files: dict[str, frozenset[str]]
    marked: dict[str, int]


class Desk:
    """The one place where pages get what they show.

    Args:
        root: folder of course.yml.
        now: the clock.
    """

    def __init__(self, root: Path, course: Course, gradebook: Gradebook, now: Callable[[], datetime]) -> None:
        self.root, self.course, self.gradebook, self.now = root, course, gradebook, now
        self._lock = threading.RLock()
        self._known: _Known | None = None
        self._graders: dict[str, tuple[tuple[int, int], Grader]] = {}
        self._texts: dict[tuple[str, str, str], str] = {}
        self.answers_of = lru_cache(ANSWERS_KEPT)(self._answers_of)

    def grader(self, assignment: str) -> Grader | None:
        """Return the grader of an assignment as its zip is now, None where there is none; its rubrics then count.

        Raises:
            AutograderError: when the zip is damaged.
        """
        path = grader_path(self.root, assignment)
        try:
            facts = path.stat()
        except FileNotFoundError:
            return None
        state = facts.st_mtime_ns, facts.st_size
        with self._lock:
            known = self._graders.get(assignment)
            if known is None or known[0] != state:
                grader = read_grader(path)
                rubrics = [question.rubric for question in grader.guide.written]
                self.gradebook.set_rubrics(assignment, rubrics, self.now(), "grader zip")
                known = self._graders[assignment] = state, grader
                self.answers_of.cache_clear()
                self._texts.clear()
        return known[1]

    def guide(self, assignment: str) -> MarkingGuide:
        """Return what is to be marked, nothing where there is no grader zip."""
        grader = self.grader(assignment)
        return grader.guide if grader else MarkingGuide()

    def standings(self, assignment: str) -> tuple[Standing, ...]:
        """Return what counts for each student, by name."""
        return tuple(self._fresh().standings[assignment].values())

    def queue(self, assignment: str, question: str) -> Queue:
        """Return the queue of a written question.

        Raises:
            KeyError: when the assignment has no such question.
        """
        written = self.guide(assignment).question(question)
        known = self._fresh()
        rubric = known.book.rubrics[assignment].get(question, written.rubric)
        return make_queue(assignment, written, rubric, known.files[assignment], known.book.marks[assignment])

    def answer(self, assignment: str, question: str, sha256: str) -> Answer:
        """Return a written answer with what the notebook shows beside it.

        Raises:
            AutograderError: when the file is no longer there, or no notebook.
        """
        return self.answers_of(assignment, sha256)[question]

    def text(self, assignment: str, question: str, sha256: str) -> str:
        """Return the text of a written answer alone, which is cheap to keep; otherwise as `answer`."""
        key = assignment, question, sha256
        if key not in self._texts:
            answers = self._answers_of(assignment, sha256)
            self._texts |= {(assignment, name, sha256): answer.text for name, answer in answers.items()}
        return self._texts[key]

    def data(self, assignment: str, sha256: str) -> bytes:
        """Return the bytes of a submitted notebook.

        Raises:
            AutograderError: when the file is no longer there, or no notebook.
        """
        path = SubmissionStore(submissions_folder(self.root, assignment)).find(sha256)
        if path is None:
            raise AutograderError(
                f"The file of this answer is not in {submissions_folder(self.root, assignment)} any more: take it in "
                f"again with `autograder intake {assignment} PATH`."
            )
        grader = self.grader(assignment)
        submission = read_submission(path, sha256, "", grader.info.name if grader else assignment)
        if submission.notebook is None:
            raise AutograderError(f"The file of this answer cannot be read: {submission.problem}")
        return submission.notebook

    def _answers_of(self, assignment: str, sha256: str) -> dict[str, Answer]:
        grader = self.grader(assignment)
        if grader is None:
            raise AutograderError(
                f"dist/{assignment}-autograder.zip is not there: run `autograder build {assignment}`."
            )
        return read_answers(self.data(assignment, sha256), grader.info.name, grader.guide)

    def _fresh(self) -> _Known:
        with self._lock:
            # Before anything is read: what is added from here on is read again with the next page.
            entry, known = self.gradebook.latest_entry(), self._known
            other = self.gradebook.latest_entry(FOLLOWED) if known is None or known.entry != entry else known.other
            if known is None or known.other != other:
                known = self._read(entry, other)
            elif known.entry != entry:
                known = self._followed(known, entry)
            self._known = known
        return known

    def _read(self, entry: int, other: int) -> _Known:
        book = book_of(self.gradebook, self.course)
        standings = {
            name: {one.student.id: one for one in some}
            for name, some in book.standings(self.course, self.now()).items()
        }
        files = {name: frozenset(_files(some.values())) for name, some in standings.items()}
        marked = {name: max((mark.number for mark in some.values()), default=0) for name, some in book.marks.items()}
        return _Known(entry, other, book, standings, files, marked)

    def _followed(self, known: _Known, entry: int) -> _Known:
        """Return what is known with the marks that have been made since; only their students' standings are new."""
        book, standings, marked = known.book, dict(known.standings), dict(known.marked)
        marks = dict(book.marks)
        changed: dict[str, set[str]] = {}
        for name in marks:
            new = self.gradebook.answer_marks_since(name, marked[name])
            if new:
                marks[name] = {**marks[name], **{(mark.sha256, mark.question): mark for mark in new}}
                marked[name] = max(mark.number for mark in new)
                changed[name] = {mark.sha256 for mark in new}
        book = replace(book, marks=marks)
        touched = {
            student
            for name, files in changed.items()
            for attempt in book.attempts[name]
            if attempt.sha256 in files
            for student in attempt.students
        }
        for name, some in _of_these(book, touched).standings(self.course, self.now()).items():
            standings[name] = {**standings[name], **{one.student.id: one for one in some}}
        return replace(known, entry=entry, book=book, standings=standings, marked=marked)


def _files(standings: Iterable[Standing]) -> Iterable[str]:
    return (one.attempt.sha256 for one in standings if one.attempt and one.status == Status.GRADED)


def _of_these(book: Book, students: set[str]) -> Book:
    """Return the part of a gradebook that decides these students' standings."""
    attempts = {
        name: tuple(one for one in some if not students.isdisjoint(one.students))
        for name, some in book.attempts.items()
    }
    return replace(book, students=tuple(one for one in book.students if one.id in students), attempts=attempts)
