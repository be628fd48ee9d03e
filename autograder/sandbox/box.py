"""The judge's handles on the warmed process and on a box: ask, wait within limits, kill, and say what it died of.

In goes a request; out comes the box's answer, or Died with a sentence from a closed list that a student may read.
"""

import math
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from typing import Any

from autograder.errors import Fault
from autograder.model import Limits
from autograder.sandbox import limits as sentences
from autograder.sandbox import orders, wire, zygote
from autograder.sandbox.usage import Usage, disk_bytes, proportional_bytes, usage
from autograder.sandbox.values import WireError

POLL_SECONDS = 0.2
START_SECONDS = 60
EXIT_SECONDS = 0.5  # that a process whose socket is closed may take to end by itself


class Died(Exception):
    """The box is gone, and why: the text is for students too."""


class Killed(Died):
    """The box got a SIGKILL that this kit did not send: from its own program, or from a machine out of memory."""


class Control:
    """One end of a control socket to the zygote."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fork(self, order: orders.ForkJudge | orders.ForkBox) -> tuple[int, socket.socket]:
        """Have a judge or a box forked; return its process id and the socket to it."""
        wire.send_frame(self._sock, order)
        _, descriptors, _, _ = socket.recv_fds(self._sock, 1, 1)
        if not descriptors:
            raise Fault("the warmed process is gone")
        forked = wire.receive(self._sock, orders.Forked)
        return forked.pid, socket.socket(fileno=descriptors[0])

    def reap(self, pid: int, grace_seconds: float = 0.0) -> orders.Reaped:
        """Kill a child with all its processes and return what it has used."""
        wire.send_frame(self._sock, orders.Reap(pid, grace_seconds))
        reaped: orders.Reaped = wire.receive(self._sock, orders.Reaped)
        return reaped

    def close(self) -> None:
        self._sock.close()


class Warm(Control):
    """The zygote as the grader that starts it sees it; closing it ends all that it has forked.

    Attributes:
        hello: what the zygote found: isolation level and versions.

    Raises:
        Fault: when it does not start; the text holds the end of what it printed.
    """

    def __init__(self, judge: str) -> None:
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        try:
            self._log = tempfile.TemporaryFile()  # noqa: SIM115
        except FileNotFoundError as error:
            raise Fault(f"no temporary folder can be written: {error}") from None
        # -I would be the same and ignore PYTHON* variables: sets of strings would have another order in each command
        command = [sys.executable, "-P", "-s", "-m", "autograder.sandbox.zygote", str(theirs.fileno()), judge]
        environment = {key: os.environ[key] for key in ("HOME", "PATH", "LANG", "TMPDIR") if key in os.environ}
        self._process = subprocess.Popen(
            command,
            pass_fds=[theirs.fileno()],
            env={**environment, **zygote.COMPUTING, "PYTHONHASHSEED": "0"},
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            cwd="/",
            start_new_session=True,
        )
        theirs.close()
        try:
            self.hello: orders.Hello = wire.receive(ours, orders.Hello)
        except (EOFError, WireError):
            self._process.wait()
            self._log.seek(0)
            text = self._log.read().decode(errors="replace")[-1500:]
            raise Fault(f"the warmed process did not start (exit code {self._process.returncode}):\n{text}") from None

    def alive(self) -> bool:
        """Tell whether the process still runs."""
        return self._process.poll() is None

    def close(self) -> None:
        super().close()
        self._process.wait()
        self._log.close()


class Box:
    """A live box.

    Args:
        control: to have it forked and killed.
        level: isolation level.
        limits: what it may use.
        seed: of its random generators.
        files: data files for its working folder.
        spent_seconds: CPU time that earlier boxes of the run have used.
        wall_seconds: time by the clock of the whole run, which is over at `end` of the monotonic clock.
        shift, programs: see Job.

    Raises:
        Fault: when it cannot be confined.
    """

    def __init__(
        self,
        control: Control,
        level: str,
        limits: Limits,
        seed: int,
        files: dict[str, bytes],
        spent_seconds: float = 0.0,
        wall_seconds: float = math.inf,
        end: float = math.inf,
        shift: int = 0,
        programs: dict[str, bytes] | None = None,
    ) -> None:
        self._control, self._level, self._limits = control, level, limits
        self._spent_seconds, self._wall_seconds, self._end = spent_seconds, wall_seconds, end
        order = orders.ForkBox(level, limits.disk_mb, limits.memory_mb, limits.processes, limits.run_seconds + 30)
        self._pid, self._sock = control.fork(order)
        self.cpu_seconds, self.peak_bytes = 0.0, 0
        self._base = self._last = Usage(0.0, 0, False, ())
        self._looked = -math.inf
        wire.send_frame(self._sock, wire.Begin(seed, files, shift, programs or {}))
        try:
            hello = wire.receive(self._sock, wire.Ready | wire.Failed, wire.monotonic_deadline(START_SECONDS))
        except (EOFError, TimeoutError, WireError) as error:
            self.close()
            raise Fault(f"a box did not start: {error or type(error).__name__}") from None
        if isinstance(hello, wire.Failed):
            self.close()
            raise Fault(f"a box could not be confined: {hello.reason}")
        self._base = self._look()

    def ask(self, make: Callable[[bytes], Any], subject: str, nonce: bytes = b"") -> Any:
        """Send a request and return the box's answer to it.

        Args:
            make: makes the request from the nonce that the answer must carry; None when only an answer is awaited.
            subject: what is being run, for the sentence when it does not end well: "cell 5", "make_sum_data".
            nonce: given when the answer belongs to an earlier request, as after a checkpoint.

        Raises:
            Died: when the box is gone or had to be killed.
        """
        expected = nonce or secrets.token_bytes(8)
        try:
            watch = self._watch(subject)
            wire.send_frame(self._sock, make(expected), watch)
            answer = wire.receive(self._sock, wire.Answer, watch)
        except (EOFError, BrokenPipeError, ConnectionError):
            match self.close(EXIT_SECONDS) - 128:
                case signal.SIGKILL:
                    raise Killed(f"{subject} killed the Python process") from None
                case signal.SIGSEGV | signal.SIGBUS | signal.SIGILL | signal.SIGFPE | signal.SIGABRT:
                    raise Died(f"{subject} crashed the Python process") from None
            raise Died(f"{subject} ended the Python process") from None
        except WireError:
            raise self._died(f"{subject} disturbed the grader's connection") from None
        if getattr(answer, "nonce", None) != expected:
            raise self._died(f"{subject} disturbed the grader's connection")
        return answer

    def _watch(self, subject: str) -> Callable[[], float]:
        limits = self._limits
        start = self._look()
        start_clock = active_clock = time.monotonic()
        # many short requests add up: none of them lives to be looked at while it runs
        if self._spent_seconds + start.cpu_seconds > limits.run_seconds:
            raise self._died(f"{subject} {sentences.run_time(limits)}")
        if start_clock > self._end:
            raise self._died(f"{subject} {sentences.run_clock(self._wall_seconds)}")

        def wait() -> float:
            nonlocal active_clock
            last, now, clock = self._last, self._look(), time.monotonic()
            if now is last:
                return POLL_SECONDS
            if now.computing or now.cpu_seconds > last.cpu_seconds:
                active_clock = clock
            used_bytes = self._used_bytes(now)
            self.peak_bytes = max(self.peak_bytes, used_bytes)
            self.cpu_seconds = max(self.cpu_seconds, now.cpu_seconds)
            if now.cpu_seconds - start.cpu_seconds > limits.cell_seconds:
                raise self._died(f"{subject} {sentences.cell_time(limits)}")
            if clock - start_clock > limits.wall_factor * limits.cell_seconds:
                raise self._died(f"{subject} {sentences.cell_clock(limits)}")
            if clock - active_clock > sentences.idle_seconds(limits):
                raise self._died(f"{subject} {sentences.idle(limits)}")
            if self._spent_seconds + now.cpu_seconds > limits.run_seconds:
                raise self._died(f"{subject} {sentences.run_time(limits)}")
            if clock > self._end:
                raise self._died(f"{subject} {sentences.run_clock(self._wall_seconds)}")
            if used_bytes > limits.memory_mb << 20:
                raise self._died(f"{subject} {sentences.memory(limits)}")
            # elsewhere the size of the box's own file system is the limit
            if self._level == "uid" and disk_bytes(now.pids) > limits.disk_mb << 20:
                raise self._died(f"{subject} {sentences.disk(limits)}")
            return POLL_SECONDS

        return wait

    def _look(self) -> Usage:
        """Return what the box has used by now, or a moment ago: a look takes as long as a short request."""
        if time.monotonic() - self._looked >= POLL_SECONDS / 2:
            self._last, self._looked = usage(self._pid), time.monotonic()
        return self._last

    def _used_bytes(self, now: Usage) -> int:
        """Return the memory that the box has taken since it began."""
        used = now.memory_bytes - self._base.memory_bytes
        if used > self._limits.memory_mb << 20 and len(now.pids) > len(self._base.pids):
            # forks share most pages with their parent: count each page once
            shares = proportional_bytes(now.pids)
            if shares is None:
                return used
            # and none of the warmed process's: those who only wait, around the student's process, show each one's share
            untouched = min((shares[pid] for pid in self._base.pids[:-1] if pid in shares), default=0)
            return min(used, sum(max(0, share - untouched) for share in shares.values()))
        return used

    def _died(self, sentence: str) -> Died:
        self.close()
        return Died(sentence)

    def close(self, grace_seconds: float = 0.0) -> int:
        """Kill the box, if it lives, with all its processes; return the exit code as shells give it."""
        if self._pid == 0:
            return 0
        # read before the kill: the times of processes that nobody waited for are lost with them
        last = usage(self._pid)
        self._sock.close()
        reaped = self._control.reap(self._pid, grace_seconds)
        self._pid = 0
        self.cpu_seconds = max(self.cpu_seconds, last.cpu_seconds, reaped.cpu_seconds)
        self.peak_bytes = max(self.peak_bytes, self._used_bytes(last))
        return reaped.exit_code
