"""The main street: a result for every submission, whatever dies; a batch that is stopped goes on where it was."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import HEAD

from autograder import grading
from autograder.check import check_question, load_tests
from autograder.currency import is_current
from autograder.errors import Fault, IsolationError
from autograder.grading import Engine, grade_batch
from autograder.model import GraderInfo, Limits, Question, Result, Status, Submission
from autograder.results import ResultsFolder
from autograder.versions import kit_version

X_IS_ONE = {"q1": "def test(x):\n    assert x == 1"}
NAP = "import time\ntime.sleep(3)"
SLEEP = "import time\ntime.sleep(15)"


def descendants(pid: int) -> list[int]:
    """Return the living processes that a process started, oldest first."""
    found, pending = [], [pid]
    while pending:
        folder = f"/proc/{pending.pop(0)}/task"
        try:
            for thread in os.listdir(folder):
                pending += [int(child) for child in Path(folder, thread, "children").read_text().split()]
        except OSError:
            continue
        found = [*found, *(child for child in pending if child not in found)]
    return found


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def wait_until(true: Callable[[], Any], seconds: float = 20) -> Any:
    """Return what `true` returns as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := true():
            return found
        time.sleep(0.02)
    pytest.fail("nothing happened")


def warm_pid(engine: Engine) -> int:
    return engine._warm._process.pid


class Grading(threading.Thread):
    """Grades one submission while the test does something to the processes."""

    def __init__(self, engine: Engine, submission: Submission, grader: Any) -> None:
        super().__init__()
        self._order = (engine, submission, grader)
        self.start()
        # the judge, and below it as the kernel sees it nothing; the box is the warmed process's child as well
        self.judge, *self.box = wait_until(lambda: len(found := descendants(warm_pid(engine))) > 2 and found)

    def run(self) -> None:
        engine, submission, grader = self._order
        self.result = engine.grade(submission, grader)

    def ended(self) -> Result:
        self.join(60)
        assert not self.is_alive()
        return self.result


@pytest.fixture(scope="module")
def spare(engine: Engine) -> Iterator[Engine]:
    """An engine to be hurt. `engine` is asked for only because it skips where nothing can be isolated."""
    with Engine() as spare:
        yield spare


# Every submission has a result


HARD = {
    "good": "x = 1",
    "wrong": "x = 2",
    "nothing": "",
    "raises": "raise SystemExit(3)",
    "exits": "import os\nos._exit(0)",
    "kills": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "kills all": "import os, signal\nos.kill(-1, signal.SIGKILL)",
    "loops": "while True: pass",
    "forks": "import os\nwhile os.fork() == 0: pass",
    "hoards": "hoard = [bytearray(b'x' * (1 << 20)) for _ in range(600)]",
    "prints": "import os\nfor _ in range(500): os.write(1, b'x' * 100_000)",
    "closes": "import os\nos.closerange(3, 1000)",
    "talks": "import os\nfor fd in range(3, 100):\n    try: os.write(fd, b'x' * 100)\n    except OSError: pass",
    "not Python": "def (",
    "surrogate": "raise ValueError('\\ud800')",
}


def test_every_submission_of_a_batch_has_a_result(classroom):
    """Nothing that one of them does takes the result of another, and the good one keeps its marks."""
    classroom.allow(cell_seconds=2, memory_mb=300)
    good = classroom.submission("x = 1")
    submissions = [classroom.submission(code, name=name) for name, code in HARD.items()]
    submissions += [
        replace(good, name="rejected", notebook=None, problem="It is empty."),
        replace(good, name="no notebook", notebook=b"\x00\xff"),
        replace(good, name="other assignment", notebook=good.notebook.replace(b'"tiny"', b'"other"')),
    ]
    results = list(grade_batch(classroom.engine, tuple(submissions), classroom.grader(X_IS_ONE), 2))
    assert sorted(result.submission for result in results) == sorted(item.name for item in submissions)
    scores = {result.submission: (result.status.value, result.score) for result in results}
    rejected = {"rejected", "no notebook", "other assignment"}
    assert scores == {
        **dict.fromkeys(HARD, ("graded", 0)),
        **dict.fromkeys(rejected, ("rejected", None)),
        "good": ("graded", 1),
    }


