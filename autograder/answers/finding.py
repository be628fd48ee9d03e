"""Cells of a notebook and the cells that were handed out -> which is which, and which hold the answer to a question.

Editors lose ids (Colab, old Jupyter) or tags; students add cells, move them, write under the question or into the next
cell. So a cell is known by its id, or else by its text, and what is new belongs to where it stands.
"""

import re
from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from autograder.guide import MarkingGuide

_OTTERS = {"<!-- BEGIN QUESTION -->", "<!-- END QUESTION -->"}  # it puts them into the author's cells


@dataclass(frozen=True)
class Found:
    """A cell as it was handed in.

    Attributes:
        source: without white space around it.
        id: "" when an editor lost it.
        tagged: as an answer cell of Otter's.
    """

    kind: str
    source: str
    id: str = ""
    tagged: bool = False

    @property
    def sha256(self) -> str:
        """Hash of the source, to be compared with `GivenCell.sha256`."""
        return _hash(self.source)


@dataclass(frozen=True)
class Places:
    """What each cell is.

    Attributes:
        given: the number of the cell in `MarkingGuide.cells`, None for one that the student added.
        stands: the same, but for an added cell that of the last given one before it; -1 before the first.
        edited: it was handed out with another text.
    """

    given: tuple[int | None, ...]
    stands: tuple[int, ...]
    edited: tuple[bool, ...]


@dataclass(frozen=True)
class Pieces:
    """What belongs to a written question.

    Attributes:
        texts: Markdown, in the order of the notebook; `cells`: numbers of the cells they come from.
    """

    texts: tuple[str, ...]
    cells: tuple[int, ...]


def places(cells: Sequence[Found], guide: MarkingGuide) -> Places:
    """Say what each cell is and where it stands."""
    given = _by_id(cells, guide)
    _add_by_text(given, cells, guide)
    _add_by_heading(given, cells, guide)
    anchors = _in_order(given, guide)
    stands, last = [], -1
    for number, own in enumerate(given):
        if own is not None and number in anchors:
            last = own
        stands.append(last if own is None else own)
    edited = [
        own is not None and cell.sha256 != guide.cells[own].sha256 for cell, own in zip(cells, given, strict=True)
    ]
    return Places(tuple(given), tuple(stands), tuple(edited))


def pieces(cells: Sequence[Found], guide: MarkingGuide, where: Places) -> tuple[dict[str, Pieces], tuple[str, ...]]:
    """Return for each written question what was written as its answer, and all other text that is the student's."""
    found: dict[str, list[tuple[int, str]]] = {question.name: [] for question in guide.written}
    code: dict[str, list[tuple[int, str]]] = {question.name: [] for question in guide.written}
    strays: list[tuple[int, str]] = []
    elsewhere: list[tuple[int, str]] = []
    homes, blank = _homes(guide, where), _blank(guide)
    for number, cell in enumerate(cells):
        stands = where.stands[number]
        question = guide.cells[stands].question if stands >= 0 else ""
        if where.given[number] is None:
            question = homes.get(stands, question)
        text = _written(cell, where.given[number], where.edited[number], guide, blank)
        if text and question in found:
            (code if cell.kind == "code" else found)[question].append((number, text))
        elif text and cell.kind != "code":
            (strays if cell.tagged else elsewhere).append((number, text))
    for stray in strays:
        # Moved, and its id lost: it answers the first question that nothing else answers.
        name = next((name for name, texts in found.items() if not texts), None)
        (elsewhere if name is None else found[name]).append(stray)
    answers = {name: found[name] or [(number, _fenced(text)) for number, text in code[name]] for name in found}
    return {name: _joined(texts) for name, texts in answers.items()}, _joined(elsewhere).texts


def _written(cell: Found, own: int | None, edited: bool, guide: MarkingGuide, blank: set[str]) -> str:
    """Return what of a cell is the student's, as far as that can be told."""
    if own is None or guide.cells[own].id in _awaiting(guide):
        return _without_lines(cell.source, blank)
    if not edited or cell.kind == "code":
        return ""
    for question in guide.written:
        if question.name == guide.cells[own].question:
            return _without_lines(cell.source, blank | _OTTERS | _lines(question.prompt))
    return cell.source


def _awaiting(guide: MarkingGuide) -> set[str]:
    return {cell for question in guide.written for cell in question.cells}


