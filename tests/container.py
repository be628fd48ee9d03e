"""A container like Gradescope's: this machine's userland in a root folder of its own, with what Docker grants.

`Container(folder, zip)` lays out /autograder below `folder`; `run` starts run_autograder in it, as Gradescope does, and
returns what came of it. Root inside has Docker's capabilities, can make no namespace and no mount, reaches no network,
and shares 768 MB with all that it starts. What setup.sh would install is bound in: this interpreter and its packages;
the kit itself is the zip's. Needs root; all but `folder` is gone when the command ends.

As a program: `python tests/container.py FOLDER CGROUP LANDLOCK COMMAND...` runs a command in such a container.
"""

import contextlib
import ctypes
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ground
from ground import MS_BIND, MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_PRIVATE, MS_RDONLY, MS_REC, MS_REMOUNT, call, mount

from autograder.doctor import descendants_of
from autograder.sandbox.syscalls import number

MEMORY_MB = 768
HOME = "/opt/autograder"  # where setup.sh installs

# https://github.com/moby/moby: daemon/pkg/oci/caps/defaults.go, numbers of linux/capability.h
CAPABILITIES = {
    **{"CHOWN": 0, "DAC_OVERRIDE": 1, "FOWNER": 3, "FSETID": 4, "KILL": 5, "SETGID": 6, "SETUID": 7, "SETPCAP": 8},
    **{"NET_BIND_SERVICE": 10, "NET_RAW": 13, "SYS_CHROOT": 18, "MKNOD": 27, "AUDIT_WRITE": 29, "SETFCAP": 31},
}
# https://github.com/moby/profiles: seccomp/default.json, what it refuses to those capabilities
REFUSED = [
    *("unshare", "setns", "mount", "umount2", "pivot_root", "mount_setattr", "move_mount", "open_tree", "fsopen"),
    *("fsconfig", "fsmount", "fspick", "bpf", "perf_event_open", "fanotify_init", "quotactl", "sethostname"),
    *("setdomainname", "keyctl", "add_key", "request_key", "userfaultfd", "io_uring_setup", "io_uring_enter"),
    *("io_uring_register", "open_by_handle_at", "init_module", "finit_module", "delete_module", "kexec_load"),
    *("kexec_file_load", "reboot", "swapon", "swapoff", "acct", "syslog", "settimeofday", "clock_settime"),
    *("kcmp", "pidfd_getfd", "vhangup"),
]
LANDLOCK = ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"]
NAMESPACE_FLAGS = 0x7E020000
METADATA = {
    "id": 123456,
    "created_at": "2026-12-01T14:22:32.365935+01:00",
    "assignment": {
        "due_date": "2026-12-07T23:59:00.000000+01:00",
        "late_due_date": None,
        "release_date": "2026-11-23T08:00:00.000000+01:00",
        "group_size": None,
        "group_submission": False,
        "id": 25828,
        "course_id": 1234,
        "title": "Tiny",
        "total_points": "20.0",
    },
    "submission_method": "upload",
    "users": [{"email": "student@example.edu", "id": 1234, "name": "Some Student"}],
    "previous_submissions": [],
}


@dataclass(frozen=True)
class Outcome:
    """What a run left.

    Attributes:
        exit_code: None after the harness's time-out.
        results: results.json, None where none was written.
        peak_bytes: the most memory that all processes held together, as seen ten times a second.
        memory_kills: processes that the kernel killed for lack of memory; 0 where no limit could be set.
    """

    exit_code: int | None
    output: str
    results: dict[str, Any] | None
    peak_bytes: int
    memory_kills: int
    seconds: float

    @property
    def record(self) -> dict[str, Any]:
        """The staff's record of the last run, which run_autograder prints."""
        text = "\n" + self.output
        found, _ = json.JSONDecoder().raw_decode(text, text.rindex("\n{\n") + 1)
        return found


