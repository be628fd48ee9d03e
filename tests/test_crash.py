"""Kills, full disks and two commands at once: what is graded stays, and the end is that of an undisturbed run."""

import errno
import os
import random
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from crash import (
    CLASS,
    REJECTED,
    Desk,
    Ended,
    Killer,
    evidence_of,
    family,
    finish,
    hand_in,
    names,
    records,
    settled,
    shown_to_people,
    surroundings,
    without_use,
)
from rich.progress import Progress

from autograder import grading
from autograder.cli import main
from autograder.evidence import sha256, unpack
from autograder.grader import Grader, read_grader
from autograder.intake import collect
from autograder.model import Result, Status, Submission
from autograder.reports import feedback_html, index_html

EVERYBODY = {*CLASS, REJECTED}

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


@dataclass(frozen=True)
class Calm:
    """A desk and the results of an undisturbed run there."""

    desk: Desk
    out: Path


@pytest.fixture(scope="module")
def calm(tmp_path_factory) -> Calm:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    out = desk.folder / "calm"
    ended = desk.grade(out)
    assert ended.code == 1, ended.said
    found = records(out)
    assert set(found) == EVERYBODY
    assert {name for name, result in found.items() if result.status is not Status.GRADED} == {REJECTED}
    return Calm(desk, out)


@pytest.fixture(autouse=True)
def nothing_left(calm):
    """After each test: no process, mount, control group or temporary file of a command is left."""
    before = surroundings()
    yield
    assert calm.desk.leftovers(before) == []


def check_finished(calm: Calm, out: Path) -> None:
    """The results of an undisturbed run, byte for byte; records but for times and memory; no other file."""
    assert shown_to_people(out) == shown_to_people(calm.out)
    assert _alike(out) == _alike(calm.out)
    assert names(out) == names(calm.out)


def _alike(out: Path) -> dict[str, dict]:
    return {name: without_use(result) for name, result in records(out).items()}


def check_stopped(calm: Calm, out: Path, before: dict[str, tuple[int, int, str]]) -> None:
    """Every grade is right and has its page and evidence; what was graded before is as it was: not graded twice."""
    now, right = settled(out), _alike(calm.out)
    assert {name: now.get(name) for name in before} == before
    assert {name: record for name, record in _alike(out).items() if name in now} == {name: right[name] for name in now}
    for name in now:
        page = f"feedback/{name}.html"
        assert (out / page).read_bytes() == (calm.out / page).read_bytes()
        result = records(out)[name]
        assert sha256(unpack(evidence_of(out, result).read_bytes()).boxes) == result.facts.evidence_sha256


# Kills


def storm(calm: Calm, plan: dict[str, int], seed: int) -> Killer:
    """Grade the class again and again, killing what the plan lists, until all kills are done and all is graded."""
    killer = Killer(calm.desk.mark, plan, seed)
    number, around = 0, surroundings()
    with ThreadPoolExecutor(1) as hunter:
        while not killer.done:
            number += 1
            out = calm.desk.folder / f"storm-{seed}-{number}"
            finished = False
            while not finished:
                disturbed = not killer.done
                before = settled(out)
                process = calm.desk.start(out)
                hunt = hunter.submit(killer.hunt, process, out)
                ended = finish(process)
                hunt.result()
                assert calm.desk.leftovers(around) == []
                check_stopped(calm, out, before)
                if ended.code != -signal.SIGKILL:
                    assert ended.code in (0, 1) and "Traceback" not in ended.said, ended.said
                finished = ended.code != -signal.SIGKILL and {*settled(out), REJECTED} == EVERYBODY
                assert finished or disturbed, ended.said
            check_finished(calm, out)
            shutil.rmtree(out)
    return killer


def test_kills_change_nothing(calm):
    """Twelve kills of commands, warmed processes, judges and boxes: the next run goes on to the same end."""
    plan = {"command": 2, "zygote": 1, "judge": 3, "box": 6}
    assert storm(calm, plan, seed=1).hits == plan


@pytest.mark.slow
def test_two_hundred_kills_change_nothing(calm):
    """The same, 200 times."""
    plan = {"command": 25, "zygote": 25, "judge": 75, "box": 75}
    assert storm(calm, plan, seed=2).hits == plan


def test_a_command_killed_at_its_start_leaves_nothing(calm, tmp_path):
    """The warmed process that it has just started ends within seconds, not when it is warm."""
    around = surroundings()
    command = calm.desk.start(tmp_path / "out")
    while not family(command.pid).zygotes and command.poll() is None:
        time.sleep(0.001)
    command.kill()
    assert finish(command).code == -signal.SIGKILL
    assert calm.desk.leftovers(around, seconds=3) == []


# Every single moment: the command in a child of this process, which gives it the calm run's results to write


