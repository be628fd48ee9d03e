"""What the runs of a calibration say about each numeric bound: a Calibration in, Summaries out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from autograder.proof.calibration import Calibration, Place, Seen, Series
from autograder.proof.record import BoundCount
from autograder.proof.statistics import Tail, margin_beyond, tail, upper_limit
from autograder.reports.calibration import Met, Sample

MOST_UPPER = 0.015  # 95 % upper limit of the chance that a right answer fails a bound
MOST_CHANCE = 0.001  # the same, estimated from how the values lie before the bound


@dataclass(frozen=True)
class Nearest:
    """The known wrong answer that comes nearest to a bound from its other side; `margin` in standard deviations."""

    answer: str
    value: float
    margin: float | None


@dataclass(frozen=True)
class Summary:
    """What the runs of one right answer say about one bound.

    Attributes:
        runs: that reached the bound; failures: of them.
        unit: "value"; "ratio" of value to limit where the limit differs from run to run; or their "difference".
        values: finite ones, in that unit; limit: in that unit.
        depends: on the seed, as far as is known.
        upper: 95 % upper limit of the chance that a right answer fails here, 0 or 1 where no chance is left.
        tail: None without values.
        pinned: the bound states the numbers of the seeds as they stand, so that other seeds say nothing of it.
    """

    place: Place
    answer: str
    runs: int
    failures: int
    unit: str
    values: tuple[float, ...]
    limit: float
    depends: bool
    upper: float
    tail: Tail | None
    pinned: bool
    nearest: Nearest | None


def summaries(calibration: Calibration) -> list[Summary]:
    """Return one for each bound and right answer that has met it, in the order of the source, the reference first."""
    found = []
    for place in calibration.places:
        met = [series for series in calibration.series if series.question == place.bound.question]
        met = [series for series in met if series.seen(place.number)]
        right = [series for series in met if series.kind == "right"]
        unit = _unit([seen for series in right for seen in series.seen(place.number)])
        wrong = [series for series in met if series.kind == "wrong"]
        alone = not place.bound.rule.best or [_group(other) for other in calibration.places].count(_group(place)) == 1
        found += [_summary(place, series, unit, alone, wrong) for series in right]
    return found


def _group(place: Place) -> tuple[str, int]:
    return place.bound.question, place.bound.rule.group


def _summary(place: Place, series: Series, unit: str, alone: bool, wrong: list[Series]) -> Summary:
    """Sum up one series; `alone`: no other bound can fulfil the assertion in place of this one."""
    met = series.seen(place.number)
    values = tuple(value for seen in met if (value := _in_unit(seen, unit)) is not None)
    limit = {"ratio": 1.0, "difference": 0.0}.get(unit, met[0].limit or 0.0)
    failures = sum(not seen.held for seen in met)
    depends = not series.is_decided() or len({(seen.value, seen.limit, seen.held) for seen in met}) > 1
    below = place.bound.sign.startswith("<")
    shape = tail(values, limit, below) if values else None
    if shape and not alone:
        shape = replace(shape, chance=None)
    outside = []
    for other in wrong:
        for seen in other.seen(place.number):
            value = _in_unit(seen, unit)
            if not seen.held and value is not None and math.isfinite(value):
                outside.append((abs(value - limit), other.answer, value))
    nearest = None
    if outside:
        _, answer, value = min(outside)
        nearest = Nearest(answer, value, margin_beyond(values, limit, value, shape.model) if shape else None)
    return Summary(
        place=place,
        answer=series.answer,
        runs=len(met),
        failures=failures,
        unit=unit,
        values=values,
        limit=limit,
        depends=depends,
        upper=upper_limit(failures, len(met)) if depends else float(failures > 0),
        tail=shape,
        pinned=place.bound.closeness and series.is_decided() and met[0].held and failures == len(met) - 1,
        nearest=nearest,
    )


def _unit(met: Sequence[Seen]) -> str:
    """Return in which unit values under different limits can be compared."""
    if len({seen.limit for seen in met}) == 1:
        return "value"
    finite = [seen for seen in met if seen.value is not None and seen.limit is not None]
    positive = all(min(seen.value or 0.0, seen.limit or 0.0) > 0 for seen in finite)
    return "ratio" if positive else "difference"


def _in_unit(seen: Seen, unit: str) -> float | None:
    if seen.value is None or seen.limit is None:
        return None
    if unit == "ratio":
        return seen.value / seen.limit if seen.limit else None
    return seen.value - seen.limit if unit == "difference" else seen.value


def count(calibration: Calibration) -> BoundCount:
    """Return how many bounds there are, how many depend on the seed, and the worst limit of those."""
    by_chance = [summary for summary in summaries(calibration) if summary.depends and not summary.pinned]
    return BoundCount(
        found=len(calibration.places),
        random=len({summary.place for summary in by_chance}),
        runs=min((summary.runs for summary in by_chance), default=0),
        worst_limit=max((round(summary.upper, 6) for summary in by_chance), default=0.0),
    )


def excess(summary: Summary) -> tuple[float, float]:
    """Return the limit and the estimate of the chance of a wrong failure, each 0 when it may be so."""
    if summary.pinned:
        return 0.0, 0.0
    chance = summary.tail.chance if summary.tail else None
    return summary.upper * (summary.upper > MOST_UPPER), (chance or 0.0) * ((chance or 0.0) > MOST_CHANCE)


def met_bounds(found: Sequence[Summary]) -> list[Met]:
    """Return the summaries as the reports show them, one for each bound."""
    by_place: dict[Place, list[Summary]] = {}
    for summary in found:
        by_place.setdefault(summary.place, []).append(summary)
    return [_met(place, of_place) for place, of_place in by_place.items()]


def _met(place: Place, of_place: list[Summary]) -> Met:
    first = of_place[0]
    axis = {"ratio": "value / limit", "difference": "value - limit"}.get(first.unit, "value")
    nearest = min(
        (one.nearest for one in of_place if one.nearest), key=lambda near: abs(near.value - first.limit), default=None
    )
    return Met(
        question=place.bound.question,
        case=place.bound.case,
        text=place.bound.text,
        line=place.line,
        sign=place.bound.sign,
        axis="largest gap, 1 is allowed" if place.bound.closeness else axis,
        limit=first.limit,
        samples=tuple(map(_sample, of_place)),
        nearest=(nearest.answer, nearest.value, nearest.margin) if nearest else None,
        depends=any(one.depends for one in of_place),
        short=any(any(excess(one)) for one in of_place),
    )


def _sample(summary: Summary) -> Sample:
    shape = summary.tail or Tail("constant", None, None)
    return Sample(
        answer=summary.answer,
        values=summary.values,
        runs=summary.runs,
        failures=summary.failures,
        upper=summary.upper,
        margin=shape.margin,
        model=shape.model,
        chance=shape.chance,
    )
