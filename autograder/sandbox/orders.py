"""What the grader and judges say to the warmed process over its control sockets, and what it answers."""

from msgspec import Struct


class Hello(Struct, tag="hello", frozen=True):
    """Zygote to grader, once. `level` is the best isolation that worked; `obstacle` says why it is not a better one."""

    level: str
    obstacle: str
    versions: dict[str, str]


class ForkJudge(Struct, tag="fork_judge", frozen=True):
    pass


class ForkBox(Struct, tag="fork_box", frozen=True):
    """See jail.confine for the limits."""

    level: str
    scratch_mb: int
    memory_mb: int
    processes: int
    cpu_seconds: int


class Reap(Struct, tag="reap", frozen=True):
    """Kill a judge or a box with all that belongs to it, and wait until nothing of it is left.

    `grace_seconds`: how long one that is ending by itself may take, so that its own exit code is seen.
    """

    pid: int
    grace_seconds: float = 0.0


class Forked(Struct, tag="forked", frozen=True):
    """The answer to both forks; the other end of the child's socket comes with it."""

    pid: int


class Reaped(Struct, tag="reaped", frozen=True):
    """`exit_code` as shells give it: 128 + signal. CPU time of all its processes; `peak_bytes` of the largest."""

    exit_code: int
    cpu_seconds: float
    peak_bytes: int


Order = ForkJudge | ForkBox | Reap