def test_a_batch_takes_each_submission_when_its_turn_comes(classroom):
    """So the caller need not hold a class that is handed in and one that is graded."""
    unread = replace(classroom.submission("x = 1"), notebook=None, problem="It is not to be read.")
    taken = []

    def hand_over():
        for number in range(9):
            taken.append(number)
            yield unread

    for graded, result in enumerate(grade_batch(classroom.engine, hand_over(), classroom.grader(X_IS_ONE), 2), start=1):
        assert result.status is Status.REJECTED
        assert len(taken) <= graded + 2
    assert len(taken) == graded == 9


def test_the_same_submission_gets_the_same_result_again(classroom):
    """All but the times: random numbers, weights and hashes are drawn from the same seeds in every box."""
    code = """
        import random, keras, numpy as np
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)])
        x = [random.random(), float(np.random.rand()), hash("a"), str({"a", "b", "c"}), str(model.get_weights())]
        1 / 0
    """
    q1 = "def test(x):\n    assert False, x"
    first, second = (_without_times(classroom.grade(code, q1=q1)) for _ in range(2))
    assert first == second
    assert "0." in first.questions[0].cases[0].message


def _without_times(result: Result) -> Result:
    facts = replace(result.facts, memory_bytes=0)
    return replace(result, cpu_seconds=0, wall_seconds=0, facts=facts)


def test_facts_say_how_a_grade_came_about(classroom):
    """Hashes, versions, seed and level: enough to explain any change."""
    code = "x = 1\nheld = bytearray(20 << 20)"
    facts = classroom.grade(code, **X_IS_ONE).facts
    assert facts.submission_sha256 == classroom.submission(code).sha256
    assert facts.level == classroom.engine.level and facts.boxes == 1 and 20 << 20 <= facts.memory_bytes < 60 << 20
    assert set(facts.versions) == {"python", "numpy", "tensorflow", "keras", "otter-grader"}
    assert facts.kit == kit_version()


# Ours is never a zero


def test_a_killed_judge_gets_a_second_try(spare, classroom):
    """Its box is gone and the submission is graded as if nothing had been."""
    running = Grading(spare, classroom.submission(NAP, "x = 1"), classroom.grader(X_IS_ONE))
    os.kill(running.judge, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in running.box))
    assert running.ended().score == 1


def test_a_submission_whose_judge_dies_again_and_again_is_a_fault(spare, classroom):
    """It has no score, and the next one is graded."""
    running = Grading(spare, classroom.submission(SLEEP), classroom.grader(X_IS_ONE))
    last, newest = running.judge, max(running.judge, *running.box)
    os.kill(last, signal.SIGKILL)
    for _ in range(grading.TRIES - 1):
        # the next judge, and not its box, which comes after it
        last = wait_until(lambda: min((pid for pid in children(warm_pid(spare)) if pid > newest), default=0))  # noqa: B023
        newest = wait_until(lambda: max((pid for pid in descendants(warm_pid(spare)) if pid > last), default=0))  # noqa: B023
        os.kill(last, signal.SIGKILL)
    result = running.ended()
    assert (result.status, result.score, result.questions) == ("fault", None, ())
    assert spare.grade(classroom.submission("x = 1"), classroom.grader(X_IS_ONE)).score == 1


def test_a_killed_warmed_process_is_started_again(spare, classroom):
    """All that it forked dies with it; what it was grading is graded by a new one."""
    old = warm_pid(spare)
    running = Grading(spare, classroom.submission(NAP, "x = 1"), classroom.grader(X_IS_ONE))
    os.kill(old, signal.SIGKILL)
    wait_until(lambda: not any(alive(pid) for pid in (running.judge, *running.box)))
    assert running.ended().score == 1
    assert warm_pid(spare) != old


def test_a_box_killed_from_outside_costs_nothing(spare, classroom):
    """As when the machine runs out of memory: the notebook is run again, and the evidence is that of a quiet run."""
    cells = (NAP, "x = 1")
    running = Grading(spare, classroom.submission(*cells), classroom.grader(X_IS_ONE))
    os.kill(running.box[-1], signal.SIGKILL)
    disturbed, quiet = running.ended(), classroom.engine.grade(classroom.submission(*cells), classroom.grader(X_IS_ONE))
    assert (disturbed.score, disturbed.note) == (1, "")
    assert _without_times(disturbed) == _without_times(quiet)


def test_a_test_that_never_ends_is_a_fault(classroom):
    """A loop in a test of ours ends at the time limit, is no zero, and its processes are gone."""
    classroom.allow(cell_seconds=1)
    result = classroom.grade("x = 1", q1="def test(x):\n    while True: pass")
    assert (result.status, result.score) == ("fault", None)
    assert "reached the time limit of 1 s in the grader itself" in result.note
    wait_until(lambda: not descendants(warm_pid(classroom.engine)))


