"""`make bench`: what grading costs, measured in one run: stock Otter, the notebook as a script, and the sealed path.

Run it on a machine that does nothing else. `bench.py --full` adds the batches of 10,000.
"""

import hashlib
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import nbformat
from rich.console import Console
from rich.table import Table

from autograder.build import Built, build_assignment, solved_notebook
from autograder.course import read_course
from autograder.grader import Grader, read_grader
from autograder.grading import Engine, grade_batch
from autograder.known import known_submissions
from autograder.model import GraderInfo, Limits, Question, Submission
from autograder.regrade import regrade_batch

ROOT = Path(__file__).resolve().parent.parent
COURSE = read_course(ROOT / "course.yml")
ROUNDS = 2
CLASS = 300

console = Console(highlight=False)


class Cost:
    """CPU seconds and peak memory (MiB) of processes that have ended, over several rounds; the median counts."""

    def __init__(self) -> None:
        self._seconds: list[float] = []
        self._peaks: list[float] = []

    def add(self, seconds: float, peak_mb: float) -> None:
        self._seconds.append(seconds)
        self._peaks.append(peak_mb)

    @property
    def seconds(self) -> float:
        return statistics.median(self._seconds)

    @property
    def peak_mb(self) -> float:
        return statistics.median(self._peaks)


