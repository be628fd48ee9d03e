"""The numbers of a class and their drawing."""

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from autograder.model import Result
from autograder.reports import (
    index_html,
)
from autograder.reports.histogram import histogram
from autograder.reports.overview import overview

from .made_up import QUESTIONS, a_fault, a_question, a_result, rejected, with_question


def test_means_and_full_marks_are_those_of_graded_submissions_only() -> None:
    """Two graded, one with all points and one with half of q4; the others change no mean."""
    half = replace(a_result("h"), questions=(a_question(QUESTIONS[3], (True, False)),), score=1.0)
    numbers = overview([a_result("a"), half, rejected("r", "no"), a_fault("f")], QUESTIONS)
    q4 = numbers.questions[3]
    assert (numbers.mean, numbers.median, numbers.scores) == (10.5, 10.5, (1.0, 20.0))
    assert (q4.mean, q4.full, q4.marked) == (1.5, 1, 2)


def test_the_hardest_test_case_comes_first() -> None:
    """Cases are ordered by how many failed them; one that all passed is not listed."""
    results = [
        with_question(a_question(QUESTIONS[3], (False, False))),
        with_question(a_question(QUESTIONS[3], (True, False))),
        with_question(a_question(QUESTIONS[4], (True, True))),
    ]
    hardest = overview(results, QUESTIONS).hardest
    assert [(item.case.title, item.failed, item.total) for item in hardest] == [
        ("Other sizes", 2, 2),
        ("131 for (1, 10, 1)", 1, 2),
    ]


def test_every_score_is_in_one_bar_full_marks_in_the_last() -> None:
    """An edge belongs to the bar above it, the highest score to the last bar."""
    drawing = histogram([0.0, 1.0, 1.0, 19.5, 20.0], 20.0, 8.3, 1.0)
    assert drawing.description == (
        "0 to under 1 points: 1 submission; 1 to under 2 points: 2 submissions; 19 to 20 points: 2 submissions"
    )


@given(st.floats(0, 500), st.lists(st.floats(0, 1), min_size=1, max_size=50))
def test_a_histogram_stays_in_its_frame(max_score: float, shares: list[float]) -> None:
    """Any class, any number of points: bars, markers and ticks lie inside, and few enough to be read."""
    scores = [share * max_score for share in shares]
    drawing = histogram(scores, max_score, max(scores), min(scores))
    assert all(drawing.left <= bar.x <= bar.x + bar.width <= drawing.right + 1e-6 for bar in drawing.bars)
    assert all(drawing.top - 1e-6 <= bar.y <= drawing.bottom for bar in drawing.bars)
    assert drawing.left <= drawing.median.x <= drawing.mean.x <= drawing.right + 1e-6
    assert len(drawing.x_ticks) <= 11 and len(drawing.y_ticks) <= 6 and len(drawing.bars) <= 20


def test_the_drawing_is_described_for_those_who_cannot_see_it(a_class: list[Result]) -> None:
    """The image is named by its title and its description, which hold the numbers."""
    text = "".join(index_html(a_class, QUESTIONS, "Sum"))
    svg = ElementTree.fromstring(text[text.index('<svg class="chart"') :].partition("</svg>")[0] + "</svg>")
    assert svg.get("role") == "img" and svg.get("aria-labelledby") == "chart-title chart-text"
    assert svg[0].text == "Histogram of 27 scores, in points of 20"
    assert "Mean 14.44, median 16." in str(svg[1].text) and "19 to 20 points: 7 submissions" in str(svg[1].text)