def test_a_session_that_fails_on_our_side_is_a_fault_not_a_failed_test():
    """Otter takes every exception in a test for a failure; one that the kit raises there is not the student's."""

    class Broken:
        def get(self, name):
            raise OSError("the socket to the warmed process is gone")

    tests = load_tests({"q1": HEAD.format(name="q1") + "@test_case(points=1)\ndef test(x):\n    assert x"})
    with pytest.raises(Fault, match="socket to the warmed process is gone"):
        check_question(tests["q1"], Question("q1", "One", 1), Broken(), Limits())


def test_a_judge_that_hangs_is_a_fault(classroom, monkeypatch):
    """Asleep it uses no time of its own; by the clock it is given up."""
    monkeypatch.setattr(grading, "JUDGE_SECONDS", 1)
    grader = classroom.grader({"q1": "def test(x):\n    import time\n    time.sleep(600)"})
    result = classroom.engine.grade(classroom.submission("x = 1"), grader, wall_seconds=1)
    assert (result.status, result.score) == ("fault", None)
    wait_until(lambda: not descendants(warm_pid(classroom.engine)))


class Dead:
    """A warmed process that is gone."""

    def alive(self) -> bool:
        return False

    def close(self) -> None:
        pass


@pytest.mark.parametrize("error", [OSError(12, "Cannot allocate memory"), Fault("did not start")])
def test_a_machine_that_can_start_nothing_makes_faults(classroom, monkeypatch, error):
    """Not even that stops a batch: each submission is to be graded again."""

    def refuse(judge: str) -> None:
        raise error

    monkeypatch.setattr(classroom.engine, "_warm", Dead())
    monkeypatch.setattr(grading, "Warm", refuse)
    submissions = tuple(classroom.submission("x = 1", name=name) for name in "ab")
    results = list(grade_batch(classroom.engine, submissions, classroom.grader(X_IS_ONE), 1))
    assert [result.status for result in results] == ["fault", "fault"]


def test_without_isolation_nothing_is_graded_unless_asked_for():
    """A level is never lowered silently."""
    with pytest.raises(IsolationError, match="no user namespaces"):
        grading.choose_level("none", "no user namespaces", unsafe=False)
    assert grading.choose_level("none", "no user namespaces", unsafe=True) == "none"
    assert grading.choose_level("uid", "", unsafe=True) == "uid"


# Stopping


def test_a_batch_that_is_stopped_leaves_no_process(engine, classroom):
    """What runs is killed with all that it started, within seconds, and no result is made of it."""
    daemon = "import os\nif os.fork() == 0:\n    os.setsid()\n    import time\n    time.sleep(60)\n"
    with Engine() as own:
        warm = warm_pid(own)
        submissions = tuple(classroom.submission(code, name=code) for code in ("x = 1", daemon + SLEEP, SLEEP, SLEEP))
        batch = grade_batch(own, submissions, classroom.grader(X_IS_ONE), 2)
        assert next(batch).submission == "x = 1"
        started = wait_until(lambda: len(found := descendants(warm)) > 3 and found)  # judge, process 1, student, daemon
        start = time.monotonic()
        batch.close()
        assert time.monotonic() - start < 8
        assert next(batch, None) is None
        assert not any(alive(pid) for pid in (warm, *started))
        assert own.grade(submissions[0], classroom.grader(X_IS_ONE)).status is Status.FAULT


def test_no_process_is_left_after_close(spare, classroom):
    """An engine that is closed while it grades takes everything with it; what was graded ends as a fault."""
    warm = warm_pid(spare)
    running = Grading(spare, classroom.submission(SLEEP), classroom.grader(X_IS_ONE))
    spare.close()
    assert not any(alive(pid) for pid in (warm, running.judge, *running.box))
    assert running.ended().status is Status.FAULT


def test_an_engine_closed_while_it_starts_again_leaves_no_process(engine, monkeypatch, classroom):
    """Ctrl-C may come at any moment."""
    own = Engine.__new__(Engine)
    vars(own).update(vars(engine), _warm=Dead(), _lock=threading.Lock(), _closed=False)
    started = []

    class Slow:
        def __init__(self, judge: str) -> None:
            own.close()
            self.closed = False
            started.append(self)

        def alive(self) -> bool:
            return True

        def close(self) -> None:
            self.closed = True

        def fork(self, order: object) -> None:
            raise OSError("closed")

    monkeypatch.setattr(grading, "Warm", Slow)
    assert own.grade(classroom.submission("x = 1"), classroom.grader(X_IS_ONE)).status is Status.FAULT
    assert [warm.closed for warm in started] == [True]


