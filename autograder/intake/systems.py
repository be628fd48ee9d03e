"""Which system made a listing, and by which reader it becomes parcels; in doubt an error that names `--from`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from autograder.errors import RosterError
from autograder.intake import brightspace, canvas, folder, gradescope, moodle, nbgrader
from autograder.intake.listing import Entry, Listing
from autograder.intake.parcel import Parcel, Reading
from autograder.records import Upload


@dataclass(frozen=True)
class Reader:
    """One system.

    Attributes:
        sign: what its downloads are known by, for messages.
        belongs: whether a path looks like this system's.
        is_here: whether what it cannot do without is there.
        parcels: reads a listing.
    """

    system: str
    sign: str
    belongs: Callable[[Sequence[str]], bool]
    parcels: Callable[[Listing, Reading], tuple[Parcel, ...]]
    is_here: Callable[[Listing], bool] = lambda listing: True


@dataclass(frozen=True)
class Source:
    """A listing whose system is known. `why`: how, for people; `listing` begins where the system's own layout does."""

    system: str
    why: str
    listing: Listing


READERS = (
    Reader("canvas", canvas.SIGN, canvas.belongs, canvas.parcels),
    Reader("moodle", moodle.SIGN, moodle.belongs, moodle.parcels),
    Reader(
        "gradescope",
        gradescope.SIGN,
        gradescope.belongs,
        gradescope.parcels,
        lambda listing: any(entry.parts == (gradescope.METADATA,) for entry in listing.entries),
    ),
    Reader("brightspace", brightspace.SIGN, brightspace.belongs, brightspace.parcels),
    Reader("nbgrader", nbgrader.SIGN, nbgrader.belongs, nbgrader.parcels, nbgrader.is_here),
    Reader("folder", folder.SIGN, folder.belongs, folder.parcels),
)
MOST_WRAPPERS = 3


def recognise(listing: Listing, system: str = "") -> Source:
    """Find out which system made a listing, and where in it the system's own layout begins.

    Args:
        system: when staff have said which it is; "" to find out.

    Raises:
        RosterError: there is nothing in it, several systems fit, or one fits only in part.
    """
    if not listing.entries:
        raise RosterError(f"{listing.name}: there is no file in it.")
    roots = _roots(listing)
    if system:
        reader = _reader(system)
        best = max(roots, key=lambda root: (reader.is_here(root), _share(reader, root)))
        return Source(system, "--from says so", _unwrapped(listing) if system == "folder" else best)
    for root in roots:
        fitting = [reader for reader in READERS[:-1] if reader.is_here(root) and _share(reader, root) == 1]
        if len(fitting) > 1:
            names = " and ".join(f"{reader.system} ({reader.sign})" for reader in fitting)
            raise RosterError(f"{listing.name} may be of {names}. Say which it is with --from.")
        if fitting:
            return Source(fitting[0].system, fitting[0].sign, root)
    _refuse_a_part(listing, roots)
    if not any(entry.is_work for entry in listing.entries):
        raise RosterError(
            f"{listing.name}: nothing in it looks like the download of an LMS, and there is no .ipynb and no .zip. "
            "Check the path, or say with --from what it is."
        )
    return Source("folder", folder.SIGN, _unwrapped(listing))


def parcels_of(source: Source, reading: Reading) -> tuple[Parcel, ...]:
    """Return all that a source holds, sorted by place; what its system would name otherwise is claimed by nobody.

    Raises:
        RosterError: as its reader.
    """
    reader = _reader(source.system)
    strangers = [
        Parcel(Upload(source.system, entry.place, ()), (entry,))
        for entry in source.listing.entries
        if entry.is_work and not reader.belongs(entry.parts)
    ]
    return tuple(sorted([*reader.parcels(source.listing, reading), *strangers], key=lambda parcel: parcel.upload.place))


def _reader(system: str) -> Reader:
    return next(reader for reader in READERS if reader.system == system)


def _roots(listing: Listing) -> list[Listing]:
    """Return the listing, and what lies in the one folder that may be wrapped around it; nbgrader's tree is a part."""
    roots = [listing]
    while len(roots) <= MOST_WRAPPERS:
        last = roots[-1]
        names = {entry.parts[0] if len(entry.parts) > 1 else "" for entry in last.entries}
        if "submitted" in names and nbgrader.is_here(last.below("submitted")):
            roots.append(last.below("submitted"))
        elif len(names) == 1 and "" not in names:
            roots.append(last.below(names.pop()))
        else:
            break
    return roots


def _unwrapped(listing: Listing) -> Listing:
    """Return where a plain folder's students begin: a folder that is named like the zip around it is no student's."""
    wrapper = PurePath(listing.name).stem
    names = {entry.parts[0] if len(entry.parts) > 1 else "" for entry in listing.entries}
    return listing.below(wrapper) if names == {wrapper} else listing


def _relevant(listing: Listing) -> list[Entry]:
    """Return what must look like the system's: notebooks and zips, or all files when there are none."""
    return [entry for entry in listing.entries if entry.is_work] or list(listing.entries)


def _share(reader: Reader, listing: Listing) -> float:
    relevant = _relevant(listing)
    return sum(reader.belongs(entry.parts) for entry in relevant) / len(relevant)


def _refuse_a_part(listing: Listing, roots: list[Listing]) -> None:
    """Raise when some files look like a system's and others do not."""
    parts = [
        (_share(reader, root), number, reader, root)
        for number, root in enumerate(roots)
        for reader in READERS[:-1]
        if reader.is_here(root) and _share(reader, root) > 0
    ]
    if not parts:
        return
    _, _, reader, root = max(parts, key=lambda part: part[:2])
    relevant = _relevant(root)
    others = [entry.place for entry in relevant if not reader.belongs(entry.parts)]
    raise RosterError(
        f"{listing.name} looks like {reader.system} ({reader.sign}), but {len(others)} of {len(relevant)} files do "
        f"not, for example {others[0]!r}. Say with --from what it is: --from {reader.system}, or --from folder."
    )
