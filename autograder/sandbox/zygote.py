"""The warmed process: imports TensorFlow once, then forks judges and boxes in milliseconds.

It holds no test, no submission and no grade. It never runs a TensorFlow operation (after one, `fit` hangs in a fork)
and refuses to fork when it has more than one thread. It is told what to do over control sockets: one from the grader
that started it, one from each judge; when a control socket closes, everything forked through it is killed.
"""

import contextlib
import fcntl
import gc
import importlib
import os
import platform
import resource
import select
import selectors
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from autograder.sandbox import jail, pages, wire
from autograder.sandbox.level import best_level
from autograder.sandbox.orders import ForkBox, Forked, ForkJudge, Hello, Order, Reap, Reaped
from autograder.sandbox.slots import Slots
from autograder.sandbox.values import WireError

PRELOAD = (
    *("numpy", "pandas", "tensorflow", "keras", "matplotlib.pyplot", "IPython", "otter.test_files"),
    # what the first cell, plot or training would import else, in each box anew
    *("IPython.core.logger", "IPython.core.magics.execution", "matplotlib.backends.backend_agg", "PIL.features"),
    *(f"tensorflow.python.data.ops.{name}_op" for name in ("range", "flat_map", "from_tensors", "zip", "concatenate")),
)
KILL_SECONDS = 10
# How boxes and judges compute: part of the environment from the start, since NumPy reads it when it is imported.
# One thread each: the cores are shared among boxes, and small models lose time to more.
# Without oneDNN, whose passes over each new operation of small models cost more than its operations save, and without
# its code for AVX-512, which takes 13 ms to make. TensorFlow reads these with its first operation, after the fork.
COMPUTING = {
    **{"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1", "OMP_NUM_THREADS": "1"},
    **{"TF_ENABLE_ONEDNN_OPTS": "0", "ONEDNN_MAX_CPU_ISA": "AVX2"},
}
# The same for judges, which train nothing: the first product of matrices takes 8 ms less with what Eigen has itself.
JUDGING = {"TENSORFLOW_USE_CUSTOM_CONTRACTION_KERNEL": "false"}


@dataclass
class _Child:
    pid: int
    level: str = ""
    slot: int = -1


@dataclass
class _Connection:
    sock: socket.socket
    children: dict[int, _Child] = field(default_factory=dict)


class Zygote:
    """The fork server; `judge` is run in a judge with its job socket and its control socket."""

    def __init__(self, control: socket.socket, judge: Callable[[socket.socket, socket.socket], None]) -> None:
        self._judge = judge
        self._selector = selectors.DefaultSelector()
        self._connections: list[_Connection] = []
        self._slots = Slots()
        self._swept: set[int] = set()
        self._main = self._connect(control)

    def _connect(self, sock: socket.socket) -> _Connection:
        connection = _Connection(sock)
        self._connections.append(connection)
        self._selector.register(sock, selectors.EVENT_READ, connection)
        return connection

    def serve(self) -> None:
        """Carry out orders until the grader's control socket closes."""
        while self._main in self._connections:
            for key, _ in self._selector.select():
                connection = key.data
                try:
                    self._carry_out(connection, wire.receive(connection.sock, Order))
                except (EOFError, OSError, WireError):
                    self._disconnect(connection)
        for connection in list(self._connections):
            self._disconnect(connection)

    def _carry_out(self, connection: _Connection, order: Order) -> None:
        match order:
            case ForkJudge():
                self._fork_judge(connection)
            case ForkBox():
                self._fork_box(connection, order)
            case Reap(pid, grace_seconds) if pid in connection.children:
                wire.send_frame(connection.sock, self._reap(connection.children.pop(pid), grace_seconds))

    def _disconnect(self, connection: _Connection) -> None:
        if connection not in self._connections:
            return
        self._connections.remove(connection)
        self._selector.unregister(connection.sock)
        connection.sock.close()
        for child in connection.children.values():
            self._reap(child)

    def _fork_judge(self, connection: _Connection) -> None:
        job, job_judge = socket.socketpair()
        control, control_judge = socket.socketpair()

        def run() -> None:
            os.environ.update(JUDGING)
            self._judge(job_judge, control_judge)

        child = _Child(self._fork(run, [job_judge, control_judge]))
        self._connect(control)
        connection.children[child.pid] = child
        _hand_over(connection.sock, job, Forked(child.pid))
        for sock in (job, job_judge, control_judge):
            sock.close()

    def _fork_box(self, connection: _Connection, order: ForkBox) -> None:
        theirs, ours = socket.socketpair()
        slot = self._slots.take()
        if order.level == "uid" and slot not in self._swept:  # what a zygote that was killed could not clean up
            jail.sweep(slot)
            self._swept.add(slot)
        try:
            pid = self._fork(lambda: run_box(ours, order, slot), [ours], order.level)
        except OSError:  # the machine has no room for another process
            self._slots.give_back(slot)
            raise
        connection.children[pid] = _Child(pid, order.level, slot)
        _hand_over(connection.sock, theirs, Forked(pid))
        theirs.close()
        ours.close()

    def _fork(self, run: Callable[[], None], keep: list[socket.socket], level: str = "none") -> int:
        threads = len(os.listdir("/proc/self/task")) if sys.platform == "linux" else 1
        if threads != 1:
            raise RuntimeError(f"the zygote has {threads} threads; a fork of it would hang")
        pid = jail.fork(level)
        if pid:
            return pid
        try:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the grader's business
            with contextlib.suppress(AttributeError):
                jail.die_with_parent()
            for connection in self._connections:
                connection.sock.close()
            self._selector.close()
            kept = {sock.fileno() for sock in keep}
            for descriptor in map(int, os.listdir("/proc/self/fd") if sys.platform == "linux" else range(256)):
                if descriptor > 2 and descriptor not in kept:
                    with contextlib.suppress(OSError):
                        os.close(descriptor)
            run()
        finally:
            os._exit(0)

    def _reap(self, child: _Child, grace_seconds: float = 0.0) -> Reaped:
        ended = _wait(child.pid, grace_seconds)
        if ended is None:
            # process 1 takes all that is inside with it; a guardian answers SIGTERM by killing it
            _kill(child.pid, signal.SIGTERM if child.level == "uid" else signal.SIGKILL)
            ended = _wait(child.pid, KILL_SECONDS)
        while ended is None:
            _kill(child.pid, signal.SIGKILL)
            ended = _wait(child.pid, KILL_SECONDS)
        status, usage = ended
        if child.level == "uid":
            jail.sweep(child.slot)
        if child.level == "none":
            shutil.rmtree(jail.work_folder(child.pid, child.slot), ignore_errors=True)
        if child.slot >= 0:
            self._slots.give_back(child.slot)
        code = os.waitstatus_to_exitcode(status)
        cpu_seconds = usage.ru_utime + usage.ru_stime
        return Reaped(code if code >= 0 else 128 - code, cpu_seconds, usage.ru_maxrss * 1024)


