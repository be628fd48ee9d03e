"""Proves the isolation level of this machine: live probes from inside a box, each with what it must see.

In goes a warmed process; out come findings. The probes are programs that try what an attacker would try; they need no
tests, no submission and no network.
"""

import contextlib
import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.model import Limits
from autograder.sandbox import wire
from autograder.sandbox.box import Box, Died, Warm
from autograder.sandbox.syscalls import number

LIMITS = Limits(cell_seconds=10, run_seconds=60, memory_mb=512, output_mb=16, processes=64)
REFUSED = "refused"


@dataclass(frozen=True)
class Probe:
    """A program that leaves what it saw as text in `seen`; `expected` says what that must be, at which levels."""

    name: str
    code: str
    expected: str = REFUSED
    levels: tuple[str, ...] = ("namespaces", "uid")


@dataclass(frozen=True)
class Finding:
    """What a probe saw."""

    name: str
    expected: str
    seen: str

    @property
    def ok(self) -> bool:
        return self.seen == self.expected


@dataclass(frozen=True)
class Surroundings:
    """What the probes go for: made for them, outside of any box."""

    canary: Path
    port: int
    mark: str


# `attempt(action)` is what each probe uses: "refused" when the kernel says no, else what came of it.
PRELUDE = """
import ctypes, os, socket, sys
def attempt(action):
    try:
        return action() or "done"
    except (OSError, MemoryError):
        return "refused"
def call(number, *args):
    libc = ctypes.CDLL(None, use_errno=True)
    return "refused" if libc.syscall(number, *args) < 0 and ctypes.get_errno() in (1, 13, 38) else "done"
"""


def probes(around: Surroundings) -> Iterator[Probe]:
    """Yield all probes; each runs in a box of its own."""
    judge = os.getpid()
    read = "seen = attempt(lambda: str(open({!r}, 'rb').read(1)))".format
    yield Probe("read a test file", read(str(around.canary)))
    yield Probe("read the grader's variables", read(f"/proc/{judge}/environ"))
    yield Probe("read the grader's memory", read(f"/proc/{judge}/mem"))
    yield Probe(
        "read the parent's memory", "seen = attempt(lambda: str(open(f'/proc/{os.getppid()}/mem', 'rb').read(1)))"
    )
    yield Probe(
        "list other processes",
        "n = sum(name.isdigit() for name in os.listdir('/proc'))\nseen = 'only its own' if n <= 2 else str(n)",
        "only its own",
        ("namespaces",),
    )
    yield Probe("signal the grader", f"seen = attempt(lambda: os.kill({judge}, 0))")
    yield Probe(
        "connect to this machine",
        f"seen = attempt(lambda: str(socket.create_connection(('127.0.0.1', {around.port}), timeout=2)))",
    )
    yield Probe("open a raw socket", "seen = attempt(lambda: str(socket.socket(socket.AF_INET, socket.SOCK_RAW, 1)))")
    for place in ("/usr", os.path.dirname(os.__file__), "/etc"):
        yield Probe(
            f"write to {place}", f"seen = attempt(lambda: str(open({place!r} + '/planted-{around.mark}', 'w')))"
        )
    yield Probe(
        "exceed the file size",
        "def fill():\n    with open('big', 'wb') as file:\n        for _ in range(64): file.write(bytes(1 << 20))\n"
        "seen = attempt(fill)",
    )
    yield Probe(
        "exceed the processes",
        "import threading, time\ndef many():\n    try:\n"
        "        for _ in range(500): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "    except RuntimeError: raise OSError\nseen = attempt(many)",
    )
    yield Probe(
        "exceed the memory",
        "hoard = [bytearray(b'x' * (1 << 20)) for _ in range(4096)]\nseen = 'done'",
        "stopped",
    )
    yield Probe("hold a capability", "seen = open('/proc/self/status').read().split('CapEff:')[1].split()[0]", "0" * 16)
    yield Probe("become root", "seen = attempt(lambda: os.setuid(0))")
    for name in ("ptrace", "keyctl", "io_uring_setup", "mount", "unshare", "bpf"):
        argument = 0x10000000 if name == "unshare" else 0
        yield Probe(f"use {name}", f"seen = call({number(name)}, {argument}, 0, 0, 0, 0)")


def examine(warm: Warm, level: str) -> Iterator[Finding]:
    """Run every probe that belongs to the level, and yield what it saw."""
    with _surroundings() as around:
        for probe in probes(around):
            if level in probe.levels:
                yield Finding(probe.name, probe.expected, _run(warm, level, PRELUDE + probe.code))
    yield _interpreter(warm, level)
    yield _leave_a_file(warm, level)
    yield _leave_a_process(warm, level)


@contextlib.contextmanager
def _surroundings() -> Iterator[Surroundings]:
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        canary = Path(folder) / "q1.py"
        canary.write_text("a hidden test")
        Path(folder).chmod(0o755)
        yield Surroundings(canary, server.getsockname()[1], secrets.token_hex(8))


def _run(warm: Warm, level: str, code: str) -> str:
    box = Box(warm, level, LIMITS, 0, {})
    try:
        done = box.ask(lambda nonce: wire.Execute(nonce, code), "the probe")
        if done.error is not None:
            return ": ".join(done.error)[:100]
        return str(box.ask(lambda nonce: wire.Get(nonce, "seen"), "the probe").value)
    except Died as death:
        return "stopped" if str(death).endswith("of memory") else str(death)
    finally:
        box.close()


def _interpreter(warm: Warm, level: str) -> Finding:
    """An interpreter that the box cannot read would be replaced by the system's, silently."""
    code = (
        "import subprocess, sys\nseen = subprocess.run([sys.executable, '-I', '-c', 'import sys; print(sys.version)'], "
    )
    seen = _run(warm, level, code + "capture_output=True, text=True).stdout.split(' ')[0]")
    return Finding("start the same interpreter", warm.hello.versions["python"], seen)


def _leave_a_file(warm: Warm, level: str) -> Finding:
    places = [f"{folder}/left-{secrets.token_hex(8)}" for folder in ("/tmp", "/dev/shm", "/var/tmp", "/box")]
    write = f"for place in {places!r}:\n    attempt(lambda: open(place, 'w').write('x'))\nseen = ''"
    _run(warm, level, PRELUDE + write)
    return _next(warm, level, "leave a file behind", f"any(map(os.path.exists, {places!r}))", places)


def _next(warm: Warm, level: str, name: str, question: str, places: list[str]) -> Finding:
    seen = _run(warm, level, f"import os\nseen = 'found' if {question} else 'nothing left'")
    outside = [place for place in places if os.path.exists(place)]
    for place in outside:
        os.unlink(place)
    return Finding(name, "nothing left", f"left {outside[0]}" if outside else seen)


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
    return Finding("leave a process behind", "nothing left", f"{len(running)} running" if running else "nothing left")


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""
