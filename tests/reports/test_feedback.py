"""feedback/<submission>.html: what a student sees, and never sees."""

import re
from dataclasses import replace
from datetime import UTC, datetime

from autograder.model import Result
from autograder.records import AnswerMark, Rubric, RubricItem, Standing, Student
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


ITEMS = (
    RubricItem("sum", 6.0, "Names the <i>sum</i>."),
    RubricItem("bound", 4.0, "Gives a bound."),
    RubricItem("mixed", -1.0, "Mixes up samples and steps."),
)


def marked(*items: str, comment: str = "", adjustment: float = 0.0, **more) -> str:
    """Return the page of a student whose written answer has these items."""
    name, most = QUESTIONS[6].name, 10.0
    mark = AnswerMark("sum", "f" * 64, name, items, adjustment, comment, "grace", datetime(2026, 11, 2, tzinfo=UTC))
    standing = Standing(Student("4711", "Ada"), "sum", "graded", 20.0, points=5.0, score=5.0, marks={name: mark})
    standing = replace(standing, questions={name: (5.0, most)}, **more)
    return feedback_html(a_result(), "Learning to sum", "", standing, {name: Rubric(name, most, ITEMS)})


def test_a_marked_answer_shows_what_it_has_and_nothing_else_of_the_rubric() -> None:
    """Points and text of its items as text, and what the marker gave beside them."""
    text = Page(marked("sum", "mixed", adjustment=0.5)).text
    assert "5 / 10 Names the <i>sum</i>. +6 Mixes up samples and steps. -1 Given for something" in text
    assert "rubric does not name +0.5" in text and "bound" not in text


def test_a_comment_is_text_with_its_lines() -> None:
    """What looks like HTML in it is shown, not obeyed."""
    page = marked("sum", comment="Which <b>unit</b>?\n\nSee & tell.\n")
    assert "<p>Which &lt;b&gt;unit&lt;/b&gt;?<br><br>See &amp; tell.</p>" in page


def test_an_answer_without_any_item_says_so() -> None:
    """Nobody has to guess whether it was read."""
    assert "found nothing in it that the rubric gives points for" in Page(marked()).text


def test_points_that_the_items_do_not_add_up_to_are_explained() -> None:
    """There are no more than the question is worth."""
    assert "never below 0 or above 10" in Page(marked("sum", "bound", adjustment=2.0)).text
    assert "never below" not in Page(marked("sum", "bound")).text


def test_points_set_by_hand_hide_the_items_that_no_longer_give_them() -> None:
    """The comment stays."""
    text = Page(marked("sum", comment="Good.", overridden=(QUESTIONS[6].name,))).text
    assert "Points set by your course staff. Good." in text and "+6" not in text


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
