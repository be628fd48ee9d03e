"""The bytes of a stranger's notebook and the marking guide in; for each written question the answer and its work out.

What cannot be graded is refused as by `read_notebook`; what can is never refused here: an output that is damaged is
left out, and the answer says so.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from msgspec import Raw, Struct

from autograder.answers.finding import Found, Pieces, Places, cells_of, pieces, places
from autograder.answers.showing import PRINTED_CHARACTERS, Album, Picture, pictures_of, shorter, shown
from autograder.guide import MarkingGuide
from autograder.notebook import Cell, decoded, read_notebook, text_of

ANSWER_CHARACTERS = 100_000
_ANSWER_TAG = "otter_answer_cell"


@dataclass(frozen=True)
class Work:
    """A code cell with what it showed.

    Attributes:
        cell: its place in the notebook, from 0.
        question: it stands in; "" outside of questions.
        given: as it was handed out, unchanged.
        printed: what it printed, plain text without escape sequences; of a long one both ends.
        dropped: what it showed and is left out, in words for staff.
    """

    cell: int
    question: str
    source: str
    given: bool
    printed: str = ""
    pictures: tuple[Picture, ...] = ()
    dropped: tuple[str, ...] = ()


@dataclass(frozen=True)
class Answer:
    """What a student wrote as the answer to a question that people mark.

    Attributes:
        text: Markdown, untrusted; "" when nothing was written.
        written: there is something to mark.
        work: every code cell of the notebook, in its order; the same for all questions.
        near: `Work.cell` of the cells to show beside the text: those of the question and of the section before it.
        pictures: that were pasted into the answer; `text`: the names by which it calls them.
        elsewhere: texts that the student wrote at no question's place, or into a text of the notebook: worth a look
            when there is no answer.
    """

    question: str
    text: str
    written: bool
    work: tuple[Work, ...] = ()
    near: tuple[int, ...] = ()
    pictures: tuple[Picture, ...] = ()
    elsewhere: tuple[str, ...] = ()


class _Metadata(Struct):
    id: Raw = Raw()  # where Colab keeps it
    tags: list[str] | None = None


class _Cell(Struct):
    id: Raw = Raw()
    metadata: _Metadata | None = None
    outputs: Raw = Raw()
    attachments: Raw = Raw()


class _Sheet(Struct):
    cells: list[_Cell]


class _Document(Struct):
    nbformat: int | None = None
    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


def read_answers(data: bytes, expected_name: str, guide: MarkingGuide) -> dict[str, Answer]:
    """Return the answer to each written question of the guide, by its name.

    Args:
        data: the notebook as it was handed in.
        expected_name: the assignment's name, as Otter Assign writes it into the metadata.

    Raises:
        SubmissionError: when it cannot be graded either; the text is that of `read_notebook`.
    """
    cells = read_notebook(data, expected_name).cells
    document = decoded(text_of(data), _Document)
    sheets = [cell for sheet in document.worksheets or () for cell in sheet.cells]
    raw = sheets if document.nbformat == 3 else document.cells or []
    found = tuple(_found(*both) for both in zip(cells, raw, strict=True))
    where = places(found, guide)
    album = Album()
    own, elsewhere = pieces(found, guide, where)
    # First, so that a hundred plots do not take the place of a formula on a photo.
    attached = {name: _attached(texts, raw, album) for name, texts in own.items()}
    work = tuple(_work(cell, raw[cell.index], found, guide, where, album) for cell in cells if cell.kind == "code")
    elsewhere = tuple(text[:ANSWER_CHARACTERS] for text in elsewhere)
    answers = {}
    for name, texts in own.items():
        text = "\n\n".join(texts.texts)[:ANSWER_CHARACTERS]
        near = _near(name, work, where, guide)
        answers[name] = Answer(name, text, bool(text), work, near, attached[name], elsewhere)
    return answers


def _found(cell: Cell, raw: _Cell) -> Found:
    metadata = raw.metadata or _Metadata()
    source = cell.source.replace("\r\n", "\n").strip()
    return Found(cell.kind, source, _word(raw.id) or _word(metadata.id), _ANSWER_TAG in (metadata.tags or ()))


def _word(raw: Raw) -> str:
    try:
        return msgspec.json.decode(raw, type=str)
    except msgspec.MsgspecError:
        return ""


def _attached(texts: Pieces, raw: Sequence[_Cell], album: Album) -> tuple[Picture, ...]:
    return tuple(picture for cell in texts.cells for picture in pictures_of(raw[cell].attachments, album))


def _work(cell: Cell, raw: _Cell, found: Sequence[Found], guide: MarkingGuide, where: Places, album: Album) -> Work:
    stands, own = where.stands[cell.index], where.given[cell.index]
    seen = shown(raw.outputs, album)
    return Work(
        cell=cell.index,
        question=guide.cells[stands].question if stands >= 0 else "",
        source=shorter(found[cell.index].source, PRINTED_CHARACTERS),
        given=own is not None and not where.edited[cell.index],
        printed=seen.printed,
        pictures=seen.pictures,
        dropped=seen.dropped,
    )


def _near(question: str, work: Sequence[Work], where: Places, guide: MarkingGuide) -> tuple[int, ...]:
    """Return the code cells of a question and of the last section before it that has any."""
    wanted = set(cells_of(question, guide))
    number = min(wanted, default=0) - 1
    section = guide.cells[number].question if number >= 0 else ""
    has_code = False
    while number >= 0 and (guide.cells[number].question == section or not has_code):
        section = guide.cells[number].question
        has_code = has_code or guide.cells[number].kind == "code"
        wanted.add(number)
        number -= 1
    return tuple(cell.cell for cell in work if where.stands[cell.cell] in wanted)
