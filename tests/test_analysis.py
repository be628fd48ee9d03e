"""A class in numbers: how hard a question was, what it tells, which test fails and where to look."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.analysis import FEWEST_ANSWERS, analyse, case_facts, once, question_facts
from autograder.model import CaseResult, Facts, Question, QuestionResult, Result, Status
from autograder.records import Attempt, Standing, Student

QUESTIONS = (Question("q1", "First", 4), Question("q2", "Second", 2), Question("q3", "Third", 4, manual=True))


def standing(number: int, *points: float | None, status: str = "graded", students: tuple[str, ...] = (), **more):
    """Somebody's standing with these points for q1, q2 and so on; `students` of a group, the file is the number's."""
    student = Student(f"s{number}", f"Student {number}")
    file = more.pop("file", f"{number:064}")
    attempt = (
        None if status == "missing" else Attempt("sum", students or (student.id,), file, "sum.ipynb", "canvas", "x")
    )
    given = {question.name: (value, question.points) for question, value in zip(QUESTIONS, points, strict=False)}
    return Standing(student, "sum", status, 10, attempt, given, **more)


def result(name: str, *passed: bool, stopped: bool = False, seconds: float = 1.0, memory: int = 0) -> Result:
    cases = tuple(
        CaseResult(f"q1 - {i}", f"Case {i}", False, ok, float(ok), 1, message=name, cause="time" * (stopped and not ok))
        for i, ok in enumerate(passed)
    )
    points = float(sum(passed))
    questions = (QuestionResult("q1", "First", points, len(passed), cases=cases),)
    facts = Facts("f" * 64, "g" * 64, "1", {}, 0, "uid", memory_bytes=memory)
    return Result(name, name, "sum", Status.GRADED, points, 4, questions, cpu_seconds=seconds, facts=facts)


def test_difficulty_is_the_mean_share_of_points():
    """Of what has points: an answer that nobody has marked is waiting, not wrong."""
    facts = question_facts([standing(1, 4, 0, None), standing(2, 2, 2, 4)], QUESTIONS)
    assert [(one.difficulty, one.answers, one.waiting, one.full) for one in facts] == [
        (0.75, 2, 0, 1),
        (0.5, 2, 0, 1),
        (1.0, 1, 1, 1),
    ]


def test_what_waits_is_counted_as_in_the_queue():
    """Two who handed in the same file without being a group have two answers, and one that is to be marked."""
    facts = question_facts([standing(i, 4, 0, None, file="f" * 64) for i in (1, 2)], QUESTIONS)
    assert [(one.answers, one.waiting) for one in facts] == [(2, 0), (2, 0), (0, 1)]


def test_a_question_is_compared_with_the_rest_and_not_with_itself():
    """By hand: q1 against q2 and q3 together."""
    rows = [(i % 5, (i * 7) % 3, (i * 3) % 5) for i in range(12)]
    facts = question_facts([standing(i, *row) for i, row in enumerate(rows)], QUESTIONS)
    table = np.array(rows, dtype=float)
    for place, one in enumerate(facts):
        rest = table.sum(axis=1) - table[:, place]
        assert one.discrimination == pytest.approx(np.corrcoef(table[:, place], rest)[0, 1])


POINTS = st.tuples(st.integers(0, 4), st.integers(0, 2), st.none() | st.integers(0, 4))


@given(st.lists(POINTS, max_size=30))
def test_numbers_stay_in_their_ranges(rows):
    """Whatever is not marked, equal or too little: a number in its range, or none."""
    for one in question_facts([standing(i, *row) for i, row in enumerate(rows)], QUESTIONS):
        assert one.difficulty is None or 0 <= one.difficulty <= 1
        assert one.discrimination is None or (-1 <= one.discrimination <= 1 and one.answers >= FEWEST_ANSWERS)


NINE = [(i % 3, i % 2, 0) for i in range(FEWEST_ANSWERS - 1)]
EQUAL = [(3, i % 3, 0) for i in range(20)]
EQUAL_RESTS = [(i % 3, *((0.1, 0.2), (0.3, 0))[i % 2]) for i in range(20)]  # not so in binary


@pytest.mark.parametrize("rows", [NINE, EQUAL, EQUAL_RESTS])
def test_no_correlation_where_there_is_nothing_to_say(rows):
    """Nine answers, or one that all have given alike, or that all others are alike besides."""
    facts = question_facts([standing(i, *row) for i, row in enumerate(rows)], QUESTIONS)
    assert facts[0].discrimination is None


def test_an_unmarked_answer_takes_nothing_from_the_rest():
    """Half of the class is marked: who is not is compared by the share of what is known."""
    rows = [(4 * (i % 2), 2 * (i % 2), None if i < 10 else 4 * (i % 2)) for i in range(20)]
    facts = question_facts([standing(i, *row) for i, row in enumerate(rows)], QUESTIONS)
    assert facts[0].discrimination == pytest.approx(1)


def test_a_group_counts_once_and_a_copy_twice():
    """Two of a group have one attempt; two who hand in the same file have two."""
    group = [standing(i, 4, 2, students=("s1", "s2"), file="a" * 64) for i in (1, 2)]
    copies = [standing(i, 0, 0, file="b" * 64) for i in (3, 4)]
    assert [one.student.id for one in once([*group, *copies, standing(5, status="missing")])] == ["s1", "s3", "s4"]


def test_the_example_of_a_failed_case_failed_little_else():
    """And was run to its end, so that its message says something."""
    results = [
        result("all-wrong", False, False, False),
        result("died", False, True, True, stopped=True),
        result("only-first", False, True, True),
        result("right", True, True, True),
    ]
    first, second, third = case_facts(results)
    assert (first.case.name, first.failed, first.stopped, first.total) == ("q1 - 0", 3, 1, 4)
    assert (first.example, first.others, first.case.message) == ("only-first", 0, "only-first")
    assert (second.failed, second.example, second.others, third.failed) == (1, "all-wrong", 2, 1)


def test_what_did_not_run_enters_no_number():
    """A fault has no time, and its cases are nobody's failures."""
    fault = replace(result("fault", False, seconds=99), status=Status.FAULT)
    found = analyse([], [fault, result("ran", True, seconds=2)], QUESTIONS)
    assert found.cases == () and found.seconds is not None and found.seconds.values == (2,)
    assert analyse([], [fault], QUESTIONS).seconds is None


