"""Drawings of the class page: numbers in, places in pixels and the same in words out; drawings.html draws them.

Kinds are told apart by shape and by words, never by colour alone.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, floor

from autograder.analysis import QuestionFacts, Spread
from autograder.reports.histogram import LETTER, Bar, Marker, round_step
from autograder.text import number, shortened

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 640, 340, 76, 16, 16, 56
RUNS_HEIGHT, RUNS_TOP = 250, 56
LINE, BOLD = 24, 14  # height of a label, and width of its letters, in the large type of a narrow screen
TELLS_LITTLE = 0.2
"""Below, a question says little of who understood the rest: Ebel and Frisbie, Essentials of Educational Measurement."""
MINUS = "\N{MINUS SIGN}"
FAR = 2.0
"""Runs that took so many times what 95 % took are gathered in a last bar, or they alone would be seen."""
REACH = 1.25  # times what 95 % took, where that bar begins


@dataclass(frozen=True)
class Label:
    """A text at a place; `anchor` is SVG's: start, middle or end."""

    text: str
    x: float
    y: float
    anchor: str


@dataclass(frozen=True)
class Spot:
    """A question; `written`: people mark it. `text` is its place in words."""

    x: float
    y: float
    written: bool
    label: Label
    text: str


@dataclass(frozen=True)
class Scatter:
    """Questions by how hard they are and how well they tell; ticks are pairs of a place and its label.

    Attributes:
        little: place of `TELLS_LITTLE`; zero: of no correlation.
    """

    spots: tuple[Spot, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    little: float
    zero: float
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


@dataclass(frozen=True)
class Runs:
    """What runs took, as bars.

    Attributes:
        markers: the median and what 95 % do not exceed.
        limit: place of the limit, None where it lies beyond the drawing.
        beyond: place where the axis ends and the last bar gathers the rest, None where it does not.
    """

    bars: tuple[Bar, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    markers: tuple[Marker, ...]
    limit: float | None
    beyond: float | None
    axis: str
    description: str
    width: int = WIDTH
    height: int = RUNS_HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = RUNS_TOP
    bottom: int = RUNS_HEIGHT - BOTTOM


def scatter(questions: Sequence[QuestionFacts]) -> Scatter | None:
    """Return the drawing of the questions that have both numbers, None where none has."""
    found = [
        (one, one.difficulty, one.discrimination)
        for one in questions
        if one.difficulty is not None and one.discrimination is not None
    ]
    if not found:
        return None
    lowest = min(0.0, floor(min(tells for _, _, tells in found) * 5 - 1e-9) / 5)

    def x(share: float) -> float:
        return LEFT + (WIDTH - RIGHT - LEFT) * share

    def y(tells: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * (tells - lowest) / (1 - lowest)

    places = [(x(share), y(tells)) for _, share, tells in found]
    labels = _labels(places, [shortened(one.question.name, 12) for one, _, _ in found])
    texts = [
        f"{one.question.name}: {percent(share)} of the points on average, item-rest correlation {tells:.2f}"
        for one, share, tells in found
    ]
    return Scatter(
        spots=tuple(
            Spot(*place, one.question.manual, label, text)
            for place, (one, _, _), label, text in zip(places, found, labels, texts, strict=True)
        ),
        x_ticks=tuple((x(share / 5), f"{20 * share} %") for share in range(6)),
        y_ticks=tuple((y(step / 5), number(step / 5).replace("-", MINUS)) for step in range(round(lowest * 5), 6)),
        little=y(TELLS_LITTLE),
        zero=y(0),
        description="; ".join(texts),
    )


def runs(spread: Spread, what: str, unit: str, limit: float, smallest: float) -> Runs:
    """Return the drawing of what runs took.

    Args:
        what: they took, in words.
        spread: in `unit`, as `limit` is.
        smallest: the least width of a bar.
    """
    far = spread.values[-1] > FAR * spread.p95 > 0
    step, edges, counts = _counted(spread, far, smallest)
    count_step = round_step(max(counts), most=4, smallest=1)
    tallest = count_step * ceil(max(counts) / count_step)
    axis = edges[-1] + (2 * step if far else 0)

    def x(value: float) -> float:
        return LEFT + (WIDTH - RIGHT - LEFT) * value / axis

    def y(height: float) -> float:
        return RUNS_HEIGHT - BOTTOM - (RUNS_HEIGHT - BOTTOM - RUNS_TOP) * height / tallest

    labels = [_range(edges, i, height, unit) for i, height in enumerate(counts)]
    tick_step = round_step(edges[-1], most=8, smallest=step)
    ticks = [(x(tick_step * i), number(tick_step * i)) for i in range(int(edges[-1] / tick_step + 1e-9) + 1)]
    return Runs(
        bars=tuple(
            Bar(x(start) + 1, y(height), x(step) - x(0) - 2, y(0) - y(height), label)
            for start, height, label in zip([*edges[:-1], edges[-1] + step], counts, labels, strict=False)
            if height
        ),
        x_ticks=(*ticks, (x(edges[-1] + 1.5 * step), "more")) if far else tuple(ticks),
        y_ticks=tuple((y(count_step * i), number(count_step * i)) for i in range(round(tallest / count_step) + 1)),
        markers=(_marker("median", spread.median, unit, x), _marker("95 %", spread.p95, unit, x)),
        limit=x(limit) if limit <= edges[-1] else None,
        beyond=x(edges[-1] + step / 2) if far else None,
        axis=f"{what}, {unit}",
        description="; ".join(label for label, height in zip(labels, counts, strict=True) if height),
    )


def _counted(spread: Spread, far: bool, smallest: float) -> tuple[float, list[float], list[int]]:
    """Return the width of a bar, the edges of bars and how many runs each has; the last for what lies far beyond."""
    reach = spread.p95 * REACH if far else spread.values[-1]
    step = round_step(max(reach, smallest), most=24, smallest=smallest)
    edges = [step * i for i in range(max(1, ceil(reach / step - 1e-9)) + 1)]
    counts = [0] * (len(edges) - 1 + far)
    for value in spread.values:
        counts[min(bisect_right(edges, value) - 1, len(counts) - 1)] += 1
    return step, edges, counts


def percent(share: float) -> str:
    """Return a share of 0 to 1 as people read it; what is little is not called nothing, and what is not all not all."""
    rounded = round(100 * share)
    if rounded == 0 and share > 0:
        return "under 1 %"
    return "over 99 %" if rounded == 100 and share < 1 else f"{rounded} %"


def brief(value: float) -> str:
    """Return what was measured to a tenth, from a hundred on to one."""
    return number(round(value, 1 if value < 100 else 0))


def _range(edges: Sequence[float], i: int, height: int, unit: str) -> str:
    reach = f"{number(edges[i])} to {number(edges[i + 1])}" if i + 1 < len(edges) else f"{number(edges[-1])} and more"
    return f"{reach} {unit}: {height} run{'s' if height != 1 else ''}"


def _marker(name: str, value: float, unit: str, x: Callable[[float], float]) -> Marker:
    label = f"{name} {brief(value)} {unit}"
    return Marker(x(value), label, right=x(value) < WIDTH - RIGHT - LETTER * len(label))


Box = tuple[float, float, float, float]


def _labels(places: Sequence[tuple[float, float]], names: Sequence[str]) -> list[Label]:
    """Return each label right of its spot, or where else it covers nothing yet."""
    taken: list[Box] = [(x - 9, y - 9, x + 9, y + 9) for x, y in places]
    found = []
    for (x, y), name in zip(places, names, strict=True):
        options = [
            Label(name, x + right, y + down, anchor)
            for right, down, anchor in (
                (13, 5, "start"),
                (-13, 5, "end"),
                (0, -15, "middle"),
                (0, 25, "middle"),
                (11, -12, "start"),
                (11, 22, "start"),
                (-11, -12, "end"),
                (-11, 22, "end"),
            )
        ]
        covered = [sum(_overlap(_box(one), box) for box in taken) + _outside(_box(one)) for one in options]
        best = options[covered.index(min(covered))]
        taken.append(_box(best))
        found.append(best)
    return found


def _box(label: Label) -> Box:
    length = BOLD * len(label.text)
    left = label.x - {"start": 0.0, "middle": length / 2, "end": float(length)}[label.anchor]
    return left, label.y - LINE + 6, left + length, label.y + 6


def _overlap(a: Box, b: Box) -> float:
    """Return the area that two boxes share."""
    return max(0.0, min(a[2], b[2]) - max(a[0], b[0])) * max(0.0, min(a[3], b[3]) - max(a[1], b[1]))


def _outside(box: Box) -> float:
    """Return how much of a label lies outside of the drawing, as an area."""
    return (box[2] - box[0]) * (box[3] - box[1]) - _overlap(box, (LEFT, 0, WIDTH, HEIGHT - BOTTOM))
