"""In come the bytes that a stranger calls a notebook; out comes a `Notebook`, or a sentence that says what is wrong.

It never runs, repairs or writes a notebook, and what it does not read (outputs, widgets, attachments) is never built in
memory. That is why it is a reader of its own over typed msgspec structs: nbformat builds the whole document, reports a
broken one to a log, and leaves wrong types to fail in whoever touches them next.
"""

import re
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec

from autograder.errors import SubmissionError

FILE_BYTES = 20 * 2**20
CELLS = 2_000
CHECKS = 50  # that the metadata of one cell asks for
SOURCE_CHARACTERS = 1_000_000
FORMATS = (3, 4)
IGNORE_TAG = "otter_ignore"  # otter.execute.preprocessor.IGNORE_CELL_TAG
AGAIN = "Open the notebook in Jupyter or Colab, save it, and hand in the saved .ipynb file."
KINDS: dict[str, Literal["code", "markdown", "raw"]] = {
    "code": "code",
    "markdown": "markdown",
    "raw": "raw",
    "heading": "markdown",  # nbformat 3 only
    "html": "markdown",  # nbformat 3 only
}
MARKS = (
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
    (b"%PDF", "a PDF file"),
    (b"PK\x03\x04", "a zip file"),
    (b"\x89PNG", "a picture"),
    (b"\x89HDF", "an HDF5 file (a saved model?)"),
)
WORDS = {"object": "an object", "array": "a list", "str": "text", "int": "a whole number", "float": "a number"}
# A string is matched first, and given back, so that no word of the student's is changed. Linear: nothing backtracks.
NUMBERS_THAT_JSON_LACKS = re.compile(r'("[^"\\]*+(?:\\.[^"\\]*+)*+"?)|-?Infinity|NaN', re.DOTALL)
OPENED = re.compile(r"""\bNotebook\(\s*["']([^"'\n]{1,200})["']""")
CHECKED = re.compile(r"""\.check\(\s*["']""")

Form = TypeVar("Form", bound=msgspec.Struct)


@dataclass(frozen=True)
class Cell:
    """One cell.

    Attributes:
        index: place in the notebook, from 0; texts for people count from 1.
        kind: what nbformat 3 calls a heading is markdown.
        source: never executed here; may hold anything that a JSON string can.
        ignored: Otter skips the cell: it is tagged otter_ignore, or its metadata say `otter: {ignore: true}`.
        checks: the questions to check after this cell, from `otter: {tests: [...]}`; empty for an ignored cell.
    """

    index: int
    kind: Literal["code", "markdown", "raw"]
    source: str
    ignored: bool = False
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Notebook:
    """A notebook that can be graded.

    Attributes:
        name: of the assignment it is graded as.
        assignment: the name in its own metadata: equal to `name`, or None when an editor lost the metadata.
    """

    cells: tuple[Cell, ...]
    name: str
    assignment: str | None


class _Otter(msgspec.Struct):
    assignment_name: str | None = None


class _Language(msgspec.Struct):
    name: str | None = None
    language: str | None = None


class _Metadata(msgspec.Struct):
    otter: _Otter | None = None
    kernelspec: _Language | None = None
    language_info: _Language | None = None


class _CellOtter(msgspec.Struct):
    ignore: bool = False
    tests: list[str] | None = None


class _CellMetadata(msgspec.Struct):
    tags: list[str] | None = None
    otter: _CellOtter | None = None


class _Cell(msgspec.Struct):
    cell_type: Literal["code", "markdown", "raw", "heading", "html"]
    source: str | list[str] = ""
    input: str | list[str] = ""
    metadata: _CellMetadata | None = None


class _Sheet(msgspec.Struct):
    cells: list[_Cell]


class _Version(msgspec.Struct):
    nbformat: int | None = None


class _Document(msgspec.Struct):
    metadata: _Metadata | None = None
    cells: list[_Cell] | None = None
    worksheets: list[_Sheet] | None = None


