"""A class of small submissions, the command that grades it as a process of its own, and what kills its processes.

Everything that the command starts inherits TMPDIR, a folder of the desk's own. By it a process is recognised whoever
its parent is by now, and nobody else's process is ever touched.
"""

import contextlib
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tiny import write_course

from autograder.build import build_assignment, write_built
from autograder.course import read_course
from autograder.model import Result, Status
from autograder.reports import read_result

RIGHT = "def add(a, b):\n    return a + b"
DIES_IN = "import os\ndef add(a, b):\n    os._exit(3) if {when} else None\n    return a + b"
END = "import os\nos._exit(3)"

# name -> cells before the check; what follows a None comes after it
CLASS: dict[str, list[str | None]] = {
    "right": [RIGHT],
    "right-lambda": ["add = lambda a, b: a + b"],
    "right-numpy": ["import numpy as np\ndef add(a, b):\n    return int(np.add(a, b))"],
    "right-late": ["def add(a, b):\n    return 0", None, RIGHT],
    "right-random": ["import random\nimport numpy as np\nluck = random.random() + np.random.rand()", RIGHT],
    "right-after-error": ["raise ValueError('mine')", RIGHT],
    "wrong-minus": ["def add(a, b):\n    return a - b"],
    "wrong-negative": ["def add(a, b):\n    return abs(a) + abs(b)"],
    "wrong-constant": ["def add(a, b):\n    return 3"],
    "wrong-type": ["def add(a, b):\n    return str(a + b)"],
    "wrong-random": ["import random\ndef add(a, b):\n    return a + b + random.random()"],
    "wrong-order": ["def add(a, b):\n    return list({str(a), str(b), 'sum', 'of', 'both'})"],
    "wrong-raises": ["def add(a, b):\n    raise RuntimeError(f'no sum of {a} and {b}')"],
    "wrong-missing": ["x = 1"],
    "wrong-syntax": ["def add(a, b)\n    return a + b"],
    "dies-in-cell": [END, RIGHT],
    "dies-thrice": [END, RIGHT, END, None, END],
    "dies-after-check": [RIGHT, None, END],
    "dies-in-call": [DIES_IN.format(when="True")],
    "dies-when-hidden": [DIES_IN.format(when="a < 0")],
    "dies-by-segfault": [RIGHT, "import ctypes\nctypes.string_at(0)"],
    "dies-by-abort": [RIGHT, "import os\nos.abort()"],
    "dies-by-kill": [RIGHT, "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)"],
}
REJECTED = "rejected"


def hand_in(inbox: Path, pause_seconds: float) -> None:
    """Fill the inbox: every notebook rests twice, so that there is a moment at which to kill something."""
    rest = f"import time\ntime.sleep({pause_seconds})"
    check = "import otter\notter.Notebook().check('q1')"
    for name, parts in CLASS.items():
        middle = [check if part is None else part for part in parts]
        cells = [rest, *middle, *([] if None in parts else [check]), rest]
        notebook = {
            "nbformat": 4,
            "nbformat_minor": 5,
            "metadata": {"otter": {"assignment_name": "tiny"}},
            "cells": [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells],
        }
        (inbox / f"{name}.ipynb").write_text(json.dumps(notebook))
    (inbox / f"{REJECTED}.ipynb").write_text("")


@dataclass(frozen=True)
class Ended:
    """A command that has ended; `code` is -9 when it was killed, `said` its messages on stderr."""

    code: int
    said: str


