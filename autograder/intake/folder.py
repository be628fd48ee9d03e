"""A plain folder or zip -> parcels: the name of a file, or of the folder that it lies in, claims whose it is.

What a name is, an id, a login, an address or a name, is left to the roster; a file inside a folder names nobody, since
students name their own files.
"""

from collections.abc import Sequence
from pathlib import PurePath

from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import ID_COLUMNS, Claim, Upload

SIGN = "names of files and folders that nothing else is known of"


def belongs(parts: Sequence[str]) -> bool:
    """Whether a file can be somebody's: any may be."""
    return True


def parcels(listing: Listing, reading: Reading) -> tuple[Parcel, ...]:
    """Return a parcel for each name of files on top, and for each folder on top with all that lies below it.

    The course's own lists on top (.csv) are nobody's.
    """
    folders: dict[str, list[Entry]] = {}
    files: dict[str, list[Entry]] = {}
    for entry in listing.entries:
        if len(entry.parts) > 1:
            folders.setdefault(entry.parts[0], []).append(Entry(entry.parts[1:], entry.read))
        elif not entry.name.lower().endswith(".csv"):
            files.setdefault(PurePath(entry.name).stem, []).append(entry)
    return (
        *(Parcel(Upload("folder", name, (_claim(name),)), tuple(entries)) for name, entries in folders.items()),
        *(
            Parcel(Upload("folder", entries[0].place, (_claim(stem),)), _named(entries))
            for stem, entries in files.items()
        ),
    )


def _named(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """Put notebooks first: of a notebook and the zip of it the notebook is taken."""
    return tuple(sorted(entries, key=lambda entry: not entry.name.lower().endswith(".ipynb")))


def _claim(text: str) -> Claim:
    ids = dict.fromkeys(("id", *ID_COLUMNS), text)
    return Claim(ids, name=text, email=text.lower() if "@" in text else "", key=text)
