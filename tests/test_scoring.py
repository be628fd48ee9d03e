"""What counts for a student follows from the policy in course.yml, when they handed in, and what people decided."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.model import ATTEMPTS, Assignment, Course
from autograder.records import Attempt, Extension, LatePolicy, Override, Score, Standing, Student
from autograder.scoring import days_after, lateness_units, rounded, standings

BERLIN = ZoneInfo("Europe/Berlin")
ADA, BOB = Student("a1", "Ada Lovelace"), Student("b2", "Bob Ross")
DUE = datetime(2026, 12, 7, 23, 59, tzinfo=BERLIN)
FULL = {"q1": (10.0, 10.0), "q2": (10.0, 10.0)}


def at(text: str) -> datetime:
    """A moment, in Berlin unless it says otherwise."""
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=BERLIN)


def later(**span: float) -> datetime:
    """A moment after DUE, by seconds elapsed."""
    return DUE.astimezone(UTC) + timedelta(**span)


class Term:
    """A course of one assignment of 20 points, or several, in which things happen: `term.hand_in(ADA, ...)`."""

    def __init__(self, late: LatePolicy | None = None, attempts: str = ATTEMPTS[0], **more: object) -> None:
        self.late = late or LatePolicy()
        self.assignments = [Assignment("sum", "Sum", 20, DUE, late=self.late, attempts=attempts, **more)]
        self.attempts: dict[str, list[Attempt]] = {}
        self.scores: dict[str, dict[str, Score]] = {}
        self.overrides: dict[str, list[Override]] = {}
        self.extensions: dict[str, list[Extension]] = {}
        self.minutes = 0

    def also(self, name: str, due: datetime) -> None:
        self.assignments.append(Assignment(name, name.title(), 20, due, late=self.late))

    def hand_in(
        self,
        moment: datetime | None,
        points: float | None = 20,
        assignment: str = "sum",
        who: tuple[Student, ...] = (ADA,),
        status: str = "graded",
        questions: dict[str, tuple[float | None, float]] | None = None,
        **more: object,
    ) -> None:
        """Hand in a file that the grader gives these points, or that it has not graded: None."""
        some = self.attempts.setdefault(assignment, [])
        sha = f"{assignment}-{len(some)}"
        some.append(Attempt(assignment, tuple(one.id for one in who), sha, "sum.ipynb", "moodle", sha, moment, **more))
        if points is not None:
            found = questions or {"q1": (points / 2, 10.0), "q2": (points / 2, 10.0)}
            graded = Score(assignment, sha, status, found if status == "graded" else {})
            self.scores.setdefault(assignment, {})[sha] = graded

    def _now(self) -> datetime:
        self.minutes += 1
        return DUE + timedelta(days=30, minutes=self.minutes)

    def set(self, points: float | None, question: str = "", who: Student = ADA, excused: bool = False) -> None:
        override = Override("sum", who.id, question, points, "staff", "reason", self._now(), excused)
        self.overrides.setdefault("sum", []).append(override)

    def extend(self, until: datetime | None, who: Student = ADA) -> None:
        extension = Extension("sum", who.id, until, "staff", "ill", self._now())
        self.extensions.setdefault("sum", []).append(extension)

    def of(self, student: Student = ADA, assignment: str = "sum", now: datetime = DUE + timedelta(days=60)) -> Standing:
        course = Course("C", "T", "Europe/Berlin", "o/r", tuple(self.assignments), self.late)
        found = standings(course, [ADA, BOB], self.attempts, self.scores, self.overrides, self.extensions, now)
        return next(one for one in found[assignment] if one.student == student)


DAY, HOUR = LatePolicy(percent=10), LatePolicy(percent=1, per="hour")
GRACE = LatePolicy(percent=10, grace_minutes=15)

# due, handed in, policy -> units
MOMENTS = {
    "a second early": (DUE, later(seconds=-1), DAY, 0),
    "at the very second": (DUE, DUE, DAY, 0),
    "a second late": (DUE, later(seconds=1), DAY, 1),
    "the same moment in another zone": (DUE, at("2026-12-07T17:59-05:00"), DAY, 0),
    "a second late, told by another zone": (DUE, at("2026-12-08T04:29:01+05:30"), DAY, 1),
    "the last second of grace": (DUE, later(minutes=15), GRACE, 0),
    "a second after grace": (DUE, later(minutes=15, seconds=1), GRACE, 1),
    "a microsecond after grace": (DUE, later(minutes=15, microseconds=1), GRACE, 1),
    "grace is not given again at the end of a day": (DUE, later(days=1, minutes=5), GRACE, 2),
    "the end of the first day": (DUE, later(days=1), DAY, 1),
    "a second into the second day": (DUE, later(days=1, seconds=1), DAY, 2),
    "ten days": (DUE, later(days=10), DAY, 10),
    "a year": (DUE, later(days=365), DAY, 365),
    "a second into the first hour": (DUE, later(seconds=1), HOUR, 1),
    "a full hour": (DUE, later(hours=1), HOUR, 1),
    "an hour and a second": (DUE, later(hours=1, seconds=1), HOUR, 2),
    "a day by the hour": (DUE, later(days=1), HOUR, 24),
    # Berlin: clocks go from 2:00 to 3:00 on 2027-03-28, a day of 23 hours, and from 3:00 to 2:00 on 2026-10-25.
    "the end of a day of 23 hours": (at("2027-03-27T23:00"), at("2027-03-28T23:00"), DAY, 1),
    "a second after 23 hours": (at("2027-03-27T23:00"), at("2027-03-28T23:00:01"), DAY, 2),
    "23 hours by the hour": (at("2027-03-27T23:00"), at("2027-03-28T23:00"), HOUR, 23),
    "the end of a day of 25 hours": (at("2026-10-24T23:59"), at("2026-10-25T23:59"), DAY, 1),
    "25 hours by the hour": (at("2026-10-24T23:59"), at("2026-10-25T23:59"), HOUR, 25),
    "a due time that the next day skips": (at("2027-03-27T02:30"), at("2027-03-28T03:30+02:00"), DAY, 1),
    "a second after it": (at("2027-03-27T02:30"), at("2027-03-28T03:30:01+02:00"), DAY, 2),
    "a due time that the next day has twice": (at("2026-10-24T02:30"), at("2026-10-25T02:30+01:00"), DAY, 1),
    "a second after both": (at("2026-10-24T02:30"), at("2026-10-25T02:30:01+01:00"), DAY, 2),
    "between the two half past twos": (at("2026-10-25T02:30+02:00"), at("2026-10-25T02:30+01:00"), HOUR, 1),
    "grace over the end of summer time": (
        at("2026-10-25T02:50+02:00"),
        at("2026-10-25T02:05+01:00"),
        replace(GRACE, grace_minutes=15),
        0,
    ),
}


@pytest.mark.parametrize(("due", "moment", "policy", "units"), MOMENTS.values(), ids=MOMENTS)
def test_how_late_is_told_to_the_second_in_any_time_zone(due, moment, policy, units):
    """Days go by the clock of the course, hours by time elapsed, and neither by the zone a time is written in."""
    assert lateness_units(moment, due, policy, BERLIN) == units
    assert lateness_units(moment.astimezone(UTC), due.astimezone(ZoneInfo("Asia/Kolkata")), policy, BERLIN) == units


def test_moments_of_one_time_zone_are_not_compared_by_their_clocks():
    """Half past two comes twice on 2026-10-25; the second one is an hour later, though the clock shows the same."""
    first = datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN)
    assert lateness_units(first.replace(fold=1), first, HOUR, BERLIN) == 1
    term = Term(HOUR, closes=first)
    term.assignments = [replace(term.assignments[0], due=first - timedelta(days=1))]
    term.hand_in(first.replace(fold=1))
    assert term.of().status == "missing"


# policy, days late -> score of 20 points, penalty
COSTS = {
    "nothing is the default": (LatePolicy(), 5, 20, 0),
    "a day": (DAY, 1, 18, 2),
    "three days": (DAY, 3, 14, 6),
    "never below zero": (DAY, 12, 0, 20),
    "up to the cap": (replace(DAY, cap_percent=50), 9, 10, 10),
    "a cap that is no multiple": (replace(DAY, cap_percent=25), 3, 15, 5),
    "a cap of nothing": (replace(DAY, cap_percent=0), 3, 20, 0),
    "decimal percents": (replace(DAY, percent=0.1), 1, 19.98, 0.02),
    "half a hundredth rounds up": (replace(DAY, percent=0.125), 1, 19.98, 0.03),
    "by the hour": (HOUR, 2, 10.4, 9.6),
    "late days first": (replace(DAY, late_days=2), 3, 18, 2),
    "late days are enough": (replace(DAY, late_days=3), 3, 20, 0),
    "late days by the hour": (replace(HOUR, late_days=1), 2, 15.2, 4.8),
}


@pytest.mark.parametrize(("policy", "days", "score", "penalty"), COSTS.values(), ids=COSTS)
def test_lateness_takes_off_what_the_policy_says(policy, days, score, penalty):
    """Percents are of the most points, begin with each day or hour, and end at the cap."""
    term = Term(policy)
    term.hand_in(later(days=days))
    assert (term.of().score, term.of().penalty) == (score, penalty)


def test_percents_are_of_the_most_points_not_of_those_earned():
    """Ten percent of 20 points are 2, whatever a student has."""
    term = Term(DAY)
    term.hand_in(later(days=1), points=7)
    assert (term.of().points, term.of().penalty, term.of().score) == (7, 2, 5)


def test_no_more_is_taken_off_than_was_earned():
    """One point less two is none, and one point was taken off."""
    term = Term(DAY)
    term.hand_in(later(days=1), points=1)
    assert (term.of().penalty, term.of().score) == (1, 0)


@pytest.mark.parametrize(
    ("value", "shown"), [("1/8", 0.13), ("2.675", 2.68), ("2.674999", 2.67), ("1/3", 0.33), ("0", 0)]
)
def test_scores_are_rounded_half_up(value, shown):
    """As on paper, and not to the even neighbour or as binary fractions fall."""
    assert rounded(Fraction(value)) == shown


def test_points_are_added_as_decimals():
    """Three times 0.1 and a third of a point each: what people would add, not what binary fractions give."""
    term = Term()
    term.hand_in(DUE, questions={f"q{n}": (0.1, 1.0) for n in range(3)} | {f"r{n}": (4 / 3, 2.0) for n in range(3)})
    assert term.of().score == 4.3
    term = Term()
    term.hand_in(DUE, questions={"q1": (2.675, 10.0)})
    assert term.of().score == 2.68


def test_late_days_are_spent_in_the_order_of_due_dates():
    """Two days in all: the earlier assignment takes them, though course.yml lists it last."""
    term = Term(replace(DAY, late_days=2))
    term.also("first", DUE - timedelta(days=30))
    term.hand_in(later(days=2))
    term.hand_in(later(days=-29), assignment="first")
    first, second = term.of(assignment="first"), term.of()
    assert (first.score, first.days_spent, first.late_units) == (20, 1, 1)
    assert (second.score, second.days_spent, second.late_units) == (18, 1, 2)


def test_no_late_day_is_spent_in_vain():
    """Where two days cannot bring five days late below the cap, they are kept for later."""
    term = Term(LatePolicy(percent=50, cap_percent=50, late_days=2))
    term.also("next", DUE + timedelta(days=30))
    term.hand_in(later(days=5))
    term.hand_in(later(days=32), assignment="next")
    assert (term.of().days_spent, term.of().score) == (0, 10)
    assert (term.of(assignment="next").days_spent, term.of(assignment="next").score) == (2, 20)


@pytest.mark.parametrize("how", ["excused", "whole", "rejected", "no cost"])
def test_what_lateness_costs_nothing_spends_no_late_day(how):
    """Excused, set for the whole, without a file that can be graded, or without percents."""
    term = Term(LatePolicy(percent=0 if how == "no cost" else 10, late_days=2))
    term.hand_in(later(days=1), status="rejected" if how == "rejected" else "graded")
    if how in ("excused", "whole"):
        term.set(None if how == "excused" else 12, excused=how == "excused")
    assert term.of().days_spent == 0


def test_an_extension_moves_the_due_date_of_one_student():
    """Five days more for Ada; Bob is late."""
    term = Term(DAY)
    term.extend(later(days=5))
    term.hand_in(later(days=5), who=(ADA,))
    term.hand_in(later(days=5), who=(BOB,))
    assert (term.of(ADA).score, term.of(BOB).score) == (20, 10)
    assert "extension until 2026-12-12 23:59" in term.of(ADA).why


def test_the_latest_extension_counts_and_can_be_taken_back():
    """A longer one, then none: as if there had been none."""
    term = Term(DAY)
    term.hand_in(later(days=3))
    term.extend(later(days=1))
    term.extend(later(days=3))
    assert term.of().score == 20
    term.extend(None)
    assert term.of().score == 14


def test_an_extension_never_makes_a_due_date_earlier():
    """The due date of the class was moved after the extension was given."""
    term = Term(DAY)
    term.extend(later(days=-3))
    term.hand_in(later(days=-1))
    assert (term.of().score, term.of().late_units) == (20, 0)


CLOSES = later(days=2)


@pytest.mark.parametrize(
    ("moment", "extension", "score"),
    [
        (CLOSES, None, 16),
        (CLOSES + timedelta(seconds=1), None, None),
        (CLOSES + timedelta(seconds=1), later(days=1), None),
        (later(days=5), later(days=5), 20),
        (later(days=5, minutes=15), later(days=5), 20),
        (later(days=5, minutes=15, seconds=1), later(days=5), None),
    ],
)
def test_after_the_drop_dead_date_nothing_counts(moment, extension, score):
    """It moves only with an extension that ends later, then to the end of that and its grace."""
    term = Term(GRACE, closes=CLOSES)
    if extension:
        term.extend(extension)
    term.hand_in(moment)
    assert term.of().score == score
    assert term.of().status == ("missing" if score is None else "graded")


def test_who_came_too_late_is_told_apart_from_who_never_came():
    """Both are missing, for different reasons."""
    term = Term(closes=CLOSES)
    term.hand_in(CLOSES + timedelta(hours=1))
    assert term.of(ADA).why == "handed in only after it closed on 2026-12-09 23:59"
    assert term.of(BOB).why == "nothing handed in"
    assert term.of(BOB, now=later(days=-1)).why == "nothing handed in yet, due 2026-12-07 23:59"


# policy of attempts -> which of five counts: two in time (the better one first), three late (the best one second)
@pytest.mark.parametrize(("attempts", "score"), [("last-before-due", 10), ("last", 10.5), ("best", 17)])
def test_the_policy_of_attempts_decides_which_one_counts(attempts, score):
    """The last in time, the last of all less its lateness, or the highest score after lateness."""
    term = Term(DAY, attempts=attempts)
    term.hand_in(later(days=-2), points=17)
    term.hand_in(later(days=-1), points=10)
    term.hand_in(later(days=1), points=8)
    term.hand_in(later(days=2), points=20)
    term.hand_in(later(days=3), points=16.5)
    assert term.of().score == score


def test_with_nothing_in_time_the_last_late_attempt_before_closing_counts():
    """Not one that came after it, nor the best of the late ones."""
    term = Term(DAY, closes=CLOSES)
    term.hand_in(later(days=1), points=20)
    term.hand_in(later(days=2), points=12)
    term.hand_in(later(days=2, hours=1), points=20)
    assert term.of().score == 8
    assert term.of().why == "12 points less 4, 2 days late; attempt 2 of 2; 1 handed in after it closed"


def test_of_two_equally_good_attempts_the_less_late_one_counts():
    """So that no late day is spent for nothing."""
    term = Term(replace(DAY, late_days=3), attempts="best")
    term.hand_in(later(days=2), points=20)
    term.hand_in(DUE, points=20)
    assert (term.of().days_spent, term.of().late_units) == (0, 0)


def test_attempts_without_a_time_come_in_the_order_of_the_lms():
    """Canvas names no times; its numbers count up."""
    term = Term()
    term.hand_in(None, points=8, number=2)
    term.hand_in(None, points=20, number=1)
    assert term.of().score == 8


def test_the_word_of_the_lms_is_taken_where_it_gives_no_time():
    """Late is then one day, and the reason says where that comes from."""
    term = Term(DAY)
    term.hand_in(None, late=True)
    assert (term.of().late_units, term.of().score) == (1, 18)
    assert "the LMS calls it late and gives no time: counted as one" in term.of().why


def test_a_time_weighs_more_than_the_word_of_the_lms():
    """The LMS's due date may be another one."""
    term = Term(DAY)
    term.hand_in(DUE, late=True)
    assert term.of().score == 20


