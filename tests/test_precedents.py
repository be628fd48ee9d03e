"""Precedents: what was judged once is not judged again, and nobody's marks can tell."""

from dataclasses import replace

import pytest

from autograder.hearing import Hearing, Rulings
from autograder.job import Job, Precedent, Step, Verdict
from autograder.model import CaseResult, Limits, Question, QuestionResult
from autograder.precedents import Precedents
from autograder.sandbox import wire
from autograder.session import Died

COSTLY = """
    def test_square(f):
        import time
        end = time.process_time() + 1
        while time.process_time() < end:
            pass
        assert f(3) == 9
    def test_more(f):
        assert f(4) == 16
"""


@pytest.fixture
def precedents(engine):
    """Those of the engine, none at the beginning."""
    engine.precedents = Precedents()
    yield engine.precedents
    engine.precedents = Precedents()


def outcome(result):
    """Return all that a student sees of a result."""
    return result.status, result.score, result.questions, result.note


def alone(classroom, *cells, **tests):
    """Grade with no precedent at hand."""
    kept, classroom.engine.precedents = classroom.engine.precedents, Precedents(most=0)
    try:
        return classroom.grade(*cells, **tests)
    finally:
        classroom.engine.precedents = kept


def test_equal_answers_are_judged_once(classroom, precedents):
    """Another's code with the same answers gets the same result, without the time that the tests take."""
    first = classroom.grade("def f(n):\n    return n * n", q1=COSTLY)
    second = classroom.grade("def f(n):\n    return n ** 2", q1=COSTLY)
    itself = alone(classroom, "def f(n):\n    return n ** 2", q1=COSTLY)
    assert outcome(first) == outcome(second) == outcome(itself)
    assert first.score == 2
    assert second.cpu_seconds < first.cpu_seconds - 0.8
    assert second.facts.evidence_sha256 == itself.facts.evidence_sha256


def test_a_regrade_judges_equal_answers_once(classroom, precedents):
    """Also from evidence, where no code runs."""
    engine = classroom.engine
    old = classroom.grader({"q1": COSTLY.replace("== 9", "> 8")})
    new = replace(classroom.grader({"q1": COSTLY}), sha256="1" * 64)
    graded = [engine.grade(classroom.submission(f"def f(n):\n    return n * n + {k} * 0"), old) for k in range(2)]
    times = []
    for before in graded:
        after, ran = engine.regrade(before, new)
        assert (after.score, ran, after.evidence) == (2, False, before.evidence)
        times.append(after.cpu_seconds)
    assert times[1] < times[0] - 0.8


SEQUENCE = """
    def test_first(f):
        assert f() == 1
    def test_second(f):
        assert f() == 2
    def test_third(f):
        assert f() < 5
"""


@pytest.mark.parametrize(
    ("last", "score"),
    [("return calls", 3), ("return calls + 1", 3), ("return calls * 9", 2), ("raise ValueError", 2)],
)
def test_answers_that_differ_late_are_judged_from_where_they_differ(last, score, classroom, precedents):
    """What was asked before the difference is not asked again: a function that counts its calls would notice."""
    code = "calls = 0\ndef f():\n    global calls\n    calls += 1\n    if calls < 3:\n        return calls\n    {}"
    classroom.grade(code.format("return calls"), q1=SEQUENCE)
    result = classroom.grade(code.format(last), q1=SEQUENCE)
    assert outcome(result) == outcome(alone(classroom, code.format(last), q1=SEQUENCE))
    assert result.score == score


@pytest.mark.parametrize("end", ["import os; os._exit(1)", "import os; os.kill(os.getpid(), 9)", "while True: pass"])
def test_a_box_that_dies_on_the_way_is_charged_as_ever(end, classroom, precedents):
    """The same cases, the same sentence."""
    classroom.allow(cell_seconds=2)
    code = "def f(n):\n    if n == 4:\n        {}\n    return n * n"
    tests = {"q1": COSTLY.replace("+ 1", "+ 0"), "q2": "def test(f):\n    assert f(2) == 4"}
    assert classroom.grade(code.format("n = 4"), **tests).score == 3
    result = classroom.grade(code.format(end), **tests)
    assert outcome(result) == outcome(alone(classroom, code.format(end), **tests))
    assert result.score == 2


def cited(classroom, *, allow=None, reference="", **tests):
    """Return the names of questions of which there are precedents."""
    classroom.allow(**(allow or {}))
    return set(classroom.engine.precedents.cite(job(classroom, reference, **tests)).precedents)


def job(classroom, reference="", **tests):
    return classroom.engine.job((), classroom.grader(tests, reference))


def test_what_failed_is_no_precedent(classroom, precedents):
    """It may have failed for want of memory in the judge: the next one shall have a trial of its own."""
    tests = {
        "q1": "def test(x):\n    assert x == 1",
        "q2": "def test(x):\n    assert x > 0\ndef test2(x):\n    assert 0",
    }
    assert classroom.grade("x = 1", **tests).score == 2
    assert cited(classroom, **tests) == {"q1"}


def test_what_a_function_of_the_test_took_part_in_is_no_precedent(classroom, precedents):
    """Its calls are not among the answers that are compared."""
    tests = {"q1": "def test(apply):\n    assert apply(lambda n: n + 1, 2) == 3"}
    assert classroom.grade("def apply(f, n):\n    return f(n)", **tests).score == 1
    assert cited(classroom, **tests) == set()


def test_other_tests_another_reference_and_other_limits_have_no_precedent(classroom, precedents):
    """Equal answers decide nothing where something else is asked of them."""
    test = "def test(x):\n    assert x == 1"
    classroom.grade("x = 1", q1=test)
    assert cited(classroom, q1=test) == {"q1"}
    assert cited(classroom, q1=test.replace("== 1", "== 2")) == set()
    assert cited(classroom, q1=test, reference="right = 2") == set()
    public = classroom.engine.precedents.cite(replace(job(classroom, q1=test), public_only=True))
    assert public.precedents == {}
    assert cited(classroom, q1=test, allow={"cell_seconds": 3}) == set()