def test_the_spread_of_runs_names_the_largest():
    """Median, the value that 19 of 20 do not exceed, and who took most."""
    found = analyse([], [result(str(i), True, seconds=i, memory=i * 2**20) for i in range(1, 101)], QUESTIONS)
    assert found.seconds is not None and found.memory_bytes is not None
    assert (found.seconds.median, found.seconds.p95) == (50.5, 95)
    assert found.memory_bytes.largest == (("100", 100 * 2**20), ("99", 99 * 2**20), ("98", 98 * 2**20))


def test_each_standing_is_listed_where_somebody_looks_for_it():
    """By status; late ones the latest first."""
    late = [standing(i, 1, 1, 1, late_units=i) for i in (1, 3, 2)]
    others = [standing(i, status=name) for i, name in enumerate(("missing", "excused", "rejected", "fault"), 10)]
    found = analyse([*late, *others, standing(20, status="ungraded")], [], QUESTIONS)
    assert [one.late_units for one in found.late] == [3, 2, 1]
    lists = (found.missing, found.excused, found.rejected, found.fault, found.ungraded)
    assert [[one.student.id for one in some] for some in lists] == [["s10"], ["s11"], ["s12"], ["s13"], ["s20"]]


def test_one_file_of_several_people_is_a_flag_unless_they_are_a_group():
    """The file tells, and who handed it in together; no file is not the same file."""
    group = [standing(i, 4, students=("s1", "s2"), file="a" * 64) for i in (1, 2)]
    copies = [standing(i, 4, file="b" * 64) for i in (3, 4, 5)]
    nothing = [standing(i, status="rejected", file="") for i in (6, 7)]
    pair = [standing(i, 4, file="c" * 64) for i in (8, 9)]
    found = analyse([*group, *pair, *copies, *nothing], [], QUESTIONS).same_file
    assert [[one.student.id for one in some] for some in found] == [["s3", "s4", "s5"], ["s8", "s9"]]
