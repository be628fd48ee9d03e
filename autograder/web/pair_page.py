"""Two submissions side by side: their code and how alike it is in, the values of pair.html out, all of it escaped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from autograder.model import Assignment
from autograder.similarity import Line, Pair, likeness, side_by_side
from autograder.text import preformatted
from autograder.web.class_page import unusual
from autograder.web.drawings import percent
from autograder.web.listing import Filed


@dataclass(frozen=True)
class Compared:
    """A question of both.

    Attributes:
        title: its name, "Other cells" for code outside of questions.
        written, replaced: shares in common, for people; "" where one of both has no code for it.
        unusual: how many pairs are as alike, in words; "" where that is not known.
        left, right: their lines.
    """

    title: str
    written: str
    replaced: str
    unusual: str
    copied: bool
    left: tuple[Markup, ...]
    right: tuple[Markup, ...]


def pair_page_values(
    assignment: Assignment,
    a: str,
    b: str,
    codes: Mapping[str, Mapping[str, str]],
    filed: Filed,
    pairs: Sequence[Pair] | None,
) -> dict[str, object]:
    """Return the values of pair.html.

    Args:
        a, b: names of submissions.
        codes: of these two at least: name -> question -> code, of `answer_code`.
        pairs: of the class, as for its page.

    Raises:
        KeyError: when `codes` has one of them not.
    """
    ours, theirs = codes[a], codes[b]
    known = next((pair for pair in pairs or () if {pair.a, pair.b} == {a, b}), None)
    pair = known or likeness(ours, theirs)
    return {
        "assignment": assignment,
        "a": filed.label(a),
        "b": filed.label(b),
        "a_path": filed.path(a),
        "b_path": filed.path(b),
        "written": percent(pair.whole.written),
        "replaced": percent(pair.whole.replaced),
        "unusual": unusual(pair.whole.rank, pair.whole.pairs),
        "known": known is not None,
        "comparing": pairs is None,
        "questions": [_compared(name, ours, theirs, pair) for name in dict.fromkeys([*ours, *theirs])],
    }


def _compared(name: str, ours: Mapping[str, str], theirs: Mapping[str, str], pair: Pair) -> Compared:
    left, right = side_by_side(ours.get(name, ""), theirs.get(name, ""))
    found = next((one for one in pair.questions if one.question == name), None)
    return Compared(
        title=name or "Other cells",
        written=percent(found.written) if found else "",
        replaced=percent(found.replaced) if found else "",
        unusual=unusual(found.rank, found.pairs) if found else "",
        copied=name in pair.copied,
        left=tuple(_line(line) for line in left),
        right=tuple(_line(line) for line in right),
    )


def _line(line: Line) -> Markup:
    """Return a line with the parts in common marked; what a student wrote is cleaned, then escaped."""
    shown = Markup()
    for part in line:
        # `preformatted` leaves out white space at the end: the bar keeps what stands between two parts.
        text = escape(preformatted(part.text + "|").removesuffix("|"))
        shown += Markup("<mark>{}</mark>").format(text) if part.common else text
    return shown
