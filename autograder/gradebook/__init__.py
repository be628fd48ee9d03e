"""The gradebook: who is in the course, what they handed in, what the grader and people made of it.

In SQLite or PostgreSQL. Rows are only ever added; what counts now is a view, and any earlier moment can be asked for.
"""

from autograder.gradebook.gradebook import Gradebook
from autograder.gradebook.opening import open_gradebook
from autograder.gradebook.outcomes import AddedAttempts, Deleted, MarkConflict, RosterChange
from autograder.gradebook.search import matching_students

__all__ = [
    "AddedAttempts",
    "Deleted",
    "Gradebook",
    "MarkConflict",
    "RosterChange",
    "matching_students",
    "open_gradebook",
]
