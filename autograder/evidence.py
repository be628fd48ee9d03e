"""The evidence of a run: all that its boxes were asked and answered, to judge the submission again without its code.

A live session records into a Transcript; a RecordedSession answers from one. `pack` and `unpack` are the file format:
MessagePack, deflated. The answers came from a box, so they are as hostile here as they were on the socket.
"""

import hashlib
import zlib
from collections import deque
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from autograder.errors import Fault
from autograder.job import CodeCell
from autograder.sandbox import wire
from autograder.sandbox.values import Training, Value, WireError

MAX_BYTES = 256 << 20  # of all transcripts of a run, inflated
SMALL_BYTES = 4 << 20  # up to here it is kept as it is: random numbers deflate by a seventh, at 25 ms for 1 MiB
MAX_FILE_BYTES = 48 << 20  # deflated; it must fit into a frame beside the verdict


# Runs a function of the test that a function of the notebook has called.
Tell = Callable[[wire.Asked], wire.Told]


class Unrecorded(BaseException):
    """The tests ask something that the evidence does not hold: the submission must run again.

    No test may catch it, so it is not an Exception.
    """


class Exchange(Struct, frozen=True, array_like=True):
    """A request, as a digest, and what came back: a message of the wire, or the sentence with which the box died.

    `step`: it executed a cell or went on after a checkpoint. Between two steps the notebook stands still.
    """

    step: bool
    request: bytes
    answer: bytes
    death: str = ""


class Transcript(Struct, array_like=True):
    """What one box was asked and answered, in order, and what it used."""

    exchanges: list[Exchange]
    cpu_seconds: float = 0.0
    peak_bytes: int = 0


class Evidence(Struct, frozen=True):
    """A whole run. `given_up`: it was stopped by the clock, so no further box is missing."""

    cells: list[CodeCell]
    boxes: list[Transcript]
    given_up: bool


def digest(request: Any, after: bytes = b"") -> bytes:
    """Return what stands for a request, and for those that it follows up; its nonce must be empty."""
    return hashlib.sha256(after + msgspec.msgpack.encode(request)).digest()[:16]


def pack(evidence: Evidence) -> bytes:
    """Return the file, the same bytes for the same evidence; empty when it would be too large to be worth keeping."""
    data = msgspec.msgpack.encode(evidence)
    packed = zlib.compress(data, 6 if len(data) > SMALL_BYTES else 0) if len(data) <= MAX_BYTES else b""
    return packed if len(packed) <= MAX_FILE_BYTES else b""


def unpack(data: bytes) -> Evidence:
    """Read what `pack` made.

    Raises:
        Fault: when it is something else; then the submission is to be graded from its file.
    """
    try:
        inflate = zlib.decompressobj()
        text = inflate.decompress(data, MAX_BYTES)
        if not inflate.eof:
            raise ValueError("it is cut off or too large")
        return msgspec.msgpack.decode(text, type=Evidence)
    except (zlib.error, ValueError, msgspec.MsgspecError, RecursionError) as error:
        raise Fault(f"the evidence is damaged ({error}); grade the submission's file again") from None


def sha256(boxes: list[Transcript]) -> str:
    """Return a digest that is equal for equal runs: what the boxes used does not count."""
    return hashlib.sha256(msgspec.msgpack.encode([box.exchanges for box in boxes])).hexdigest()


class RecordedSession:
    """A session that answers from a transcript; see session.Session.

    An answer is found by the request and by the step at which it was asked: between two steps questions may be asked in
    another order, or not at all.
    """

    def __init__(self, transcript: Transcript, died: Callable[[str], Exception]) -> None:
        self.cpu_seconds, self.peak_bytes = transcript.cpu_seconds, transcript.peak_bytes
        self.transcript = transcript
        self.trainings: list[Training] = []
        self._died = died
        self._steps = deque(exchange for exchange in transcript.exchanges if exchange.step)
        self._asked: list[dict[bytes, deque[Exchange]]] = [{}]
        for exchange in transcript.exchanges:
            if exchange.step:
                self._asked.append({})
            else:
                self._asked[-1].setdefault(exchange.request, deque()).append(exchange)
        self._step = 0

    def execute(self, source: str, subject: str, at_checkpoint: Callable[[str], None]) -> tuple[str, str] | None:
        """See Session."""
        answer = self._next(wire.Execute(b"", source))
        while isinstance(answer, wire.Checkpoint):
            at_checkpoint(answer.question)
            answer = self._next(wire.Resume(b""))
        return answer.error if isinstance(answer, wire.Done) else None

    def get(self, name: str) -> wire.Reply:
        """See Session."""
        reply: wire.Reply = self._find(digest(wire.Get(b"", name)), wire.Reply)
        return reply

    def call(
        self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value], tell: Tell | None = None
    ) -> wire.Reply | wire.Raised:
        """See Session."""
        key = digest(wire.Call(b"", ref, args, kwargs))
        while True:
            answer: wire.Reply | wire.Raised | wire.Asked = self._find(key, wire.Reply | wire.Raised | wire.Asked)
            if not isinstance(answer, wire.Asked):
                return answer
            if tell is None:
                raise Unrecorded
            key = digest(tell(answer), key)

    def close(self) -> None:
        """See Session: there is no box to be killed."""

    def _next(self, request: Any) -> Any:
        if not self._steps or self._steps[0].request != digest(request):
            raise Unrecorded
        self._step += 1
        return self._answer(self._steps.popleft(), wire.Checkpoint | wire.Done)

    def _find(self, key: bytes, expected: Any) -> Any:
        found = self._asked[self._step].get(key)
        if not found:
            raise Unrecorded
        return self._answer(found.popleft(), expected)

    def _answer(self, exchange: Exchange, expected: Any) -> Any:
        if exchange.death:
            raise self._died(exchange.death)
        try:
            return wire.decode(exchange.answer, expected)
        except WireError:
            raise Unrecorded from None
