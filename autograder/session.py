"""The judge's view of a submission that runs: execute a cell, read a name, call a function.

`Session` is the protocol; a LiveSession speaks to a box and records, a RecordedSession (evidence.py) repeats.
What a session raises is either the student's (Died, or what `remote` makes of a Raised answer) or ours (Fault).
"""

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import msgpack
from msgspec.structs import replace

from autograder.evidence import Exchange, Transcript, digest
from autograder.sandbox import wire
from autograder.sandbox.box import Box, Died, Killed
from autograder.sandbox.values import Training, Value

MAX_TRAININGS = 8  # of one cell that are taken note of
MAX_CHECKPOINTS = 200  # of one run; a notebook has a dozen, a loop around `check` has as many as it likes

__all__ = ["Answers", "Died", "Killed", "LiveSession", "Session"]

_ANSWERS: dict[type, Any] = {
    wire.Execute: wire.Checkpoint | wire.Done,
    wire.Resume: wire.Checkpoint | wire.Done,
    wire.Get: wire.Reply,
    wire.Call: wire.Reply | wire.Raised,
}


class Answers(Protocol):
    """What a test may ask of a notebook that stands still."""

    def get(self, name: str) -> wire.Reply:
        """Read a name of the notebook.

        Raises:
            Died: when the box is gone; it can answer nothing any more.
        """

    def call(self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value]) -> wire.Reply | wire.Raised:
        """Call a function that an earlier answer referred to; raises as `get` does."""


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
        self._checkpoints = 0

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

    def call(self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value]) -> wire.Reply | wire.Raised:
        """See Session."""
        answer: wire.Reply | wire.Raised = self._ask(wire.Call(b"", ref, args, kwargs), subject)
        return answer

    def _ask(self, request: Any, subject: str, nonce: bytes = b"") -> Any:
        step = isinstance(request, wire.Execute | wire.Resume)
        try:
            answer = self._box.ask(lambda fresh: replace(request, nonce=fresh), subject, nonce)
            if not isinstance(answer, _ANSWERS[type(request)]):
                raise Died(f"{subject} disturbed the grader's connection")
            if isinstance(answer, wire.Checkpoint):
                self._checkpoints += 1
                if self._checkpoints > MAX_CHECKPOINTS:
                    raise Died(f"{subject} asked for more than {MAX_CHECKPOINTS} checks")
        except Died as death:
            self._box.close()
            self.transcript.exchanges.append(Exchange(step, digest(request), b"", str(death)))
            raise
        if isinstance(answer, wire.Done):
            self.trainings += answer.trainings[:MAX_TRAININGS]
            answer = replace(answer, trainings=[])
        plain = msgpack.encode(replace(answer, nonce=b""))
        self.transcript.exchanges.append(Exchange(step, digest(request), plain))
        return answer

    def close(self) -> None:
        """See Session."""
        self._box.close()
        self.cpu_seconds, self.peak_bytes = self._box.cpu_seconds, self._box.peak_bytes
        self.transcript.cpu_seconds, self.transcript.peak_bytes = self.cpu_seconds, self.peak_bytes
