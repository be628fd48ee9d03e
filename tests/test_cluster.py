"""Beyond one machine: a real Dask scheduler and real workers that come, die and differ; grades as on this machine."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

import autograder
from autograder.cli import main
from autograder.cluster import batch, connection, grade_on_cluster, regrade_on_cluster, worker
from autograder.errors import AutograderError, IsolationError
from autograder.grading import MAX_FAULTS, blank_result, grade_batch
from autograder.model import Result, Status, Submission
from autograder.regrade import regrade_batch
from autograder.reports import result_json
from autograder.sandbox.usage import usage

PATIENCE_SECONDS = 120  # for a process to start, on a machine with much else to do

ADD = """
def test_public(add):
    '''Adds two numbers'''
    assert add(1, 2) == 3
def test_hidden(add):
    '''Adds negative numbers'''
    assert add(-1, -2) == -3
"""

RIGHT = "def add(a, b):\n    return a + b"

BUSY = """
import time
end = time.process_time() + {}
while time.process_time() < end:
    pass
"""


def wait_until(happened: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.05)


class Cluster:
    """A scheduler, and workers by name, each one process with one thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._workers: dict[str, subprocess.Popen[bytes]] = {}
        file = folder / "scheduler.json"
        self._scheduler = self._start(
            "scheduler", "scheduler", "--port", "0", "--scheduler-file", str(file), "--idle-timeout", "900"
        )
        wait_until(file.exists)
        self.address = json.loads(file.read_text())["address"]

    def _start(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        own = self._folder / name  # no two of them share a folder
        own.mkdir()
        with open(own / "log", "wb") as log:
            return subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "dask",
                    *command,
                    "--host",
                    "127.0.0.1",
                    "--no-dashboard",
                    "--dashboard-address",
                    "127.0.0.1:0",
                ],
                cwd=own,
                env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(own), **environment},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def join(self, name: str, **environment: str) -> None:
        """Start a worker."""
        self._workers[name] = self._start(
            name, "worker", self.address, "--no-nanny", "--nthreads", "1", "--death-timeout", "60", **environment
        )

    def have(self, *names: str) -> None:
        """Kill every worker but these, start those that lack, and wait until the scheduler knows just them."""
        for name in self._workers.keys() - set(names):
            self.kill(name)
        for name in set(names) - self._workers.keys():
            self.join(name)
        self.wait_for(len(names))

    def wait_for(self, count: int) -> None:
        """Wait until the scheduler has so many workers."""
        with connection._connected(self.address) as client:
            wait_until(lambda: len(client.nthreads()) == count)

    def kill(self, name: str) -> None:
        """Kill a worker's process, and only that, as a machine out of memory does."""
        process = self._workers.pop(name)
        process.kill()
        process.wait()
        shutil.rmtree(self._folder / name)

    def processes(self, name: str) -> tuple[int, ...]:
        """Return the ids of a worker's process and of all that come from it."""
        return usage(self._workers[name].pid).pids

    def close(self) -> None:
        for name in list(self._workers):
            self.kill(name)
        self._scheduler.terminate()
        self._scheduler.wait()


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """A batch that never ends fails its test."""

    def give_up(*_: object) -> None:
        raise AssertionError("the batch does not end")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(2 * PATIENCE_SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    yield cluster
    cluster.close()


def timeless(results: Iterator[Result]) -> dict[str, Result]:
    """Return results by name, without what a second run may change: times, memory."""
    found = {}
    for result in results:
        assert result.submission not in found
        facts = replace(result.facts, memory_bytes=0) if result.facts else None
        found[result.submission] = replace(result, cpu_seconds=0, wall_seconds=0, facts=facts)
    return found


@pytest.fixture
def sample(classroom) -> tuple[Submission, ...]:
    """A tiny class: right, wrong, one that dies, one that is no notebook, one of another assignment."""
    papers = {
        "right": RIGHT,
        "wrong": "def add(a, b):\n    return 3",
        "dies": RIGHT + "\nimport os\nos._exit(3)",
        "raises": "def add(a, b):\n    raise ValueError('\u20ac')",
    }
    submissions = [classroom.submission(code, name=name) for name, code in papers.items()]
    other = classroom.submission(RIGHT, name="other")
    other = replace(other, notebook=other.notebook.replace(b'"tiny"', b'"huge"'))
    broken = Submission("broken", "\udcff", Path("y.zip"), None, problem="This is no notebook: \udcff.")
    return (*submissions, other, broken)


def busy_class(classroom, count: int, seconds: float = 1.0) -> tuple[Submission, ...]:
    return tuple(classroom.submission(RIGHT + BUSY.format(seconds), name=f"s{number}") for number in range(count))


def silent(sentence: str) -> None:
    raise AssertionError(sentence)


# Real workers


def test_grades_are_those_of_one_machine(cluster, classroom, sample):
    """Scores, notes and facts are the same, whatever became of a submission, and a regrade here needs no new run."""
    cluster.have("a", "b")
    grader = classroom.grader({"q1": ADD})
    here = timeless(grade_batch(classroom.engine, sample, grader, 2))
    there = timeless(grade_on_cluster(cluster.address, sample, grader, False, silent))
    assert there == here
    assert {result.status for result in there.values()} == {Status.GRADED, Status.REJECTED}
    for result in there.values():
        if result.status is Status.GRADED:
            again, ran = classroom.engine.regrade(result, grader)
            assert not ran and again.questions == result.questions


OTHER_TESTS = {
    "what was asked before": ADD.replace("== -3", "== -4"),
    "something new": ADD.replace("add(-1, -2) == -3", "add(-5, -2) == -7"),
}


@pytest.mark.parametrize("tests", OTHER_TESTS.values(), ids=OTHER_TESTS)
@pytest.mark.parametrize("live", [False, True], ids=["", "live"])
def test_a_regrade_there_is_a_regrade_here(cluster, classroom, sample, tests, live):
    """Points, notes, facts and what had to run are the same; evidence that nothing replaces stays where it is."""
    cluster.have("a", "b")
    results = grade_batch(classroom.engine, sample, classroom.grader({"q1": ADD}), 2)
    graded = [result for result in results if result.status is Status.GRADED]
    other = replace(classroom.grader({"q1": tests}), sha256="1" * 64)
    here = list(regrade_batch(classroom.engine, graded, other, 2, live))
    bare = [replace(result, evidence=b"") for result in graded]
    evidence = {result.submission: result for result in graded}
    there = list(
        regrade_on_cluster(
            cluster.address, bare, lambda result: evidence[result.submission], other, live, False, silent
        )
    )
    assert timeless(one.after for one in there) == timeless(one.after for one in here)
    assert {one.after.submission: one.ran for one in there} == {one.after.submission: one.ran for one in here}
    assert any(one.ran for one in there) == (live or "-7" in tests)
    for one in there:
        assert one.before in bare and one.before.submission == one.after.submission
        assert bool(one.after.evidence) == one.ran


def test_a_batch_that_is_left_stops_what_runs(cluster, classroom):
    """No judge and no box is left on a worker, and the worker grades the next batch."""
    cluster.have("a", "b")
    grader = classroom.grader({"q1": ADD})
    submissions = (classroom.submission(RIGHT, name="quick"), *busy_class(classroom, 3, 15))
    with contextlib.closing(grade_on_cluster(cluster.address, submissions, grader, False, silent)) as running:
        assert next(running).submission == "quick"
        wait_until(lambda: all(len(cluster.processes(name)) > 3 for name in "ab"))
    assert all(len(cluster.processes(name)) == 1 for name in "ab")
    (result,) = grade_on_cluster(cluster.address, submissions[:1], grader, False, silent)
    assert result.score == 2


def test_a_worker_killed_in_mid_regrade_costs_nothing(cluster, classroom):
    """What it was at is regraded elsewhere, each once."""
    cluster.have("a", "b")
    grader = classroom.grader({"q1": ADD})
    graded = list(grade_batch(classroom.engine, busy_class(classroom, 6), grader, 2))
    done = []
    running = regrade_on_cluster(cluster.address, graded, lambda result: result, grader, True, False, silent)
    with contextlib.closing(running):
        done.append(next(running))
        wait_until(lambda: len(cluster.processes("b")) > 3)
        cluster.kill("b")
        done += running
    assert sorted(one.after.submission for one in done) == sorted(result.submission for result in graded)
    assert {(one.after.status, one.after.score, one.ran) for one in done} == {(Status.GRADED, 2, True)}


def test_a_worker_killed_in_mid_grade_costs_nothing(cluster, classroom):
    """Its submissions are graded elsewhere, each once and as ever; nothing of it is left."""
    cluster.have("a", "b")
    grader = classroom.grader({"q1": ADD})
    submissions = busy_class(classroom, 6)
    results = []
    with contextlib.closing(grade_on_cluster(cluster.address, submissions, grader, False, silent)) as running:
        results.append(next(running))
        wait_until(lambda: len(cluster.processes("a")) > 3)
        processes = cluster.processes("a")
        cluster.kill("a")
        results += running
    assert sorted(result.submission for result in results) == [submission.name for submission in submissions]
    assert {(result.status, result.score, result.note) for result in results} == {(Status.GRADED, 2, "")}
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))