def test_an_extension_stands_against_the_word_of_the_lms():
    """The LMS does not know of it, and without a time nobody can tell."""
    term = Term(DAY)
    term.extend(later(days=2))
    term.hand_in(None, late=True)
    assert term.of().score == 20
    assert "the extension stands against it" in term.of().why


def test_without_a_due_date_nothing_is_late():
    """Not even what the LMS calls late."""
    term = Term(DAY)
    term.assignments = [replace(term.assignments[0], due=None)]
    term.hand_in(later(days=300))
    term.hand_in(None, late=True, who=(BOB,))
    assert (term.of(ADA).score, term.of(BOB).score) == (20, 20)


def test_each_member_of_a_group_has_an_extension_and_late_days_of_their_own():
    """One file, three days late: Ada has two days more, Bob spent his late day before."""
    term = Term(replace(DAY, late_days=1))
    term.also("first", DUE - timedelta(days=30))
    term.hand_in(later(days=-29), assignment="first", who=(BOB,))
    term.extend(later(days=2), who=ADA)
    term.hand_in(later(days=3), who=(ADA, BOB))
    assert (term.of(ADA).score, term.of(BOB).score) == (20, 14)
    assert term.of(ADA).attempt == term.of(BOB).attempt


def test_a_student_in_two_groups_has_the_attempts_of_both():
    """The last of all of them counts."""
    term = Term()
    term.hand_in(later(days=-2), points=20, who=(ADA, BOB))
    term.hand_in(later(days=-1), points=10, who=(ADA,))
    assert (term.of(ADA).score, term.of(BOB).score) == (10, 20)


