"""The written answers to a question in the order in which they are marked: which is next, how many are left.

The order is that of a hash, so it is the same for every TA and after every restart, another for each question, and says
nothing of a name. An answer is one file: a group has one, and so have all who handed in the same bytes.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from autograder.guide import WrittenQuestion
from autograder.records import AnswerMark, Rubric
from autograder.scoring import lost_items, marked_points

ID_CHARS = 16


@dataclass(frozen=True)
class Paper:
    """An answer in the queue.

    Attributes:
        id: of `ID_CHARS` hex digits, in addresses; number: place in the queue, from 1.
        mark: the newest, a withdrawn one included; None before the first.
        points: None while nobody has marked it.
        lost: items of the mark that the rubric no longer has: somebody should look again.
    """

    id: str
    number: int
    sha256: str
    mark: AnswerMark | None = None
    points: float | None = None
    lost: tuple[str, ...] = ()

    @property
    def seen(self) -> int:
        """Number of the mark that a page shows, 0 for none; comes back with what is saved."""
        return self.mark.number if self.mark else 0

    @property
    def marked(self) -> AnswerMark | None:
        """The mark in force."""
        return self.mark if self.mark and not self.mark.withdrawn else None


@dataclass(frozen=True)
class Queue:
    """All answers to one question of an assignment, in their order."""

    assignment: str
    question: WrittenQuestion
    rubric: Rubric
    papers: tuple[Paper, ...]

    @cached_property
    def _by_id(self) -> dict[str, Paper]:
        return {paper.id: paper for paper in self.papers}

    @cached_property
    def left(self) -> int:
        """How many nobody has marked."""
        return sum(paper.marked is None for paper in self.papers)

    @property
    def done(self) -> int:
        return len(self.papers) - self.left

    def paper(self, number: str) -> Paper:
        """Return the answer of that id.

        Raises:
            KeyError: when the queue has none.
        """
        return self._by_id[number]

    def neighbour(self, paper: Paper, step: int) -> Paper | None:
        """Return the answer `step` places on, None beyond either end."""
        place = paper.number - 1 + step
        return self.papers[place] if 0 <= place < len(self.papers) else None

    def next_open(self, after: Paper | None = None, busy: Iterable[str] = ()) -> Paper | None:
        """Return the next answer that nobody has marked, from a place on and then from the beginning; None: all are.

        Args:
            busy: ids of answers that others have open; they come last.
        """
        begin = after.number if after else 0
        around = [paper for paper in (*self.papers[begin:], *self.papers[:begin]) if paper.marked is None]
        busy = set(busy)
        return next((paper for paper in around if paper.id not in busy), around[0] if around else None)


def make_queue(
    assignment: str,
    question: WrittenQuestion,
    rubric: Rubric,
    files: Iterable[str],
    marks: Mapping[tuple[str, str], AnswerMark],
) -> Queue:
    """Return the queue of a question.

    Args:
        files: sha256 of each file that counts for somebody.
        marks: (sha256, question) -> the newest mark, withdrawn ones included.
    """
    ids = sorted((paper_id(assignment, question.name, sha256), sha256) for sha256 in set(files))
    papers = []
    for number, (one, sha256) in enumerate(ids, 1):
        mark = marks.get((sha256, question.name))
        points = marked_points(rubric, mark) if mark else None
        lost = lost_items(rubric, mark) if mark and not mark.withdrawn else ()
        papers.append(Paper(one, number, sha256, mark, points, lost))
    return Queue(assignment, question, rubric, tuple(papers))


def paper_id(assignment: str, question: str, sha256: str) -> str:
    """Return how an answer is called in addresses."""
    return hashlib.sha256(f"{assignment}\0{question}\0{sha256}".encode()).hexdigest()[:ID_CHARS]
