"""The judge's view of a submission that runs: execute a cell, read a name, call a function.

`Session` is the protocol; `LiveSession` speaks to a box. What a session raises is either the student's (Died, or what
`remote` makes of a Raised answer) or ours (Fault).
"""

import hashlib
from collections.abc import Callable
from typing import Any, Protocol

from msgspec import msgpack
from msgspec.structs import replace

from autograder.sandbox import wire
from autograder.sandbox.box import Box, Died, Killed
from autograder.sandbox.values import Value

MAX_CHECKPOINTS = 200  # of one run; a notebook has a dozen, a loop around `check` has as many as it likes

__all__ = ["Died", "Killed", "LiveSession", "Session"]


class Session(Protocol):
    """A submission that can be asked."""

    def execute(self, source: str, subject: str, at_checkpoint: Callable[[str], None]) -> tuple[str, str] | None:
        """Run a cell; `at_checkpoint` is called with the question's name each time the notebook asks for a check.

        Returns:
            (type name, text) of the exception the cell ended with, or None.

        Raises:
            Died: when the box is gone; it can answer nothing any more.
        """

    def get(self, name: str) -> wire.Reply:
        """Read a name of the notebook."""

    def call(self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value]) -> wire.Reply | wire.Raised:
        """Call a function that an earlier answer referred to."""


class LiveSession:
    """A session with a box of its own, to be closed.

    Attributes:
        evidence: digest of every request and its answer, without the nonces, which are random.
    """

    def __init__(self, box: Box) -> None:
        self.box = box
        self.evidence = hashlib.sha256()
        self._checkpoints = 0

    def execute(self, source: str, subject: str, at_checkpoint: Callable[[str], None]) -> tuple[str, str] | None:
        """See Session."""
        answer = self._ask(wire.Execute(b"", source), subject)
        while isinstance(answer, wire.Checkpoint):
            self._checkpoints += 1
            if self._checkpoints > MAX_CHECKPOINTS:
                self.close()
                raise Died(f"{subject} asked for more than {MAX_CHECKPOINTS} checks")
            at_checkpoint(answer.question)
            answer = self._ask(wire.Resume(b""), subject, answer.nonce)
        if not isinstance(answer, wire.Done):
            raise self._disturbed(subject)
        return answer.error

    def get(self, name: str) -> wire.Reply:
        """See Session."""
        answer = self._ask(wire.Get(b"", name), name)
        if not isinstance(answer, wire.Reply):
            raise self._disturbed(name)
        return answer

    def call(self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value]) -> wire.Reply | wire.Raised:
        """See Session."""
        answer = self._ask(wire.Call(b"", ref, args, kwargs), subject)
        if not isinstance(answer, wire.Reply | wire.Raised):
            raise self._disturbed(subject)
        return answer

    def _ask(self, request: Any, subject: str, nonce: bytes = b"") -> Any:
        self.evidence.update(msgpack.encode(request))
        try:
            answer = self.box.ask(lambda fresh: replace(request, nonce=fresh), subject, nonce)
        except Died as death:
            self.evidence.update(str(death).encode())
            raise
        self.evidence.update(msgpack.encode(replace(answer, nonce=b"")))
        return answer

    def _disturbed(self, subject: str) -> Died:
        self.close()
        return Died(f"{subject} disturbed the grader's connection")

    def close(self) -> None:
        """Kill the box."""
        self.box.close()
