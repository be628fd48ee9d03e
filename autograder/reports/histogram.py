"""The histogram of a class: scores in points in, the geometry of a drawing out; the template draws it.

Made here and not by a plotting library so that it follows the page's colours, dark or light, and costs no import.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count
from math import ceil

from autograder.text import number

WIDTH, HEIGHT = 640, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 56, 56
LETTER = 11
"""Width in pixels that a letter of a label may need, in the large type of a narrow screen."""


@dataclass(frozen=True)
class Bar:
    """One bar in pixels; `label` says in words what it shows."""

    x: float
    y: float
    width: float
    height: float
    label: str


@dataclass(frozen=True)
class Marker:
    """A line across the drawing; `right`: its label stands right of it, not left."""

    x: float
    label: str
    right: bool


@dataclass(frozen=True)
class Histogram:
    """A drawing of WIDTH by HEIGHT pixels; ticks are pairs of a place in pixels and its label.

    Attributes:
        description: the bars in words, for those who cannot see them.
    """

    bars: tuple[Bar, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    mean: Marker
    median: Marker
    description: str
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP
    bottom: int = HEIGHT - BOTTOM


def histogram(scores: Sequence[float], max_score: float, mean: float, median: float) -> Histogram:
    """Return the drawing of `scores`, at least one of them; a bar takes its lower end in, the last one both ends."""
    top_score = max(max_score, *scores) or 1.0
    step = round_step(top_score, most=20, smallest=0.25)
    edges = [step * i for i in range(max(1, ceil(top_score / step - 1e-9)) + 1)]
    counts = [0] * (len(edges) - 1)
    for score in scores:
        counts[min(bisect_right(edges, score + 1e-9) - 1, len(counts) - 1)] += 1
    count_step = round_step(max(counts), most=5, smallest=1)
    tallest = count_step * ceil(max(counts) / count_step)

    def x(score: float) -> float:
        return LEFT + (WIDTH - RIGHT - LEFT) * score / edges[-1]

    def y(height: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * height / tallest

    labels = [_label(edges, i, height) for i, height in enumerate(counts)]
    tick_step = round_step(edges[-1], most=10, smallest=step)
    return Histogram(
        bars=tuple(
            Bar(x(edges[i]) + 1.5, y(height), x(step) - x(0) - 3, y(0) - y(height), labels[i])
            for i, height in enumerate(counts)
            if height
        ),
        x_ticks=tuple((x(tick_step * i), number(tick_step * i)) for i in range(int(edges[-1] / tick_step + 1e-9) + 1)),
        y_ticks=tuple((y(count_step * i), number(count_step * i)) for i in range(round(tallest / count_step) + 1)),
        mean=_marker("mean", x(mean), mean, median),
        median=_marker("median", x(median), median, mean),
        description="; ".join(label for label, height in zip(labels, counts, strict=True) if height),
    )


def _label(edges: Sequence[float], i: int, height: int) -> str:
    to = "to" if i == len(edges) - 2 else "to under"
    return f"{number(edges[i])} {to} {number(edges[i + 1])} points: {height} submission{'s' if height != 1 else ''}"


def _marker(name: str, x: float, value: float, other: float) -> Marker:
    """Return a marker whose label stands away from the other marker, unless it would be cut off there."""
    label = f"{name} {number(value)}"
    room = LETTER * len(label)
    right = x < LEFT + room or (value > other and x < WIDTH - RIGHT - room)
    return Marker(x, label, right)


def round_step(length: float, most: int, smallest: float) -> float:
    """Return the smallest round step, at least `smallest`, that divides `length` into at most `most` parts."""
    rounds = (mantissa * 10.0**exponent for exponent in count(-2) for mantissa in (1, 2, 2.5, 5))
    return next(step for step in rounds if step >= smallest and length / step <= most + 1e-9)