class Container:
    """The folders of one container; run it once.

    Args:
        folder: an empty one.
        memory_mb: of all processes together.
        landlock: whether the kernel has it: those of some container services are too old.
    """

    def __init__(self, folder: Path, grader_zip: bytes, memory_mb: int = MEMORY_MB, landlock: bool = True) -> None:
        self.folder, self.autograder = folder, folder / "autograder"
        self._memory_mb, self._landlock = memory_mb, landlock
        with zipfile.ZipFile(io.BytesIO(grader_zip)) as archive:
            archive.extractall(self.autograder / "source")
        shutil.copy(self.autograder / "source" / "run_autograder", self.autograder)
        (self.autograder / "run_autograder").chmod(0o755)
        for name in ("submission", "results"):
            (self.autograder / name).mkdir()
        (self.autograder / "submission_metadata.json").write_text(json.dumps(METADATA))
        for path in self.autograder.rglob("*"):
            os.chmod(path, path.stat().st_mode | 0o444 | (0o111 if path.is_dir() else 0))
        (folder / "root").mkdir()
        (folder / "tmp").mkdir()
        (folder / "tmp").chmod(0o1777)

    def run(
        self,
        *command: str,
        seconds: float = 600,
        watch: Callable[[Path], None] = lambda root: None,
    ) -> Outcome:
        """Run a command, run_autograder when none is given, and return what it left.

        Args:
            seconds: after which the harness kills it, as Gradescope's does.
            watch: called again and again, while it runs, with the container's root folder as seen from outside.
        """
        start, peak_bytes = time.monotonic(), 0
        with _memory_group(self._memory_mb) as group, (self.folder / "output").open("w+") as output:
            own = [str(self.folder), str(group or ""), str(int(self._landlock))]
            whole = [sys.executable, __file__, *own, *(command or ["/autograder/run_autograder"])]
            with subprocess.Popen(whole, stdin=subprocess.DEVNULL, stdout=output, stderr=output) as process:
                while process.poll() is None and time.monotonic() - start < seconds:
                    inside = list(descendants_of(process.pid))
                    for pid in inside[1:2]:  # behind process 1, which is there before its new root is
                        with contextlib.suppress(OSError):
                            watch(Path(f"/proc/{pid}/root"))
                    peak_bytes = max(peak_bytes, sum(map(_memory_bytes, inside)))
                    time.sleep(0.1)
                exit_code = process.poll()
                process.kill()
            kills = int((group / "memory.oom_control").read_text().split()[-1]) if group else 0
            output.seek(0)
            text = output.read()
        results = self.autograder / "results" / "results.json"
        found = json.loads(results.read_text(encoding="utf-8")) if results.exists() else None
        return Outcome(exit_code, text, found, peak_bytes, kills, time.monotonic() - start)


@contextlib.contextmanager
def _memory_group(memory_mb: int) -> Iterator[Path | None]:
    """Make a memory cgroup (version 1); None where this machine lets us make none."""
    try:
        line = next(line for line in Path("/proc/self/cgroup").read_text().splitlines() if ":memory:" in line)
        group = Path(f"/sys/fs/cgroup/memory{line.split(':', 2)[2]}/autograder-test-{os.getpid()}")
        group.mkdir()
    except (OSError, StopIteration):
        yield None
        return
    try:
        (group / "memory.limit_in_bytes").write_text(str(memory_mb << 20))
        yield group
    finally:
        for _ in range(100):  # the last of the dead leave it a moment later
            with contextlib.suppress(OSError):
                group.rmdir()
                break
            time.sleep(0.05)


def _memory_bytes(pid: int) -> int:
    """Return a process's share of the memory that it uses, other than that of files."""
    with contextlib.suppress(OSError):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        shares = [line.split()[1] for line in lines if line.startswith(("Pss_Anon:", "Pss_Shmem:"))]
        return sum(map(int, shares)) << 10
    return 0


