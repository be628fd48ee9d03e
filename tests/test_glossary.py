"""The page of the course: every term has a place that is there."""

from dataclasses import replace
from pathlib import Path

import pytest

from autograder.build import build_assignment
from autograder.course import read_course
from autograder.errors import SourceError
from autograder.glossary import course_page

ROOT = Path(__file__).resolve().parent.parent
TERM = "terms:\n  - {term: Step, meaning: 'One | element.', met: [{assignment: sum, question: q2, code: rnn_step}]}\n"


@pytest.fixture(scope="module")
def course():
    whole = read_course(ROOT / "course.yml")
    return replace(whole, assignments=(whole.assignment("sum"),))


@pytest.fixture(scope="module")
def built(course):
    return {"sum": build_assignment(ROOT, course, course.assignment("sum"))}


@pytest.fixture
def root(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "glossary.yml").write_text(TERM)
    return tmp_path


def test_a_term_leads_to_the_question_where_it_is_written(root, course, built):
    """The row names the notebook, the question and the function; a bar in a meaning does not break the table."""
    row = course_page(root, course, built).splitlines()[-1]
    assert row == r"| **Step** | One \| element. | [sum](sum/sum.ipynb) q2, One step: `rnn_step` |"


def test_the_page_lists_every_assignment_with_its_share(root, course, built):
    """Points, weight and due date stand beside the title."""
    page = course_page(root, course, built)
    assert "| [Sum a sequence](sum/sum.ipynb) | 25 | 25 % | 2026-12-07 23:59 |" in page


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [
        ("assignment: sum", "assignment: som", "no assignment 'som'.*Did you mean `sum`"),
        ("question: q2", "question: q22", "no question 'q22'"),
        ("code: rnn_step", "code: rnn_forward", "q2 defines no 'rnn_forward'"),
        ("meaning", "means", "unknown key `means`"),
    ],
)
def test_a_term_without_its_place_is_refused(root, course, built, right, wrong, told):
    """The message names the term and what is not there."""
    (root / "solutions" / "glossary.yml").write_text(TERM.replace(right, wrong))
    with pytest.raises(SourceError, match=told):
        course_page(root, course, built)


def test_a_course_without_a_glossary_has_no_page(tmp_path, course, built):
    """Nothing is made up."""
    assert course_page(tmp_path, course, built) == ""
