"""What is taken away from a box before it sees a line of student code: Linux kernel calls by ctypes, nothing else.

`fork(level)` makes a child, in namespaces of its own where the level has them. `confine(level, ...)` is called there
and returns in the process that shall run the student's code; everything it could not take away raises OSError, and then
no student code runs. The steps, in this order, are the table of contents: a new root, the unprivileged user, resource
limits, capabilities, Landlock, seccomp.
"""

import contextlib
import ctypes
import os
import resource
import shutil
import signal
import struct
import sys
from collections.abc import Iterable
from pathlib import Path

from autograder.sandbox import landlock, limits
from autograder.sandbox.syscalls import call, clone, install_filter, libc, syscall

WORK = "/box"
FIRST_UID = 60_000  # above every uid that distributions hand out (Debian policy 9.2.2: 60000-64999 is reserved)
SLOTS = 1_000

# linux/sched.h, linux/mount.h, linux/prctl.h
_NEWNS, _NEWCGROUP, _NEWUTS, _NEWIPC = 0x00020000, 0x02000000, 0x04000000, 0x08000000
_NEWUSER, _NEWPID, _NEWNET = 0x10000000, 0x20000000, 0x40000000
_NAMESPACES = _NEWNS | _NEWCGROUP | _NEWUTS | _NEWIPC | _NEWPID | _NEWNET
_USER, _GROUP = os.geteuid(), os.getegid()  # a child in a user namespace no longer knows
_MS_NOSUID, _MS_NODEV, _MS_NOEXEC, _MS_BIND, _MS_REC, _MS_PRIVATE = 2, 4, 8, 4096, 16384, 1 << 18
_MOUNT_ATTR_RDONLY, _MOUNT_ATTR_NOSUID, _MOUNT_ATTR_NODEV = 1, 2, 4
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS, _PR_CAPBSET_DROP, _PR_CAP_AMBIENT = 1, 4, 38, 24, 47


def environment_paths() -> list[str]:
    """Return what a box must read of this machine: the system's libraries, the interpreter and its packages."""
    system = ["/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/etc/localtime"]
    prefixes = [sys.prefix, os.path.realpath(sys.base_prefix), os.path.realpath(sys.prefix)]
    outside_usr = [prefix for prefix in dict.fromkeys(prefixes) if not prefix.startswith("/usr/")]
    return [path for path in system if os.path.exists(path) and not _is_folder_link(path)] + outside_usr


def _is_folder_link(path: str) -> bool:
    return os.path.islink(path) and os.path.isdir(path)


def die_with_parent() -> None:
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


def fork(level: str) -> int:
    """Fork as `os.fork` does; at the level `namespaces` the child is process 1 of namespaces of its own.

    One call of the kernel does both: a process that left its namespaces and forked would have to stay and wait.

    Raises:
        OSError: when the kernel refuses.
    """
    if level != "namespaces":
        return os.fork()
    python = ctypes.pythonapi  # keeps the lock of the interpreter, as a fork must
    python.PyOS_BeforeFork()
    process = clone(_NAMESPACES | (0 if _USER == 0 else _NEWUSER) | signal.SIGCHLD)
    if process == 0:
        python.PyOS_AfterFork_Child()
        return 0
    python.PyOS_AfterFork_Parent()
    if process < 0:
        raise OSError(-process, f"clone: {os.strerror(-process)}")
    return process


