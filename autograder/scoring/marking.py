"""Rubrics and what people found in written answers in; out come the points, by each item's worth as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction

from autograder.records import AnswerMark, Rubric, Score
from autograder.scoring.lateness import exact

# By (sha256 of a file, question).
Marks = Mapping[tuple[str, str], AnswerMark]


@dataclass(frozen=True)
class MarkedScore:
    """A score with the points of its written answers, and question -> the mark that gave them."""

    score: Score
    marks: dict[str, AnswerMark] = field(default_factory=dict)


def marked_points(rubric: Rubric, mark: AnswerMark) -> float | None:
    """Return the points of an answer: those of its items and the adjustment, from 0 to the most points; None unmarked.

    Items that the rubric has no longer count nothing; `lost_items` names them.
    """
    if mark.withdrawn:
        return None
    found = set(mark.items)
    points = sum((exact(item.points) for item in rubric.items if item.id in found), exact(mark.adjustment))
    return float(min(max(points, Fraction(0)), exact(rubric.points)))


def lost_items(rubric: Rubric, mark: AnswerMark) -> tuple[str, ...]:
    """Return the items of a mark that its rubric has no longer: somebody has to look at the answer again."""
    there = {item.id for item in rubric.items}
    return tuple(one for one in mark.items if one not in there)


def marked_scores(scores: Mapping[str, Score], marks: Marks, rubrics: Mapping[str, Rubric]) -> dict[str, MarkedScore]:
    """Return sha256 -> score of one assignment, with points for each written answer that has a mark and a rubric.

    Args:
        rubrics: by question.
    """
    found: dict[str, MarkedScore] = {}
    for sha256, score in scores.items():
        questions, counting = dict(score.questions), {}
        for name, (graded, most) in score.questions.items():
            mark, rubric = marks.get((sha256, name)), rubrics.get(name)
            points = marked_points(rubric, mark) if graded is None and mark and rubric else None
            if mark and points is not None:
                questions[name], counting[name] = (points, most), mark
        found[sha256] = MarkedScore(replace(score, questions=questions) if counting else score, counting)
    return found
