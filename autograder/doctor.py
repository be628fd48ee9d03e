"""Proves the isolation level of this machine: runs every probe in a live box and says what it saw.

In goes a warmed process; out come findings. No tests, no submission and no network are needed.
"""

import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.probes import LIMITS, NOTHING, PRELUDE, Probe, Surroundings, probes
from autograder.sandbox import wire
from autograder.sandbox.box import Box, Died, Warm
from autograder.sandbox.orders import ForkJudge

PRINTED_MB = 1024
KEPT_MB = 64  # that Python may need to print so much


@dataclass(frozen=True)
class Finding:
    """What a probe saw."""

    name: str
    expected: str
    seen: str

    @property
    def ok(self) -> bool:
        return self.seen in self.expected.split(" or ")


def examine(warm: Warm, level: str) -> Iterator[Finding]:
    """Run every probe that belongs to the level, and yield what it saw."""
    with _surroundings(warm) as around:
        for probe in probes(around):
            if level in probe.levels:
                yield Finding(probe.name, probe.expected, _probe(warm, level, around, probe))
        yield _print_much(warm, level, around)
    yield _interpreter(warm, level)
    yield _leave_a_file(warm, level)
    yield _leave_a_process(warm, level)


@contextlib.contextmanager
def _surroundings(warm: Warm) -> Iterator[Surroundings]:
    """Make what the probes go for: a file, listeners, and a judge that waits for its job."""
    mark = secrets.token_hex(8)
    judge, job = warm.fork(ForkJudge())
    processes = {"grader": os.getpid(), "warmed process": parent_of(judge), "judge": judge}
    try:
        with (
            job,
            tempfile.TemporaryDirectory() as folder,
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.socket(socket.AF_UNIX) as door,
        ):
            canary = Path(folder) / "q1.py"
            canary.write_text("a hidden test")
            Path(folder).chmod(0o755)
            door.bind(f"\0{mark}-grader")
            door.listen()
            yield Surroundings(canary, server.getsockname()[1], f"\0{mark}-grader", processes, mark)
    finally:
        warm.reap(judge)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().split("PPid:")[1].split()[0])


def _probe(warm: Warm, level: str, around: Surroundings, probe: Probe) -> str:
    """Run a probe and what belongs before or beside it; return what it saw."""
    if probe.earlier:
        _run(warm, level, PRELUDE + probe.earlier)
    with contextlib.ExitStack() as stack:
        code = PRELUDE
        if probe.beside:
            others = set(descendants_of(around.processes["warmed process"]))
            box = Box(warm, level, LIMITS, 0, {})
            stack.callback(box.close)
            _execute(box, PRELUDE + probe.beside)
            pids = sorted(set(descendants_of(around.processes["warmed process"])) - others)
            folder = _execute(box, "import os\nseen = os.getcwd()")
            code += f"pids, folder = {pids}, {folder!r}\n"
        return _run(warm, level, code + probe.code)


def descendants_of(pid: int) -> Iterator[int]:
    """Yield the processes that a process has started, and theirs."""
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, _read(children).split()):
            yield child
            yield from descendants_of(child)


def _run(warm: Warm, level: str, code: str) -> str:
    box = Box(warm, level, LIMITS, 0, {})
    try:
        return _execute(box, code)
    finally:
        box.close()


def _execute(box: Box, code: str) -> str:
    """Return what a program left in `seen`, or what became of its box."""
    try:
        done = box.ask(lambda nonce: wire.Execute(nonce, code), "the probe")
        if done.error is not None:
            return ": ".join(done.error)[:100]
        return str(box.ask(lambda nonce: wire.Get(nonce, "seen"), "the probe").value)
    except Died as death:
        return "stopped" if " limit " in str(death) else str(death)


def _print_much(warm: Warm, level: str, around: Surroundings) -> Finding:
    """What a notebook prints goes nowhere: not to the grader's memory, not to its disk."""
    code = f"""
import os, sys
piece = "x" * (1 << 20)
for _ in range({PRINTED_MB // 4}):
    print(piece)
    print(piece, file=sys.stderr)
    for descriptor in (1, 2): os.write(descriptor, piece.encode())
seen = ""
"""
    logs = [Path(f"/proc/{around.processes['warmed process']}/fd/{descriptor}") for descriptor in (1, 2)]
    before = [log.stat().st_size for log in logs]
    box = Box(warm, level, LIMITS, 0, {})
    try:
        trouble = _execute(box, code)
    finally:
        box.close()
    kept_bytes = max(box.peak_bytes, *(log.stat().st_size - size for log, size in zip(logs, before, strict=True)))
    seen = "nothing kept" if kept_bytes < KEPT_MB << 20 else f"{kept_bytes >> 20} MiB kept"
    return Finding(f"print {PRINTED_MB} MiB", "nothing kept", trouble or seen)


def _interpreter(warm: Warm, level: str) -> Finding:
    """An interpreter that the box cannot read would be replaced by the system's, silently."""
    code = (
        "import subprocess, sys\nseen = subprocess.run([sys.executable, '-I', '-c', 'import sys; print(sys.version)'], "
    )
    seen = _run(warm, level, code + "capture_output=True, text=True).stdout.split(' ')[0]")
    return Finding("start the same interpreter", warm.hello.versions["python"], seen)


def _leave_a_file(warm: Warm, level: str) -> Finding:
    places = [f"{folder}/left-{secrets.token_hex(8)}" for folder in ("/tmp", "/dev/shm", "/var/tmp", "/box")]
    _run(warm, level, f"{PRELUDE}for place in {places!r}:\n    attempt(lambda: open(place, 'w').write('x'))\nseen = ''")
    seen = _run(warm, level, f"import os\nseen = 'found' if any(map(os.path.exists, {places!r})) else {NOTHING!r}")
    outside = [place for place in places if os.path.exists(place)]
    for place in outside:
        os.unlink(place)
    return Finding("leave a file behind", NOTHING, f"left {outside[0]}" if outside else seen)


def _leave_a_process(warm: Warm, level: str) -> Finding:
    mark = f"left-{secrets.token_hex(8)}"
    code = f"""
import os, sys, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execv(sys.executable, [sys.executable, "-I", "-c", "import time; time.sleep(60)", {mark!r}])
    os._exit(0)
os.wait()
time.sleep(0.2)
seen = "started"
"""
    _run(warm, level, code)
    running = [path for path in Path("/proc").glob("[0-9]*/cmdline") if mark in _read(path)]
    return Finding("leave a process behind", NOTHING, f"{len(running)} running" if running else NOTHING)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