def test_a_worker_that_joins_is_used(cluster, classroom):
    """It takes over from the last one, which dies."""
    cluster.have("b")
    told: list[str] = []
    submissions = busy_class(classroom, 5, 0.5)
    grader = classroom.grader({"q1": ADD})
    with contextlib.closing(grade_on_cluster(cluster.address, submissions, grader, False, told.append)) as running:
        results = [next(running)]
        cluster.kill("b")
        cluster.join("c")
        results += running
    assert [result.score for result in results] == [2] * 5
    assert all("waiting" in sentence for sentence in told)


# The command


@pytest.fixture
def desk(classroom, tmp_path, monkeypatch) -> Callable[..., list[str]]:
    """The course of a tiny class in this folder; makes the command that grades it."""
    grader = classroom.grader({"q1": ADD})
    for folder in ("grader/tests", "grader/files", "inbox"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "course.yml").write_text(
        "title: T\nterm: W\ntimezone: Europe/Berlin\nrepository: a/b\n"
        "assignments:\n  - id: tiny\n    title: Tiny\n    points: 1\n"
    )
    (tmp_path / "grader/grader.json").write_bytes(msgspec.json.encode(grader.info))
    (tmp_path / "grader/tests/q1.py").write_text(grader.tests["q1"])
    (tmp_path / "grader/files/reference.py").write_text("")
    for submission in (classroom.submission(RIGHT, name="quick"), *busy_class(classroom, 3, 1.5)):
        (tmp_path / f"inbox/{submission.name}.ipynb").write_bytes(submission.notebook)
    monkeypatch.chdir(tmp_path)
    return lambda *more: ["grade", "tiny", "inbox", "--grader", "grader", "--out", "out", *more]


