"""Regrading: new tests judge old runs, and what they find is what a fresh run would give."""

import json
import zlib
from dataclasses import replace

import msgspec
import pytest

from autograder import evidence
from autograder.errors import Fault
from autograder.job import CodeCell
from autograder.model import Status
from autograder.regrade import changes, regrade_batch

CHECK = "import otter\ngrader = otter.Notebook()\n"
CODE = (
    CHECK,
    "import numpy as np\ndef f(n):\n    return n * n\ndata = np.arange(4)",
    "grader.check('q1')",
    "data = None",
)
OLD = """
    def test_square(f):
        assert f(3) == 9
    def test_data(data):
        assert data.sum() == 6
"""


def plain(result):
    """Return all of a result that must be equal whenever the grade is: no times, no memory."""
    facts = result.facts and replace(result.facts, memory_bytes=0, evidence_sha256="")
    return replace(result, cpu_seconds=0, wall_seconds=0, facts=facts)


class Change:
    """A class of one, graded by old tests and then by new ones, from evidence and afresh."""

    def __init__(self, classroom, cells, old: str, new: str) -> None:
        engine, submission = classroom.engine, classroom.submission(*cells)
        grader = replace(classroom.grader({"q1": new}), sha256="1" * 64)
        self.before = engine.grade(submission, classroom.grader({"q1": old}))
        self.after, self.ran = engine.regrade(self.before, grader)
        self.fresh = engine.grade(submission, grader)


UNCHANGED_QUESTIONS = {
    "the same tests": OLD,
    "another tolerance": OLD.replace("== 9", "> 8"),
    "another expected value": OLD.replace("== 6", "== 7"),
    "another order": OLD.replace("test_square(f)", "test_b(f)").replace("test_data", "test_a"),
    "a test less": OLD[: OLD.index("    def test_data")],
    "the first test less": OLD[OLD.index("    def test_data") :],
    "twice the same question": OLD + "    def test_again(data):\n        assert len(data) == 4\n",
}


@pytest.mark.parametrize("new", UNCHANGED_QUESTIONS.values(), ids=UNCHANGED_QUESTIONS)
def test_what_was_asked_before_is_answered_from_evidence(classroom, new):
    """Other bounds, another order, a test less: no code runs, and the grade is that of a fresh run."""
    change = Change(classroom, CODE, OLD + "    def test_more(data):\n        assert data[0] == 0\n", new)
    assert not change.ran
    assert plain(change.after) == plain(change.fresh)


NEW_QUESTIONS = {
    "another argument": OLD.replace("f(3) == 9", "f(4) == 16"),
    "another name": OLD.replace("test_data(data):", "test_data(np, data):"),
    "once more": OLD.replace("f(3) == 9", "f(3) == f(3)"),
}


@pytest.mark.parametrize("new", NEW_QUESTIONS.values(), ids=NEW_QUESTIONS)
def test_what_is_new_runs_the_notebook_again(classroom, new):
    """Its cells are in the evidence: the file is not needed, and the grade is that of a fresh run."""
    change = Change(classroom, CODE, OLD, new)
    assert change.ran
    assert plain(change.after) == plain(change.fresh)
    assert change.after.evidence and change.after.evidence != change.before.evidence


def test_a_test_that_catches_everything_cannot_hide_that_it_asks_something_new(classroom):
    """What the evidence does not hold is no answer, so the notebook runs."""
    new = "def test(f):\n    try:\n        assert f(5) == 25\n    except Exception:\n        pass"
    assert Change(classroom, CODE, OLD, new).ran


DEATHS = {
    "in a cell": (CODE[0], "import os\nos._exit(0)", *CODE[1:]),
    "in a call": (CODE[0], CODE[1].replace("return", "import os; os._exit(1); return"), *CODE[2:]),
    "twice": (CODE[0], "import os\nos._exit(0)", CODE[1].replace("return", "os._exit(1); return"), *CODE[2:]),
    "of time": (CODE[0], "while True: pass", *CODE[1:]),
}


