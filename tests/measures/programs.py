"""Runs a program to its end and tells what it used, all its processes included."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from measures.accounting import Account

COMMAND = "autograder"
SCRIPT = str(Path(__file__).with_name("command.py"))
LOOK_SECONDS = 0.5
ENVIRONMENT = {"TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}


@dataclass(frozen=True)
class Cost:
    """What was used.

    Attributes:
        cpu_seconds: of all processes; clock_seconds: from start to end.
        peak_mb: the most that all processes together held at a time, MiB, a page that several share counted once.
        files_mb: of it pages of files, which the kernel takes back where memory is short.
        own_mb: the most that the program's own process held, MiB; only of the command `autograder`.
        exit_code: of the program; printed: the end of what it said.
    """

    cpu_seconds: float
    clock_seconds: float = 0.0
    peak_mb: float = 0.0
    files_mb: float = 0.0
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
    with (
        tempfile.NamedTemporaryFile(suffix=".json") as found,
        tempfile.TemporaryFile() as printed,
        closing(Account()) as account,
    ):
        name, *rest = map(str, command)
        program = [sys.executable, SCRIPT, found.name, *rest] if name == COMMAND else [name, *rest]
        variables = {**os.environ, **ENVIRONMENT, **(environment or {})}
        start = time.monotonic()
        process = subprocess.Popen(
            program,
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=printed,
            preexec_fn=account.enter,
        )
        peak_mb, files_mb = 0.0, 0.0
        while process.poll() is None:
            peak_mb, files_mb = max((peak_mb, files_mb), held_mb([process.pid, *descendants(process.pid)]))
            time.sleep(LOOK_SECONDS)
        clock_seconds = time.monotonic() - start
        account.wait()
        printed.seek(0)
        end = printed.read().decode(errors="replace")[-2000:]
        if check and process.returncode:
            raise RuntimeError(f"exit code {process.returncode} of {' '.join(map(str, command))}:\n{end}")
        own_mb = float(Path(found.name).read_text() or 0)
        return Cost(account.cpu_seconds, clock_seconds, peak_mb, files_mb, own_mb, process.returncode, end)


def autograder(*arguments: object) -> list[object]:
    """Return the command `autograder` with these arguments, to be given to `run`, which then knows its own memory."""
    return [COMMAND, *arguments]


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


def held_mb(pids: list[int]) -> tuple[float, float]:
    """Return the memory of processes in MiB, a page that several share counted once, and of it the pages of files.

    Pages of files, as of TensorFlow's libraries, may be shared with programs that are none of these: as many count as
    one of the processes has. The kernel takes them back where memory is short.
    """
    own, files = 0, 0
    for pid in pids:
        try:
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
            status = Path(f"/proc/{pid}/status").read_text().splitlines()
        except OSError:  # it has ended
            continue
        own += sum(int(line.split()[1]) for line in rollup if line.startswith(("Pss_Anon", "Pss_Shmem")))
        files = max([files, *(int(line.split()[1]) for line in status if line.startswith("RssFile"))])
    return (own + files) / 1024, files / 1024
