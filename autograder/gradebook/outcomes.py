"""What a change of the gradebook did, to be told to the person who asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from autograder.errors import GradebookError
from autograder.records import AnswerMark, Attempt, Student


@dataclass(frozen=True)
class RosterChange:
    """What a roster changed: who is new or back, whose data differ, who left, who is as before."""

    added: tuple[Student, ...]
    changed: tuple[Student, ...]
    left: tuple[Student, ...]
    same: tuple[Student, ...]


@dataclass(frozen=True)
class AddedAttempts:
    """What an import added: attempts, known ones of which the LMS now says something else, and those known as such."""

    new: tuple[Attempt, ...]
    changed: tuple[Attempt, ...]
    known: tuple[Attempt, ...]


@dataclass(frozen=True)
class Deleted:
    """What a deletion took away.

    Attributes:
        attempts: rows that nobody else shares; shared: attempts that others keep, without the names of files.
        marks: of written answers, withdrawn and earlier ones too; decisions: overrides and extensions.
        files: sha256 of what nobody else has handed in: to be deleted wherever the files themselves lie.
    """

    attempts: int
    shared: int
    scores: int
    marks: int
    decisions: int
    files: tuple[str, ...]


class MarkConflict(GradebookError):
    """An answer has another mark than the one that its marker saw; nothing was added.

    Attributes:
        current: the marks that count by now, withdrawn ones too, of those answers where they are others.
    """

    def __init__(self, current: Sequence[AnswerMark]) -> None:
        self.current = tuple(current)
        others = ", ".join(sorted({mark.author for mark in current})) or "somebody"
        answers = "This answer was" if len(current) < 2 else f"{len(current)} of these answers were"
        super().__init__(f"{answers} marked by {others} meanwhile. Nothing was changed; look at it again.")
