"""Claims and the roster -> whose each upload is and how that is known, or why it is not and who it might be.

An id decides before an e-mail address, an address before a name. Whatever contradicts itself, or fits two people, is
left to a person: nothing is guessed.
"""

import difflib
import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from autograder.records import Attempt, Claim, Student, Upload

# Gradescope's student id is whatever the course wrote there; other systems' numbers are theirs alone.
ALSO = {"gradescope": ("id", "sis")}
BY_STAFF, BY_ID, BY_EMAIL, BY_NAME, SET_ASIDE = "staff", "id", "e-mail", "name", "set aside"


@dataclass(frozen=True)
class Match:
    """Whose an upload is.

    Attributes:
        students: ids; empty when it cannot be told, or staff have set it aside.
        how: the weakest of what its claims were matched by: staff, id, e-mail or name; "set aside"; "" for no match.
        reason: why there is no match, as a sentence for people.
        candidates: who it might be.
    """

    students: tuple[str, ...] = ()
    how: str = ""
    reason: str = ""
    candidates: tuple[Student, ...] = ()


@dataclass(frozen=True)
class _Evidence:
    """What one thing that a claim says leads to. `what`: in words; `students`: all that have it."""

    how: str
    what: str
    students: tuple[Student, ...]


class Roster:
    """A class, prepared to be searched by what systems say of people."""

    def __init__(self, students: Sequence[Student]) -> None:
        self.students = tuple(students)
        self.by_id = {student.id: student for student in students}
        self._found: dict[tuple[str, str], list[Student]] = {}
        for student in students:
            ids = {"id": student.id, **student.ids}
            # Brightspace puts the user name, and some people the id, before the name.
            names = {student.name, *(f"{value} {student.name}" for value in ids.values())}
            self._add(student, ids.items())
            self._add(student, [("email", student.email)] if student.email else [])
            self._add(student, {("name", name_key(name)) for name in names})
            self._add(student, {("key", key) for key in cut_keys(student.name)})

    def having(self, column: str, value: str) -> tuple[Student, ...]:
        """Return who has this in a column: `id`, one of records.ID_COLUMNS, `email`, `name`, or `key`."""
        return tuple(self._found.get((column, folded(value)), ()))

    def _add(self, student: Student, pairs: Iterable[tuple[str, str]]) -> None:
        for column, value in pairs:
            if folded(value):
                self._found.setdefault((column, folded(value)), []).append(student)

    def suggest(self, upload: Upload) -> tuple[Student, ...]:
        """Return up to three people whose names are nearly those of the claims: for a person to choose from."""
        keys = {name_key(student.name): student for student in self.students}
        wanted = [name_key(claim.name or claim.key) for claim in upload.claims]
        near = (name for key in wanted if key for name in difflib.get_close_matches(key, keys, n=3, cutoff=0.75))
        return tuple(keys[name] for name in dict.fromkeys(near))[:3]


def folded(text: str) -> str:
    """Return text as it is compared: NFKC, without letter case, white space as single spaces."""
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).split())


def name_key(name: str) -> str:
    """Return a name as it is compared: "Lovelace, Ada" is "Ada Lovelace"; nothing but letters, marks and digits counts.

    Systems drop apostrophes and hyphens from names of files, each in its own way.
    """
    last, comma, first = name.partition(",")
    return _letters(f"{first} {last}" if comma else name)


def cut_keys(name: str) -> set[str]:
    """Return what Canvas may make of a name: its sortable form, cut at any of its spaces, as far as letters go."""
    words = name.replace(",", " ").split()
    return {_letters("".join(words[start:] + words[:start])) for start in range(len(words))}


def _letters(text: str) -> str:
    return "".join(char for char in folded(text) if unicodedata.category(char)[0] in "LMN")


def match_all(
    uploads: Sequence[Upload], roster: Roster, decisions: Mapping[str, tuple[str, ...]] | None = None
) -> tuple[Match, ...]:
    """Match each upload to students of the roster.

    Args:
        uploads: their data are not looked at.
        decisions: place -> ids of students, or none for what is nobody's; by a person, so they are not questioned.

    Returns:
        One match for each upload, in their order.
    """
    decided = decisions or {}
    matches = [
        _decided(decided[upload.place]) if upload.place in decided else match(upload, roster) for upload in uploads
    ]
    return tuple(_two_of_one_name(uploads, matches, roster))


def match(upload: Upload, roster: Roster) -> Match:
    """Match one upload: to all who claim it, or to nobody."""
    if not any(claim != Claim() for claim in upload.claims):
        return Match(reason=f"{upload.system} does not say whose it is")
    found = [_match_claim(claim, upload.system, roster) for claim in upload.claims]
    reasons = [one.reason for one in found if not one.students]
    if reasons:
        group = f"of a group of {len(found)}: " if len(found) > 1 else ""
        candidates = dict.fromkeys(student.id for one in found for student in one.candidates)
        return Match(reason=group + "; ".join(reasons), candidates=tuple(roster.by_id[id_] for id_ in candidates))
    order = (BY_ID, BY_EMAIL, BY_NAME)
    students = dict.fromkeys(student for one in found for student in one.students)
    return Match(tuple(students), max((one.how for one in found), key=order.index))


def missing(matches: Iterable[Match], roster: Roster) -> tuple[Student, ...]:
    """Return who is on the roster and has handed in nothing."""
    there = {student for match in matches for student in match.students}
    return tuple(student for student in roster.students if student.id not in there)


