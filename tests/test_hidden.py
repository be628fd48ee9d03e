"""Nothing hidden is in a student notebook: not a line of a hidden test, a solution, a model answer or a rubric.

Source and notebook are compared as texts: what the kit believes about its own blocks plays no part.
"""

import json
import re
from pathlib import Path

import nbformat
import pytest
from tiny import SOURCE, write_course

from autograder.build import build_assignment, solved_notebook
from autograder.course import read_course

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = [assignment.id for assignment in read_course(ROOT / "course.yml").assignments]


def hidden_and_public(source: str) -> tuple[list[str], str]:
    """Split a source, by its text alone, into hidden lines and all public text."""
    hidden, public, block, in_region = [], [], "", False
    for cell in re.split(r"^# %%", source, flags=re.MULTILINE)[1:]:
        kind, _, text = cell.partition("\n")
        boundary = re.match(r"# # (BEGIN|END) (\w+)", text)
        if "[raw]" in kind:
            block = boundary[2] if boundary and boundary[1] == "BEGIN" else ""
            hidden += [line.removeprefix("# ") for line in text.splitlines()] if "# # RUBRIC" in text else []
            continue
        is_hidden = block == "TESTS" and re.search(r"^hidden: true", text, flags=re.MULTILINE)
        if is_hidden or (block == "SOLUTION" and "[markdown]" in kind):
            hidden += [line.removeprefix("# ") if "[markdown]" in kind else line for line in text.splitlines()]
            continue
        for line in text.splitlines():
            if "# BEGIN SOLUTION" in line:
                in_region = True
            elif "# END SOLUTION" in line:
                in_region = False
            elif in_region:
                hidden.append(line)
            elif re.search(r"# ?SOLUTION$", line):
                hidden.append(re.split("# ?SOLUTION", line)[0])
            else:
                public.append(line)
    return hidden, "".join("".join(public).split())


def strings(value: object) -> list[str]:
    """Return every string anywhere in a JSON value, keys included."""
    if isinstance(value, dict):
        return [text for pair in value.items() for part in pair for text in strings(part)]
    if isinstance(value, list):
        return (
            ["".join(value)] if all(isinstance(item, str) for item in value) else [t for v in value for t in strings(v)]
        )
    return [value] if isinstance(value, str) else []


def leaked(source: str, notebook: bytes) -> list[str]:
    """Return the hidden lines, of at least 12 characters without spaces, that stand in the notebook."""
    hidden, public = hidden_and_public(source)
    everything = "".join("".join(strings(json.loads(notebook))).split())
    lines = {"".join(line.split()) for line in hidden}
    return sorted(line for line in lines if len(line) >= 12 and line not in public and line in everything)


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_nothing_hidden_is_in_the_student_notebook(assignment):
    """No line of a hidden test, a solution, a model answer or a rubric is in source, outputs or metadata."""
    course = read_course(ROOT / "course.yml")
    built = build_assignment(ROOT, course, course.assignment(assignment))
    source = (ROOT / "solutions" / assignment / f"{assignment}.py").read_text(encoding="utf-8")
    assert len(hidden_and_public(source)[0]) > 50
    assert leaked(source, built.files[built.notebook_path]) == []


def test_the_search_for_hidden_lines_finds_them(tmp_path):
    """The search is no blank: it finds every kind of hidden line in a notebook that holds them."""
    course = read_course(write_course(tmp_path) / "course.yml")
    tiny = build_assignment(tmp_path, course, course.assignments[0])
    notebook = nbformat.reads(solved_notebook(tiny), as_version=4)
    notebook.metadata["more"] = SOURCE.partition("hidden: true")[2].replace("\n# ", "\n")
    found = "\n".join(leaked(SOURCE, nbformat.writes(notebook).encode()))
    for line in (
        "secret_of_the_sum=a+b",
        "guess_of_the_sum=1234567+1",
        "Additioniscommutative",
        "hidden_left_operand",
        "commutativelaw",
    ):
        assert line in found
    assert leaked(SOURCE, tiny.files[tiny.notebook_path]) == []