def confine(level: str, *, slot: int, scratch_mb: int, memory_mb: int, processes: int, cpu_seconds: int) -> None:
    """Give up everything a box does not need, as the calling process, made by `fork` at this level, for good.

    It becomes two, and this function returns in the student's alone. The other waits and hands on the exit status. At
    the level `namespaces` it is process 1, which collects orphans, and whose end is that of all inside; at the level
    `uid` a guardian, which kills all processes of the box's user when told to or when its own parent dies.

    Args:
        level: "namespaces", "uid" or "none".
        slot: number of the box among those alive at the same time; makes its user id.
        scratch_mb: what it may write, in MiB.
        memory_mb: address space in MiB beyond what the process has already; a backstop, the judge watches real memory.
        processes: processes and threads.
        cpu_seconds: CPU time of one process of the box; a backstop as well.

    Raises:
        OSError: when the kernel refuses a step.
    """
    if level == "none":
        _set_limits(scratch_mb, memory_mb, None, cpu_seconds)
        os.chdir(_make_folder(slot))
        return
    if level == "namespaces":
        if _USER != 0:
            _map_user()
        _enter_new_root(environment_paths(), scratch_mb)
        _fork_student()
        writable = [WORK, "/tmp", "/dev"]
        readable = [*environment_paths(), "/proc"]
    else:
        folder = _make_folder(slot)
        _fork_guarded(slot)
        os.chown(folder, FIRST_UID + slot, FIRST_UID + slot)
        os.chdir(folder)
        writable = [folder, "/dev/null"]
        readable = [*environment_paths(), "/dev/urandom", "/dev/random", "/dev/zero", "/proc/self"]
        readable += ["/proc/cpuinfo"]  # without it XLA multiplies matrices in another way: another fifth digit
    if _USER == 0:
        _become(FIRST_UID + slot)
    _set_limits(scratch_mb, memory_mb, processes, cpu_seconds)
    _drop_capabilities()
    call("prctl", _PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    landlock.restrict_files(readable, writable)
    install_filter()


def work_folder(pid: int, slot: int) -> str:
    """Return the working folder of a box that has no mount namespace."""
    return f"/tmp/autograder-box-{pid}-{slot}"


def _make_folder(slot: int) -> str:
    folder = work_folder(os.getpid(), slot)
    os.mkdir(folder, 0o700)
    return folder


def _map_user() -> None:
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{FIRST_UID} {_USER} 1")
    Path("/proc/self/gid_map").write_text(f"{FIRST_UID} {_GROUP} 1")


def _fork_guarded(slot: int) -> None:
    """Fork the student's process; the caller stays behind as its guardian, with the rights to sweep up after it."""

    def end(*_: object) -> None:
        sweep(slot)
        os._exit(128 + signal.SIGTERM)

    if os.fork() == 0:
        die_with_parent()
        return
    _close_sockets()
    signal.signal(signal.SIGTERM, end)
    call("prctl", _PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
    while True:
        with contextlib.suppress(InterruptedError):
            _, status = os.wait()
            sweep(slot)
            os._exit(_exit_code(status))


def _fork_student() -> None:
    """Fork the process that will run the student's code; process 1 gives up its rights and collects orphans.

    Signals to process 1 of a namespace are dropped, so the student must not be it.
    """
    student = os.fork()
    if student == 0:
        return
    _close_sockets()
    _drop_capabilities()
    while True:
        pid, status = os.wait()
        if pid == student:
            os._exit(_exit_code(status))


def _close_sockets() -> None:
    """Let go of inherited descriptors: the student's death must be seen as an end of file."""
    os.closerange(3, 4096)


def _exit_code(status: int) -> int:
    """Fold a wait status into an exit code as shells do: 128 + signal."""
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _enter_new_root(readable: Iterable[str], scratch_mb: int) -> None:
    """Make a tmpfs with read-only binds of `readable` the root; nothing else of this machine has a name then."""
    _mount(None, "/", None, _MS_REC | _MS_PRIVATE)
    # opened first: the anchor below may hide a source that lies under /tmp
    sources = {path: os.open(path, os.O_PATH | os.O_CLOEXEC) for path in readable}
    devices = {f"/dev/{name}": os.open(f"/dev/{name}", os.O_PATH) for name in ("null", "zero", "random", "urandom")}
    links = {path: os.readlink(path) for path in ("/bin", "/sbin", "/lib", "/lib64") if os.path.islink(path)}
    root = "/tmp"
    _mount("tmpfs", root, "tmpfs", _MS_NOSUID | _MS_NODEV, f"size={scratch_mb}m,nr_inodes=20000,mode=755")
    for path, descriptor in sources.items():
        _bind(descriptor, root + path)
        _make_read_only(root + path)
    for path, target in links.items():
        os.symlink(target, root + path)
    for path, descriptor in devices.items():
        _bind(descriptor, root + path)
    for folder, mode in (("/tmp", 0o1777), ("/dev/shm", 0o1777), (WORK, 0o777), ("/proc", 0o555)):
        os.makedirs(root + folder, exist_ok=True)
        os.chmod(root + folder, mode)
    _mount("proc", root + "/proc", "proc", _MS_NOSUID | _MS_NODEV | _MS_NOEXEC, "hidepid=2")
    os.chdir(root)
    syscall("pivot_root", b".", b".")
    call("umount2", b".", 2)
    os.chdir(WORK)


def _mount(source: str | None, target: str, kind: str | None, flags: int, data: str | None = None) -> None:
    texts = [None if text is None else os.fsencode(text) for text in (source, target, kind, data)]
    try:
        call("mount", texts[0], texts[1], texts[2], ctypes.c_ulong(flags), texts[3])
    except OSError as error:
        raise OSError(error.errno, f"mount {kind or source} on {target}: {os.strerror(error.errno or 0)}") from None


def _bind(descriptor: int, target: str) -> None:
    source = f"/proc/self/fd/{descriptor}"
    if os.path.isdir(source):
        os.makedirs(target, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    _mount(source, target, None, _MS_BIND)
    os.close(descriptor)


def _make_read_only(path: str) -> None:
    attributes = struct.pack("=QQQQ", _MOUNT_ATTR_RDONLY | _MOUNT_ATTR_NOSUID | _MOUNT_ATTR_NODEV, 0, 0, 0)
    syscall("mount_setattr", -100, os.fsencode(path), 0, attributes, len(attributes))


def _become(uid: int) -> None:
    parent = os.getppid()
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
    # a change of uid makes /proc/self unreadable to its own process until this is set again, and clears the next
    call("prctl", _PR_SET_DUMPABLE, 1, 0, 0, 0)
    die_with_parent()
    if os.getppid() != parent:  # it died just before
        os._exit(1)


def _set_limits(scratch_mb: int, memory_mb: int, processes: int | None, cpu_seconds: int) -> None:
    with open("/proc/self/statm") as statm:
        address_space = int(statm.read().split()[0]) * resource.getpagesize()
    # TensorFlow maps far more than it touches (2.2 GB for a small fit), hence the room of 4 GiB
    values = {
        resource.RLIMIT_AS: address_space + (memory_mb << 20) + (4 << 30),
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_FSIZE: scratch_mb << 20,
        resource.RLIMIT_NOFILE: limits.OPEN_FILES,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    if processes is not None:
        values[resource.RLIMIT_NPROC] = processes
    for kind, value in values.items():
        hard = resource.getrlimit(kind)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (most, most))
    with contextlib.suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000")


def _drop_capabilities() -> None:
    for capability in range(64):
        if libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    libc.prctl(_PR_CAP_AMBIENT, 4, 0, 0, 0)
    header, nothing = struct.pack("=Ii", 0x20080522, 0), bytes(24)
    call("capset", header, nothing)


def sweep(slot: int) -> None:
    """Kill every process of the slot's user and remove its files: without namespaces they would outlive the box."""
    _kill_user(slot)
    for folder in ("/tmp", "/var/tmp", "/dev/shm"):
        with contextlib.suppress(OSError), os.scandir(folder) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if entry.stat(follow_symlinks=False).st_uid == FIRST_UID + slot:
                        remove = shutil.rmtree if entry.is_dir(follow_symlinks=False) else os.unlink
                        remove(entry.path)


def _kill_user(slot: int) -> None:
    child = os.fork()
    if child == 0:
        try:
            _become(FIRST_UID + slot)
            os.kill(-1, signal.SIGKILL)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