def test_the_command_grades_on_a_cluster_of_its_own_and_goes_on_elsewhere(cluster, desk):
    """Ctrl-C ends it within seconds, with no trace on the terminal and no process left; a cluster does the rest."""
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", *desk("--dask", "local:1")],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: list(Path("out/results").glob("*.json")) or process.poll() is not None)
    processes = usage(process.pid).pids
    start = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    said, _ = process.communicate(timeout=PATIENCE_SECONDS)
    assert time.monotonic() - start < 15
    assert process.returncode == 130, said
    assert "the same command goes on from here" in said
    assert "Traceback" not in said and "distributed" not in said
    assert len(processes) > 3
    wait_until(lambda: not any(Path(f"/proc/{process}").exists() for process in processes))
    cluster.have("c")
    shown = CliRunner().invoke(main, desk("--dask", cluster.address))
    assert shown.exit_code == 0, shown.output
    assert "of 4 are graded already" in shown.output
    assert len(list(Path("out/results").glob("*.json"))) == len(list(Path("out/feedback").glob("*.html"))) == 4
    shutil.rmtree("inbox")
    tests = Path("grader/tests/q1.py")
    tests.write_text(tests.read_text().replace("== -3", "== -4"))
    regrade = ["regrade", "tiny", "--grader", "grader", "--out", "out", "--dask", cluster.address]
    shown = CliRunner().invoke(main, regrade)
    assert shown.exit_code == 0, shown.output
    assert "4 regraded: 4 from evidence, 0 by running the notebook again." in shown.output
    assert {json.loads(record.read_text())["score"] for record in Path("out/results").iterdir()} == {1}
    assert len(list(Path("out/evidence").iterdir())) == 2  # three notebooks are equal
    assert "All 4 are graded by this grader already" in CliRunner().invoke(main, regrade).output