SOME = ("dies-in-cell", REJECTED)


class Replay:
    """Stands in for the engine: a submission's result is that of the calm run. Notes down what it graded."""

    level = "namespaces"

    def __init__(self, results: dict[str, Result], notes: Path) -> None:
        self._results, self._notes = results, notes

    def __call__(self, unsafe: bool = False) -> "Replay":
        return self

    def __enter__(self) -> "Replay":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def close(self) -> None:
        pass

    def grade(self, submission: Submission, grader: Grader) -> Result:
        with open(self._notes, "a") as notes:
            notes.write(f"{submission.name}\n")
        return self._results[submission.name]


def with_evidence(out: Path) -> dict[str, Result]:
    """Return the results in a folder as the engine gave them."""
    return {
        name: replace(result, evidence=evidence_of(out, result).read_bytes()) if result.facts else result
        for name, result in records(out).items()
    }


Happening = Callable[[str, str], None]


@dataclass(frozen=True)
class Scene:
    """A results folder and the command that fills it from the calm run's results, in a child process."""

    calm: Calm
    out: Path

    def run(self, happening: Happening = lambda what, path: None) -> Ended:
        """Run the command; `happening` is told of each change of the folder just before it is made."""
        said, notes = self.out.with_name("said"), self.out.with_name("graded")
        said.unlink(missing_ok=True)
        notes.unlink(missing_ok=True)
        child = os.fork()
        if child == 0:
            try:
                sys.stdout = sys.stderr = open(said, "w", buffering=1)  # noqa: SIM115
                os.chdir(self.calm.desk.root)
                grading.Engine = Replay(with_evidence(self.calm.out), notes)
                paths = [self.calm.desk.inbox / f"{name}.ipynb" for name in SOME]
                self._watch(happening)
                main(self.calm.desk.arguments(self.out, *paths, jobs=1))
            except SystemExit as end:
                os._exit(end.code)
            except BaseException:
                traceback.print_exc()
            os._exit(99)
        _, status = os.waitpid(child, 0)
        return Ended(os.waitstatus_to_exitcode(status), said.read_text())

    @property
    def graded(self) -> set[str]:
        """What the last command graded."""
        notes = self.out.with_name("graded")
        return set(notes.read_text().split()) if notes.exists() else set()

    def _watch(self, happening: Happening) -> None:
        """Have this process tell what it is about to do to files in the folder, for good; the disk itself can wait."""
        out = str(self.out)

        def hook(event: str, args: tuple) -> None:
            if event in ("open", "os.rename", "os.remove", "os.mkdir") and isinstance(args[0], str | bytes):
                path = os.fsdecode(args[0])
                changes = event != "open" or args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or os.path.isdir(path)
                if path.startswith(out) and changes:
                    happening(event, os.fsdecode(args[1]) if event == "os.rename" else path)

        os.fsync = lambda descriptor: happening("fsync", os.readlink(f"/proc/self/fd/{descriptor}"))
        sys.addaudithook(hook)


@pytest.fixture
def scene(calm, tmp_path) -> Scene:
    # compiles the pages' templates here, once for all children
    list(index_html([], [], ""))
    feedback_html(records(calm.out)["right"], "")
    return Scene(calm, tmp_path / "out")


@pytest.fixture
def straight(calm, tmp_path) -> Path:
    """The folder that the command fills when nothing disturbs it."""
    scene = Scene(calm, tmp_path / "straight")
    assert scene.run().code == 1
    assert set(records(scene.out)) == set(SOME)
    return scene.out


def at(moment: int, act: Callable[[], None]) -> Happening:
    """Return a happening that acts at the change of that number."""
    count = 0

    def happening(what: str, path: str) -> None:
        nonlocal count
        count += 1
        if count == moment:
            act()

    return happening


def moments(scene: Scene) -> range:
    """Return the numbers of the changes that an undisturbed command makes; the folder is gone again."""
    log = scene.out.with_name("log")

    def happening(what: str, path: str) -> None:
        with open(log, "a") as file:
            file.write(f"{what}\n")

    scene.run(happening)
    shutil.rmtree(scene.out)
    count = len(log.read_text().splitlines())
    assert count > 20
    return range(1, count + 1)


def check_went_on(scene: Scene, straight: Path) -> None:
    """The same command ends as if nothing had been, and grades nothing again."""
    before = settled(scene.out)
    assert scene.run().code == 1
    assert scene.graded.isdisjoint(before)
    assert {name: settled(scene.out)[name] for name in before} == before
    assert shown_to_people(scene.out) == shown_to_people(straight)
    assert names(scene.out) == names(straight)


