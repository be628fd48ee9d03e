"""Who has which answer open, as far as this server knows: to send TAs to different answers, never to lock one."""

import threading
from datetime import datetime, timedelta

BUSY = timedelta(minutes=10)


class Presence:
    """Where each TA was last seen; a TA who opens another answer to the question has left the one before."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str, str], tuple[str, datetime]] = {}

    def enter(self, staff: str, assignment: str, question: str, paper: str, now: datetime) -> None:
        """Note that a TA has opened an answer."""
        with self._lock:
            self._seen[staff, assignment, question] = paper, now

    def others(self, staff: str, assignment: str, question: str, now: datetime) -> dict[str, str]:
        """Return id of an answer -> who else has it open since less than `BUSY`."""
        with self._lock:
            return {
                paper: name
                for (name, place, asked), (paper, at) in self._seen.items()
                if name != staff and (place, asked) == (assignment, question) and now - at < BUSY
            }
