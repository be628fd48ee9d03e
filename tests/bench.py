"""`make bench`: CPU seconds of a submission with stock `otter run` and with the sealed path, alternating, in one run.

Run it on a machine that does nothing else. The two grade the same solved notebook with the same zip.
"""

import hashlib
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

from autograder.build import build_assignment, solved_notebook
from autograder.course import read_course
from autograder.grader import read_grader
from autograder.grading import Engine
from autograder.model import Submission

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 2

console = Console(highlight=False)


def children_seconds() -> float:
    """Return CPU seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def stock_seconds(grader: Path, notebook: Path) -> float:
    """Grade with stock Otter in a fresh process, as it has to be, and return its CPU seconds, kernel included."""
    before = children_seconds()
    command = [Path(sys.executable).with_name("otter"), "run", "-a", grader, "--no-logo", "-o", grader.parent, notebook]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    subprocess.run(command, check=True, capture_output=True, cwd=grader.parent, env=environment)
    return children_seconds() - before


def warm_up_seconds() -> float:
    """Start and stop the warmed process; a batch pays this once."""
    before = children_seconds()
    Engine().close()
    return children_seconds() - before


def measure(name: str, folder: Path, engine: Engine) -> tuple[list[float], list[float]]:
    """Grade the solved notebook in turn with both; return CPU seconds of stock and of ours, a number a round."""
    course = read_course(ROOT / "course.yml")
    built = build_assignment(ROOT, course, course.assignment(name))
    zip_path, notebook = folder / f"{name}-autograder.zip", folder / f"{name}.ipynb"
    zip_path.write_bytes(built.files[built.zip_path])
    notebook.write_bytes(solved_notebook(built))
    data = notebook.read_bytes()
    submission = Submission(name, name, notebook, data, sha256=hashlib.sha256(data).hexdigest())
    grader = read_grader(zip_path)
    stock, ours = [], []
    for number in range(ROUNDS):
        with console.status(f"{name}: round {number + 1} of {ROUNDS}, stock otter run"):
            stock.append(stock_seconds(zip_path, notebook))
        with console.status(f"{name}: round {number + 1} of {ROUNDS}, sealed"):
            result = engine.grade(submission, grader)
        if result.score != result.max_score:
            raise SystemExit(f"{name}: the reference got {result.score} of {result.max_score}; {result.note}")
        ours.append(result.cpu_seconds)
    return stock, ours


def main() -> None:
    table = Table("assignment", "stock otter run", "sealed", "ratio", "sealed, class of one", "ratio")
    warm_up = warm_up_seconds()
    with tempfile.TemporaryDirectory() as folder, Engine() as engine:
        for assignment in read_course(ROOT / "course.yml").assignments:
            stock, ours = (statistics.median(times) for times in measure(assignment.id, Path(folder), engine))
            alone = ours + warm_up
            columns = [
                f"{stock:.1f} s",
                f"{ours:.1f} s",
                f"{stock / ours:.1f}",
                f"{alone:.1f} s",
                f"{stock / alone:.1f}",
            ]
            table.add_row(assignment.id, *columns)
    packages = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "numpy", "otter-grader"))
    console.print(table)
    console.print(f"CPU seconds of one solved notebook, median of {ROUNDS} rounds, both in turn.")
    console.print(f"The warmed process costs {warm_up:.1f} s, once a batch; a class of one pays it alone.")
    console.print(f"Python {platform.python_version()}, {packages}; {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
