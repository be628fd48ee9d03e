"""The notebook of a source -> what it says (questions, test cases, rubrics), checked, and what may travel on.

Pure functions on notebooks: no files, no Otter. Where an author breaks a rule, a SourceError names file and question.
"""

import ast
import builtins
import dis
import re
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType
from typing import Annotated

import msgspec
from msgspec import Meta
from nbformat import NotebookNode

from autograder.errors import SourceError
from autograder.yamlfile import nearest, read_yaml

_BOUNDARY = re.compile(r"#\s+(BEGIN|END)\s+(QUESTION|SOLUTION|TESTS)\s*")
_BEGIN_CONFIG = re.compile(r'"""\s*#\s*BEGIN TEST CONFIG\s*')
_END_CONFIG = re.compile(r'"""\s*#\s*END TEST CONFIG\s*')
_SOLUTION_MARK = re.compile(r"#\s?(BEGIN |END )?SOLUTION")
_NAME = r"^[A-Za-z_][A-Za-z0-9_]*$"
_RAW_CELLS = (
    "ASSIGNMENT CONFIG",
    "BEGIN QUESTION",
    "END QUESTION",
    "BEGIN SOLUTION",
    "END SOLUTION",
    "BEGIN TESTS",
    "END TESTS",
    "RUBRIC",
)

Points = Annotated[float, Meta(ge=0, le=1000)]


class AssignmentConfig(msgspec.Struct, forbid_unknown_fields=True):
    """The raw cell ASSIGNMENT CONFIG. `files`: data beside the source, given to students and to the grader."""

    name: str
    files: list[Annotated[str, Meta(pattern=r"^[\w-][\w.-]*$")]] = []


class QuestionConfig(msgspec.Struct, forbid_unknown_fields=True):
    """The raw cell BEGIN QUESTION. `points` only where people mark; otherwise every test case has its own."""

    name: Annotated[str, Meta(pattern=_NAME)]
    manual: bool = False
    points: Points | None = None


class CaseConfig(msgspec.Struct, forbid_unknown_fields=True):
    """The TEST CONFIG at the head of a test cell."""

    points: Points
    failure_message: Annotated[
        str,
        Meta(
            min_length=1,
            pattern=r'^[^"\\\n]*$',
            # Otter writes it between double quotes as it is.
            description="one sentence of help, in one line, without double quotes and backslashes",
        ),
    ]
    hidden: bool = False


