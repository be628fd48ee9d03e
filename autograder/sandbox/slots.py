"""Slots: numbers that make the user ids of boxes, one box each on the whole machine.

Two graders at work on one machine must not share a user id: one would count, or kill, processes of the other's boxes.
"""

import fcntl
import os
from pathlib import Path

from autograder.sandbox.jail import SLOTS

# root's alone; an ordinary user's boxes all run as that user, in user namespaces of their own, and need no lock
FOLDER = Path("/run/autograder-slots")


class Slots:
    """The slots that this process holds; the kernel frees them should it die."""

    def __init__(self) -> None:
        self._locks: dict[int, int] = {}
        self._next = 0
        if os.geteuid() == 0:
            FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self) -> int:
        """Return a slot that nobody on this machine holds.

        Raises:
            RuntimeError: when all are taken.
        """
        for _ in range(SLOTS):
            slot, self._next = self._next, (self._next + 1) % SLOTS
            if slot not in self._locks and self._lock(slot):
                return slot
        raise RuntimeError(f"all {SLOTS} user ids for boxes are in use on this machine")

    def _lock(self, slot: int) -> bool:
        if os.geteuid() != 0:
            self._locks[slot] = -1
            return True
        descriptor = os.open(FOLDER / str(slot), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._locks[slot] = descriptor
        return True

    def give_back(self, slot: int) -> None:
        """Free a slot for the next box."""
        descriptor = self._locks.pop(slot)
        if descriptor >= 0:
            os.close(descriptor)
