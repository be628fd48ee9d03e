"""Answers that are alike: thresholds hold on the known submissions, disguise is no help, hostile text no harm."""

import ast
import builtins
import random
import time
from functools import cache
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_submissions import COURSE, _grader, known
from written_answers import IDEAS

from autograder.guide import MarkingGuide
from autograder.notebook import Cell, Notebook, read_notebook
from autograder.similarity import answer_code, code, likeness, side_by_side, similar_answers, similar_code, texts
from autograder.similarity.tokens import MOST_CHARACTERS, tokens

ASSIGNMENTS = [assignment.id for assignment in COURSE.assignments]
# Right, but the solution with a few words changed: such a pair should be shown.
VARIANTS = {"both-directions", "lstm", "simple-cells"}
LONG = """
def moving_average(prices, width):
    # the mean of each window, by differences of running totals
    totals = np.concatenate([[0.0], np.cumsum(prices)])
    means = (totals[width:] - totals[:-width]) / width
    padding = np.full(width - 1, means[0])
    return np.concatenate([padding, means])


average = moving_average(np.arange(10.0), 3)
print("the last one is", average[-1])
"""


@cache
def written(assignment: str) -> dict[str, dict[str, str]]:
    """Return the code of the known submissions that are right: name -> question -> code."""
    grader = _grader(assignment)
    return {
        name: answer_code(read_notebook(case.notebook, grader.info.name), grader.guide)
        for name, case in known(assignment).items()
        if case.kind in ("right", "reference", "template")
    }


def own(assignment: str, name: str) -> dict[str, str]:
    """Return the questions that a case answers in another way than the solution does."""
    solution = written(assignment)["reference"]
    return {q: text for q, text in written(assignment)[name].items() if name == "reference" or text != solution.get(q)}


