"""The grader zip in a container like Gradescope's: full marks for the reference, honest ones for whoever attacks it."""

import os
import re
from collections.abc import Callable
from pathlib import Path

import ground
import nbformat
import pytest
from container import HOME, MEMORY_MB, Container, Outcome
from tiny import COURSE, write_course

from autograder.build import Built, build_assignment, solved_notebook
from autograder.course import read_course

pytestmark = pytest.mark.skipif(bool(ground.obstacle()), reason=f"a container: {ground.obstacle()}")

LIMITS = "    limits: {cell_seconds: 3, run_seconds: 20, memory_mb: 200, disk_mb: 16, processes: 64}\n"
GREEDY = "    limits: {cell_seconds: 20, run_seconds: 60}\n"
HIDDEN = "hidden_left_operand"  # stands in a hidden test of the tiny assignment and nowhere else


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Callable[[str], Built]:
    """Build the tiny assignment with limits of a test's choice."""

    def build(limits: str) -> Built:
        root = write_course(tmp_path_factory.mktemp("course"), course=COURSE + limits)
        course = read_course(root / "course.yml")
        return build_assignment(root, course, course.assignments[0])

    return build


@pytest.fixture(scope="module")
def built(tiny) -> Built:
    return tiny(LIMITS)


def hand_in(container: Container, built: Built, *more: str, answer: str = "", end: tuple[str, ...] = ()) -> None:
    """Hand in the solved notebook: `more` are cells between answer and check, `end` behind all others."""
    notebook = nbformat.reads(solved_notebook(built).decode(), as_version=4)
    index = built.answers["q1"][0]
    if answer:
        notebook.cells[index].source = answer
    cells = [nbformat.v4.new_code_cell(code, id=f"more-{number}") for number, code in enumerate([*more, *end])]
    notebook.cells[index + 1 : index + 1] = cells[: len(more)]
    notebook.cells += cells[len(more) :]
    (container.autograder / "submission" / "tiny.ipynb").write_text(nbformat.writes(notebook), encoding="utf-8")


def assert_graded(outcome: Outcome, score: float) -> None:
    """Check that there is a results.json with this score, made at the level that such a container allows."""
    assert outcome.exit_code == 0 and outcome.results is not None, outcome.output[-3000:]
    assert outcome.results["score"] == score
    assert outcome.record["facts"]["level"] == "uid"


# The container


def test_the_container_is_what_docker_makes(tmp_path, built):
    """Docker's capabilities, no namespace, no mount, and no file of this repository but the zip's."""
    container = Container(tmp_path, built.files[built.zip_path])
    script = (
        "grep CapEff /proc/self/status; unshare -m true 2>&1; mount -t tmpfs x /mnt 2>&1 | head -1; "
        f"echo $(ls {ground.ROOT}); echo $(ls /autograder)"
    )
    outcome = container.run("/bin/sh", "-c", script)
    capabilities, unshare, mount, repository, autograder = outcome.output.splitlines()
    assert capabilities.split() == ["CapEff:", "00000000a80425fb"]  # as `docker run debian` shows it
    assert "Operation not permitted" in unshare and "permission denied" in mount
    assert repository == "autograder"
    assert autograder == "results run_autograder source submission submission_metadata.json"


@pytest.mark.slow
def test_the_doctor_finds_level_uid_sound_there(tmp_path, built):
    """It says why it is not a better level, and every probe sees what it must."""
    container = Container(tmp_path, built.files[built.zip_path], memory_mb=2 * MEMORY_MB)
    outcome = container.run("/usr/bin/env", "COLUMNS=200", f"{HOME}/venv/bin/python", "-m", "autograder.cli", "doctor")
    assert [" ".join(line.split()) for line in outcome.output.splitlines() if "DIFFERS" in line] == []
    assert outcome.exit_code == 0, outcome.output
    assert "Isolation level: uid" in outcome.output
    assert "No better level, because: [Errno 1] clone: Operation not permitted" in outcome.output