def main() -> None:
    """Be the harness: make the container, become what Docker lets be root there, and run the command."""
    folder, group, landlock, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3] == "1", sys.argv[4:]
    if group:
        Path(group, "cgroup.procs").write_text("0")
    call("unshare", ground.NEWNS | ground.NEWPID | ground.NEWNET | ground.NEWIPC | ground.NEWUTS)
    ground.become_process_one()
    enter_root(folder)
    give_up(landlock)
    child = os.fork()
    if child:
        ground.wait_as_process_one(child)
    os.chdir("/autograder")
    variables = {"HOME": "/root", "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
    os.execve(command[0], command, variables)


def enter_root(folder: Path) -> None:
    """Make the folder `root` the root: the userland read-only, the environment, the zip's own kit, /autograder."""
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    root = folder / "root"
    mount("tmpfs", root, "tmpfs", MS_NOSUID, "mode=755,size=64m")
    for name in ("bin", "sbin", "lib", "lib64"):
        if os.path.islink(f"/{name}"):
            (root / name).symlink_to(os.readlink(f"/{name}"))
        elif os.path.isdir(f"/{name}"):
            _bind(f"/{name}", root / name, MS_RDONLY)
    for path in ("/usr", "/etc"):
        _bind(path, root / path[1:], MS_RDONLY)
    base = os.path.realpath(sys.base_prefix)
    if not base.startswith("/usr/"):
        _bind(base, root / base[1:], MS_RDONLY)
    _bind(sys.prefix, root / HOME[1:] / "venv", MS_RDONLY)
    _bind(str(folder / "tmp"), root / "tmp")  # before what follows, should the repository lie there
    # the environment looks for the kit where this one is installed from; there it finds the zip's
    kit = folder / "autograder" / "source" / "kit" / "autograder"
    shutil.copytree(kit, root / str(ground.ROOT)[1:] / "autograder", dirs_exist_ok=True)
    _bind(str(folder / "autograder"), root / "autograder")
    for name in ("run", "var/tmp", "proc", "sys", "dev/shm", "mnt", "home"):
        (root / name).mkdir(parents=True)
    for name in ("null", "zero", "full", "random", "urandom"):
        (root / "dev" / name).touch()
        _bind(f"/dev/{name}", root / "dev" / name)
    mount("shm", root / "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "mode=1777,size=64m")
    mount("proc", root / "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC)
    mount("sysfs", root / "sys", "sysfs", MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_RDONLY)
    _bind(str(root / "proc/sys"), root / "proc/sys", MS_RDONLY)
    (root / "var/tmp").chmod(0o1777)
    os.chdir(root)
    call("syscall", ctypes.c_long(number("pivot_root")), b".", b".")
    call("umount2", b".", 2)
    os.chdir("/")


def _bind(source: str, target: Path, flags: int = 0) -> None:
    if os.path.isdir(source):
        target.mkdir(parents=True, exist_ok=True)
    mount(source, target, None, MS_BIND)
    if flags:
        mount("none", target, None, MS_REMOUNT | MS_BIND | MS_NOSUID | flags)


def give_up(landlock: bool) -> None:
    """Keep Docker's capabilities only, and install a filter that refuses what its profile refuses to them."""
    for capability in range(64):
        if capability not in CAPABILITIES.values() and ground.libc.prctl(24, capability, 0, 0, 0) < 0:  # CAPBSET_DROP
            break
    install_filter([] if landlock else LANDLOCK)
    kept = sum(1 << capability for capability in CAPABILITIES.values())
    call("capset", struct.pack("=Ii", 0x20080522, 0), struct.pack("=6I", kept, kept, 0, 0, 0, 0))


def install_filter(missing: list[str]) -> None:
    """Install the filter, in the classic BPF of linux/filter.h; needs CAP_SYS_ADMIN, so before it is given up."""
    load, equal, any_bit, give = 0x20, 0x15, 0x45, 0x06
    allow, refuse, unknown = 0x7FFF0000, 0x00050000 | 1, 0x00050000 | 38  # EPERM, ENOSYS
    program = [(load, 0, 0, 0)]
    for name in REFUSED:
        program += [(equal, 0, 1, number(name)), (give, 0, 0, refuse)]
    for name in ["clone3", *missing]:
        program += [(equal, 0, 1, number(name)), (give, 0, 0, unknown)]
    program += [(equal, 0, 3, number("clone")), (load, 0, 0, 16), (any_bit, 0, 1, NAMESPACE_FLAGS)]
    program += [(give, 0, 0, refuse), (give, 0, 0, allow)]
    code = b"".join(struct.pack("HBBI", *instruction) for instruction in program)
    instructions = ctypes.create_string_buffer(code)
    call("prctl", 22, 2, struct.pack("HxxxxxxP", len(program), ctypes.addressof(instructions)), 0, 0)


if __name__ == "__main__":
    main()
