"""All submissions of a class that are alike: pairs by their code and equal files in, the values of pairs.html out."""

from collections.abc import Sequence

from autograder.analysis import Analysis
from autograder.model import Assignment
from autograder.similarity import Pair
from autograder.web.class_page import shown_pair
from autograder.web.listing import Filed


def pairs_page_values(
    assignment: Assignment, analysis: Analysis, filed: Filed, pairs: Sequence[Pair] | None
) -> dict[str, object]:
    """Return the values of pairs.html.

    Args:
        pairs: as for the page of the class.
    """
    return {
        "assignment": assignment,
        "copies": [tuple(filed.listed(one) for one in some) for some in analysis.same_file],
        "pairs": None if pairs is None else [shown_pair(pair, filed) for pair in pairs],
    }
