"""Answers of a class in, which of them are alike out: written ones to be marked together, code for people to look at.

It accuses nobody, runs nothing and reads no file.
"""

from autograder.similarity.answers import answer_code
from autograder.similarity.code import Likeness, Pair, likeness, similar_code
from autograder.similarity.sides import Line, Part, side_by_side
from autograder.similarity.texts import Other, Similar, similar_answers

__all__ = [
    "Likeness",
    "Line",
    "Other",
    "Pair",
    "Part",
    "Similar",
    "answer_code",
    "likeness",
    "side_by_side",
    "similar_answers",
    "similar_code",
]