def test_a_hidden_test_is_not_decided_by_public_ones(classroom, precedents):
    """As Gradescope's harness asks first for the public tests alone."""
    test = "def test(x):\n    assert x > 0\ndef test_hidden(x):\n    assert x == 1"
    submission, grader = classroom.submission("x = 2"), classroom.grader({"q1": test})
    assert classroom.engine.grade(submission, grader, public_only=True).score == 1
    assert classroom.engine.grade(submission, grader).questions[0].cases[1].passed is False


class Answering:
    """A session that answers from a list and keeps what it was asked."""

    def __init__(self, *values):
        self.asked, self._values = [], list(values)

    def get(self, name):
        self.asked.append(name)
        value = self._values.pop(0)
        if isinstance(value, Exception):
            raise value
        return wire.Reply(b"nonce", value)


PASSED = QuestionResult("q1", "", 1, 1, cases=(CaseResult("q1 - 1", "", False, True, 1, 1),))


def heard(*values):
    """Return the precedent of a hearing in which `a`, `b`, ... were read and passed."""
    hearing = Hearing(Answering(*values))
    for name, _ in zip("abc", values, strict=False):
        hearing.get(name)
    return hearing.precedent(PASSED)


def test_a_hearing_follows_the_precedent_that_still_fits():
    """Several that began alike are told apart by the answer that differs."""
    (first, requests), (second, _) = heard(1, 2), heard(1, 3)
    for precedents in ([first, second], [second, first]):
        session = Answering(1, 3)
        hearing = Hearing(session, precedents, requests)
        assert hearing.decided() == PASSED
        assert session.asked == ["a", "b"]
        assert hearing.precedent(PASSED) == (second, {})


def test_a_hearing_without_a_fitting_precedent_repeats_what_it_heard():
    """Answer or death; then it goes on asking, and all of it makes the next precedent."""
    precedent, requests = heard(1, 2, 3)
    session = Answering(1, 5, 3)
    hearing = Hearing(session, [precedent], requests)
    assert hearing.decided() is None
    assert [hearing.get(name).value for name in "abc"] == [1, 5, 3]
    assert session.asked == ["a", "b", "c"]
    assert hearing.precedent(PASSED)[0] == heard(1, 5, 3)[0]
    dying = Hearing(Answering(1, Died("it ended")), [precedent], requests)
    assert dying.decided() is None
    assert dying.get("a").value == 1
    with pytest.raises(Died, match="it ended"):
        dying.get("b")


def test_tests_that_ask_something_else_than_before_are_answered_afresh():
    """As those that draw numbers without a seed."""
    precedent, requests = heard(1, 2)
    session = Answering(1, 3, 7)
    hearing = Hearing(session, [precedent], requests)
    assert hearing.decided() is None
    assert hearing.get("z").value == 7
    assert session.asked == ["a", "b", "z"]


def test_requests_that_are_too_large_are_not_carried_along(monkeypatch):
    """From judge to judge, hundreds of times."""
    monkeypatch.setattr("autograder.hearing.MAX_REQUEST_BYTES", 10)
    first, second = Hearing(Answering(1)), Hearing(Answering(1))
    first.get("a")
    second.get("a name that is longer")
    rulings = Rulings()
    rulings.keep(PASSED, second)
    assert (rulings.precedents, rulings.requests) == ({}, {})
    monkeypatch.setattr("autograder.hearing.MAX_REQUEST_BYTES", 40)
    rulings.keep(replace(PASSED, name="q2"), first)
    assert set(rulings.precedents) == {"q2"}
    rulings.keep(PASSED, second)
    assert set(rulings.precedents) == {"q2"}
    assert len(rulings.requests) == 1


JOB = Job((), (Question("q1", "", 1),), {"q1": "a test"}, "", {}, Limits(), "none", 0, 1.0)


def verdict(number):
    """Return one of a hearing that asked one thing and was answered with a number."""
    request, answer = bytes([number]) * 16, bytes([number])
    return Verdict(
        precedents={"q1": Precedent([Step(request, "a", answer)], PASSED)}, requests={request: b"message" * number}
    )


def numbers(precedents):
    return [one.steps[0].answer[0] for one in precedents.cite(JOB).precedents.get("q1", [])]


def test_the_last_followed_come_first_and_the_oldest_go():
    """So that the answers of most of a class stay."""
    precedents = Precedents(most=3)
    for number in (1, 2, 3, 1, 4):
        precedents.learn(JOB, verdict(number))
    assert numbers(precedents) == [4, 1, 3]
    assert set(precedents.cite(JOB).requests) == {bytes([number]) * 16 for number in (4, 1, 3)}


def test_a_verdict_that_followed_a_precedent_brings_no_requests():
    """They are known; one whose requests have been given up meanwhile is not kept."""
    precedents = Precedents()
    precedents.learn(JOB, verdict(1))
    precedents.learn(JOB, replace(verdict(1), requests={}))
    precedents.learn(JOB, replace(verdict(2), requests={}))
    assert numbers(precedents) == [1]


def test_requests_do_not_pile_up(monkeypatch):
    """Beyond a size it begins anew."""
    monkeypatch.setattr("autograder.precedents.MAX_BYTES", 10)
    precedents = Precedents()
    precedents.learn(JOB, verdict(1))
    assert numbers(precedents) == [1]
    precedents.learn(JOB, verdict(2))
    assert numbers(precedents) == []
    precedents.learn(JOB, verdict(1))
    assert numbers(precedents) == [1]
