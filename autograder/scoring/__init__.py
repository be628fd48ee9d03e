"""Attempts, scores and what people decided in; out comes what counts for each student, and why. Arithmetic alone.

It reads no clock and no file, and the order of what comes in makes no difference. A fault of the grader never becomes a
score. Points are added as decimal numbers, exactly; only a score is rounded, to hundredths, half a hundredth up.
"""

from autograder.scoring.counting import Candidate, choose_attempt, latest, rounded, standings
from autograder.scoring.lateness import (
    Terms,
    days_after,
    days_to_spend,
    exact,
    lateness_units,
    penalty_of,
    terms_of,
    units_of,
)
from autograder.scoring.marking import lost_items, marked_points

__all__ = [
    "Candidate",
    "Terms",
    "choose_attempt",
    "days_after",
    "days_to_spend",
    "exact",
    "lateness_units",
    "latest",
    "lost_items",
    "marked_points",
    "penalty_of",
    "rounded",
    "standings",
    "terms_of",
    "units_of",
]
