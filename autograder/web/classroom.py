"""What the pages of a class rest on: standings, results, what they add up to, and whose code is alike."""

import gc
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from autograder.analysis import Analysis, analyse
from autograder.attempts import by_file
from autograder.errors import AutograderError
from autograder.folders import results_folder
from autograder.model import GraderInfo, Result
from autograder.notebook import read_notebook
from autograder.records import Standing
from autograder.results import read_results
from autograder.similarity import Pair, answer_code, similar_code
from autograder.web.background import Background, Tell, Waiting
from autograder.web.desk import Desk
from autograder.web.listing import Filed


@dataclass(frozen=True)
class Room:
    """A class in one assignment, as it is now.

    Attributes:
        info: of the grader, None while there is none.
    """

    info: GraderInfo | None
    filed: Filed
    analysis: Analysis


class Classroom:
    """Keeps what takes long: the results on the disk, what a class adds up to, the comparison of all code."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()
        self._results: dict[str, tuple[int, dict[str, Result]]] = {}
        self._rooms: dict[str, tuple[tuple[Standing, ...], dict[str, Result], Room]] = {}
        self._pairs = Background[tuple[Pair, ...]]()

    def room(self, assignment: str) -> Room:
        """Return a class, computed anew when anything of it has changed.

        Raises:
            AutograderError: when the grader zip is damaged.
            OSError: when a result cannot be read.
        """
        standings, grader = self._desk.standings(assignment), self._desk.grader(assignment)
        info = grader.info if grader else None
        with self._lock:
            results = self._read(assignment)
            known = self._rooms.get(assignment)
            if known and known[0] == standings and known[1] is results and known[2].info == info:
                return known[2]
            filed = Filed(assignment, standings, results)
            room = Room(info, filed, analyse(standings, filed.counting(), info.questions if info else ()))
            self._rooms[assignment] = standings, results, room
            return room

    def pairs(self, assignment: str, room: Room) -> tuple[Pair, ...] | None:
        """Return the submissions whose code is alike, None while they are being compared."""
        names = frozenset(result.submission for result in room.filed.counting())
        found = self._pairs.ask(assignment, names, lambda tell: self._compare(assignment, room, tell))
        return None if isinstance(found, Waiting) else found

    def code(self, assignment: str, room: Room, name: str) -> Mapping[str, str]:
        """Return the student's own code by question, none where the file cannot be read.

        Raises:
            KeyError: no submission of that name counts for anybody.
        """
        room.filed.result(name)
        attempt = room.filed.people(name)[0].attempt
        grader = self._desk.grader(assignment)
        if grader is None or attempt is None:
            return {}
        try:
            notebook = read_notebook(self._desk.data(assignment, attempt.sha256), grader.info.name)
        except AutograderError:
            return {}
        return answer_code(notebook, grader.guide)

    def _compare(self, assignment: str, room: Room, tell: Tell) -> tuple[Pair, ...]:
        codes = {}
        for done, result in enumerate(room.filed.counting(), 1):
            codes[result.submission] = self.code(assignment, room, result.submission)
            tell(done)
        return similar_code(codes)

    def _read(self, assignment: str) -> dict[str, Result]:
        """Return the results by file, read again when a record was written: each is renamed into its folder."""
        folder = results_folder(self._desk.root, assignment)
        try:
            written = (folder / "results").stat().st_mtime_ns
        except FileNotFoundError:
            written = 0
        known = self._results.get(assignment)
        if known is None or known[0] != written:
            known = self._results[assignment] = written, by_file(read_results(folder, assignment).values())
            # These stay, and of 1,000 submissions they are so many that each full collection held a page up for 0.1 s.
            gc.collect()
            gc.freeze()
        return known[1]
