"""What a marked answer brings: its items by what they are worth now, what people set before it, nothing unmarked."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scoring import ADA, BOB, DUE, WRITTEN, Term

from autograder.model import ATTEMPTS, Course
from autograder.records import AnswerMark, LatePolicy, Rubric, RubricItem, Standing, Student
from autograder.scoring import lost_items, marked_points, standings

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
RUBRIC = Rubric("q2", 10.0, (RubricItem("a", 4, "A."), RubricItem("b", 5.5, "B."), RubricItem("c", -2, "C.")))


def mark(*items: str, adjustment: float = 0.0, file: str = "sum-0", **more) -> AnswerMark:
    return replace(AnswerMark("sum", file, "q2", items, adjustment, "", "grace", MONDAY), **more)


def counting(term: Term, *marks: AnswerMark, rubric: Rubric | None = RUBRIC, who: Student = ADA) -> Standing:
    """Return what counts for a student once these answers are marked."""
    course = Course("C", "T", "Europe/Berlin", "o/r", tuple(term.assignments), term.late)
    found = standings(
        course,
        [ADA, BOB],
        term.attempts,
        term.scores,
        term.overrides,
        term.extensions,
        DUE,
        marks={"sum": {(one.sha256, one.question): one for one in marks}},
        rubrics={"sum": {"q2": rubric} if rubric else {}},
    )
    return next(one for one in found["sum"] if one.student == who)


@pytest.fixture
def term() -> Term:
    """ada has handed in: 9 of 10 points, and a written answer."""
    term = Term(LatePolicy(percent=10))
    term.hand_in(DUE, questions=WRITTEN)
    return term


@pytest.mark.parametrize(
    ("items", "adjustment", "points"),
    [
        ("", 0, 0),
        ("a", 0, 4),
        ("ab", 0, 9.5),
        ("ba", 0, 9.5),
        ("aa", 0, 4),
        ("ac", 0.25, 2.25),
        ("c", 0, 0),
        ("ab", 3, 10),
        ("", -1, 0),
        ("ax", 0, 4),
    ],
)
def test_points_are_those_of_the_items_and_the_adjustment(items, adjustment, points):
    """Each item once, from 0 to the most points of the question, and nothing for what the rubric has no longer."""
    assert marked_points(RUBRIC, mark(*items, adjustment=adjustment)) == points
    assert lost_items(RUBRIC, mark(*items)) == tuple("x" if "x" in items else "")


def test_points_of_items_are_added_as_decimals():
    """Three tenths, not what binary fractions give."""
    rubric = Rubric("q2", 1.0, tuple(RubricItem(name, 0.1, name) for name in "abc"))
    assert marked_points(rubric, mark("a", "b", "c")) == 0.3


def test_a_mark_taken_back_gives_no_points():
    """None, which is not 0."""
    assert marked_points(RUBRIC, mark(withdrawn=True)) is None


def test_a_marked_answer_counts(term):
    """Its points are in the score, its mark in the standing, and nothing waits."""
    one = counting(term, mark("a"))
    assert (one.score, one.questions["q2"], one.unmarked, one.overridden) == (13, (4, 10), (), ())
    assert (one.marks, one.why) == ({"q2": mark("a")}, "13 points, in time")


@pytest.mark.parametrize(
    ("found", "rubric"),
    [
        (mark(withdrawn=True), RUBRIC),
        (mark("a", file="sum-1"), RUBRIC),
        (mark("a"), None),
        (mark("a", question="q3"), RUBRIC),
    ],
    ids=["taken back", "another file", "no rubric", "another question"],
)
def test_an_answer_without_a_mark_of_its_own_waits(term, found, rubric):
    """The score is what is known so far."""
    one = counting(term, found, rubric=rubric)
    assert (one.score, one.unmarked, one.marks, one.why) == (9, ("q2",), {}, "9 points, in time; q2 not marked yet")


def test_points_set_for_the_question_count_before_its_mark(term):
    """The mark can still be seen, and counts again once they are taken back."""
    term.set(7, "q2")
    one = counting(term, mark("a"))
    assert (one.score, one.overridden, one.marks) == (16, ("q2",), {"q2": mark("a")})
    term.set(None, "q2")
    assert counting(term, mark("a")).score == 13


def test_what_a_test_has_decided_no_mark_changes(term):
    """A mark of a question that the grader gives points is of an earlier notebook."""
    rubric = replace(RUBRIC, question="q1")
    course = Course("C", "T", "Europe/Berlin", "o/r", tuple(term.assignments))
    marks = {("sum-0", "q1"): mark("c", question="q1")}
    found = standings(
        course, [ADA], term.attempts, term.scores, {}, {}, DUE, marks={"sum": marks}, rubrics={"sum": {"q1": rubric}}
    )
    assert (found["sum"][0].score, found["sum"][0].marks) == (9, {})


def test_a_mark_is_of_a_file_and_counts_for_all_who_share_it():
    """Each member of a group has it."""
    term = Term()
    term.hand_in(DUE, questions=WRITTEN, who=(ADA, BOB))
    assert [counting(term, mark("a"), who=who).score for who in (ADA, BOB)] == [13, 13]


def test_the_best_attempt_is_the_best_with_its_marks():
    """And the marks in the standing are of that attempt."""
    term = Term(attempts="best")
    term.hand_in(DUE, questions=WRITTEN)
    term.hand_in(DUE, questions={"q1": (8.0, 10.0), "q2": (None, 10.0)})
    assert counting(term).attempt.sha256 == "sum-0"
    one = counting(term, mark("a", file="sum-0"), mark("b", file="sum-1"))
    assert (one.attempt.sha256, one.score, one.marks["q2"].items) == ("sum-1", 13.5, ("b",))


def test_a_fault_has_no_marks():
    """What was marked in it waits for the grader."""
    term = Term()
    term.hand_in(DUE, status="fault")
    one = counting(term, mark("a"))
    assert (one.status, one.score, one.marks) == ("fault", None, {})


ANSWERS = st.lists(
    st.tuples(st.sampled_from([ADA, BOB]), st.sets(st.sampled_from("abc")), st.floats(-2, 2), st.booleans()), max_size=6
)


@settings(deadline=None, max_examples=150)
@given(
    answers=ANSWERS,
    changed=st.sampled_from("abc"),
    worth=st.sampled_from([-3.0, 0.25, 4.0, 7.5]),
    rule=st.sampled_from(ATTEMPTS),
    order=st.randoms(use_true_random=False),
)
def test_a_change_of_an_items_worth_changes_the_standings_with_that_item(answers, changed, worth, rule, order):
    """Of the attempt that counts: those by the difference, within the question's points, and no other."""
    term, marks = Term(attempts=rule), []
    for number, (who, items, adjustment, withdrawn) in enumerate(answers):
        term.hand_in(DUE, questions=WRITTEN, who=(who,), number=number)
        marks.append(mark(*sorted(items), adjustment=adjustment, file=f"sum-{number}", withdrawn=withdrawn))
    items = tuple(replace(item, points=worth) if item.id == changed else item for item in RUBRIC.items)
    other = replace(RUBRIC, items=items)
    for who in (ADA, BOB):
        before, after = (counting(term, *marks, rubric=rubric, who=who) for rubric in (RUBRIC, other))
        for one, rubric in ((before, RUBRIC), (after, other)):
            if one.marks:
                assert one.questions["q2"] == (marked_points(rubric, one.marks["q2"]), 10.0)
            assert one.score is None or 9 <= one.score <= 19
        if rule != "best":  # there another attempt may be the best one now
            touched = bool(before.marks) and changed in before.marks["q2"].items
            assert touched or before == after
            assert before.marks == after.marks
    shuffled = order.sample(marks, len(marks))
    assert all(counting(term, *marks, who=who) == counting(term, *shuffled, who=who) for who in (ADA, BOB))