WRITTEN = {"q1": (9.0, 10.0), "q2": (None, 10.0)}


def test_what_nobody_has_marked_is_named_and_counts_nothing_yet():
    """The score is what is known so far."""
    term = Term()
    term.hand_in(DUE, questions=WRITTEN)
    assert (term.of().score, term.of().unmarked, term.of().max_score) == (9, ("q2",), 20)
    assert term.of().why == "9 points, in time; q2 not marked yet"


def test_a_mark_of_a_written_answer_is_an_override_of_its_question():
    """Zero is a mark too."""
    term = Term(DAY)
    term.hand_in(later(days=1), questions=WRITTEN)
    term.set(0, "q2")
    assert (term.of().score, term.of().unmarked, term.of().overridden) == (7, (), ("q2",))
    term.set(8, "q2")
    assert term.of().score == 15


def test_an_override_of_a_question_can_be_taken_back():
    """Then what the grader found counts again."""
    term = Term()
    term.hand_in(DUE, points=12)
    term.set(10, "q1")
    assert term.of().questions["q1"] == (10, 10)
    term.set(None, "q1")
    assert (term.of().score, term.of().overridden) == (12, ())


def test_points_set_for_a_question_that_is_not_there_do_not_count_and_are_told():
    """A slip of the pen is not lost in silence."""
    term = Term()
    term.hand_in(DUE, points=12)
    term.set(5, "q7")
    assert term.of().score == 12
    assert "points set for q7, which it does not have, do not count" in term.of().why