def run(command: list[object], folder: Path) -> tuple[float, float]:
    """Run a program to its end; return CPU seconds of all its processes and the peak of the largest in MiB."""
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "MPLBACKEND": "Agg"}
    measured = [sys.executable, __file__, "measured", *map(str, command)]
    done = subprocess.run(measured, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    seconds, peak_mb = json.loads(done.stdout.splitlines()[-1])
    return seconds, peak_mb


def measured(command: list[str]) -> None:
    """Be a process whose only children are those of the command, and print what they used."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(json.dumps([usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))


def built(name: str) -> Built:
    return build_assignment(ROOT, COURSE, COURSE.assignment(name))


def grader_of(made: Built, folder: Path) -> tuple[Path, Grader]:
    path = folder / f"{made.assignment}-autograder.zip"
    path.write_bytes(made.files[made.zip_path])
    return path, read_grader(path)


def submission(notebook: bytes, name: str) -> Submission:
    return Submission(name, name, Path(name), notebook, sha256=hashlib.sha256(notebook).hexdigest())


def script(notebook: bytes) -> str:
    """Return the code cells as a program without Otter: what the work itself costs."""
    cells = nbformat.reads(notebook.decode(), as_version=4).cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    kept = [source for source in code if "grader." not in source and "otter" not in source]
    return "\n\n".join(["class grader:\n    check = export = staticmethod(lambda *args, **kwargs: None)", *kept])


def one_submission(engine: Engine, folder: Path) -> None:
    """Print what the solved notebook of each assignment costs: stock, as a script, sealed, in turn."""
    table = Table(title=f"One solved notebook: CPU seconds (peak MiB), medians of {ROUNDS} rounds in turn")
    for column in ("assignment", "otter run", "script", "sealed", "otter run / sealed", "script / sealed"):
        table.add_column(column, justify="left" if column == "assignment" else "right")
    for name in (assignment.id for assignment in COURSE.assignments):
        made = built(name)
        zip_path, grader = grader_of(made, folder)
        solved = solved_notebook(made)
        (folder / f"{name}.ipynb").write_bytes(solved)
        (folder / f"{name}.py").write_text(script(solved), encoding="utf-8")
        otter = Path(sys.executable).with_name("otter")
        costs = {"otter": Cost(), "script": Cost(), "sealed": Cost()}
        for _ in range(ROUNDS):
            stock = [otter, "run", "-a", zip_path, "--no-logo", "-o", folder, folder / f"{name}.ipynb"]
            costs["otter"].add(*run(stock, folder))
            costs["script"].add(*run([sys.executable, folder / f"{name}.py"], folder))
            result = engine.grade(submission(solved, name), grader)
            costs["sealed"].add(result.cpu_seconds, result.facts.memory_bytes / 2**20)
        cells = [f"{cost.seconds:.1f} ({cost.peak_mb:.0f})" for cost in costs.values()]
        ratios = [f"{costs[other].seconds / costs['sealed'].seconds:.1f}" for other in ("otter", "script")]
        table.add_row(name, *cells, *ratios)
    console.print(table)
    warm = [sys.executable, "-c", "from autograder.grading import Engine; Engine().close()"]
    seconds, peak_mb = run(warm, folder)
    console.print("Sealed: of boxes and judge; the peak is what the box added to the warmed process.")
    console.print(f"The warmed process: {seconds:.1f} s ({peak_mb:.0f} MiB), once a batch.")


def overhead(engine: Engine) -> None:
    """Print what the kit itself costs, in milliseconds of CPU, by stage."""

    def seconds(cells: int, tests: int) -> float:
        grader = tiny_grader(tests)
        runs = [engine.grade(submission(tiny_notebook(cells, number), "a"), grader) for number in range(9)]
        return statistics.median(result.cpu_seconds for result in runs)

    before = resource.getrusage(resource.RUSAGE_SELF)
    empty, cells, tests = seconds(0, 0), seconds(300, 0), seconds(0, 300)
    after = resource.getrusage(resource.RUSAGE_SELF)
    command = (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / 27
    table = Table(title="The kit's own CPU time, milliseconds")
    for column in ("stage", "ms"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    table.add_row("judge and box: fork, confine, end", f"{1000 * empty:.0f}")
    table.add_row("a cell", f"{1000 * (cells - empty) / 300:.1f}")
    table.add_row("a test case with one call", f"{1000 * (tests - empty) / 300:.1f}")
    table.add_row("the command: read, hand over, take back", f"{1000 * command:.1f}")
    console.print(table)


def tiny_notebook(cells: int, number: int) -> bytes:
    sources = [f"def f(x):\n    return x + {number} - {number}", *["pass"] * cells]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"otter": {"assignment_name": "tiny"}},
        "cells": [{"cell_type": "code", "source": source, "metadata": {}} for source in sources],
    }
    return json.dumps(notebook).encode()


def tiny_grader(tests: int) -> Grader:
    case = "@test_case(points=1)\ndef test_{0}(f):\n    assert f({0}) == {0}\n"
    head = "from otter.test_files import test_case\nOK_FORMAT = False\nname = 'q1'\npoints = None\n"
    text = head + "".join(case.format(number) for number in range(tests))
    questions = (Question("q1", "One", float(tests)),) if tests else ()
    texts = {"q1": text} if tests else {}
    return Grader(GraderInfo("tiny", "Tiny", "tiny", questions, Limits()), texts, "", {}, "0" * 64)


def growth(sizes: list[int]) -> None:
    """Print the time for a submission and the memory of the command for batches of all sizes."""
    table = Table(title="Batches of a trivial notebook: they do not grow dearer")
    for column in ("submissions", "workers", "ms a submission", "memory of the command, MiB"):
        table.add_column(column, justify="right")
    for size in sizes:
        for jobs in (1, 2):
            command = [sys.executable, __file__, "batch", str(size), str(jobs)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            seconds, peak_mb = json.loads(done.stdout.splitlines()[-1])
            table.add_row(f"{size:,}", str(jobs), f"{1000 * seconds / size:.0f}", f"{peak_mb:.0f}")
    console.print(table)


def batch(size: int, jobs: int) -> None:
    """Grade a batch and print seconds by the clock, warming up left out, and the peak memory of this process in MiB."""
    grader = tiny_grader(2)
    submissions = tuple(submission(tiny_notebook(1, number), f"s{number}") for number in range(size))
    with Engine() as engine:
        start = time.monotonic()
        for result in grade_batch(engine, submissions, grader, jobs):
            assert result.score == 2, result.note
        seconds = time.monotonic() - start
    print(json.dumps([seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024]))


def regrading(engine: Engine, folder: Path) -> None:
    """Print how long a class takes to be graded live and again from evidence, after a change of tests."""
    made = built("sum")
    _, grader = grader_of(made, folder)
    jobs = os.cpu_count() or 1
    known = [submission(case.notebook, case.name) for case in known_submissions(ROOT, made)]
    live = timed(lambda: list(grade_batch(engine, tuple(known), grader, jobs)))
    results = list(grade_batch(engine, tuple(known), grader, jobs))
    held = [replace(results[i % len(results)], submission=f"s{i}") for i in range(CLASS)]
    changed = replace(grader, sha256="1" * 64)
    again = timed(lambda: list(regrade_batch(engine, held, changed, jobs)))
    console.print(
        f"A class of {CLASS} in `sum`, {jobs} workers: {again:.0f} s from evidence; "
        f"live {live / len(known) * CLASS:.0f} s ({len(known)} known submissions, times {CLASS / len(known):.1f}); "
        f"ratio {live / len(known) * CLASS / again:.1f}"
    )


def timed(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def main(arguments: list[str]) -> None:
    match arguments:
        case ["measured", *command]:
            return measured(command)
        case ["batch", size, jobs]:
            return batch(int(size), int(jobs))
    versions = ", ".join(f"{name} {version(name)}" for name in ("tensorflow", "keras", "otter-grader"))
    console.print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {versions}")
    with tempfile.TemporaryDirectory() as temporary, Engine() as engine:
        one_submission(engine, Path(temporary))
        overhead(engine)
        regrading(engine, Path(temporary))
    growth([10, 100, 1_000, *([10_000] if "--full" in arguments else [])])


if __name__ == "__main__":
    main(sys.argv[1:])
