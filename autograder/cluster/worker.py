"""What a worker process of the cluster does: compare versions, warm up one engine, grade or regrade what it is sent.

In go plain values and bytes; out comes one of the answers below, as bytes. Nothing here knows a student's name.
"""

import asyncio
import platform
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from autograder.errors import AutograderError
from autograder.grader import Grader
from autograder.grading import Engine
from autograder.model import Submission
from autograder.reports import read_result, result_json
from autograder.versions import kit_version

KEPT_GRADERS = 8  # batches at the same time, and those whose coordinator was killed
PACKAGES = ("numpy", "tensorflow", "keras", "otter-grader", "distributed")


class Prepared(msgspec.Struct, tag="prepared", frozen=True):
    """The worker can grade, at this isolation level."""

    level: str


class Refused(msgspec.Struct, tag="refused", frozen=True):
    """The worker must not grade: other versions, or no isolation."""

    reason: str


class Graded(msgspec.Struct, tag="graded", frozen=True):
    """A result as its record, which bears any text that a student wrote, and its evidence, empty where none is new.

    `ran`: student code was run for it.
    """

    record: str
    evidence: bytes
    ran: bool = True


class Unprepared(msgspec.Struct, tag="unprepared", frozen=True):
    """The process at this address is not the one that was prepared, or another batch stopped its engine."""


Answer = Prepared | Refused | Graded | Unprepared


class _Seat:
    """What a worker process keeps between tasks. It ends with the process: the kernel closes the zygote's socket."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.engine: Engine | None = None
        self.graders: dict[str, Grader] = {}


_seat = _Seat()  # of the process, not of a task: TensorFlow is imported once


def dask_setup(_: object) -> None:
    """Leave a terminal's Ctrl-C to the coordinator; Dask calls this in each process of a cluster on this machine."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def versions() -> dict[str, str]:
    """Return the version of the kit and of all that can move a grade; imports none of it."""
    found = {"autograder": kit_version(), "python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "none"
    return found


def prepare(ticket: str, wanted: dict[str, str], unsafe: bool, grader: bytes) -> bytes:
    """Warm up, once a process, and keep the grader of a batch under its ticket; answer Prepared or Refused."""
    ours = versions()
    other = [
        f"{name} {ours.get(name, 'none')} instead of {wanted[name]}"
        for name in wanted
        if ours.get(name) != wanted[name]
    ]
    if other:
        return msgspec.msgpack.encode(Refused(", ".join(other)))
    try:
        with _seat.lock:
            # an engine that a batch with --unsafe has made serves no other
            if _seat.engine is None or (_seat.engine.level == "none" and not unsafe):
                _seat.engine = Engine(unsafe)
            _seat.graders[ticket] = msgspec.msgpack.decode(grader, type=Grader)
            while len(_seat.graders) > KEPT_GRADERS:
                del _seat.graders[next(iter(_seat.graders))]
            return msgspec.msgpack.encode(Prepared(_seat.engine.level))
    except AutograderError as obstacle:
        return msgspec.msgpack.encode(Refused(str(obstacle)))


def grade(ticket: str, notebook: bytes | None, sha256: str) -> bytes:
    """Grade one submission, nameless; answer Graded or Unprepared."""

    def work(engine: Engine, grader: Grader) -> Graded:
        result = engine.grade(Submission("", "", Path(), notebook, sha256=sha256), grader)
        return Graded(result_json(result), result.evidence)

    return _answer(ticket, work)


def regrade(ticket: str, record: str, evidence: bytes, live: bool) -> bytes:
    """Grade one submission again from a nameless record and the evidence of its run; answer Graded or Unprepared."""

    def work(engine: Engine, grader: Grader) -> Graded:
        result, ran = engine.regrade(replace(read_result(record), evidence=evidence), grader, live)
        return Graded(result_json(result), result.evidence if ran else b"", ran)

    return _answer(ticket, work)


def _answer(ticket: str, work: Callable[[Engine, Grader], Graded]) -> bytes:
    engine, grader = _seat.engine, _seat.graders.get(ticket)
    if engine is None or grader is None:
        return msgspec.msgpack.encode(Unprepared())
    graded = work(engine, grader)
    if _seat.engine is not engine:  # stopped meanwhile, which makes a fault of what ran
        return msgspec.msgpack.encode(Unprepared())
    return msgspec.msgpack.encode(graded)


async def leave(ticket: str, stop: bool) -> None:
    """Forget a batch. `stop`: kill what runs, also of other batches, which then prepare again and lose only time."""
    _seat.graders.pop(ticket, None)
    if stop:
        engine, _seat.engine = _seat.engine, None
        if engine is not None:
            await asyncio.to_thread(engine.close)
