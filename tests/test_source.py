"""A source is read into questions and cases, and an author's slip is named by file and question."""

import pytest
from tiny import SOURCE

from autograder.build import read_percent
from autograder.errors import SourceError
from autograder.reference import reference_module
from autograder.source import read_source

TEST_CONFIG = '""" # BEGIN TEST CONFIG\npoints: 1\nhidden: false\n'


def read(text: str):
    return read_source(read_percent(text), "tiny.py")


def test_questions_have_title_and_points():
    """The title is what follows "Question 1: "; the points are those of the cases, or the question's own."""
    questions = read(SOURCE).questions
    assert [(item.name, item.title, item.points, item.manual) for item in questions] == [
        ("q1", "Add two numbers", 4, False),
        ("q2", "Explain", 4, True),
    ]


def test_cases_have_name_title_points_and_hint():
    """A case is what its config, its function's name and its docstring say."""
    cases = read(SOURCE).questions[0].cases
    assert [(case.name, case.title, case.points, case.hidden) for case in cases] == [
        ("test_small", "Adds one and two", 1, False),
        ("test_negative", "Adds negative numbers", 3, True),
    ]
    assert cases[1].failure_message == "Look at negative numbers."


def test_the_rubric_of_a_written_question_is_read():
    """People mark by these items."""
    rubric = read(SOURCE).questions[1].rubric
    assert rubric is not None
    assert [(item.id, item.points) for item in rubric.items] == [("law", 3), ("example", 1)]
    assert rubric.misconceptions == ("Subtraction does not depend on the order either",)


MISTAKES = {
    "two tests of one name": ("test_negative", "test_small", ["question q1", "two tests are called test_small"]),
    "no docstring": ('    """Adds one and two"""\n', "", ["question q1", "test_small", "no docstring"]),
    "no failure message": ("failure_message: Look at the sum of one and two.\n", "", ["test_small", "failure_message"]),
    "no points on a case": (TEST_CONFIG, TEST_CONFIG.replace("points: 1\n", ""), ["test_small", "`points` is missing"]),
    "a quote in the hint": (
        "Look at the sum",
        'Look at "the" sum',
        ["test_small", "failure_message", "without double quotes"],
    ),
    "a backslash in the hint": ("Look at the sum", "Look at \\d", ["test_small", "failure_message"]),
    "two lines of hint": ("Look at the sum", '"Look\\nat" #', ["test_small", "failure_message"]),
    "an import outside": ("def test_small", "import math\ndef test_small", ["question q1", "imports stand inside"]),
    "a name from outside": ("assert add(1, 2) == 3", "assert add(1, 2) == np.abs(3)", ["test_small", "`np`", "bare"]),
    "reference in a public test": (
        "assert add(1, 2)",
        "import reference; assert add(1, 2)",
        ["test_small", "students do not have"],
    ),
    "no public test": ("hidden: false", "hidden: true", ["question q1", "no public test"]),
    "points on a tested question": ("name: q1", "name: q1\n# points: 4", ["question q1", "TEST CONFIG"]),
    "no points on a written question": ("# points: 4\n", "", ["question q2", "no points"]),
    "a rubric of other points": ("points: 3\n#     text", "points: 2\n#     text", ["question q2", "3 points", "4"]),
    "an item without an id": (
        "id: law\n#     points",
        "points",
        ["question q2: RUBRIC", "items[0]", "`id` is missing"],
    ),
    "an id of two items": ("id: example", "id: law", ["question q2: RUBRIC", "the id `law` is given twice"]),
    "an id with a space": ("id: law", "id: the law", ["question q2", "items[0].id", "found 'the law'", "hyphens"]),
    "an id in capitals": ("id: law", "id: Law", ["question q2", "items[0].id", "lower-case letters"]),
    "a long id": ("id: law", f"id: {'law-' * 8}", ["question q2", "items[0].id", "a short name"]),
    "no rubric": ("# # RUBRIC\n# items", "# # END SOLUTION\n# items", ["question q2", "END SOLUTION"]),
    "an unknown question key": ("manual: true", "manuel: true", ["manuel", "Did you mean `manual`?"]),
    "an unknown assignment key": ("files:", "flies:", ["ASSIGNMENT CONFIG", "Did you mean `files`?"]),
    "an unknown case key": ("hidden: false", "hiden: false", ["test_small", "Did you mean `hidden`?"]),
    "a misspelt raw cell": ("# # BEGIN TESTS", "# # BEGIN TEST", ["question q1", "Did you mean `BEGIN TESTS`?"]),
    "a solution outside its block": ("print(", "x = 1  # SOLUTION\nprint(", ["`# SOLUTION`", "outside"]),
    "no title": ("# # Add and explain\n", "# Add and explain\n", ["first markdown cell"]),
    "no heading": ("# ## Question 1: Add two numbers\n", "", ["question q1", "no heading"]),
    "a question given twice": ("name: q2", "name: q1", ["question q1", "given twice"]),
    "no config in a test": (TEST_CONFIG, '"""\n', ["question q1", "BEGIN TEST CONFIG"]),
    "a syntax error in a test": ("assert add(1, 2) == 3", "assert add(1, 2 == 3", ["question q1", "not Python"]),
}


@pytest.mark.parametrize(("old", "new", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_slip_is_refused_with_its_place(old, new, words):
    """The message names the file, the question and what to do."""
    assert old in SOURCE
    with pytest.raises(SourceError) as caught:
        read(SOURCE.replace(old, new, 1))
    assert [word for word in ["tiny.py", *words] if word not in str(caught.value)] == [], str(caught.value)


def test_a_question_left_open_is_refused():
    """The end of the file closes nothing."""
    with pytest.raises(SourceError, match="question q2: the file ends before `# END QUESTION`"):
        read(SOURCE.rpartition("# %% [raw]")[0])


def test_reference_holds_definitions_and_literal_constants_only():
    """Functions of both kinds and constants are there; prints, unused imports and tests are not."""
    text = reference_module(read_percent(SOURCE), "tiny.py")
    names: dict[str, object] = {}
    exec(text, names)
    assert {"add", "given_helper", "SCALE", "np"} <= set(names)
    assert not {"math", "test_small", "test_negative", "guess_of_the_sum"} & set(names)


def test_reference_works_as_the_solution_does():
    """The module's functions return what the solution's return."""
    names: dict[str, object] = {}
    exec(reference_module(read_percent(SOURCE), "tiny.py"), names)
    assert names["add"](2, 3) == 5
    assert names["given_helper"]([1.0]) == [2.0]


def test_reference_survives_magics():
    """A line of IPython in a cell is left out and does no harm."""
    text = reference_module(read_percent(SOURCE.replace("import math", "# %matplotlib inline\nimport math")), "tiny.py")
    assert "matplotlib" not in text and "def add" in text
