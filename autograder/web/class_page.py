"""What the page of a class shows: standings, their analysis and alike code in, the values of class.html out."""

from collections.abc import Container, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from autograder.analysis import Analysis, CaseFacts, Spread, once
from autograder.model import Assignment, GraderInfo, Limits
from autograder.records import Standing
from autograder.reports.histogram import Histogram, histogram
from autograder.similarity import Pair
from autograder.web.drawings import Runs, brief, percent, runs, scatter
from autograder.web.listing import Filed, Short, people_path

MOST_CASES = 8
MOST_PAIRS = 12
USUAL = 0.05
"""Where so many of all pairs are as alike as the most unusual one, likeness tells nothing, and the page says so."""
MEBIBYTE = 2**20


@dataclass(frozen=True)
class Scores:
    """The scores of the class, each group once.

    Attributes:
        graded: how many they are.
        without: written questions that are left out, and lateness with them, while some answers are not marked.
    """

    graded: int
    max_score: float
    mean: float
    median: float
    without: tuple[str, ...]
    drawing: Histogram


@dataclass(frozen=True)
class ShownCase:
    """A test case that fails, with where to see it fail."""

    facts: CaseFacts
    label: str
    path: str


@dataclass(frozen=True)
class ShownPair:
    """Two submissions with code that is alike; texts for people."""

    pair: Pair
    a: str
    b: str
    a_path: str
    b_path: str
    path: str
    share: str
    unusual: str


@dataclass(frozen=True)
class ShownRuns:
    """What runs took, in one unit: the drawing, and the three that took most: whose, address, how much."""

    drawing: Runs
    limit: float
    unit: str
    largest: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Counted:
    """A tile: a number of students, and where they are listed."""

    name: str
    count: int
    path: str


def class_page_values(
    assignment: Assignment,
    info: GraderInfo | None,
    analysis: Analysis,
    filed: Filed,
    pairs: Sequence[Pair] | None,
) -> dict[str, object]:
    """Return the values of class.html.

    Args:
        info: of the grader, None while there is none.
        analysis: of `filed.standings` and `filed.counting()`.
        pairs: of `similar_code` by name of submission; None while they are being compared.
    """
    limits = info.limits if info else Limits(run_seconds=0, memory_mb=0)
    return {
        "assignment": assignment,
        "info": info,
        "all_path": people_path(assignment.id),
        "students": len(filed.standings),
        "tiles": _tiles(assignment.id, analysis),
        "waiting": sum(one.waiting for one in analysis.questions),
        "scores": _scores(analysis, assignment),
        "attention": _attention(analysis, filed),
        "questions": analysis.questions,
        "scatter": scatter(analysis.questions),
        "cases": [_case(one, filed) for one in analysis.cases],
        "most_cases": MOST_CASES,
        "seconds": _runs(analysis.seconds, "CPU time", "s", 1, limits.run_seconds, 0.5, filed),
        "memory": _runs(
            analysis.memory_bytes, "memory", "MiB", MEBIBYTE, info.limits.memory_mb if info else 0, 5, filed
        ),
        "late": filed.short(analysis.late, "late"),
        "missing": filed.short(analysis.missing, "missing"),
        "percent": percent,
        **_alike(analysis, filed, pairs),
    }


def _alike(analysis: Analysis, filed: Filed, pairs: Sequence[Pair] | None) -> dict[str, object]:
    copies = [tuple(filed.listed(one) for one in some) for some in analysis.same_file]
    return {
        "copies": copies[:MOST_PAIRS],
        "more_copies": len(copies) - MOST_PAIRS,
        "pairs": None if pairs is None else [shown_pair(pair, filed) for pair in pairs[:MOST_PAIRS]],
        "more_pairs": len(pairs or ()) - MOST_PAIRS,
        "usual": percent(pairs[0].whole.share) if pairs and _rarest(pairs[0]) > USUAL else "",
        "pairs_path": f"/{filed.assignment}/pairs",
    }


def shown_pair(pair: Pair, filed: Filed) -> ShownPair:
    """Return a pair with names, addresses and its numbers in words."""
    return ShownPair(
        pair=pair,
        a=filed.label(pair.a),
        b=filed.label(pair.b),
        a_path=filed.path(pair.a),
        b_path=filed.path(pair.b),
        path=filed.pair_path(pair.a, pair.b),
        share=percent(pair.whole.replaced),
        unusual=unusual(pair.whole.rank, pair.whole.pairs),
    )


def unusual(rank: int, pairs: int) -> str:
    """Say how many pairs of the class are at least as alike, the pair itself included."""
    if rank <= 1:
        return f"no other of {pairs:,} pairs is as alike" if pairs > 1 else "there is no other pair"
    share = f"{100 * rank / pairs:.1g} %" if rank / pairs < 0.01 else percent(rank / pairs)
    return f"{rank:,} of {pairs:,} pairs are as alike ({share})"


def _rarest(pair: Pair) -> float:
    return min([pair.whole.share, *(one.share for one in pair.questions if one.question in pair.copied)])


def _tiles(assignment: str, analysis: Analysis) -> list[Counted]:
    counted: list[tuple[str, Sequence[Standing]]] = [
        ("graded", analysis.graded),
        ("late", analysis.late),
        ("missing", analysis.missing),
        ("excused", analysis.excused),
        ("ungraded", analysis.ungraded),
        ("rejected", analysis.rejected),
        ("fault", analysis.fault),
    ]
    always = ("graded", "late", "missing")
    return [Counted(name, len(some), people_path(assignment, name)) for name, some in counted if some or name in always]


def _scores(analysis: Analysis, assignment: Assignment) -> Scores | None:
    """Return the scores that count, or the points without the questions that people have not done with marking."""
    found = once(analysis.graded)
    waiting = {name: one.questions[name][1] for one in found for name in one.unmarked}
    most = assignment.points - sum(waiting.values())
    values = [one.score for one in found if one.score is not None]
    if waiting:
        values = [_points(one, waiting) for one in found if one.questions]
    if not values:
        return None
    mean, middle = fmean(values), median(values)
    return Scores(len(values), most, mean, middle, tuple(waiting), histogram(sorted(values), most, mean, middle))


def _points(standing: Standing, without: Container[str]) -> float:
    return sum(points for name, (points, _) in standing.questions.items() if points is not None and name not in without)


def _attention(analysis: Analysis, filed: Filed) -> list[tuple[str, Short]]:
    """Return what somebody has to do something about: status and who."""
    some = [("fault", analysis.fault), ("rejected", analysis.rejected), ("ungraded", analysis.ungraded)]
    return [(name, filed.short(standings, name)) for name, standings in some if standings]


def _case(facts: CaseFacts, filed: Filed) -> ShownCase:
    return ShownCase(facts, filed.label(facts.example), filed.path(facts.example))


def _runs(
    spread: Spread | None, what: str, unit: str, size: int, limit: int, smallest: float, filed: Filed
) -> ShownRuns | None:
    """Return what runs took, in units of `size`; None where nothing ran."""
    if spread is None:
        return None
    of_unit = Spread(
        values=tuple(value / size for value in spread.values),
        median=spread.median / size,
        p95=spread.p95 / size,
        largest=tuple((name, value / size) for name, value in spread.largest),
    )
    largest = tuple((filed.label(name), filed.path(name), brief(value)) for name, value in of_unit.largest)
    return ShownRuns(runs(of_unit, what, unit, float(limit), smallest), float(limit), unit, largest)
