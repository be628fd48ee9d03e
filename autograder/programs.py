"""The compiled programs of a batch: what more than one submission trains is compiled once, for all that come later.

In go the trainings that boxes report, as descriptions; out come programs that a box of our own made from them. No code,
no number and no file of a submission is part of a program.
"""

import threading
from collections import Counter

MAX_PROGRAMS = 32
MAX_TRAINING_BYTES = 20_000


class Programs:
    """Programs by the names that XLA finds them by, and which are to be made next; `most`: so many are made at all."""

    def __init__(self, most: int = MAX_PROGRAMS) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._seen: Counter[bytes] = Counter()
        self._made: dict[str, bytes] = {}
        self.cpu_seconds = 0.0

    def made(self) -> dict[str, bytes]:
        """Return what there is."""
        with self._lock:
            return dict(self._made)

    def due(self, trainings: tuple[bytes, ...]) -> list[bytes]:
        """Take note of what a submission trained; return what is now seen for the second time."""
        with self._lock:
            small = [training for training in trainings if len(training) <= MAX_TRAINING_BYTES]
            self._seen.update(small)
            due = [training for training in small if self._seen[training] == 2]
            return due if sum(count > 1 for count in self._seen.values()) <= self._most else []

    def add(self, programs: dict[str, bytes], cpu_seconds: float) -> None:
        """Keep programs, which took so long to make."""
        with self._lock:
            self._made |= programs
            self.cpu_seconds += cpu_seconds
