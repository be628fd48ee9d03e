"""nbgrader: `submitted/<student>/<assignment>/...` with the time in `timestamp.txt` -> a parcel a student.

The folder of the student is nbgrader's id of them. Other assignments in the tree are left alone.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from autograder.errors import RosterError, SubmissionError
from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import Claim, Upload

SIGN = "folders <student>/<assignment> with a timestamp.txt in them"
TIMESTAMP = "timestamp.txt"
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d{1,6})?\s*(\S*)")
ZONE = re.compile(r"[A-Za-z]+(/[A-Za-z_+-]+)+")


def belongs(parts: Sequence[str]) -> bool:
    """Whether a file lies as deep as nbgrader puts files of students."""
    return len(parts) > 2


def is_here(listing: Listing) -> bool:
    """Whether any file is nbgrader's own note of a time."""
    return any(len(entry.parts) == 3 and entry.name == TIMESTAMP for entry in listing.entries)


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return what each student handed in for the assignment, or for the only one in the tree, whatever it is called.

    Raises:
        RosterError: the tree holds several assignments and none of that name.
    """
    names = sorted({entry.parts[1] for entry in listing.entries if len(entry.parts) > 2})
    wanted = reading.assignment if reading.assignment in names or len(names) != 1 else names[0]
    if names and wanted not in names:
        raise RosterError(
            f"{listing.name}: no student has a folder {wanted!r}; the tree holds {', '.join(names[:10])}. Call the "
            f"assignment {wanted!r} in nbgrader too, or give a folder that holds one assignment only."
        )
    students: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        if len(entry.parts) > 2 and entry.parts[1] == wanted:
            students.setdefault(entry.parts[0], []).append(Entry(entry.parts[2:], entry.read))
    return tuple(_parcel(student, wanted, entries) for student, entries in students.items())


def _parcel(student: str, assignment: str, entries: Sequence[Entry]) -> Parcel:
    notes = [entry for entry in entries if entry.parts == (TIMESTAMP,)]
    email = student.lower() if "@" in student else ""
    claim = Claim({"id": student, "login": student}, email=email)
    upload = Upload("nbgrader", f"{student}/{assignment}", (claim,), submitted_at=_time(notes[0]) if notes else None)
    return Parcel(upload, tuple(entry for entry in entries if entry not in notes))


def _time(note: Entry) -> datetime | None:
    """Read `2026-11-02 23:59:00.123456 UTC`; without a zone it is UTC, as nbgrader has it."""
    try:
        text = note.read()[:200].decode("utf-8-sig", "replace").strip()
    except SubmissionError:
        return None
    found = TIME.fullmatch(text)
    zone = _zone(found[4]) if found else None
    if not found or zone is None:
        return None
    try:
        return (
            datetime.fromisoformat(f"{found[1]}T{found[2]}{(found[3] or '.0').ljust(7, '0')}")
            .replace(tzinfo=zone)
            .astimezone(UTC)
        )
    except (ValueError, OverflowError):
        return None


def _zone(name: str) -> tzinfo | None:
    """Return the zone of a name, of an offset such as +01:00, or of nothing; of an abbreviation such as PST none."""
    if name in ("", "UTC", "Z", "GMT"):
        return UTC
    offset = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if offset and int(offset[2]) < 24 and int(offset[3]) < 60:
        elapsed = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
        return timezone(-elapsed if offset[1] == "-" else elapsed)
    try:
        return ZoneInfo(name) if ZONE.fullmatch(name) else None
    except (ZoneInfoNotFoundError, OSError, ValueError):
        return None
