"""Runs a command where nothing that a box must read lies in a private folder, as root or as an ordinary user.

`python tests/ground.py UID COMMAND...` makes mount, pid and ipc namespaces of its own, covers every folder that others
may not enter (often the home folder that holds the interpreter) with an empty one and binds just what is needed into
it. /tmp is covered as well. All of it, its processes included, is gone when the command ends. Needs root.
"""

import ctypes
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.sandbox.jail import die_with_parent, environment_paths
from autograder.sandbox.syscalls import call, libc

ROOT = Path(__file__).resolve().parent.parent
ORDINARY = 65534

# linux/sched.h, linux/mount.h
NEWNS, NEWUTS, NEWIPC, NEWPID, NEWNET = 0x00020000, 0x04000000, 0x08000000, 0x20000000, 0x40000000
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND = 1, 2, 4, 8, 32, 4096
MS_REC, MS_PRIVATE = 16384, 1 << 18


def mount(source: str, target: str | Path, kind: str | None, flags: int, data: str | None = None) -> None:
    """Mount as mount(2) does."""
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    call("mount", *texts[:3], ctypes.c_ulong(flags), texts[3])


def own_in_tmp() -> set[str]:
    """Return the folder of /tmp that holds this repository, should it lie there."""
    return {ROOT.relative_to("/tmp").parts[0]} if ROOT.is_relative_to("/tmp") else set()


def obstacle() -> str:
    """Return why `run` cannot work here, or an empty text."""
    if os.geteuid() != 0:
        return "only root can make the namespaces of this test"
    child = os.fork()
    if child == 0:
        os._exit(0 if libc.unshare(NEWNS | NEWPID | NEWIPC) == 0 else 1)
    return "unshare is refused here" if os.waitpid(child, 0)[1] else ""


def run(uid: int, *command: str, seconds: float = 300) -> subprocess.CompletedProcess[str]:
    """Run a command as the user `uid` on such ground; both outputs come back as one text."""
    command = (sys.executable, str(Path(__file__)), str(uid), *command)
    output = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    return subprocess.run(command, **output, stdin=subprocess.DEVNULL, timeout=seconds, check=False)


def clear_the_way(paths: Iterable[str], folders: Iterable[str]) -> None:
    """Cover `folders` and every private folder above one of `paths`; the paths keep their names."""
    paths = [path for path in paths if os.path.exists(path)]
    covered = outermost([*folders, *(folder for path in paths for folder in private_above(path))])
    # opened first: a cover hides what lies under it
    hidden = {
        path: os.open(path, os.O_PATH) for path in paths for folder in covered if Path(path).is_relative_to(folder)
    }
    for folder in covered:
        mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, f"mode={0o1777 if folder == '/tmp' else 0o755:o}")
    for path in outermost(hidden):
        bind(hidden[path], path)
    for descriptor in hidden.values():
        os.close(descriptor)


def private_above(path: str) -> Iterator[str]:
    """Yield the folders above a path that not everybody may enter."""
    for folder in Path(path).parents:
        if not folder.stat().st_mode & 0o001:
            yield str(folder)


def outermost(paths: Iterable[str]) -> list[str]:
    """Return those paths that lie under none of the others."""
    found = sorted(set(paths))
    return [path for path in found if not any(path != other and Path(path).is_relative_to(other) for other in found)]


def bind(descriptor: int, target: str) -> None:
    """Bind an open file or folder to a path, which is made."""
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    mount(source, target, None, MS_BIND)


def become_process_one() -> None:
    """Return in the first process of a new pid namespace; the caller waits outside and ends as that one ends."""
    child = os.fork()
    if child:
        os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) & 255)
    die_with_parent()


def wait_as_process_one(command: int) -> None:
    """Collect what dies until the command does, then end with its exit code; the kernel kills what is left."""
    while True:
        pid, status = os.wait()
        if pid == command:
            os._exit(os.waitstatus_to_exitcode(status) & 255)


def main() -> None:
    uid, command = int(sys.argv[1]), sys.argv[2:]
    call("unshare", NEWNS | NEWPID | NEWIPC)
    become_process_one()
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    clear_the_way([*environment_paths(), str(ROOT)], ["/tmp"])
    # numbers from here on cannot be those of a box's own few processes, which doctor would take for others
    Path("/proc/sys/kernel/ns_last_pid").write_text("1000")
    child = os.fork()
    if child:
        wait_as_process_one(child)
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    os.mkdir("/tmp/home")
    os.chdir(ROOT)
    own = {"HOME": "/tmp/home", "PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", "COLUMNS": "200"}
    os.execve(command[0], command, own)


if __name__ == "__main__":
    main()
