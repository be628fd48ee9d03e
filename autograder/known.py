"""tests/submissions/<id>/<case>/ -> known submissions: notebooks as a student hands them in, with their exact marks.

A case lays a few answers over the solved notebook or over the template; what it does not mention stays. Nothing is run.
"""

import re
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec
from nbformat import NotebookNode

from autograder.build import Built, read_percent
from autograder.errors import ConfigError
from autograder.template import as_bytes
from autograder.yamlfile import nearest, read_yaml

_CELL = re.compile(r"(\S+)(?: ([1-9]))?")


class CaseFile(msgspec.Struct, forbid_unknown_fields=True):
    """case.yml. Without `points` a question has full marks on the reference and none where it shows the stub."""

    title: str
    kind: Literal["reference", "template", "right", "wrong", "hostile"]
    base: Literal["reference", "template"] = "reference"
    skip: list[str] = []
    points: dict[str, list[float]] = {}


@dataclass(frozen=True)
class KnownSubmission:
    """A submission whose marks are known.

    Attributes:
        name: the case's folder.
        notebook: the bytes of the submitted file.
        expected: tested question -> points of each test case, in the order of the test file.
    """

    name: str
    title: str
    kind: str
    notebook: bytes
    expected: dict[str, tuple[float, ...]]


def known_submissions(root: Path, built: Built) -> tuple[KnownSubmission, ...]:
    """Read all known submissions of an assignment, sorted by name.

    Args:
        root: folder of course.yml.
        built: the assignment, whose solved notebook and template the answers are laid over.

    Raises:
        ConfigError: names the file, what was found and what is expected.
    """
    folder = root / "tests" / "submissions" / built.assignment
    names = sorted(path.name for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []
    return tuple(_known(folder / name, built) for name in names)


def _known(folder: Path, built: Built) -> KnownSubmission:
    path = folder / "case.yml"
    if not path.is_file():
        raise ConfigError(f"{path}: is missing. Every known submission has a case.yml.")
    case = read_yaml(_text(path), CaseFile, str(path), ConfigError)
    for question in case.skip:
        if question not in built.answers:
            raise ConfigError(f"{path}: skip: unknown question `{question}`." + nearest(question, built.answers))
    notebook = deepcopy(built.solved if case.base == "reference" else built.template)
    for question in case.skip:
        for index in built.answers[question]:
            notebook.cells[index].source = built.template.cells[index].source
    answers = folder / "answers.py"
    if answers.is_file():
        _lay_over(notebook, built, answers)
    return KnownSubmission(folder.name, case.title, case.kind, as_bytes(notebook), _expected(case, built, path))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read as UTF-8 text ({error}). Save it as UTF-8.") from None


def _expected(case: CaseFile, built: Built, path: Path) -> dict[str, tuple[float, ...]]:
    """Return the points of every test case, those of the base where case.yml names none."""
    full = {
        question.name: tuple(item.points for item in question.cases)
        for question in built.source.questions
        if not question.manual
    }
    stub = case.base == "template"
    expected = {name: tuple(0.0 for _ in most) if stub or name in case.skip else most for name, most in full.items()}
    for name, given in case.points.items():
        if name not in full:
            raise ConfigError(f"{path}: points: unknown question `{name}`." + nearest(name, full))
        if len(given) != len(full[name]):
            raise ConfigError(
                f"{path}: points.{name}: found {len(given)} numbers, it has {len(full[name])} test cases."
            )
        for index, (points, most) in enumerate(zip(given, full[name], strict=True)):
            if points not in (0, most):
                raise ConfigError(f"{path}: points.{name}[{index}]: found {points:g}, a case gives 0 or {most:g}.")
        expected[name] = tuple(given)
    return expected


def _lay_over(notebook: NotebookNode, built: Built, path: Path) -> None:
    """Put the answers of answers.py into the notebook."""
    for cell in read_percent(_text(path)).cells:
        title = cell.metadata.get("title", "")
        named = _CELL.fullmatch(title)
        if named is None or named[1] not in built.answers:
            known = nearest(title.partition(" ")[0], built.answers)
            raise ConfigError(f"{path}: cell `{title}`: names no question, expected `# %% q1` or so.{known}")
        places = [i for i in built.answers[named[1]] if notebook.cells[i].cell_type == cell.cell_type]
        number = int(named[2] or 1)
        if number > len(places):
            raise ConfigError(
                f"{path}: cell `{title}`: question {named[1]} has {len(places)} {cell.cell_type} answer cells."
            )
        notebook.cells[places[number - 1]].source = cell.source