def read_notebook(data: bytes, expected_name: str) -> Notebook:
    """Read an untrusted notebook of nbformat 3 or 4.

    A notebook that names another assignment is refused. One that names none is accepted when its code shows that it
    belongs here (see `_check_origin`): stock Otter refuses it, but the loss is an editor's, not the student's.
    Of duplicate keys the last one counts, as in Jupyter.

    Args:
        data: the file as it was handed in; UTF-8, with or without a byte-order mark.
        expected_name: the assignment's name, as Otter Assign writes it into the metadata.

    Raises:
        SubmissionError: the file cannot be graded; the text says what was found, what was expected, what to do.
    """
    text = text_of(data)
    version = decoded(text, _Version).nbformat
    if version is None:
        raise SubmissionError(f'The file is JSON but not a notebook: it has no "nbformat". {AGAIN}')
    if version not in FORMATS:
        raise SubmissionError(f"The notebook has format {_short(version)}; formats 3 and 4 can be graded. {AGAIN}")
    document = decoded(text, _Document)
    cells = _cells(document, version)
    metadata = document.metadata or _Metadata()
    _check_language(metadata)
    found = metadata.otter.assignment_name if metadata.otter else None
    if found is None:
        _check_origin(cells, expected_name)
    elif found != expected_name:
        raise SubmissionError(
            f"This is the notebook of {_short(found)}, not of {expected_name!r}. "
            f"Hand in the notebook of {expected_name!r}."
        )
    return Notebook(cells=cells, name=expected_name, assignment=found)


def text_of(data: bytes) -> str:
    """Return the file's text.

    Raises:
        SubmissionError: says what the file is instead.
    """
    if not data.strip(b"\xef\xbb\xbf\0 \t\r\n"):
        raise SubmissionError(f"The file is empty ({len(data)} bytes); a notebook was expected. {AGAIN}")
    if len(data) > FILE_BYTES:
        raise SubmissionError(
            f"The file has more than {FILE_BYTES // 2**20} MiB, too much for a notebook. "
            "Clear its outputs (Edit, Clear Outputs of All Cells), save, and hand it in again."
        )
    for mark, what in MARKS:
        if data.startswith(mark):
            raise SubmissionError(f"The file is {what}; a notebook in UTF-8 was expected. {AGAIN}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SubmissionError(
            f"The file is not UTF-8 text (byte {error.start} is {data[error.start]:#04x}); a notebook is. {AGAIN}"
        ) from None
    if not text.lstrip().startswith("{"):
        raise SubmissionError(
            f"The file is not a notebook: it begins with {_short(text.strip())}, a notebook begins with '{{'. {AGAIN}"
        )
    return text


def decoded(text: str, form: type[Form]) -> Form:
    """Decode JSON into the struct `form`; NaN and the infinities, which Python writes into outputs, count as null.

    Raises:
        SubmissionError: says what is damaged, and in which cell.
    """
    try:
        try:
            return msgspec.json.decode(text, type=form)
        except msgspec.ValidationError:
            raise
        except msgspec.DecodeError:
            text = NUMBERS_THAT_JSON_LACKS.sub(lambda found: found[1] or "null", text)
            return msgspec.json.decode(text, type=form)
    except msgspec.ValidationError as error:
        raise SubmissionError(f"{_wrong_type(str(error))} {AGAIN}") from None
    except msgspec.DecodeError as error:
        raise SubmissionError(f"{_damage(str(error), text)} {AGAIN}") from None
    except RecursionError:
        raise SubmissionError(f"The file's JSON is nested more deeply than any notebook's. {AGAIN}") from None


def _wrong_type(message: str) -> str:
    """Turn msgspec's "Expected `str`, got `int` - at `$.cells[2].source[0]`" into a sentence with the cell's number."""
    what, _, place = message.partition(" - at `$.")
    cell = re.match(r"(?:worksheets\[\d+\]\.)?cells\[(\d+)\]\.?", place)
    key = place[cell.end() if cell else 0 :].rstrip("`")
    where = f"Cell {int(cell[1]) + 1}" if cell else "The notebook"
    types = re.fullmatch(r"Expected `(.+)`, got `(.+)`", what)
    missing = re.fullmatch(r"Object missing required field `(.+)`", what)
    if missing:
        return f'{where} is damaged: {key + " has no" if key else "it has no"} "{missing[1]}".'
    if types:
        found = WORDS.get(types[2], types[2])
        expected = [WORDS.get(word, word) for word in types[1].split(" | ") if word != "null"]
        return f"{where} is damaged: {key or 'it'} is {found}, expected was {' or '.join(expected)}."
    return f"{where} is damaged: {key or 'it'} cannot be read ({what[:80]})."