def shared(a: dict[str, str], b: dict[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    return {q: text for q, text in a.items() if q in b}, {q: text for q, text in b.items() if q in a}


class Disguise(ast.NodeTransformer):
    """Names and texts of one's own, and a line more before every second statement."""

    def __init__(self, more_lines: bool) -> None:
        self.more_lines = more_lines

    def visit(self, node):
        super().visit(node)
        if isinstance(node, ast.Name) and not hasattr(builtins, node.id):
            node.id = f"my_{node.id[::-1]}"
        elif isinstance(node, ast.arg):
            node.arg = f"my_{node.arg[::-1]}"
        elif isinstance(node, ast.FunctionDef) and self.more_lines:
            lines = [(ast.parse("print('here')").body[0], line) for line in node.body[1::2]]
            node.body = [one for pair in zip(node.body[::2], [*lines, ()], strict=False) for one in (pair[0], *pair[1])]
        return node


def disguised(answers: dict[str, str], more_lines: bool = False) -> dict[str, str]:
    return {q: ast.unparse(Disguise(more_lines).visit(ast.parse(text))) for q, text in answers.items()}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_only_what_a_student_wrote_is_compared(assignment):
    """The notebook as handed out holds no code of a student's; the solution has some for each question with tests."""
    assert written(assignment)["template"] == {}
    tested = {question.name for question in _grader(assignment).info.questions if not question.manual}
    assert set(written(assignment)["reference"]) == tested


def test_cells_without_ids_and_added_cells_belong_to_the_question_before_them():
    """An editor that loses ids loses nothing here."""
    guide = _grader("memory").guide
    handed_out = read_notebook(known("memory")["template"].notebook, _grader("memory").info.name).cells
    heading = next(cell for cell in handed_out if "Question 3" in cell.source)
    cells = (*handed_out[: heading.index + 1], Cell(99, "code", "x = 1"), Cell(99, "markdown", "a thought"))
    assert answer_code(Notebook((*cells, Cell(99, "code", "y = 2")), "memory", None), guide) == {"q3": "x = 1\n\ny = 2"}


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_right_answers_written_separately_are_below_the_threshold(assignment):
    """As measured: at most 0.76; so nobody is shown for having solved a short exercise."""
    names = [name for name in written(assignment) if name not in ("template", *VARIANTS)]
    for one, other in combinations(names, 2):
        a, b = shared(own(assignment, one), own(assignment, other))
        if a:
            assert likeness(a, b).whole.replaced < code.ALIKE - 0.05, (one, other)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@pytest.mark.parametrize("more_lines", [False, True])
def test_a_copy_in_disguise_is_above_the_threshold(assignment, more_lines):
    """Other names, layout, no comments, and lines that do nothing."""
    solution = written(assignment)["reference"]
    pair = likeness(solution, disguised(solution, more_lines))
    assert pair.whole.replaced > (0.9 if more_lines else 0.98)
    assert pair.whole.written < 0.8  # so that a plain copy can be told from one in disguise


def test_a_copy_is_found_in_a_class_and_said_to_be_unusual():
    """One pair of a class of 30, of which all solved the same short exercise."""
    people = {f"s{i}": {"q1": made(i), "q2": "def double(x):\n    return 2 * x\n"} for i in range(30)}
    people["copy"] = disguised(people["s7"])
    found = similar_code(people)
    assert [(pair.a, pair.b) for pair in found] == [("s7", "copy")]
    assert (found[0].whole.rank, found[0].whole.pairs) == (1, 465)
    usual = {one.question: one.share for one in found[0].questions}
    assert usual["q2"] > 0.9 and usual["q1"] < 0.01  # everybody has the short one


def made(number: int) -> str:
    """Return a function of its own for each number: 12 lines, half of them of forms that few others have."""
    rng = random.Random(number)
    names = [f"{word}_{number}" for word in ("left", "right", "total")]
    signs, calls = "+-*/@", ("sum", "mean", "dot", "tanh", "exp", "norm", "ravel", "outer", "where", "full")
    lines = []
    for _ in range(12):
        a, b, c = rng.sample(names, 3)
        sides = [
            rng.choice(
                (f"np.{rng.choice(calls)}({a}, {rng.randrange(99)})", f"{b}[{rng.randrange(9)}]", c, f"len({a})")
            )
            for _ in range(rng.randrange(1, 5))
        ]
        lines.append(f"{rng.choice((a, f'{b}[{c}]', f'if {a}: {b}'))} = {rng.choice(signs).join(sides)}")
    return "def f(left, right):\n    " + "\n    ".join(lines)


def test_one_copied_question_is_found_in_two_different_submissions():
    """Names and comments included, so few will have come to it by themselves."""
    people = {f"s{i}": {"q1": made(i), "q2": made(1000 + i), "q3": made(2000 + i)} for i in range(30)}
    people["s3"]["q2"] = people["s8"]["q2"] = LONG
    assert [(pair.a, pair.b, pair.copied) for pair in similar_code(people)] == [("s3", "s8", ("q2",))]


def test_what_most_have_alike_shows_nobody():
    """An answer that the lecture gave away is in every submission and no pair is shown for it."""
    people = {f"s{i}": {"q1": made(i), "q2": made(1000 + i), "q3": LONG * 9} for i in range(30)}
    assert similar_code(people) == ()


def test_a_class_that_is_all_the_same_gives_a_page_not_a_flood():
    """300 copies are 44,850 pairs."""
    found = similar_code({f"s{i}": {"q1": LONG} for i in range(300)})
    assert len(found) == code.MOST_PAIRS and found[0].whole.share == 1


@pytest.mark.parametrize("few", [{}, {"a": {"q1": LONG}}, {"a": {}, "b": {}}, {"a": {"q1": ""}, "b": {"q1": "\x00"}}])
def test_a_class_with_nothing_to_compare_has_no_pairs(few):
    """Nobody, one, empty ones."""
    assert similar_code(few) == ()


def test_a_line_that_is_no_python_hides_nothing():
    """Magics, a half line, an open string: the rest is compared."""
    broken = "%matplotlib inline\n!pip install x\ndef (((\n" + LONG + '\nprint("open'
    assert likeness({"q": LONG}, {"q": broken}).whole.replaced > code.ALIKE
    assert [token.written for token in tokens("x = '''a b\nc")] == ["x", "=", "'''a b\nc"]


def test_comments_and_docstrings_count_as_what_they_are():
    """A docstring is handed out and counts nowhere; a comment counts as written only; a text in a call is a token."""
    plain, told = "def f(x):\n    return g('a')\n", 'def f(x):\n    """Do it."""\n    # why\n    return g("other")\n'
    pair = likeness({"q": plain}, {"q": told})
    assert pair.whole.replaced == 1 and 0.7 < pair.whole.written < 1


PIECES = st.lists(
    st.sampled_from(['"""', "'''", '"', "'", "\\", "#", "\n", "(", ")", "a", " ", "1e5", "\x00", "é", "rb"])
)


@given(PIECES.map("".join) | st.text())
def test_any_text_is_read_in_order(text):
    """Tokens neither overlap nor lose a character that is no white space, docstrings apart."""
    place = 0
    for token in tokens(text):
        assert place <= token.start < token.end <= len(text)
        assert token.written == text[token.start : token.end]
        place = token.end


@pytest.mark.parametrize(
    "evil", ['"""\\' * 9000, "'" * 99_999, '\\"""' * 9000, "(" * 99_999, "1e" * 99_999, 'rb"' * 9000]
)
def test_hostile_code_takes_no_time(evil):
    """What would make a lexer look at each place again and again, compared and drawn."""
    started = time.process_time()
    assert sum(len(token.written) for token in tokens(evil)) <= MOST_CHARACTERS
    likeness({"q": evil}, {"q": evil[1:]})
    side_by_side(evil, evil[1:])
    assert time.process_time() - started < 2


@given(PIECES.map("".join), PIECES.map("".join))
def test_side_by_side_shows_all_of_both(a, b):
    """Nothing is lost or doubled by the marks."""
    for lines, text in zip(side_by_side(a, b), (a, b), strict=True):
        assert "\n".join("".join(part.text for part in line) for line in lines) == text


def test_common_parts_are_marked_and_others_are_not():
    """Renamed lines are common, an own line is not, an indentation never is."""
    left, right = side_by_side("def f(a, b):\n    return a + b\n", "def g(x, y):\n    return x + y\n\ntotal = 0\n")
    assert [[(part.text, part.common) for part in line] for line in right] == [
        [("def g(x, y):", True)],
        [("    ", False), ("return x + y", True)],
        [],
        [("total = 0", False)],
        [],
    ]
    assert all(part.common for line in left for part in line if part.text.strip())


BANK = {f"{idea}-{i}": text for idea, several in IDEAS.items() for i, text in enumerate(several)}


def idea(key: str) -> str:
    return key.partition("-")[0]


def test_answers_with_one_idea_find_each_other():
    """All of the same idea, no other, as the threshold was chosen."""
    for key, others in similar_answers(BANK).others.items():
        assert {other.key for other in others} == {one for one in BANK if idea(one) == idea(key)} - {key}
        assert [other.similarity for other in others] == sorted((o.similarity for o in others), reverse=True)


def test_the_same_text_is_a_group():
    """White space and case apart; empty answers are no group."""
    shouted = BANK["epochs-1"].upper().replace(" ", "\n ")
    found = similar_answers({**BANK, "again": shouted, "empty": "", "blank": " \n"})
    assert found.same == (("epochs-1", "again"),)
    assert found.others["again"][0].key == "epochs-1" and found.others["again"][0].similarity == pytest.approx(1)
    assert found.others["empty"] == found.others["blank"] == ()


@pytest.mark.parametrize("some", [{}, {"a": "x"}, {"a": "...", "b": "!"}, {"a": "same", "b": "same"}])
def test_few_answers_or_none_are_compared_without_fuss(some):
    """Nobody, one, no words, one text twice."""
    assert set(similar_answers(some).others) == set(some)


def test_no_more_others_than_can_be_read():
    """A class that copies from one place."""
    found = similar_answers({str(i): BANK["rule-0"] for i in range(40)})
    assert {len(others) for others in found.others.values()} == {texts.MOST_OTHERS} and len(found.same[0]) == 40


@pytest.mark.slow
def test_a_thousand_submissions_are_compared_in_seconds():
    """Code below 20 s, written answers below 2 s, on one core."""
    people = {str(i): {f"q{q}": made(10_000 * q + i) for q in range(8)} for i in range(1000)}
    words = [word for text in BANK.values() for word in text.split()]
    answers = {str(i): " ".join(random.Random(i).choices(words, k=200)) for i in range(1000)}
    started = time.process_time()
    similar_code(people)
    between = time.process_time()
    similar_answers(answers)
    assert between - started < 20 and time.process_time() - between < 2


def test_an_empty_guide_takes_all_code_for_the_students():
    """A grader zip from before there were guides: compared as a whole."""
    notebook = Notebook((Cell(0, "code", "x = 1"), Cell(1, "markdown", "text")), "tiny", None)
    assert answer_code(notebook, MarkingGuide()) == {"": "x = 1"}
