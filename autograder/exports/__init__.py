"""Marks in, the files of an LMS out: a table that it exported with the scores in it, a zip of pages for students.

Nothing is made up: a column or a row that is not there is never added, and what could be meant in two ways is refused.
"""

from autograder.exports import brightspace, canvas, gradescope, moodle
from autograder.exports.feedback import Packed, Page, feedback_zip, participant
from autograder.exports.filling import Changed, Filled, Left, Skipped
from autograder.exports.plain import standings_csv

__all__ = [
    "Changed",
    "Filled",
    "Left",
    "Packed",
    "Page",
    "Skipped",
    "brightspace",
    "canvas",
    "feedback_zip",
    "gradescope",
    "moodle",
    "participant",
    "standings_csv",
]
