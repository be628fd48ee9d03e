"""Moodle: `<Full Name>_<id>_assignsubmission_file/...`, or the same before flat file names -> a parcel a student.

The id is the number of the participant in this assignment, as in the grading worksheet's Identifier; for a group name
and id are the group's. Before Moodle 4.1 folders end in `_`. By FORMATS.md and mod/assign/classes/downloader.php.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import Claim, Upload

SIGN = "names such as Ada Lovelace_123_assignsubmission_file"
# Up to the first mark: what comes behind it, students name.
NAMED = re.compile(r"(?P<name>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
BLIND = "participant"


def belongs(parts: Sequence[str]) -> bool:
    """Whether Moodle names a file, or the folder it lies in, like this."""
    return _parsed(parts) is not None


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return what each student or group handed in; of texts typed into Moodle only that they are there."""
    groups: dict[tuple[str, str], list[Entry]] = {}
    places: dict[tuple[str, str], str] = {}
    for entry in listing.entries:
        found = _parsed(entry.parts)
        if found is None:
            continue
        whose = (found["name"], found["id"] or "")
        inner = entry.parts[1:] or (found["file"] or entry.name,)
        groups.setdefault(whose, []).append(replace(entry, parts=inner))
        places.setdefault(whose, entry.parts[0])
    return tuple(
        Parcel(Upload("moodle", places[name, number], (_claim(name, number),)), tuple(entries))
        for (name, number), entries in groups.items()
    )


def _parsed(parts: Sequence[str]) -> re.Match[str] | None:
    found = NAMED.fullmatch(parts[0])
    return found if found and (len(parts) > 1 or found["file"]) else None


def _claim(name: str, number: str) -> Claim:
    ids = {"moodle": number} if number else {}
    return Claim(ids) if name.casefold() == BLIND else Claim(ids, name=" ".join(name.replace("_", " ").split()))
