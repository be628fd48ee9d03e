"""An assignment as built -> what is missing in its tests, and what of its hidden text stands in the student notebook.

Nothing is run. Source and template are compared as texts, so that it does not matter how a text got there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from nbformat import NotebookNode

from autograder.build import Built
from autograder.model import Result
from autograder.proof.answers import case_names
from autograder.proof.findings import Finding
from autograder.proof.places import Places
from autograder.source import SourceCase, SourceQuestion

SHORT = 12  # characters without spaces; what is shorter, such as `return x`, says nothing
_SAME_FOR_ALL = re.compile(r"\s*(import |from |def |return$|else:|\"\"\")")
_BOUND = re.compile(r"^(return |\w+ = )")
_MARKED = re.compile(r"(.*\S)\s*# ?SOLUTION\s*$")


@dataclass(frozen=True)
class Secret:
    """A text that students must not have.

    Attributes:
        lines: it is given away when most of them stand in the notebook.
        solution: also when a public test case computes what they compute; the text may well state a number or an array.
    """

    what: str
    line: int
    lines: tuple[str, ...]
    solution: bool = False


def lacking(reference: Result, built: Built, places: Places) -> Iterator[Finding]:
    """Yield what a question or a test case lacks as it was graded: points, a public check, a hint, a title.

    Args:
        reference: result of the solved notebook.
    """

    def finding(line: int, text: str, advice: str) -> Finding:
        return Finding("notebook", places.file, line, text, advice)

    for question in reference.questions:
        if question.manual:
            continue
        line, name = places.question(question.name), question.name
        if not sum(case.max_points for case in question.cases):
            yield finding(line, f"Question {name} is worth no points.", "Give points to its test cases.")
        if all(case.hidden for case in question.cases):
            yield finding(line, f"Question {name} has no public test case.", "Give it one with `hidden: false`.")
        for case, function in zip(question.cases, case_names(built, name), strict=True):
            line = places.case(name, function)
            if not case.hint:
                text = f"Test case {function} of {name} has no hint on failure."
                yield finding(line, text, "Write its failure_message: one sentence that helps.")
            if case.title == case.name:
                text = f"Test case {function} of {name} has no title."
                yield finding(line, text, "Give it a docstring; its first line is what students read.")


def given_away(built: Built, places: Places) -> Iterator[Finding]:
    """Yield what of solutions, hidden test cases and rubrics stands in the student notebook, metadata included."""
    everything = _bare("\n".join(_strings(built.template)))
    tests = _bare("\n".join(_strings(built.template.metadata)))
    for secret in [*_secrets(built, places), *_words(built, places)]:
        telling = [line.strip() for line in dict.fromkeys(secret.lines) if len(_bare(line)) >= SHORT]
        shown = [line for line in telling if _bare(line) in everything or (secret.solution and _value(line) in tests)]
        if 2 * len(shown) > len(telling):
            yield Finding(
                "notebook",
                places.file,
                secret.line,
                f"The student notebook gives away {secret.what}: `{shown[0]}` stands in it"
                f" ({len(shown)} of {len(telling)} lines).",
                "Take it out of the text, the given code and the public test cases, or test something else.",
            )


def _secrets(built: Built, places: Places) -> Iterator[Secret]:
    """Yield what no student may read before handing in: hidden test cases, rubrics, solutions, model answers."""
    for question in built.source.questions:
        for case in question.cases:
            if case.hidden:
                body = tuple(text for text in case.code.splitlines() if not _SAME_FOR_ALL.match(text))
                yield Secret(_of(case, question), places.case(question.name, case.name), body)
        rubric = question.rubric
        for text in (*(item.text for item in rubric.items), *rubric.misconceptions) if rubric else ():
            line = places.text(text.splitlines()[0][:40], question.name, "rubric") or places.question(question.name)
            yield Secret(f"the rubric of {question.name}", line, (text,))
    for part, line in places.cells:
        if part.kind == "solution":
            what = f"the {'solution' if part.cell.cell_type == 'code' else 'model answer'} of {part.question}"
            for offset, lines in _regions(part.cell):
                yield Secret(what, line + offset if line else 0, lines, solution=True)


def _words(built: Built, places: Places) -> Iterator[Secret]:
    """Yield titles and hints of hidden test cases; what a public one or the author's own text says is no secret."""
    given = [part.cell.source for part, _ in places.cells if part.kind == "given" or part.kind == "solution"]
    cases = [case for question in built.source.questions for case in question.cases if not case.hidden]
    public = _bare("".join([*given, *(case.title + case.failure_message for case in cases)]))
    for question in built.source.questions:
        for case in question.cases:
            for what, text in (("title", case.title), ("hint", case.failure_message)):
                if case.hidden and _bare(text) not in public:
                    secret = f"the {what} of {_of(case, question)}"
                    yield Secret(secret, places.case(question.name, case.name), (text,))


def _of(case: SourceCase, question: SourceQuestion) -> str:
    return f"the hidden test case {case.name} of {question.name}"


def _regions(cell: NotebookNode) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Yield the parts of a solution cell that students do not get, and how far down in it they begin."""
    lines = cell.source.splitlines()
    if cell.cell_type == "markdown":
        yield 0, tuple(lines)
        return
    begin: int | None = None
    for number, line in enumerate(lines):
        if line.strip() == "# BEGIN SOLUTION":
            begin = number + 1
        elif line.strip() == "# END SOLUTION" and begin is not None:
            yield begin, tuple(lines[begin:number])
            begin = None
        elif begin is None and (marked := _MARKED.match(line)):
            yield number, (marked[1],)


def _strings(value: object) -> Iterator[str]:
    """Yield every string anywhere in a JSON value."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield str(key)
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, str):
        yield value


def _value(line: str) -> str:
    """Return what a line of a solution computes, without what it does with it, unless that is short."""
    value = _bare(_BOUND.sub("", line))
    return value if len(value) >= SHORT else _bare(line)


def _bare(text: str) -> str:
    return "".join(text.split())