@pytest.fixture
def other_kit(tmp_path) -> str:
    """A folder with a copy of the kit in which a comment differs."""
    package = tmp_path / "autograder"
    shutil.copytree(Path(autograder.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "model.py").write_text((package / "model.py").read_text() + "# changed\n")
    return str(tmp_path)


def test_a_worker_with_another_kit_is_refused_by_name(cluster, classroom, other_kit, monkeypatch):
    """It is told once, with what differs; the others do its work; when there is no other, the batch ends."""
    cluster.have("c")
    cluster.join("other", PYTHONPATH=other_kit)
    cluster.wait_for(2)
    told: list[str] = []
    grader = classroom.grader({"q1": ADD})
    submissions = busy_class(classroom, 3, 0.1)
    results = list(grade_on_cluster(cluster.address, submissions, grader, False, told.append))
    assert [result.score for result in results] == [2] * 3
    (sentence,) = told
    ours = worker.versions()["autograder"]
    assert "Worker tcp://127.0.0.1:" in sentence and f"instead of {ours}" in sentence and "numpy" not in sentence
    cluster.have("other")
    monkeypatch.setattr(batch, "REFUSED_SECONDS", 0.1)
    with pytest.raises(AutograderError, match=r"No worker .* can grade.\n  tcp://127.0.0.1:\d+: autograder .* instead"):
        list(grade_on_cluster(cluster.address, submissions, grader, False, told.append))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (("--dask", "host:8786"), "write tcp://HOST:PORT, tls://HOST:PORT or local:N (1 to 256)"),
        (("--dask", "local:0"), "write tcp://HOST:PORT, tls://HOST:PORT or local:N (1 to 256)"),
        (("--dask", "carrier-pigeon://host:1"), "--dask carrier-pigeon://host:1: "),
        (("--dask", "tcp://127.0.0.1:1", "--jobs", "2"), "--jobs is for this machine alone"),
    ],
)
def test_a_wrong_address_is_explained(desk, options, sentence):
    """Exit code 2, and what to write."""
    shown = CliRunner().invoke(main, desk(*options))
    assert shown.exit_code == 2
    assert sentence in " ".join(shown.output.split())


def test_a_scheduler_that_does_not_answer_is_named(desk, monkeypatch):
    """Exit code 1, with the address."""
    monkeypatch.setattr(connection, "CONNECT_SECONDS", 0.5)
    shown = CliRunner().invoke(main, desk("--dask", "tcp://127.0.0.1:1"))
    assert shown.exit_code == 1
    assert "No Dask scheduler answers at tcp://127.0.0.1:1" in shown.output