class Desk:
    """A course, an inbox with the class, and the command `grade` as a process.

    Attributes:
        mark: the TMPDIR of all its processes.
    """

    def __init__(self, folder: Path, pause_seconds: float = 0.15) -> None:
        self.folder, self.root, self.inbox, self.mark = folder, folder / "course", folder / "inbox", folder / "tmp"
        for path in (self.root, self.inbox, self.mark):
            path.mkdir()
        write_course(self.root)
        course = read_course(self.root / "course.yml")
        write_built(self.root, build_assignment(self.root, course, course.assignments[0]))
        hand_in(self.inbox, pause_seconds)

    def arguments(self, out: Path, *paths: Path, jobs: int = 2) -> list[str]:
        return ["grade", "tiny", *map(str, paths or (self.inbox,)), "--out", str(out), "--jobs", str(jobs)]

    def start(self, out: Path, *before: str) -> subprocess.Popen[str]:
        """Start the command on the whole class; `before` is a program, with arguments, that starts it in its turn."""
        return subprocess.Popen(
            [*before, sys.executable, "-m", "autograder.cli", *self.arguments(out)],
            cwd=self.root,
            env={**os.environ, "TMPDIR": str(self.mark), "COLUMNS": "300"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def grade(self, out: Path, *before: str) -> Ended:
        """Run the command on the whole class to its end."""
        return finish(self.start(out, *before))

    def processes(self) -> dict[int, str]:
        """Return the command line of every process that the desk's commands have started and that still lives."""
        marked = f"TMPDIR={self.mark}".encode()
        found = {}
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if folder.name.isdigit() and marked in (folder / "environ").read_bytes().split(b"\0"):
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        return found

    def leftovers(self, before: set[str], seconds: float = 10) -> list[str]:
        """Return what the commands have left so many seconds after their end: processes, files, mounts."""
        end = time.monotonic() + seconds
        while True:
            left = [f"process {pid}: {line}" for pid, line in self.processes().items()]
            left += map(str, self.mark.iterdir())
            left += [thing for thing in surroundings() - before if not _is_a_neighbour(thing)]
            if not left or time.monotonic() > end:
                return left
            time.sleep(0.05)


def finish(process: subprocess.Popen[str], seconds: float = 240) -> Ended:
    """Wait for a command's end; one that hangs is killed and fails the test."""
    try:
        _, said = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return Ended(process.returncode, said)


def surroundings() -> set[str]:
    """Return the mounts, the control groups that may be ours, and the folders of boxes."""
    found = {f"mount {line.split()[4]}" for line in Path("/proc/self/mountinfo").read_text().splitlines()}
    own = [group for line in Path("/proc/self/cgroup").read_text().split() if (group := line.split(":")[2]) != "/"]
    for group, _, _ in os.walk("/sys/fs/cgroup"):
        if "autograder" in group or any(f"{path}/" in group for path in own):
            found.add(f"cgroup {group}")
    return found | {f"folder /tmp/{name}" for name in os.listdir("/tmp") if name.startswith("autograder-box-")}


def _is_a_neighbour(thing: str) -> bool:
    """Tell whether a folder or a control group is of a process that lives, another grader's: it bears its number."""
    return any(Path(f"/proc/{number}").exists() for number in re.findall(r"autograder-[a-z]+-(\d+)", thing))


# What is on disk


def records(out: Path) -> dict[str, Result]:
    """Return the records in a results folder by submission; every one must be valid."""
    found = {path.stem: read_result(path.read_text()) for path in sorted((out / "results").glob("*.json"))}
    assert all(name == result.submission for name, result in found.items())
    return found


def settled(out: Path) -> dict[str, tuple[int, int, str]]:
    """Return of each graded submission which file its record is, when it was written, and what it holds."""
    return {
        name: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_text())
        for name, result in records(out).items()
        if result.status is Status.GRADED and (path := out / "results" / f"{name}.json")
    }


def shown_to_people(out: Path) -> dict[str, bytes]:
    """Return the tables and pages of a results folder, which hold no times."""
    paths = [out / "grades.csv", out / "index.html", *sorted((out / "feedback").iterdir())]
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in paths}


def evidence_of(out: Path, result: Result) -> Path:
    """Return the file that holds the evidence of a graded submission."""
    (path,) = (out / "evidence").glob(f"{result.facts.submission_sha256[:32]}-*")
    return path


def without_use(result: Result) -> dict[str, Any]:
    """Return a result without what differs from run to run: times and memory. Its evidence counts by its digest."""
    record = asdict(result)
    del record["cpu_seconds"], record["wall_seconds"], record["evidence"]
    if record["facts"]:
        del record["facts"]["memory_bytes"]
    return record


def names(out: Path) -> set[str]:
    """Return the files in a results folder, those with times too."""
    return {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}


# Killing


@dataclass(frozen=True)
class Family:
    """The processes of a command that runs: a box is three of them, or one."""

    zygotes: tuple[int, ...] = ()
    judges: tuple[int, ...] = ()
    boxes: tuple[int, ...] = ()


