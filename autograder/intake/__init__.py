"""In comes what was handed in: files and folders to grade at once, or what an LMS gives, claimed by students.

`collect` makes submissions of paths and asks nobody whose they are. `open_listings`, `recognise`, `parcels_of` and
`unpack` read downloads of an LMS; `match_all` finds out whose each part of them is; `SubmissionStore` keeps the files.
Nothing is ever unpacked to disk or executed.
"""

from autograder.intake.decisions import read_decisions
from autograder.intake.files import collect, file_name
from autograder.intake.listing import LeftOut, Listing, open_listings
from autograder.intake.matching import Match, Roster, attempt, match_all, missing
from autograder.intake.parcel import Parcel, Reading, unpack
from autograder.intake.store import SubmissionStore
from autograder.intake.submitted import MEMBERS, ZIP_BYTES, _unzip, load, read_submission
from autograder.intake.systems import Source, parcels_of, recognise

__all__ = [
    "MEMBERS",
    "ZIP_BYTES",
    "LeftOut",
    "Listing",
    "Match",
    "Parcel",
    "Reading",
    "Roster",
    "Source",
    "SubmissionStore",
    "_unzip",
    "attempt",
    "collect",
    "file_name",
    "load",
    "match_all",
    "missing",
    "open_listings",
    "parcels_of",
    "read_decisions",
    "read_submission",
    "recognise",
    "unpack",
]