def test_an_override_of_the_whole_is_final():
    """No lateness, no question and no missing mark changes it."""
    term = Term(DAY)
    term.hand_in(later(days=3), questions=WRITTEN)
    term.set(5, "q2")
    term.set(13.5)
    one = term.of()
    assert (one.status, one.score, one.points, one.penalty, one.unmarked) == ("graded", 13.5, 13.5, 0, ())
    assert one.overridden == ("q2", "")


@pytest.mark.parametrize("before", ["missing", "rejected", "fault", "ungraded"])
def test_an_override_of_the_whole_gives_a_score_where_there_was_none(before):
    """An exam by word of mouth, say."""
    term = Term()
    if before != "missing":
        term.hand_in(DUE, points=None if before == "ungraded" else 0, status=before)
    assert (term.of().status, term.of().score) == (before, None)
    term.set(15)
    assert (term.of().status, term.of().score) == ("graded", 15)


@pytest.mark.parametrize(("points", "score"), [(25, 20), (-3, 0), (20, 20)])
def test_no_score_is_above_the_most_points_or_below_zero(points, score):
    """Not even when a person sets it."""
    term = Term()
    term.set(points)
    assert term.of().score == score


def test_more_than_the_most_points_of_all_questions_is_not_counted():
    """A question set above its points may make up for another, not more."""
    term = Term()
    term.hand_in(DUE, points=12)
    term.set(9, "q1")
    assert term.of().score == 15
    term.set(19, "q1")
    assert term.of().score == 20


