"""What a question's tests ask of a notebook, beginning with what other notebooks were asked that passed them.

In go a session and precedents; out comes the result of a precedent whose answers are this notebook's to the byte. Where
there is none the tests run, and what has been asked already is not asked again.
"""

import hashlib
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import msgpack
from msgspec.structs import replace

from autograder.evidence import Tell
from autograder.job import Precedent, Step
from autograder.model import QuestionResult
from autograder.sandbox import wire
from autograder.sandbox.values import Value
from autograder.session import Answers, Died

MAX_REQUEST_BYTES = 4 << 20  # of a run: they are carried from judge to judge, in one frame with all else


class Hearing:
    """The answers of one notebook to one question's tests; see session.Answers.

    Args:
        session: to ask.
        precedents: of this question under these tests, the likeliest first.
        requests: digest -> encoded message, of the steps in them.
    """

    def __init__(
        self, session: Answers, precedents: Sequence[Precedent] = (), requests: Mapping[bytes, bytes] | None = None
    ) -> None:
        self._session, self._precedents, self._known = session, precedents, requests or {}
        self._steps: list[Step] = []
        self._requests: dict[bytes, bytes] = {}
        self._heard: deque[tuple[bytes, wire.Reply | wire.Raised | Died]] = deque()
        self._whole = True

    def decided(self) -> QuestionResult | None:
        """Ask what the precedents were asked, for as long as one of them was answered in the same way.

        Tests that get the same answers ask the same next, and end with the same result.

        Returns:
            The result of the precedent that was followed to its end, None when there is none.
        """
        left = list(self._precedents)
        while left:
            if len(self._steps) == len(left[0].steps):
                return left[0].result
            step = left[0].steps[len(self._steps)]
            request = wire.decode(self._known[step.request], wire.Get | wire.Call)
            try:
                answer = self._perform(request, step.subject)
            except Died as death:
                self._heard.append((step.request, death))
                break
            self._heard.append((step.request, answer))
            taken = self._steps[-1]
            left = [one for one in left if one.steps[len(self._steps) - 1 : len(self._steps)] == [taken]]
        self._steps, self._requests = [], {}
        return None

    def precedent(self, result: QuestionResult) -> tuple[Precedent, dict[bytes, bytes]] | None:
        """Return what others may be decided by, and its new requests; None where the tests have not passed in full.

        That they failed may have other causes than the answers, as a judge that is short of memory.
        """
        if not self._whole or not result.cases or not all(case.passed for case in result.cases):
            return None
        new = {key: body for key, body in self._requests.items() if key not in self._known}
        return Precedent(self._steps, result), new

    def get(self, name: str) -> wire.Reply:
        """See Answers."""
        reply: wire.Reply = self._again(wire.Get(b"", name), name)
        return reply

    def call(
        self, ref: int, subject: str, args: list[Value], kwargs: dict[str, Value], tell: Tell | None = None
    ) -> wire.Reply | wire.Raised:
        """See Answers."""
        if tell is None:
            answer: wire.Reply | wire.Raised = self._again(wire.Call(b"", ref, args, kwargs), subject)
            return answer
        self._whole = False  # a function of the test took part
        self._heard.clear()
        return self._session.call(ref, subject, args, kwargs, tell)

    def _again(self, request: wire.Get | wire.Call, subject: str) -> Any:
        """Answer with what was heard before, if it is this that was asked."""
        if not self._heard or self._heard[0][0] != _digest(msgpack.encode(request)):
            self._heard.clear()
            return self._perform(request, subject)
        _, answer = self._heard.popleft()
        if isinstance(answer, Died):
            raise answer
        self._note(request, subject, answer)
        return answer

    def _perform(self, request: wire.Get | wire.Call, subject: str) -> wire.Reply | wire.Raised:
        answer: wire.Reply | wire.Raised
        if isinstance(request, wire.Get):
            answer = self._session.get(request.name)
        else:
            answer = self._session.call(request.ref, subject, request.args, request.kwargs)
        self._note(request, subject, answer)
        return answer

    def _note(self, request: wire.Get | wire.Call, subject: str, answer: wire.Reply | wire.Raised) -> None:
        body = msgpack.encode(request)
        key = _digest(body)
        self._requests[key] = body
        self._steps.append(Step(key, subject, _digest(msgpack.encode(replace(answer, nonce=b"")))))


class Rulings:
    """The precedents of a run: question -> Precedent; and their requests, as far as they fit."""

    def __init__(self) -> None:
        self.precedents: dict[str, Precedent] = {}
        self.requests: dict[bytes, bytes] = {}

    def keep(self, result: QuestionResult, hearing: Hearing) -> None:
        """Keep what a hearing ended with, if it is a precedent."""
        made = hearing.precedent(result)
        requests = self.requests | (made[1] if made else {})
        if made and sum(map(len, requests.values())) <= MAX_REQUEST_BYTES:
            self.precedents[result.name], self.requests = made[0], requests


def _digest(body: bytes) -> bytes:
    return hashlib.sha256(body).digest()[:16]
