"""Runs a program to its end and tells what it used, all its processes included.

As a script it is what stands between the bench and the program, so that nothing else is counted.
"""

import atexit
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LOOK_SECONDS = 0.5
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}


@dataclass(frozen=True)
class Cost:
    """What was used.

    Attributes:
        cpu_seconds: of all processes; clock_seconds: from start to end.
        peak_mb: the most that all processes together held at a time, MiB, a page that several share counted once.
        own_mb: the most that the program's own process held, MiB; only of the command `autograder`.
        exit_code: of the program; printed: the end of what it said.
    """

    cpu_seconds: float
    clock_seconds: float = 0.0
    peak_mb: float = 0.0
    own_mb: float = 0.0
    exit_code: int = 0
    printed: str = ""


def run(command: Sequence[object], folder: Path, environment: dict[str, str] | None = None, check: bool = True) -> Cost:
    """Run a program in a folder.

    Args:
        environment: added to the bench's own.
        check: whether any exit code but 0 is a failure.

    Raises:
        RuntimeError: when it failed; the text holds the end of what it printed.
    """
    with tempfile.NamedTemporaryFile(suffix=".json") as found, tempfile.TemporaryFile() as printed:
        wrapped = [sys.executable, __file__, found.name, *map(str, command)]
        variables = {**os.environ, **ENVIRONMENT, **(environment or {})}
        start = time.monotonic()
        process = subprocess.Popen(wrapped, cwd=folder, env=variables, stdout=printed, stderr=printed)
        peak_mb = 0.0
        while process.poll() is None:
            peak_mb = max(peak_mb, held_mb(descendants(process.pid)))
            time.sleep(LOOK_SECONDS)
        clock_seconds = time.monotonic() - start
        usage = json.loads(Path(found.name).read_text() or "{}")
        printed.seek(0)
        end = printed.read().decode(errors="replace")[-2000:]
        if "exit_code" not in usage or (check and usage["exit_code"]):
            raise RuntimeError(f"exit code {usage.get('exit_code')} of {' '.join(map(str, command))}:\n{end}")
    return Cost(usage["cpu_seconds"], clock_seconds, peak_mb, usage.get("own_mb", 0.0), usage["exit_code"], end)


def autograder(*arguments: object) -> list[object]:
    """Return the command `autograder` with these arguments, to be given to `run`, which then knows its own memory."""
    return ["autograder", *arguments]


def descendants(pid: int) -> list[int]:
    """Return the processes below a process that live."""
    found, pending = [], [pid]
    while pending:
        try:
            for task in Path(f"/proc/{pending.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                pending += children
        except OSError:
            continue
    return found


def held_mb(pids: list[int]) -> float:
    """Return the memory of processes in MiB, a page that several share counted once."""
    kibibytes = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except OSError:  # it has ended
            continue
        kibibytes += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kibibytes / 1024


def _wrap(path: str, command: list[str]) -> None:
    """Be a process whose only child is the program, and write what it used to a file."""
    command = [sys.executable, __file__, path, "--inside", *command[1:]] if command[0] == "autograder" else command
    code = subprocess.run(command, stdin=subprocess.DEVNULL).returncode
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    found = json.loads(Path(path).read_text() or "{}")
    found |= {"cpu_seconds": usage.ru_utime + usage.ru_stime, "exit_code": code}
    Path(path).write_text(json.dumps(found))


def _command(path: str, arguments: list[str]) -> None:
    """Be the command `autograder`, and at the end write the most memory that this process held to a file."""
    from autograder.cli import main

    def note() -> None:
        # ru_maxrss would begin with what the process held that started this one
        lines = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
        Path(path).write_text(json.dumps({"own_mb": int(lines["VmHWM"].split()[0]) / 1024}))

    atexit.register(note)
    main(arguments)


if __name__ == "__main__":
    _, _path, *_rest = sys.argv
    if _rest[0] == "--inside":
        _command(_path, _rest[1:])
    else:
        _wrap(_path, _rest)
