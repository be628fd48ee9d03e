"""Made-up results for the tests of the renderers, hostile names among them, and eyes to look at pages and terminals."""

import io
import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser
from random import Random

from rich.console import Console

from autograder.model import CaseResult, CellError, Facts, Question, QuestionResult, Result, Status

OVERRIDE, ISOLATE, ZERO_WIDTH, BOM = "\u202e", "\u2066", "\u200b", "\ufeff"
LOST = "\ufffd"
FAMILY = "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}"

HOSTILE = [
    "=cmd|'/c calc'!A1",
    "<script>alert(1)</script>",
    f"Ann {OVERRIDE}gpj.exe",
    f"{FAMILY} Zoë 李小龍",
    "x" * 200,
    "\x1b[31mred\x1b]0;title\x07",
    "\"><img src=x onerror=alert(1)>' `",
    "א ב ג",
    "two\r\nlines\tand a tab",
    "{{ 7 * 7 }} {% raw %} [bold]markup[/bold]",
    "a\u0301" + "\u0301" * 50,
    "lone \udcff surrogate",
    "",
]

QUESTIONS = (
    Question("q1", "Generate the data", 4.0),
    Question("q2", "One step of the recurrence", 5.0),
    Question("q3", "A whole sequence", 4.0),
    Question("q4", "Count the parameters", 2.0),
    Question("q5", "Weights made by hand", 2.0),
    Question("q6", "Train a network", 3.0),
    Question("q7", "Right at 5, wrong at 10: explain", 10.0, manual=True),
)

TITLES = {
    "q1": (
        "Shapes and dtypes of a small set",
        "Other sizes, one sample and one step",
        "The seed is used",
        "Steps are independent",
    ),
    "q2": (
        "Two numbers by hand",
        "All terms at once",
        "Wh is not transposed",
        "Inputs stay as they were",
        "One feature",
    ),
    "q3": ("Three steps by hand", "Weights copied from SimpleRNN", "A state to start from", "Every step is compared"),
    "q4": ("131 for (1, 10, 1)", "Other sizes"),
    "q5": ("Exact at five steps", "Exact at a thousand steps"),
    "q6": ("The baseline", "One SimpleRNN and one Dense", "Error on fresh numbers"),
}
HINT = "Compare the shape of your result with the docstring, and look for an axis that you sum over too early."
FACTS = Facts(
    submission_sha256="ab" * 32,
    grader_sha256="0123456789abcdef" * 4,
    kit="0.1.0",
    versions={"python": "3.11.7", "numpy": "2.1.0"},
    seed=42,
    level="namespaces",
    boxes=2,
    memory_bytes=812_345_678,
    cell_errors=(CellError(7, "ValueError", "SECRET-CELL"),),
)


def a_case(i: int, title: str, passed: bool, points: float = 1.0, cause: str = "") -> CaseResult:
    """Return a test case: the first one of a question is public, the others are hidden."""
    return CaseResult(
        name=f"test_{i}",
        title=title,
        hidden=i > 0,
        passed=passed,
        points=points if passed else 0.0,
        max_points=points,
        hint=HINT,
        message="" if passed else "SECRET-MESSAGE expected 0.25",
        cause=cause,
    )


def a_question(question: Question, passed: tuple[bool, ...] = (), cause: str = "") -> QuestionResult:
    """Return the result of one question; `cause` stopped every test case that was not passed."""
    if question.manual:
        return QuestionResult(question.name, question.title, None, question.points, manual=True)
    titles = TITLES[question.name]
    each = question.points / len(titles)
    passed = passed or (True,) * len(titles)
    cases = tuple(
        a_case(i, t, ok, each, "" if ok else cause) for i, (t, ok) in enumerate(zip(titles, passed, strict=True))
    )
    return QuestionResult(question.name, question.title, sum(c.points for c in cases), question.points, cases=cases)


def a_result(name: str = "doe", student: str = "Jane Doe", skill: float = 1.0, random: Random | None = None) -> Result:
    """Return a graded submission that passes each test case with probability `skill`."""
    random = random or Random(0)
    questions = tuple(
        a_question(question, tuple(random.random() < skill for _ in TITLES.get(question.name, ())))
        for question in QUESTIONS
    )
    score = sum(question.points for question in questions if question.points is not None)
    return Result(name, student, "sum", Status.GRADED, score, 20.0, questions, 12.34, 15.5, facts=FACTS)


def rejected(name: str, note: str, student: str = "Rita") -> Result:
    """Return a submission that could not be graded."""
    return Result(name, student, "sum", Status.REJECTED, None, None, note=note)


def a_fault(name: str) -> Result:
    """Return a submission that the kit failed to grade."""
    return Result(name, "Felix", "sum", Status.FAULT, None, None, note="SECRET-FAULT the judge died", facts=FACTS)


class Page(HTMLParser):
    """What a browser makes of a page: its tags, its text outside of style and script, its links."""

    def __init__(self, page: Iterable[str]) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.shown: list[str] = []
        self.inline: dict[str, str] = {}
        self.feed("".join(page))  # of a class it comes in parts

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.shown.append(" ")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem:
            self.inline[self.cdata_elem] = self.inline.get(self.cdata_elem, "") + data
        else:
            self.shown.append(data)

    @property
    def text(self) -> str:
        """All that is shown, white space made single."""
        return " ".join("".join(self.shown).split())

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute, in order."""
        return [value or "" for name, value in self.attributes if name == attribute]


def with_question(question: QuestionResult) -> Result:
    """Return a graded result of one question."""
    return replace(a_result(), questions=(question,), score=question.points, max_score=question.max_points)


def printed(renderable: object, width: int = 80) -> str:
    """Return what a terminal of that width would be sent, styles left out."""
    screen = io.StringIO()
    Console(width=width, file=screen, force_terminal=True, no_color=True, legacy_windows=False).print(renderable)
    return re.sub(r"\x1b\[[0-9;]*m", "", screen.getvalue())
