"""The sentences that say which limit a submission reached: limits and numbers in, plain words for students out.

Nothing that a box wrote is in a sentence, so any of them may be shown.
"""

from autograder.model import Limits


def cell_time(limits: Limits) -> str:
    return f"reached the time limit of {limits.cell_seconds} s"


def cell_clock(limits: Limits) -> str:
    return f"reached the time limit of {limits.wall_factor * limits.cell_seconds} s by the clock"


def idle_seconds(limits: Limits) -> int:
    """Return how long a cell or a call may wait: never longer than it may compute."""
    return min(limits.idle_seconds, limits.cell_seconds)


def idle(limits: Limits) -> str:
    return f"waited for longer than the limit of {idle_seconds(limits)} s"


def run_time(limits: Limits) -> str:
    return f"was running when the notebook reached its time limit of {limits.run_seconds} s"


def run_clock(seconds: float) -> str:
    return f"was running when the notebook reached its time limit of {seconds:.0f} s by the clock"


def memory(limits: Limits) -> str:
    return f"reached the memory limit of {_size(limits.memory_mb)}"


def disk(limits: Limits) -> str:
    return f"reached the disk limit of {_size(limits.disk_mb)}"


def reached(type_name: str, text: str, limits: Limits) -> str:
    """Return which limit the kernel refused to pass, by the exception that the program met; "" when it is another.

    The exception is the program's own word, so it explains and decides nothing.
    """
    if type_name == "MemoryError":
        return memory(limits)
    if type_name == "OSError" and text.startswith(("[Errno 27]", "[Errno 28]")):  # EFBIG, ENOSPC
        return disk(limits)
    if type_name == "OSError" and text.startswith("[Errno 24]"):  # EMFILE
        return f"reached the limit of {OPEN_FILES} open files"
    if (type_name, text[:10]) == ("BlockingIOError", "[Errno 11]") or text.startswith("can't start new thread"):
        return f"reached the limit of {limits.processes} processes and threads"
    return ""


OPEN_FILES = 512


def _size(mebibytes: int) -> str:
    return f"{mebibytes // 1024} GB" if mebibytes % 1024 == 0 else f"{mebibytes} MB"
