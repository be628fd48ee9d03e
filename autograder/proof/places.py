"""The text of a source -> where in it a question, a test case or a cell stands, so that a finding can name a line."""

from collections.abc import Iterator
from dataclasses import dataclass

from autograder.build import read_percent
from autograder.source import Part, parts


@dataclass(frozen=True)
class Places:
    """A source, cell by cell.

    Attributes:
        file: relative to the root.
        cells: each cell with its place in the notebook and the line that its text begins on, counted from 1.
    """

    file: str
    cells: tuple[tuple[Part, int], ...]

    def question(self, name: str) -> int:
        """Return the line that names a question, 0 when it has none."""
        return self.text(f"name: {name}", name, "boundary")

    def case(self, question: str, function: str) -> int:
        """Return the line of a test function, that of its question when it is not found."""
        return self.text(f"def {function}(", question, "tests") or self.question(question)

    def text(self, fragment: str, question: str = "", kind: str = "") -> int:
        """Return the first line that holds a piece of text, 0 when none does; look in one question or kind only."""
        for part, line in self.cells:
            if (part.question == question or not question) and (part.kind == kind or not kind):
                for number, text in enumerate(part.cell.source.splitlines()):
                    if fragment in text:
                        return line + number if line else 0
        return 0

    def cell(self, source: str) -> int:
        """Return the line on which a cell of the student notebook begins, 0 for one that `build` adds or fills in."""
        first = next((text for text in source.splitlines() if text.strip()), "")
        return self.text(first) if first else 0


def places_of(text: str, file: str) -> Places:
    """Find the cells of a source in its text.

    Args:
        text: a percent script that has been built.
        file: its path relative to the root.
    """
    walked = list(parts(read_percent(text), file))
    return Places(file, tuple(zip(walked, _beginnings(text, len(walked)), strict=True)))


def _beginnings(text: str, cells: int) -> Iterator[int]:
    """Yield for each cell the line that its text begins on; jupytext drops the blank lines at its head."""
    lines = text.splitlines()
    marks = [number for number, line in enumerate(lines) if line.startswith("# %%")]
    if len(marks) != cells:  # such a line stands in a text of some cell: better no line than a wrong one
        yield from [0] * cells
        return
    for mark in marks:
        number = mark + 1
        while number < len(lines) and not lines[number].strip():
            number += 1
        yield number + 1