def _wait(pid: int, seconds: float) -> tuple[int, resource.struct_rusage] | None:
    """Return a child's wait status and usage once it has ended, None if it has not after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        ended, status, usage = os.wait4(pid, os.WNOHANG)
        if ended:
            return status, usage
        if time.monotonic() >= end:
            return None
        time.sleep(0.002)


def _kill(pid: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, number)


def _hand_over(control: socket.socket, sock: socket.socket, answer: Forked) -> None:
    socket.send_fds(control, [b"\0"], [sock.fileno()])
    wire.send_frame(control, answer)


def run_box(sock: socket.socket, order: ForkBox, slot: int) -> None:
    """Be a box: give up all rights, then serve the judge at the other end of `sock`. Does not return."""
    from autograder.sandbox import runner

    try:
        runner.silence()
        os.setsid()
        begin = wire.receive(sock, wire.Begin)
        jail.confine(
            order.level,
            slot=slot,
            scratch_mb=order.scratch_mb,
            memory_mb=order.memory_mb,
            processes=order.processes,
            cpu_seconds=order.cpu_seconds,
        )
        home = os.getcwd()
        computing = {name: os.environ[name] for name in (*COMPUTING, "XLA_FLAGS") if name in os.environ}
        os.environ.clear()
        os.environ.update(HOME=home, TMPDIR=home, MPLCONFIGDIR=home, PATH="/usr/bin:/bin", LANG="C.UTF-8", **computing)
        sys.path[:] = ["", home, *(path for path in sys.path if path)]
    except Exception as error:
        wire.send_frame(sock, wire.Failed(f"{type(error).__name__}: {error}"))
        os._exit(1)
    with contextlib.suppress(EOFError, BrokenPipeError):
        runner.Runner(sock, runner.make_shell()).serve(begin, order.level)
    os._exit(0)


def _prepare(judge: str) -> None:
    """Import all that boxes and judges would else import each for itself; `judge` is the module of the latter."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import matplotlib

    matplotlib.use("Agg")
    # Keras imports scikit-learn where it is installed, as it is for the staff pages: a sixth of what each fork takes.
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    for name in (*PRELOAD, judge):
        importlib.import_module(name)
    del sys.modules["sklearn"]
    from autograder.sandbox import runner, training

    training.install()
    runner.make_shell()
    gc.collect()
    gc.freeze()  # keeps the collector from writing to, and so copying, pages that children share
    pages.collapse()


def _end_with(control: socket.socket) -> None:
    """End at once when the grader goes away, for as long as nobody reads the socket.

    The grader sends nothing before it has been greeted, so a signal that there is something to read is its end; the
    default action of SIGIO is to end the process (fcntl(2), F_SETOWN).
    """
    fcntl.fcntl(control, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(control, fcntl.F_SETFL, os.O_ASYNC)
    if select.select([control], [], [], 0)[0]:
        sys.exit("the grader is gone")


def main() -> None:
    """Run as `python -m autograder.sandbox.zygote CONTROL_FD MODULE:FUNCTION`, the function being the judge's."""
    control = socket.socket(fileno=int(sys.argv[1]))
    module, function = sys.argv[2].split(":")
    # It ends when the grader's end of the socket closes. A signal on the parent's death would come with that of the
    # thread that started it, and one that starts a second warmed process may end before the batch does.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with(control)
    _prepare(module)
    judge = getattr(sys.modules[module], function)
    level, obstacle = best_level()
    fcntl.fcntl(control, fcntl.F_SETFL, 0)
    versions = {"python": platform.python_version()}
    versions |= {name: sys.modules[name].__version__ for name in ("numpy", "tensorflow", "keras")}
    wire.send_frame(control, Hello(level, obstacle, versions))
    Zygote(control, judge).serve()


if __name__ == "__main__":
    main()
