"""A known submission is a student's notebook with a few answers of its own and exact marks."""

import json

import pytest
from tiny import write_course

from autograder.build import Built, build_assignment
from autograder.course import read_course
from autograder.errors import ConfigError
from autograder.known import known_submissions

WRONG = {
    "case.yml": "title: Subtracts\nkind: wrong\npoints: {q1: [0, 3]}\n",
    "answers.py": "# %% q1\nanswer = 'mine'\n",
}


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Built:
    root = write_course(tmp_path_factory.mktemp("tiny"))
    course = read_course(root / "course.yml")
    return build_assignment(root, course, course.assignments[0])


def read(root, built, files):
    folder = root / "tests" / "submissions" / "tiny" / "a-case"
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (known,) = known_submissions(root, built)
    return known


def sources(known) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(known.notebook)["cells"]]


def test_without_cases_there_are_none(tmp_path, tiny):
    """A new assignment has no known submissions yet."""
    assert known_submissions(tmp_path, tiny) == ()


def test_the_reference_has_full_marks(tmp_path, tiny):
    """A case that says nothing is the solved notebook."""
    known = read(tmp_path, tiny, {"case.yml": "title: The solution\nkind: reference\n"})
    assert known.expected == {"q1": (1, 3)}
    assert sources(known) == [cell.source for cell in tiny.solved.cells]


def test_the_template_has_no_marks(tmp_path, tiny):
    """On the template every question shows its stub."""
    known = read(tmp_path, tiny, {"case.yml": "title: Nothing done\nkind: template\nbase: template\n"})
    assert known.expected == {"q1": (0, 0)}
    assert sources(known) == [cell.source for cell in tiny.template.cells]


def test_answers_replace_the_cells_they_name(tmp_path, tiny):
    """`# %% q1` is the first code answer of q1; all other cells stay."""
    known = read(tmp_path, tiny, WRONG)
    index = tiny.answers["q1"][0]
    after = sources(known)
    assert after[index] == "answer = 'mine'"
    assert after[:index] + after[index + 1 :] == [
        cell.source for number, cell in enumerate(tiny.solved.cells) if number != index
    ]
    assert (known.name, known.title, known.kind, known.expected) == ("a-case", "Subtracts", "wrong", {"q1": (0, 3)})


def test_a_number_names_the_second_cell_and_markdown_the_written_answer(tmp_path, tiny):
    """`# %% q1 2` and `# %% [markdown] q2` find their cells."""
    answers = "# %% q1 2\nguess = 5\n\n# %% [markdown] q2\n# My words.\n"
    after = sources(read(tmp_path, tiny, WRONG | {"answers.py": answers}))
    assert after[tiny.answers["q1"][1]] == "guess = 5"
    assert after[tiny.answers["q2"][0]] == "My words."


def test_a_skipped_question_keeps_the_stub_and_has_no_marks(tmp_path, tiny):
    """`skip` saves a training."""
    known = read(tmp_path, tiny, {"case.yml": "title: Skips\nkind: right\nskip: [q1]\n"})
    assert known.expected == {"q1": (0, 0)}
    for index in tiny.answers["q1"]:
        assert sources(known)[index] == tiny.template.cells[index].source


def test_ids_and_metadata_are_those_of_the_template(tmp_path, tiny):
    """The notebook is one that a student could have handed in."""
    notebook = json.loads(read(tmp_path, tiny, WRONG).notebook)
    assert [cell["id"] for cell in notebook["cells"]] == [cell.id for cell in tiny.template.cells]
    assert notebook["metadata"] == tiny.template.metadata


CASE = WRONG["case.yml"]
MISTAKES = {
    "no case.yml": ({"case.yml": None}, ["a-case/case.yml", "missing"]),
    "an unknown key": ({"case.yml": CASE + "skipp: [q1]\n"}, ["case.yml:4", "Did you mean `skip`?"]),
    "an unknown kind": ({"case.yml": "title: x\nkind: bad\n"}, ["case.yml:2", "kind", "'bad'"]),
    "an unknown question": (
        {"case.yml": CASE.replace("q1", "q9")},
        ["case.yml", "points", "`q9`", "Did you mean `q1`?"],
    ),
    "a written question": ({"case.yml": CASE.replace("q1", "q2")}, ["case.yml", "points", "`q2`"]),
    "an unknown skip": ({"case.yml": CASE + "skip: [p1]\n"}, ["case.yml", "skip", "`p1`"]),
    "too few points": ({"case.yml": CASE.replace("[0, 3]", "[0]")}, ["points.q1", "found 1 numbers", "2 test cases"]),
    "points of no case": ({"case.yml": CASE.replace("[0, 3]", "[0, 2]")}, ["points.q1[1]", "found 2", "0 or 3"]),
    "points that are words": ({"case.yml": CASE.replace("[0, 3]", "[0, no]")}, ["case.yml:3", "points"]),
    "an answer without a question": ({"answers.py": "x = 1\n"}, ["answers.py", "names no question"]),
    "an answer to no question": ({"answers.py": "# %% q9\nx = 1\n"}, ["answers.py", "`q9`", "Did you mean"]),
    "words for code": ({"answers.py": "# %% [markdown] q1\n# Words.\n"}, ["`q1`", "0 markdown answer cells"]),
    "an answer to no cell": ({"answers.py": "# %% q1 3\nx = 1\n"}, ["answers.py", "`q1 3`", "2 code answer cells"]),
}


@pytest.mark.parametrize(("files", "words"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_refused_with_its_file(tmp_path, tiny, files, words):
    """The message names the file, what was found and what is expected."""
    given = {name: text for name, text in (WRONG | files).items() if text is not None}
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, tiny, given)
    assert [word for word in words if word not in str(caught.value)] == [], str(caught.value)