def test_who_is_excused_has_no_score():
    """Until it is taken back."""
    term = Term()
    term.hand_in(DUE)
    term.set(None, excused=True)
    assert (term.of().status, term.of().score) == ("excused", None)
    term.set(None)
    assert (term.of().status, term.of().score) == ("graded", 20)


def test_a_fault_is_never_a_zero():
    """It has no score and says what is to be done."""
    term = Term()
    term.hand_in(DUE, points=0, status="fault")
    assert (term.of().status, term.of().score) == ("fault", None)
    assert "to be graded again" in term.of().why


def test_a_broken_file_does_not_take_the_place_of_a_good_one():
    """Whoever hands in a picture after the notebook keeps the notebook, and the reason says so."""
    term = Term()
    term.hand_in(later(days=-2), points=15)
    term.hand_in(later(days=-1), points=None, problem="no notebook")
    assert term.of().score == 15
    assert term.of().why == "15 points, in time; attempt 1 of 2, 1 rejected"


def test_an_attempt_that_is_not_graded_yet_is_waited_for():
    """It may be the one that counts: an earlier one must not stand in for it."""
    term = Term()
    term.hand_in(later(days=-2), points=15)
    term.hand_in(later(days=-1), points=None)
    assert (term.of().status, term.of().score) == ("ungraded", None)


