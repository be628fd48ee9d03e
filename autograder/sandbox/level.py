"""Finds the best isolation level of this machine, by confining a child that does nothing."""

import os
import platform
import shutil
import signal
import sys

from autograder.sandbox import jail


def best_level() -> tuple[str, str]:
    """Return the best isolation level that works on this machine, and what stands in the way of a better one."""
    if sys.platform != "linux":
        return "none", f"isolation needs Linux, this is {platform.system()}"
    obstacle = try_level("namespaces")
    if not obstacle:
        return "namespaces", ""
    if os.geteuid() == 0 and not try_level("uid"):
        return "uid", obstacle
    return "none", obstacle


def try_level(level: str) -> str:
    """Confine a child that does nothing; return why that failed, or an empty text."""
    reason, code = _try_once(level)
    if code == -signal.SIGKILL:  # by the machine, not by what is tried; a level is not given up for that
        reason, _ = _try_once(level)
    return reason


def _try_once(level: str) -> tuple[str, int]:
    """Return why confining failed, or an empty text, and the exit code of the child."""
    reader, writer = os.pipe()
    try:
        child = jail.fork(level)
    except OSError as error:
        os.close(reader)
        os.close(writer)
        return str(error), 1
    if child == 0:
        try:
            jail.confine(level, slot=jail.SLOTS, scratch_mb=8, memory_mb=64, processes=64, cpu_seconds=5)
            for needed in (os.__file__, sys.executable):
                with open(needed, "rb"):  # an interpreter in a private home folder cannot be read by another user
                    pass
            os._exit(0)
        except Exception as error:
            os.write(writer, str(error).encode()[:500])
        finally:
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        reason = pipe.read().decode(errors="replace")
    _, status = os.waitpid(child, 0)
    shutil.rmtree(jail.work_folder(child, jail.SLOTS), ignore_errors=True)
    code = os.waitstatus_to_exitcode(status)
    return reason if code == 0 else reason or "the trial box died", code
