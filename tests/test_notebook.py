"""Reading an untrusted notebook: what is accepted, with which meaning, and in which words the rest is refused."""

import json
import time
from typing import Any

import pytest
from broken import edit
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.errors import SubmissionError
from autograder.notebook import CELLS, FILE_BYTES, Cell, Notebook, read_notebook


def code(source: Any, **metadata: Any) -> dict[str, Any]:
    return {"cell_type": "code", "source": source, "metadata": metadata, "outputs": [], "execution_count": None}


def notebook(*cells: Any, **changes: Any) -> bytes:
    """Return a notebook of the assignment `sum` with these cells and changes at the top level."""
    document = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"otter": {"assignment_name": "sum"}, "kernelspec": {"name": "python3", "language": "python"}},
        "cells": list(cells) or [code("x = 1")],
    }
    return json.dumps({**document, **changes}).encode()


def refusal(data: bytes, expected_name: str = "sum") -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(SubmissionError) as caught:
        read_notebook(data, expected_name)
    return str(caught.value)


def test_a_good_notebook_gives_its_cells_in_order() -> None:
    """Kind, place and text of every cell arrive, written answers included."""
    markdown = {"cell_type": "markdown", "source": "An *answer*.", "metadata": {}}
    assert read_notebook(notebook(code("x = 1"), markdown), "sum") == Notebook(
        cells=(Cell(0, "code", "x = 1"), Cell(1, "markdown", "An *answer*.")), name="sum", assignment="sum"
    )


def test_a_source_in_lines_is_joined() -> None:
    """Jupyter stores a source as a list of lines that keep their ends."""
    assert read_notebook(notebook(code(["x = 1\n", "y = 2"])), "sum").cells[0].source == "x = 1\ny = 2"


def test_a_byte_order_mark_is_harmless() -> None:
    """Editors on Windows put one in front of UTF-8."""
    assert read_notebook(b"\xef\xbb\xbf" + notebook(), "sum").cells[0].source == "x = 1"


def test_nbformat_3_gives_the_same_cells() -> None:
    """Worksheets are joined, `input` is a code cell's source, a heading is markdown."""
    first = {"cell_type": "code", "input": ["x = 1\n", "y"], "language": "python"}
    second = {"cell_type": "heading", "level": 2, "source": "Title"}
    data = notebook(nbformat=3, worksheets=[{"cells": [first]}, {"cells": [second]}])
    assert read_notebook(data, "sum").cells == (Cell(0, "code", "x = 1\ny"), Cell(1, "markdown", "Title"))


@pytest.mark.parametrize("metadata", [{"tags": ["otter_ignore"]}, {"otter": {"ignore": True}}])
def test_a_cell_that_otter_skips_is_ignored(metadata: dict[str, Any]) -> None:
    """Stock Otter drops such a cell with the checks it asks for."""
    metadata.setdefault("otter", {})["tests"] = ["q1"]
    cell = read_notebook(notebook(code("1 / 0", **metadata)), "sum").cells[0]
    assert cell.ignored and cell.checks == ()


def test_a_cell_names_the_checks_after_it() -> None:
    """Stock Otter checks the questions of `otter: {tests: [...]}` after the cell."""
    assert read_notebook(notebook(code("x", otter={"tests": ["q1", "q2"]})), "sum").cells[0].checks == ("q1", "q2")


def test_not_a_number_in_an_output_is_harmless() -> None:
    """Python writes NaN into JSON; the student's own words NaN and Infinity stay as they are."""
    output = {"data": {"application/json": [float("nan"), float("-inf")]}}
    data = notebook({**code('x = "NaN"  # \\" Infinity'), "outputs": [output]})
    assert read_notebook(data, "sum").cells[0].source == 'x = "NaN"  # \\" Infinity'


def test_the_last_of_duplicate_keys_counts() -> None:
    """What Jupyter shows to the student is what is graded."""
    data = notebook().replace(b'"source": "x = 1"', b'"source": "shadow", "source": "x = 2"')
    assert read_notebook(data, "sum").cells[0].source == "x = 2"


def test_the_notebook_of_another_assignment_is_refused() -> None:
    """Both names stand in the sentence."""
    assert refusal(notebook(), "memory") == (
        "This is the notebook of 'sum', not of 'memory'. Hand in the notebook of 'memory'."
    )


@pytest.mark.parametrize("source", ['grader.check("q1")', 'grader = otter.Notebook("sum.ipynb")'])
def test_lost_metadata_cost_no_marks(source: str) -> None:
    """A notebook without a name is accepted when a cell shows that it is this assignment's."""
    assert read_notebook(notebook(code(source), metadata={}), "sum").assignment is None


def test_lost_metadata_do_not_let_another_assignment_in() -> None:
    """Without a name in the metadata the set-up cell tells."""
    data = notebook(code('grader = otter.Notebook("memory.ipynb")\ngrader.check("q1")'), metadata={})
    assert "its set-up cell opens 'memory.ipynb'" in refusal(data)


