"""The text of a solved cell -> the texts that differ from it by one mistake in the solution, by operator."""

import re
import warnings
from collections.abc import Iterator
from types import CodeType

from autograder.proof.operators import OPERATORS
from autograder.proof.operators.code import Code, Edit

_SOLUTION_LINE = re.compile(r"#\s?SOLUTION( NO PROMPT)?\s*$")


def changes(source: str) -> Iterator[tuple[str, str]]:
    """Yield the name of an operator and the changed cell, in the order of the places where the changes begin.

    A change outside the lines that students do not get is none, nor is one that means the same to Python as the cell
    itself or as a change before it.
    """
    code, solution = Code(source), _solution_lines(source)
    seen = {_meaning(source)}
    found: list[tuple[int, str, str]] = []
    for operator, change in OPERATORS.items():
        for edit in (edit for node in code.nodes() for edit in change(node, code)):
            start, end = code.span(edit.node)
            changed = source[:start] + edit.text + source[end:]
            meaning = _meaning(changed) if solution.issuperset(_lines(edit)) else ""
            if meaning and meaning not in seen:
                seen.add(meaning)
                found.append((start, operator, changed))
    yield from ((operator, changed) for _, operator, changed in sorted(found, key=lambda change: change[0]))


def difference(source: str, changed: str) -> tuple[int, str, str]:
    """Return the index of the first line that differs, and the lines that differ, before and after."""
    old, new = source.splitlines(), changed.splitlines()
    shorter = min(len(old), len(new))
    first = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    last = 0
    while last < shorter - first and old[-1 - last] == new[-1 - last]:
        last += 1
    return first, "\n".join(old[first : len(old) - last]), "\n".join(new[first : len(new) - last])


def _lines(edit: Edit) -> range:
    return range(getattr(edit.node, "lineno", 0), getattr(edit.node, "end_lineno", 0) + 1)


def _solution_lines(source: str) -> set[int]:
    """Return the lines, from 1, that students do not get: Otter strips what is between its marks and marked lines."""
    lines, inside = set(), False
    for number, line in enumerate(source.splitlines(), 1):
        text = line.strip()
        if text.startswith("# BEGIN SOLUTION"):
            inside = True
        elif text.endswith("# END SOLUTION"):
            inside = False
        elif inside or _SOLUTION_LINE.search(line):
            lines.add(number)
    return lines


def _meaning(source: str) -> str:
    """Return what a cell means to Python, equal for texts that compile to the same; "" for what does not compile."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", SyntaxWarning)  # of `1[0]` and the like, which nobody would leave as it is
        try:
            return repr(_compiled(compile(Code(source).tree, "cell", "exec")))
        except SyntaxError:
            return ""


def _compiled(code: CodeType) -> tuple[object, ...]:
    """Return all of a code object but the places of its lines."""
    constants = tuple(_compiled(one) if isinstance(one, CodeType) else one for one in code.co_consts)
    names = code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars
    return code.co_name, code.co_code, constants, names, code.co_exceptiontable
