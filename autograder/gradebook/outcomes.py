"""What a change of the gradebook did, to be told to the person who asked for it."""

from dataclasses import dataclass

from autograder.records import Attempt, Student


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
        decisions: overrides and extensions.
        files: sha256 of what nobody else has handed in: to be deleted wherever the files themselves lie.
    """

    attempts: int
    shared: int
    scores: int
    decisions: int
    files: tuple[str, ...]
