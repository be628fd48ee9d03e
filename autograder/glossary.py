"""The page of the course for students: its assignments, and a glossary that says where each term is met in code.

In go course.yml, solutions/glossary.yml and the assignments as built; out comes assignments/README.md. A course without
that file has no such page.
"""

import re
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from autograder.build import Built
from autograder.errors import SourceError
from autograder.model import Course
from autograder.yamlfile import nearest, read_yaml

GLOSSARY = "solutions/glossary.yml"
PAGE = "assignments/README.md"

Text = Annotated[str, Meta(min_length=1)]


class Met(msgspec.Struct, forbid_unknown_fields=True):
    """A place where a term is met: a name that the student's answer to a question defines."""

    assignment: Text
    question: Text
    code: Text


class Term(msgspec.Struct, forbid_unknown_fields=True):
    """A term, what it means in a sentence or two, and where a student writes it."""

    term: Text
    meaning: Text
    met: Annotated[list[Met], Meta(min_length=1)]


class Glossary(msgspec.Struct, forbid_unknown_fields=True):
    """solutions/glossary.yml."""

    terms: Annotated[list[Term], Meta(min_length=1)]


def course_page(root: Path, course: Course, built: dict[str, Built]) -> str:
    """Return the page in Markdown, "" when the course has no glossary.

    Args:
        built: every assignment of the course by its id.

    Raises:
        SourceError: the glossary has a mistake, or names a question or a name of code that is not there.
    """
    path = root / GLOSSARY
    if not path.is_file():
        return ""
    glossary = read_yaml(path.read_text(encoding="utf-8"), Glossary, GLOSSARY, SourceError)
    titles = _code_by_question(built)
    total = sum(assignment.points for assignment in course.assignments)
    lines = [f"# {course.title}", "", "| assignment | points | share of the course | due |", "|---|---|---|---|"]
    for assignment in course.assignments:
        due = f"{assignment.due:%Y-%m-%d %H:%M}" if assignment.due else "to be told"
        share = assignment.weight or round(100 * assignment.points / total, 1)
        link = f"[{assignment.title}]({assignment.id}/{assignment.id}.ipynb)"
        lines.append(f"| {link} | {assignment.points:g} | {share:g} % | {due} |")
    lines += ["", f"Times are those of {course.timezone}. Each notebook tells its own story; take them in this order."]
    lines += ["", "## Glossary", "", "What the words mean, and where you write them in code.", ""]
    lines += ["| term | meaning | where |", "|---|---|---|"]
    for term in sorted(glossary.terms, key=lambda term: term.term.casefold()):
        places = "<br>".join(_place(term, met, titles) for met in term.met)
        lines.append(f"| **{_cell(term.term)}** | {_cell(term.meaning)} | {places} |")
    return "\n".join(lines) + "\n"


def _code_by_question(built: dict[str, Built]) -> dict[str, dict[str, tuple[str, str]]]:
    """Return assignment -> question -> (its heading, the code that its answer cells hold in the template)."""

    def code(one: Built, question: str) -> str:
        return "\n".join(one.template.cells[index].source for index in one.answers.get(question, ()))

    return {
        name: {question.name: (question.title, code(one, question.name)) for question in one.source.questions}
        for name, one in built.items()
    }


def _place(term: Term, met: Met, titles: dict[str, dict[str, tuple[str, str]]]) -> str:
    place = f"{GLOSSARY}: {term.term}"
    if met.assignment not in titles:
        raise SourceError(f"{place}: no assignment {met.assignment!r} in course.yml.{nearest(met.assignment, titles)}")
    questions = titles[met.assignment]
    if met.question not in questions:
        raise SourceError(
            f"{place}: {met.assignment} has no question {met.question!r}.{nearest(met.question, questions)}"
        )
    title, code = questions[met.question]
    if not re.search(rf"^(def {re.escape(met.code)}\(|.*\b{re.escape(met.code)}\b.* = )", code, re.MULTILINE):
        raise SourceError(f"{place}: the stub of {met.assignment} {met.question} defines no {met.code!r}.")
    return f"[{met.assignment}]({met.assignment}/{met.assignment}.ipynb) {met.question}, {_cell(title)}: `{met.code}`"


def _cell(text: str) -> str:
    """Return text for a cell of a Markdown table, which must stay on one line."""
    return " ".join(text.split()).replace("|", r"\|").replace("_", r"\_").replace("*", r"\*")