# Going on


@pytest.fixture(scope="module")
def graded(engine: Engine) -> tuple[Result, Submission, Any]:
    from conftest import Classroom

    room = Classroom(engine)
    submission, grader = room.submission("x = 1"), room.grader(X_IS_ONE)
    return engine.grade(submission, grader), submission, grader


def test_a_result_is_current_while_nothing_changed(graded):
    """Nothing is graded twice for nothing."""
    assert is_current(*graded)


CHANGES = {
    "submission": lambda result, submission, grader: (result, replace(submission, sha256="1" * 64), grader),
    "grader": lambda result, submission, grader: (result, submission, replace(grader, sha256="1" * 64)),
    "kit": lambda result, *rest: (replace(result, facts=replace(result.facts, kit="0.0")), *rest),
    "a fault": lambda result, *rest: (replace(result, status=Status.FAULT), *rest),
    "rejected": lambda result, *rest: (replace(result, status=Status.REJECTED), *rest),
    "no facts": lambda result, *rest: (replace(result, facts=None), *rest),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_result_is_not_current_after_a_change(graded, change):
    """A grade under another submission, grader or kit, or none at all, is no grade to keep."""
    assert not is_current(*change(*graded))


INFO = GraderInfo("tiny", "Tiny", "tiny", (Question("q1", "About q1", 1),), Limits())


def test_a_result_is_read_back_as_it_was_written(graded, tmp_path):
    """A second run sees exactly what the first one found."""
    folder = ResultsFolder(tmp_path, INFO, "Course")
    folder.write(graded[0])
    assert folder.earlier() == {"somebody": graded[0]}


def test_a_damaged_record_is_as_good_as_none(graded, tmp_path):
    """Cut short, emptied, from another assignment or under another's name: it is graded again."""
    folder = ResultsFolder(tmp_path, INFO, "Course")
    folder.write(graded[0])
    record = tmp_path / "results" / "somebody.json"
    text = record.read_text()
    for damaged in (text[:-20], "", "[]", "\x00", text.replace('"tiny"', '"other"'), "[" * 100_000):
        record.write_text(damaged)
        assert folder.earlier() == {}
    record.write_bytes(b"\xff\xfe")
    assert folder.earlier() == {}
    record.write_text(text)
    record.rename(record.with_name("else.json"))
    assert folder.earlier() == {}


def test_a_full_disk_leaves_the_old_file_whole(graded, tmp_path, monkeypatch):
    """A file is replaced at once or not at all, and nothing half-written is taken for a record."""
    folder = ResultsFolder(tmp_path, INFO, "Course")
    folder.write(graded[0])
    folder.write_class([graded[0]])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}

    def full(descriptor: int) -> None:
        os.ftruncate(descriptor, os.fstat(descriptor).st_size // 2)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    for attempt in (lambda: folder.write(graded[0]), lambda: folder.write_class([])):
        with pytest.raises(OSError, match="No space"):
            attempt()
    assert {path: path.read_bytes() for path in before} == before
    assert folder.earlier() == {"somebody": graded[0]}


def test_a_record_holds_no_text_that_moves_a_terminal(classroom, tmp_path):
    """Staff may look at it with `cat`."""
    folder = ResultsFolder(tmp_path, INFO, "Course")
    folder.write(classroom.grade("raise ValueError('\\x1b[2J\\u202e')", **X_IS_ONE))
    text = (tmp_path / "results" / "somebody.json").read_text()
    assert "\x1b" not in text and "\u202e" not in text
    assert json.loads(text)["facts"]["cell_errors"][0]["text"] == "\x1b[2J\u202e"


def test_all_tries_share_one_deadline(classroom, monkeypatch):
    """Who called is waiting: on Gradescope a second try must not outlast the harness, which would write a zero."""
    ends = []

    def die(job, end: float) -> None:
        ends.append(end)
        raise Fault("gone")

    monkeypatch.setattr(classroom.engine, "_judge", die)
    result = classroom.engine.grade(classroom.submission("x = 1"), classroom.grader(X_IS_ONE), wall_seconds=100)
    assert result.status is Status.FAULT
    assert len(ends) == grading.TRIES and len(set(ends)) == 1
    assert 100 < ends[0] - time.monotonic() <= 100 + grading.JUDGE_SECONDS
