"""Canvas: a flat folder of `<name>[_LATE]_<user id>_<attachment id>_<file>` -> parcels, one a student and attempt.

The name is the sortable one in lower case without anything but letters, marks, digits and underscores; in group
assignments it is the group's and the id that of one member. By FORMATS.md and Canvas' lib/content_zipper.rb.
"""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading, base_and_number, is_named_like
from autograder.records import Claim, Upload

SIGN = "file names such as doejane_LATE_12345_67890_sum.ipynb: name, user id, attachment id, file"
NAMED = re.compile(
    r"(?P<key>\w*?)(?P<late>_LATE)?_(?P<user>\d+)_(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
)
ANONYMOUS = re.compile(
    r"(?P<late>LATE_)?anon_(?P<late2>LATE_)?(?P<anonymous>[A-Za-z0-9]+)_"
    r"(?:(?P<attachment>\d+)_(?P<file>.+)|(?P<typed>text|link)\.html)"
)
TYPED = {
    "text": "A text typed into Canvas was handed in, no file. Hand in the .ipynb file.",
    "link": "A link was handed in, no file. Hand in the .ipynb file that it leads to.",
}


def belongs(parts: Sequence[str]) -> bool:
    """Whether Canvas names a file like this."""
    return len(parts) == 1 and _parsed(parts[0]) is not None


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return what each student handed in, with its attempts apart where file names count them."""
    named = [(entry, found) for entry in listing.entries if len(entry.parts) == 1 and (found := _parsed(entry.name))]
    named.sort(key=lambda pair: (_whose(pair[1]), int(pair[1]["attachment"] or 0), pair[0].name))
    return tuple(
        parcel
        for _, files in groupby(named, key=lambda pair: _whose(pair[1]))
        for parcel in _parcels_of_one(list(files), reading.assignment)
    )


def _parsed(name: str) -> re.Match[str] | None:
    return ANONYMOUS.fullmatch(name) or NAMED.fullmatch(name)


def _whose(found: re.Match[str]) -> tuple[str, str, bool]:
    groups = found.groupdict()
    return groups.get("key") or "", groups.get("user") or groups.get("anonymous") or "", _is_late(found)


def _is_late(found: re.Match[str]) -> bool:
    return bool(found["late"] or found.groupdict().get("late2"))


def _parcels_of_one(files: list[tuple[Entry, re.Match[str]]], assignment: str) -> list[Parcel]:
    """Return a student's attempts: files that differ only in `-1`, `-2` before the extension, else one of all."""
    first, found = files[0]
    key, user, late = _whose(found)
    claims = (Claim(ids={"canvas": user}, key=key),) if "user" in found.groupdict() else (Claim(),)
    upload = Upload("canvas", first.name, claims, late=late)
    typed = [found["typed"] for _, found in files if found["typed"]]
    given = [(entry, replace(entry, parts=(found["file"],))) for entry, found in files if found["file"]]
    works = [(entry, as_named) for entry, as_named in given if as_named.is_work]
    if not given:
        return [Parcel(replace(upload, problem=TYPED[typed[0]]), ())]
    counts = [base_and_number(as_named.name) for _, as_named in works]
    if len({base.casefold() for base, _ in counts}) == 1 and len({number for _, number in counts}) == len(works):
        counted = len(works) > 1 or is_named_like(works[0][1].name, assignment)
        return [
            Parcel(
                replace(upload, place=entry.name, number=base_and_number(as_named.name)[1] + 1 if counted else 0),
                (as_named,),
            )
            for entry, as_named in works
        ]
    place = (works or given)[0][0].name
    return [Parcel(replace(upload, place=place), tuple(as_named for _, as_named in given))]