# Marks


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "no landlock"])
def test_the_reference_has_full_marks(tmp_path, built, landlock):
    """With a new kernel and with one that has no Landlock, within the memory of such a container."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=landlock)
    hand_in(container, built)
    outcome = container.run()
    assert_graded(outcome, 4)
    assert outcome.memory_kills == 0 and outcome.peak_bytes < MEMORY_MB << 20


def test_the_reference_of_sum_has_full_marks(tmp_path, root, course):
    """A real assignment with real training fits into the memory and the time that Gradescope gives."""
    built = build_assignment(root, course, course.assignment("sum"))
    container = Container(tmp_path, built.files[built.zip_path])
    (container.autograder / "submission" / "sum.ipynb").write_bytes(solved_notebook(built))
    outcome = container.run()
    assert outcome.exit_code == 0 and outcome.results is not None, outcome.output[-3000:]
    record = outcome.record
    assert outcome.results["score"] == record["max_score"] > 0
    assert outcome.memory_kills == 0 and outcome.peak_bytes < MEMORY_MB << 20
    assert outcome.seconds < 300


# Attacks; all of them on a kernel without Landlock, where only the user id stands between a box and the container

SEARCH = """
import os
found = []
for folder, folders, names in os.walk("/"):
    if folder == "/":
        folders[:] = set(folders) - {"usr", "proc", "sys", "dev", "opt", "etc", "root"}
    for name in names:
        path = os.path.join(folder, name)
        try:
            text = open(path, "rb").read(1 << 20)
        except OSError:
            continue
        ours = name in ("q1.py", "submission_metadata.json", "tiny.ipynb") or path.endswith("files/reference.py")
        if ours or b"hidden_left" + b"_operand" in text:
            found.append(path)
for pid in filter(str.isdigit, os.listdir("/proc")):
    for name in ("environ", "mem", "cwd/source/tests/q1.py", "root/autograder/source/tests/q1.py", "fd"):
        try:
            if pid not in (str(os.getpid()), "self") and (os.listdir if name == "fd" else open)(f"/proc/{pid}/{name}"):
                found.append(f"{pid} {name}")
        except OSError:
            pass
raise ValueError(str(found))
"""

KILL = """
import os, signal
try:
    os.kill(-1, signal.SIGKILL)  # all but itself; succeeds though each of them is refused
except OSError:
    pass
killed = []
for pid in map(int, filter(str.isdigit, os.listdir("/proc"))):
    try:
        if pid != os.getpid():
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
    except OSError:
        pass
raise ValueError(str(killed))
"""

FILL = """
import os
for folder in (os.getcwd(), "/tmp", "/dev/shm", "/var/tmp", "/run", "/autograder/results", "/autograder/submission"):
    for number in range(100):
        try:
            with open(f"{folder}/fill-{number}", "wb") as file:
                file.write(bytes(1 << 20))
        except OSError:
            break
"""

FORGE = """
import os, sys
code = '''
import os, time
while True:
    for path in ("/autograder/results/results.json", "/autograder/results/other.json", "/autograder/run_autograder"):
        try:
            os.makedirs("/autograder/results", exist_ok=True)
            open(path, "w").write('{"score": 1000}')
        except OSError:
            time.sleep(0.01)
'''
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-c", code, "stays-behind"])
    os._exit(0)
os.wait()
"""

# not so fast that the kernel finds the container full before the judge has looked
HOARD = """
import time
hoard = []
while True:
    hoard.append(bytearray(b"x" * (1 << 20)))
    time.sleep(0.004)
"""
FATAL = {
    "exit": ("import os\nos._exit(0)", "ended the Python process"),
    "crash": ("import ctypes\nctypes.string_at(0)", "crashed the Python process"),
    "endless loop": ("while True: pass", "time limit of 3 s"),
    "fork bomb": ("import os\nwhile True: os.fork()", "Cell"),
    "memory hog": (HOARD, "memory limit of 200 MB"),
}


@pytest.mark.parametrize(("code", "said"), FATAL.values(), ids=FATAL)
def test_a_fatal_cell_costs_only_itself(tmp_path, built, code, said):
    """The answer beside it has its marks, and the student reads what happened."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=False)
    hand_in(container, built, code)
    outcome = container.run()
    assert_graded(outcome, 4)
    assert said in outcome.results["output"]


