"""Gradescope's export: `submission_metadata.yml` and folders `submission_<id>` -> a parcel a submission.

Several submitters make a group. Earlier attempts are counted; their files are not in an export. By FORMATS.md.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec

from autograder.errors import RosterError, SubmissionError
from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import Claim, Upload
from autograder.yamlfile import read_yaml

SIGN = "submission_metadata.yml beside folders such as submission_12345"
METADATA = "submission_metadata.yml"
FOLDER = re.compile(r"submission_\d+")
READ = {":submitters:", ":created_at:"}
TIME = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d+))? ?(Z|UTC|[+-]\d\d:?\d\d)?")


class _Submitter(msgspec.Struct):
    name: str | int | float | None = msgspec.field(name=":name", default=None)
    sid: str | int | float | None = msgspec.field(name=":sid", default=None)
    email: str | None = msgspec.field(name=":email", default=None)


class _Submission(msgspec.Struct):
    submitters: list[_Submitter] | None = msgspec.field(name=":submitters", default=None)
    created_at: str | None = msgspec.field(name=":created_at", default=None)


def belongs(parts: Sequence[str]) -> bool:
    """Whether a file lies where the export puts files of students; the list itself is one."""
    return tuple(parts) == (METADATA,) or (len(parts) > 1 and FOLDER.fullmatch(parts[0]) is not None)


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return each submission of the list.

    Raises:
        RosterError: the list is missing or cannot be read: nobody could say whose a submission is.
    """
    folders: dict[str, list[Entry]] = {}
    metadata = None
    for entry in listing.entries:
        if entry.parts == (METADATA,):
            metadata = entry
        elif belongs(entry.parts):
            folders.setdefault(entry.parts[0], []).append(Entry(entry.parts[1:], entry.read))
    if metadata is None:
        raise RosterError(f"{listing.name}: there is no {METADATA}, which says whose each submission is. Export again.")
    try:
        text = metadata.read().decode("utf-8-sig", "replace")
    except SubmissionError as error:
        raise RosterError(f"{listing.name}: {METADATA}: {error}") from None
    shortened, attempts = _shortened(text)
    listed = read_yaml(shortened, dict[str, _Submission], f"{listing.name}: {METADATA}", RosterError)
    found = [
        Parcel(_upload(name, submission, attempts.get(name, 0)), tuple(folders.pop(name, [])))
        for name, submission in listed.items()
    ]
    # a folder that the list does not name is still somebody's
    return (*found, *(Parcel(Upload("gradescope", name, ()), tuple(entries)) for name, entries in folders.items()))


def _shortened(text: str) -> tuple[str, dict[str, int]]:
    """Blank all that is not read, results above all, and the stray `...`; lines keep their numbers.

    Returns:
        The text, and for each submission how many attempts came before.
    """
    kept: list[str] = []
    attempts: dict[str, int] = {}
    name = section = ""
    for line in re.split("\r\n|\n|\r", text):
        indent = len(line) - len(line.lstrip(" "))
        if line and indent == 0 and not line.startswith(("-", "#", ".")):
            name, section = line.rstrip().removesuffix(":").strip("'\""), ""
        elif indent == 2 and line[2:3] == ":":
            section = line.split()[0]
        if section == ":history:" and line.startswith("  - "):
            attempts[name] = attempts.get(name, 0) + 1
        wanted = not section or section in READ
        # a number would lose its leading zeros, or be read as octal
        kept.append(re.sub(r"(:sid: )(\d+)\s*$", r"\1'\2'", line) if wanted and line.strip() != "..." else "")
    return "\n".join(kept) + "\n", attempts


def _upload(place: str, submission: _Submission, earlier: int) -> Upload:
    claims = tuple(_claim(submitter) for submitter in submission.submitters or ())
    return Upload("gradescope", place, claims, submitted_at=_time(submission.created_at), number=earlier + 1)


def _claim(submitter: _Submitter) -> Claim:
    sid = str(submitter.sid or "").strip()
    name = " ".join(str(submitter.name or "").split())
    return Claim({"gradescope": sid} if sid else {}, name=name, email=(submitter.email or "").strip().lower())


def _time(text: str | None) -> datetime | None:
    """Read `2026-11-02 23:59:00.123456789 -08:00`; without a zone it is UTC, as YAML has it."""
    found = TIME.fullmatch((text or "").strip())
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    zone = "+00:00" if zone in (None, "Z", "UTC") else zone
    try:
        return datetime.fromisoformat(f"{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