class RubricItem(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """What a written answer gets points for. `id`: what marks name it by, kept when text or points change."""

    id: Annotated[
        str,
        Meta(
            max_length=30,
            pattern=r"^[a-z][a-z0-9-]*$",
            description="a short name of the item such as `running-sum`: lower-case letters, digits and hyphens",
        ),
    ]
    points: Points
    text: str


class Rubric(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """The raw cell RUBRIC: never leaves solutions/."""

    items: tuple[RubricItem, ...]
    misconceptions: tuple[str, ...] = ()


@dataclass(frozen=True)
class SourceCase:
    """One test case: `name` is that of its function, `title` the first line of its docstring, `code` its text."""

    name: str
    title: str
    points: float
    hidden: bool
    failure_message: str
    code: str


@dataclass(frozen=True)
class SourceQuestion:
    """One question, in the order of the source."""

    name: str
    title: str
    points: float
    manual: bool
    cases: tuple[SourceCase, ...]
    rubric: Rubric | None = None


@dataclass(frozen=True)
class Source:
    """What a source says."""

    name: str
    files: tuple[str, ...]
    questions: tuple[SourceQuestion, ...]


@dataclass(frozen=True)
class Part:
    """A cell and its place: `kind` is config, boundary, given, solution, tests or rubric; `question` "" outside one."""

    kind: str
    question: str
    cell: NotebookNode


def parts(notebook: NotebookNode, file: str) -> Iterator[Part]:
    """Walk the cells of a source.

    Raises:
        SourceError: where blocks do not fit into each other or a raw cell is none of Otter's and ours.
    """
    question, block = "", ""
    for cell in notebook.cells:
        if cell.cell_type != "raw":
            yield Part(block or "given", question, cell)
            continue
        first = cell.source.partition("\n")[0].strip()
        place = f"{file}: question {question}" if question else file
        boundary = _BOUNDARY.fullmatch(first)
        if boundary:
            begins, what = boundary[1] == "BEGIN", boundary[2].lower()
            inside = bool(question) if what == "question" else block == what
            allowed = not block if what == "question" else bool(question) and block in ("", what)
            if not allowed or begins == inside:
                raise SourceError(f"{place}: `{first}` does not fit here: {_open(question, block)}.")
            if what != "question":
                block = what if begins else ""
            elif begins:
                question = read_yaml(cell.source, QuestionConfig, f"{file}: cell `{first}`", SourceError).name
            yield Part("boundary", question, cell)
            if what == "question" and not begins:
                question = ""
        elif first in ("# ASSIGNMENT CONFIG", "# RUBRIC"):
            yield Part("config" if "CONFIG" in first else "rubric", question, cell)
        else:
            raise SourceError(f"{place}: raw cell `{first}` is not known." + nearest(first.lstrip("# "), _RAW_CELLS))
    if question:
        raise SourceError(f"{file}: question {question}: the file ends before `# END QUESTION`.")


def _open(question: str, block: str) -> str:
    if block:
        return f"BEGIN {block.upper()} is open"
    return "BEGIN QUESTION is open" if question else "no question is open"


def read_source(notebook: NotebookNode, file: str) -> Source:
    """Read what a source says and check the rules that its authors keep.

    Args:
        notebook: converted from the percent script.
        file: its name, for messages.

    Raises:
        SourceError: names file and question.
    """
    walked = list(parts(notebook, file))
    configs = [part.cell.source for part in walked if part.kind == "config"]
    if len(configs) != 1:
        raise SourceError(f"{file}: found {len(configs)} cells `# ASSIGNMENT CONFIG`, expected one.")
    config = read_yaml(configs[0], AssignmentConfig, f"{file}: ASSIGNMENT CONFIG", SourceError)
    _check_heading(notebook, file)
    _check_solution_marks(walked, file)
    names = [part.question for part in walked if part.kind == "boundary" and "BEGIN QUESTION" in part.cell.source]
    for name in names:
        if names.count(name) > 1:
            raise SourceError(f"{file}: question {name}: the name is given twice. Every question needs its own.")
    questions = tuple(
        _question([part for part in walked if part.question == name], f"{file}: question {name}") for name in names
    )
    return Source(config.name, tuple(config.files), questions)


def _check_heading(notebook: NotebookNode, file: str) -> None:
    markdown = next((cell.source for cell in notebook.cells if cell.cell_type == "markdown"), "")
    if not markdown.startswith("# ") or re.search(r"^# ", markdown[2:], flags=re.MULTILINE):
        raise SourceError(f"{file}: the first markdown cell must start with `# ` and the title, the only such heading.")


def _check_solution_marks(walked: list[Part], file: str) -> None:
    """Refuse a solution that Otter would hand out: it strips marked lines in solution blocks only."""
    for part in walked:
        mark = _SOLUTION_MARK.search(part.cell.source)
        if part.kind in ("given", "tests") and part.cell.cell_type == "code" and mark:
            raise SourceError(
                f"{file}: question {part.question or '-'}: `{mark[0]}` stands outside a solution block, students would"
                " read it. Put the cell between raw cells `# BEGIN SOLUTION` and `# END SOLUTION`."
            )


def _question(walked: list[Part], place: str) -> SourceQuestion:
    config = read_yaml(walked[0].cell.source, QuestionConfig, place, SourceError)
    headings = [
        line
        for part in walked
        if part.kind == "given" and part.cell.cell_type == "markdown"
        for line in part.cell.source.splitlines()
        if re.match(r"#{1,6} ", line)
    ]
    if not headings:
        raise SourceError(f"{place}: has no heading. Start it with a markdown cell such as `## Question 1: Its title`.")
    title = re.sub(r"^#+\s+(?:Question\s+\w+\s*[:.]\s*)?", "", headings[0]).strip()
    cases = tuple(_case(part.cell.source, place) for part in walked if part.kind == "tests")
    rubrics = [part.cell.source for part in walked if part.kind == "rubric"]
    if config.manual:
        _check_manual(config, cases, rubrics, place)
        rubric = read_yaml(rubrics[0], Rubric, f"{place}: RUBRIC", SourceError)
        points = config.points or 0.0
        _check_rubric(rubric, points, place)
        return SourceQuestion(config.name, title, points, True, (), rubric)
    _check_tested(config, cases, place)
    return SourceQuestion(config.name, title, round(sum(case.points for case in cases), 6), False, cases)


def _check_manual(config: QuestionConfig, cases: tuple[SourceCase, ...], rubrics: list[str], place: str) -> None:
    if not config.points:
        raise SourceError(f"{place}: is marked by people and has no points. Add `points: 10` under `manual: true`.")
    if cases:
        raise SourceError(f"{place}: is marked by people (`manual: true`) and has tests. Make it one or the other.")
    if len(rubrics) != 1:
        raise SourceError(f"{place}: found {len(rubrics)} raw cells `# RUBRIC`, expected one.")


def _check_rubric(rubric: Rubric, points: float, place: str) -> None:
    ids = [item.id for item in rubric.items]
    for name in ids:
        if ids.count(name) > 1:
            raise SourceError(
                f"{place}: RUBRIC: the id `{name}` is given twice. Marks name items by it: every item needs its own."
            )
    total = round(sum(item.points for item in rubric.items), 6)
    if total != points:
        raise SourceError(f"{place}: the rubric's items add up to {total:g} points, the question has {points:g}.")


def _check_tested(config: QuestionConfig, cases: tuple[SourceCase, ...], place: str) -> None:
    if config.points is not None:
        raise SourceError(f"{place}: has points of its own. Give them to its test cases, in their TEST CONFIG.")
    if all(case.hidden for case in cases):
        raise SourceError(f"{place}: has no public test. Every question needs one with `hidden: false`.")
    if not sum(case.points for case in cases):
        raise SourceError(f"{place}: is worth no points. Give points to its test cases.")
    names = [case.name for case in cases]
    for name in names:
        # The functions of a question share one file: the second of a name replaces the first, with its points.
        if names.count(name) > 1:
            raise SourceError(f"{place}: two tests are called {name}. Every test of a question needs its own name.")


def _case(source: str, place: str) -> SourceCase:
    lines = source.splitlines()
    end = next((index for index, line in enumerate(lines) if _END_CONFIG.match(line)), None)
    if not _BEGIN_CONFIG.match(source) or end is None:
        raise SourceError(f'{place}: a test cell must start with `""" # BEGIN TEST CONFIG` … `""" # END TEST CONFIG`.')
    code = "\n".join(lines[end + 1 :])
    try:
        body = ast.parse(code).body
    except SyntaxError as error:
        raise SourceError(f"{place}: a test is not Python: {error.msg} in `{(error.text or '').strip()}`.") from None
    if len(body) != 1 or not isinstance(body[0], ast.FunctionDef):
        raise SourceError(
            f"{place}: a test cell must hold one function and nothing else: Otter runs the bare function, so imports"
            " stand inside it."
        )
    function = body[0]
    place = f"{place}: test {function.name}"
    config = read_yaml("\n".join(lines[1:end]), CaseConfig, place, SourceError)
    title = (ast.get_docstring(function) or "").partition("\n")[0].strip()
    if not title:
        raise SourceError(f"{place}: has no docstring. Its first line is the title that students see.")
    _check_names(function, config.hidden, place)
    code = "\n".join(code.splitlines()[function.lineno - 1 : function.end_lineno])
    return SourceCase(function.name, title, config.points, config.hidden, config.failure_message, code)


def _check_names(function: ast.FunctionDef, hidden: bool, place: str) -> None:
    modules = {node.module for node in ast.walk(function) if isinstance(node, ast.ImportFrom)}
    modules |= {alias.name for node in ast.walk(function) if isinstance(node, ast.Import) for alias in node.names}
    if "reference" in modules and not hidden:
        raise SourceError(
            f"{place}: imports `reference`, which students do not have. Public tests hold their own values."
        )
    for name in _globals(compile(ast.Module([function], []), place, "exec")):
        if not hasattr(builtins, name):
            raise SourceError(
                f"{place}: uses `{name}`, which is neither a parameter nor imported inside the function. Otter runs the"
                " bare function."
            )


def _globals(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname == "LOAD_GLOBAL":
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals(constant)
