"""The judge's view of a submission that runs: execute a cell, read a name, call a function.

`Session` is the protocol; a LiveSession speaks to a box and records, a RecordedSession (evidence.py) repeats.
What a session raises is either the student's (Died, or what `remote` makes of a Raised answer) or ours (Fault).
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import msgpack
from msgspec.structs import replace

from autograder.evidence import Exchange, Tell, Transcript, digest
from autograder.sandbox import wire
from autograder.sandbox.box import Box, Died, Killed
from autograder.sandbox.values import Training, Value

MAX_TRAININGS = 8  # of one cell that are taken note of
MAX_ASKED = 1_000  # times that one call may call functions of the test
MAX_ASKED_BYTES = 32 << 20  # that all calls of a session may send to them
MAX_CHECKPOINTS = 200  # of one run; a notebook has a dozen, a loop around `check` has as many as it likes

__all__ = ["Answers", "Died", "Killed", "LiveSession", "Session"]

_ANSWERS: dict[type, Any] = {
    wire.Execute: wire.Checkpoint | wire.Done,
    wire.Resume: wire.Checkpoint | wire.Done,
    wire.Get: wire.Reply,
    wire.Call: wire.Reply | wire.Raised | wire.Asked,
    wire.Told: wire.Reply | wire.Raised | wire.Asked,
}


class Answers(Protocol):
    """What a test may ask of a notebook that stands still."""

    def get(self, name: str) -> wire.Reply:
        """Read a name of the notebook.

        Raises:
            Died: when the box is gone; it can answer nothing any more.
        """

    def call(
        self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value], tell: Tell | None = None
    ) -> wire.Reply | wire.Raised:
        """Call a function that an earlier answer referred to; raises as `get` does.

        Args:
            tell: runs a function of the test, should one be called that is among the arguments; it raises nothing.
        """


class Session(Answers, Protocol):
    """A submission that runs.

    Attributes:
        transcript: of what it was asked and answered.
        trainings: that its cells ran by epochs; none of a recorded session.
        cpu_seconds: that its box used; peak_bytes: the most memory. Known when it is closed.
    """

    transcript: Transcript
    trainings: list[Training]
    cpu_seconds: float
    peak_bytes: int

    def execute(self, source: str, subject: str, at_checkpoint: Callable[[str], None]) -> tuple[str, str] | None:
        """Run a cell; `at_checkpoint` is called with the question's name each time the notebook asks for a check.

        Returns:
            (type name, text) of the exception the cell ended with, or None.

        Raises:
            Died: as for `get`.
        """

    def close(self) -> None:
        """Be done: kill the box, if there is one."""


class LiveSession:
    """A session with a box of its own, to be closed; see Session."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self.transcript = Transcript([])
        self.trainings: list[Training] = []
        self.cpu_seconds, self.peak_bytes = 0.0, 0
        self._checkpoints = self._asked_bytes = 0

    def execute(self, source: str, subject: str, at_checkpoint: Callable[[str], None]) -> tuple[str, str] | None:
        """See Session."""
        answer = self._ask(wire.Execute(b"", source), subject)
        while isinstance(answer, wire.Checkpoint):
            at_checkpoint(answer.question)
            answer = self._ask(wire.Resume(b""), subject, answer.nonce)
        error: tuple[str, str] | None = answer.error
        return error

    def get(self, name: str) -> wire.Reply:
        """See Session."""
        reply: wire.Reply = self._ask(wire.Get(b"", name), name)
        return reply

    def call(
        self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value], tell: Tell | None = None
    ) -> wire.Reply | wire.Raised:
        """See Session."""
        request: wire.Call | wire.Told = wire.Call(b"", ref, args, kwargs)
        key, left = digest(request), MAX_ASKED if tell else 0
        while True:
            answer: wire.Reply | wire.Raised | wire.Asked = self._ask(request, subject, key=key, may_ask=left > 0)
            if tell is None or not isinstance(answer, wire.Asked):
                return answer  # type: ignore[return-value]  # without `tell` it is never Asked
            request, left = tell(answer), left - 1
            key = digest(request, key)

    def _ask(self, request: Any, subject: str, nonce: bytes = b"", key: bytes = b"", may_ask: bool = False) -> Any:
        step, key = isinstance(request, wire.Execute | wire.Resume), key or digest(request)
        try:
            answer = self._box.ask(lambda fresh: replace(request, nonce=fresh), subject, nonce)
            if not isinstance(answer, _ANSWERS[type(request)]):
                raise Died(f"{subject} disturbed the grader's connection")
            if isinstance(answer, wire.Checkpoint):
                self._checkpoints += 1
                if self._checkpoints > MAX_CHECKPOINTS:
                    raise Died(f"{subject} asked for more than {MAX_CHECKPOINTS} checks")
            bare = replace(answer, trainings=[]) if isinstance(answer, wire.Done) else answer
            plain = msgpack.encode(replace(bare, nonce=b""))
            if isinstance(answer, wire.Asked):
                self._asked_bytes += len(plain)
                if not may_ask or self._asked_bytes > MAX_ASKED_BYTES:
                    raise Died(f"{subject} called functions of the test too often")
        except Died as death:
            self._box.close()
            self.transcript.exchanges.append(Exchange(step, key, b"", str(death)))
            raise
        if isinstance(answer, wire.Done):
            self.trainings += answer.trainings[:MAX_TRAININGS]
        self.transcript.exchanges.append(Exchange(step, key, plain))
        return answer

    def close(self) -> None:
        """See Session."""
        self._box.close()
        self.cpu_seconds, self.peak_bytes = self._box.cpu_seconds, self._box.peak_bytes
        self.transcript.cpu_seconds, self.transcript.peak_bytes = self.cpu_seconds, self.peak_bytes