def test_a_kill_before_any_change_of_a_file_loses_nothing(scene, straight):
    """The command is killed just before the first change it makes in the folder, the second, and so on to the last."""
    for moment in moments(scene):
        ended = scene.run(at(moment, lambda: os.kill(os.getpid(), signal.SIGKILL)))
        assert ended.code == -signal.SIGKILL
        records(scene.out)
        check_went_on(scene, straight)
        shutil.rmtree(scene.out)


ERRORS = (errno.ENOSPC, errno.EROFS, errno.EMFILE, errno.ENFILE, errno.EACCES)


def test_an_error_at_any_change_of_a_file_is_a_clean_stop(scene, straight):
    """One after the other, each with the next kind of error: a message, exit code 1, whole files; it goes on later."""
    for moment in moments(scene):
        number = ERRORS[moment % len(ERRORS)]

        def fail(number: int = number) -> None:
            raise OSError(number, os.strerror(number))

        ended = scene.run(at(moment, fail))
        assert ended.code == 1, (moment, ended.said)
        assert os.strerror(number) in ended.said and "Traceback" not in ended.said, (moment, ended.said)
        assert names(scene.out) <= names(straight), moment
        records(scene.out)
        check_went_on(scene, straight)
        shutil.rmtree(scene.out)


def test_a_result_is_on_the_disk_before_it_is_shown(scene, monkeypatch):
    """Evidence, page, record: each written elsewhere, to the disk, renamed, its folder too; then the progress moves."""
    log = scene.out.with_name("order")

    def happening(what: str, path: str) -> None:
        with open(log, "a") as file:
            file.write(f"{what} {path}\n")

    update = Progress.update

    def shown(self: Progress, *args: object, **fields: object) -> None:
        happening("shown", "")
        update(self, *args, **fields)

    monkeypatch.setattr(Progress, "update", shown)
    scene.run(happening)
    lines, begin = log.read_text().splitlines(), 0
    for name in SOME:
        files = [f"feedback/{name}.html", f"results/{name}.json"]
        result = records(scene.out)[name]
        if result.facts:
            files.insert(0, f"evidence/{evidence_of(scene.out, result).name}")
        steps = [begin]
        for path in (scene.out / file for file in files):
            assert f"open {path}" not in lines
            renamed = lines.index(f"os.rename {path}")
            written = [n for n, line in enumerate(lines[:renamed]) if line.startswith(f"fsync {path.parent}/")]
            steps += [max(written), renamed, lines.index(f"fsync {path.parent}", renamed)]
        begin = lines.index("shown ", begin)
        assert steps == sorted(steps) and steps[-1] < begin, lines
        begin += 1


# Trouble around the command


def in_a_mount_namespace(script: str) -> tuple[str, ...]:
    """Return what starts a command ("$@") with mounts that nobody else sees and that end with it; only for root."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount")
    if not shutil.which("unshare"):
        pytest.skip("needs unshare(1) of util-linux")
    return ("unshare", "--mount", "sh", "-c", script, "sh")


def copied(source: Path, out: Path, *without: str) -> Path:
    """Copy a results folder without some of its records."""
    shutil.copytree(source, out)
    for name in without:
        (out / "results" / f"{name}.json").unlink()
    return out


def test_a_full_disk_is_a_clean_stop(calm, tmp_path):
    """A message and exit code 1; what is there is whole; with room again, the same command goes on."""
    out, full, later = (tmp_path / name for name in ("out", "full", "later"))
    out.mkdir()
    kibibytes = sum(path.stat().st_size for path in calm.out.rglob("*") if path.is_file()) // 2 >> 10
    ended = calm.desk.grade(
        out,
        *in_a_mount_namespace(
            f'mount -t tmpfs -o size={kibibytes}k tmpfs {out} && "$@"; code=$?; cp -a {out} {full}; '
            f'mount -o remount,size=99m {out}; "$@" 2> {tmp_path}/said; cp -a {out} {later}; exit $code'
        ),
    )
    assert ended.code == 1
    assert "No space left on device" in ended.said and "Traceback" not in ended.said
    kept = settled(full)
    assert 0 < len(kept) < len(CLASS)
    assert all(shown_to_people(calm.out)[name] == data for name, data in pages(full).items())
    assert names(full) <= names(calm.out)
    assert {name: (when, text) for name, (_, when, text) in settled(later).items() if name in kept} == {
        name: (when, text) for name, (_, when, text) in kept.items()
    }
    check_finished(calm, later)


def pages(out: Path) -> dict[str, bytes]:
    """Return the feedback pages in a results folder."""
    return {f"feedback/{path.name}": path.read_bytes() for path in (out / "feedback").iterdir()}


def test_a_read_only_folder_is_a_clean_stop(calm, tmp_path):
    """A message and exit code 1, at once; nothing is changed, and with rights again the same command goes on."""
    out = copied(calm.out, tmp_path / "out", "right", "wrong-minus")
    before = settled(out)
    script = f'mount --bind {out} {out} && mount -o remount,bind,ro {out} && exec "$@"'
    ended = calm.desk.grade(out, *in_a_mount_namespace(script))
    assert ended.code == 1
    assert "Read-only file system" in ended.said and "Traceback" not in ended.said
    assert settled(out) == before
    assert calm.desk.grade(out).code == 1
    check_finished(calm, out)


def check_few_descriptors(calm: Calm, out: Path, most: int) -> None:
    """With so few file descriptors: a message or all grades, no wrong or broken record."""
    ended = calm.desk.grade(out, "sh", "-c", f'ulimit -n {most} && exec "$@"', "sh")
    assert ended.code in (1, 2) and "Traceback" not in ended.said, (most, ended.said)
    check_stopped(calm, out, {})
    if {*settled(out), REJECTED} != EVERYBODY:
        reason = "no temporary folder" if most < 7 else "Too many open files"  # tempfile swallows the true one
        assert reason in ended.said, (most, ended.said)


@pytest.mark.parametrize("most", [8, 12])
def test_without_file_descriptors_it_is_a_clean_stop(calm, tmp_path, most):
    """Whether they are too few for the command or for its boxes: it says so, and a weaker isolation is not taken."""
    check_few_descriptors(calm, tmp_path / "out", most)


@pytest.mark.slow
def test_any_number_of_file_descriptors_is_a_clean_stop(calm, tmp_path):
    """From too few for anything up to enough; with more of them the same command goes on to the same end."""
    for most in range(6, 20):
        check_few_descriptors(calm, tmp_path / str(most), most)
    for most in (8, 12):
        assert calm.desk.grade(tmp_path / str(most)).code == 1
        check_finished(calm, tmp_path / str(most))


JUMPS = """\
#!{python}
import random, runpy, sys, time

