"""tests/submissions/hostile/<case>/ -> hostile files as somebody could hand them in, each with what it may earn.

A case aims at the assignment of target.py. Its attack.py lays cells over the solved notebook; a case of crafted files
has a craft.py, whose `craft(notebook)` returns file name -> content or whose `place(notebook, folder)` writes files.
"""

import re
import runpy
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import msgspec
from nbformat import NotebookNode, v4
from target import target

from autograder.build import read_percent, solved_notebook
from autograder.errors import ConfigError
from autograder.intake import collect
from autograder.model import Status, Submission
from autograder.template import as_bytes
from autograder.yamlfile import read_yaml

FOLDER = Path(__file__).parent / "submissions" / "hostile"
_CELL = re.compile(r"(first|last|before (?P<before>q\d)|(?P<answer>q\d))")


class CaseFile(msgspec.Struct, forbid_unknown_fields=True):
    """case.yml. `points` only for questions whose marks are not full; `note`: what the note or a cause must hold."""

    title: str
    kind: Literal["reading", "forging", "breaking", "fooling", "crafted"] = msgspec.field(name="class")
    prevents: str
    status: Status = Status.GRADED
    points: dict[str, list[float]] = {}
    note: str = ""


@dataclass(frozen=True)
class Hostile:
    """A hostile submission and its fate.

    Attributes:
        name: the case's folder.
        expected: tested question -> points of each test case; empty when it must be rejected.
    """

    name: str
    kind: str
    status: Status
    expected: dict[str, tuple[float, ...]]
    note: str


def full_marks() -> dict[str, tuple[float, ...]]:
    """Return the points of each test case of the target, question by question."""
    questions = target().source.questions
    return {question.name: tuple(case.points for case in question.cases) for question in questions if question.cases}


def hostile_cases() -> dict[str, Hostile]:
    """Read all cases, sorted by name.

    Raises:
        ConfigError: names the file and what is wrong with it.
    """
    return {path.name: _case(path) for path in sorted(FOLDER.iterdir()) if path.is_dir() and any(path.iterdir())}


def _case(folder: Path) -> Hostile:
    path = folder / "case.yml"
    case = read_yaml(path.read_text(encoding="utf-8"), CaseFile, str(path), ConfigError)
    full = full_marks()
    for name, points in case.points.items():
        if name not in full or len(points) != len(full[name]):
            raise ConfigError(f"{path}: points.{name}: {points} does not fit a question of the target.")
    expected = {name: tuple(case.points.get(name, most)) for name, most in full.items()}
    return Hostile(folder.name, case.kind, case.status, expected if case.status is Status.GRADED else {}, case.note)


def hand_in(name: str, inbox: Path) -> tuple[Submission, ...]:
    """Write what a case hands in into a folder of its own below `inbox`, and take it in as `grade` would."""
    folder = inbox / name
    folder.mkdir(parents=True)
    source, craft = FOLDER / name / "attack.py", FOLDER / name / "craft.py"
    if craft.is_file():
        _craft(runpy.run_path(str(craft)), folder)
    else:
        (folder / f"{name}.ipynb").write_bytes(_attacked(source))
    return tuple(
        replace(submission, name=f"{name}.{number}")  # of two cases with files of one name, both are graded
        for number, submission in enumerate(collect([folder], "target"))
    )


def _craft(module: dict[str, Any], folder: Path) -> None:
    solved = solved_notebook(target())
    if "place" in module:
        module["place"](solved, folder)
        return
    for file_name, content in module["craft"](solved).items():
        (folder / file_name).write_bytes(content)


def _attacked(path: Path) -> bytes:
    """Return the solved notebook with the cells of attack.py laid over it."""
    notebook = deepcopy(target().solved)
    first: list[NotebookNode] = []
    last: list[NotebookNode] = []
    before: dict[int, list[NotebookNode]] = {}
    for number, cell in enumerate(read_percent(path.read_text(encoding="utf-8")).cells):
        title = cell.metadata.get("title", "")
        named = _CELL.fullmatch(title)
        if named is None:
            raise ConfigError(f"{path}: cell `{title}`: expected q1, before q1, first or last.")
        if named["answer"]:
            notebook.cells[target().answers[named["answer"]][0]].source = cell.source
            continue
        more = v4.new_code_cell(cell.source, id=f"more-{number}")
        if named["before"]:
            before.setdefault(target().answers[named["before"]][0], []).append(more)
        else:
            (first if title == "first" else last).append(more)
    cells = [more for index, cell in enumerate(notebook.cells) for more in (*before.get(index, ()), cell)]
    notebook.cells = [*first, *cells, *last]
    return as_bytes(notebook)
