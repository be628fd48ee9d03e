"""What others do with a solved notebook, as commands to be run: `otter run`, a script, nbgrader's autograde.

nbgrader lives in an environment of its own under .autograder/; its kernel is this project's Python. Without it, and
without a network to get it from, the bench goes on.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from autograder.build import Built, solved_notebook
from autograder.source import SourceQuestion
from measures.lab import ROOT, Lab
from measures.programs import Cost, run

NBGRADER = "0.9.6"
KERNEL = "autograder-bench"
STUDENT = "bench"
# The marks of solutions that Otter has left in the solved notebook mean nothing to it.
CONFIG = """\
c = get_config()
c.CourseDirectory.course_id = "bench"
c.ExecutePreprocessor.timeout = 1800
c.ClearSolutions.begin_solution_delimeter = "### unused: begin"
c.ClearSolutions.end_solution_delimeter = "### unused: end"
"""


def otter_run(lab: Lab, assignment: str, notebook: Path) -> list[object]:
    """Return stock Otter's command for one notebook, as its manual has it."""
    otter = Path(sys.executable).with_name("otter")
    return [otter, "run", "-a", lab.grader_zip(assignment), "--no-logo", "-o", notebook.parent, notebook]


def script(notebook: NotebookNode) -> str:
    """Return the code cells as a program without Otter: what the work itself costs."""
    head = "class grader:\n    check = export = staticmethod(lambda *args, **kwargs: None)"
    kept = [cell.source for cell in notebook.cells if cell.cell_type == "code" and not _is_otters(cell)]
    return "\n\n".join([head, *kept])


def _is_otters(cell: NotebookNode) -> bool:
    return "grader." in cell.source or "otter" in cell.source


class Nbgrader:
    """A course of nbgrader's with one assignment and one student, whose notebook is the solved one.

    Attributes:
        obstacle: why there is none; empty when there is.
    """

    def __init__(self, lab: Lab, assignment: str) -> None:
        self._lab, self._assignment = lab, assignment
        self._folder = lab.place(f"nbgrader-{assignment}")
        self._program, self.obstacle = _installed()
        if not self.obstacle:
            self._make_course(lab.built(assignment))

    def autograde(self) -> Cost:
        """Grade the student's notebook once, also when it is graded already.

        Raises:
            RuntimeError: when it failed, or gave less than full marks: then it has not done the same work.
        """
        cost = self._nbgrader("autograde", self._assignment, "--force")
        self._nbgrader("export", "--to", "grades.csv")
        header, row = (line.split(",") for line in (self._folder / "grades.csv").read_text().splitlines())
        score, most = (float(dict(zip(header, row, strict=True))[name]) for name in ("score", "max_score"))
        if not score == most > 0:
            raise RuntimeError(f"nbgrader gives the solved notebook of {self._assignment} {score} of {most} points.")
        return cost

    def _nbgrader(self, *arguments: object) -> Cost:
        # nbgrader calls a program of its own environment by its bare name
        path = f"{self._program.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {"JUPYTER_PATH": str(self._folder / "jupyter"), "PATH": path}
        return run([self._program, *arguments], self._folder, environment)

    def _make_course(self, built: Built) -> None:
        kernel = self._folder / "jupyter" / "kernels" / KERNEL
        kernel.mkdir(parents=True, exist_ok=True)
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": KERNEL, "language": "python"}
        (kernel / "kernel.json").write_text(json.dumps(spec))
        (self._folder / "nbgrader_config.py").write_text(CONFIG)
        source = self._lab.place(f"nbgrader-{self._assignment}/source/{self._assignment}")
        nbformat.write(nbgrader_notebook(built), source / f"{self._assignment}.ipynb")
        grader = self._lab.grader(self._assignment)
        for name, content in {**grader.files, "reference.py": grader.reference.encode()}.items():
            (source / name).write_bytes(content)
        self._nbgrader("generate_assignment", self._assignment, "--force")
        submitted = self._folder / "submitted" / STUDENT
        shutil.copytree(self._folder / "release", submitted, dirs_exist_ok=True)


def _installed() -> tuple[Path, str]:
    """Return nbgrader's program, installed when it is not there, and why that failed."""
    environment = ROOT / ".autograder" / f"nbgrader-{NBGRADER}"
    program = environment / "bin" / "nbgrader"
    if program.exists():
        return program, ""
    uv = shutil.which("uv") or ROOT / ".autograder" / "uv" / "bin" / "uv"
    make = [uv, "venv", "--quiet", "--clear", "--python", sys.executable, environment]
    install = [uv, "pip", "install", "--quiet", "--python", environment / "bin" / "python", f"nbgrader=={NBGRADER}"]
    for command in (make, install):
        try:
            subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
        except (OSError, subprocess.SubprocessError) as error:
            reason = str(getattr(error, "stderr", "") or error).strip().splitlines()[-1:]
            return program, f"nbgrader {NBGRADER} could not be installed: {''.join(reason)}"
    return program, ""


def nbgrader_notebook(built: Built) -> NotebookNode:
    """Return the solved notebook with nbgrader's test cells in place of Otter's checks, and nothing else of Otter's.

    A question's test cell calls all its test cases, public and hidden, on the names that they ask for.
    """
    notebook = nbformat.reads(solved_notebook(built).decode(), as_version=4)
    tests = {f'grader.check("{question.name}")': question for question in built.source.questions}
    cells = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and cell.source.strip() in tests:
            cells.append(_test_cell(tests[cell.source.strip()]))
        elif cell.cell_type != "code" or not _is_otters(cell):
            cells.append(cell)
    missing = {question.name for question in built.source.questions if question.cases} - {
        cell.metadata.nbgrader.grade_id for cell in cells if "nbgrader" in cell.metadata
    }
    if missing:
        raise RuntimeError(f"{built.assignment}: no cell is `grader.check` alone for {', '.join(sorted(missing))}.")
    notebook.cells = cells
    notebook.metadata["kernelspec"] = {"name": KERNEL, "display_name": KERNEL, "language": "python"}
    return notebook


def _test_cell(question: SourceQuestion) -> NotebookNode:
    # a test's parameters are names of the notebook, which in a cell of the notebook are simply there
    call = "{0}(*(globals()[name] for name in {0}.__code__.co_varnames[: {0}.__code__.co_argcount]))"
    source = "\n\n".join(f"{case.code}\n{call.format(case.name)}" for case in question.cases)
    metadata = {
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "points": question.points,
        "grade_id": question.name,
        "schema_version": 3,
    }
    return new_code_cell(source, metadata={"nbgrader": metadata})
