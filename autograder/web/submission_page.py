"""What staff see of one submission: its result with messages and facts, whose it is, and code that is like it.

Names stand beside what was found, so written answers are not marked from here.
"""

from collections.abc import Sequence

from autograder.model import Assignment
from autograder.similarity import Pair
from autograder.text import number
from autograder.web.class_page import MEBIBYTE, MOST_PAIRS, shown_pair
from autograder.web.listing import Filed

MOST_CHARACTERS = 4_000  # of a message
MOST_ERRORS = 20


def submission_page_values(
    assignment: Assignment, name: str, filed: Filed, pairs: Sequence[Pair] | None
) -> dict[str, object]:
    """Return the values of submission.html.

    Args:
        pairs: of the class, as for its page.

    Raises:
        KeyError: no submission of that name counts for anybody.
    """
    result = filed.result(name)
    facts = result.facts
    people = filed.people(name)
    alike = [pair for pair in pairs or () if name in (pair.a, pair.b)]
    return {
        "assignment": assignment,
        "result": result,
        "people": [filed.listed(one) for one in people],
        "together": len({one.attempt.students for one in people if one.attempt}) <= 1,
        "standing": people[0],
        "label": filed.label(name),
        "path": filed.path(name),
        "cell_errors": facts.cell_errors[:MOST_ERRORS] if facts else (),
        "more_errors": len(facts.cell_errors) - MOST_ERRORS if facts else 0,
        "most_characters": MOST_CHARACTERS,
        "ran": _ran(result.cpu_seconds, result.wall_seconds, facts.memory_bytes if facts else 0),
        "pairs": [shown_pair(pair, filed) for pair in alike[:MOST_PAIRS]],
        "more_pairs": len(alike) - MOST_PAIRS,
        "comparing": pairs is None,
    }


def _ran(cpu_seconds: float, wall_seconds: float, memory_bytes: int) -> str:
    took = f"{number(cpu_seconds)} s of CPU time, {number(wall_seconds)} s by the clock"
    return took + (f", {number(memory_bytes / MEBIBYTE)} MiB of memory" if memory_bytes else "")