@pytest.mark.parametrize("cells", DEATHS.values(), ids=DEATHS)
def test_a_death_is_evidence_too(classroom, cells):
    """Boxes, notes and causes are repeated without a process."""
    classroom.allow(cell_seconds=2)
    change = Change(classroom, cells, OLD, OLD.replace("== 6", "== 7"))
    assert not change.ran and change.before.facts.boxes > 1
    assert plain(change.after) == plain(change.fresh)


def test_a_test_that_no_longer_kills_lets_the_notebook_run_further(classroom):
    """The evidence ends where the box died; what comes after it now must be run."""
    cells = (CODE[0], CODE[1].replace("return", "import os; os._exit(1); return"), *CODE[2:])
    change = Change(classroom, cells, OLD, OLD[OLD.index("    def test_data") :])
    assert change.ran
    assert plain(change.after) == plain(change.fresh)


def test_another_kit_or_other_limits_need_a_new_run(classroom):
    """Evidence holds for the profile under which it was made."""
    before = classroom.engine.grade(classroom.submission(*CODE), classroom.grader({"q1": OLD}))
    classroom.allow(memory_mb=900)
    after, ran = classroom.engine.regrade(before, classroom.grader({"q1": OLD}))
    assert ran and after.questions == before.questions


def test_damaged_evidence_is_a_fault(classroom):
    """Never a wrong grade: the submission is to be graded from its file."""
    before = classroom.engine.grade(classroom.submission(*CODE), classroom.grader({"q1": OLD}))
    for damaged in (b"", b"x" * 100, before.evidence[:-20], zlib.compress(b"\xc0" * 10)):
        after, _ = classroom.engine.regrade(replace(before, evidence=damaged), classroom.grader({"q1": OLD}))
        assert (after.status, after.score) == (Status.FAULT, None)
        assert "evidence is damaged" in after.note


def test_an_answer_that_is_damaged_runs_the_notebook_again(classroom):
    """In the middle of a test it must not look like the student's mistake."""
    before = classroom.engine.grade(classroom.submission(*CODE), classroom.grader({"q1": OLD}))
    held = evidence.unpack(before.evidence)
    for exchange, old in enumerate(held.boxes[0].exchanges):
        if not old.step:
            held.boxes[0].exchanges[exchange] = msgspec.structs.replace(old, answer=b"\xc1")
    grader = classroom.grader({"q1": OLD.replace("== 9", "> 8")})
    after, ran = classroom.engine.regrade(replace(before, evidence=evidence.pack(held)), grader)
    assert ran
    assert plain(after) == plain(classroom.engine.grade(classroom.submission(*CODE), grader))


@pytest.mark.parametrize("size", [10, evidence.SMALL_BYTES + 1])
def test_large_evidence_is_deflated(size):
    """Small evidence is mostly random numbers, which would not shrink; a large one may be anything."""
    held = evidence.Evidence([CodeCell(1, "0" * size, ())], [], False)
    packed = evidence.pack(held)
    assert evidence.unpack(packed) == held
    assert (len(packed) < size) == (size > evidence.SMALL_BYTES)


def test_a_bomb_is_no_evidence():
    """What is inflated is bounded."""
    with pytest.raises(Fault, match="too large"):
        evidence.unpack(zlib.compress(bytes(evidence.MAX_BYTES + 1)))


def test_the_same_run_makes_the_same_evidence(classroom):
    """But for what it used, so that a change of it means something."""
    code = "import keras, numpy as np\nmodel = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])"
    tests = {"q1": "def test(model):\n    assert model.count_params() == 9"}
    first, second = (classroom.engine.grade(classroom.submission(code), classroom.grader(tests)) for _ in range(2))
    assert first.facts.evidence_sha256 == second.facts.evidence_sha256 != ""
    other = classroom.engine.grade(classroom.submission(code.replace("Dense(3)", "Dense(4)")), classroom.grader(tests))
    assert other.facts.evidence_sha256 != first.facts.evidence_sha256