def test_a_notebook_of_no_assignment_is_refused() -> None:
    """A notebook that never calls Otter is some other notebook."""
    assert "metadata name no assignment, and no cell calls grader.check" in refusal(notebook(metadata={}))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "The file is empty (0 bytes)"),
        (b"\xef\xbb\xbf\n", "The file is empty (4 bytes)"),
        (b"import numpy as np", "begins with 'import numpy as np'"),
        (b"[]", "begins with '[]'"),
        (b"{}", 'it has no "nbformat"'),
        (notebook().decode().encode("utf-16"), "UTF-16"),
        (b"caf\xe9", "not UTF-8 text (byte 3 is 0xe9)"),
        (b"PK\x03\x04", "a zip file"),
        (notebook()[:-30], "is cut off: its JSON ends in the middle"),
        (notebook().replace(b'"cells"', b"\n<<<<<<< HEAD"), "damaged at line 2"),
        (b'{"a":' + b"[" * 100_000, "nested more deeply"),
        (b" " * (FILE_BYTES + 1) + b"{}", "more than 20 MiB"),
        (notebook(nbformat=1), "has format 1; formats 3 and 4"),
        (notebook(nbformat=2), "has format 2; formats 3 and 4"),
        (notebook(nbformat=5), "has format 5; formats 3 and 4"),
        (notebook(nbformat="4"), "nbformat is text, expected was a whole number"),
        (b'{"nbformat": ' + b"9" * 10_000 + b"}", "nbformat cannot be read"),
        (notebook(nbformat=3), "has no cells"),
        (notebook(cells=[]), "has no cells"),
        (notebook(cells={}), "cells is an object, expected was a list"),
        (notebook(metadata=[]), "metadata is a list, expected was an object"),
        (notebook(metadata={"otter": {"assignment_name": 3}}), "metadata.otter.assignment_name is a whole number"),
        (notebook(metadata={"language_info": {"name": "R"}}), "is written in 'R'; Python was expected"),
        (notebook(code("x"), code([1])), "Cell 2 is damaged: source[0] is a whole number, expected was text"),
        (notebook(code("x"), 3), "Cell 2 is damaged: it is a whole number, expected was an object"),
        (notebook({"source": "x"}), 'Cell 1 is damaged: it has no "cell_type"'),
        (notebook({"cell_type": "sql"}), "cell_type cannot be read (Invalid enum value 'sql')"),
        (notebook(code("x" * 1_000_001)), "Cell 1 of the notebook has 1,000,001 characters"),
        (notebook(*[code("")] * (CELLS + 1)), "has 2,001 cells; up to 2,000"),
    ],
)
def test_a_refusal_names_what_was_found(data: bytes, words: str) -> None:
    """Every refusal is a sentence about this file, with the next step for the student."""
    sentence = refusal(data)
    assert words in sentence
    assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 300


def test_a_refusal_holds_no_control_characters() -> None:
    """A name out of a file cannot write into the terminal of the TA."""
    assert refusal(notebook(metadata={"otter": {"assignment_name": "\x1b[31m\u202e\r\n"}})).isprintable()


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
PLACES = [
    ("nbformat",),
    ("metadata",),
    ("metadata", "otter"),
    ("metadata", "otter", "assignment_name"),
    ("metadata", "kernelspec"),
    ("cells",),
    ("cells", 0),
    ("cells", 0, "cell_type"),
    ("cells", 0, "source"),
    ("cells", 0, "metadata"),
    ("cells", 0, "metadata", "tags"),
    ("cells", 0, "metadata", "otter"),
]


def check_quick_and_closed(data: bytes) -> None:
    """Read a file: a notebook or a SubmissionError must come, soon; anything else fails the test."""
    start = time.process_time()
    try:
        assert isinstance(read_notebook(data, "sum"), Notebook)
    except SubmissionError as error:
        assert str(error).isprintable()
    assert time.process_time() - start < 2


@settings(deadline=None)
@given(st.binary() | st.binary().map(lambda tail: b"{" + tail))
def test_arbitrary_bytes_only_raise_submission_errors(data: bytes) -> None:
    """No file raises anything that would stop a batch."""
    check_quick_and_closed(data)


@settings(deadline=None)
@given(start=st.integers(0, 300), length=st.integers(0, 40), new=st.binary(max_size=8))
def test_damaged_notebooks_only_raise_submission_errors(start: int, length: int, new: bytes) -> None:
    """Bytes cut out of a notebook or put into it are refused or harmless."""
    data = notebook(code(["x = 1"], tags=["a"]))
    check_quick_and_closed(data[:start] + new + data[start + length :])


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(PLACES), value=json_values)
def test_wrong_types_only_raise_submission_errors(place: tuple[Any, ...], value: Any) -> None:
    """Any value at any place that is read is refused or harmless."""

    def put(document: dict[str, Any]) -> None:
        target: Any = document
        for key in place[:-1]:
            target = target[key]
        target[place[-1]] = value

    good = notebook(code("x", tags=["a"], otter={"tests": ["q1"]}))
    check_quick_and_closed(edit(good, put))


@pytest.mark.parametrize(
    "data",
    [
        b'{"x":"' + b'\\"' * 2_000_000,
        b'{"a":' + b"NaN," * 500_000,
        b'{"nbformat":4,"cells":[' + b"[]," * 500_000 + b"[]]}",
        b'{"nbformat":4,"x":' + b"9" * 4_000_000 + b"}",
        notebook(code("Notebook( " * 90_000), metadata={}),
    ],
    ids=["quotes", "constants", "lists", "digits", "calls"],
)
def test_files_made_to_be_slow_are_not(data: bytes) -> None:
    """Reading takes time in proportion to the size, whatever the file holds."""
    check_quick_and_closed(data)
