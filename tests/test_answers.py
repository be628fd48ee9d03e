"""Written answers are found whatever editors and students do to a notebook, and what is shown of it is inert."""

import base64
import json
import struct
import time
import zlib
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from broken import edit
from hypothesis import given, settings
from hypothesis import strategies as st

from autograder.answers import Answer, Picture, read_answers
from autograder.answers.showing import PICTURES, PRINTED_CHARACTERS
from autograder.build import build_assignment, solved_notebook
from autograder.course import read_course
from autograder.errors import SubmissionError
from autograder.grader import read_grader
from autograder.guide import GivenCell, MarkingGuide, WrittenQuestion
from autograder.records import Rubric

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = [assignment.id for assignment in read_course(ROOT / "course.yml").assignments]
BLANK = "_Type your answer here, replacing this text._"
PROMPT = "## Question 2: Explain\n\nWhy?\n\n1. First part\n2. Second part"

# id, kind, question, text: what students are given; two questions are marked by people.
GIVEN = [
    ("title", "markdown", "", "# Sums"),
    ("setup", "code", "", 'grader = otter.Notebook("sum.ipynb")'),
    ("one", "markdown", "q1", "## Question 1: Add"),
    ("stub", "code", "q1", "def add(a, b):\n    ..."),
    ("check", "code", "q1", 'grader.check("q1")'),
    ("plots", "markdown", "", "### What came out"),
    ("plot", "code", "", "plot(add)"),
    ("two", "markdown", "q2", f"<!-- BEGIN QUESTION -->\n\n{PROMPT}"),
    ("wrote2", "markdown", "q2", BLANK),
    ("three", "markdown", "q3", "<!-- BEGIN QUESTION -->\n\n## Question 3: Doubt\n\nHow sure are you?"),
    ("wrote3", "markdown", "q3", BLANK),
    ("end", "markdown", "", "<!-- END QUESTION -->\n\n## Hand in"),
]
NUMBERS = {name: number for number, (name, *_) in enumerate(GIVEN)}
GUIDE = MarkingGuide(
    tuple(GivenCell(name, kind, asked, sha256(text.encode()).hexdigest()) for name, kind, asked, text in GIVEN),
    (
        WrittenQuestion("q2", "Explain", Rubric("q2", 4, ()), PROMPT, "Because.", (), ("wrote2",)),
        WrittenQuestion(
            "q3", "Doubt", Rubric("q3", 2, ()), "## Question 3: Doubt\n\nHow sure are you?", "Very.", (), ("wrote3",)
        ),
    ),
)
Cells = list[dict[str, Any]]


def cell(source: Any, kind: str = "markdown", name: str | None = None, **more: Any) -> dict[str, Any]:
    made = {"cell_type": kind, "source": source, "metadata": {}, **more}
    made |= {"outputs": [], "execution_count": None, **made} if kind == "code" else {}
    return made if name is None else {**made, "id": name}


def handed_out() -> Cells:
    cells = [cell(text, kind, name) for name, kind, _, text in GIVEN]
    for number in (NUMBERS["stub"], NUMBERS["wrote2"], NUMBERS["wrote3"]):
        cells[number]["metadata"]["tags"] = ["otter_answer_cell"]
    return cells


def answered(first: str = "Since **addition** commutes.", second: str = "Quite sure.") -> Cells:
    cells = handed_out()
    cells[NUMBERS["wrote2"]]["source"], cells[NUMBERS["wrote3"]]["source"] = first, second
    return cells