def test_without_dask_the_way_to_get_it_is_shown(desk, monkeypatch):
    """It names the command; and never a package of that name from the index, which is a stranger's."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    shown = CliRunner().invoke(main, desk("--dask", "local:1"))
    assert shown.exit_code == 2
    assert "uv sync --extra cluster" in shown.output and "pip install '.[cluster]'" in shown.output


# What happens seldom, with workers that only seem to be


@dataclass
class Pretence:
    """A Dask client whose workers answer as `play(address, task, arguments)` says: bytes, an exception, or nothing."""

    workers: dict[str, int]
    play: Callable[..., bytes | Exception | None]
    status: str = "running"
    sent: list[tuple[Any, ...]] = field(default_factory=list)

    def nthreads(self) -> dict[str, int]:
        return dict(self.workers)

    def submit(self, task, *arguments, workers, allow_other_workers, pure) -> "Pretended":
        assert not allow_other_workers and not pure
        self.sent.append((task.__name__, *arguments))
        return Pretended(f"{task.__name__}-{len(self.sent)}", self.play(workers[0], task, arguments))

    def run(self, *_: object, **__: object) -> None:
        pass


@dataclass
class Pretended:
    key: str
    answer: bytes | Exception | None

    @property
    def status(self) -> str:
        return {bytes: "finished", type(None): "pending"}.get(type(self.answer), "error")

    def add_done_callback(self, call: Callable[..., None]) -> None:
        if self.answer is not None:
            call(self)

    def result(self, timeout: float) -> bytes:
        return self.answer

    def exception(self) -> Exception:
        return self.answer

    def cancel(self) -> None:
        pass


@pytest.fixture
def pretend(monkeypatch):
    """Grade with pretended workers; return the results by name, what was told, and the client."""
    monkeypatch.setattr(batch, "LOOK_SECONDS", 0.01)

    def run(workers, play, names, grader):
        client, told = Pretence(workers, play), []
        submissions = tuple(Submission(name, "Ada L.", Path(f"{name}.ipynb"), name.encode()) for name in names)
        ended = batch.Batch(client, map(connection._to_grade, submissions), grader, False, told.append).run()
        return {one.result.submission: one.result for one in ended}, told, client

    return run


def graded(grader, status: Status = Status.GRADED) -> bytes:
    score = 1.0 if status is Status.GRADED else None
    result = replace(blank_result(Submission("", "", Path(), None), grader, status), score=score, note="noted")
    return msgspec.msgpack.encode(worker.Graded(result_json(result), b"evidence"))


PREPARED = msgspec.msgpack.encode(worker.Prepared("namespaces"))


def test_what_kills_every_worker_ends_as_a_fault(classroom, pretend):
    """After three workers it is given up, without a score; the others are graded."""
    grader = classroom.grader({"q1": ADD})
    workers = {"w0": 1}

    def play(address, task, arguments):
        if task is worker.prepare:
            return PREPARED
        if arguments[1] == b"poison":
            workers.pop(address, None)
            workers[f"w{int(address[1:]) + 1}"] = 1
            return None
        return graded(grader) if address in workers else None

    results, _, client = pretend(workers, play, ["poison", "a", "b", "c"], grader)
    assert {name: result.status.value for name, result in results.items()} == {
        **dict.fromkeys("abc", "graded"),
        "poison": "fault",
    }
    assert results["poison"].score is None and "died" in results["poison"].note
    assert sum(sent[:1] == ("grade",) and sent[2] == b"poison" for sent in client.sent) == batch.MAX_LOST


def test_a_worker_that_grades_nobody_is_refused(classroom, pretend):
    """Quick faults would draw the whole batch to it."""
    grader = classroom.grader({"q1": ADD})

    def play(address, task, arguments):
        if task is worker.prepare:
            return PREPARED
        return graded(grader, Status.FAULT if address == "bad" else Status.GRADED)

    results, told, _ = pretend({"bad": 1, "good": 1}, play, [f"s{number}" for number in range(60)], grader)
    assert len(results) == 60
    assert sum(result.status is Status.FAULT for result in results.values()) == MAX_FAULTS
    assert told == [f"Worker bad is refused: its first {MAX_FAULTS} submissions could not be graded. noted"]


def test_a_process_that_was_started_again_is_prepared_again(classroom, pretend):
    """At the same address sits another process, which has no engine and no grader."""
    grader = classroom.grader({"q1": ADD})
    asked: list[str] = []

    def play(address, task, arguments):
        asked.append(task.__name__)
        if task is worker.prepare:
            return PREPARED
        return graded(grader) if asked.count("prepare") == 2 else msgspec.msgpack.encode(worker.Unprepared())

    results, told, _ = pretend({"w": 1}, play, ["a"], grader)
    assert results["a"].status is Status.GRADED and told == []
    assert asked == ["prepare", "grade", "prepare", "grade"]


def test_a_task_that_fails_is_tried_elsewhere_and_is_never_a_score(classroom, pretend):
    """An exception of Dask's or of a worker is ours."""
    grader = classroom.grader({"q1": ADD})
    results, _, client = pretend(
        {"w": 1}, lambda _, task, __: PREPARED if task is worker.prepare else OSError("no space"), ["a"], grader
    )
    assert results["a"].status is Status.FAULT and "no space" in results["a"].note
    assert len(client.sent) == 1 + batch.MAX_LOST


def test_a_worker_without_the_kit_is_refused(classroom, pretend, monkeypatch):
    """Where our function cannot even be read, that is what the list says."""
    monkeypatch.setattr(batch, "REFUSED_SECONDS", 0.1)
    with pytest.raises(AutograderError, match="\n  w: No module named 'autograder'"):
        missing = ModuleNotFoundError("No module named 'autograder'")
        pretend({"w": 1}, lambda *_: missing, ["a"], classroom.grader({"q1": ADD}))


def test_no_worker_at_all_ends_after_a_while(classroom, pretend, monkeypatch):
    """A batch does not wait for ever."""
    monkeypatch.setattr(batch, "JOIN_SECONDS", 0.1)
    with pytest.raises(AutograderError, match="None has joined"):
        pretend({}, silent, ["a"], classroom.grader({"q1": ADD}))


def test_a_scheduler_that_is_gone_ends_the_batch(classroom):
    """It says that the same command goes on."""
    client = Pretence({}, silent, status="closed")
    works = [connection._to_grade(classroom.submission(RIGHT))]
    with pytest.raises(AutograderError, match="the same command goes on"):
        list(batch.Batch(client, works, classroom.grader({"q1": ADD}), False, silent).run())


