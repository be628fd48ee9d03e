"""The programs with which `autograder doctor` attacks the isolation from inside a box, and what each must see.

In goes what there is to attack; out come programs. They try what an attacker would try, and nothing here runs them.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.model import Limits
from autograder.sandbox.syscalls import number

# what the programs that want more than they may have are given
LIMITS = Limits(cell_seconds=10, run_seconds=60, memory_mb=512, disk_mb=16, processes=64)
REFUSED, STOPPED, NOTHING = "refused", "refused or stopped", "nothing left"
BOTH = ("namespaces", "uid")


@dataclass(frozen=True)
class Probe:
    """A program that leaves what it saw as text in `seen`.

    Attributes:
        expected: what that must be; one of several with "or" between them.
        levels: where the probe has a meaning.
        earlier: a program that another box has run and that is over.
        beside: a program that another box has run and that is still alive; the probe finds the process ids of that box
            in `pids` and its folder in `folder`.
    """

    name: str
    code: str
    expected: str = REFUSED
    levels: tuple[str, ...] = BOTH
    earlier: str = ""
    beside: str = ""


@dataclass(frozen=True)
class Surroundings:
    """What the probes go for: made for them, outside of any box.

    Attributes:
        canary: a test file.
        port: a listener on this machine; `socket_name` another one, in the abstract name space of unix(7).
        processes: the grader, the warmed process, a live judge: name -> process id.
        mark: a name that nothing else on this machine bears.
    """

    canary: Path
    port: int
    socket_name: str
    processes: dict[str, int]
    mark: str


# `attempt(action)` is what each probe uses: "refused" when the kernel says no, else what came of it.
PRELUDE = """
import ctypes, os, socket, struct, subprocess, sys, time
libc = ctypes.CDLL(None, use_errno=True)
def attempt(action):
    try:
        return str(action() or "done")
    except (OSError, MemoryError):
        return "refused"
def call(number, *args):
    return "refused" if libc.syscall(number, *args) < 0 and ctypes.get_errno() in (1, 13, 38) else "done"
def must(result):
    if result < 0: raise OSError
    return result
def only_refused(*outcomes):
    return ", ".join(sorted({outcome for outcome in outcomes if outcome != "refused"})) or "refused"