real, draws = time.time, random.Random()
time.time = lambda: real() + draws.uniform(-1e9, 1e9)
time.time_ns = lambda: int(time.time() * 1e9)
module = sys.argv.index("-m") + 1
if sys.argv[module] == "autograder.cli":
    sys.executable = __file__  # so that the warmed process, its judges and boxes have that clock too
sys.argv = sys.argv[module:]
runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
"""


def test_a_clock_that_jumps_changes_nothing(calm, tmp_path):
    """Each look at it gives a time up to thirty years off, in all processes: the same grades, and sane times."""
    program, out = tmp_path / "jumps", tmp_path / "out"
    program.write_text(JUMPS.format(python=sys.executable))
    program.chmod(0o755)
    assert calm.desk.grade(out, str(program)).code == 1
    check_finished(calm, out)
    assert all(0 <= result.wall_seconds < 600 and 0 <= result.cpu_seconds < 600 for result in records(out).values())


def test_a_second_command_on_the_folder_is_refused(calm, tmp_path):
    """It says so, changes nothing and lets the first go on; after a kill of the first the folder is free at once."""
    out = copied(calm.out, tmp_path / "out", "right")
    first = calm.desk.start(out)
    while not family(first.pid).zygotes and first.poll() is None:
        time.sleep(0.01)
    before = {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
    second = calm.desk.grade(out)
    assert second.code == 1
    assert str(out) in second.said and "is at work" in second.said
    assert {path: path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()} == before
    assert first.poll() is None
    first.kill()
    finish(first)
    assert calm.desk.grade(out).code == 1
    check_finished(calm, out)


# The same marks


def check_same_marks(engine, desk: Desk, inbox: Path, repeats: int) -> None:
    """Grade the class in other orders, by one worker and by more; records differ in times and memory only."""
    grader = read_grader(desk.root / "dist" / "tiny-autograder.zip")
    hand_in(inbox, pause_seconds=0)
    submissions = collect((inbox,), grader.info.name)
    first: dict[str, dict] = {}
    for repeat in range(repeats):
        order = random.Random(repeat).sample(submissions, len(submissions))
        results = grading.grade_batch(engine, tuple(order), grader, jobs=(1, 2, 4)[repeat % 3])
        seen = {result.submission: without_use(result) for result in results}
        assert set(seen) == EVERYBODY
        first = first or seen
        assert seen == first, repeat
    assert all(len(first[name]["facts"]["evidence_sha256"]) == 64 for name in CLASS)


def test_the_same_marks_in_any_order(calm, engine, tmp_path):
    """Three times, with one, two and four workers: equal grades and equal evidence."""
    check_same_marks(engine, calm.desk, tmp_path, 3)


@pytest.mark.slow
def test_the_same_marks_twenty_times(calm, engine, tmp_path):
    """Equal grades and equal evidence."""
    check_same_marks(engine, calm.desk, tmp_path, 20)
