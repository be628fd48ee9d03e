"""A CSV where staff say whose uploads are (columns `place`, `id`) -> decisions; a line that fits nothing is refused."""

import difflib
import unicodedata
from collections.abc import Iterable
from pathlib import Path

from autograder.errors import RosterError
from autograder.intake.matching import Roster
from autograder.records import Upload
from autograder.roster import read_table
from autograder.yamlfile import nearest

NOBODY = "-"


def read_decisions(path: Path, uploads: Iterable[Upload], roster: Roster) -> dict[str, tuple[str, ...]]:
    """Read whose each place is: several lines with one place make a group, the id `-` sets an upload aside.

    Args:
        uploads: all that are there: each place must be one of theirs.

    Raises:
        RosterError: names the line, what was found and what is near it.
    """
    places = {_normal(upload.place): upload.place for upload in uploads}
    decisions: dict[str, tuple[str, ...]] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in read_table(path, ("place", "id"), ("place", "id")):
        place, student, where = row.cells["place"], row.cells["id"], f"{path}:{row.line}"
        if place not in places:
            near = difflib.get_close_matches(place, places, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]!r}?" if near else "; places are as `autograder intake` prints them."
            raise RosterError(f"{where}: place: nothing was handed in at {place!r}{hint}")
        if student != NOBODY and student not in roster.by_id:
            raise RosterError(
                f"{where}: id: {student!r} is nobody's on the roster.{nearest(student, roster.by_id)} "
                f"Write {NOBODY} for what is nobody's."
            )
        if (place, student) in lines:
            raise RosterError(f"{where}: the same stands in line {lines[place, student]} already. Delete one of them.")
        if place in decisions and (student == NOBODY or not decisions[place]):
            raise RosterError(
                f"{where}: {place!r} is said to be both somebody's and nobody's. Delete one of the lines."
            )
        lines[place, student] = row.line
        decisions[place] = (*decisions.get(place, ()), student) if student != NOBODY else ()
    return {places[place]: students for place, students in decisions.items()}


def _normal(place: str) -> str:
    return " ".join(unicodedata.normalize("NFC", place).split())  # as `read_table` gives what a person wrote