def test_evidence_is_read_when_its_turn_comes(classroom, monkeypatch):
    """A worker has two pieces of work at most: what waits for later is not in memory, and no name goes with it."""
    monkeypatch.setattr(batch, "LOOK_SECONDS", 0.01)
    grader = classroom.grader({"q1": ADD})
    names = [f"ada-{number}" for number in range(9)]
    earlier = [replace(blank_result(Submission(name, "Ada L.", Path(), None), grader, Status.GRADED)) for name in names]
    read: list[str] = []
    ended = 0

    def with_evidence(result: Result) -> Result:
        read.append(result.submission)
        assert len(read) - ended <= batch.AHEAD
        return replace(result, evidence=b"that run")

    client = Pretence({"w": 1}, lambda _, task, __: PREPARED if task is worker.prepare else graded(grader))
    works = [connection._to_regrade(result, with_evidence, False) for result in earlier]
    for one in batch.Batch(client, works, grader, False, silent).run():
        ended += 1
        assert one.result.submission == one.work.submission.name and one.result.student == "Ada L."
    assert read == names
    asked = [sent for sent in client.sent if sent[0] == "regrade"]
    assert {sent[3:] for sent in asked} == {(b"that run", False)} and "ada" not in repr(asked).lower()


def test_a_worker_learns_no_name(classroom, pretend):
    """Neither who handed in nor what the file was called leaves the coordinator."""
    grader = classroom.grader({"q1": ADD})
    play = lambda _, task, __: PREPARED if task is worker.prepare else graded(grader)  # noqa: E731
    results, _, client = pretend({"w": 1}, play, ["ada-lovelace"], grader)
    assert results["ada-lovelace"].student == "Ada L." and results["ada-lovelace"].evidence == b"evidence"
    (task,) = [sent for sent in client.sent if sent[0] == "grade"]
    assert task[2] == b"ada-lovelace" and "Ada" not in repr(task) and "ipynb" not in repr(task)


# What a worker does, without a cluster


@pytest.fixture
def seat(monkeypatch) -> worker._Seat:
    seat = worker._Seat()
    monkeypatch.setattr(worker, "_seat", seat)
    return seat


def prepared(classroom, unsafe: bool = False, **other: str) -> worker.Answer:
    grader = msgspec.msgpack.encode(classroom.grader({"q1": ADD}))
    answer = worker.prepare("ticket", {**worker.versions(), **other}, unsafe, grader)
    return msgspec.msgpack.decode(answer, type=worker.Answer)


def test_a_worker_that_cannot_isolate_is_refused(classroom, seat, monkeypatch):
    """With the reason; and an engine that was made with --unsafe serves no batch without."""

    def refuse(unsafe: bool):
        raise IsolationError("no namespaces here")

    monkeypatch.setattr(worker, "Engine", refuse)
    assert prepared(classroom) == worker.Refused("no namespaces here")
    seat.engine = type("Unsafe", (), {"level": "none"})()
    assert prepared(classroom, unsafe=True) == worker.Prepared("none")
    assert prepared(classroom) == worker.Refused("no namespaces here")


def test_every_version_that_moves_a_grade_is_compared(classroom, seat, engine):
    """Two that differ are both named, and no engine is started for them."""
    assert (
        prepared(classroom, tensorflow="1.0", python="2.7")
        == worker.Refused(
            f"python {worker.versions()['python']} instead of 2.7, "
            f"tensorflow {worker.versions()['tensorflow']} instead of 1.0"
        )
        and seat.engine is None
    )
    assert {"autograder", "python", "numpy", "tensorflow", "keras", "otter-grader"} <= worker.versions().keys()


def test_a_worker_keeps_few_graders(classroom, seat, engine):
    """Coordinators that were killed never took theirs back."""
    seat.engine = engine
    grader = msgspec.msgpack.encode(classroom.grader({"q1": ADD}))
    for number in range(worker.KEPT_GRADERS + 1):
        worker.prepare(str(number), worker.versions(), False, grader)
    assert list(seat.graders) == [str(number) for number in range(1, worker.KEPT_GRADERS + 1)]
    assert msgspec.msgpack.decode(worker.grade("0", b"", ""), type=worker.Answer) == worker.Unprepared()


def test_what_another_batch_has_stopped_is_no_fault(classroom, seat, engine):
    """The answer sends the submission back: its coordinator has it graded again."""

    class Stopped:
        def grade(self, submission, grader):
            seat.engine = None
            return blank_result(submission, grader, Status.FAULT)

    seat.engine, seat.graders = Stopped(), {"ticket": classroom.grader({"q1": ADD})}
    assert msgspec.msgpack.decode(worker.grade("ticket", b"", ""), type=worker.Answer) == worker.Unprepared()