def test_who_asks_for_more_memory_than_the_container_has_loses_that_cell_only(tmp_path, tiny):
    """The kernel ends the box, never the grader, though the course allows more than there is."""
    built = tiny(GREEDY)
    container = Container(tmp_path, built.files[built.zip_path], landlock=False)
    hand_in(container, built, FATAL["memory hog"][0])
    outcome = container.run()
    assert_graded(outcome, 4)


@pytest.mark.parametrize("code", [SEARCH, KILL], ids=["search", "kill"])
def test_nothing_of_the_grader_can_be_found_or_ended(tmp_path, built, code):
    """A program that looks into every file and every process, or kills all it can, comes home with an empty list."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=False)
    hand_in(container, built, code)
    outcome = container.run()
    assert_graded(outcome, 4)
    assert [error["text"] for error in outcome.record["facts"]["cell_errors"]] == ["[]"]


@pytest.mark.parametrize("landlock", [True, False], ids=["landlock", "no landlock"])
def test_who_fills_the_disk_harms_nobody(tmp_path, built, landlock):
    """results.json is written, and nothing else is left on the disk."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=landlock)
    hand_in(container, built, FILL)
    assert_graded(container.run(), 4)
    assert sorted(os.listdir(container.autograder / "results")) == ["results.json"]
    assert set(os.listdir(tmp_path / "tmp")) <= ground.own_in_tmp()


def test_a_process_left_behind_is_ended_and_writes_no_result(tmp_path, built):
    """A wrong answer that tries to write its own marks, again and again, from a process of its own, has none."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=False)
    hand_in(container, built, FORGE, answer="def add(a, b):\n    return 0")
    script = "/autograder/run_autograder && echo AFTER && grep -l stays-[b]ehind /proc/[0-9]*/cmdline"
    outcome = container.run("/bin/bash", "-c", script)
    assert outcome.results is not None and outcome.results["score"] == 0
    assert outcome.output.split("AFTER")[1].split() == []
    assert sorted(os.listdir(container.autograder / "results")) == ["results.json"]


def test_no_test_is_on_the_disk_while_student_code_runs(tmp_path, built):
    """Seen from outside, by root: no file of the container holds the hidden test then."""
    container = Container(tmp_path, built.files[built.zip_path])
    hand_in(container, built, "open('started', 'w').close()\nimport time\ntime.sleep(2)")
    before, during = [], []

    def watch(root: Path) -> None:
        running = list(root.glob("tmp/*/started"))
        (during if running or during else before).append(holding(root))

    assert_graded(container.run(watch=watch), 4)
    assert any("autograder/source/tests/q1.py" in found for found in before)  # so the search can find it
    assert during and not any(during)


def holding(root: Path) -> list[str]:
    """Return the files of a container that hold the hidden test."""
    places = [root / name for name in ("autograder", "tmp", "run", "var", "dev/shm", "home", "mnt")]
    files = [path for place in places for path in place.rglob("*") if path.is_file()]
    return [str(path.relative_to(root)) for path in files if HIDDEN.encode() in path.read_bytes()]


@pytest.mark.slow
def test_who_runs_for_ever_ends_before_the_harness_does(tmp_path, built):
    """What was earned until then counts, and results.json is there in time."""
    container = Container(tmp_path, built.files[built.zip_path], landlock=False)
    kit = container.autograder / "source" / "kit" / "autograder" / "gradescope.py"
    text = kit.read_text(encoding="utf-8")
    clock = dict(re.findall(r"^(\w+_SECONDS) = (\d+)", text, re.MULTILINE))
    assert int(clock["DEADLINE_SECONDS"]) <= 600 - 30
    # the same with an hour that has only five minutes
    kit.write_text(
        re.sub(r"^(\w+_SECONDS) = (\d+)", lambda found: f"{found[1]} = {int(found[2]) // 12}", text, flags=re.M)
    )
    hand_in(container, built, end=("import time\ntime.sleep(2)",) * 100)
    outcome = container.run(seconds=60)
    assert_graded(outcome, 4)
    assert outcome.seconds < 50