def test_people_who_are_not_in_the_roster_are_left_out():
    """There is one standing a student and assignment, in the order of the students."""
    term = Term()
    term.hand_in(DUE, who=(Student("z9", "Zoe"),))
    course = Course("C", "T", "Europe/Berlin", "o/r", tuple(term.assignments))
    found = standings(course, [BOB, ADA], term.attempts, term.scores, {}, {}, DUE)
    assert [one.student for one in found["sum"]] == [BOB, ADA]


def test_a_day_after_can_be_25_hours():
    """The same time by the clock, so an hour more when summer time ends."""
    due = at("2026-10-24T23:59")
    assert days_after(due, 1, BERLIN) - due.astimezone(UTC) == timedelta(hours=25)


POLICIES = st.builds(
    LatePolicy,
    grace_minutes=st.integers(0, 2000),
    percent=st.sampled_from([0, 0.5, 10, 33.3, 100]),
    per=st.sampled_from(["day", "hour"]),
    cap_percent=st.sampled_from([0, 25, 50, 100]),
    late_days=st.integers(0, 4),
)
HOURS = st.floats(-50, 200, allow_nan=False)
POINTS = st.floats(0, 20, allow_nan=False)
# Both changes of the clock lie within reach of these.
DUES = st.sampled_from([DUE, at("2026-10-24T02:30"), at("2027-03-27T02:30"), at("2026-10-25T02:30")])


@settings(deadline=None, max_examples=120)
@given(
    policy=POLICIES,
    due=DUES,
    rule=st.sampled_from(ATTEMPTS),
    handed_in=st.lists(st.tuples(HOURS, POINTS, st.sampled_from(["graded", "rejected", "fault"])), max_size=5),
    extra=st.floats(0, 100),
    order=st.randoms(use_true_random=False),
)
def test_scores_stay_in_range_and_do_not_depend_on_the_order_of_what_comes_in(
    policy: LatePolicy, due: datetime, rule: str, handed_in: list, extra: float, order: random.Random
) -> None:
    """Whatever the policy: never below 0, never above the most points, and the same from shuffled input."""
    term = Term(policy, rule)
    term.assignments = [replace(term.assignments[0], due=due, closes=due + timedelta(hours=150))]
    term.extend(due + timedelta(hours=extra))
    term.set(5, "q1")
    term.set(None, "q1")
    for hours, points, status in handed_in:
        term.hand_in(due.astimezone(UTC) + timedelta(hours=hours), points, status=status)
    found = term.of()
    assert found.score is None or 0 <= found.score <= 20
    assert found.score is None or found.penalty <= (found.points or 0)
    for some in (*term.attempts.values(), *term.overrides.values(), *term.extensions.values()):
        order.shuffle(some)
    assert term.of() == found


@settings(deadline=None, max_examples=200)
@given(policy=POLICIES, due=DUES, hours=HOURS, delay=st.floats(0, 100), points=POINTS)
def test_the_same_points_never_score_more_when_handed_in_later(
    policy: LatePolicy, due: datetime, hours: float, delay: float, points: float
) -> None:
    """Nobody gains by waiting, over any change of the clock."""
    early, late = Term(policy), Term(policy)
    early.assignments = late.assignments = [replace(early.assignments[0], due=due)]
    early.hand_in(due.astimezone(UTC) + timedelta(hours=hours), points)
    late.hand_in(due.astimezone(UTC) + timedelta(hours=hours + delay), points)
    assert (late.of().score or 0) <= (early.of().score or 0)
