"""index.html: the class at a glance."""

import re
from dataclasses import replace
from urllib.parse import unquote

import pytest

from autograder.model import Result
from autograder.reports import (
    index_html,
)

from .made_up import QUESTIONS, Page, a_fault, a_result, rejected


def index(results: list[Result]) -> Page:
    """Return the page of a class."""
    return Page(index_html(results, QUESTIONS, "Learning to sum", "Intro to RNN"))


def test_the_index_counts_by_status_in_words(a_class: list[Result]) -> None:
    """The word stands beside the shape and the number."""
    text = index(a_class).text
    assert "Submissions 32 graded 27 rejected 3 fault 2 Mean 14.44 / 20 Median 16 / 20" in text


def test_the_index_says_who_needs_a_person_and_why(a_class: list[Result]) -> None:
    """Rejected files and faults come with their notes."""
    text = index(a_class).text
    assert "rejected broken-28 The file ends in the middle" in text and "fault lost-31 SECRET-FAULT" in text


def test_the_index_says_when_nobody_has_verified_the_grader(a_class: list[Result]) -> None:
    """Once, at the top, with the command that does."""
    unproven = Page(index_html(a_class, QUESTIONS, "Learning to sum", verified=False)).text
    assert unproven.count("Grader not verified") == 1 and "autograder verify" in unproven
    assert "not verified" not in index(a_class).text


def test_links_lead_to_the_files_of_a_submission() -> None:
    """Whatever the name holds, the link names that one file beside the page."""
    name = "a b#c?d%e'é=&"
    links = [link for link in index([a_result(name)]).values("href") if "/" in link]
    assert [unquote(link) for link in links] == [f"feedback/{name}.html", f"results/{name}.json"]
    assert not re.search("[ #?'\"&]", "".join(links))


def test_the_table_can_be_sorted_by_value() -> None:
    """Numbers stand in the cells as plain numbers; what was not graded has none."""
    page = Page(index_html([a_result("a"), rejected("b", "no")], QUESTIONS[:1], "Sum"))
    assert page.values("data-sort") == ["text", "text", "text", "number", "number", "text"]
    assert page.values("data-value") == [
        *("a", "Jane Doe", "graded", "20", "4", ""),
        *("b", "Rita", "rejected", "", "", "no"),
    ]


@pytest.mark.parametrize("size", [0, 1, 1000])
def test_a_class_of_any_size_has_a_page(size: int) -> None:
    """Empty, alone, or a thousand: every submission has its row."""
    page = index([replace(a_result(), submission=f"s{i}") for i in range(size)])
    assert page.tags.count("tr") == size + (1 if size else 0) + 1 + len(QUESTIONS)
    assert ("No submissions yet" in page.text) == (size == 0)


def test_a_class_without_any_grade_has_no_mean() -> None:
    """A mean of nothing is not zero."""
    text = index([rejected("a", "no"), a_fault("b")]).text
    assert (
        "No graded submission yet" in text and "Mean /" not in text and "q1 Generate the data \N{EN DASH} / 4" in text
    )
