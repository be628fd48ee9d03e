"""feedback/<submission>.html: what a student sees, and never sees."""

import re
from dataclasses import replace

from autograder.model import Result
from autograder.records import Standing, Student
from autograder.reports import (
    class_summary,
    feedback_html,
    index_html,
    result_json,
)

from .made_up import FACTS, HINT, QUESTIONS, Page, a_fault, a_question, a_result, printed, rejected, with_question


def feedback(result: Result) -> Page:
    """Return the page for the student of a result."""
    return Page(feedback_html(result, "Learning to sum", "Intro to RNN"))


def test_feedback_never_shows_what_the_box_could_have_filled(a_class: list[Result]) -> None:
    """No message of a test, no error of a cell, no note of a fault, no time."""
    pages = [feedback_html(result, "Learning to sum") for result in a_class]
    assert "SECRET-MESSAGE" in "".join(map(result_json, a_class))
    assert not any(re.search(r"SECRET|ValueError|12\.34|12\.3|15\.5", page) for page in pages)


def test_feedback_shows_total_questions_and_test_cases() -> None:
    """The score, the points of a question and the word for each test case stand there."""
    result = with_question(a_question(QUESTIONS[3], (True, False)))
    text = feedback(result).text
    assert "1 / 2 points" in text and "q4 Count the parameters 1 / 2" in text
    assert "Passed 131 for (1, 10, 1)" in text and "Failed Other sizes hidden" in text


def test_a_failed_hidden_test_shows_its_hint_and_no_command() -> None:
    """What cannot be run in the notebook is not offered there."""
    text = feedback(with_question(a_question(QUESTIONS[3], (True, False)))).text
    assert HINT in text and 'grader.check("q4")' not in text


def test_a_failed_public_test_names_the_command_that_shows_more() -> None:
    """The student can see the details at home."""
    text = feedback(with_question(a_question(QUESTIONS[3], (False, True)))).text
    assert 'run grader.check("q4") in your notebook' in text


def test_a_passed_test_shows_no_hint() -> None:
    """There is nothing to mend."""
    assert HINT not in feedback(with_question(a_question(QUESTIONS[3], (True, True)))).text


def test_a_stopped_test_shows_its_cause_instead_of_the_hint() -> None:
    """Who ran out of time is not told to look at shapes."""
    text = feedback(with_question(a_question(QUESTIONS[3], (True, False), "The call took too long."))).text
    assert "Stopped Other sizes hidden The call took too long." in text and HINT not in text


def test_feedback_shows_what_counts_and_why() -> None:
    """The score after lateness, the sentence of the gradebook, and the points that a person gave."""
    result = with_question(a_question(QUESTIONS[-1]))
    name, most = result.questions[0].name, result.questions[0].max_points
    student = Student("4711", "<b>Ada</b>")
    standing = Standing(
        student,
        "sum",
        "graded",
        20.0,
        questions={name: (0.5, most)},
        points=9.0,
        score=7.0,
        why="9 points, a day late.",
    )
    text = Page(feedback_html(result, "Learning to sum", "Intro to RNN", standing)).text
    assert "7 / 20 points" in text and "9 points, a day late." in text and "<b>Ada</b>" in text
    assert f"0.5 / {most:g}" in text and "to be marked" not in text


def test_feedback_says_what_people_still_mark() -> None:
    """The score is not the end of it, and no points are missing."""
    text = feedback(a_result()).text
    assert "1 question (q7), worth 10 points more, is still to be marked by people" in text


def test_a_marked_written_question_is_no_longer_waiting() -> None:
    """Its points are shown like those of any other question."""
    marked = replace(a_question(QUESTIONS[6]), points=7.5)
    text = feedback(replace(a_result(), questions=(marked,))).text
    assert "7.5 / 10" in text and "to be marked" not in text


def test_a_rejected_file_says_why_and_what_to_hand_in() -> None:
    """The note, and the way to a file that can be graded; no score, not even a zero."""
    text = feedback(rejected("r", "The zip holds two notebooks.")).text
    assert "The zip holds two notebooks." in text and "Download .ipynb" in text and "/ 20" not in text


def test_a_fault_says_that_nothing_is_lost() -> None:
    """The student has nothing to do and gets no score."""
    text = feedback(a_fault("f")).text
    assert "Not graded yet" in text and "nothing is lost" in text and "points" not in text


def test_a_run_without_isolation_carries_a_banner() -> None:
    """Every report of an unsafe run says so."""
    unsafe = replace(a_result(), facts=replace(FACTS, level="none"))
    pages = [feedback(unsafe).text, Page(index_html([unsafe], QUESTIONS, "Sum")).text]
    assert all("Graded without isolation" in text for text in pages)
    assert "without isolation" in printed(class_summary([unsafe], QUESTIONS))
    assert "without isolation" not in feedback(a_result()).text
