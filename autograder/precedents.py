"""Questions decided before: notebooks whose answers to all that tests ask are equal get one judgement.

In go jobs and their verdicts; out come jobs that carry what was decided under the same tests, for a judge to look at
first (hearing.py). Kept for as long as the warmed process, in memory alone.
"""

import hashlib
import threading
from collections import OrderedDict, defaultdict
from dataclasses import replace

from msgspec import msgpack

from autograder.job import Job, Precedent, Verdict
from autograder.model import Question

MAX_PRECEDENTS = 16  # of a question: right answers differ by the order in which they add
MAX_BYTES = 16 << 20  # of all requests: a job takes them along in its frame


class Precedents:
    """What has been decided, question by question; `most`: so many precedents are kept of each."""

    def __init__(self, most: int = MAX_PRECEDENTS) -> None:
        self._most = most
        self._lock = threading.Lock()
        # digest of what is asked -> digest of the answers -> precedent, the last followed at the end
        self._decided: dict[bytes, OrderedDict[bytes, Precedent]] = defaultdict(OrderedDict)
        self._requests: dict[bytes, bytes] = {}

    def cite(self, job: Job) -> Job:
        """Return the job with the precedents of its questions, the last followed first, and their requests."""
        if not self._most:
            return job
        with self._lock:
            found = {
                question.name: list(reversed(self._decided[key].values()))
                for question, key in _keys(job)
                if self._decided[key]
            }
            asked = {step.request for each in found.values() for one in each for step in one.steps}
            return replace(job, precedents=found, requests={key: self._requests[key] for key in asked})

    def learn(self, job: Job, verdict: Verdict) -> None:
        """Take note of what a verdict decided or followed."""
        if not self._most:
            return
        with self._lock:
            self._requests |= {key: body for key, body in verdict.requests.items() if key not in self._requests}
            if sum(map(len, self._requests.values())) > MAX_BYTES:
                self._decided.clear()
                self._requests.clear()
            for question, key in _keys(job):
                made = verdict.precedents.get(question.name)
                if made is None or any(step.request not in self._requests for step in made.steps):
                    continue
                decided, name = self._decided[key], hashlib.sha256(msgpack.encode(made.steps)).digest()
                decided[name] = decided.get(name, made)
                decided.move_to_end(name)
                while len(decided) > self._most:
                    decided.popitem(last=False)


def _keys(job: Job) -> list[tuple[Question, bytes]]:
    """Return a digest of all but the answers that decides a question, for each that is tested."""
    common = (job.reference, job.limits, job.seed, job.public_only)
    return [
        (question, hashlib.sha256(repr((question, job.tests[question.name], common)).encode()).digest())
        for question in job.questions
        if question.name in job.tests
    ]
