"""Brightspace: folders `<user id>-<folder id> - [username ]First Last - Mon D, YYYY HHMM AM` -> a parcel each.

A student who handed in several times has a folder for each. Times are of the course's time zone. By FORMATS.md, which
rests on third-party tests here.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, tzinfo

from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import Claim, Upload

SIGN = "folders such as 123-456 - Ada Lovelace - Nov 2, 2026 1105 PM"
FOLDER = re.compile(r"(?P<user>\d+)-\d+ - (?P<name>.+) - (?P<time>[^-]+)")
TIME = re.compile(
    r"(?P<month>[A-Z][a-z]{2})[a-z]*\.? (?P<day>\d\d?), (?P<year>\d{4}) (?P<clock>\d\d?:?\d\d) ?(?P<half>[AP]M)"
)
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def belongs(parts: Sequence[str]) -> bool:
    """Whether a file lies in a folder that Brightspace names so."""
    return len(parts) > 1 and FOLDER.fullmatch(parts[0]) is not None


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return what lies in each folder. The user name, where there is one, stands before the name: both are claimed."""
    folders: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        if belongs(entry.parts):
            folders.setdefault(entry.parts[0], []).append(Entry(entry.parts[1:], entry.read))
    return tuple(Parcel(_upload(folder, reading.zone), tuple(entries)) for folder, entries in folders.items())


def _upload(folder: str, zone: tzinfo) -> Upload:
    found = FOLDER.fullmatch(folder)
    assert found is not None
    claim = Claim({"brightspace-user": found["user"]}, name=found["name"].strip())
    return Upload("brightspace", folder, (claim,), submitted_at=_time(found["time"].strip(), zone))


def _time(text: str, zone: tzinfo) -> datetime | None:
    """Read `Nov 2, 2026 1105 PM`; the hour that a clock shows twice is taken for the first, in the student's favour."""
    found = TIME.fullmatch(text)
    if not found or found["month"] not in MONTHS:
        return None
    clock = found["clock"].replace(":", "").zfill(4)
    hour, minute = int(clock[:2]), int(clock[2:])
    if not 1 <= hour <= 12:
        return None
    hour = hour % 12 + (12 if found["half"] == "PM" else 0)
    try:
        month = MONTHS.index(found["month"]) + 1
        local = datetime(int(found["year"]), month, int(found["day"]), hour, minute, tzinfo=zone)
        return local.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