def family(command: int) -> Family:
    """Look at a command's descendants."""
    zygotes = [pid for pid in _children(command) if b"autograder.sandbox.zygote" in _read(pid, "cmdline")]
    judges, boxes = [], []
    for zygote in filter(_serves, zygotes):
        for pid in _children(zygote):
            # a box is a session of its own; a judge stays in the zygote's
            if _session(pid) == pid:
                inside = _children(pid)
                boxes += [pid, *inside, *(one for process in inside for one in _children(process))]
            elif _session(pid) == zygote:
                judges.append(pid)
    return Family(tuple(zygotes), tuple(judges), tuple(boxes))


def _serves(zygote: int) -> bool:
    """Tell whether a zygote waits for orders, so that its children are judges and boxes: it has made its selector."""
    with contextlib.suppress(OSError):
        folder = f"/proc/{zygote}/fd"
        return any("eventpoll" in os.readlink(f"{folder}/{number}") for number in os.listdir(folder))
    return False


def _children(pid: int) -> list[int]:
    found: list[int] = []
    with contextlib.suppress(OSError):
        for thread in os.listdir(f"/proc/{pid}/task"):
            found += map(int, _read(pid, f"task/{thread}/children").split())
    return found


def _read(pid: int, name: str) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/{name}").read_bytes()
    return b""


def _session(pid: int) -> int:
    with contextlib.suppress(OSError):
        return os.getsid(pid)
    return -1


class Killer:
    """Kills what a plan lists, at moments drawn from a seed, while commands run.

    Args:
        mark: TMPDIR of the processes that may be killed; no other ever is.
        plan: how often to kill a command, a zygote, a judge and a box.

    Attributes:
        hits: how often each really was alive and was killed.
    """

    def __init__(self, mark: Path, plan: dict[str, int], seed: int) -> None:
        self._mark, self._random = f"TMPDIR={mark}".encode(), random.Random(seed)
        self._deck = [kind for kind, count in plan.items() for _ in range(count)]
        self._random.shuffle(self._deck)
        self._spared: set[int] = set()
        self.hits: Counter[str] = Counter()

    @property
    def done(self) -> bool:
        return not self._deck

    def hunt(self, command: subprocess.Popen[str], out: Path) -> None:
        """Kill one after the other until the command has ended or the plan is carried out."""
        started = time.monotonic()
        while command.poll() is None and self._deck:
            kind = self._deck[-1]
            # one in four of those that exist before the first judge is killed while everything starts
            at_start = kind in ("command", "zygote") and self._random.random() < 0.25
            if at_start:
                self._sleep(command, started + self._random.uniform(0.1, 4) - time.monotonic())
            else:
                self._wait_for_work(command, out, just_written=kind == "command" and self._random.random() < 0.5)
            if self._strike(kind, family(command.pid), command.pid):
                self.hits[kind] += 1
                self._deck.pop()
            else:  # none there now, or none that may die: try something else first
                self._deck.insert(0, self._deck.pop())

    def _sleep(self, command: subprocess.Popen[str], seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            command.wait(max(seconds, 0))

    def _wait_for_work(self, command: subprocess.Popen[str], out: Path, just_written: bool) -> None:
        """Wait until a submission is being graded, and a little more or until the next record is there."""
        while command.poll() is None and not family(command.pid).judges:
            time.sleep(0.005)
        if not just_written:
            self._sleep(command, self._random.uniform(0, 0.5))
            return
        before, end = set(os.listdir(out / "results")), time.monotonic() + 2
        while command.poll() is None and set(os.listdir(out / "results")) == before and time.monotonic() < end:
            time.sleep(0.0005)

    def _strike(self, kind: str, alive: Family, command: int) -> bool:
        match kind:
            case "command":
                targets = [command]
            case "zygote":
                targets = list(alive.zygotes)
            case "judge":
                targets = list(alive.judges)
            case _:
                # A box that is killed is tried once more. Whose box it is cannot be seen from here, so the next one
                # is killed only when every judge that was at work then has ended.
                self._spared &= set(alive.judges)
                targets = [] if self._spared else list(alive.boxes)
        if not targets or not self._kill(self._random.choice(targets)):
            return False
        if kind == "box":
            self._spared = set(alive.judges)
        return True

    def _kill(self, pid: int) -> bool:
        """Kill a process of the desk's and tell whether it was alive."""
        try:
            descriptor = os.pidfd_open(pid)
        except OSError:
            return False
        try:
            if self._mark not in _read(pid, "environ").split(b"\0"):
                return False
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except OSError:
            return False
        finally:
            os.close(descriptor)
        return True