"""


def probes(around: Surroundings) -> Iterator[Probe]:
    """Yield all probes; each runs in a box of its own."""
    yield from _secrets(around)
    yield from _doors(around)
    yield from _amounts()
    yield from _rights()
    yield from _next_box(around)
    yield from _neighbour(around)


def _secrets(around: Surroundings) -> Iterator[Probe]:
    read = "seen = attempt(lambda: str(open({!r}, 'rb').read(1)))".format
    yield Probe("read a test file", read(str(around.canary)))
    for name, pid in around.processes.items():
        yield Probe(f"read the variables of the {name}", read(f"/proc/{pid}/environ"))
        yield Probe(f"read the memory of the {name}", read(f"/proc/{pid}/mem"))
        yield Probe(f"open the files of the {name}", f"seen = attempt(lambda: os.listdir('/proc/{pid}/fd'))")
        take = f"must(libc.syscall({number('pidfd_getfd')}, os.pidfd_open({pid}), 3, 0))"
        yield Probe(f"take a socket of the {name}", f"seen = attempt(lambda: {take})")
        yield Probe(f"signal the {name}", f"seen = attempt(lambda: os.kill({pid}, 0))")
    parent = "open(f'/proc/{os.getppid()}/mem', 'rb').read(1)"
    yield Probe("read the memory of its parent", f"seen = attempt(lambda: str({parent}))")
    count = "n = sum(name.isdigit() for name in os.listdir('/proc'))\nseen = 'only its own' if n <= 2 else str(n)"
    yield Probe("list other processes", count, "only its own", ("namespaces",))


def _doors(around: Surroundings) -> Iterator[Probe]:
    connect = f"socket.create_connection(('127.0.0.1', {around.port}), timeout=2)"
    yield Probe("connect to this machine", f"seen = attempt(lambda: {connect})")
    connect = f"socket.socket(socket.AF_UNIX).connect({around.socket_name!r})"
    yield Probe("connect to an abstract socket", f"seen = attempt(lambda: {connect})")
    yield Probe("open a raw socket", "seen = attempt(lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))")
    for place in ("/usr", os.path.dirname(os.__file__), "/etc"):
        target = f"{place}/planted-{around.mark}"
        yield Probe(f"write to {place}", f"seen = attempt(lambda: open({target!r}, 'w'))")


def _amounts() -> Iterator[Probe]:
    yield Probe(
        "exceed the size of a file",
        "def fill():\n    with open('big', 'wb') as file:\n        for _ in range(64): file.write(bytes(1 << 20))\n"
        "seen = attempt(fill)",
        STOPPED,
    )
    # at level uid the disk has no limit of its own: the judge looks, and stops the box
    pieces = "for n in range(64):\n        with open(f'piece{n}', 'wb') as file: file.write(bytes(1 << 20))"
    yield Probe(
        "exceed the size of all files",
        f"def fill():\n    {pieces}\n    time.sleep(2)\nseen = attempt(fill)",
        STOPPED,
    )
    yield Probe(
        "exceed the number of files",
        "def fill():\n    for n in range(40000): open(f'empty{n}', 'w').close()\n"
        "    time.sleep(2)\nseen = attempt(fill)",
        STOPPED,
    )
    yield Probe(
        "exceed the processes",
        "import threading\ndef many():\n    try:\n"
        "        for _ in range(500): threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "    except RuntimeError: raise OSError\nseen = attempt(many)",
    )
    yield Probe(
        "exceed the memory",
        "hoard = [bytearray(b'x' * (1 << 20)) for _ in range(4096)]\nseen = 'done'",
        STOPPED,
    )
    # memory that no process has mapped, which therefore none is seen to use
    hoard = (
        "hoard = [os.memfd_create('hoard') for _ in range(80)]\n    for file in hoard: os.write(file, bytes(15 << 20))"
    )
    yield Probe(
        "exceed the memory by files in memory",
        f"def fill():\n    {hoard}\n    time.sleep(2)\nseen = attempt(fill)",
        STOPPED,
    )
    share = "must(libc.shmget(0, ctypes.c_size_t(1 << 30), 0o600))"
    yield Probe("exceed the memory by shared segments", f"seen = attempt(lambda: {share})")


def _rights() -> Iterator[Probe]:
    held = "seen = open('/proc/self/status').read().split('CapEff:')[1].split()[0]"
    # TensorFlow chooses its arithmetic by this file: where it is hidden, the fifth digit of a loss is another
    yield Probe("see the processor", "seen = open('/proc/cpuinfo').read(9)", "processor")
    yield Probe("hold a capability", held, "0" * 16)
    # linux/capability.h: version 3, this process; CAP_SYS_ADMIN effective, permitted and inheritable
    ask = "libc.capset(struct.pack('=Ii', 0x20080522, 0), struct.pack('=6I', *[1 << 21] * 3, 0, 0, 0))"
    yield Probe("gain a capability", f"seen = attempt(lambda: must({ask}))")
    ambient = "libc.prctl(47, 2, 21, 0, 0)"  # PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_SYS_ADMIN
    yield Probe("gain an ambient capability", f"seen = attempt(lambda: must({ambient}))")
    yield Probe("become root", "seen = attempt(lambda: os.setuid(0))")
    # ld.so lists what the kernel told a new program, but not to one that has gained rights
    yield Probe(
        "gain rights by a setuid program",
        "places = [f'/usr/bin/{name}' for name in ('su', 'passwd', 'mount', 'newgrp')]\n"
        "gained = []\n"
        "for place in places:\n"
        "    if os.path.exists(place) and os.stat(place).st_mode & 0o4000:\n"
        "        run = subprocess.run([place, '--version'], env={'LD_SHOW_AUXV': '1'}, capture_output=True)\n"
        "        lines = run.stdout.decode(errors='replace').splitlines()\n"
        "        told = dict(line.split(':', 1) for line in lines if line.startswith('AT_'))\n"
        "        if told.get('AT_EUID', '').strip() != str(os.getuid()): gained.append(place)\n"
        "seen = ', '.join(gained) or 'gains nothing'",
        "gains nothing",
    )
    for name in ("ptrace", "keyctl", "io_uring_setup", "mount", "unshare", "bpf", "process_vm_readv"):
        argument = 0x10000000 if name == "unshare" else 0
        yield Probe(f"use {name}", f"seen = call({number(name)}, {argument}, 0, 0, 0, 0)")


def _next_box(around: Surroundings) -> Iterator[Probe]:
    key = int(around.mark[:7], 16)
    yield Probe(
        "leave shared memory for the next box",
        f"seen = 'found' if libc.shmget({key}, 4096, 0) >= 0 else {NOTHING!r}",
        NOTHING,
        earlier=f"seen = attempt(lambda: must(libc.shmget({key}, 4096, 0o1666)))",
    )
    yield Probe(
        "leave a message for the next box",
        f"seen = 'found' if libc.msgget({key}, 0) >= 0 else {NOTHING!r}",
        NOTHING,
        earlier=f"seen = attempt(lambda: must(libc.msgget({key}, 0o1666)))",
    )
    yield Probe(
        "leave a semaphore for the next box",
        f"seen = 'found' if libc.semget({key}, 1, 0) >= 0 else {NOTHING!r}",
        NOTHING,
        earlier=f"seen = attempt(lambda: must(libc.semget({key}, 1, 0o1666)))",
    )
    # 0o102: O_RDWR and O_CREAT
    queue = f"librt = ctypes.CDLL('librt.so.1')\nname = b'/{around.mark}'\n"
    yield Probe(
        "leave a POSIX message queue for the next box",
        f"{queue}seen = 'found' if librt.mq_open(name, 0) >= 0 else {NOTHING!r}",
        NOTHING,
        earlier=f"{queue}seen = librt.mq_open(name, 0o102, 0o666, None)",
    )


def _neighbour(around: Surroundings) -> Iterator[Probe]:
    mine = "open('mine', 'w').write('an answer')\nos.chmod('mine', 0o666)\nseen = ''"
    yield Probe(
        "read the files of a box beside it",
        "places = [f'/proc/{pid}/cwd/mine' for pid in pids] + [f'{folder}/mine']\n"
        "seen = only_refused(*(attempt(lambda: open(place).read()) for place in places))",
        beside=mine,
    )
    yield Probe(
        "watch the folder of a box beside it",
        "places = [f'/proc/{pid}/root/tmp' for pid in pids] + ([] if folder == os.getcwd() else [folder])\n"
        "watch = libc.inotify_init1(0)\n"
        "def look(place): return must(libc.inotify_add_watch(watch, place.encode(), 0xfff)) and 'watched'\n"
        "seen = only_refused(*(attempt(lambda: look(place)) for place in places))",
        beside=mine,
    )
    yield Probe(
        "see the processes of a box beside it",
        "files = ('environ', 'mem', 'maps', 'fd/0', 'stack')\n"
        "places = [f'/proc/{pid}/{file}' for pid in pids for file in files]\n"
        "seen = only_refused(*(attempt(lambda: f'read {len(open(place, \"rb\").read(1))}') for place in places))",
        beside=mine,
    )
    yield Probe(
        "signal a box beside it",
        "seen = only_refused(*(attempt(lambda: os.kill(pid, 0)) for pid in pids))",
        beside=mine,
    )
    name = f"\0{around.mark}"
    yield Probe(
        "meet a box beside it at an abstract socket",
        f"seen = attempt(lambda: socket.socket(socket.AF_UNIX).connect({name!r}))",
        beside=f"door = socket.socket(socket.AF_UNIX)\ndoor.bind({name!r})\ndoor.listen()\nseen = ''",
    )
    # struct flock of fcntl(2): read lock on byte 77 of a file that both can read; F_GETLK tells who else holds one
    lock = "file = open(os.__file__, 'rb')\nlock = struct.pack('hhqqi4x', {kind}, 0, 77, 1, 0)\n"
    yield Probe(
        "meet a box beside it at a lock",
        f"import fcntl\n{lock.format(kind='fcntl.F_WRLCK')}"
        "def look(): return 'seen' if struct.unpack('hhqqi4x', fcntl.fcntl(file, fcntl.F_GETLK, lock))[0] != "
        "fcntl.F_UNLCK else 'refused'\nseen = attempt(look)",
        beside=f"import fcntl\n{lock.format(kind='fcntl.F_RDLCK')}"
        "seen = attempt(lambda: fcntl.fcntl(file, fcntl.F_SETLK, lock))",
    )