def test_a_batch_says_what_changed_and_why(classroom):
    """Question, points before and after, and the test cases by their titles."""
    old = """
        def test_a(f):
            \"\"\"Squares\"\"\"
            assert f(3) == 9
        def test_b(data):
            \"\"\"Sum of the data\"\"\"
            assert data.sum() == 6
    """
    new = """
        def test_a(f):
            \"\"\"Squares of small numbers\"\"\"
            assert f(3) == 9
        def test_b(data):
            \"\"\"Sum of the data\"\"\"
            assert data.sum() == 7
        def test_c(f):
            \"\"\"Negative numbers\"\"\"
            assert f(-3) == -9
    """
    graders = classroom.grader({"q1": old}), replace(classroom.grader({"q1": new}), sha256="1" * 64)
    before = [classroom.engine.grade(classroom.submission(*CODE, name=name), graders[0]) for name in "ab"]
    done = list(regrade_batch(classroom.engine, before, graders[1], 2))
    assert sorted((one.after.submission, one.ran) for one in done) == [("a", True), ("b", True)]
    (change,) = changes(done[0].before, done[0].after)
    assert (change.question, change.before, change.after) == ("q1", 2, 1)
    assert change.why == (
        "new: Squares of small numbers (passed); new: Negative numbers (failed); gone: Squares (was passed); "
        "Sum of the data: passed -> failed"
    )
    assert changes(before[0], before[0]) == []


def test_evidence_is_not_in_the_record(classroom):
    """It has a file of its own: a record stays small and readable."""
    from autograder.reports import read_result, result_json

    result = classroom.engine.grade(classroom.submission(*CODE), classroom.grader({"q1": OLD}))
    assert result.evidence and "evidence" not in json.loads(result_json(result))
    assert read_result(result_json(result)).evidence == b""


def test_a_question_that_did_not_change_is_not_judged_again(classroom, monkeypatch):
    """Its points are kept with all they say; the others are those of a fresh run."""
    engine, submission = classroom.engine, classroom.submission(*CODE)
    first, second = {"q1": OLD}, {"q2": "def test(data):\n    assert data is None"}
    before = engine.grade(submission, classroom.grader({**first, **second}))
    grader = replace(classroom.grader({"q1": OLD.replace("== 9", "== 8"), **second}), sha256="1" * 64)
    jobs = []
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda job: (jobs.append(job), run(job))[1])
    after, ran = engine.regrade(before, grader)
    assert not ran
    assert [question.name for job in jobs for question in job.questions] == ["q1"]
    monkeypatch.setattr(engine, "run", run)
    fresh = engine.grade(submission, grader)
    assert plain(after) == plain(replace(fresh, evidence=after.evidence))
    assert after.score == before.score - 1


def test_a_new_reference_judges_everything_again(classroom):
    """What tests import may have changed any of them."""
    test = "def test(x):\n    from reference import right\n    assert x == right"
    submission = classroom.submission("x = 1")
    before = classroom.engine.grade(submission, classroom.grader({"q1": test}, "right = 1"))
    after, ran = classroom.engine.regrade(before, classroom.grader({"q1": test}, "right = 2"))
    assert (before.score, after.score, ran) == (1, 0, False)


def test_the_numbers_that_a_test_draws_do_not_depend_on_what_was_judged_before(classroom):
    """Each question begins with a seed of its own, so that judging it alone gives the same."""
    draw = "def test(f):\n    import numpy as np\n    assert f(float(np.random.rand())) is None"
    alone = classroom.grade("seen = []\nf = seen.append", "f(0.5)", q2=draw)
    both = classroom.grade("seen = []\nf = seen.append", "f(0.5)", q1=draw, q2=draw)

    def sent(result):
        return [exchange.request for box in evidence.unpack(result.evidence).boxes for exchange in box.exchanges]

    assert sent(alone)[-1] == sent(both)[-1]
    assert sent(both)[-1] != sent(both)[-3]


def test_evidence_is_taken_when_its_turn_comes(classroom):
    """As many as are at work; what is done lets its evidence go, since a large class would not fit."""
    grader = classroom.grader({"q1": "def test(f):\n    assert f(3) == 9"})
    graded = [classroom.engine.grade(classroom.submission(*CODE, name=name), grader) for name in "abcdef"]
    taken, ended = 0, 0

    def one_by_one():
        nonlocal taken
        for result in graded:
            taken += 1
            assert taken - ended <= 3  # two at work, and one that was just yielded
            yield result

    for one in regrade_batch(classroom.engine, one_by_one(), grader, 2):
        ended += 1
        assert one.before.evidence == b"" and one.after.evidence and not one.ran
    assert ended == 6
