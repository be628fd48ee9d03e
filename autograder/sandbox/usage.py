"""What a box has used so far, read from /proc: CPU time, memory and files of all its processes."""

import contextlib
import glob
import os
import stat
from typing import NamedTuple

from autograder.sandbox import jail


class Usage(NamedTuple):
    """What a process and its descendants have used so far; `computing`: one of them has work to do right now."""

    cpu_seconds: float
    memory_bytes: int
    computing: bool
    pids: tuple[int, ...]


def disk_bytes(pids: tuple[int, ...]) -> int:
    """Return what the files of a box without a file system of its own take, each at least a block.

    Args:
        pids: its processes, the one that was forked first, by which the folder is named.
    """
    total = 0
    for folder in glob.glob(jail.work_folder(pids[0], 0)[:-1] + "*"):
        for path, _, names in os.walk(folder):
            for name in names:
                with contextlib.suppress(OSError):
                    total += max(4096, os.lstat(os.path.join(path, name)).st_blocks * 512)
    for descriptor in (path for pid in pids for path in glob.glob(f"/proc/{pid}/fd/*")):
        with contextlib.suppress(OSError):
            found = os.stat(descriptor)
            total += found.st_blocks * 512 if stat.S_ISREG(found.st_mode) and found.st_nlink == 0 else 0
    return total


def usage(pid: int) -> Usage:
    """Read a process and its descendants from /proc; what is gone counts no more."""
    ticks, kibibytes, states, pids, pending = 0, 0, "", [], [pid]
    while pending:
        pids.append(pending.pop())
        folder = f"/proc/{pids[-1]}"
        try:
            with open(f"{folder}/stat") as fields_file:
                # proc(5): the fields after the command's name, which may hold spaces; 3 is the state, 14 to 17 times
                fields = fields_file.read().rsplit(")", 1)[1].split()
            states += fields[0]
            ticks += sum(int(number) for number in fields[11:15])
            with open(f"{folder}/status") as status:
                lines = dict(line.split(":", 1) for line in status)
            kibibytes += sum(int(lines.get(name, "0").split()[0]) for name in ("RssAnon", "RssShmem"))
            for thread in os.listdir(f"{folder}/task"):
                with open(f"{folder}/task/{thread}/children") as children:
                    pending += [int(child) for child in children.read().split()]
        except (OSError, ValueError, IndexError):
            continue
    computing = any(state in "RD" for state in states)
    return Usage(ticks / os.sysconf("SC_CLK_TCK"), kibibytes << 10, computing, tuple(pids))


def proportional_bytes(pids: tuple[int, ...]) -> dict[int, int] | None:
    """Return each process's memory, a shared page divided among its sharers; None where the kernel does not say."""
    shares = {}
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as rollup:
                found = [int(line.split()[1]) for line in rollup if line.startswith(("Pss_Anon", "Pss_Shmem"))]
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended; the second while nobody has waited for it
        except (OSError, ValueError):
            return None
        if not found:
            return None
        shares[pid] = sum(found) << 10
    return shares
