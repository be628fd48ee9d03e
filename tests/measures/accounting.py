"""CPU time of a whole family of processes, counted by the kernel in a control group (version 2).

Nothing else will do: what a process reports of its children leaves out those that nobody waited for, as the student's
processes in a box that is killed; most of what a submission costs would be missing.
"""

import contextlib
import os
import secrets
import time
from functools import cache
from pathlib import Path

END_SECONDS = 10
ADVICE = "Run the bench as root, or as `systemd-run --user --scope --property=Delegate=yes make bench`."


class Account:
    """A control group of its own; a process that enters it is counted from then on, with all that it starts.

    Raises:
        RuntimeError: when this machine lets nobody make one; the text says what to do.
    """

    def __init__(self) -> None:
        self._home = _home()
        self._group = self._home / f"autograder-bench-{os.getpid()}-{secrets.token_hex(4)}"
        try:
            self._group.mkdir()
        except OSError as error:
            raise RuntimeError(
                f"CPU time cannot be counted: {self._group.parent}: {error.strerror}. {ADVICE}"
            ) from None

    def enter(self) -> None:
        """Have the calling process counted."""
        (self._group / "cgroup.procs").write_text("0")

    @property
    def cpu_seconds(self) -> float:
        """User and system time so far of all that were ever in it, also of those that were killed."""
        fields = dict(line.split() for line in (self._group / "cpu.stat").read_text().splitlines())
        return int(fields["usage_usec"]) / 1e6

    def close(self) -> None:
        """Wait until the processes in it have ended, the caller left out, and remove it."""
        end = time.monotonic() + END_SECONDS
        if str(os.getpid()) in self._members():
            (self._home / "cgroup.procs").write_text("0")
        while self._members() and time.monotonic() < end:
            time.sleep(0.01)
        with contextlib.suppress(OSError):  # one that does not end holds it: it costs nothing
            self._group.rmdir()

    def wait(self) -> None:
        """Wait until all processes in it have ended.

        Raises:
            RuntimeError: when some have not after a while: their time would be missing.
        """
        end = time.monotonic() + END_SECONDS
        while self._members():
            if time.monotonic() > end:
                raise RuntimeError(f"processes go on after the program has ended: {', '.join(self._members())}")
            time.sleep(0.01)

    def _members(self) -> list[str]:
        return (self._group / "cgroup.procs").read_text().split()


@cache
def _home() -> Path:
    """Return the control group in which the bench was started."""
    mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    places = [Path(mount[1]) for mount in mounts if mount[2] == "cgroup2"]
    own = [line[3:] for line in Path("/proc/self/cgroup").read_text().splitlines() if line.startswith("0::")]
    if not places or not own:
        raise RuntimeError(f"CPU time cannot be counted: no control groups of version 2 are mounted. {ADVICE}")
    return places[0] / own[0].lstrip("/")
