"""What met the numeric bounds of an assignment: samples in, a page of drawings and a terminal table out.

Each bound is drawn with the distribution of every right answer before it. What lies beyond is hatched, so that the page
says the same in grey.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from autograder.reports.histogram import WIDTH, Bar
from autograder.reports.page import render
from autograder.text import shortened

LEFT, RIGHT, TOP, BOTTOM = 20, 20, 34, 62
ROW, STRIP = 64, 36
BINS = 64
MOST_TICKS = 6
DECADES = 1.5  # values over more than that are drawn on a logarithmic axis
FAR = 3.0  # a wrong answer so many times farther away than all the rest is drawn at the edge


@dataclass(frozen=True)
class Sample:
    """The values of one right answer.

    Attributes:
        values: finite ones; runs: how many reached the bound; failures: of them.
        upper: 95 % upper limit of the chance to fail; chance: estimated, None without; model: what that assumes.
        margin: from the mean to the bound in standard deviations, None without.
    """

    answer: str
    values: tuple[float, ...]
    runs: int
    failures: int
    upper: float
    margin: float | None
    model: str
    chance: float | None


@dataclass(frozen=True)
class Met:
    """One bound and what met it.

    Attributes:
        case: title of the test case; text: the comparison; line: in the source.
        sign: "<", "<=", ">" or ">=", what must be so of value and limit; axis: what the values are, in words.
        nearest: name, value and margin of the wrong answer that comes nearest from the other side, None without.
        depends: on the seed; short: it is refused.
    """

    question: str
    case: str
    text: str
    line: int
    sign: str
    axis: str
    limit: float
    samples: tuple[Sample, ...]
    nearest: tuple[str, float, float | None] | None
    depends: bool
    short: bool

    @property
    def worst(self) -> Sample:
        """The sample that says most against the bound."""
        return max(self.samples, key=lambda sample: (sample.upper, sample.chance or 0.0, -(sample.margin or 0.0)))

    @property
    def reach(self) -> str:
        """The lowest and the highest value of any right answer."""
        values = sorted({brief(value): value for sample in self.samples for value in sample.values}.values())
        return " to ".join(brief(value) for value in (*values[:1], *values[1:][-1:]))


@dataclass(frozen=True)
class Row:
    """The distribution of one sample: bars that stand on `base`, under a label."""

    label: str
    y: float
    base: float
    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Drawing:
    """A drawing in pixels; ticks are pairs of a place and its label.

    Attributes:
        limit: place of the bound; shut: left end and width of what lies beyond it.
        wrong: place, label, whether it lies beyond the drawing, and where its label is anchored; None without one.
    """

    rows: tuple[Row, ...]
    ticks: tuple[tuple[float, str], ...]
    limit: float
    limit_label: str
    limit_anchor: str
    shut: tuple[float, float]
    wrong: tuple[float, str, str] | None
    wrong_y: float
    axis: str
    height: int
    description: str
    width: int = WIDTH
    left: int = LEFT
    right: int = WIDTH - RIGHT
    top: int = TOP


def calibration_html(title: str, course_title: str, met: Sequence[Met], findings: Sequence[str]) -> str:
    """Return the page of an assignment; `met` in the order of the source, each with at least one sample."""
    by_chance = [one for one in met if one.depends]
    return render(
        "calibration.html",
        title=title,
        course_title=course_title,
        findings=findings,
        drawn=[(one, _drawing(one)) for one in by_chance],
        fixed=[one for one in met if not one.depends],
        worst=percent(max((one.worst.upper for one in by_chance), default=0.0)),
        fewest=min((sample.runs for one in by_chance for sample in one.samples), default=0),
        brief=brief,
        percent=percent,
        sigmas=sigmas,
    )


def calibration_table(met: Sequence[Met]) -> Table:
    """Return one row for each bound that depends on the seed: its worst right answer, and the nearest wrong one."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, caption_justify="left", caption_style="dim")
    table.add_column("")
    table.add_column("bound, by its line", min_width=24)
    for heading in ("failed", "up to", "margin", "estimate"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("nearest wrong", max_width=24)
    for one in (one for one in met if one.depends):
        worst = one.worst
        nearest = f"{brief(one.nearest[1])} {one.nearest[0]}" if one.nearest else ""
        table.add_row(
            Text("▲" if one.short else "●", style="bold red" if one.short else "green"),
            _line(f"{one.question}:{one.line} {shortened(one.text, 70)}"),
            f"{worst.failures} of {worst.runs}",
            percent(worst.upper),
            sigmas(worst.margin),
            "" if worst.chance is None else percent(worst.chance),
            _line(nearest),
        )
    fixed = sum(not one.depends for one in met)
    if fixed:
        table.caption = f"Not in the table, because the seed changes nothing: {fixed}."
    return table


def _line(text: str) -> Text:
    # as in the table of a class: the column may shrink, its text must not wrap
    return Text(text, no_wrap=True, overflow="ellipsis")


def brief(value: float) -> str:
    """Return a number with three significant digits."""
    return f"{value:.3g}"


def percent(chance: float) -> str:
    """Return a chance in per cent; one too small to be told from none as such."""
    return "< 0.001 %" if 0 < chance < 1e-5 else f"{100 * chance:.3g} %"


def sigmas(margin: float | None) -> str:
    """Return a margin in standard deviations."""
    if margin is None:
        return ""
    return "∞" if math.isinf(margin) else f"{margin:.1f} sd" if margin < 1000 else "> 1000 sd"


def _drawing(met: Met) -> Drawing:
    scale = _Scale(met)
    base = TOP + ROW * len(met.samples)
    limit = scale.place(met.limit)
    below = met.sign.startswith("<")
    wrong = None
    if met.nearest:
        name, value, _ = met.nearest
        place = min(max(scale.place(value), LEFT), WIDTH - RIGHT)
        beyond = "" if LEFT < scale.place(value) < WIDTH - RIGHT or value in scale.values else " (farther away)"
        wrong = place, f"{name} {brief(value)}{beyond}", "end" if place > WIDTH / 2 else "start"
    words = [f"{one.answer}: {brief(min(one.values))} to {brief(max(one.values))}" for one in met.samples if one.values]
    return Drawing(
        rows=tuple(_row(sample, TOP + ROW * number, scale) for number, sample in enumerate(met.samples)),
        ticks=scale.ticks(),
        limit=limit,
        limit_label=f"must be {met.sign} {brief(met.limit)}",
        limit_anchor="end" if limit > WIDTH / 2 else "start",
        shut=(limit, WIDTH - RIGHT - limit) if below else (LEFT, limit - LEFT),
        wrong=wrong,
        wrong_y=base + 18,
        axis=met.axis + (", logarithmic" if scale.logarithmic else ""),
        height=base + (30 if wrong else 0) + BOTTOM,
        description="; ".join(words),
    )


def _row(sample: Sample, top: float, scale: "_Scale") -> Row:
    counts = [0] * BINS
    width = (WIDTH - RIGHT - LEFT) / BINS
    for value in sample.values:
        counts[min(max(int((scale.place(value) - LEFT) / width), 0), BINS - 1)] += 1
    tallest = max([*counts, 1])
    base = top + ROW - 6
    bars = tuple(
        Bar(LEFT + number * width + 0.5, base - STRIP * count / tallest, width - 1, STRIP * count / tallest, f"{count}")
        for number, count in enumerate(counts)
        if count
    )
    failed = f", {sample.failures} failed" if sample.failures else ""
    return Row(f"{sample.answer}, {sample.runs} runs{failed}", top + 14, base, bars)


class _Scale:
    """The axis of a bound: values to pixels, linear or logarithmic.

    Attributes:
        values: that the axis has to hold: all samples, the limit, and the nearest wrong answer unless it is far away.
    """

    def __init__(self, met: Met) -> None:
        self.values = [value for sample in met.samples for value in sample.values] + [met.limit]
        outside = [met.nearest[1]] if met.nearest else []
        together = [*self.values, *outside]
        self.logarithmic = min(together) > 0 and math.log10(max(together) / min(together)) > DECADES
        if self.logarithmic or _span(together) < FAR * _span(self.values):
            self.values = together
        ends = [self._scaled(min(self.values)), self._scaled(max(self.values))]
        room = 0.06 * (ends[1] - ends[0]) or abs(ends[0]) * 0.1 or 1.0
        self._low, self._high = ends[0] - room, ends[1] + room

    def _scaled(self, value: float) -> float:
        return math.log10(value) if self.logarithmic else value

    def place(self, value: float) -> float:
        """Return where a value lies, in pixels."""
        return LEFT + (WIDTH - RIGHT - LEFT) * (self._scaled(value) - self._low) / (self._high - self._low)

    def ticks(self) -> tuple[tuple[float, str], ...]:
        """Return places and labels of round values."""
        step = _step(self._high - self._low, 1.0 if self.logarithmic else 0.0)
        numbers = [step * i for i in range(math.ceil(self._low / step), math.floor(self._high / step) + 1)]
        values = [10.0**number if self.logarithmic else number for number in numbers]
        return tuple((self.place(value), f"{value:.6g}") for value in values)


def _step(length: float, smallest: float) -> float:
    """Return a round step, at least `smallest`, that divides `length` into at most MOST_TICKS parts."""
    power = 10.0 ** math.floor(math.log10(length / MOST_TICKS))
    steps = (power * mantissa for mantissa in (1, 2, 2.5, 5, 10, 20))
    return max(smallest, next(step for step in steps if length / step <= MOST_TICKS))


def _span(values: Sequence[float]) -> float:
    return max(values) - min(values)