def _blank(guide: MarkingGuide) -> set[str]:
    awaiting = _awaiting(guide)
    return {cell.sha256 for cell in guide.cells if cell.id in awaiting}


def _homes(guide: MarkingGuide, where: Places) -> dict[int, str]:
    """Return, for a question of which no cell is left, the last given cell before it: its answer can only be there."""
    there = {number for number in where.given if number is not None}
    homes = {}
    for question in guide.written:
        own = cells_of(question.name, guide)
        if own and not there.intersection(own):
            homes[max((number for number in there if number < own[0]), default=-1)] = question.name
    return homes


def _by_id(cells: Sequence[Found], guide: MarkingGuide) -> list[int | None]:
    """Find given cells by id; a second cell of the same id is the student's, unless both await an answer."""
    numbers = {cell.id: number for number, cell in enumerate(guide.cells)}
    several = _awaiting(guide)
    given: list[int | None] = []
    for cell in cells:
        given.append(numbers.get(cell.id))
        if cell.id not in several:
            numbers.pop(cell.id, None)
    return given


def _add_by_text(given: list[int | None], cells: Sequence[Found], guide: MarkingGuide) -> None:
    """Find given cells by their text; not those that await an answer, which are all alike."""
    awaiting = _awaiting(guide)
    known = set(given)
    open_numbers: dict[tuple[str, str], deque[int]] = defaultdict(deque)
    for number, cell in enumerate(guide.cells):
        if number not in known and cell.id not in awaiting:
            open_numbers[cell.kind, cell.sha256].append(number)
    for number, found in enumerate(cells):
        if given[number] is None and (same := open_numbers.get((found.kind, found.sha256))):
            given[number] = same.popleft()


def _add_by_heading(given: list[int | None], cells: Sequence[Found], guide: MarkingGuide) -> None:
    """Find the text of a written question by its heading, where its id is lost and something was written into it."""
    for question in guide.written:
        own = cells_of(question.name, guide)
        heading = question.prompt.strip().partition("\n")[0].strip()
        if own and heading and own[0] not in given:
            for number, cell in enumerate(cells):
                if given[number] is None and cell.kind == "markdown" and heading in _lines(cell.source):
                    given[number] = own[0]
                    break


def _in_order(given: Sequence[int | None], guide: MarkingGuide) -> set[int]:
    """Return the cells that say where one is: the most given ones that are in order; the others were moved.

    The texts of written questions are always among them: what is pulled to an answer does not end it.
    """
    written = {question.name for question in guide.written}
    awaiting = _awaiting(guide)
    first = {own: number for number, own in reversed(list(enumerate(given))) if own is not None}
    rows: dict[int, tuple[int, int | None]] = {}  # given cell -> weight of the best row that ends there, the one before
    for own in sorted(first, key=first.__getitem__):
        earlier = max((before for before in rows if before < own), key=lambda before: rows[before][0], default=None)
        is_text = guide.cells[own].question in written and guide.cells[own].id not in awaiting
        weight = len(guide.cells) if is_text else 1
        rows[own] = (weight + (0 if earlier is None else rows[earlier][0]), earlier)
    chosen = set()
    last = max(rows, key=lambda own: rows[own][0], default=None)
    while last is not None:
        chosen.add(first[last])
        last = rows[last][1]
    return chosen


def cells_of(question: str, guide: MarkingGuide) -> list[int]:
    """Return the numbers of a question's given cells."""
    return [number for number, cell in enumerate(guide.cells) if cell.question == question]


def _lines(text: str) -> set[str]:
    return {line.strip() for line in text.splitlines()}


def _without_lines(text: str, known: set[str]) -> str:
    """Return the lines of a text that are not known, by hash or as they are, without the gaps at its ends."""
    lines = text.split("\n")
    kept = [line for line in lines if not line.strip() or not ({line.strip(), _hash(line.strip())} & known)]
    return text if len(kept) == len(lines) else re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip("\n")


def _fenced(code: str) -> str:
    longest = max((len(run) for run in re.findall(r"`+", code)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}\n{code}\n{fence}"


def _joined(texts: list[tuple[int, str]]) -> Pieces:
    return Pieces(tuple(text for _, text in texts), tuple(number for number, _ in texts))


def _hash(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