def _damage(message: str, text: str) -> str:
    """Say where JSON that does not parse is damaged; `message` is msgspec's."""
    byte = re.search(r"\(byte (\d+)\)$", message)
    if byte is None:
        return f"The notebook is cut off: its JSON ends in the middle, after {len(text.encode()):,} bytes."
    reason = message[: byte.start()].removeprefix("JSON is malformed:").strip()
    before = text.encode()[: int(byte[1])]
    return f"The notebook is damaged at line {before.count(10) + 1} of the file ({reason})."


def _cells(document: _Document, version: int) -> tuple[Cell, ...]:
    """Return the cells of either format, within the limits."""
    if version == 3:
        found = [cell for sheet in document.worksheets or () for cell in sheet.cells]
    else:
        found = document.cells or []
    if not found:
        raise SubmissionError(f"The notebook has no cells. {AGAIN}")
    if len(found) > CELLS:
        raise SubmissionError(
            f"The notebook has {len(found):,} cells; up to {CELLS:,} can be graded. Delete cells that you added."
        )
    return tuple(_cell(index, cell, version) for index, cell in enumerate(found))


def _cell(index: int, cell: _Cell, version: int) -> Cell:
    """Return one cell, with the meaning that stock Otter gives to its metadata."""
    written = cell.input if version == 3 and cell.cell_type == "code" else cell.source
    source = written if isinstance(written, str) else "".join(written)
    if len(source) > SOURCE_CHARACTERS:
        raise SubmissionError(
            f"Cell {index + 1} of the notebook has {len(source):,} characters; "
            f"up to {SOURCE_CHARACTERS:,} can be graded. Load data from a file instead of pasting them."
        )
    metadata = cell.metadata or _CellMetadata()
    otter = metadata.otter or _CellOtter()
    if len(otter.tests or ()) > CHECKS:
        raise SubmissionError(
            f"Cell {index + 1} of the notebook asks for {len(otter.tests or ()):,} checks in its metadata; "
            f"up to {CHECKS} can be run. Start again from the assignment's notebook."
        )
    ignored = otter.ignore or IGNORE_TAG in (metadata.tags or ())
    return Cell(
        index=index,
        kind=KINDS[cell.cell_type],
        source=source,
        ignored=ignored,
        checks=() if ignored else tuple(otter.tests or ()),
    )


def _check_language(metadata: _Metadata) -> None:
    """Refuse a notebook that states a language and does not state Python; a kernel's name alone proves nothing."""
    info, kernel = metadata.language_info or _Language(), metadata.kernelspec or _Language()
    stated = [language for language in (info.name, kernel.language) if language]
    if stated and not any("python" in language.lower() for language in stated):
        raise SubmissionError(
            f"The notebook is written in {_short(stated[0])}; Python was expected. "
            "Choose the Python kernel (Kernel, Change Kernel), save, and hand it in again."
        )


def _check_origin(cells: tuple[Cell, ...], expected_name: str) -> None:
    """Refuse a notebook without Otter's metadata that is not of this assignment.

    The set-up cell that every student notebook has, `otter.Notebook("<name>.ipynb")`, decides where there is one; else
    one call of `grader.check("...")` is enough.
    """
    code = "\n".join(cell.source for cell in cells if cell.kind == "code" and not cell.ignored)
    opened = OPENED.findall(code)
    if opened and not any(expected_name.lower() in file.lower() for file in opened):
        raise SubmissionError(
            f"The notebook's metadata name no assignment, and its set-up cell opens {_short(opened[0])}: it is not the "
            f"notebook of {expected_name!r}. Hand in the notebook of {expected_name!r}."
        )
    if not opened and not CHECKED.search(code):
        raise SubmissionError(
            f"This is not the notebook of {expected_name!r}: its metadata name no assignment, and no cell calls "
            f"grader.check. Hand in the notebook of {expected_name!r} that you were given."
        )


def _short(value: object) -> str:
    """Quote what a stranger wrote, on one line, without control characters, cut to fit a sentence."""
    text = value if isinstance(value, str) else str(value)
    cut = text[:40] + ("..." if len(text) > 40 else "")
    return repr(cut) if isinstance(value, str) else cut
