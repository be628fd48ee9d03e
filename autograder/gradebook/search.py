"""What a person types to name a student; students that it may mean come out, never a guess between them."""

import unicodedata
from collections.abc import Iterable

from autograder.records import Student


def matching_students(people: Iterable[Student], typed: str) -> tuple[Student, ...]:
    """Return the students that `typed` may name: by id; if there is none by e-mail or another id; by part of a name.

    Case and accents make no difference, except in ids.
    """
    people = tuple(people)
    typed = typed.strip()
    wanted = _folded(typed)
    ways = (
        lambda one: one.id == typed,
        lambda one: wanted in {_folded(one.email), *(_folded(other) for other in one.ids.values())} - {""},
        lambda one: bool(wanted) and wanted in _folded(one.name),
    )
    for matches in ways:
        found = tuple(one for one in people if matches(one))
        if found:
            return found
    return ()


def _folded(text: str) -> str:
    bare = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return " ".join(bare.casefold().split())
