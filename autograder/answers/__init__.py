"""Answers that students wrote: a notebook of a stranger and the marking guide in, text and work of each question out.

reading   the notebook, read once more for what grading leaves out: ids, outputs, attached pictures
finding   which cells hold the answer to which question, whatever an editor or a student did to them
showing   outputs of a cell as text and pictures that are safe to show
"""

from autograder.answers.reading import Answer, Work, read_answers
from autograder.answers.showing import Picture

__all__ = ["Answer", "Picture", "Work", "read_answers"]