def attempt(upload: Upload, match: Match, assignment: str) -> Attempt:
    """Return an upload whose students are known as an attempt; one without a file has no hash."""
    return Attempt(
        assignment=assignment,
        students=match.students,
        sha256=hashlib.sha256(upload.data).hexdigest() if upload.data else "",
        file_name=upload.file_name,
        system=upload.system,
        place=upload.place,
        submitted_at=upload.submitted_at,
        late=upload.late,
        number=upload.number,
        problem=upload.problem,
    )


def _decided(students: tuple[str, ...]) -> Match:
    return Match(students, BY_STAFF) if students else Match(how=SET_ASIDE)


def _match_claim(claim: Claim, system: str, roster: Roster) -> Match:
    """Match one person: by the strongest that fits exactly one student, unless something speaks against it."""
    evidence = _evidence(claim, system, roster)
    everyone = tuple(dict.fromkeys(student.id for one in evidence for student in one.students))
    candidates = tuple(roster.by_id[id_] for id_ in everyone)
    if not evidence:
        return Match(reason=f"nobody on the roster has {_said(claim, system)}")
    best = next((one for one in evidence if len(one.students) == 1), None)
    if best is None:
        names = _listed(evidence[0].students)
        return Match(
            reason=f"{evidence[0].what} fits {len(evidence[0].students)} people: {names}", candidates=candidates
        )
    (student,) = best.students
    against = next((one for one in evidence if student not in one.students), None)
    if against:
        reason = f"{best.what} is {_who(student)}, but {against.what} is {_listed(against.students)}"
        return Match(reason=reason, candidates=candidates)
    # In a plain folder one name is tried as every kind of id: that it is not one of them speaks against nothing.
    other = "" if system in ("folder", "nbgrader") else _other_id(claim, student, best.how)
    if other:
        return Match(reason=f"{best.what} is {_who(student)}, but {other}", candidates=candidates)
    return Match((student.id,), best.how)


def _evidence(claim: Claim, system: str, roster: Roster) -> list[_Evidence]:
    """Return what a claim says that anybody on the roster has, the strongest first."""
    found: list[_Evidence] = []
    for column, value in claim.ids.items():
        for name in (column, *(ALSO.get(column, ()) if not roster.having(column, value) else ())):
            what = f"the {name} id {value!r}" if name != "id" else f"the id {value!r}"
            found.append(_Evidence(BY_ID, what, roster.having(name, value)))
    if claim.email:
        found.append(_Evidence(BY_EMAIL, f"the address {claim.email!r}", roster.having("email", claim.email)))
    if claim.name:
        found.append(_Evidence(BY_NAME, f"the name {claim.name!r}", roster.having("name", name_key(claim.name))))
    if claim.key:
        found.append(_Evidence(BY_NAME, f"the name {claim.key!r}", roster.having("key", _letters(claim.key))))
    return [one for one in found if one.students]


def _other_id(claim: Claim, student: Student, how: str) -> str:
    """Return in which id, or for a match by name in which address, claim and student differ, or ""."""
    for column, value in claim.ids.items():
        theirs = student.id if column == "id" else student.ids.get(column, "")
        # Gradescope gives some ids as numbers, which have lost their leading zeros: that is no contradiction
        if value and theirs and folded(theirs).lstrip("0") != folded(value).lstrip("0"):
            return f"their {column} id on the roster is {theirs!r}, not {value!r}"
    if how == BY_NAME and claim.email and student.email and folded(claim.email) != folded(student.email):
        return f"their address on the roster is {student.email!r}, not {claim.email!r}"
    return ""


def _two_of_one_name(uploads: Sequence[Upload], matches: Sequence[Match], roster: Roster) -> list[Match]:
    """Undo matches by name where a system knows two people of that name and the roster only one."""
    users: dict[tuple[str, str], set[str]] = {}
    for upload, found in zip(uploads, matches, strict=True):
        if found.how == BY_NAME and len(upload.claims) == 1 and upload.system != "folder":
            for column, value in upload.claims[0].ids.items():
                users.setdefault((found.students[0], column), set()).add(folded(value))
    doubtful = {student: (column, ids) for (student, column), ids in users.items() if len(ids) > 1}
    result = []
    for upload, found in zip(uploads, matches, strict=True):
        name = found.students[0] if found.how == BY_NAME else ""
        if name in doubtful and len(upload.claims) == 1:
            column, ids = doubtful[name]
            reason = (
                f"the name fits {_who(roster.by_id[name])}, but {len(ids)} people with different {column} ids have it: "
                f"{', '.join(sorted(ids)[:5])}"
            )
            found = Match(reason=reason, candidates=(roster.by_id[name],))
        result.append(found)
    return result


def _who(student: Student) -> str:
    return f"{student.name} ({student.id})"


def _listed(students: Sequence[Student]) -> str:
    return ", ".join(_who(student) for student in students[:5]) + (", …" if len(students) > 5 else "")


def _said(claim: Claim, system: str) -> str:
    """Return what a claim says, for a sentence."""
    if system == "folder":
        return f"{claim.name!r} as an id, address or name"
    ids = [f"the {column} id {value!r}" for column, value in claim.ids.items()]
    ids = [f"the id {claim.ids['id']!r}"] if system == "nbgrader" else ids
    email = [f"the address {claim.email!r}"] if claim.email else []
    name = [f"the name {claim.name or claim.key!r}"] if claim.name or claim.key else []
    return " or ".join(ids + email + name)
