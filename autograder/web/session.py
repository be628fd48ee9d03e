"""What the server remembers of a TA in one browser, until they sign out or it ends."""

import secrets
from dataclasses import dataclass, field

from autograder.records import AnswerMark


@dataclass(frozen=True)
class Saved:
    """What was saved with one press, to be undone with one.

    Attributes:
        path: of the question's pages.
        before: id of each answer -> the mark that counted before, None for none.
        marks: those that were saved, in the same order.
    """

    path: str
    before: dict[str, AnswerMark | None]
    marks: tuple[AnswerMark, ...]


@dataclass
class Session:
    """A TA at work in one browser.

    Attributes:
        staff: name, as it stands in the gradebook's history.
        csrf: what each form must bring back.
        notes: sentences to be shown once, on the next page.
        cleared: paths of answers that are saved, so that the next page drops what the browser kept of them.
        saved: what can be undone, the last last.
    """

    staff: str
    csrf: str = field(default_factory=secrets.token_urlsafe)
    notes: list[str] = field(default_factory=list)
    cleared: list[str] = field(default_factory=list)
    saved: list[Saved] = field(default_factory=list)