def notebook(cells: Cells) -> bytes:
    metadata = {"otter": {"assignment_name": "sum"}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": cells}).encode()


def read(cells: Cells, question: str = "q2") -> Answer:
    return read_answers(notebook(cells), "sum", GUIDE)[question]


def texts(cells: Cells) -> tuple[str, str]:
    answers = read_answers(notebook(cells), "sum", GUIDE)
    assert [answer.written for answer in answers.values()] == [bool(answer.text) for answer in answers.values()]
    return answers["q2"].text, answers["q3"].text


GOOD = ("Since **addition** commutes.", "Quite sure.")


# What editors do


def lose_ids(cells: Cells) -> None:
    for one in cells:
        one.pop("id", None)


def renew_ids(cells: Cells) -> None:
    for number, one in enumerate(cells):
        one["id"] = f"new-{number}"


def lose_tags(cells: Cells) -> None:
    for one in cells:
        one["metadata"].pop("tags", None)


def go_through_colab(cells: Cells) -> None:
    for one in cells:
        one["metadata"] = {"id": one.pop("id", "fresh")}


def split_lines(cells: Cells) -> None:
    for one in cells:
        one["source"] = f"{one['source']}\n".splitlines(keepends=True)


def break_lines_as_windows_does(cells: Cells) -> None:
    for one in cells:
        one["source"] = one["source"].replace("\n", "\r\n")


def nothing(cells: Cells) -> None:
    pass


EDITORS = [
    (nothing,),
    (lose_ids,),
    (lose_tags,),
    (lose_ids, lose_tags),
    (renew_ids, lose_tags),
    (go_through_colab,),
    (lose_ids, split_lines),
    (lose_ids, break_lines_as_windows_does),
]
every_editor = pytest.mark.parametrize(
    "editor", EDITORS, ids=[" and ".join(step.__name__ for step in steps) for steps in EDITORS]
)


def after(cells: Cells, editor: tuple[Callable[[Cells], None], ...]) -> Cells:
    for step in editor:
        step(cells)
    return cells


@every_editor
def test_an_answer_is_found_whatever_the_editor_keeps(editor):
    """Ids, tags, both or neither."""
    assert texts(after(answered(), editor)) == GOOD


@every_editor
def test_an_untouched_notebook_has_no_answer(editor):
    """What Otter puts where the answer goes is none."""
    assert texts(after(handed_out(), editor)) == ("", "")


@every_editor
def test_of_two_questions_only_the_second_may_be_answered(editor):
    """The cells that await an answer are all alike, and each belongs to where it stands."""
    assert texts(after(answered(first=BLANK), editor)) == ("", "Quite sure.")


# What students do


@every_editor
def test_an_answer_in_several_cells_is_one(editor):
    """Also when the first is written over by nothing, and in the order of the notebook."""
    cells = answered()
    cells.insert(NUMBERS["wrote2"] + 1, cell("And a second thought.", name="added"))
    cells.insert(NUMBERS["wrote2"], cell("A beginning.", name="before"))
    assert texts(after(cells, editor)) == (f"A beginning.\n\n{GOOD[0]}\n\nAnd a second thought.", "Quite sure.")


@every_editor
def test_an_answer_in_a_cell_below_the_untouched_one_counts(editor):
    """Many click below and write there."""
    cells = answered(first=BLANK)
    cells.insert(NUMBERS["wrote2"] + 1, cell("Below.", name="added"))
    assert texts(after(cells, editor)) == ("Below.", "Quite sure.")


@every_editor
def test_an_answer_beside_the_placeholder_stands_alone(editor):
    """The words that ask for it are taken out."""
    assert texts(after(answered(first=f"{BLANK}\n\nMine."), editor))[0] == "Mine."


@every_editor
def test_an_answer_in_the_text_of_the_question_counts(editor):
    """Under each part, for example; what the author wrote is taken out."""
    cells = answered(first=BLANK)
    cells[NUMBERS["two"]]["source"] = (
        f"<!-- BEGIN QUESTION -->\n\n{PROMPT}".replace("part\n2", "part\n\nMy *one*.\n\n2") + "\nMy two."
    )
    assert texts(after(cells, editor)) == ("My *one*.\n\nMy two.", "Quite sure.")


@every_editor
def test_a_deleted_cell_does_no_harm(editor):
    """The answer is in a new cell after the question."""
    cells = answered()
    cells[NUMBERS["wrote2"]] = cell("Anew.", name="added")
    assert texts(after(cells, editor))[0] == "Anew."


def test_a_question_that_is_gone_may_be_answered_where_it_stood():
    """Text, answer cell and tags are lost: what stands before the next question is the answer."""
    cells = answered()
    cells[NUMBERS["two"] : NUMBERS["three"]] = [cell("Anew.", name="added")]
    assert texts(cells) == ("Anew.", "Quite sure.")


@pytest.mark.parametrize("lose", [lose_tags, lose_ids, go_through_colab])
def test_an_answer_cell_that_was_moved_is_found(lose):
    """By its id, or by its tag where the question has nothing else."""
    cells = answered()
    cells.insert(0, cells.pop(NUMBERS["wrote2"]))
    lose(cells)
    assert texts(cells) == GOOD


@every_editor
def test_given_cells_moved_into_the_answer_do_not_end_it(editor):
    """Somebody pulls the plots to the text that speaks of them, and writes on below."""
    cells = answered()
    start, end = NUMBERS["check"], NUMBERS["two"]
    cells[start : end + 1] = [cells[end], *cells[start:end], cell("More.", name="added")]
    assert [one["id"] for one in cells[start:9]] == ["two", "check", "plots", "plot", "added"]
    assert texts(after(cells, editor)) == (f"More.\n\n{GOOD[0]}", "Quite sure.")


@pytest.mark.parametrize("kind", ["raw", "code"])
def test_an_answer_cell_of_another_kind_counts(kind):
    """A key pressed by mistake; what is code then is shown as such."""
    cells = answered()
    cells[NUMBERS["wrote2"]] = cell("Since it ```commutes```.", kind, "wrote2")
    fenced = "````\nSince it ```commutes```.\n````"
    assert texts(cells)[0] == (fenced if kind == "code" else "Since it ```commutes```.")


@every_editor
def test_other_notes_are_no_answer(editor):
    """What is written in other sections is shown apart, in case that somebody missed the place."""
    cells = answered(first=BLANK)
    cells.insert(NUMBERS["plot"], cell("I note this.", name="added"))
    cells.append(cell("At the very end.", name="last"))
    answer = read(after(cells, editor))
    assert (answer.text, answer.written) == ("", False)
    assert answer.elsewhere == ("I note this.", "At the very end.")


def test_a_text_of_the_notebook_that_was_written_into_is_shown_apart():
    """Nobody can tell there which words are whose."""
    cells = answered(first=BLANK)
    cells[NUMBERS["end"]]["source"] += "\n\nMy answer."
    assert read(cells).elsewhere[0].endswith("My answer.")


def test_a_long_answer_is_cut():
    """A text of a megabyte is no answer to be read."""
    assert len(read(answered(first="long " * 100_000)).text) == 100_000


def test_nbformat_3_has_answers_too():
    """Worksheets, and code that stands in `input`."""
    cells = answered()
    for one in cells:
        one.pop("id")
        if one["cell_type"] == "code":
            one["input"] = one.pop("source")
    document = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": cells[:4]}, {"cells": cells[4:]}]}
    answers = read_answers(json.dumps(document).encode(), "sum", GUIDE)
    assert (answers["q2"].text, answers["q3"].text) == GOOD
    assert answers["q2"].work[1].source.startswith("def add")


def test_cells_of_the_other_format_are_not_looked_at():
    """As in grading: which of two lists of cells counts, the format says."""
    document = json.loads(notebook(answered()))
    document["worksheets"] = [{"cells": [cell("Shadow.")]}]
    assert read_answers(json.dumps(document).encode(), "sum", GUIDE)["q2"].text == GOOD[0]


def test_what_cannot_be_graded_is_refused_as_ever():
    """The sentence is that of `read_notebook`."""
    with pytest.raises(SubmissionError, match="The file is a PDF file"):
        read_answers(b"%PDF-1.4", "sum", GUIDE)


# The student's work


def png(width: int = 4, height: int = 3) -> bytes:
    """Return a grey PNG that a browser draws."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"".join(b"\0" + b"\x80" * min(width, 8) for _ in range(min(height, 8))))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def jpeg(width: int = 4, height: int = 3) -> bytes:
    """Return the beginning of a JPEG: a segment, a fill byte, the frame header."""
    segment = b"\xff\xe0" + struct.pack(">H", 6) + b"JFIF"
    frame = b"\xff\xff\xc0" + struct.pack(">HBHH", 11, 8, height, width) + b"\x01\x01\x11\0"
    return b"\xff\xd8" + segment + frame + b"\xff\xd9"


def encoded(data: bytes) -> str:
    return base64.encodebytes(data).decode()


def display(data: dict[str, Any], **metadata: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "data": data, "metadata": metadata}


def stream(text: Any) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(*outputs: Any, name: str = "plot") -> Any:
    """Return the work of one cell with these outputs."""
    cells = answered()
    cells[NUMBERS[name]]["outputs"] = list(outputs)
    return next(work for work in read(cells).work if work.cell == NUMBERS[name])


def test_the_work_is_every_code_cell_in_order():
    """With the question it stands in, and whether it is as it was handed out."""
    cells = answered()
    cells[NUMBERS["stub"]]["source"] = "def add(a, b):\n    return a + b"
    cells.insert(NUMBERS["wrote2"] + 1, cell("print(add(1, 2))", "code", "added"))
    assert [(work.cell, work.question, work.given) for work in read(cells).work] == [
        (1, "", True),
        (3, "q1", False),
        (4, "q1", True),
        (6, "", True),
        (9, "q2", False),
    ]


def test_near_is_the_question_and_the_section_before_it():
    """What the answer speaks of; where that section computes nothing, the one before it."""
    cells = answered()
    cells.insert(NUMBERS["wrote2"] + 1, cell("print(add(1, 2))", "code", "added"))
    cells.insert(NUMBERS["plot"] + 1, cell("plot(2)", "code", "more"))
    answers = read_answers(notebook(cells), "sum", GUIDE)
    assert answers["q2"].near == (6, 7, 10)
    assert answers["q3"].near == (6, 7, 10)


def test_numbers_and_plots_are_shown_with_their_text():
    """Streams are joined, a plot comes with what it shows, its `<Figure>` does not."""
    alt = {"alt": "Line plot:\nthe loss\u202e falls."}
    work = shown(
        stream(["MSE: ", "0.0005\n"]),
        display({"image/png": encoded(png()), "text/plain": "<Figure size 640x480>"}, **{"image/png": alt}),
        {"output_type": "execute_result", "data": {"text/plain": ["1\n", "2"]}, "metadata": {}, "execution_count": 1},
    )
    assert work.printed == "MSE: 0.0005\n1\n2"
    assert work.pictures == (Picture(png(), "image/png", 4, 3, "Line plot: the loss\ufffd falls."),)
    assert work.dropped == ()


def test_a_photo_in_the_answer_is_shown():
    """A derivation on paper, pasted into the cell; it is an answer by itself."""
    cells = answered(first="![paper](attachment:image.jpg)")
    cells[NUMBERS["wrote2"]]["attachments"] = {"image.jpg": {"image/jpeg": encoded(jpeg())}}
    cells[NUMBERS["title"]]["attachments"] = {"other.png": {"image/png": encoded(png())}}
    answer = read(cells)
    assert answer.written and answer.pictures == (Picture(jpeg(), "image/jpeg", 4, 3, "image.jpg"),)


def test_an_error_is_shown_in_one_line():
    """Its kind and text; where it was, the code shows."""
    output = {"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["\x1b[31mfar\x1b[0m"] * 9}
    assert shown(output).printed == "ValueError: no"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]8;;http://evil\x07link\x1b]8;;\x07", "link"),
        ("\x1b]0;title\x1b\\text", "text"),
        ("\x1b(Ba\x1bMb\x1b", "ab"),
        ("epoch 1\repoch 2\repoch 3\n", "epoch 3"),
        ("epoch 1\r\nepoch 2\r", "epoch 1\nepoch 2"),
    ],
)
def test_what_a_terminal_would_show_is_shown(text, printed):
    """Colours and links are gone, and of a progress bar its last state is left."""
    assert shown(stream(text)).printed == printed


def test_of_a_long_output_both_ends_are_shown():
    """The last numbers of a training tell the most."""
    printed = shown(stream("first" + "x" * 10**6 + "last")).printed
    assert printed.startswith("first") and printed.endswith("last") and "characters are not shown" in printed
    assert len(printed) < PRINTED_CHARACTERS + 100


@pytest.mark.parametrize(
    ("data", "printed", "dropped"),
    [
        ({"text/html": "<script>alert(1)</script>", "text/plain": "a  b"}, "a  b", ("HTML",)),
        ({"image/svg+xml": "<svg onload=alert(1)>"}, "", ("SVG",)),
        ({"application/javascript": "alert(1)"}, "", ("JavaScript",)),
        ({"application/vnd.jupyter.widget-view+json": {"model_id": "1"}, "text/plain": "w"}, "w", ("a widget",)),
        ({"text/latex": "$x$"}, "$x$", ()),
        ({"image/png": encoded(b"<svg onload=alert(1)>")}, "", ("a picture that is no PNG",)),
        ({"image/png": encoded(jpeg()), "text/plain": "t"}, "t", ("a picture that is no PNG",)),
        ({"image/jpeg": encoded(png())}, "", ("a picture that is no JPEG",)),
        ({"image/jpeg": encoded(b"\xff\xd8\xff" + b"\xff" * 5000)}, "", ("a picture that is no JPEG",)),
        ({"image/png": encoded(b"<svg onload='a'>" + png(4, 3)[16:])}, "", ("a picture that is no PNG",)),
        ({"image/jpeg": encoded(b"<b" + jpeg()[2:])}, "", ("a picture that is no JPEG",)),
        ({"image/png": encoded(png(0, 3))}, "", ("a picture that is no PNG",)),
        ({"image/png": encoded(png(4097, 3))}, "", ("a picture of 4,097 x 3 pixels",)),
        ({"image/jpeg": encoded(jpeg(3, 65_000))}, "", ("a picture of 3 x 65,000 pixels",)),
        ({"image/png": encoded(png() + b"\0" * 3 * 2**20)}, "", ("a picture of more than 3 MB",)),
        ({"image/png": "A" * (7 * 2**20)}, "", ("a picture of more than 3 MB",)),
        ({"image/png": "é"}, "", ("a picture that is damaged",)),
        ({"image/png": 3, "image/jpeg": None}, "", ("a picture that is no PNG", "a picture that is no JPEG")),
    ],
)
def test_what_could_act_is_left_out_and_said(data, printed, dropped):
    """Nothing but text and checked pictures comes through; staff read what is missing."""
    work = shown(display(data))
    assert (work.printed, work.pictures, work.dropped) == (printed, (), dropped)


def test_pictures_are_counted_over_the_whole_notebook():
    """More than anybody looks at, or than a browser can hold, is left out."""
    many = shown(*[display({"image/png": encoded(png())})] * (PICTURES + 5))
    assert len(many.pictures) == PICTURES and many.dropped == (f"a picture: the notebook has more than {PICTURES}",)
    large = shown(*[display({"image/png": encoded(png(4000, 4000))})] * 6)
    assert len(large.pictures) == 4 and large.dropped == ("a picture of 4,000 x 4,000 pixels",)


@pytest.mark.parametrize("outputs", [[{}] * 3, [3], {"a": 1}, [{"output_type": 1}], [stream("a")] * 2_001])
def test_outputs_that_are_none_cost_no_answer(outputs):
    """A notebook that was graded can be marked; the cell says that its outputs are missing."""
    cells = answered()
    cells[NUMBERS["plot"]]["outputs"] = outputs
    answer = read(cells)
    assert answer.text == GOOD[0]
    assert answer.work[3].printed == "" and answer.work[3].dropped[0].startswith("its outputs: ")


# Real notebooks


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("editor", [EDITORS[0], EDITORS[3]], ids=["kept", "lost"])
def test_the_model_answers_of_our_assignments_are_found(assignment, editor, tmp_path):
    """In the notebook as it is built, and after an editor that keeps neither ids nor tags; with plots beside them."""
    course = read_course(ROOT / "course.yml")
    built = build_assignment(ROOT, course, course.assignment(assignment))
    (tmp_path / "grader.zip").write_bytes(built.files[built.zip_path])
    guide = read_grader(tmp_path / "grader.zip").guide
    solved = edit(solved_notebook(built), lambda document: after(document["cells"], editor))
    for question in guide.written:
        answer = read_answers(solved, assignment, guide)[question.name]
        assert answer.text == question.model_answer and answer.elsewhere == ()
        near = [work.source for work in answer.work if work.cell in answer.near]
        assert any("plt." in source or "display(" in source for source in near)
        template = built.files[built.notebook_path]
        assert not read_answers(template, assignment, guide)[question.name].written


# Hostile notebooks


def check_quick_and_closed(data: bytes, seconds: float = 2) -> None:
    start = time.process_time()
    try:
        answers = read_answers(data, "sum", GUIDE)
    except SubmissionError:
        return
    assert set(answers) == {"q2", "q3"}
    for work in answers["q2"].work:
        assert len(work.printed) < PRINTED_CHARACTERS + 100 and "\x1b" not in work.printed
        assert all(len(picture.data) <= 3 * 2**20 for picture in work.pictures)
    assert time.process_time() - start < seconds


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
ODD_PLACES = [
    ("id",),
    ("metadata",),
    ("metadata", "id"),
    ("metadata", "tags"),
    ("attachments",),
    ("attachments", "a.png"),
    ("attachments", "a.png", "image/png"),
    ("outputs",),
    ("outputs", 0),
    ("outputs", 0, "output_type"),
    ("outputs", 0, "data"),
    ("outputs", 0, "data", "image/png"),
    ("outputs", 0, "data", "text/plain"),
    ("outputs", 0, "metadata"),
    ("outputs", 0, "metadata", "image/png"),
    ("outputs", 0, "metadata", "image/png", "alt"),
    ("outputs", 1, "text"),
]


@settings(max_examples=200, deadline=None)
@given(place=st.sampled_from(ODD_PLACES), value=json_values, number=st.sampled_from([6, 8]))
def test_wrong_types_anywhere_cost_no_other_answer(place, value, number):
    """Any value at any place that is read is harmless, or refused as by grading."""
    cells = answered()
    outputs = [display({"image/png": encoded(png()), "text/plain": "t"}, **{"image/png": {"alt": "a"}}), stream("s")]
    cells[number] |= {"outputs": outputs, "attachments": {"a.png": {"image/png": encoded(png())}}}
    target: Any = cells[number]
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value
    check_quick_and_closed(notebook(cells))


@settings(max_examples=100, deadline=None)
@given(
    order=st.permutations(range(len(GIVEN))),
    added=st.lists(st.tuples(st.integers(0, 20), st.sampled_from(["markdown", "code", "raw"]), st.text(max_size=30))),
    editor=st.sampled_from(EDITORS),
)
def test_no_text_of_a_student_is_lost_or_told_twice(order, added, editor):
    """Wherever cells were moved and added: each text is in an answer, or elsewhere, or the work, once."""
    cells = [answered()[number] for number in order]
    for number, (place, kind, text) in enumerate(added):
        cells.insert(place, cell(f"added{number}x {text}", kind, f"added{number}"))
    answers = read_answers(notebook(after(cells, editor)), "sum", GUIDE)
    everything = [answer.text for answer in answers.values()] + list(answers["q2"].elsewhere)
    for number, (_, kind, _) in enumerate(added):
        if kind != "code":
            assert sum(text.count(f"added{number}x") for text in everything) == 1
    for text in GOOD:
        assert sum(one.count(text) for one in everything) == 1


def of_outputs(outputs: bytes) -> bytes:
    return notebook(answered()).replace(b'"outputs": []', b'"outputs": ' + outputs, 1)


HUGE = {
    "many empty outputs": of_outputs(b"[" + b"{}," * 5_000_000 + b"{}]"),
    "many outputs": of_outputs(b"[" + b'{"output_type":"stream"},' * 700_000 + b'{"output_type":"x"}]'),
    "many outputs, written otherwise": of_outputs(b"[" + rb'{"output\u005ftype":"stream"},' * 500_000 + b"{}]"),
    "many kinds": of_outputs(
        b'[{"output_type":"display_data","data":{' + b",".join(b'"%d":1' % n for n in range(1_500_000)) + b"}}]"
    ),
    "deep": of_outputs(b"[" * 2_000_000 + b"]" * 2_000_000),
    "escapes": of_outputs(json.dumps([stream("\x1b]" * 1_500_000)]).encode()),
    "returns": of_outputs(json.dumps([stream("\r" * 5_000_000)]).encode()),
    "lines": of_outputs(json.dumps([stream(["a"] * 3_000_000)]).encode()),
    "segments": of_outputs(
        json.dumps([display({"image/jpeg": encoded(b"\xff\xd8\xff\xe0\0\2" * 300_000)})] * 5).encode()
    ),
    "attachments": notebook(answered()).replace(
        b'"metadata": {}',
        b'"metadata": {}, "attachments": {' + b",".join(b'"%d":{}' % n for n in range(1_000_000)) + b"}",
        1,
    ),
    "many cells": notebook([cell(BLANK, name="wrote2")] * 1_000 + [cell("two", name=f"{n}") for n in range(1_000)]),
    "many lines": notebook(answered(first="\n".join(map(str, range(140_000))))),
    "backticks": notebook([*answered(first=BLANK), cell("`" * 900_000, "code", "wrote2")]),
}


@pytest.mark.parametrize("data", HUGE.values(), ids=HUGE)
def test_files_made_to_be_slow_are_not(data):
    """Time in proportion to the size."""
    check_quick_and_closed(data)


def test_a_large_class_is_read_in_seconds():
    """1,000 notebooks of 300 kB would take less than 10 s; a tenth of them here."""
    picture = encoded(png() + b"\0" * 30_000)
    cells = answered()
    cells[NUMBERS["plot"]]["outputs"] = [display({"image/png": picture})] * 7 + [stream("MSE: 1\n" * 100)]
    data = notebook(cells)
    assert 280_000 < len(data) < 330_000
    start = time.process_time()
    for _ in range(100):
        read_answers(data, "sum", GUIDE)
    assert time.process_time() - start < 1
